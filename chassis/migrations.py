"""Migrations: numbered SQL files, each applied once, in order, whole or not at all.

Promise    After ``migrate`` the database holds exactly what the files say; a file that
           was changed after it was applied, and a database that is newer than the code,
           are refused before anything is touched.
Price      A migration cannot use statements that Postgres refuses in a transaction.
Not here   Making the database and its roles: ``chassis.provisioning``.

Files may say ``{owner_role}``, ``{api_role}`` and ``{worker_role}``: the roles' names
differ from database to database, the files do not.
"""

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import asyncpg

from chassis.sql import Queries

LOCK_TIMEOUT_SECONDS = 10
MIGRATOR_WAIT_SECONDS = 120
STATEMENT_TIMEOUT_SECONDS = 300
CONNECT_TIMEOUT_SECONDS = 10.0

_SQL = Queries("chassis")
_FILE = re.compile(r"(?P<number>\d{4})_(?P<name>[a-z0-9_]+)\.sql")
_ROLE_PREFIX = re.compile(r"[a-z][a-z0-9_]{0,40}")
_SERVICES = Path(__file__).resolve().parent.parent / "services"


class MalformedMigration(Exception):
    """A migration file's name or number breaks the rule."""


class ChangedMigration(Exception):
    """A migration differs from what was applied under its number."""


class NewerDatabase(Exception):
    """The database was migrated by a later release than this code."""


class UnownedRole(ValueError):
    """A role prefix that is not a plain lower-case name."""


@dataclass(frozen=True, slots=True)
class Migration:
    """One file: what it is called, what it does, and a checksum of its text."""

    number: int
    name: str
    text: str

    @property
    def checksum(self) -> str:
        """Return the digest that tells whether the file was edited."""
        return hashlib.sha256(self.text.encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class Component:
    """A set of migrations with its own numbering: the chassis, or a service."""

    name: str
    directory: Path

    def migrations(self) -> list[Migration]:
        """Read the files in the order they apply."""
        found: dict[int, Migration] = {}
        for file in sorted(self.directory.glob("*.sql")):
            match = _FILE.fullmatch(file.name)
            if match is None:
                message = f"{self.name}: {file.name} is not called 0001_what_it_does.sql"
                raise MalformedMigration(message)
            number = int(match["number"])
            if number in found:
                message = f"{self.name}: two migrations have the number {number:04}"
                raise MalformedMigration(message)
            found[number] = Migration(number, match["name"], file.read_text(encoding="utf-8"))
        return list(found.values())


def components_of(service: str) -> list[Component]:
    """Return the chassis and, where it has migrations, the service."""
    chassis = Component("chassis", Path(__file__).parent / "migrations")
    own = Component(service, _SERVICES / service / "migrations")
    return [chassis, own] if own.directory.is_dir() else [chassis]


def role_names(prefix: str) -> dict[str, str]:
    """Return what the placeholders in a migration stand for."""
    if not _ROLE_PREFIX.fullmatch(prefix):
        message = f"{prefix!r} cannot begin a role's name"
        raise UnownedRole(message)
    return {f"{kind}_role": f"{prefix}_{kind}" for kind in ("owner", "api", "worker")}


async def migrate(
    owner_url: str,
    service: str,
    *,
    components: Sequence[Component] | None = None,
    role_prefix: str | None = None,
) -> list[str]:
    """Apply what is missing and return its names, oldest first."""
    roles = role_names(role_prefix or service)
    connection = await asyncpg.connect(owner_url, timeout=CONNECT_TIMEOUT_SECONDS)
    try:
        # Waiting for another migrator is patient; waiting for a table's lock is not.
        await _bound_waits(connection, MIGRATOR_WAIT_SECONDS, MIGRATOR_WAIT_SECONDS)
        await connection.execute(_SQL["lock_migrations"])
        await _bound_waits(connection, LOCK_TIMEOUT_SECONDS, STATEMENT_TIMEOUT_SECONDS)
        await connection.execute(_SQL["create_migration_table"])
        pending = [
            (component, migration)
            for component in (components or components_of(service))
            for migration in await _pending(connection, component)
        ]
        for component, migration in pending:
            await _apply(connection, component, migration, roles)
    finally:
        await connection.close()
    return [f"{component.name}/{m.number:04}_{m.name}" for component, m in pending]


async def _bound_waits(
    connection: "asyncpg.Connection[asyncpg.Record]", lock_seconds: int, statement_seconds: int
) -> None:
    await connection.execute(
        _SQL["bound_migration_waits"], f"{lock_seconds}s", f"{statement_seconds}s"
    )


async def _pending(
    connection: "asyncpg.Connection[asyncpg.Record]", component: Component
) -> list[Migration]:
    rows = await connection.fetch(_SQL["applied_migrations"], component.name)
    applied: dict[int, str] = {row["number"]: row["checksum"] for row in rows}
    migrations = component.migrations()
    unknown = applied.keys() - {migration.number for migration in migrations}
    if unknown:
        message = f"{component.name} {min(unknown):04} was applied and is not in this release"
        raise NewerDatabase(message)
    for migration in migrations:
        if applied.get(migration.number, migration.checksum) != migration.checksum:
            message = f"{component.name} {migration.number:04}_{migration.name} was edited"
            raise ChangedMigration(message)
    return [migration for migration in migrations if migration.number not in applied]


async def _apply(
    connection: "asyncpg.Connection[asyncpg.Record]",
    component: Component,
    migration: Migration,
    roles: dict[str, str],
) -> None:
    text = migration.text
    for placeholder, role in roles.items():
        text = text.replace(f"{{{placeholder}}}", role)
    async with connection.transaction():
        await connection.execute(text)
        await connection.execute(
            _SQL["note_migration"],
            component.name,
            migration.number,
            migration.name,
            migration.checksum,
        )
