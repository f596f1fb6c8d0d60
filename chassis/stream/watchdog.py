"""Noticing that nothing moves though everything is there: a client can be alive and deaf.

Promise    If events wait, the broker, the database and the owner answer, and still nothing is
           taken for ``stuck_seconds``, the broker's client is made anew; if that does not help,
           the process ends, so that whoever watches it starts another. A client that hears
           nothing of a broker that answers whoever asks anew is made anew each time.
Price      A consumer that is only slow looks the same if one batch takes that long.

A client can go deaf when the broker is killed and comes back: one of its background tasks
ends or hangs, it sends no heartbeat, and every later question to it waits for ever.
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
        self._heard_at = time.monotonic()
        self._revivals = 0

    async def run(self) -> None:
        """Watch for ever."""
        while True:
            await asyncio.sleep(self._limits.watch_interval_seconds)
            await self.look()

    async def look(self) -> None:
        """Look once, and act if nothing has moved, or been heard, for too long."""
        if not self._is_waiting_in_vain():
            self._moved_at = time.monotonic()
        if not self._consumer.is_unheard:
            self._heard_at = time.monotonic()
        is_stuck = self._stuck_for_seconds() >= self._limits.stuck_seconds
        if is_stuck and self._revivals >= self._limits.revivals_max:
            raise NothingMoves
        if is_stuck or await self._is_deaf():
            self._revivals += is_stuck
            await self._consumer.revive()
            self._moved_at = self._heard_at = time.monotonic()

    def fault(self) -> str | None:
        """What readiness says of progress."""
        if self._stuck_for_seconds() < self._limits.stuck_seconds / 2:
            return None
        return "events wait and nothing moves"

    def _stuck_for_seconds(self) -> float:
        return time.monotonic() - self._moved_at

    async def _is_deaf(self) -> bool:
        if time.monotonic() - self._heard_at < self._limits.stuck_seconds:
            return False
        # From here on as long again: a broker that is away is asked once in that time.
        self._heard_at = time.monotonic()
        return await self._consumer.broker_answers_anew()

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
