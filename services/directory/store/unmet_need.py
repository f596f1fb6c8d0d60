"""The rows of needs that were not met, and of what groups achieved."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any, NamedTuple
from uuid import UUID

from chassis.database import Connection
from chassis.sql import Queries
from services.directory.domain.unmet_need import REASONS, AskedKey, Scope

_SQL = Queries("services.directory")


class InVain(NamedTuple):
    """How often something was asked for in vain."""

    key: AskedKey
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


async def asked_page(
    connection: Connection, scope: Scope, first_month: date, *, after: AskedKey, rows: int
) -> list[InVain]:
    """What was asked for in vain after this, in the order of its key."""
    found = await connection.fetch(
        _SQL["asked_in_vain_page"],
        scope.region_code,
        list(scope.pcn_codes),
        scope.is_region,
        first_month,
        list(REASONS),
        list(REASONS.values()),
        *after,
        rows,
    )
    return [InVain(AskedKey(*tuple(row)[:-1]), row["times"]) for row in found]


async def asked_in_all(
    connection: Connection, scope: Scope, first_month: date
) -> list[tuple[str, str, int]]:
    """Every need and reason as they are kept, and how often it was asked for in vain."""
    found = await connection.fetch(
        _SQL["asked_in_vain_in_all"],
        scope.region_code,
        list(scope.pcn_codes),
        scope.is_region,
        first_month,
    )
    return [(row["need"], row["reason"], row["times"]) for row in found]


class AreaAskedIn(NamedTuple):
    """What a small area is called, and how many people live in it, where that is known."""

    name: str
    persons: int | None


async def areas_asked_in(connection: Connection, codes: Sequence[str]) -> Mapping[str, AreaAskedIn]:
    """Read these small areas, each by its code."""
    rows = await connection.fetch(_SQL["areas_asked_in"], list(codes))
    return {row["code"]: AreaAskedIn(row["name"], row["persons"]) for row in rows}


class ToTell(NamedTuple):
    """What was not met in a month that is over, and how often that was when it was last told."""

    region_code: str
    pcn_code: str
    neighbourhood_code: str
    need: str
    reason: str
    month: date
    times: int
    told_times: int | None
    told_version: int | None
    told_of: UUID | None
    """The id that all that is told of it is about: its first event's."""


async def to_tell(
    connection: Connection, first_month: date, last_month: date, *, times_min: int, rows: int
) -> list[ToTell]:
    """Read a bounded number of what was not met more often than was told."""
    found = await connection.fetch(_SQL["months_to_tell"], first_month, last_month, times_min, rows)
    return [ToTell(**dict(row)) for row in found]


async def keep_told(connection: Connection, told: ToTell, *, about: UUID, version: int) -> bool:
    """Keep that this was told; False where as much was told meanwhile."""
    made = await connection.fetchval(
        _SQL["keep_need_told"],
        told.region_code,
        told.pcn_code,
        told.neighbourhood_code,
        told.need,
        told.reason,
        told.month,
        told.times,
        about,
        version,
    )
    return made is not None


async def sheet(
    connection: Connection, organization_id: UUID, *, since: datetime, until: datetime
) -> list[dict[str, Any]]:
    """What each listing of a group received in a time, and what came of it: counts alone."""
    rows = await connection.fetch(_SQL["sheet"], organization_id, since, until)
    return [dict(row) for row in rows]
