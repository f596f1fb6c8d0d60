"""Consumers that sleep, come and go, or miss what the broker no longer has."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, RecordsToDelete

from contracts.topics import REFERRAL
from tests.journeys.faults.load import load_on, settle
from tests.live import LivePlatform, a_referral, eventually, post

pytestmark = [
    pytest.mark.platform,
    pytest.mark.xdist_group("platform"),
    pytest.mark.timeout(600),
]

# Longer than a consumer's session with the broker (15 s): the group goes on without the sleeper.
ASLEEP_SECONDS = 18.0


def test_a_consumer_that_slept_past_its_session_wakes_and_doubles_nothing(
    live: LivePlatform,
) -> None:
    with load_on(live):
        live.verb("pause", "reporting")
        slept = asyncio.run(asyncio.sleep(ASLEEP_SECONDS, result=True))  # time is the fault here
        live.verb("resume", "reporting")
    assert slept


def test_members_that_come_and_go_share_the_work_and_lose_nothing(live: LivePlatform) -> None:
    with load_on(live):
        for _ in range(3):
            live.verb("start", "reporting", "--role", "consumer", "--count", "2")
            live.verb("kill", "reporting", "--role", "consumer")
            live.verb("start", "reporting")
        live.verb("stop", "reporting", "--role", "consumer")  # the tests after this one need none


def test_a_thousand_events_produced_again_change_nothing(live: LivePlatform) -> None:
    bootstrap = live.status()["kafka"]["bootstrap"]
    facts = asyncio.run(_fact_count(live))

    asyncio.run(_produce_again(bootstrap, 1_000))

    eventually("the repeats are counted", lambda: _duplicates(live) >= 1_000)
    assert asyncio.run(_fact_count(live)) == facts


def test_the_last_event_of_a_stream_deleted_on_its_way_is_fetched_from_the_journal(
    live: LivePlatform,
) -> None:
    bootstrap = live.status()["kafka"]["bootstrap"]
    live.verb("stop", "reporting")
    before = asyncio.run(_ends(bootstrap))
    with live.client("referral", "referrer", practice="Y99011") as referrer:
        referral = post(referrer, "/referrals", a_referral("Y99011"))
    eventually("the event is in the topic", lambda: asyncio.run(_ends(bootstrap)) != before)

    asyncio.run(_delete_everything(bootstrap))
    live.verb("start", "reporting")

    settle(live, [referral["id"]])


def _duplicates(live: LivePlatform) -> int:
    lines = live.flow("reporting")
    return sum(line["duplicates"] for line in lines if line["topic"] == REFERRAL.name)


async def _fact_count(live: LivePlatform) -> int:
    rows = await live.rows(
        "reporting",
        "select (select count(*) from referral_fact) + (select count(*) from contact_fact)"
        " + (select count(*) from goal_fact) as facts",
    )
    return rows[0]["facts"]


async def _produce_again(bootstrap: str, count: int) -> None:
    """Read the first records of the topic and produce them again, byte for byte."""
    consumer = AIOKafkaConsumer(bootstrap_servers=bootstrap, auto_offset_reset="earliest")
    producer = AIOKafkaProducer(bootstrap_servers=bootstrap)
    await consumer.start()
    await producer.start()
    try:
        consumer.assign(await _partitions(bootstrap))
        await consumer.seek_to_beginning()
        records: list[Any] = []
        while len(records) < count:
            polled = await consumer.getmany(timeout_ms=2_000, max_records=count - len(records))
            assert polled, f"the topic holds only {len(records)} records"
            records += [record for batch in polled.values() for record in batch]
        for record in records:
            await producer.send(
                REFERRAL.name,
                value=record.value,
                key=record.key,
                partition=record.partition,
                headers=list(record.headers),
            )
        await producer.flush()
    finally:
        await producer.stop()
        await consumer.stop()


async def _partitions(bootstrap: str) -> list[TopicPartition]:
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap)
    await admin.start()
    try:
        described: list[Any] = await admin.describe_topics([REFERRAL.name])
    finally:
        await admin.close()
    numbers = [partition["partition"] for partition in described[0]["partitions"]]
    return [TopicPartition(REFERRAL.name, number) for number in numbers]


async def _ends(bootstrap: str) -> dict[TopicPartition, int]:
    partitions = await _partitions(bootstrap)
    consumer = AIOKafkaConsumer(bootstrap_servers=bootstrap)
    await consumer.start()
    try:
        return await consumer.end_offsets(partitions)
    finally:
        await consumer.stop()


async def _delete_everything(bootstrap: str) -> None:
    ends = await _ends(bootstrap)
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap)
    await admin.start()
    try:
        await admin.delete_records(
            {one: RecordsToDelete(before_offset=end) for one, end in ends.items()}
        )
    finally:
        await admin.close()
