"""The register's rows: regions, PCNs, practices, populations, workers, memberships."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from asyncpg import Record

from chassis.database import Connection
from chassis.sql import Queries
from services.directory.domain.register import Announced, Belonging, Moment

_SQL = Queries("services.directory")


@dataclass(frozen=True, slots=True)
class Organisation:
    """An organisation of the register."""

    kind: str
    code: str
    region_code: str
    name: str
    announced: Announced
    referrer_kind: str | None = None


@dataclass(frozen=True, slots=True)
class Population:
    """How many people were registered on one day."""

    persons: int
    announced: Announced


@dataclass(frozen=True, slots=True)
class Worker:
    """A worker of a PCN, with the name and contact that are kept nowhere else."""

    id: UUID
    pcn_code: str
    name: str
    email: str
    phone: str | None
    roles: tuple[str, ...]
    announced: Announced


@dataclass(frozen=True, slots=True)
class Membership:
    """What a member may act as, and where."""

    id: UUID
    member_key: str
    role: str
    organisation_kind: str
    organisation_code: str
    granted_by: str
    announced: Announced
    ended_at: datetime | None
    granted_by_role: str | None = None
    replaces_id: UUID | None = None


async def hold_regions(connection: Connection, regions: Sequence[str]) -> None:
    """Hold these regions until the transaction ends."""
    await connection.execute(_SQL["hold_regions"], list(regions))


async def enter_organisation(
    connection: Connection,
    *,
    kind: str,
    code: str,
    region_code: str,
    name: str,
    event_id: UUID,
    moment: Moment,
    referrer_kind: str | None = None,
) -> int | None:
    """Enter it and return its version; nothing where the code is taken."""
    return await connection.fetchval(
        _SQL["enter_organisation"],
        kind,
        code,
        region_code,
        name,
        event_id,
        moment.occurred_at,
        moment.recorded_at,
        referrer_kind,
    )


async def lock_organisation(connection: Connection, kind: str, code: str) -> Organisation | None:
    """Hold one organisation of the register until the transaction ends."""
    return _organisation(await connection.fetchrow(_SQL["lock_organisation"], kind, code))


async def find_organisation(connection: Connection, kind: str, code: str) -> Organisation | None:
    """Read one organisation of the register."""
    return _organisation(await connection.fetchrow(_SQL["find_organisation"], kind, code))


async def rename_organisation(
    connection: Connection,
    *,
    kind: str,
    code: str,
    name: str,
    event_id: UUID,
    moment: Moment,
    referrer_kind: str | None = None,
) -> int:
    """Change the locked organisation; its next version."""
    return await connection.fetchval(
        _SQL["rename_organisation"],
        kind,
        code,
        name,
        event_id,
        moment.occurred_at,
        moment.recorded_at,
        referrer_kind,
    )


async def advance_organisation(connection: Connection, kind: str, code: str) -> int:
    """Take the locked organisation's next version."""
    return await connection.fetchval(_SQL["advance_organisation"], kind, code)


async def present_belonging(connection: Connection, practice_code: str) -> Belonging | None:
    """Read where a practice belongs now."""
    row = await connection.fetchrow(_SQL["present_belonging"], practice_code)
    return None if row is None else Belonging(row["pcn_code"], row["from_date"])


async def end_belonging(connection: Connection, practice_code: str, until_date: date) -> None:
    """End where a practice belongs now."""
    await connection.execute(_SQL["end_belonging"], practice_code, until_date)


async def begin_belonging(
    connection: Connection, *, practice_code: str, belonging: Belonging, region_code: str
) -> None:
    """Begin a belonging."""
    await connection.execute(
        _SQL["begin_belonging"],
        practice_code,
        belonging.pcn_code,
        region_code,
        belonging.from_date,
    )


async def set_practice_contact(
    connection: Connection, *, practice_code: str, region_code: str, email: str
) -> None:
    """Note where a practice, or another organisation that refers, wants to be written to."""
    await connection.execute(_SQL["set_practice_contact"], practice_code, region_code, email)


async def find_population(
    connection: Connection, *, pcn_code: str, practice_code: str | None, as_of: date
) -> Population | None:
    """Read the figure of one day."""
    row = await connection.fetchrow(_SQL["find_population"], pcn_code, practice_code or "", as_of)
    return None if row is None else Population(row["persons"], announced_of(row))


async def record_population(
    connection: Connection,
    *,
    pcn_code: str,
    practice_code: str | None,
    as_of: date,
    region_code: str,
    persons: int,
    announced: Announced,
) -> None:
    """Record or correct the figure of one day; the PCN is locked."""
    await connection.execute(
        _SQL["record_population"],
        pcn_code,
        practice_code or "",
        as_of,
        region_code,
        persons,
        announced.version,
        announced.event_id,
        announced.occurred_at,
        announced.recorded_at,
    )


