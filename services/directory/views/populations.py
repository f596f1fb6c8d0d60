"""Populations with how they are made up, as they are shown."""

import json
from datetime import date
from typing import Any

from chassis.database import Connection
from chassis.sql import Queries

_SQL = Queries("services.directory")


async def populations_of_pcn_page(
    connection: Connection, pcn_code: str, *, before: date, after: str, rows: int
) -> list[dict[str, Any]]:
    """The populations of a PCN and its practices, the latest day first."""
    found = await connection.fetch(_SQL["populations_of_pcn_page"], pcn_code, before, after, rows)
    return [{**dict(row), "parts": json.loads(row["parts"])} for row in found]
