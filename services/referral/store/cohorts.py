"""Cohorts and their members, under the row policies of the caller's organisations."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from asyncpg import Record

from chassis.database import Connection
from chassis.sql import Queries
from services.referral.domain.cohorts import Cohort, Member, Reach
from services.referral.store.people import as_rows

_SQL: Final = Queries("services.referral")


async def write_cohort(
    connection: Connection,
    cohort: Cohort,
    name: str,
    *,
    event_id: UUID,
    occurred_at: datetime,
    recorded_at: datetime,
) -> None:
    """Name a cohort."""
    await connection.execute(
        _SQL["write_cohort"],
        cohort.id,
        cohort.pcn_code,
        cohort.practice_code,
        name,
        cohort.reason,
        cohort.version,
        event_id,
        occurred_at,
        recorded_at,
    )


async def lock_cohort(connection: Connection, cohort_id: UUID) -> Cohort | None:
    """Lock a cohort; its members change only under this lock."""
    row = await connection.fetchrow(_SQL["lock_cohort"], cohort_id)
    return None if row is None else Cohort(**dict(row))


async def raise_version(connection: Connection, cohort: Cohort) -> None:
    """Store the version of the last fact told of a cohort."""
    await connection.execute(_SQL["raise_cohort_version"], cohort.id, cohort.version)


async def load_members(
    connection: Connection, cohort_id: UUID, person_ids: Sequence[UUID]
) -> dict[UUID, Member]:
    """Read which of these people are in a locked cohort, by each id they are known by there.

    Who is in it under two records is the one whose answer says most.
    """
    rows = await connection.fetch(_SQL["load_cohort_members"], cohort_id, list(person_ids))
    found: dict[UUID, Member] = {}
    aliases: dict[UUID, list[UUID]] = {}
    for row in rows:
        fields = dict(row)
        speaking_id = fields.pop("speaking_id")
        member = Member(**fields)
        known = found.get(speaking_id)
        if known is None or known.says < member.says:
            found[speaking_id] = member
        aliases.setdefault(speaking_id, []).append(member.person_id)
    return found | {one: found[speaking_id] for speaking_id, ids in aliases.items() for one in ids}


async def write_members(connection: Connection, rows: Sequence[Mapping[str, Any]]) -> None:
    """Put people in a cohort."""
    await connection.execute(_SQL["write_cohort_members"], as_rows(rows))


async def write_answer(
    connection: Connection, member: Member, *, referral_id: UUID | None, answered_at: datetime
) -> None:
    """Keep what a person answered."""
    await connection.execute(
        _SQL["write_answer"],
        member.cohort_id,
        member.person_id,
        member.answer,
        referral_id,
        member.calls,
        answered_at,
    )


async def view_cohort(connection: Connection, cohort_id: UUID) -> tuple[Record, Reach] | None:
    """Give a cohort and how far its offer came."""
    row = await connection.fetchrow(_SQL["view_cohort"], cohort_id)
    if row is None:
        return None
    return row, Reach(row["size"], row["accepted"], row["declined"], row["not_reached"])


async def list_cohorts(
    connection: Connection, pcn_code: str, *, after: UUID | None, limit: int
) -> list[Record]:
    """Give a page of a network's cohorts."""
    return await connection.fetch(_SQL["list_cohorts"], pcn_code, after, limit)


async def list_members(
    connection: Connection, cohort_id: UUID, *, answer: str | None, after: UUID | None, limit: int
) -> list[Record]:
    """Give a page of a cohort's people."""
    return await connection.fetch(_SQL["list_cohort_members"], cohort_id, after, answer, limit)
