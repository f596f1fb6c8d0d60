"""Ending tasks for certain: a cancellation can be lost on its way, so it is said again.

Before Python 3.12 ``asyncio.wait_for``, which libraries use, returns its result when that
arrives together with the cancellation, and the cancellation is gone; the broker's client
passes over one while it closes. A loop that was cancelled once may so go on for ever, and
whoever waits for its end with it.
"""

import asyncio
import logging
from collections.abc import Coroutine, Iterable
from typing import Any, TypeVar

from chassis.stream.limits import StreamLimits

_LOG = logging.getLogger(__name__)

T = TypeVar("T")


async def end_all(tasks: Iterable[asyncio.Task[Any]], limits: StreamLimits) -> None:
    """Cancel tasks and wait until they have ended; in the end, do not wait for ever."""
    running = {task for task in tasks if not task.done()}
    for _ in range(limits.cancel_attempts_max):
        if not running:
            return
        for task in running:
            task.cancel()
        _, running = await asyncio.wait(running, timeout=limits.cancel_wait_seconds)
    for task in running:
        _LOG.error("task_does_not_end", extra={"what": task.get_name()})


async def at_most(
    seconds: float, what: Coroutine[Any, Any, T], limits: StreamLimits, *, name: str
) -> T:
    """Wait for what a library does, in a task of its own that can be given up.

    Raises ``TimeoutError`` when it took longer, or was cancelled by something inside it.
    """
    task = asyncio.create_task(what, name=name)
    try:
        await asyncio.wait({task}, timeout=seconds)
        if task.done() and not task.cancelled():
            return task.result()
    finally:
        await end_all([task], limits)
    raise TimeoutError(name)
