"""The rows of small areas where people live, and of the areas that each lies in."""

from collections.abc import Sequence
from typing import NamedTuple

from chassis.database import Connection
from chassis.sql import Queries
from services.directory.domain.places import Place

_SQL = Queries("services.directory")


class Neighbourhood(NamedTuple):
    """A small area, the network it belongs to, and the keys of the names it answers to."""

    code: str
    pcn_code: str
    name: str
    persons: int | None
    name_keys: tuple[str, ...] = ()


class Holding(NamedTuple):
    """The names of the areas that a place lies in, and the sectors of the postcodes around it."""

    names: list[str]
    sectors: list[str]


async def load_neighbourhoods(
    connection: Connection, region_code: str, rows: Sequence[Neighbourhood]
) -> int:
    """Enter or correct small areas; how many were new or different."""
    named = [(row.code, key) for row in rows for key in row.name_keys]
    return await connection.fetchval(
        _SQL["load_neighbourhoods"],
        region_code,
        [row.code for row in rows],
        [row.pcn_code for row in rows],
        [row.name for row in rows],
        [row.persons for row in rows],
        [code for code, _ in named],
        [key for _, key in named],
    )


async def areas_holding(connection: Connection, place: Place) -> Holding:
    """Read what a place lies in."""
    row = await connection.fetchrow(
        _SQL["areas_holding"],
        place.region_code,
        place.neighbourhood_code,
        place.text if place.kind == "outward-code" else None,
        place.kind == "place-name",
    )
    return Holding(**dict(row)) if row is not None else Holding([], [])
