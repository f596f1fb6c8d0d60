"""Waiting longer each time, never in step with others, and never past being told to stop."""

import asyncio
import random

from chassis.stream.limits import StreamLimits


class Backoff:
    """The waits between attempts at something that is away."""

    def __init__(self, limits: StreamLimits) -> None:
        self._limits = limits
        self._seconds = limits.backoff_first_seconds
        self.attempts = 0

    def reset(self) -> None:
        """Begin again with the shortest wait."""
        self._seconds = self._limits.backoff_first_seconds
        self.attempts = 0

    async def wait(self, until: asyncio.Event | None = None) -> None:
        """Wait, or until told to stop."""
        # Jitter keeps a fleet from knocking in step.
        seconds = self._seconds * random.uniform(0.5, 1.0)  # noqa: S311
        self._seconds = min(self._seconds * 2, self._limits.backoff_max_seconds)
        self.attempts += 1
        await wait_for(until, seconds)


async def wait_for(event: asyncio.Event | None, seconds: float) -> bool:
    """Wait for ``event`` at most ``seconds``, and say whether it came."""
    if event is None:
        await asyncio.sleep(seconds)
        return False
    try:
        async with asyncio.timeout(seconds):
            await event.wait()
    except TimeoutError:
        return False
    return True
