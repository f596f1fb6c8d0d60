"""The rows of what is lacking where, and what it is reckoned from."""

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from chassis.database import Connection
from chassis.sql import Queries
from services.directory.domain.service_areas import ANYWHERE, name_in, sector_codes
from services.directory.domain.unmet_need import (
    RULES_VERSION,
    Area,
    Lack,
    LackKey,
    NetworkLack,
    Reach,
    Settlement,
    cost_of,
    waits_long,
)

_SQL = Queries("services.directory")

Shown = dict[str, Any]


class ToReckon(NamedTuple):
    """A region in which something changed, and how far it was when it was looked at."""

    region_code: str
    head: int
    marked_at: datetime | None


async def mark_due(connection: Connection, region_codes: Sequence[str]) -> None:
    """Let what is lacking in these regions be reckoned again, though no event tells why."""
    await connection.execute(_SQL["mark_lacking_due"], list(region_codes))


async def region_to_reckon(connection: Connection, *, resting_since: datetime) -> ToReckon | None:
    """One region in which something changed since what it lacks was reckoned, if not just now."""
    row = await connection.fetchrow(_SQL["region_to_reckon"], RULES_VERSION, resting_since)
    return None if row is None else ToReckon(**dict(row))


async def areas(connection: Connection, region_code: str) -> list[Area]:
    """The small areas of a region that postcodes were loaded for."""
    return [
        Area(
            row["code"],
            row["name"],
            row["pcn_code"],
            row["persons"],
            row["latitude"],
            row["longitude"],
            sector_codes(row["sectors"])
            | {ANYWHERE, *(name_in(region_code, name) for name in row["names"])},
        )
        for row in await connection.fetch(_SQL["areas"], region_code)
    ]


async def settlements(connection: Connection, region_code: str) -> list[Settlement]:
    """Where every small area of a region lies, whether or not its network is known."""
    rows = await connection.fetch(_SQL["settlements"], region_code)
    return [Settlement(**dict(row)) for row in rows]


async def reaches(
    connection: Connection, region_code: str, *, after: UUID, rows: int
) -> tuple[list[Reach], UUID | None]:
    """One piece of what listings say of whom they are for, and the last of it."""
    found = await connection.fetch(_SQL["reaches"], region_code, after, rows)
    read = [_reach(dict(row)) for row in found]
    return read, found[-1]["listing_id"] if len(found) == rows else None


def _reach(row: Shown) -> Reach:
    points = tuple((latitude, longitude) for latitude, longitude in row["points"])
    cost = 0.0 if row["is_free"] else cost_of(json.loads(row["cost_options"] or "[]"))
    return Reach(
        need_terms=frozenset(row["need_terms"]),
        points=points,
        area_keys=frozenset(row["area_keys"]),
        is_remote=row["remote"],
        cost=cost,
        is_full=row["is_full"] or not row["accepting"] or waits_long(row["alert"]),
        is_step_free="wheelchair" in row["access"] if points and not row["remote"] else None,
        languages=frozenset(row["languages"]),
        is_out_of_hours=row["is_out_of_hours"],
    )


async def put_lacking(
    connection: Connection,
    region: ToReckon,
    lacks: Sequence[Lack],
    networks: Mapping[str, NetworkLack],
    *,
    now: datetime,
) -> None:
    """Keep what a region lacks now, instead of what it lacked before."""
    await connection.execute(
        _SQL["put_lacking"],
        region.region_code,
        [one.area.pcn_code for one in lacks],
        [one.area.code for one in lacks],
        [one.need_term for one in lacks],
        [one.reason for one in lacks],
        [one.listings for one in lacks],
        [one.nearest_km for one in lacks],
    )
    await connection.execute(_SQL["forget_network_lacking"], region.region_code, list(networks))
    await connection.executemany(
        _SQL["put_network_lacking"],
        [
            (region.region_code, code, list(found.languages), found.only_in_working_hours)
            for code, found in networks.items()
        ],
    )
    await connection.execute(
        _SQL["note_reckoned"],
        region.region_code,
        region.head,
        RULES_VERSION,
        now,
        region.marked_at,
    )


async def reckoned_at(connection: Connection, region_code: str) -> datetime | None:
    """When what a region lacks was last reckoned."""
    return await connection.fetchval(_SQL["reckoned_at"], region_code)


async def lacking_page(
    connection: Connection, region_code: str, pcn_code: str | None, *, after: LackKey, rows: int
) -> list[Shown]:
    """What the small areas of a network, or of a region, lack after this."""
    found = await connection.fetch(_SQL["lacking_page"], region_code, pcn_code, *after, rows)
    return [dict(row) for row in found]


async def networks_lacking_page(
    connection: Connection, region_code: str, pcn_code: str | None, *, after: str, rows: int
) -> list[Shown]:
    """What nobody in a network, or in each network of a region, has."""
    found = await connection.fetch(
        _SQL["networks_lacking_page"], region_code, pcn_code, after, rows
    )
    return [dict(row) for row in found]
