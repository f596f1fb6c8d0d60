"""What came in at the open door and is still to be checked."""

from uuid import UUID

from asyncpg import Record

from chassis.database import Connection
from services.referral.acting import Acting
from services.referral.store import self_referrals as store
from services.referral.views import audit


async def list_to_check(
    connection: Connection, acting: Acting, *, after: UUID | None, limit: int
) -> list[Record]:
    """Give what the caller's networks have to check, the longest waiting first."""
    rows = await store.list_to_check(connection, acting.caller.pcns, after=after, limit=limit)
    await audit(
        connection,
        acting,
        "self-referral.list",
        [(f"self-referral/{row['id']}", row) for row in rows],
    )
    return rows
