"""What a cohort shows: how far its offer came, and who is still to be called."""

from typing import Any
from uuid import UUID

from asyncpg import Record

from chassis.database import Connection
from chassis.refusals import NothingFound
from services.referral.acting import Acting
from services.referral.store import cohorts as store
from services.referral.views import audit


async def view_cohort(connection: Connection, acting: Acting, cohort_id: UUID) -> dict[str, Any]:
    """Give a cohort with its reach."""
    found = await store.view_cohort(connection, cohort_id)
    if found is None:
        raise NothingFound
    row, reach = found
    whose = {"pcn_code": row["pcn_code"]}
    await audit(connection, acting, "cohort.read", [(f"cohort/{cohort_id}", whose)])
    return {
        **dict(row),
        "waiting": reach.waiting,
        "reached": reach.reached,
        "reached_percent": reach.reached_percent,
    }


async def list_cohorts(
    connection: Connection, acting: Acting, pcn_code: str, *, after: UUID | None, limit: int
) -> list[Record]:
    """Give a network's cohorts, the latest first."""
    rows = await store.list_cohorts(connection, pcn_code, after=after, limit=limit)
    whose = {"pcn_code": pcn_code}
    await audit(connection, acting, "cohort.list", [(f"cohort/{row['id']}", whose) for row in rows])
    return rows


async def list_members(
    connection: Connection,
    acting: Acting,
    cohort_id: UUID,
    *,
    answer: str | None,
    after: UUID | None,
    limit: int,
) -> list[Record]:
    """Give the people of a cohort."""
    if await store.view_cohort(connection, cohort_id) is None:
        raise NothingFound
    rows = await store.list_members(connection, cohort_id, answer=answer, after=after, limit=limit)
    await audit(
        connection, acting, "cohort.members", [(f"cohort/{cohort_id}", row) for row in rows]
    )
    return rows
