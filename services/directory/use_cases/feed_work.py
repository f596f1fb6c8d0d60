"""Working through runs, in turns: the work of the directory's schedules.

Promise    No feed waits for a slow one longer than for a turn and a page. A run that is cut off at any
           point is taken up from its stored page by whoever is there once its lease has ended; a worker
           that was cut off and comes back late changes nothing.
Price      A process works on one run at a time. What was read of one is applied without a break.
Not here   What a page may hold, and what becomes of it: ``feed_reading`` and ``feed_applying``.
"""

import asyncio
import logging
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

import asyncpg

from chassis import clock
from chassis.database import Connection, Database
from chassis.ids import new_id
from services.directory.domain.feed_rules import FeedLimits, FeedStopped
from services.directory.domain.foreign_terms import TermRules
from services.directory.domain.register import Moment
from services.directory.gateways.feed_source import FeedSource, Resolver, looked_up
from services.directory.store import feeds as store
from services.directory.store.feed_terms import count_feed_terms
from services.directory.store.feeds import Feed, Lease, Row, Run
from services.directory.store.listings import NameTaken
from services.directory.use_cases.corrections import send_corrections
from services.directory.use_cases.feed_applying import ROWS_AT_ONCE_MAX, apply_piece
from services.directory.use_cases.feed_entries import Check
from services.directory.use_cases.feed_organizations import join_parents
from services.directory.use_cases.feed_reading import Desk, RunLost, read_step
from services.directory.use_cases.foreign_terms import rules_of

ROW_NUMBER_MAX: Final = 2**31 - 1
LEASE_SECONDS: Final = 60.0
HOLD_SECONDS_MIN: Final = 0.05
TURN_SECONDS: Final = 60.0
"""So long a feed is read while others wait."""
# Clocks differ, and a listing may be told with the time its change began.
READ_AGAIN_HOURS: Final = 1
TERMS_COUNTED_MAX: Final = 2_000
NOT_KEPT: Final = "/: could not be kept as it is"
_ROWS_NOT_KEPT: Final = (
    asyncpg.DataError,
    asyncpg.IntegrityConstraintViolationError,
    NameTaken,
)
_FAULTS: Final = (ValueError, TypeError, LookupError, AttributeError, RecursionError)

_LOG = logging.getLogger(__name__)


