"""The rows of needs that were not met, and of what groups achieved."""

import json
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any, NamedTuple
from uuid import UUID

from chassis.database import Connection
from chassis.sql import Queries
from services.directory.domain.unmet_need import Area, Reach, cost_of, sectors_of, waits_long

_SQL = Queries("services.directory")


class InVain(NamedTuple):
    """How often a need was asked for in vain: by a finer need and area, or by a broad need."""

    pcn_code: str
    neighbourhood_code: str | None
    need: str
    reason: str
    times: int


async def pcns_of_region(
    connection: Connection, region_code: str, pcn_codes: Sequence[str]
) -> frozenset[str]:
    """Which of these are networks of the region."""
    rows = await connection.fetch(_SQL["pcns_of_region"], region_code, list(pcn_codes))
    return frozenset(row["code"] for row in rows)


async def region_networks(connection: Connection, region_code: str) -> list[str]:
    """The networks of a region."""
    return [row["code"] for row in await connection.fetch(_SQL["region_networks"], region_code)]


async def persons_of_pcns(connection: Connection, pcn_codes: Sequence[str]) -> Mapping[str, int]:
    """How many people are on record in each network."""
    rows = await connection.fetch(_SQL["persons_of_pcns"], list(pcn_codes))
    return {row["pcn_code"]: row["persons"] for row in rows if row["persons"] is not None}


async def asked_in_vain(
    connection: Connection, pcn_codes: Sequence[str], first_month: date
) -> list[InVain]:
    """What was searched for in vain in the small areas of these networks."""
    rows = await connection.fetch(_SQL["asked_in_vain"], list(pcn_codes), first_month)
    return [
        InVain(
            row["pcn_code"],
            row["neighbourhood_code"],
            row["need_term"],
            row["reason"],
            row["times"],
        )
        for row in rows
    ]


async def placed_in_vain(
    connection: Connection, pcn_codes: Sequence[str], first_month: date
) -> list[InVain]:
    """For which needs workers of these networks found no place."""
    rows = await connection.fetch(_SQL["placed_in_vain"], list(pcn_codes), first_month)
    return [InVain(row["pcn_code"], None, row["need"], row["reason"], row["times"]) for row in rows]


async def areas(
    connection: Connection, region_code: str, pcn_codes: Sequence[str] | None = None
) -> list[Area]:
    """The small areas of these networks, or of the whole region, that postcodes were loaded for."""
    given = None if pcn_codes is None else list(pcn_codes)
    return [
        Area(
            row["code"],
            row["name"],
            row["pcn_code"],
            row["persons"],
            row["latitude"],
            row["longitude"],
            frozenset(row["sectors"]),
        )
        for row in await connection.fetch(_SQL["areas"], region_code, given)
    ]


async def reaches(
    connection: Connection, region_code: str, *, after: UUID, rows: int
) -> tuple[list[Reach], UUID | None]:
    """One piece of what listings say of whom they are for, and the last of it."""
    found = await connection.fetch(_SQL["reaches"], region_code, after, rows)
    read = [_reach(dict(row)) for row in found]
    return read, found[-1]["listing_id"] if len(found) == rows else None


def _reach(row: dict[str, Any]) -> Reach:
    sectors, everywhere = sectors_of(json.loads(row["service_areas"] or "[]"))
    points = tuple((latitude, longitude) for latitude, longitude in row["points"])
    cost = 0.0 if row["is_free"] else cost_of(json.loads(row["cost_options"] or "[]"))
    return Reach(
        need_terms=frozenset(row["need_terms"]),
        points=points,
        sectors=sectors,
        is_everywhere=everywhere or row["remote"],
        cost=cost,
        is_full=row["is_full"] or not row["accepting"] or waits_long(row["alert"]),
        is_step_free="wheelchair" in row["access"] if points and not row["remote"] else None,
        languages=frozenset(row["languages"]),
        is_out_of_hours=row["is_out_of_hours"],
    )


class ToTell(NamedTuple):
    """What was not met in a month that is over, and is to be told."""

    region_code: str
    pcn_code: str
    neighbourhood_code: str
    need: str
    reason: str
    times: int


async def to_tell(
    connection: Connection, month: date, *, times_min: int, rows: int
) -> list[ToTell]:
    """Read a bounded number of what was not met in a month and not told yet."""
    found = await connection.fetch(_SQL["months_to_tell"], month, times_min, rows)
    return [ToTell(**dict(row)) for row in found]


async def keep_told(connection: Connection, told: ToTell, *, month: date, event_id: UUID) -> bool:
    """Keep that this was told; False where it was told before."""
    made = await connection.fetchval(
        _SQL["keep_need_told"],
        told.region_code,
        told.pcn_code,
        told.neighbourhood_code,
        told.need,
        told.reason,
        month,
        told.times,
        event_id,
    )
    return made is not None


async def sheet(
    connection: Connection, organization_id: UUID, *, since: datetime, until: datetime
) -> list[dict[str, Any]]:
    """What each listing of a group received in a time, and what came of it: counts alone."""
    rows = await connection.fetch(_SQL["sheet"], organization_id, since, until)
    return [dict(row) for row in rows]
