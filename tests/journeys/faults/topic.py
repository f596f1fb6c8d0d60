"""A topic in the hands of somebody who may read, delete and produce what no relay would.

Every function is one visit to the broker, made and ended, so that a test reads as a list of deeds.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, Final, TypeVar

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, RecordsToDelete
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType

from chassis.provisioning import TOPIC_CONFIGS
from chassis.relay.topic_end import RECORDS_PER_PARTITION_MAX
from contracts.topics import REFERRAL
from tests.chassis.stream.trial import Wire

Ends = dict[TopicPartition, int]

# More than any topic here allows, so that it is the broker that refuses.
REQUEST_BYTES_MAX: Final = 16_000_000
POLL_MILLISECONDS: Final = 2_000

T = TypeVar("T")


def partitions(bootstrap: str, topic: str = REFERRAL.name) -> list[TopicPartition]:
    """The partitions of a topic."""

    async def visit(admin: AIOKafkaAdminClient) -> list[TopicPartition]:
        described: list[Any] = await admin.describe_topics([topic])
        return [TopicPartition(topic, one["partition"]) for one in described[0]["partitions"]]

    return _as_admin(bootstrap, visit)


def ends(bootstrap: str, topic: str = REFERRAL.name) -> Ends:
    """Where each partition ends now."""
    return ends_around(bootstrap, topic)[1]


def ends_around(bootstrap: str, topic: str = REFERRAL.name) -> tuple[Ends, Ends]:
    """Where each partition begins and ends now."""
    mine = partitions(bootstrap, topic)

    async def visit() -> tuple[Ends, Ends]:
        async with AIOKafkaConsumer(bootstrap_servers=bootstrap) as consumer:
            return await consumer.beginning_offsets(mine), await consumer.end_offsets(mine)

    return asyncio.run(visit())


def read(bootstrap: str, begin: Ends, end: Ends) -> list[Any]:
    """The records that lie between, in the order of their partitions."""
    waiting = {where: at for where, at in end.items() if begin[where] < at}

    async def visit() -> list[Any]:
        found: list[Any] = []
        async with AIOKafkaConsumer(bootstrap_servers=bootstrap) as consumer:
            consumer.assign(list(waiting))
            for where in waiting:
                consumer.seek(where, begin[where])
            while any([await consumer.position(where) < at for where, at in waiting.items()]):
                polled = await consumer.getmany(timeout_ms=POLL_MILLISECONDS)
                assert polled, "the topic holds less than it said"
                found += [one for where in polled for one in polled[where]]
        return [one for one in found if one.offset < end[TopicPartition(one.topic, one.partition)]]

    return asyncio.run(visit()) if waiting else []


def delete(bootstrap: str, before: Ends) -> None:
    """Delete everything before these ends."""

    async def visit(admin: AIOKafkaAdminClient) -> None:
        await admin.delete_records(
            {where: RecordsToDelete(before_offset=at) for where, at in before.items()}
        )

    _as_admin(bootstrap, visit)


def send(bootstrap: str, wires: Sequence[tuple[TopicPartition, Wire]]) -> None:
    """Produce each to the partition it is meant for, in order."""

    async def visit() -> None:
        producer = AIOKafkaProducer(
            bootstrap_servers=bootstrap, max_request_size=REQUEST_BYTES_MAX, acks="all"
        )
        async with producer:
            sent = [
                await producer.send(
                    where.topic,
                    value=wire.value,
                    key=wire.key,
                    headers=wire.headers,
                    partition=where.partition,
                )
                for where, wire in wires
            ]
            await asyncio.gather(*sent)

    asyncio.run(visit())


def buried(
    where: TopicPartition, forged: Sequence[Wire], genuine: Wire
) -> list[tuple[TopicPartition, Wire]]:
    """What is forged, with enough repeats of a genuine record behind it that no relay finds it.

    A relay that begins reads the end of its topic and stops behind numbers it never gave; to
    delete them is not enough, for a broker that is killed soon afterwards has them again.
    """
    repeats = [genuine] * (RECORDS_PER_PARTITION_MAX + 1)
    return [(where, wire) for wire in (*forged, *repeats)]


def wire_of(record: Any) -> Wire:
    """A record of the topic as something that can be broken and produced again."""
    number = dict(record.headers).get("ce_sequence", b"")
    stream = (record.key or b"").decode(errors="replace")
    wire = Wire(stream, int(number) if number.isdigit() else 0, list(record.headers), record.value)
    return wire.keyed(record.key)


@contextmanager
def allowing(bootstrap: str, bytes_max: int, topic: str = REFERRAL.name) -> Iterator[None]:
    """Let a topic take records of that size for the length of a block."""
    _set(bootstrap, topic, {**TOPIC_CONFIGS, "max.message.bytes": str(bytes_max)})
    try:
        yield
    finally:
        _set(bootstrap, topic, TOPIC_CONFIGS)


def _set(bootstrap: str, topic: str, settings: Mapping[str, str]) -> None:
    async def visit(admin: AIOKafkaAdminClient) -> None:
        await admin.alter_configs(
            [ConfigResource(ConfigResourceType.TOPIC, topic, configs=dict(settings))]
        )

    _as_admin(bootstrap, visit)


def _as_admin(bootstrap: str, visit: Callable[[AIOKafkaAdminClient], Awaitable[T]]) -> T:
    async def go() -> T:
        admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap)
        await admin.start()
        try:
            return await visit(admin)
        finally:
            await admin.close()

    return asyncio.run(go())
