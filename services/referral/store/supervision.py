"""Rows of what workers had and are entitled to, and who works in a network by the register."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from asyncpg import Record

from chassis.access.caller import PCN_ROLES
from chassis.access.workers import worker_id_of
from chassis.database import Connection
from chassis.ids import new_id
from chassis.sql import Queries
from services.referral.domain.supervision import ROLES, Entitlement, Interval, Kind
from services.referral.store.people import as_rows
from services.referral.store.roles import list_roles

MEMBERS_OF_NETWORK_MAX: Final = 5_000

_OF_PCN: Final = tuple(role for role in ROLES if role in PCN_ROLES)
_OF_PRACTICE: Final = tuple(role for role in ROLES if role not in PCN_ROLES)
_SQL: Final = Queries("services.referral")


async def workers_of(connection: Connection, pcn_code: str) -> dict[UUID, tuple[str, ...]]:
    """Give who works in a network, with their roles, by worker."""
    rows = await connection.fetch(
        _SQL["list_supervised_members"],
        pcn_code,
        list(_OF_PCN),
        list(_OF_PRACTICE),
        MEMBERS_OF_NETWORK_MAX,
    )
    found: dict[UUID, tuple[str, ...]] = {}
    for row in rows:
        worker_id = worker_id_of(row["member_key"])
        found[worker_id] = tuple(dict.fromkeys((*found.get(worker_id, ()), row["role"])))
    return found


@dataclass(frozen=True, slots=True)
class Entitled:
    """What a network says its roles are entitled to."""

    roles: Sequence[str]
    catalogue: Mapping[str, Sequence[tuple[str, int]]]
    own: Mapping[tuple[str, Kind, str], int]


async def entitled_in(connection: Connection, pcn_code: str) -> Entitled:
    """Give what a network says of its roles: in its catalogue, and how often as it set itself."""
    described = (await list_roles(connection, [pcn_code]))[pcn_code]
    rows = await connection.fetch(_SQL["list_supervision_intervals"], pcn_code)
    catalogue = {
        one.role: [(owed["kind"], owed["every_weeks"]) for owed in one.description["supervision"]]
        for one in described
    }
    return Entitled(
        roles=[role for role in ROLES if role in catalogue or not catalogue],
        catalogue=catalogue,
        own={(row["role"], row["kind"], row["what"]): row["every_weeks"] for row in rows},
    )


async def hold_rules(connection: Connection, pcn_code: str, recorded_at: datetime) -> int:
    """Lock how often a network wants what; give its version, 0 where it never said."""
    return await connection.fetchval(_SQL["hold_supervision_rules"], pcn_code, recorded_at)


async def hold_known_rules(connection: Connection, pcn_code: str, now: datetime) -> None:
    """Let nobody change how often a network wants what until this transaction ends."""
    await connection.execute(_SQL["enter_rules"], pcn_code, now)
    await connection.fetchval(_SQL["hold_known_rules"], pcn_code)


async def version_of_rules(connection: Connection, pcn_code: str) -> int:
    """Give how often a network said so."""
    return await connection.fetchval(_SQL["version_of_supervision_rules"], pcn_code) or 0


async def write_intervals(
    connection: Connection,
    pcn_code: str,
    wanted: Sequence[Interval],
    version: int,
    recorded_at: datetime,
) -> None:
    """Store how often, in place of what was stored before."""
    await connection.execute(_SQL["clear_supervision_intervals"], pcn_code)
    await connection.execute(
        _SQL["write_supervision_intervals"],
        pcn_code,
        [one.role for one in wanted],
        [one.kind for one in wanted],
        [one.what for one in wanted],
        [one.every_weeks for one in wanted],
    )
    await connection.execute(_SQL["write_supervision_rules"], pcn_code, version, recorded_at)


async def lock_of_network(connection: Connection, pcn_code: str) -> list[Entitlement]:
    """Lock everything workers of a network had."""
    rows = await connection.fetch(_SQL["lock_entitlements_of_network"], pcn_code)
    return [Entitlement(**dict(row)) for row in rows]


async def write_days(connection: Connection, entitlements: Sequence[Entitlement]) -> None:
    """Store by when the next is due of each."""
    if entitlements:
        await connection.execute(
            _SQL["write_days_of_entitlements"],
            [one.id for one in entitlements],
            [one.next_by for one in entitlements],
            [one.counted_from for one in entitlements],
        )


async def hold(
    connection: Connection, pcn_code: str, worker_id: UUID, kind: Kind, what: str
) -> Entitlement:
    """Lock what a worker had of one thing; made if there is nothing yet."""
    key = (pcn_code, worker_id, kind, what)
    await connection.execute(_SQL["begin_entitlement"], new_id(), *key)
    row = await connection.fetchrow(_SQL["lock_entitlement_of_worker"], *key)
    if row is None:
        message = "an entitlement that was just made cannot be read"
        raise LookupError(message)
    return Entitlement(**dict(row))


async def lock(connection: Connection, entitlement_id: UUID) -> Entitlement | None:
    """Lock what a worker had of one thing."""
    row = await connection.fetchrow(_SQL["lock_entitlement"], entitlement_id)
    return Entitlement(**dict(row)) if row else None


async def write(
    connection: Connection, entitlement: Entitlement, record: Mapping[str, Any] | None = None
) -> None:
    """Store how it stands, with what the worker had."""
    await connection.execute(
        _SQL["write_entitlement"],
        entitlement.id,
        entitlement.last_on,
        entitlement.next_by,
        entitlement.version,
    )
    if record is not None:
        await connection.execute(_SQL["add_entitlement_record"], as_rows([record]))


async def list_entitlements(
    connection: Connection, pcn_code: str, worker_ids: Sequence[UUID]
) -> dict[UUID, list[Entitlement]]:
    """Give what workers of a network had last, by worker."""
    found: dict[UUID, list[Entitlement]] = {}
    rows = await connection.fetch(_SQL["list_entitlements_of_network"], pcn_code, list(worker_ids))
    for row in rows:
        found.setdefault(row["worker_id"], []).append(Entitlement(**dict(row)))
    return found


async def list_records(
    connection: Connection,
    pcn_codes: Sequence[str],
    worker_id: UUID,
    *,
    after: UUID | None,
    limit: int,
) -> list[Record]:
    """Give a page of what a worker had in networks, the latest entered first."""
    return await connection.fetch(
        _SQL["list_records_of_worker"], list(pcn_codes), worker_id, after, limit
    )


@dataclass(frozen=True, slots=True)
class Had:
    """Something a worker was said to have had."""

    entitlement_id: UUID
    event_id: UUID
    occurred_at: datetime
    voided_at: datetime | None


async def hold_had(
    connection: Connection, record_id: UUID, worker_id: UUID
) -> tuple[Entitlement, Had] | None:
    """Lock what something a worker had is of, and read it."""
    found = await connection.fetchval(_SQL["entitlement_of_record"], record_id, worker_id)
    entitlement = await lock(connection, found) if found else None
    if entitlement is None:
        return None
    row = await connection.fetchrow(_SQL["load_entitlement_record"], record_id, worker_id)
    return (entitlement, Had(**dict(row))) if row else None


async def void_had(
    connection: Connection, record_id: UUID, *, at: datetime, reason: str, by: UUID | None
) -> None:
    """Keep that a worker did not have it after all."""
    await connection.execute(_SQL["void_entitlement_record"], record_id, at, reason, by)


async def last_that_stands(connection: Connection, entitlement_id: UUID) -> datetime | None:
    """Give when a worker had one thing last, of what stands."""
    return await connection.fetchval(_SQL["last_that_stands"], entitlement_id)


async def networks_of_practices(connection: Connection, codes: Sequence[str]) -> list[str]:
    """Give the networks of these practices."""
    rows = await connection.fetch(_SQL["networks_of_practices"], list(codes))
    return [row["pcn_code"] for row in rows]


async def begin(connection: Connection, entitlements: Sequence[Entitlement]) -> list[Record]:
    """Make rows of what workers never had; give those there were none of, with their days."""
    if not entitlements:
        return []
    rows = as_rows([asdict(one) for one in entitlements])
    return await connection.fetch(_SQL["begin_entitlements"], rows)
