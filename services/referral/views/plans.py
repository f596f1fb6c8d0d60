"""Plans as they stand and stood, and what of a network is to be looked at again."""

from dataclasses import asdict
from datetime import date
from typing import Any, Final
from uuid import UUID

from asyncpg import Record

from chassis.access.audit import Opened, record_access
from chassis.database import Connection
from chassis.refusals import NothingFound
from chassis.sql import Queries
from services.referral.acting import Acting
from services.referral.store.plans import load_plan
from services.referral.views import audit, owner_of

_SQL: Final = Queries("services.referral")


async def view_plan(connection: Connection, acting: Acting, referral_id: UUID) -> dict[str, Any]:
    """Give the plan of a referral's episode; before one was agreed its version is 0."""
    owner = await owner_of(connection, acting, "whose_referral", referral_id)
    plan = await load_plan(connection, owner["episode_id"])
    await audit(connection, acting, "plan.read", [(f"referral/{referral_id}", owner)])
    return asdict(plan)


async def list_plan_versions(
    connection: Connection, acting: Acting, referral_id: UUID, *, after: int | None, limit: int
) -> list[Record]:
    """Give the versions of a plan, the latest first."""
    owner = await owner_of(connection, acting, "whose_referral", referral_id)
    rows = await connection.fetch(_SQL["list_plan_versions"], owner["episode_id"], after, limit)
    await audit(connection, acting, "plan.history", [(f"referral/{referral_id}", owner)])
    return rows


async def list_reviews_due(
    connection: Connection,
    acting: Acting,
    pcn_code: str,
    *,
    until: date,
    mine: bool,
    after: tuple[date, UUID] | None,
    limit: int,
) -> list[Record]:
    """Give the plans and goals of a network to be looked at again by a day, the oldest first."""
    if not acting.caller.may_see(pcn_code):
        raise NothingFound
    day, about = after or (None, None)
    worker_id = acting.worker_id_in(pcn_code) if mine else None
    rows: list[Record] = []
    if not mine or worker_id is not None:  # who works with nobody here has nothing of their own
        rows = await connection.fetch(
            _SQL["list_reviews_due"], pcn_code, until, worker_id, day, about, limit
        )
    opened = [
        Opened(
            subject=f"{row['kind']}/{row['about']}", pcn_code=pcn_code, person_id=row["person_id"]
        )
        for row in rows
    ]
    await record_access(connection, acting.caller, "review.list", opened, reason=acting.reason)
    return rows
