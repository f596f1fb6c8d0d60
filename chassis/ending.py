"""Ending tasks for certain: a cancellation can be lost on its way, so it is said again.

Before Python 3.12 ``asyncio.wait_for``, which libraries use, returns its result when that
arrives together with the cancellation, and the cancellation is gone; the broker's client
passes over one while it closes. A loop that was cancelled once may so go on for ever, and
whoever waits for its end with it: so a relay hung after broker and database had been killed
together. Nothing of ours may use ``asyncio.wait_for`` (lint refuses it).
"""

import asyncio
import logging
from collections.abc import Coroutine, Iterable
from typing import Any, TypeVar

CANCEL_ATTEMPTS_MAX = 5
CANCEL_WAIT_SECONDS = 1.0

_LOG = logging.getLogger(__name__)

T = TypeVar("T")


async def end_all(tasks: Iterable[asyncio.Task[Any]]) -> None:
    """Cancel tasks and wait until they have ended; in the end, do not wait for ever."""
    running = {task for task in tasks if not task.done()}
    for _ in range(CANCEL_ATTEMPTS_MAX):
        if not running:
            return
        for task in running:
            task.cancel()
        ended, running = await asyncio.wait(running, timeout=CANCEL_WAIT_SECONDS)
        for task in ended:
            # What a task says while it is being ended is nobody's any more.
            if not task.cancelled():
                task.exception()
    for task in running:
        _LOG.error("task_does_not_end", extra={"what": task.get_name()})


async def at_most(seconds: float, what: Coroutine[Any, Any, T], *, name: str) -> T:
    """Wait for what a library does, in a task of its own that can be given up.

    Raises ``TimeoutError`` when it took longer, or was cancelled by something inside it.
    """
    task = asyncio.create_task(what, name=name)
    try:
        await asyncio.wait({task}, timeout=seconds)
        if task.done() and not task.cancelled():
            return task.result()
    finally:
        await end_all([task])
    raise TimeoutError(name)


async def until_one_ends(*parts: Coroutine[Any, Any, None]) -> None:
    """Run ``parts`` together; when one ends, end all and raise what it raised."""
    tasks = [asyncio.create_task(part) for part in parts]
    try:
        ended, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        for task in ended:
            task.result()
    finally:
        await end_all(tasks)
