"""How far codes and messages have come into practices' records, practice by practice."""

from datetime import datetime
from typing import Any, Final
from uuid import UUID

from asyncpg import Record

from chassis.database import Connection
from chassis.sql import Queries
from services.referral.acting import Acting
from services.referral.domain.coding import CODES, OFFERED
from services.referral.views import audit

_SQL: Final = Queries("services.referral")


async def list_status(
    connection: Connection, acting: Acting, *, after: str | None, limit: int
) -> list[Record]:
    """Give a page of the practices of the caller's networks for which anything was asked."""
    return await connection.fetch(
        _SQL["list_writeback_status"], list(acting.caller.pcns), after, limit
    )


async def list_items(
    connection: Connection, acting: Acting, *, state: str, before: UUID | None, limit: int
) -> list[Record]:
    """Give a page of the items of the caller's networks that stand so."""
    rows = await connection.fetch(
        _SQL["list_writeback_items"], list(acting.caller.pcns), state, before, limit
    )
    found = [(f"writeback/{row['id']}", row) for row in rows]
    await audit(connection, acting, "writeback.list", found)
    return rows


def as_shown(row: Record, now: datetime) -> dict[str, Any]:
    """Give one practice with ages instead of times."""
    return {
        "pcn_code": row["pcn_code"],
        "practice_code": row["practice_code"],
        "waiting": row["waiting"],
        "sent": row["sent"],
        "acknowledged": row["acknowledged"],
        "reconciled": row["reconciled"],
        "failed": row["failed"],
        "withdrawn": row["withdrawn"],
        "oldest_seconds": _age(row["oldest_requested_at"], now),
        "gap_count": row["gap_count"],
        "gap_seconds": _age(row["gap_since"], now),
        "counted_here": row["ours"],
        "counted_there": row["theirs"],
        "compared_at": row["checked_at"],
    }


def codes_shown(*, records_unverified: bool) -> list[dict[str, Any]]:
    """Give the codes that are recorded and those that are not, with who says what they mean."""
    return [
        {
            "code": code.code,
            "term": code.term,
            "recorded": records_unverified if code is OFFERED else code.verified,
            "verified": code.verified,
            "sources": list(code.sources),
        }
        for code in CODES
    ]


def _age(since: datetime | None, now: datetime) -> int | None:
    return None if since is None else max(int((now - since).total_seconds()), 0)
