"""An owner, a topic, a ledger and a consumer between them, for every test of streams."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import asyncpg
import httpx
import pytest
from aiokafka import AIOKafkaProducer

from chassis.access.keys import SigningKeys
from chassis.access.memberships import Memberships
from chassis.access.requirement import Access
from chassis.access.tokens import TokenRules, TokenVerifier
from chassis.database import Database
from chassis.journal_api import journal_router
from chassis.provisioning import Provisioned
from chassis.stream import StreamConsumer, StreamLimits
from chassis.web.app import bare_app
from chassis.web.health import Readiness
from tests import environment
from tests.chassis.events import opened
from tests.chassis.stream.trial import LEDGER, QUICK, Books, Ledger, Owner, Topic, Wire
from tests.issuer import AUDIENCE

PARTITIONS = 3


@dataclass
class Trial:
    """Everything between an owner's journal and a consumer's ledger."""

    owner: Owner
    topic: Topic
    database: Database
    books: Books
    bootstrap: str
    api: Database

    async def say(self, stream: str, data: Sequence[Any], **facts: Any) -> list[Wire]:
        """Tell events as a relay does: numbered, sent, and only then noted as published."""
        wires = await self.owner.tell(stream, data, published=False, **facts)
        await self.topic.send(*wires)
        await self.owner.publish(stream)
        return wires

    def projection(self, **changes) -> Ledger:
        return Ledger([self.topic.name], self.books.consumer, **changes)

    def consumer(
        self, projection: Ledger | None = None, limits: StreamLimits = QUICK, **changes
    ) -> StreamConsumer:
        facts = {
            "projection": projection or self.projection(),
            "database": self.database,
            "bootstrap": self.bootstrap,
            "journals": {self.topic.name: self.owner.journal(self.topic.name, limits)},
            "limits": limits,
        }
        return StreamConsumer(**(facts | changes))


@dataclass
class Houses:
    """Two migrated databases, each open under the roles that use it."""

    owners: Provisioned
    readers: Provisioned
    owner_worker: Database
    owner_api: Database
    reader_worker: Database
    reader_api: Database


@pytest.fixture(scope="session")
async def producer(kafka_bootstrap):
    made = AIOKafkaProducer(bootstrap_servers=kafka_bootstrap, acks="all", enable_idempotence=True)
    await made.start()
    yield made
    await made.stop()


@pytest.fixture(scope="session")
async def houses(postgres_server):
    """The owner's and the reader's database, made once and emptied for each test."""
    owners = await environment.make_database(postgres_server, "chassis")
    readers = await environment.make_database(postgres_server, "chassis")
    connection = await asyncpg.connect(readers.owner_url)
    await connection.execute(LEDGER)
    await connection.close()
    async with (
        opened(owners) as owner_worker,
        opened(owners, "api") as owner_api,
        opened(readers) as reader_worker,
        opened(readers, "api") as reader_api,
    ):
        yield Houses(owners, readers, owner_worker, owner_api, reader_worker, reader_api)
    await environment.drop_database(postgres_server, owners)
    await environment.drop_database(postgres_server, readers)


@pytest.fixture
async def trial(houses, make_topic, issuer, producer, kafka_bootstrap):
    """An owner and a reader who have nothing yet, and a new topic between them."""
    await _empty(houses.owners.owner_url, "journal, stream_head, outbox")
    await _empty(
        houses.readers.owner_url,
        "effect, consumer_position, quarantine, stream_wish, quarantine_opening",
    )
    name = await make_topic(partitions=PARTITIONS)
    rules = TokenRules(
        issuer=issuer.url,
        audience=AUDIENCE,
        algorithms=("ES256",),
        service_clients=frozenset({"reporting"}),
        member_key_secret="a member key secret of tests",
    )
    app = bare_app(
        service="trial",
        release="1",
        routers=[journal_router(houses.owner_api)],
        readiness=Readiness(),
    )
    async with httpx.AsyncClient(trust_env=False) as to_issuer:
        app.state.access = Access(
            TokenVerifier(rules, SigningKeys(issuer.url, to_issuer)),
            Memberships(houses.owner_api),
            "QZZ",
        )
        owner = Owner(houses.owner_worker, app, issuer.service_token("reporting"))
        yield Trial(
            owner,
            Topic(name, PARTITIONS, producer),
            houses.reader_worker,
            Books(houses.readers.owner_url, environment.unique("ledger")),
            kafka_bootstrap,
            houses.reader_api,
        )
        await owner.close()


async def _empty(url: str, tables: str) -> None:
    connection = await asyncpg.connect(url, command_timeout=20)
    await connection.execute(f"truncate {tables}")
    await connection.close()
