"""Databases, roles, tables and topics, before any service starts."""

import asyncio
from dataclasses import dataclass
from typing import Final

from chassis.migrations import migrate
from chassis.provisioning import Passwords, Provisioned, provision_database, provision_topics
from runner.plan import DATABASES, PARTITIONS, TOPICS
from runner.vault import Vault

ROLES: Final = ("owner", "api", "worker")


@dataclass(frozen=True, slots=True)
class Target:
    """The servers to provision. On a shared database server names carry a suffix of this clone's own."""

    bootstrap: str
    superuser_url: str
    suffix: str


def provision(target: Target, vault: Vault) -> dict[str, dict[str, str]]:
    """Make what is missing and return each service's addresses by role."""
    return asyncio.run(_provision(target, vault))


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
