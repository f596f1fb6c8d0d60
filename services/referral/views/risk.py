"""What is shown of risk flags: a person's, one with its history, a network's that wait for review."""

from datetime import date
from typing import Any, Final
from uuid import UUID

from asyncpg import Record

from chassis.database import Connection
from chassis.refusals import NothingFound
from services.referral.acting import Acting
from services.referral.domain.risk import LONDON
from services.referral.store import about_person
from services.referral.store import risk as store
from services.referral.views import audit, check_colleague

STEPS_SHOWN_MAX: Final = 200


async def list_flags(
    connection: Connection, acting: Acting, person_id: UUID, *, after: UUID | None, limit: int
) -> list[dict[str, Any]]:
    """Give a page of a person's flags. Whoever works in the network sees those without a reason.

    Somebody about to travel in a colleague's place must never be kept from them.
    """
    whose = await about_person.find_whose(connection, person_id)
    if whose is None:
        raise NothingFound
    rows = await store.list_of_person(connection, person_id, after=after, limit=limit)
    await audit(connection, acting, "risk-flag.list", [(f"person/{person_id}", whose)])
    return [_shown(row, acting) for row in rows]


async def view_flag(connection: Connection, acting: Acting, flag_id: UUID) -> dict[str, Any]:
    """Give a flag with what was said of it."""
    row = await store.view_flag(connection, flag_id)
    if row is None:
        raise NothingFound
    whose = await about_person.find_whose(connection, row["person_id"])
    if whose is None:
        raise NothingFound
    check_colleague(acting, whose)
    steps = await store.list_steps(connection, flag_id, limit=STEPS_SHOWN_MAX)
    await audit(connection, acting, "risk-flag.read", [(f"risk-flag/{flag_id}", whose)])
    return {**_shown(row, acting), "steps": [dict(step) for step in steps]}


async def list_to_review(
    connection: Connection,
    acting: Acting,
    pcn_code: str,
    *,
    until: date | None,
    after: tuple[date, UUID] | None,
    limit: int,
) -> list[dict[str, Any]]:
    """Give a page of a network's flags to review by a day; left out, those due today or before."""
    if not acting.caller.may_see(pcn_code):
        raise NothingFound
    day = until or acting.now.astimezone(LONDON).date()
    rows = await store.list_to_review(connection, pcn_code, until=day, after=after, limit=limit)
    await audit(
        connection,
        acting,
        "risk-flag.list",
        [(f"risk-flag/{row['id']}", row) for row in rows],
    )
    return [_shown(row, acting) for row in rows]


def _shown(row: Record, acting: Acting) -> dict[str, Any]:
    today = acting.now.astimezone(LONDON).date()
    return {
        **dict(row),
        "overdue": row["ended_at"] is None and row["review_by"] < today,
    }
