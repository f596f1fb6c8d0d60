"""The desk: everything a consumer decides about its records passes here, one thing at a time.

Promise    Records of the topic and pages of the journal take one path, under one lock. What came
           too early is kept, what is missing is asked for, and what contradicts is refused with
           an alarm; the streams that are well flow on.
Price      One transaction at a time per consumer.
Not here   The broker (``subscription``); asking owners (``healing``, ``heads``).
"""

import asyncio
import logging
import time
from collections.abc import Mapping, Sequence
from uuid import UUID

from chassis import telemetry
from chassis.database import Database
from chassis.stream import metrics
from chassis.stream.applying import Applier, Taken
from chassis.stream.decisions import (
    STOPPED_BY_CONFLICT,
    STOPPED_BY_EPOCH,
    STOPPED_BY_UNKNOWN_NUMBER,
    Conflict,
    Standing,
)
from chassis.stream.events import Event, Key, Projection, Record
from chassis.stream.healing import Healer
from chassis.stream.keeping import Keeper
from chassis.stream.limits import StreamLimits
from chassis.stream.owner import Head, Journal
from chassis.stream.positions import Positions
from chassis.stream.quarantine import Unreadable, close_healed
from chassis.stream.reading import TopicRecord, read_records

REFUSED_BY_EPOCH = "epoch-is-over"

_LOG = logging.getLogger(__name__)


