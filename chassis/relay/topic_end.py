"""The topic's end: what was published last, compared with what this database remembers.

Promise    A relay whose database was taken back to an earlier state does not publish
           other events under numbers that readers know already.
Price      Before it leads, a relay reads the last records of each partition; while the
           broker is away it does not begin.
Not here   Beginning an epoch, which is how such a database goes on.
"""

import contextlib
from typing import Any

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import UnknownTopicOrPartitionError

from chassis.database import Database
from chassis.ending import at_most
from chassis.sql import Queries
from contracts.envelope import Envelope, UnreadableEnvelope, read_headers

RECORDS_PER_PARTITION_MAX = 100
READ_TIMEOUT_SECONDS = 15.0
POLL_MILLISECONDS = 200

_SQL = Queries("chassis.relay")


class TopicBeyondJournal(Exception):
    """The topic holds numbers that this database never gave: it is older than its topic."""

    def __init__(self, stream: str, number: int, head: int) -> None:
        super().__init__(f"stream {stream} has {number} in the topic and {head} here")
        self.stream, self.number, self.head = stream, number, head


async def check_topic_end(database: Database, bootstrap: str, topic: str) -> None:
    """Raise ``TopicBeyondJournal`` if the topic's last records contradict the heads."""
    reading = _last_envelopes(bootstrap, topic)
    envelopes = await at_most(READ_TIMEOUT_SECONDS, reading, name="end of topic")
    if not envelopes:
        return
    async with database.transaction() as connection:
        contradicted = await connection.fetch(
            _SQL["contradicted_records"],
            [envelope.stream for envelope in envelopes],
            [envelope.number for envelope in envelopes],
            [envelope.epoch for envelope in envelopes],
        )
    for stream, number, head in contradicted:
        raise TopicBeyondJournal(stream, number, head)


async def _last_envelopes(bootstrap: str, topic: str) -> list[Envelope]:
    # Assigned by hand, in no group: this looks and leaves no trace.
    consumer: Any = AIOKafkaConsumer(
        bootstrap_servers=bootstrap, enable_auto_commit=False, group_id=None
    )
    envelopes: list[Envelope] = []
    try:
        await consumer.start()
        cluster = await consumer._client.fetch_all_metadata()  # noqa: SLF001 - no public way
        found: set[int] | None = cluster.partitions_for_topic(topic)
        if not found:
            raise UnknownTopicOrPartitionError(topic)
        partitions = [TopicPartition(topic, number) for number in sorted(found)]
        ends: dict[TopicPartition, int] = await consumer.end_offsets(partitions)
        starts: dict[TopicPartition, int] = await consumer.beginning_offsets(partitions)
        left = {partition: end for partition, end in ends.items() if end > starts[partition]}
        # Nothing may be awaited between these two, or the position is reset behind our back.
        consumer.assign(partitions)
        for partition in partitions:
            first = max(starts[partition], ends[partition] - RECORDS_PER_PARTITION_MAX)
            consumer.seek(partition, first)
        while left:
            batches: dict[TopicPartition, list[Any]] = await consumer.getmany(
                timeout_ms=POLL_MILLISECONDS
            )
            for record in (record for records in batches.values() for record in records):
                with contextlib.suppress(UnreadableEnvelope):
                    envelopes.append(read_headers(record.headers))
            for partition in [p for p in left if await consumer.position(p) >= left[p]]:
                del left[partition]
    finally:
        await consumer.stop()
    return envelopes
