"""What is shown of messages: what became of them, never to whom by name."""

from datetime import datetime
from typing import Any
from uuid import UUID

from chassis.database import Connection
from chassis.sql import Queries

_SQL = Queries("services.notifications")

Shown = dict[str, Any]


async def messages_page(
    connection: Connection,
    *,
    before: tuple[datetime, UUID] | None,
    state: str | None,
    rows: int,
) -> list[Shown]:
    """Messages of the PCNs and regions this transaction sees, the latest first."""
    recorded_at, message_id = before or (None, None)
    found = await connection.fetch(_SQL["messages_page"], recorded_at, message_id, state, rows)
    return [dict(row) for row in found]


async def message_counts(connection: Connection) -> list[Shown]:
    """How many messages of each PCN and region stand where."""
    return [dict(row) for row in await connection.fetch(_SQL["message_counts"])]
