"""Where practices belonged and belong, and how far a merge is, as the register's keepers may see it."""

from datetime import date
from typing import Any

from chassis.database import Connection
from chassis.sql import Queries
from services.directory.store import belonging as store

_SQL = Queries("services.directory")


async def belongings_page(
    connection: Connection, practice_code: str, *, after: date, rows: int
) -> list[dict[str, Any]]:
    """The PCNs of a practice, the first it belonged to first."""
    found = await connection.fetch(_SQL["belongings_page"], practice_code, after, rows)
    return [dict(row) for row in found]


async def practices_of_pcn_page(
    connection: Connection, pcn_code: str, *, after: tuple[str, date], rows: int
) -> list[dict[str, Any]]:
    """The practices that belong to a PCN, or did."""
    found = await connection.fetch(_SQL["practices_of_pcn_page"], pcn_code, *after, rows)
    return [dict(row) for row in found]


async def has_belonged(connection: Connection, practice_code: str) -> bool:
    """Whether a practice ever belonged to a PCN that this transaction sees."""
    return await store.last_belonging(connection, practice_code) is not None


async def merge_of_pcn(connection: Connection, pcn_code: str) -> dict[str, Any] | None:
    """How far it is that a PCN becomes part of another."""
    merge = await store.merge_of_pcn(connection, pcn_code)
    if merge is None:
        return None
    return {**merge.about, "version": merge.version, "event_id": merge.event_id}