class Desk:
    """One consumer's records, positions and what waits between them."""

    def __init__(
        self,
        projection: Projection,
        database: Database,
        journals: Mapping[str, Journal],
        limits: StreamLimits,
    ) -> None:
        self.consumer = projection.consumer
        self.database = database
        self.limits = limits
        self.lock = asyncio.Lock()
        self.positions = Positions(projection.consumer)
        self.applier = Applier(projection, database, self.positions, limits)
        self.keeper = Keeper(limits)
        self.healer = Healer(self, journals, limits)
        # Raised when a stream shows up whose owner has not been heard to have it.
        self.heads_wanted = asyncio.Event()
        self._unconfirmed_since: dict[Key, float] = {}
        # How far the journal has told a stream whose records the topic still has to bring.
        self._told_to: dict[Key, int] = {}
        self.progress = 0
        # What kept the last attempt to apply anything from succeeding.
        self.trouble: str | None = None

    async def receive(self, raw: Sequence[TopicRecord]) -> None:
        """Take a batch of the topic."""
        records, unreadable = read_records(raw, self.limits)
        async with self.lock:
            await self.set_unreadable_aside(unreadable)
            await self.take(records)
            if self._told_to:
                self._catch_up_with_journal(records)

    async def set_unreadable_aside(self, records: Sequence[Unreadable]) -> None:
        """Quarantine records by where they lie; no position moves. The caller holds the lock."""
        await self.applier.keep_unreadable(records)
        for one in records:
            metrics.unreadable.labels(self.consumer, one.topic).inc()
            _LOG.error(
                "record_unreadable",
                extra={
                    "consumer": self.consumer,
                    "topic": one.topic,
                    "partition": one.partition,
                    "offset": one.offset,
                    "reason": one.reason,
                },
            )
        # Whatever these hid has been told by the journal, before the topic came to it.
        hidden = {(one.topic, one.stream) for one in records if one.stream is not None}
        for key in sorted(hidden & self._told_to.keys()):
            await self.healed(key)

    async def take(self, records: Sequence[Record]) -> None:
        """Take records; ask for what is missing before others. The caller holds the lock."""
        if not records:
            return
        begun_ns = time.time_ns()
        with telemetry.batch_span(
            group=self.consumer,
            topic=records[0].topic,
            message_count=len(records),
            traceparents=_traceparents(records),
        ):
            taken = await self._apply(records)
            self._tell_traces(taken.applied, begun_ns)
        metrics.batch_seconds.labels(self.consumer).observe((time.time_ns() - begun_ns) / 1e9)
        self._follow_up(taken)

    async def take_page(self, key: Key, page: Sequence[Record], asked_at: int) -> None:
        """Take what the journal says, then what continues it. The caller holds the lock.

        Only what came after the moment ``asked_at`` continues on the topic's word: what was
        there before, the journal would have told if it were true and published.
        """
        self._refused(key, self.keeper.settle(page), STOPPED_BY_CONFLICT)
        await self.take(page)
        if page:
            self._told_to[key] = page[-1].envelope.number
        standing = await self.standing(key)
        if standing is not None and standing.stopped_reason is None:
            await self.take(self.keeper.take(key, standing.number + 1, asked_at))

    async def _apply(self, records: Sequence[Record]) -> Taken:
        try:
            async with asyncio.timeout(self.limits.take_timeout_seconds):
                taken = await self.applier.take(records)
        except Exception as fault:
            self.trouble = type(fault).__name__
            raise
        self.trouble = None
        return taken

    async def stop(self, key: Key, reason: str) -> None:
        """Stop a stream with an alarm. The caller holds the lock."""
        await self.applier.stop(key, reason)
        self._stopped(key, reason)

    async def standing(self, key: Key) -> Standing | None:
        """Where this consumer stands, looked up if it is not remembered. The caller holds the lock."""
        if key not in self.positions.standings:
            async with self.database.transaction() as connection:
                await self.positions.load(connection, [key])
        return self.positions.standings.get(key)

    async def refuse_unknown(self, key: Key, count: int) -> None:
        """Refuse what claims numbers the owner does not have. The caller holds the lock."""
        self._refused(key, count, STOPPED_BY_UNKNOWN_NUMBER)
        await self.applier.write_counts()

    async def settle_conflict(self, conflict: Conflict, owners_id: UUID | None) -> None:
        """Settle a number that two events claim by what its owner says. The caller holds the lock.

        Whoever is not the owner's is refused; if that one was applied, its stream stops,
        however far it has gone on since.
        """
        record, applied_id = conflict
        if record.envelope.id != owners_id:
            self._refused(record.key, 1, STOPPED_BY_CONFLICT)
        standing = await self.standing(record.key)
        if standing is not None and standing.number == record.envelope.number:
            applied_id = standing.event_id
        if applied_id is not None and applied_id != owners_id:
            await self.stop(record.key, STOPPED_BY_CONFLICT)
        else:
            await self.applier.write_counts()

    async def write_counts(self) -> None:
        """Write what was counted of streams to which nothing else happened."""
        async with self.lock:
            await self.applier.write_counts()

    async def healed(self, key: Key) -> None:
        """Close what was unreadable in a stream that has since been completed."""
        async with self.database.transaction() as connection:
            await close_healed(connection, self.consumer, *key)

    async def confirm(self, topic: str, heads: Mapping[str, Head], mine: set[str]) -> None:
        """Begin streams the owner has; refuse what claims others. The caller holds the lock.

        ``mine`` are the streams whose partition is read here: their rows are made even
        before an event of theirs arrives, so that what waits for them is counted.
        """
        waiting = {stream for t, stream in self._unconfirmed_since if t == topic}
        self.positions.known_epochs.update(
            {(topic, stream): head.epoch for stream, head in heads.items()}
        )
        wanted = [
            (topic, stream)
            for stream in sorted((mine | waiting) & heads.keys())
            if (topic, stream) not in self.positions.standings
        ]
        if wanted:
            async with self.database.transaction() as connection:
                await self.positions.load(connection, wanted)
        for stream in waiting:
            await self._settle_unconfirmed((topic, stream), is_known=stream in heads)

    async def compare(
        self, topic: str, heads: Mapping[str, Head], before: Mapping[Key, int]
    ) -> None:
        """Hold what was taken against what the owner has. The caller holds the lock.

        ``before`` are the numbers reached before the owner was asked: what was taken since
        may well lie beyond an answer that is older.
        """
        for stream, head in heads.items():
            key = (topic, stream)
            standing = self.positions.standings.get(key)
            if standing is None or standing.stopped_reason is not None:
                continue
            if standing.epoch != head.epoch:
                await self.stop(key, STOPPED_BY_EPOCH)
            elif before.get(key, 0) > head.numbered:
                await self.stop(key, STOPPED_BY_UNKNOWN_NUMBER)
            elif 0 < standing.number == head.number and standing.event_id != head.event_id:
                await self.stop(key, STOPPED_BY_CONFLICT)

    async def let_go(self) -> None:
        """Forget all that is remembered: the partitions may be another's from here on."""
        await self.healer.cancel()
        try:
            async with asyncio.timeout(self.limits.let_go_timeout_seconds), self.lock:
                self.positions.forget()
                self.keeper.clear()
                self._unconfirmed_since.clear()
                self._told_to.clear()
        except TimeoutError:
            # Positions are compared and set: whoever is late changes nothing.
            _LOG.error("batch_does_not_end", extra={"consumer": self.consumer})

    def _follow_up(self, taken: Taken) -> None:
        """Keep, ask and alarm."""
        self._count(taken)
        for record in taken.unconfirmed:
            self._keep_unconfirmed(record)
        if self.keeper.records:
            taken.conflicts.extend(self._contradicted(taken.applied))
        for record in taken.beyond:
            taken.conflicts.extend(Conflict(one) for one in self.keeper.keep(record))
        for record in taken.outdated:
            self._refused(record.key, 1, REFUSED_BY_EPOCH)
        for key, reason in taken.stopped.items():
            self._stopped(key, reason)
        for conflict in taken.conflicts:
            if not self.healer.verify(conflict):
                self._refused(conflict.record.key, 1, STOPPED_BY_CONFLICT)
        missing = taken.ask_journal | {record.key for record in taken.beyond}
        for key in missing - taken.stopped.keys():
            if self.healer.ask(key, until=self.positions.standings[key].number + 1):
                self.applier.tally.holes[key] += 1

    def _contradicted(self, applied: Sequence[Event]) -> list[Conflict]:
        """Find what waited under a number that another event has now been applied as."""
        return [
            Conflict(kept, event.event_id)
            for event in applied
            if (kept := self.keeper.passed(event)) is not None
        ]

    def _catch_up_with_journal(self, records: Sequence[Record]) -> None:
        for record in records:
            told = self._told_to.get(record.key)
            if told is not None and record.envelope.number >= told:
                del self._told_to[record.key]

    def _keep_unconfirmed(self, record: Record) -> None:
        since = self._unconfirmed_since
        if record.key in since or len(since) < self.limits.unconfirmed_streams_max:
            self.keeper.keep(record)
            since.setdefault(record.key, time.monotonic())
            self.heads_wanted.set()

    async def _settle_unconfirmed(self, key: Key, *, is_known: bool) -> None:
        if is_known:
            del self._unconfirmed_since[key]
            standing = await self.standing(key)
            if standing is not None:
                self.healer.ask(key, until=standing.number + 1)
        elif (
            time.monotonic() - self._unconfirmed_since[key]
            > self.limits.unknown_number_patience_seconds
        ):
            del self._unconfirmed_since[key]
            self._refused(key, self.keeper.drop(key), "stream-unknown-to-owner")

    def _count(self, taken: Taken) -> None:
        self.progress += sum(a.number - a.expected.number for a in taken.advances)
        for aside in taken.asides:
            envelope = aside.record.envelope
            _LOG.log(
                logging.ERROR if aside.kind == "failed" else logging.INFO,
                "event_quarantined",
                extra={
                    "consumer": self.consumer,
                    "topic": aside.record.topic,
                    "stream": envelope.stream,
                    "number": envelope.number,
                    "event_type": envelope.type,
                    "reason": aside.reason.name,
                },
            )

    def _stopped(self, key: Key, reason: str) -> None:
        self.keeper.drop(key)
        _LOG.critical(
            "stream_stopped",
            extra={
                "consumer": self.consumer,
                "topic": key[0],
                "stream": key[1],
                "reason": reason,
            },
        )

    def _refused(self, key: Key, count: int, reason: str) -> None:
        if not count:
            return
        if key in self.positions.standings:
            self.applier.tally.refused[key] += count
        metrics.refused.labels(self.consumer, key[0], reason).inc(count)
        _LOG.critical(
            "records_refused",
            extra={
                "consumer": self.consumer,
                "topic": key[0],
                "stream": key[1],
                "count": count,
                "reason": reason,
            },
        )

    def _tell_traces(self, applied: Sequence[Event], begun_ns: int) -> None:
        if applied and telemetry.is_on():
            telemetry.continue_traces(
                [(event.traceparent, event.type) for event in applied],
                group=self.consumer,
                topic=applied[0].topic,
                started_at_ns=begun_ns,
                ended_at_ns=time.time_ns(),
            )


def _traceparents(records: Sequence[Record]) -> list[str]:
    if not telemetry.is_on():
        return []
    return [r.envelope.traceparent for r in records if r.envelope.traceparent is not None]
