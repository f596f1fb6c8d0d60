"""How the database answers: its plan, and how many of its pages an answer reads."""

import json
from collections.abc import Iterator, Sequence
from typing import Any

from chassis.database import Connection


class Explaining:
    """A connection that says how it would answer, and answers nothing."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection
        self.plan = ""

    async def fetch(self, query: str, *values: Any) -> Sequence[Any]:
        rows = await self.connection.fetch(f"explain {query}", *values)
        self.plan = "\n".join(row[0] for row in rows)
        return []

    async def fetchrow(self, query: str, *values: Any) -> Any:
        await self.fetch(query, *values)
        return {"total_items": 0, "contents": []}


class Measuring:
    """A connection that answers, and counts the rows and pages of the database that each answer read."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection
        self.pages: list[int] = []
        self.rows: list[int] = []
        self.relations: set[str] = set()

    async def fetch(self, query: str, *values: Any) -> Sequence[Any]:
        explained = f"explain (analyze, buffers, timing off, format json) {query}"
        rows = await self.connection.fetch(explained, *values)
        (plan,) = json.loads(rows[0][0])
        top = plan["Plan"]
        nodes = list(_nodes(top))
        scans = [node for node in nodes if "Plans" not in node or "Relation Name" in node]
        self.rows.append(int(sum(map(_rows_read, scans))))
        self.relations |= {node["Relation Name"] for node in nodes if "Relation Name" in node}
        self.pages.append(top["Shared Hit Blocks"] + top["Shared Read Blocks"])
        return await self.connection.fetch(query, *values)

    async def execute(self, query: str, *values: Any) -> Any:
        return await self.connection.execute(query, *values)


def _nodes(node: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """A step of a plan with everything below it."""
    yield node
    for below in node.get("Plans", ()):
        yield from _nodes(below)


def _rows_read(scan: dict[str, Any]) -> float:
    """The rows that a step read, those that it passed over among them."""
    passed_over = scan.get("Rows Removed by Filter", 0) + scan.get(
        "Rows Removed by Index Recheck", 0
    )
    return (scan["Actual Rows"] + passed_over) * scan["Actual Loops"]
