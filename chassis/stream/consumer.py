"""The stream consumer: what a service runs to make a projection of its topics.

Promise    Every event of every stream has its effect exactly once and in order, or waits where
           it can be seen: with the broker, in quarantine, behind a hole, in a stopped stream.
           What is away is waited for; nothing is ever set aside because of it.
Price      One batch at a time; a service that needs more runs more members of the group.
Not here   What the effects are: the projection's ``apply``.
"""

import asyncio
import contextlib
import logging
import time
from collections.abc import Mapping, Sequence

from chassis.database import Database
from chassis.ending import at_most, end_all
from chassis.stream import metrics
from chassis.stream.backoff import Backoff
from chassis.stream.blame import is_ground
from chassis.stream.desk import Desk
from chassis.stream.events import Projection
from chassis.stream.heads import HeadWatch
from chassis.stream.limits import StreamLimits
from chassis.stream.operations import Operations
from chassis.stream.owner import Journal
from chassis.stream.positions import PositionsMoved, position_of
from chassis.stream.quarantine import Unreadable
from chassis.stream.reading import TopicRecord
from chassis.stream.subscription import Subscription, broker_answers
from chassis.stream.watchdog import Watchdog

_LOG = logging.getLogger(__name__)


class StreamConsumer:
    """One member of a consumer group, feeding one projection."""

    def __init__(
        self,
        *,
        projection: Projection,
        database: Database,
        bootstrap: str,
        journals: Mapping[str, Journal],
        limits: StreamLimits | None = None,
    ) -> None:
        self._limits = limits = limits or StreamLimits()
        self._projection = projection
        self._database = database
        self._bootstrap = bootstrap
        self._journals = journals
        self.desk = Desk(projection, database, journals, limits)
        self.operations = Operations(projection, self.desk, journals, limits)
        self.subscription = self._new_subscription()
        self.heads = HeadWatch(self.desk, journals, self, limits)
        self.watchdog = Watchdog(self, limits)
        self._slice = limits.batch_records_max
        self._backoff = Backoff(limits)
        self._stopping = asyncio.Event()
        self._broker_answers = True
        # Whom this consumer waits for before it can begin.
        self.waits_for: str | None = "the broker has not answered yet"

    async def run(self) -> None:
        """Consume until cancelled; ends by itself only when nothing moves and nobody is away."""
        source = metrics.FiguresOf(self._projection.consumer, lambda: self.heads.figures)
        metrics.flow.add(source)
        loops = [
            asyncio.create_task(self._subscribe(), name="subscribe"),
            asyncio.create_task(self.heads.run(), name="heads"),
            asyncio.create_task(self.operations.run(), name="wishes"),
            asyncio.create_task(self._settle(), name="settle"),
            asyncio.create_task(self.watchdog.run(), name="watchdog"),
        ]
        try:
            ended, _ = await asyncio.wait(loops, return_when=asyncio.FIRST_EXCEPTION)
            for loop in ended:
                loop.result()
        finally:
            self._stopping.set()
            await end_all(loops)
            metrics.flow.remove(source)
            await self.subscription.stop()
            with contextlib.suppress(TimeoutError):
                await at_most(
                    self._limits.last_counts_timeout_seconds,
                    self._write_counts(),
                    name="last counts",
                )
            await self.desk.let_go()

    async def fault(self) -> str | None:
        """What keeps this consumer from being ready, or nothing."""
        if self.waits_for is not None:
            return self.waits_for
        if not self._broker_answers:
            return "the broker does not answer"
        if self.desk.trouble is not None:
            return f"applying waits: {self.desk.trouble}"
        if not self.subscription.has_assignment:
            return "no partitions have been assigned yet"
        return self.watchdog.fault()

    async def ready(self) -> bool:
        """Whether events are being taken, or there are none."""
        return await self.fault() is None

    @property
    def is_unheard(self) -> bool:
        """Whether this consumer has begun, and its client hears nothing of the broker now."""
        has_begun = self.waits_for is None
        return has_begun and not (self._broker_answers and self.subscription.has_assignment)

    async def broker_answers_anew(self) -> bool:
        """Whether the broker answers somebody who has never asked before."""
        return await broker_answers(self._bootstrap, self._limits)

    async def position(self, topic: str, stream: str) -> int:
        """How far this consumer's group has taken a stream."""
        return await position_of(self._database, self._projection.consumer, topic, stream)

    async def caught_up(self) -> bool:
        """Whether the group has taken everything its owners had published when this was asked."""
        for topic, journal in self._journals.items():
            for stream, head in (await journal.heads()).items():
                if await self.position(topic, stream) < head.number:
                    return False
        return True

    async def revive(self) -> None:
        """Make the broker's client anew."""
        metrics.revivals.labels(self._projection.consumer).inc()
        _LOG.critical("consumer_revived", extra={"consumer": self._projection.consumer})
        old, self.subscription = self.subscription, self._new_subscription()
        await old.stop()
        await self.let_go()
        await self._subscribe()

    async def take_batch(self, records: Sequence[TopicRecord]) -> None:
        """Take a batch; whatever cannot be taken now is read again after a while."""
        began = time.monotonic()
        begin = 0
        while begin < len(records):
            piece = records[begin : begin + self._slice]
            try:
                await self.desk.receive(piece)
            except Exception as fault:  # noqa: BLE001 - FastStream would swallow it and go on
                await self._wait_and_read_again(records[begin:], fault)
                return
            self.subscription.note(piece)
            begin += len(piece)
            self._slice = min(self._slice * 2, self._limits.batch_records_max)
        self._backoff.reset()
        if len(records) < self._limits.batch_records_max:
            share = len(records) / self._limits.rest_after_events
            took = time.monotonic() - began
            await asyncio.sleep(min(took * share, self._limits.rest_max_seconds))

    async def take_unreadable(self, record: Unreadable) -> None:
        """Note a record the broker's client could not take apart."""
        async with self.desk.lock:
            await self.desk.set_unreadable_aside([record])

    async def let_go(self) -> None:
        """Finish what is in hand and forget what is remembered: partitions are given away."""
        self.heads.forget()
        await self.desk.let_go()

    def partitions(self, topic: str) -> int:
        """How many partitions the topic has; 0 while that is unknown."""
        return self.subscription.partitions(topic)

    async def ends(self, topic: str) -> dict[int, int]:
        """Where each partition read here ends now."""
        return await self.subscription.ends(topic)

    def reached(self, topic: str, partition: int) -> int | None:
        """Up to which offset everything of a partition was taken."""
        return self.subscription.reached(topic, partition)

    async def _subscribe(self) -> None:
        backoff = Backoff(self._limits)
        await self.heads.hear()
        while True:
            try:
                await self.subscription.start()
            except Exception as fault:  # noqa: BLE001 - a consumer starts before its broker does
                metrics.waits.labels(self._projection.consumer, type(fault).__name__).inc()
                if backoff.attempts == 0:
                    _LOG.warning(
                        "broker_not_reached",
                        extra={
                            "consumer": self._projection.consumer,
                            "reason": type(fault).__name__,
                        },
                        exc_info=None if is_ground(fault) else fault,
                    )
                await self.subscription.stop()
                self.subscription = self._new_subscription()
                await backoff.wait(self._stopping)
            else:
                self.waits_for = None
                return

    async def _wait_and_read_again(self, records: Sequence[TopicRecord], fault: Exception) -> None:
        self._slice = max(self._slice // 2, self._limits.slice_records_min)
        metrics.waits.labels(self._projection.consumer, type(fault).__name__).inc()
        is_known = is_ground(fault) or isinstance(fault, PositionsMoved)
        if self._backoff.attempts == 0 or not is_known:
            _LOG.log(
                logging.WARNING if is_known else logging.ERROR,
                "consumer_waits",
                extra={"consumer": self._projection.consumer, "reason": type(fault).__name__},
                exc_info=None if is_known else fault,
            )
        # Short enough to stay in the group, and read again from where it failed.
        self.subscription.rewind(records)
        await self._backoff.wait(self._stopping)

    async def _settle(self) -> None:
        """Every few seconds, after the database: offsets, and counts that wait."""
        while True:
            await asyncio.sleep(self._limits.offset_commit_interval_seconds)
            self._broker_answers = await self.subscription.answers()
            if not await self.subscription.commit():
                metrics.offset_commits_failed.labels(self._projection.consumer).inc()
            await self._write_counts()

    async def _write_counts(self) -> None:
        try:
            await self.desk.write_counts()
        except Exception as fault:  # noqa: BLE001 - counts wait for the next time
            metrics.waits.labels(self._projection.consumer, type(fault).__name__).inc()

    def _new_subscription(self) -> Subscription:
        return Subscription(
            self._projection.consumer,
            list(self._projection.topics),
            self._bootstrap,
            self,
            self._limits,
        )
