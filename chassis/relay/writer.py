"""Writing to the topic: whole batches, each on its stream's partition, acknowledged by all.

Promise    What is reported as acknowledged is in the topic. What is not may be there too,
           once or twice; it is written again.
Price      After any fault the producer is thrown away: an idempotent one that lost a batch
           refuses all that follow, and one whose broker is gone never gives up by itself.
Not here   What to write and what to remember: ``chassis.relay.publishing``.
"""

import asyncio
import contextlib
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from aiokafka import AIOKafkaProducer
from aiokafka.errors import (
    KafkaError,
    MessageSizeTooLargeError,
    RecordListTooLargeError,
    RecordTooLargeError,
)
from aiokafka.partitioner import DefaultPartitioner

from chassis.ending import at_most

BATCH_SIZE_MAX_BYTES = 512 * 1024
REQUEST_TIMEOUT_SECONDS = 10
WRITE_TIMEOUT_SECONDS = 15.0
CLOSE_TIMEOUT_SECONDS = 2.0

_TOO_LARGE = (MessageSizeTooLargeError, RecordListTooLargeError, RecordTooLargeError)
# The very choice a producer makes that was given only the key.
_choose_partition: Any = DefaultPartitioner()


class Outgoing(NamedTuple):
    """A record to be: its stream is its key."""

    stream: str
    headers: list[tuple[str, bytes]]
    value: bytes


@dataclass(slots=True)
class Outcome:
    """What became of each record, by its place in what was given."""

    acknowledged: list[bool]
    too_large: list[int] = field(default_factory=list[int])
    fault: str | None = None


@dataclass(slots=True)
class _Batch:
    builder: Any
    places: list[int]
    future: "asyncio.Future[Any] | None" = None


class TopicWriter:
    """The one producer of a topic that this process has."""

    def __init__(self, bootstrap: str, topic: str) -> None:
        self._bootstrap = bootstrap
        self._topic = topic
        self._producer: Any = None
        self._partitions: list[int] = []
        self._routes: dict[str, tuple[bytes, int]] = {}
        self._one_by_one = False

    async def write(self, records: Sequence[Outgoing]) -> Outcome:
        """Write ``records`` in their order and wait for the broker, within a deadline."""
        outcome = Outcome([False] * len(records))
        batches: list[_Batch] = []
        try:
            writing = self._write(records, batches)
            await at_most(WRITE_TIMEOUT_SECONDS, writing, name="write")
        except (KafkaError, OSError, TimeoutError) as fault:
            outcome.fault = type(fault).__name__
        except asyncio.CancelledError:
            # No longer the leader: nothing more may leave this process.
            await self.close_at_once()
            raise
        self._settle(batches, outcome)
        if outcome.fault is not None:
            await self.close_at_once()
        return outcome

    async def _write(self, records: Sequence[Outgoing], batches: list[_Batch]) -> None:
        producer = await self._opened()
        by_partition = self._batches(producer, records)
        batches += [batch for some in by_partition.values() for batch in some]
        await asyncio.gather(*(self._send(producer, *item) for item in by_partition.items()))
        await asyncio.wait([batch.future for batch in batches if batch.future])

    async def close_at_once(self) -> None:
        """Let go of the producer without waiting for what it has not sent."""
        producer, self._producer = self._producer, None
        if producer is not None:
            await _kill(producer)

    async def _opened(self) -> Any:
        if self._producer is None:
            producer: Any = AIOKafkaProducer(
                bootstrap_servers=self._bootstrap,
                acks="all",
                enable_idempotence=True,
                # Half the processor of this client's lz4 (which is its slowest level) to
                # write, two thirds of the bytes, a seventh of a microsecond more to read.
                compression_type="zstd",
                max_batch_size=BATCH_SIZE_MAX_BYTES,
                request_timeout_ms=REQUEST_TIMEOUT_SECONDS * 1000,
            )
            try:
                await producer.start()
                found: Any = await producer.partitions_for(self._topic)
                self._partitions = sorted(found)
            except BaseException:
                await _kill(producer)
                raise
            self._routes.clear()
            self._producer = producer
        return self._producer

    def _batches(self, producer: Any, records: Sequence[Outgoing]) -> dict[int, list[_Batch]]:
        by_partition: dict[int, list[_Batch]] = defaultdict(list)
        one_by_one, self._one_by_one = self._one_by_one, False
        for place, (stream, headers, value) in enumerate(records):
            key, partition = self._routes.get(stream) or self._route(stream)
            batches = by_partition[partition]
            if (
                not batches
                or one_by_one
                or batches[-1].builder.append(timestamp=None, key=key, value=value, headers=headers)
                is None
            ):
                builder = producer.create_batch()
                # A new batch takes one record of any size; the broker judges it.
                builder.append(timestamp=None, key=key, value=value, headers=headers)
                batches.append(_Batch(builder, []))
            batches[-1].places.append(place)
        return by_partition

    def _route(self, stream: str) -> tuple[bytes, int]:
        key = stream.encode()
        route = key, int(_choose_partition(key, self._partitions, self._partitions))
        self._routes[stream] = route
        return route

    async def _send(self, producer: Any, partition: int, batches: list[_Batch]) -> None:
        for batch in batches:
            batch.builder.close()
            batch.future = await producer.send_batch(
                batch.builder, self._topic, partition=partition
            )

    def _settle(self, batches: list[_Batch], outcome: Outcome) -> None:
        for batch in batches:
            future = batch.future
            if future is None or not future.done():
                outcome.fault = outcome.fault or "Unacknowledged"
                if future is not None:
                    future.cancel()
                continue
            fault = future.exception()
            if fault is None:
                for place in batch.places:
                    outcome.acknowledged[place] = True
                continue
            outcome.fault = outcome.fault or type(fault).__name__
            if isinstance(fault, _TOO_LARGE):
                if len(batch.places) == 1:
                    outcome.too_large += batch.places
                else:
                    # Which one it is shows when each travels alone.
                    self._one_by_one = True


async def _kill(producer: Any) -> None:
    # stop() waits until everything is sent, which may be never, so its two halves are
    # ended here: the task that sends, then the connections.
    producer._closed = True  # noqa: SLF001
    sender = producer._sender  # noqa: SLF001
    for half in (sender, producer.client):
        with contextlib.suppress(Exception):
            await at_most(CLOSE_TIMEOUT_SECONDS, half.close(), name="close")