class FeedWorker:
    """Works through the runs of feeds and uploads."""

    def __init__(
        self,
        database: Database,
        check: Check,
        *,
        private_allowed: bool,
        limits: FeedLimits | None = None,
        resolver: Resolver = looked_up,
        now: Callable[[], datetime] = clock.now,
        lease_seconds: float = LEASE_SECONDS,
        turn_seconds: float = TURN_SECONDS,
    ) -> None:
        self._database = database
        self._check = check
        self._limits = limits or FeedLimits()
        self._private_allowed = private_allowed
        self._resolver = resolver
        self._lease_seconds = lease_seconds
        self._turn_seconds = turn_seconds
        self._id: UUID = new_id()
        self._now = now

    async def work_once(self) -> bool:
        """Work on the run that waits longest, to its end or for a turn; whether there was one."""
        async with self._database.transaction() as connection:
            await store.ask_for_runs_due(connection, self._now())
            run = await store.claim_run(connection, self._lease())
            feed = None if run is None else await store.feed_by_id(connection, run.feed_id)
            if run is None or feed is None:
                return False
            rules = await rules_of(connection, feed.id)
        try:
            await self._work(run, feed, rules)
        except RunLost:
            _LOG.warning("feed_run_lost", extra={"reason": "RunLost"})
        except FeedStopped as stopped:
            await self._stop(run, stopped)
        except (asyncpg.PostgresError, *_FAULTS) as fault:
            # One feed that we deal with wrongly must not hold up the others, for ever.
            _LOG.exception("feed_run_failed", extra={"reason": type(fault).__name__})
            await self._stop(run, FeedStopped("not-understood"))
        return True

    async def _work(self, run: Run, feed: Feed, rules: TermRules) -> None:
        desk = Desk(self._database, self._check, rules, self._limits, self._lease, self._now)
        source = FeedSource(
            feed.base_url or "",
            self._limits,
            private_allowed=self._private_allowed,
            resolver=self._resolver,
        )
        turn_ends = time.monotonic() + self._turn_seconds
        try:
            while run.state == "reading":
                run = await self._read_step(desk, run, source)
                if time.monotonic() > turn_ends and await self._give_turn(run):
                    return
            while await self._apply(run, feed):
                pass
            await send_corrections(self._database, feed, source, self._now())
        finally:
            await source.close()

    async def _give_turn(self, run: Run) -> bool:
        """Let another feed's run come first, if one waits; this one goes on where it is afterwards."""
        async with self._database.transaction() as connection:
            return await store.give_turn(connection, run.id, self._lease())

    async def _read_step(self, desk: Desk, run: Run, source: FeedSource) -> Run:
        """Read a page, and hold the run for as long as that takes: a slow feed's outlasts a lease."""
        holding = asyncio.create_task(self._hold_on(run))
        try:
            return await read_step(desk, run, source)
        finally:
            holding.cancel()
            await asyncio.gather(holding, return_exceptions=True)

    async def _hold_on(self, run: Run) -> None:
        while True:
            await asyncio.sleep(max(HOLD_SECONDS_MIN, self._lease_seconds / 3))
            async with self._database.transaction() as connection:
                if await store.hold_run(connection, run.id, self._lease()) is None:
                    return

    async def _apply(self, run: Run, feed: Feed) -> bool:
        """Apply the next piece; whether one may be left."""
        try:
            return await self._apply_rows(run, feed, ROWS_AT_ONCE_MAX)
        except _ROWS_NOT_KEPT:
            # One row of the piece cannot be kept: found by applying them one by one.
            return await self._apply_one(run, feed)

    async def _apply_one(self, run: Run, feed: Feed) -> bool:
        try:
            return await self._apply_rows(run, feed, 1)
        except _ROWS_NOT_KEPT as fault:
            _LOG.warning("feed_row_not_kept", extra={"reason": type(fault).__name__})
        async with self._database.transaction() as connection:
            held, rows = await self._held(connection, run, 1)
            if not rows:
                raise FeedStopped("not-understood")
            for row in rows:
                await store.refuse_row(connection, run.id, row.number, NOT_KEPT)
            await store.run_went_on(connection, replace(held, refused=held.refused + len(rows)))
        return True

    async def _apply_rows(self, run: Run, feed: Feed, rows_max: int) -> bool:
        async with self._database.transaction() as connection:
            held, rows = await self._held(connection, run, rows_max)
            now = self._now()
            moment = Moment(now, now, "import")
            if rows:
                applied = await apply_piece(connection, held, feed, rows, moment)
                await store.run_went_on(connection, applied)
                return True
            if await join_parents(connection, feed, moment):
                return True
            await store.forget_rows(connection, run.id, up_to=ROW_NUMBER_MAX)
            await store.forget_earlier_rows(connection, held)
            if held.kind == "feed":
                until = held.begun_at - timedelta(hours=READ_AGAIN_HOURS)
                await store.feed_read_until(connection, held, until)
            await count_feed_terms(connection, feed, terms_max=TERMS_COUNTED_MAX)
            await store.run_went_on(connection, replace(held, state="done", ended_at=now))
            return False

    async def _held(
        self, connection: Connection, run: Run, rows_max: int
    ) -> tuple[Run, Sequence[Row]]:
        held = await store.hold_run(connection, run.id, self._lease())
        if held is None or held.state != "applying":
            raise RunLost
        return held, await store.rows_to_apply(connection, run.id, rows=rows_max)

    async def _stop(self, run: Run, stopped: FeedStopped) -> None:
        """End a run and leave nothing of it but why; while it is read the directory is as it was."""
        async with self._database.transaction() as connection:
            held = await store.hold_run(connection, run.id, self._lease())
            if held is None:
                return
            await store.forget_rows(connection, run.id, up_to=ROW_NUMBER_MAX)
            await store.run_went_on(
                connection,
                replace(
                    held,
                    state="stopped",
                    ended_at=self._now(),
                    reason=stopped.reason,
                    detail=stopped.detail,
                ),
            )
        _LOG.warning("feed_run_stopped", extra={"reason": stopped.reason})

    def _lease(self) -> Lease:
        now = self._now()
        return Lease(self._id, now + timedelta(seconds=self._lease_seconds), now=now)
