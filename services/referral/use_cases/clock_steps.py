"""What concerns somebody's safety fires by the clock it was set by, also when that was set back.

Promise    When the database's clock is set back, whatever waited in the lane of safety fires when
           the earlier clock would have said so, within a round. What is set afterwards goes by the
           clock as it is now.
Price      Each scheduler remembers by itself; one that starts after the step knows of none, and
           what was set before waits for as long as the clock was set back.
Not here   Firing: ``timers``. Whether a clock was set back: ``domain.clocks``.
"""

import logging
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final, TypeAlias
from uuid import UUID

from prometheus_client import Counter

from chassis.database import Connection, Database
from chassis.metrics import REGISTRY
from services.referral.domain.clocks import Reading, Watch
from services.referral.domain.timers import Lane
from services.referral.store import timers as store
from services.referral.store.timers import Standing
from services.referral.use_cases.timers import Handlers, fire

LANE: Final[Lane] = "safety"
REMEMBERED_MAX: Final = 5_000  # far beyond what is under way in a region at one time

Clock: TypeAlias = Callable[[Connection], Awaitable[datetime]]

_LOG = logging.getLogger(__name__)

_set_back = Counter(
    "waymark_timers_clock_set_back",
    "Times the clock that says what is due was seen to be set back.",
    registry=REGISTRY,
)


@dataclass(slots=True)
class EarlierClock:
    """What was set by a clock that has been set back since, and by how much."""

    wall: Clock = store.present
    steady: Callable[[], float] = time.monotonic
    _watch: Watch = field(default_factory=Watch)
    _ahead: dict[Standing, timedelta] = field(default_factory=dict[Standing, timedelta])

    async def fire_due(self, database: Database, handlers: Handlers) -> int:
        """Look at the clock, and fire what is due by the earlier one; give how many fired."""
        before = self.steady()
        async with database.transaction() as connection:
            now = await self.wall(connection)
            step = self._watch.set_back_by(Reading(now, before, self.steady()))
            if step:
                await self._note(connection, step)
            if self._ahead:
                await self._forget_what_moved(connection)
        due = [one for one, ahead in self._ahead.items() if one.next_at <= now + ahead]
        fired = 0
        for one in sorted(due, key=lambda one: one.next_at):
            fired += await fire(database, handlers, one.id, by=one.next_at)
        return fired

    async def _note(self, connection: Connection, step: timedelta) -> None:
        """Whatever waits now was set by the earlier clock."""
        self._ahead = {
            one: ahead + step for one, ahead in self._ahead.items() if ahead + step > timedelta()
        }
        if step < timedelta():
            return
        for one in await store.list_standing(connection, lane=LANE, limit=REMEMBERED_MAX):
            self._ahead.setdefault(one, step)
        _set_back.inc()
        _LOG.warning("clock_set_back", extra={"seconds": step.total_seconds()})

    async def _forget_what_moved(self, connection: Connection) -> None:
        """What fired, was cleared or was set anew goes by the clock as it is now."""
        ids: list[UUID] = [one.id for one in self._ahead]
        standing = set(await store.list_standing_of(connection, ids))
        self._ahead = {one: ahead for one, ahead in self._ahead.items() if one in standing}
