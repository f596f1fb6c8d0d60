"""What operators see of streams, and how their wishes are written down.

Everything here runs under the API role, which may read positions and quarantine and add
wishes; nothing here changes where a consumer stands.
"""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

import asyncpg

from chassis.database import Connection
from chassis.ids import new_id
from chassis.sql import Queries

OPEN = "open"

_SQL = Queries("chassis.stream")


async def read_flow(
    connection: Connection, after: tuple[str, str, str], limit: int
) -> Sequence[asyncpg.Record]:
    """The conservation law of each (consumer, topic, stream) behind ``after``."""
    return await connection.fetch(_SQL["flow"], *after, None, limit)


async def list_quarantine(
    connection: Connection, after: UUID | None, stream: str | None, limit: int
) -> Sequence[asyncpg.Record]:
    """Open entries behind ``after``, without contents."""
    return await connection.fetch(_SQL["list_quarantine"], after, stream, limit)


async def open_entry(
    connection: Connection, entry_id: UUID, member_key: str, reason: str
) -> asyncpg.Record | None:
    """One entry with its contents, the opening recorded in the same transaction."""
    entry = await connection.fetchrow(_SQL["see_entry"], entry_id)
    if entry is not None:
        await connection.execute(_SQL["record_opening"], new_id(), entry_id, member_key, reason)
    return entry


async def find_entry(connection: Connection, entry_id: UUID) -> asyncpg.Record | None:
    """What a wish about an entry depends on."""
    return await connection.fetchrow(_SQL["quarantine_entry"], entry_id)


async def consumers_of_stream(connection: Connection, topic: str, stream: str) -> dict[str, bool]:
    """The consumers that know a stream, and whether they have stopped it."""
    rows = await connection.fetch(_SQL["consumers_of_stream"], topic, stream)
    return {row["consumer"]: row["is_stopped"] for row in rows}


async def wish_about_entry(
    connection: Connection,
    consumer: str,
    action: str,
    entry_id: UUID,
    *,
    member_key: str,
    reason: str,
) -> UUID:
    """Ask the consumer to redrive or discard an entry."""
    wish_id = new_id()
    await connection.execute(
        _SQL["make_wish"], wish_id, consumer, action, entry_id, None, None, member_key, reason
    )
    return wish_id


async def wish_to_resume(
    connection: Connection, consumer: str, topic: str, stream: str, *, member_key: str, reason: str
) -> UUID:
    """Ask the consumer to go on with a stopped stream."""
    wish_id = new_id()
    await connection.execute(
        _SQL["make_wish"], wish_id, consumer, "resume", None, topic, stream, member_key, reason
    )
    return wish_id


async def see_wish(connection: Connection, wish_id: UUID) -> dict[str, Any] | None:
    """What became of a wish."""
    row = await connection.fetchrow(_SQL["see_wish"], wish_id)
    if row is None:
        return None
    return {**dict(row), "outcome": row["outcome"] or OPEN}
