"""Databases, roles, tables and topics, before any service starts."""

import asyncio
from typing import Final

import asyncpg
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import KafkaError

from chassis.migrations import ChangedMigration, NewerDatabase, migrate
from chassis.provisioning import (
    OtherPartitions,
    Passwords,
    Provisioned,
    UnmadeTopic,
    provision_database,
    provision_topics,
)
from chassis.sql import Queries
from runner.plan import DATABASES, PARTITIONS, TOPICS
from runner.refusals import Refusal
from runner.vault import Vault

ROLES: Final = ("owner", "api", "worker")
CONNECT_TIMEOUT_SECONDS: Final = 10.0
OTHER: Final = "use that version, or ./waymark reset (it deletes the data)"

_SQL: Final = Queries("runner")


def make_databases(superuser_url: str, suffix: str, vault: Vault) -> dict[str, dict[str, str]]:
    """Make what is missing and return each service's addresses by role.

    With a suffix the names are this clone's own, as on a server that others use too.
    """
    try:
        return asyncio.run(_databases(superuser_url, suffix, vault))
    except (ChangedMigration, NewerDatabase) as differs:
        raise Refusal(
            f"the data here is of another version of the code: {differs}", OTHER
        ) from None
    except (asyncpg.PostgresError, OSError, TimeoutError) as fault:
        raise Refusal(
            f"PostgreSQL refused to make the databases: {fault or type(fault).__name__}",
            "look at its log; a given one must let WAYMARK_DATABASE_URL be a superuser",
        ) from None


def make_topics(bootstrap: str) -> None:
    """Make the topics that are missing."""
    try:
        asyncio.run(provision_topics(bootstrap, PARTITIONS, TOPICS))
    except OtherPartitions as differs:
        raise Refusal(
            f"the data here is of another version of the code: {differs}", OTHER
        ) from None
    except (KafkaError, UnmadeTopic, OSError, TimeoutError) as fault:
        raise Refusal(
            f"Kafka refused to make the topics: {fault or type(fault).__name__}",
            "look at its log; a given one must answer at WAYMARK_KAFKA",
        ) from None


async def _databases(superuser_url: str, suffix: str, vault: Vault) -> dict[str, dict[str, str]]:
    made = await asyncio.gather(
        *(_database(service, superuser_url, suffix, vault) for service in DATABASES)
    )
    return dict(zip(DATABASES, made, strict=True))


async def _database(service: str, superuser_url: str, suffix: str, vault: Vault) -> dict[str, str]:
    prefix = f"{service}_{suffix}" if suffix else service
    passwords = Passwords(**{role: vault.secret(f"{service}-{role}") for role in ROLES})
    made: Provisioned = await provision_database(
        superuser_url, service, passwords, prefix, role_prefix=prefix
    )
    await migrate(made.owner_url, service, role_prefix=prefix)
    return {"owner": made.owner_url, "api": made.api_url, "worker": made.worker_url}


def drop_databases(superuser_url: str, suffix: str) -> None:
    """Remove the databases and roles of this clone from a server it shares."""
    asyncio.run(_drop_databases(superuser_url, suffix))


def drop_topics(bootstrap: str) -> None:
    """Remove the topics: without the databases nobody could go on where they end."""
    asyncio.run(_drop_topics(bootstrap))


async def _drop_databases(superuser_url: str, suffix: str) -> None:
    names = [f"{service}_{suffix}" for service in DATABASES]
    roles = [f"{name}_{role}" for name in names for role in ROLES]
    connection = await asyncpg.connect(superuser_url, timeout=CONNECT_TIMEOUT_SECONDS)
    try:
        for row in await connection.fetch(_SQL["statements_drop_platform"], names, roles):
            await connection.execute(row["statement"])
    finally:
        await connection.close()


async def _drop_topics(bootstrap: str) -> None:
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap)
    await admin.start()
    try:
        present = set(await admin.list_topics())
        await admin.delete_topics([name for name in TOPICS if name in present])
    finally:
        await admin.close()
