"""What a network gave to others and took from them, and the practices that came or left."""

from typing import Final
from uuid import UUID

from asyncpg import Record

from chassis.database import Connection
from services.referral.acting import Acting
from services.referral.domain.handover import HandoverStatus
from services.referral.store import handover as store
from services.referral.views import audit

LISTED: Final = "handover.list"


async def list_handovers(
    connection: Connection,
    acting: Acting,
    *,
    status: HandoverStatus | None,
    after: UUID | None,
    limit: int,
) -> list[Record]:
    """Give a page of handovers from and to the caller's networks, the latest first."""
    rows = await store.list_handovers(
        connection, acting.caller.pcns, status=status, after=after, limit=limit
    )
    own = set(acting.caller.pcns)
    mine = [
        (
            f"handover/{row['id']}",
            {"pcn_code": row["pcn_code"] if row["pcn_code"] in own else row["to_pcn_code"]},
        )
        for row in rows
    ]
    await audit(connection, acting, LISTED, mine)
    return rows


async def list_practice_moves(
    connection: Connection, acting: Acting, *, after: UUID | None, limit: int
) -> list[Record]:
    """Give a page of practices that came to the caller's networks or left them."""
    return await store.list_practice_moves(connection, acting.caller.pcns, after=after, limit=limit)
