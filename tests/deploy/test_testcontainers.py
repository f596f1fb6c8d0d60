"""Kafka and Postgres in containers carry what the embedded ones carry.

Price      Where the official images are not there, stand-ins of the embedded files show that the
           way to a server in a container works; of the official images they show nothing.
"""

from __future__ import annotations

from typing import Any

import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer

from chassis.migrations import migrate
from chassis.provisioning import Passwords, provision_database, provision_topics
from contracts.topics import REFERRAL
from tests import containers
from tests.deploy.engine import needs_an_engine
from tests.deploy.server_images import ServerImages

pytestmark = [
    pytest.mark.docker,
    pytest.mark.slow,
    pytest.mark.timeout(600),
    pytest.mark.xdist_group("containers"),
]

PARTITIONS = 6
RECORD_TIMEOUT_MILLISECONDS = 60_000


@pytest.fixture(scope="module", params=["official", "stand-in"])
def servers(request: pytest.FixtureRequest) -> ServerImages:
    """The images of a run's servers."""
    needs_an_engine()
    if request.param == "stand-in":
        return request.getfixturevalue("stand_ins")
    try:
        containers.ask_for_images()
    except containers.NoContainers as missing:
        pytest.skip(str(missing))
    return ServerImages(containers.KAFKA_IMAGE, containers.POSTGRES_IMAGE)


async def test_the_tables_are_made_in_a_container_of_postgres(servers: ServerImages) -> None:
    with containers.postgres(servers.postgres) as superuser_url:
        made = await provision_database(superuser_url, "referral", Passwords.new())
        assert await migrate(made.owner_url, "referral")
        assert not await migrate(made.owner_url, "referral"), "a second time there is nothing to do"


async def test_a_record_goes_through_a_container_of_kafka(servers: ServerImages) -> None:
    with containers.kafka(servers.kafka) as bootstrap:
        assert await provision_topics(bootstrap, PARTITIONS, [REFERRAL.name]) == [REFERRAL.name]
        producer: Any = AIOKafkaProducer(
            bootstrap_servers=bootstrap, enable_idempotence=True, acks="all"
        )
        await producer.start()
        try:
            sent = await producer.send_and_wait(REFERRAL.name, b"1", key=b"U99001")
        finally:
            await producer.stop()
        consumer: Any = AIOKafkaConsumer(
            REFERRAL.name, bootstrap_servers=bootstrap, auto_offset_reset="earliest"
        )
        await consumer.start()
        try:
            found = await consumer.getmany(timeout_ms=RECORD_TIMEOUT_MILLISECONDS)
        finally:
            await consumer.stop()
    [(partition, [record])] = found.items()
    assert (record.key, record.value) == (b"U99001", b"1")
    assert (partition.partition, record.offset) == (sent.partition, sent.offset)
