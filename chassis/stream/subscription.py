"""The one door to the broker: FastStream's batch subscriber, with everything it decides overridden.

Promise    A batch counts as taken only when whoever takes it says so; offsets are committed
           explicitly, later, and only as a hint; a record nobody can parse stops nothing.
Price      One client per consumer; each batch is a round through FastStream's middlewares.
Not here   What a record means: ``desk``.
"""

import asyncio
import contextlib
from collections.abc import Sequence
from typing import Any, Protocol, cast

from aiokafka import ConsumerRebalanceListener, TopicPartition
from aiokafka.client import AIOKafkaClient
from aiokafka.errors import KafkaError
from faststream import AckPolicy
from faststream.kafka import KafkaBroker
from faststream.kafka.message import FAKE_CONSUMER, KafkaMessage

from chassis.ending import at_most
from chassis.stream.limits import StreamLimits
from chassis.stream.quarantine import Unreadable
from chassis.stream.reading import TopicRecord
from chassis.stream.stepping import Client, Fetched, step_over


class Taker(Protocol):
    """Who takes what the broker brings."""

    async def take_batch(self, records: Sequence[TopicRecord]) -> None:
        """Take a batch; whatever could not be taken was rewound."""
        ...

    async def take_unreadable(self, record: Unreadable) -> None:
        """Note a record the client could not take apart."""
        ...

    async def let_go(self) -> None:
        """Finish what is in hand: the partitions are given away."""
        ...


class UnsafeSubscription(RuntimeError):
    """The subscriber would acknowledge by itself, which loses events."""


class Subscription:
    """One membership in the consumer's group."""

    def __init__(
        self,
        group: str,
        topics: Sequence[str],
        bootstrap: str,
        taker: Taker,
        limits: StreamLimits,
    ) -> None:
        self._group = group
        self._topics = topics
        self._taker = taker
        self._limits = limits
        self._taken: dict[TopicPartition, int] = {}
        self._committed: dict[TopicPartition, int] = {}
        self._is_in_hand = False
        self.has_assignment = False
        self._broker = KafkaBroker(
            bootstrap,
            client_id=f"waymark-{group}",
            consumer_only=True,
            allow_auto_create_topics=False,
            apply_types=False,
            logger=None,
            graceful_timeout=limits.stop_timeout_seconds,
        )
        self._client: Client | None = None

    @property
    def assigned(self) -> set[TopicPartition]:
        """The partitions read here now."""
        return set() if self._client is None else set(self._client.assignment())

    async def start(self) -> None:
        """Join the group. Raises what the broker's client raises while the broker is away."""
        subscriber = self._broker.subscriber(
            *self._topics,
            batch=True,
            group_id=self._group,
            ack_policy=AckPolicy.MANUAL,
            auto_offset_reset="earliest",
            max_records=self._limits.batch_records_max,
            batch_timeout_ms=self._limits.batch_timeout_milliseconds,
            fetch_max_bytes=self._limits.fetch_bytes_max,
            max_partition_fetch_bytes=self._limits.partition_fetch_bytes_max,
            heartbeat_interval_ms=self._limits.heartbeat_interval_milliseconds,
            session_timeout_ms=self._limits.session_timeout_milliseconds,
            rebalance_timeout_ms=self._limits.rebalance_timeout_milliseconds,
            listener=_Listener(self),
            parser=_as_it_came,
            decoder=_identity,
            no_reply=True,
        )
        subscriber(self._take)
        if subscriber.ack_policy is not AckPolicy.MANUAL:
            raise UnsafeSubscription
        # The client waits for its share of the group without end.
        await at_most(self._limits.join_timeout_seconds, self._broker.start(), name="join")
        assert subscriber.consumer is not None, "a started subscriber has its client"
        self._client = cast("Client", subscriber.consumer)
        self._guard(self._client)

    async def stop(self) -> None:
        """Finish the batch in hand, commit where reading stands, leave the group."""
        await self.commit()
        seconds = self._limits.stop_timeout_seconds + self._limits.leave_timeout_seconds
        # A client that hangs while leaving is left: its session ends by itself.
        with contextlib.suppress(TimeoutError, KafkaError):
            await at_most(seconds, self._broker.stop(), name="leave")
        self._client = None
        self.has_assignment = False

    async def commit(self) -> bool:
        """Commit what was taken, as a hint where to go on; say whether the broker took it."""
        client = self._client
        if client is None:
            return True
        assigned = self.assigned
        offsets = {
            where: offset
            for where, offset in self._taken.items()
            if where in assigned and self._committed.get(where) != offset
        }
        if not offsets:
            return True
        try:
            async with asyncio.timeout(self._limits.offset_commit_timeout_seconds):
                await client.commit(offsets)
        except (KafkaError, TimeoutError):
            return False
        self._committed.update(offsets)
        return True

    async def answers(self) -> bool:
        """Whether the broker answers now, asked about a partition of ours."""
        client, mine = self._client, sorted(self.assigned)
        if client is None or not mine:
            return True
        try:
            async with asyncio.timeout(self._limits.broker_answer_timeout_seconds):
                await client.end_offsets(mine[:1])
        except (KafkaError, TimeoutError):
            return False
        return True

    def note(self, records: Sequence[TopicRecord]) -> None:
        """Say that everything up to these records was taken."""
        topic, partition = "", -1
        # From the end, since only the last of each run of one partition matters.
        seen: set[TopicPartition] = set()
        for record in reversed(records):
            if record.partition != partition or record.topic != topic:
                topic, partition = record.topic, record.partition
                where = TopicPartition(topic, partition)
                if where not in seen:
                    seen.add(where)
                    self._taken[where] = record.offset + 1

    def rewind(self, records: Sequence[TopicRecord]) -> None:
        """Read these records again."""
        first: dict[TopicPartition, int] = {}
        for record in records:
            first.setdefault(TopicPartition(record.topic, record.partition), record.offset)
        assigned = self.assigned
        for where, offset in first.items():
            if self._client is not None and where in assigned:
                self._client.seek(where, offset)

    def partitions(self, topic: str) -> int:
        """How many partitions the topic has; 0 while that is unknown."""
        found = self._client.partitions_for_topic(topic) if self._client else None
        return len(found or ())

    async def ends(self, topic: str) -> dict[int, int]:
        """Where each partition assigned here ends now."""
        client = self._client
        mine = [where for where in self.assigned if where.topic == topic]
        if client is None or not mine:
            return {}
        async with asyncio.timeout(self._limits.owner_timeout_seconds):
            ends = await client.end_offsets(mine)
            for where in mine:
                position = await client.position(where)
                if not self._is_in_hand:
                    # All that was handed out was taken, even if nothing ever was.
                    self._taken[where] = position
        return {where.partition: end for where, end in ends.items()}

    def reached(self, topic: str, partition: int) -> int | None:
        """Up to which offset everything of a partition was taken; unknown if not ours."""
        return self._taken.get(TopicPartition(topic, partition))

    async def _take(self, records: Any) -> None:
        self._is_in_hand = True
        try:
            await self._taker.take_batch(records)
        finally:
            self._is_in_hand = False

    def _guard(self, client: Client) -> None:
        getmany = client.getmany

        async def guarded(*partitions: TopicPartition, **options: Any) -> Fetched:
            try:
                return await getmany(*partitions, **options)
            except UnicodeDecodeError:
                return await step_over(client, getmany, self._tell_unreadable)

        client.getmany = guarded

    async def _tell_unreadable(self, where: TopicPartition, offset: int, following: int) -> None:
        await self._taker.take_unreadable(
            Unreadable(
                where.topic,
                where.partition,
                offset,
                None,
                (),
                None,
                0,
                f"the name of a header is not text; read on from offset {following}",
            )
        )

    async def given_away(self) -> None:
        """The partitions are given away: finish what is in hand first."""
        self._taken.clear()
        self._committed.clear()
        try:
            async with asyncio.timeout(self._limits.revocation_wait_seconds):
                await self._taker.let_go()
        except TimeoutError:
            # Positions are compared and set: whoever is late changes nothing.
            pass


