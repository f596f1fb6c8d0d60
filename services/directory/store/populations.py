"""The rows of how populations are made up."""

from collections.abc import Sequence
from datetime import date

from chassis.database import Connection
from chassis.sql import Queries
from services.directory.domain.populations import Dimension, Parts

_SQL = Queries("services.directory")


async def parts_of_population(
    connection: Connection, *, pcn_code: str, practice_code: str | None, as_of: date
) -> Parts:
    """Read how the people of one day are made up."""
    rows = await connection.fetch(_SQL["parts_of_population"], pcn_code, practice_code or "", as_of)
    parts: dict[Dimension, dict[str, int]] = {}
    for row in rows:
        parts.setdefault(row["dimension"], {})[row["band"]] = row["persons"]
    return parts


async def replace_parts(
    connection: Connection,
    parts: Parts,
    *,
    pcn_code: str,
    practice_code: str | None,
    as_of: date,
    region_code: str,
) -> None:
    """Record how the people of one day are made up, in place of what stood."""
    where = (pcn_code, practice_code or "", as_of)
    await connection.execute(_SQL["forget_parts"], *where)
    rows = [
        (dimension, band, persons)
        for dimension, counts in parts.items()
        for band, persons in counts.items()
    ]
    if rows:
        columns = map(list, zip(*rows, strict=True))
        await connection.execute(_SQL["record_parts"], *where, region_code, *columns)


async def practices_beyond_their_pcn(
    connection: Connection, days: Sequence[tuple[str, date]]
) -> tuple[str, date] | None:
    """Find a PCN whose practices held more people on one of these days than it did itself."""
    row = await connection.fetchrow(
        _SQL["practices_beyond_their_pcn"],
        [code for code, _ in days],
        [day for _, day in days],
    )
    return None if row is None else (row["pcn_code"], row["as_of"])
