"""Events for tests of what carries events: valid by default, say only what matters."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

import asyncpg
from aiokafka import AIOKafkaConsumer, TopicPartition

from chassis.database import Database, Role
from chassis.outbox import NewEvent
from chassis.provisioning import Provisioned
from chassis.relay import Relay
from contracts.referral.v1 import GoalUpdated

A_TIME = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)


def a_new_event(
    stream: str = "U99001", *, version: int = 1, subject: str = "", **other: Any
) -> NewEvent:
    goal = GoalUpdated(
        goal_id=uuid4(),
        referral_id=uuid4(),
        episode_id=uuid4(),
        pcn_code="U99001",
        practice_code="Y99001",
        status="met",
        previous_status="set",
        update_number=version,
    )
    facts: dict[str, Any] = {
        "data": goal,
        "stream": stream,
        "subject": subject or f"episode/{uuid4()}",
        "aggregate_version": version,
        "occurred_at": A_TIME,
    }
    return NewEvent(**(facts | other))


@asynccontextmanager
async def opened(
    provisioned: Provisioned, role: Role = "worker", **options: Any
) -> AsyncIterator[Database]:
    database = Database(getattr(provisioned, f"{role}_url"), role, **options)
    await database.open()
    try:
        yield database
    finally:
        await database.close()


async def fill_outbox(database: Database, stream: str, count: int) -> None:
    """Put many small events there at once."""
    async with database.transaction() as connection:
        await connection.execute(
            """
            insert into outbox (
                stream, event_id, type, source, data_schema, subject, related_subjects,
                aggregate_version, occurred_at, recorded_at, origin, data
            )
            select
                $1, gen_random_uuid(), 'waymark.goal-updated.v1', '/referral',
                'https://waymark.example/schemas/waymark.goal-updated.v1.json',
                'episode/' || gen_random_uuid(), '', 1, now(), now(), 'live', '{}'
            from generate_series(1, $2)
            """,
            stream,
            count,
        )


async def journal_rows(database: Database) -> list[asyncpg.Record]:
    async with database.transaction() as connection:
        return await connection.fetch("select * from journal order by stream, number")


async def heads(database: Database) -> dict[str, tuple[int, int]]:
    """Return head and published of each stream."""
    async with database.transaction() as connection:
        rows = await connection.fetch("select stream, head, published from stream_head")
    return {row["stream"]: (row["head"], row["published"]) for row in rows}


async def is_all_published(database: Database, count: int) -> bool:
    async with database.transaction() as connection:
        waiting = await connection.fetchval("select count(*) from outbox")
    found = await heads(database)
    return (
        waiting == 0
        and all(h == p for h, p in found.values())
        and (sum(h for h, _ in found.values()) >= count)
    )


async def read_topic(bootstrap: str, topic: str) -> list[Any]:
    """Return every record of a topic, in order within each partition."""
    consumer: Any = AIOKafkaConsumer(bootstrap_servers=bootstrap, enable_auto_commit=False)
    await consumer.start()
    try:
        cluster = await consumer._client.fetch_all_metadata()
        partitions = [TopicPartition(topic, n) for n in sorted(cluster.partitions_for_topic(topic))]
        ends = await consumer.end_offsets(partitions)
        consumer.assign(partitions)
        for partition in partitions:
            consumer.seek(partition, 0)
        records: list[Any] = []
        while any([await consumer.position(p) < ends[p] for p in partitions]):
            for found in (await consumer.getmany(timeout_ms=200)).values():
                records += found
    finally:
        await consumer.stop()
    return records


def dedupe(records: list[Any]) -> dict[str, list[tuple[int, UUID]]]:
    """Return, per stream, what a reader keeps that drops numbers it has passed."""
    from contracts.envelope import read_headers

    kept: dict[str, list[tuple[int, UUID]]] = {}
    for record in records:
        envelope = read_headers(record.headers)
        seen = kept.setdefault(envelope.stream, [])
        if not seen or envelope.number > seen[-1][0]:
            seen.append((envelope.number, envelope.id))
    return kept


@asynccontextmanager
async def running(*relays: Relay, forced: bool = False) -> AsyncIterator[None]:
    tasks = [asyncio.create_task(relay.lead() if forced else relay.run()) for relay in relays]
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
