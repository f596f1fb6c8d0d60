"""The relay: from outbox to journal to topic, by whichever process leads.

Promise    Whatever dies or is away, and for how long, nothing committed is lost or
           reordered; when it is back the relay goes on by itself. It stops, and says so,
           only when the topic knows more than the database does.
Price      One leader per database: throughput is that of one process.
Not here   The rules of one round: ``chassis.relay.numbering`` and ``.publishing``.
"""

import asyncio
import contextlib
import logging
import random
import time
from collections.abc import Awaitable, Callable
from typing import Literal

import asyncpg
from aiokafka.errors import KafkaError

from chassis.database import Database, DatabaseUnavailable
from chassis.ending import until_one_ends
from chassis.relay import metrics
from chassis.relay.leadership import LeadershipLost, leadership
from chassis.relay.listening import OUTBOX_POLL_SECONDS, Listener
from chassis.relay.numbering import Numberer
from chassis.relay.publishing import Publisher
from chassis.relay.topic_end import TopicBeyondJournal, check_topic_end
from chassis.relay.writer import TopicWriter
from chassis.sql import Queries

UNASKED_POLL_SECONDS = 1.0
JOURNAL_POLL_SECONDS = 1.0
GAUGE_SECONDS = 2.0
REST_MAX_SECONDS = 0.01
REST_AFTER_EVENTS = 8
GAUGE_BOUND_MAX = 100_000
BACKOFF_FIRST_SECONDS = 0.1
BACKOFF_MAX_SECONDS = 5.0
STOPPED_RECHECK_SECONDS = 30.0
BEHIND_MAX_SECONDS = 15.0

_SQL = Queries("chassis.relay")
_LOG = logging.getLogger(__name__)
_AWAY = (DatabaseUnavailable, LeadershipLost, KafkaError, OSError, TimeoutError)
# Not yet migrated, not yet granted: a relay waits for that too.
_REFUSED = (asyncpg.PostgresError, asyncpg.InterfaceError)

State = Literal["starting", "standing_by", "checking", "leading", "stopped"]


