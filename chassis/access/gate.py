"""Members are let in once the register has arrived; services always are, or it never would.

Promise    After a start, nobody is judged by a register older than the one there was at the start.
Not here   Reading the head from the directory and the position from the consumer's table: both
           are handed in, so that this knows neither.
"""

import asyncio
import logging
import random
from collections.abc import Awaitable, Callable

RETRY_FIRST_SECONDS = 0.2
RETRY_MAX_SECONDS = 2.0

_LOG = logging.getLogger(__name__)


class RegisterGate:
    """Open once the position reached the head that was read first."""

    def __init__(
        self,
        read_head: Callable[[], Awaitable[int]],
        read_position: Callable[[], Awaitable[int]],
    ) -> None:
        self._read_head = read_head
        self._read_position = read_position
        self.is_open = False
        self.head: int | None = None

    async def run(self) -> None:
        """Return when the register has been reached, however long that takes."""
        pause_seconds = RETRY_FIRST_SECONDS
        while not self.is_open:
            try:
                if self.head is None:
                    self.head = await self._read_head()
                self.is_open = await self._read_position() >= self.head
            except Exception as fault:  # noqa: BLE001 - whatever is away is asked again
                _LOG.warning("register_not_reached", extra={"fault": type(fault).__name__})
            if not self.is_open:
                # Jitter keeps a fleet from knocking in step.
                await asyncio.sleep(pause_seconds * random.uniform(0.5, 1.0))  # noqa: S311
                pause_seconds = min(pause_seconds * 1.5, RETRY_MAX_SECONDS)

    async def is_behind(self) -> bool:
        """Look again, for who misses an organisation: may it only not have arrived here yet?"""
        try:
            return await self._read_position() < await self._read_head()
        except Exception as fault:  # noqa: BLE001 - unknown is told as "not yet", never as "no"
            _LOG.warning("register_not_reached", extra={"fault": type(fault).__name__})
            return True

    async def readiness(self) -> str | None:
        """Say why members are not let in yet, if they are not."""
        if self.is_open:
            return None
        return "the register's head is not known" if self.head is None else "the register is behind"