class _Listener(ConsumerRebalanceListener):
    def __init__(self, subscription: Subscription) -> None:
        self._subscription = subscription

    async def on_partitions_revoked(  # pyright: ignore[reportIncompatibleMethodOverride]
        self,
        revoked: set[TopicPartition],  # noqa: ARG002
    ) -> None:
        self._subscription.has_assignment = False
        await self._subscription.given_away()

    async def on_partitions_assigned(  # pyright: ignore[reportIncompatibleMethodOverride]
        self,
        assigned: set[TopicPartition],  # noqa: ARG002
    ) -> None:
        self._subscription.has_assignment = True


async def broker_answers(bootstrap: str, limits: StreamLimits) -> bool:
    """Whether the broker answers a client made for this one question."""
    client: Any = AIOKafkaClient(bootstrap_servers=bootstrap)
    try:
        seconds = limits.broker_answer_timeout_seconds
        await at_most(seconds, client.bootstrap(), name="ask the broker")
    except (KafkaError, TimeoutError):
        return False
    finally:
        with contextlib.suppress(TimeoutError, KafkaError):
            await at_most(limits.leave_timeout_seconds, client.close(), name="asked")
    return True


async def _as_it_came(batch: tuple[Any, ...]) -> KafkaMessage:
    # FastStream's own parser decodes every header and so raises on some: this one reads none.
    return KafkaMessage(
        raw_message=batch,
        body=b"",
        message_id="batch",
        correlation_id="batch",
        consumer=FAKE_CONSUMER,
    )


async def _identity(message: KafkaMessage) -> Any:
    return message.raw_message
