"""Reading everything again: a service's offsets go back to the beginning of its topics.

A service may read in several groups, each with offsets of its own; all of them go back.

Promise: nothing is applied twice. What a service remembers per stream decides, not where reading
starts, so every record it has applied is dropped as a duplicate, and what it had missed is
applied.
Price: its processes with the consumer role are stopped and started, because the broker only moves
the offsets of a group that nobody is in.
"""

import asyncio
from collections.abc import Sequence
from typing import Any, Final

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import KafkaError

from runner.refusals import Refusal

GROUP_EMPTY_TIMEOUT_SECONDS: Final = 60.0
RETRY_SECONDS: Final = 0.5


def rewind(bootstrap: str, groups: Sequence[str]) -> dict[str, dict[str, int]]:
    """Put the groups' offsets back to the earliest; how many records each gets again, by topic.

    A group that has not read anything has nothing to read again and is left out.
    """
    again: dict[str, dict[str, int]] = {}
    for group in groups:
        try:
            again[group] = asyncio.run(_rewind(bootstrap, group))
        except (KafkaError, OSError, TimeoutError) as fault:
            raise Refusal(
                f"Kafka did not move the offsets of {group} ({type(fault).__name__})",
                "./waymark status shows whether Kafka is ready; repeat the command then",
            ) from None
    read = {group: records for group, records in again.items() if records}
    if not read:
        raise Refusal(
            f"{' and '.join(groups)} has not read anything yet", "there is nothing to read again"
        )
    return read


async def _rewind(bootstrap: str, group: str) -> dict[str, int]:
    partitions = await _committed(bootstrap, group)
    if not partitions:
        return {}
    consumer: Any = AIOKafkaConsumer(
        bootstrap_servers=bootstrap, group_id=group, enable_auto_commit=False
    )
    await consumer.start()
    try:
        consumer.assign(list(partitions))
        beginnings = await consumer.beginning_offsets(list(partitions))
        async with asyncio.timeout(GROUP_EMPTY_TIMEOUT_SECONDS):
            while True:
                try:
                    await consumer.commit(beginnings)
                    break
                except KafkaError:  # members that left without a word stay until their session ends
                    await asyncio.sleep(RETRY_SECONDS)
    finally:
        await consumer.stop()
    again: dict[str, int] = {}
    for partition, offset in partitions.items():
        again[partition.topic] = again.get(partition.topic, 0) + offset - beginnings[partition]
    return again


async def _committed(bootstrap: str, group: str) -> dict[TopicPartition, int]:
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap)
    await admin.start()
    try:
        offsets = await admin.list_consumer_group_offsets(group)
    finally:
        await admin.close()
    return {partition: stored.offset for partition, stored in offsets.items() if stored.offset >= 0}
