"""What came in at the open door and is still to be checked."""

import json
from typing import Any
from uuid import UUID

from chassis.database import Connection
from services.referral.acting import Acting
from services.referral.store import self_referrals as store
from services.referral.views import audit


async def list_to_check(
    connection: Connection, acting: Acting, *, after: UUID | None, limit: int
) -> list[dict[str, Any]]:
    """Give what the caller's networks have to check, the longest waiting first."""
    rows = await store.list_to_check(connection, acting.caller.pcns, after=after, limit=limit)
    await audit(
        connection,
        acting,
        "self-referral.list",
        [(f"self-referral/{row['id']}", row) for row in rows],
    )
    return [
        {**dict(row), "described": row["described"] and json.loads(row["described"])}
        for row in rows
    ]
