"""Where tests get their Kafka and Postgres: a given address, else the embedded platform, else Docker.

Promise    Real servers or a loud failure; the run says which it used.
Price      The first test that needs a server waits for it to start.
Not here   Fixtures: ``tests/conftest.py``.
"""

import contextlib
import hashlib
import os
import uuid
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path

import asyncpg

from chassis.migrations import components_of, migrate
from chassis.provisioning import Passwords, Provisioned, provision_database
from runner.embedded import running_servers
from runner.refusals import Refusal
from tests import containers

# Roles belong to the whole server, so tests use names that no platform uses.
TEST_PASSWORDS = Passwords(owner="test-owner", api="test-api", worker="test-worker")
TEST_ROLE_PREFIX = "waymark_test"
TEMPLATE_LOCK = 7_262_951


class NoServers(Exception):
    """There is no Kafka or no Postgres to test against, and none can be started."""


@dataclass(frozen=True, slots=True)
class Servers:
    """The addresses of this run, and where they come from."""

    kafka_bootstrap: str
    postgres_url: str
    source: str


@contextmanager
def servers() -> Iterator[Servers]:
    """Give the servers of this run and stop whatever was started for it."""
    kafka, postgres = os.environ.get("WAYMARK_KAFKA"), os.environ.get("WAYMARK_DATABASE_URL")
    if kafka and postgres:
        yield Servers(kafka, postgres, "given by WAYMARK_KAFKA and WAYMARK_DATABASE_URL")
        return
    with contextlib.ExitStack() as stack:
        found = _embedded(stack) or _docker(stack)
        if found is None:
            message = (
                "no Kafka and Postgres to test against: set WAYMARK_KAFKA and"
                " WAYMARK_DATABASE_URL, or run ./waymark test"
            )
            raise NoServers(message)
        yield found


def _embedded(stack: contextlib.ExitStack) -> Servers | None:
    try:
        started = stack.enter_context(running_servers())
    except Refusal as refusal:
        print(f"\nno embedded servers: {refusal.fact}")  # noqa: T201 - a run says why it looks further
        return None
    return Servers(started.bootstrap, started.database_url, "embedded by the runner")


def _docker(stack: contextlib.ExitStack) -> Servers | None:
    try:
        containers.ask_for_images()
    except containers.NoContainers as missing:
        print(f"\nno containers: {missing}")  # noqa: T201 - as above
        return None
    postgres_url = stack.enter_context(containers.postgres())
    bootstrap = stack.enter_context(containers.kafka())
    return Servers(bootstrap, postgres_url, "containers of this run")


def unique(word: str) -> str:
    """Return a name that no other test and no other run uses."""
    return f"{word}_{uuid.uuid4().hex[:12]}"


async def make_database(superuser_url: str, service: str) -> Provisioned:
    """Make a new, migrated database by copying a template that is migrated once."""
    return await provision_database(
        superuser_url,
        service,
        TEST_PASSWORDS,
        unique(f"t_{service}"),
        role_prefix=TEST_ROLE_PREFIX,
        template=await _template(superuser_url, service),
    )


async def drop_database(superuser_url: str, database: Provisioned) -> None:
    """Remove a test's database, whoever is still connected to it."""
    name = database.owner_url.rpartition("/")[2].partition("?")[0]
    async with _connection(superuser_url) as connection:
        await connection.execute(f'drop database if exists "{name}" with (force)')


async def _template(superuser_url: str, service: str) -> str:
    """Return the template of these very migrations, made by whoever comes first."""
    components = components_of(service)
    digest = hashlib.sha256()
    for component in components:
        for migration in component.migrations():
            digest.update(f"{component.name}/{migration.number}/{migration.checksum}".encode())
    name = f"waymark_template_{service}_{digest.hexdigest()[:12]}"
    async with _connection(superuser_url) as connection:
        await connection.execute("select pg_advisory_lock($1)", TEMPLATE_LOCK)
        if await connection.fetchval("select true from pg_database where datname = $1", name):
            return name
        draft = unique("waymark_draft")
        made = await provision_database(
            superuser_url, service, TEST_PASSWORDS, draft, role_prefix=TEST_ROLE_PREFIX
        )
        await migrate(made.owner_url, service, components=components, role_prefix=TEST_ROLE_PREFIX)
        # Renamed last: a template of this name is always complete.
        await connection.execute(f'alter database "{draft}" rename to "{name}"')
    return name


@asynccontextmanager
async def _connection(url: str) -> AsyncIterator["asyncpg.Connection[asyncpg.Record]"]:
    connection = await asyncpg.connect(url, timeout=10, command_timeout=60)
    try:
        yield connection
    finally:
        await connection.close()


ROOT = Path(__file__).resolve().parent.parent