async def enter_worker(connection: Connection, worker: Worker, *, region_code: str) -> int | None:
    """Enter a worker and return the version; nothing where the PCN knows the address."""
    return await connection.fetchval(
        _SQL["enter_worker"],
        worker.id,
        worker.pcn_code,
        region_code,
        worker.name,
        worker.email,
        worker.phone,
        list(worker.roles),
        worker.announced.event_id,
        worker.announced.occurred_at,
        worker.announced.recorded_at,
    )


async def has_worker(connection: Connection, pcn_code: str, worker_id: str) -> bool:
    """Whether a PCN has a worker of this id."""
    return await connection.fetchval(_SQL["has_worker"], pcn_code, worker_id)


async def lock_workers_like(connection: Connection, worker: Worker) -> list[Worker]:
    """Hold the workers of the PCN who are this one or have this address."""
    rows = await connection.fetch(
        _SQL["lock_workers_like"], worker.pcn_code, worker.id, worker.email
    )
    return [_worker(row) for row in rows]


async def change_worker(
    connection: Connection, worker: Worker, *, event_id: UUID, moment: Moment
) -> int:
    """Change the locked worker; the next version."""
    return await connection.fetchval(
        _SQL["change_worker"],
        worker.pcn_code,
        worker.id,
        worker.name,
        worker.email,
        worker.phone,
        list(worker.roles),
        event_id,
        moment.occurred_at,
        moment.recorded_at,
    )


async def grant_membership(
    connection: Connection, membership: Membership, *, region_code: str
) -> int | None:
    """Grant it and return its version; nothing where it is held already."""
    return await connection.fetchval(
        _SQL["grant_membership"],
        membership.id,
        membership.member_key,
        membership.role,
        membership.organisation_kind,
        membership.organisation_code,
        region_code,
        membership.granted_by,
        membership.announced.event_id,
        membership.announced.occurred_at,
        membership.announced.recorded_at,
        membership.granted_by_role,
        membership.replaces_id,
    )


async def held_membership(connection: Connection, like: Membership) -> Membership | None:
    """Read the membership already held for the same member, role and organisation."""
    row = await connection.fetchrow(
        _SQL["held_membership"],
        like.member_key,
        like.role,
        like.organisation_kind,
        like.organisation_code,
    )
    return _membership(row)


async def lock_membership(connection: Connection, membership_id: UUID) -> Membership | None:
    """Hold one membership until the transaction ends."""
    return _membership(await connection.fetchrow(_SQL["lock_membership"], membership_id))


async def end_membership(
    connection: Connection,
    membership_id: UUID,
    *,
    event_id: UUID,
    moment: Moment,
    ended_by: str | None,
) -> int:
    """End the locked membership; its last version."""
    return await connection.fetchval(
        _SQL["end_membership"],
        membership_id,
        event_id,
        moment.occurred_at,
        moment.recorded_at,
        ended_by,
    )


async def count_other_registrars(
    connection: Connection, *, region_code: str, member_key: str
) -> int:
    """Count who else keeps a region's register."""
    return await connection.fetchval(_SQL["count_other_registrars"], region_code, member_key)


def announced_of(row: Record) -> Announced:
    """Read what was last told of a row."""
    return Announced(row["version"], row["event_id"], row["occurred_at"], row["recorded_at"])


def _organisation(row: Record | None) -> Organisation | None:
    if row is None:
        return None
    announced = Announced(
        row["announced_version"], row["event_id"], row["occurred_at"], row["recorded_at"]
    )
    return Organisation(
        row["kind"],
        row["code"],
        row["region_code"],
        row["name"],
        announced,
        row["referrer_kind"],
    )


def _worker(row: Record) -> Worker:
    return Worker(
        id=row["id"],
        pcn_code=row["pcn_code"],
        name=row["name"],
        email=row["email"],
        phone=row["phone"],
        roles=tuple(row["roles"]),
        announced=announced_of(row),
    )


def _membership(row: Record | None) -> Membership | None:
    if row is None:
        return None
    return Membership(
        id=row["id"],
        member_key=row["member_key"],
        role=row["role"],
        organisation_kind=row["organisation_kind"],
        organisation_code=row["organisation_code"],
        granted_by=row["granted_by"],
        announced=announced_of(row),
        ended_at=row["ended_at"],
        granted_by_role=row["granted_by_role"],
        replaces_id=row["replaces_id"],
    )
