"""Databases, roles, tables and topics, before any service starts."""

import asyncio
from dataclasses import dataclass
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

_SQL: Final = Queries("runner")


@dataclass(frozen=True, slots=True)
class Target:
    """The servers to provision. On a shared database server names carry a suffix of this clone's own."""

    bootstrap: str
    superuser_url: str
    suffix: str


def provision(target: Target, vault: Vault) -> dict[str, dict[str, str]]:
    """Make what is missing and return each service's addresses by role."""
    try:
        return asyncio.run(_provision(target, vault))
    except (ChangedMigration, NewerDatabase, OtherPartitions) as differs:
        raise Refusal(
            f"the data here is of another version of the code: {differs}",
            "use that version, or ./waymark reset (it deletes the data)",
        ) from None
    except (asyncpg.PostgresError, OSError, TimeoutError) as fault:
        raise Refusal(
            f"PostgreSQL refused to make the databases: {fault or type(fault).__name__}",
            "look at its log; a given one must let WAYMARK_DATABASE_URL be a superuser",
        ) from None
    except (KafkaError, UnmadeTopic) as fault:
        raise Refusal(
            f"Kafka refused to make the topics: {fault or type(fault).__name__}",
            "look at its log; a given one must answer at WAYMARK_KAFKA",
        ) from None


async def _provision(target: Target, vault: Vault) -> dict[str, dict[str, str]]:
    topics = asyncio.create_task(provision_topics(target.bootstrap, PARTITIONS, TOPICS))
    databases = await asyncio.gather(*(_database(service, target, vault) for service in DATABASES))
    await topics
    return dict(zip(DATABASES, databases, strict=True))


async def _database(service: str, target: Target, vault: Vault) -> dict[str, str]:
    prefix = f"{service}_{target.suffix}" if target.suffix else service
    passwords = Passwords(**{role: vault.secret(f"{service}-{role}") for role in ROLES})
    made: Provisioned = await provision_database(
        target.superuser_url, service, passwords, prefix, role_prefix=prefix
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
