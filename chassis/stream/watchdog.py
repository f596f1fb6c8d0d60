"""Noticing that nothing moves though everything is there: a client can be alive and deaf.

Promise    If events wait, the broker, the database and the owner answer, and still nothing is
           taken for ``stuck_seconds``, the broker's client is made anew; if that does not help,
           the process ends, so that whoever watches it starts another.
Price      A consumer that is only slow looks the same if one batch takes that long.
"""

import asyncio
import time
from typing import TYPE_CHECKING

from chassis.stream.limits import StreamLimits

if TYPE_CHECKING:
    from chassis.stream.consumer import StreamConsumer


class NothingMoves(RuntimeError):
    """Events wait, nothing is away, and a new client did not help."""


class Watchdog:
    """Watches one consumer's progress."""

    def __init__(self, consumer: "StreamConsumer", limits: StreamLimits) -> None:
        self._consumer = consumer
        self._limits = limits
        self._progress: object = None
        self._moved_at = time.monotonic()
        self._revivals = 0

    async def run(self) -> None:
        """Watch for ever."""
        while True:
            await asyncio.sleep(self._limits.watch_interval_seconds)
            await self.look()

    async def look(self) -> None:
        """Look once, and act if nothing has moved for too long."""
        if not self._is_waiting_in_vain():
            self._moved_at = time.monotonic()
            return
        if self._stuck_for_seconds() < self._limits.stuck_seconds:
            return
        if self._revivals >= self._limits.revivals_max:
            raise NothingMoves
        self._revivals += 1
        self._moved_at = time.monotonic()
        await self._consumer.revive()

    def fault(self) -> str | None:
        """What readiness says of progress."""
        if self._stuck_for_seconds() < self._limits.stuck_seconds / 2:
            return None
        return "events wait and nothing moves"

    def _stuck_for_seconds(self) -> float:
        return time.monotonic() - self._moved_at

    def _is_waiting_in_vain(self) -> bool:
        consumer = self._consumer
        progress = (consumer.desk.progress, consumer.heads.taken_by_group)
        if progress != self._progress:
            if self._progress is not None and progress[0] != 0:
                self._revivals = 0
            self._progress = progress
            return False
        # Without a fresh comparison nothing is known: the broker or an owner is away.
        is_known = consumer.heads.looked_within(self._limits.heads_interval_seconds * 3)
        is_away = consumer.waits_for is not None or consumer.desk.trouble is not None
        return is_known and not is_away and consumer.heads.is_behind()
