"""Waiting in tests: on a condition, with a deadline, and never for a length of time."""

import asyncio
import inspect
import time
from collections.abc import Awaitable, Callable
from typing import TypeVar

POLL_SECONDS = 0.01

T = TypeVar("T")


class NeverHappened(AssertionError):
    """The condition did not come true before its deadline."""


async def until(
    condition: Callable[[], T | Awaitable[T]], *, timeout_seconds: float = 30.0, what: str
) -> T:
    """Return the first truthy answer of ``condition``; at the deadline say what was seen."""
    deadline = time.monotonic() + timeout_seconds
    while True:
        answer = condition()
        seen: T = await answer if inspect.isawaitable(answer) else answer  # pyright: ignore[reportAssignmentType]
        if seen:
            return seen
        if time.monotonic() > deadline:
            message = f"{what}: not within {timeout_seconds} s; last seen: {seen!r}"
            raise NeverHappened(message)
        await asyncio.sleep(POLL_SECONDS)
