"""Home visits as they are shown: with what must be known before anybody travels, and who is overdue.

Promise    Who is overdue is asked of the rows, whatever became of the timers.
"""

from dataclasses import asdict
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from asyncpg import Record

from chassis.access.audit import Opened, record_access
from chassis.database import Connection
from chassis.refusals import NothingFound
from chassis.sql import Queries
from services.referral.acting import Acting
from services.referral.store.risk import active_risk_flags
from services.referral.views import audit, owner_by, owner_of

_SQL: Final = Queries("services.referral")
_FLAG_SHOWN: Final = (
    "id",
    "kind",
    "note",
    "raised_by",
    "raised_at",
    "review_by",
    "reviewed_at",
    "brought_from",
)


async def view_visit(connection: Connection, acting: Acting, visit_id: UUID) -> dict[str, Any]:
    """Give a visit with the risk flags that stand for the person."""
    await owner_by(connection, acting, _SQL["whose_visit"], visit_id)
    row = await connection.fetchrow(_SQL["view_visit"], visit_id)
    if row is None:
        raise NothingFound
    flags = await active_risk_flags(connection, row["person_id"])
    await audit(connection, acting, "visit.read", [(f"visit/{visit_id}", row)])
    shown = [{name: asdict(flag)[name] for name in _FLAG_SHOWN} for flag in flags]
    return {**dict(row), "risk_flags": shown}


async def list_visits(
    connection: Connection, acting: Acting, referral_id: UUID, *, after: UUID | None, limit: int
) -> list[Record]:
    """Give the visits of a referral's episode, in the order in which they were planned."""
    owner = await owner_of(connection, acting, "whose_referral", referral_id)
    rows = await connection.fetch(_SQL["list_visits_of_episode"], owner["episode_id"], after, limit)
    await audit(connection, acting, "visit.list", [(f"referral/{referral_id}", owner)])
    return rows


async def list_overdue(
    connection: Connection,
    acting: Acting,
    pcn_code: str,
    *,
    after: tuple[datetime, UUID] | None,
    limit: int,
) -> list[Record]:
    """Give the visits of a network that are overdue to begin or to end, the longest first.

    It is for every colleague, without a reason: somebody may be in danger.
    """
    if not acting.caller.may_see(pcn_code):
        raise NothingFound
    since, visit_id = after or (None, None)
    rows = await connection.fetch(_SQL["list_overdue_visits"], pcn_code, since, visit_id, limit)
    opened = [
        Opened(subject=f"visit/{row['id']}", pcn_code=pcn_code, person_id=row["person_id"])
        for row in rows
    ]
    await record_access(connection, acting.caller, "visit.overdue", opened, reason=acting.reason)
    return rows
