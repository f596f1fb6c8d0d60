"""Whether a server does its work: asked as a client would ask, not of its port.

Apart from `runner.kafka` and `runner.postgres`, so that verbs which only send a signal need not
wait for the client libraries to load.
"""

import asyncio
import contextlib
import logging
import socket
from typing import Any, Final

import asyncpg
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.errors import KafkaError, TopicAlreadyExistsError

PROBE_TOPIC: Final = "waymark.probe"
INTERNAL_TOPICS: Final = frozenset({PROBE_TOPIC})
BROKER_TIMEOUT_SECONDS: Final = 10.0
DATABASE_TIMEOUT_SECONDS: Final = 5.0


class WrongPassword(Exception):
    """The database server answered, and does not take our password."""


def broker_gives_back(bootstrap: str) -> bool:
    """Whether a record written now comes back and an offset can be kept."""
    # What the client library says about a broker that is only starting would frighten needlessly.
    logging.getLogger("aiokafka").setLevel(logging.CRITICAL)
    host, _, port = bootstrap.partition(",")[0].rpartition(":")
    try:
        with socket.create_connection((host, int(port)), timeout=BROKER_TIMEOUT_SECONDS):
            pass
        asyncio.run(_write_and_read(bootstrap))
    except (KafkaError, OSError, TimeoutError):
        return False
    return True


def database_answers(url: str) -> bool:
    """Whether a query is answered."""
    try:
        asyncio.run(_ask(url))
    except asyncpg.InvalidPasswordError:
        raise WrongPassword from None
    except (asyncpg.PostgresError, OSError, TimeoutError):
        return False
    return True


async def _ask(url: str) -> None:
    connection = await asyncpg.connect(url, timeout=DATABASE_TIMEOUT_SECONDS)
    try:
        await connection.execute("SELECT 1", timeout=DATABASE_TIMEOUT_SECONDS)
    finally:
        await connection.close(timeout=DATABASE_TIMEOUT_SECONDS)


async def _write_and_read(bootstrap: str) -> None:
    """Metadata, a topic, a record written and read back, an offset committed to the coordinator."""
    async with asyncio.timeout(BROKER_TIMEOUT_SECONDS):
        admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap)
        try:
            await admin.start()
            topic = NewTopic(PROBE_TOPIC, num_partitions=1, replication_factor=1)
            with contextlib.suppress(TopicAlreadyExistsError):
                await admin.create_topics([topic], timeout_ms=int(BROKER_TIMEOUT_SECONDS * 1000))
        finally:
            await admin.close()
        producer: Any = AIOKafkaProducer(bootstrap_servers=bootstrap)
        consumer: Any = AIOKafkaConsumer(
            bootstrap_servers=bootstrap, group_id=PROBE_TOPIC, enable_auto_commit=False
        )
        try:
            await producer.start()
            written = await producer.send_and_wait(PROBE_TOPIC, b"probe", partition=0)
            await consumer.start()
            partition = TopicPartition(PROBE_TOPIC, 0)
            consumer.assign([partition])
            consumer.seek(partition, written.offset)
            await consumer.getone(partition)
            await consumer.commit({partition: written.offset + 1})
        finally:
            await producer.stop()
            await consumer.stop()
