"""Caseloads, how complex episodes are, and whole caseloads on their way to others."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, NamedTuple
from uuid import UUID

from asyncpg import Record, UniqueViolationError

from chassis.access.workers import worker_id_of
from chassis.database import Connection
from chassis.sql import Queries
from services.referral.domain.allocation import (
    DEFAULT_COMPLEXITY,
    YEAR,
    Caseload,
    Complexity,
    EarlyWarning,
    ReallocationRuns,
    full_year_of,
    with_one_post,
)
from services.referral.store.roles import list_roles

_SQL: Final = Queries("services.referral")


class Allocation(NamedTuple):
    """How complex an episode is, and how often that or its worker was changed by somebody."""

    complexity: Complexity = DEFAULT_COMPLEXITY
    changes: int = 0


@dataclass(frozen=True, slots=True)
class Reallocation:
    """A whole caseload that goes to others."""

    id: UUID
    pcn_code: str
    from_worker_id: UUID
    to_worker_ids: Sequence[UUID]
    reason: str
    requested_by: str
    occurred_at: datetime


async def load_allocations(
    connection: Connection, episode_ids: Sequence[UUID]
) -> dict[UUID, Allocation]:
    """Read how complex episodes that are locked are."""
    rows = await connection.fetch(_SQL["load_allocations"], list(episode_ids))
    known = {row["episode_id"]: Allocation(row["complexity"], row["changes"]) for row in rows}
    return {episode_id: known.get(episode_id, Allocation()) for episode_id in episode_ids}


async def write_allocations(
    connection: Connection,
    pcn_code: str,
    complexities: Mapping[UUID, Complexity],
    now: datetime,
) -> None:
    """Count a change of who has these episodes, or of how complex they are."""
    await connection.execute(
        _SQL["write_allocations"],
        list(complexities),
        [pcn_code] * len(complexities),
        list(complexities.values()),
        now,
    )


async def list_workers(
    connection: Connection, pcn_code: str, roles: Sequence[str]
) -> dict[UUID, frozenset[str]]:
    """Give who works with people in a network and as what, as far as the register here knows."""
    rows = await connection.fetch(_SQL["list_workers_of_network"], pcn_code, list(roles))
    return {worker_id_of(row["member_key"]): frozenset(row["roles"]) for row in rows}


async def list_choosable(
    connection: Connection, pcn_code: str, roles: Sequence[str]
) -> dict[UUID, frozenset[str]]:
    """Give who works with people in a network, with all they may be chosen as."""
    known = (await list_roles(connection, [pcn_code]))[pcn_code]
    workers = await list_workers(connection, pcn_code, roles)
    return {worker_id: with_one_post(held, known) for worker_id, held in workers.items()}


async def list_roles_worked_in(
    connection: Connection, pcn_code: str, worker_id: UUID
) -> frozenset[str]:
    """Give the roles in which a worker spoke with people, whoever works there now."""
    rows = await connection.fetch(_SQL["list_roles_worked_in"], pcn_code, worker_id)
    return frozenset(row["role"] for row in rows)


async def has_worked_in(connection: Connection, pcn_code: str, worker_id: UUID) -> bool:
    """Say whether anything in a network was ever this worker's, whoever works there now."""
    return await connection.fetchval(_SQL["has_worked_in_network"], pcn_code, worker_id)


async def count_caseloads(
    connection: Connection,
    pcn_code: str,
    roles: Sequence[str],
    now: datetime,
    *,
    only: Sequence[UUID] | None = None,
) -> list[Caseload]:
    """Count the caseloads of a network: of those who work there in these roles, and who did.

    With ``only``, what these have is counted, and what others have is not.
    """
    known = (await list_roles(connection, [pcn_code]))[pcn_code]
    workers = await list_workers(connection, pcn_code, roles)
    found = {
        worker_id: Caseload(
            worker_id, roles=with_one_post(held, known), full_year=full_year_of(held, known)
        )
        for worker_id, held in workers.items()
    }
    since = now - YEAR
    rows = (
        await connection.fetch(_SQL["count_caseloads"], pcn_code, since)
        if only is None
        else await connection.fetch(_SQL["count_caseloads_of"], pcn_code, since, list(only))
    )
    for row in rows:
        worker_id: UUID = row["worker_id"]
        if worker_id not in found:
            left = full_year_of((), known)
            found[worker_id] = Caseload(worker_id, works_here=False, full_year=left)
        found[worker_id].open[row["complexity"]] = row["open"]
        found[worker_id].year[row["complexity"]] = row["year"]
    return sorted(found.values(), key=lambda one: one.worker_id)


async def lock_warnings(
    connection: Connection, pcn_code: str, workers: Mapping[UUID, UUID], now: datetime
) -> list[EarlyWarning]:
    """Lock whether workers were warned, made with these new ids where nobody looked yet."""
    await connection.execute(
        _SQL["begin_caseload_warnings"], pcn_code, list(workers), list(workers.values()), now
    )
    rows = await connection.fetch(_SQL["lock_caseload_warnings"], pcn_code, list(workers))
    return [EarlyWarning(**dict(row)) for row in rows]


async def write_warnings(
    connection: Connection, warnings: Sequence[EarlyWarning], now: datetime
) -> None:
    """Store whether workers were warned."""
    await connection.execute(
        _SQL["write_caseload_warnings"],
        [one.id for one in warnings],
        [one.warned for one in warnings],
        [one.version for one in warnings],
        now,
    )


async def begin_reallocation(
    connection: Connection, job: Reallocation, recorded_at: datetime
) -> None:
    """Store that a whole caseload goes to others."""
    try:
        await connection.execute(
            _SQL["begin_reallocation"],
            job.id,
            job.pcn_code,
            job.from_worker_id,
            list(job.to_worker_ids),
            job.reason,
            job.requested_by,
            job.occurred_at,
            recorded_at,
        )
    except UniqueViolationError:
        raise ReallocationRuns("This caseload is on its way to others already.") from None


async def lock_reallocation(connection: Connection, job_id: UUID) -> Reallocation | None:
    """Lock a reallocation that goes on."""
    row = await connection.fetchrow(_SQL["lock_reallocation"], job_id)
    return None if row is None else Reallocation(**dict(row))


async def advance_reallocation(
    connection: Connection, job_id: UUID, *, moved: int, finished_at: datetime | None
) -> None:
    """Count what was moved, and say if that was all."""
    await connection.execute(_SQL["advance_reallocation"], job_id, moved, finished_at)


async def list_episodes_of_worker(
    connection: Connection, pcn_code: str, worker_id: UUID, *, limit: int
) -> list[UUID]:
    """Give open episodes of a worker."""
    rows = await connection.fetch(_SQL["list_episodes_of_worker"], pcn_code, worker_id, limit)
    return [row["id"] for row in rows]


async def view_reallocation(connection: Connection, job_id: UUID) -> Record | None:
    """Give how far a reallocation is."""
    return await connection.fetchrow(_SQL["view_reallocation"], job_id)
