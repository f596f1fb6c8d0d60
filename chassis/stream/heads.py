"""Heads: what owners say they published, held against what arrived.

Promise    The last event of a stream cannot be lost unseen: once everything that lay in the
           partition *after* its owner named a head has been read, a head that is not reached is
           pulled. What was taken and the owner does not have stops the stream. What a crash of
           Postgres took back is noticed at the next look and pulled too.
Price      One request per owner and a look at the partitions' ends every few seconds.
"""

import asyncio
import logging
import time
from collections.abc import Mapping
from typing import NamedTuple, Protocol

from aiokafka.partitioner import murmur2  # pyright: ignore[reportUnknownVariableType]

from chassis.stream.backoff import wait_for
from chassis.stream.blame import is_ground
from chassis.stream.desk import Desk
from chassis.stream.events import Key
from chassis.stream.limits import StreamLimits
from chassis.stream.metrics import StreamFigures
from chassis.stream.owner import Head, Journal

_LOG = logging.getLogger(__name__)


class TopicView(Protocol):
    """What is asked of the broker about a topic."""

    def partitions(self, topic: str) -> int:
        """How many partitions the topic has; 0 while that is unknown."""
        ...

    async def ends(self, topic: str) -> dict[int, int]:
        """Where each partition assigned here ends now."""
        ...

    def reached(self, topic: str, partition: int) -> int | None:
        """Up to which offset everything of a partition was taken; unknown if not ours."""
        ...


class _Awaited(NamedTuple):
    number: int
    partition: int
    end: int


class HeadWatch:
    """Compares heads for the streams whose partitions are read here."""

    def __init__(
        self, desk: Desk, journals: Mapping[str, Journal], view: TopicView, limits: StreamLimits
    ) -> None:
        self._desk = desk
        self._journals = journals
        self._view = view
        self._limits = limits
        self._awaited: dict[Key, _Awaited] = {}
        self._heads: dict[str, dict[str, Head]] = {}
        self._looked_at: dict[str, float] = {}
        self._reads_something = False
        # The committed figures of every stream of this consumer, whoever reads it.
        self.figures: list[StreamFigures] = []

    async def run(self) -> None:
        """Compare for ever, at once when a new stream shows up."""
        while True:
            await self.hear()
            step = self._limits.watch_interval_seconds
            waited = 0.0
            while waited < self._limits.heads_interval_seconds:
                waited += step
                if await wait_for(self._desk.heads_wanted, step):
                    self._desk.heads_wanted.clear()
                    # A short pause: the owner notes what it published a moment after.
                    await asyncio.sleep(self._limits.backoff_first_seconds)
                    break
                await self.find_lost_tails()

    async def hear(self) -> None:
        """Hear once which streams there are, so that the first batch begins them at once."""
        await asyncio.gather(*(self._look_at(topic) for topic in self._journals))

    def forget(self) -> None:
        """Forget what was awaited: partitions may be another's from here on."""
        self._awaited.clear()

    async def look(self, topic: str) -> None:
        """Compare one topic's heads now."""
        numbers = {key: s.number for key, s in self._desk.positions.standings.items()}
        heads = await self._journals[topic].heads()
        ends = await self._view.ends(topic)
        count = self._view.partitions(topic)
        mine = {stream for stream in heads if partition_of(stream, count) in ends}
        async with self._desk.lock:
            await self._desk.confirm(topic, heads, mine)
            own = {stream: heads[stream] for stream in mine}
            async with self._desk.database.transaction() as connection:
                await self._desk.positions.note_heads(
                    connection, topic, {stream: head.number for stream, head in own.items()}
                )
            await self._desk.compare(topic, own, numbers)
            async with self._desk.database.transaction() as connection:
                self.figures = await self._desk.positions.figures(connection, self._limits)
            self._desk.positions.forget_what_was_lost(
                ((one.topic, one.stream), one.number) for one in self.figures
            )
            for stream, head in own.items():
                partition = partition_of(stream, count)
                self._await((topic, stream), head.number, partition, ends[partition])
        self._heads[topic] = heads
        self._reads_something = bool(ends)
        self._looked_at[topic] = time.monotonic()

    async def find_lost_tails(self) -> None:
        """Pull what was published, is not in the topic any more, and never arrived."""
        async with self._desk.lock:
            for key, awaited in list(self._awaited.items()):
                standing = self._desk.positions.standings.get(key)
                if standing is None or standing.stopped_reason is not None:
                    del self._awaited[key]
                    continue
                if standing.number >= awaited.number:
                    del self._awaited[key]
                    continue
                reached = self._view.reached(key[0], awaited.partition)
                if reached is not None and reached >= awaited.end:
                    del self._awaited[key]
                    if self._desk.healer.ask(key, until=awaited.number):
                        self._desk.applier.tally.holes[key] += 1

    @property
    def taken_by_group(self) -> int:
        """How many numbers the whole group had taken at the last look."""
        return sum(f.applied + f.skipped + f.quarantined + f.discarded for f in self.figures)

    def looked_within(self, seconds: float) -> bool:
        """Whether every owner, the broker and the database answered that lately."""
        oldest = min((self._looked_at.get(topic, 0.0) for topic in self._journals), default=0.0)
        return time.monotonic() - oldest < seconds

    def is_behind(self) -> bool:
        """Whether events wait that nothing known keeps from being taken.

        A member without partitions looks at the whole group: it may be without them because
        its client has gone deaf.
        """
        if not self._reads_something:
            return any(f.waiting and not f.stopped for f in self.figures)
        healer = self._desk.healer
        return bool(self._awaited) or bool(healer.open_holes - healer.waiting_for_owner)

    def _await(self, key: Key, number: int, partition: int, end: int) -> None:
        standing = self._desk.positions.standings.get(key)
        if standing is not None and standing.number < number and key not in self._awaited:
            self._awaited[key] = _Awaited(number, partition, end)

    async def _look_at(self, topic: str) -> None:
        try:
            await self.look(topic)
        except Exception as fault:  # noqa: BLE001 - the next comparison is a few seconds away
            _LOG.log(
                logging.INFO if is_ground(fault) else logging.ERROR,
                "heads_not_compared",
                extra={
                    "consumer": self._desk.consumer,
                    "topic": topic,
                    "reason": type(fault).__name__,
                },
                exc_info=None if is_ground(fault) else fault,
            )


def partition_of(stream: str, partitions: int) -> int:
    """The partition every producer here gives a stream, as Kafka's default partitioner does."""
    return (murmur2(stream.encode()) & 0x7FFFFFFF) % partitions if partitions else -1
