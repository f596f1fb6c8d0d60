"""A service's place in its topics goes back to the beginning, in every group that it reads in."""

import asyncio
from collections.abc import Awaitable, Callable

import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient

from runner.refusals import Refusal
from runner.replaying import rewind

pytestmark = pytest.mark.kafka

RECORDS = 5


async def _fill(bootstrap: str, topic: str) -> None:
    producer = AIOKafkaProducer(bootstrap_servers=bootstrap)
    await producer.start()
    try:
        for number in range(RECORDS):
            await producer.send_and_wait(topic, str(number).encode(), partition=0)
    finally:
        await producer.stop()


async def _read_up_to(bootstrap: str, group: str, topic: str, offset: int) -> None:
    consumer = AIOKafkaConsumer(
        bootstrap_servers=bootstrap, group_id=group, enable_auto_commit=False
    )
    await consumer.start()
    try:
        consumer.assign([TopicPartition(topic, 0)])
        await consumer.commit({TopicPartition(topic, 0): offset})
    finally:
        await consumer.stop()


async def _place(bootstrap: str, group: str, topic: str) -> int:
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap)
    await admin.start()
    try:
        return (await admin.list_consumer_group_offsets(group))[TopicPartition(topic, 0)].offset
    finally:
        await admin.close()


async def test_every_group_of_a_service_reads_again_from_the_beginning(
    kafka_bootstrap: str, make_topic: Callable[..., Awaitable[str]]
) -> None:
    topic = await make_topic()
    await _fill(kafka_bootstrap, topic)
    first, second, new = f"{topic}.a", f"{topic}.a-evidence", f"{topic}.a-new"
    await _read_up_to(kafka_bootstrap, first, topic, RECORDS)
    await _read_up_to(kafka_bootstrap, second, topic, 2)

    again = await asyncio.to_thread(rewind, kafka_bootstrap, [first, second, new])

    assert again == {first: {topic: RECORDS}, second: {topic: 2}}
    assert await _place(kafka_bootstrap, first, topic) == 0
    assert await _place(kafka_bootstrap, second, topic) == 0


async def test_groups_that_read_nothing_have_nothing_to_read_again(
    kafka_bootstrap: str, make_topic: Callable[..., Awaitable[str]]
) -> None:
    topic = await make_topic()

    with pytest.raises(Refusal, match="has not read anything yet"):
        await asyncio.to_thread(rewind, kafka_bootstrap, [f"{topic}.a", f"{topic}.b"])