class Relay:
    """One process's relay of one database to one topic."""

    def __init__(self, database: Database, bootstrap: str, topic: str) -> None:
        self.topic = topic
        self.state: State = "starting"
        self.stopped_reason: str | None = None
        self.last_fault: str | None = None
        self._database = database
        self._bootstrap = bootstrap
        self._writer = TopicWriter(bootstrap, topic)
        self.numberer = Numberer(database)
        self.publisher = Publisher(database, self._writer)
        self._outbox_hint = asyncio.Event()
        self._journal_hint = asyncio.Event()
        self.listener = Listener(database, self._outbox_hint)
        # When each loop last had nothing left to do; before the first time, the start.
        self._numbered_all_at = self._published_all_at = time.monotonic()

    async def run(self) -> None:
        """Lead whenever no other relay of this database does, until cancelled."""
        backoff = _Backoff()
        while True:
            try:
                async with leadership(self._database, on_standing_by=self._stand_by) as held:
                    self._become("checking")
                    await check_topic_end(self._database, self._bootstrap, self.topic)
                    backoff.reset()
                    await until_one_ends(held.watch(), self.lead())
            except TopicBeyondJournal as contradiction:
                self.stopped_reason = str(contradiction)
                self._become("stopped")
                _LOG.critical(
                    "relay_stopped_topic_is_ahead",
                    extra={
                        "topic": self.topic,
                        "stream": contradiction.stream,
                        "number": contradiction.number,
                        "head": contradiction.head,
                    },
                )
                await asyncio.sleep(STOPPED_RECHECK_SECONDS)
            except (*_AWAY, *_REFUSED) as fault:
                self._note(fault)
                await backoff.wait()
            except Exception as fault:  # noqa: BLE001
                # A fault nobody thought of. All that matters is in the database, so to
                # begin again is safe, and better than to end a process that serves HTTP.
                _LOG.exception("relay_begins_again", extra={"topic": self.topic})
                self._note(fault)
                await backoff.wait()

    async def lead(self) -> None:
        """Number and publish until cancelled. Right even if another relay does the same."""
        self.stopped_reason = None
        # What the last time remembered is worth nothing: the database knows it all.
        self.numberer = Numberer(self._database)
        self.publisher = Publisher(self._database, self._writer)
        self._numbered_all_at = self._published_all_at = time.monotonic()
        self._become("leading")
        try:
            await until_one_ends(
                self._loop(self._number, self._outbox_hint, self._outbox_poll_seconds),
                self._loop(self._publish, self._journal_hint, lambda: JOURNAL_POLL_SECONDS),
                self._listen(),
                self._gauge(),
            )
        finally:
            await self._writer.close_at_once()
            metrics.leading.labels(self.topic).set(0)

    async def fault(self) -> str | None:
        """Say why this relay is not ready, or nothing: a readiness check."""
        if self.state == "stopped":
            return "the topic is ahead of the database"
        if self.state == "starting" or not await self._database.is_writable():
            return "the database does not answer"
        if self.state == "standing_by":
            return None
        if self.state == "checking":
            return "the end of the topic is not read yet"
        if self.numbering_behind_seconds > BEHIND_MAX_SECONDS:
            return "numbering is behind"
        if self.publishing_behind_seconds > BEHIND_MAX_SECONDS:
            return "publishing is behind"
        return None

    @property
    def numbering_behind_seconds(self) -> float:
        """How long ago the outbox was last seen empty."""
        return time.monotonic() - self._numbered_all_at

    @property
    def publishing_behind_seconds(self) -> float:
        """How long ago everything numbered was last seen published."""
        return time.monotonic() - self._published_all_at

    async def _number(self) -> tuple[int, bool]:
        done = await self.numberer.number()
        if done.total:
            metrics.numbered.labels(self.topic).inc(done.total)
            self._journal_hint.set()
            self.listener.note_numbered(done.total)
        if not done.is_full:
            self._numbered_all_at = time.monotonic()
        return done.total, done.is_full

    async def _publish(self) -> tuple[int, bool]:
        done = await self.publisher.publish()
        metrics.published.labels(self.topic).inc(done.total)
        metrics.blocked_streams.labels(self.topic).set(len(self.publisher.blocked))
        if done.fault is not None:
            raise _RoundFailed(done.fault)
        if not done.is_full and not self.publisher.blocked:
            self._published_all_at = time.monotonic()
        return done.total, done.is_full

    async def _loop(
        self,
        work: Callable[[], Awaitable[tuple[int, bool]]],
        hint: asyncio.Event,
        poll_seconds: Callable[[], float],
    ) -> None:
        """Work while there is more to do, then wait for the hint or the poll."""
        backoff = _Backoff()
        while True:
            hint.clear()
            began = time.monotonic()
            try:
                done, more = await work()
            except (_RoundFailed, *_AWAY, *_REFUSED) as fault:
                self._note(fault)
                await backoff.wait()
                continue
            backoff.reset()
            self.last_fault = None
            if not more:
                # A round costs much, an event in it little: the more there were, the longer the
                # rest, so that what comes meanwhile goes together.
                took = time.monotonic() - began
                await asyncio.sleep(min(took * done / REST_AFTER_EVENTS, REST_MAX_SECONDS))
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(poll_seconds()):
                        await hint.wait()

    async def _listen(self) -> None:
        backoff = _Backoff()
        while True:
            try:
                await self.listener.listen()
            except (*_AWAY, *_REFUSED) as fault:
                # Until it hears again, the numbering loop asks by itself.
                self._outbox_hint.set()
                self._note(fault)
                await backoff.wait()

    def _outbox_poll_seconds(self) -> float:
        return UNASKED_POLL_SECONDS if self.listener.is_listening else OUTBOX_POLL_SECONDS

    async def _gauge(self) -> None:
        while True:
            with contextlib.suppress(DatabaseUnavailable, *_REFUSED):
                async with self._database.transaction() as connection:
                    waiting = await connection.fetchval(_SQL["outbox_depth"], GAUGE_BOUND_MAX)
                    unpublished = await connection.fetchval(_SQL["unpublished_depth"])
                metrics.outbox_waiting.labels(self.topic).set(waiting)
                metrics.unpublished.labels(self.topic).set(unpublished)
            behind = self.numbering_behind_seconds
            # An idle relay looks once a second; only more than that is waiting.
            metrics.outbox_waiting_seconds.labels(self.topic).set(
                behind if behind > 2 * UNASKED_POLL_SECONDS else 0
            )
            await asyncio.sleep(GAUGE_SECONDS)

    def _stand_by(self) -> None:
        self.last_fault = None
        self._become("standing_by")

    def _become(self, state: State) -> None:
        self.state = state
        metrics.leading.labels(self.topic).set(state == "leading")
        metrics.stopped.labels(self.topic).set(state == "stopped")

    def _note(self, fault: Exception) -> None:
        reason = fault.reason if isinstance(fault, _RoundFailed) else type(fault).__name__
        metrics.faults.labels(self.topic, reason).inc()
        if reason != self.last_fault:
            _LOG.warning("relay_waits", extra={"topic": self.topic, "reason": reason})
        self.last_fault = reason


class _RoundFailed(Exception):
    """The broker did not take all of a round."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class _Backoff:
    """Waits that double, with jitter, up to a limit."""

    def __init__(self) -> None:
        self._seconds = BACKOFF_FIRST_SECONDS

    def reset(self) -> None:
        self._seconds = BACKOFF_FIRST_SECONDS

    async def wait(self) -> None:
        await asyncio.sleep(self._seconds * random.uniform(0.5, 1.0))  # noqa: S311 - jitter
        self._seconds = min(self._seconds * 2, BACKOFF_MAX_SECONDS)
