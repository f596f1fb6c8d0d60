"""The doors of unmet need: what was asked for in vain, what is lacking, and a group's own sheet."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Annotated, Any, Final
from uuid import UUID
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Depends, Query

from chassis import clock
from chassis.access import Caller, require
from chassis.database import Database
from chassis.refusals import NothingFound
from chassis.web.fields import PcnCode, RegionCode
from chassis.web.pages import Page, PageRequest
from services.directory import views
from services.directory.api.doors import DoorDatabase
from services.directory.api.listing_doors import OwnerDoor
from services.directory.domain.unmet_need import AskedKey, LackKey, Scope
from services.directory.use_cases import lacking, sheets, unmet_need

router = APIRouter(tags=["figures"])

MONTHS_DEFAULT: Final = 12
MONTHS_MAX: Final = 60
_MONTHS_A_YEAR: Final = 12
_LONDON: Final = ZoneInfo("Europe/London")

Reader = Annotated[Caller, Depends(require("pcn-manager", "region-analyst"))]
Analyst = Annotated[Caller, Depends(require("region-analyst"))]
Months = Annotated[
    int, Query(ge=1, le=MONTHS_MAX, description="How many months back, this one included.")
]


@dataclass(frozen=True, slots=True)
class Looking:
    """Whose unmet need the caller looks at, with what they see of it, and whether exactly."""

    scope: Scope
    organisations: Sequence[str]
    exact: bool
    about: Mapping[str, str]


async def _network(caller: Caller, database: Database, pcn_code: str) -> Looking:
    if not caller.may_see(pcn_code):
        raise NothingFound
    async with database.transaction(organisations=caller.organisations) as connection:
        regions = await views.regions_of_pcns(connection, (pcn_code,))
    if not regions:
        raise NothingFound
    return Looking(
        Scope(regions[0], [pcn_code], is_region=False),
        [*caller.organisations, *regions],
        exact=pcn_code in caller.pcns,
        about={"id": pcn_code, "pcn_code": pcn_code, "region_code": regions[0]},
    )


async def _region(caller: Caller, database: Database, region_code: str) -> Looking:
    if region_code not in caller.regions:
        raise NothingFound
    async with database.transaction(organisations=caller.organisations) as connection:
        networks = await unmet_need.networks_of(connection, region_code)
    return Looking(
        Scope(region_code, networks, is_region=True),
        caller.organisations,
        exact=False,
        about={"id": region_code, "region_code": region_code},
    )


@router.get("/pcns/{pcn_code}/unmet-need")
async def show_network(
    caller: Reader,
    database: DoorDatabase,
    pcn_code: PcnCode,
    page: Page,
    months: Months = MONTHS_DEFAULT,
) -> dict[str, Any]:
    """What people of a network asked for in vain, and why: exact for its managers."""
    looking = await _network(caller, database, pcn_code)
    return await _asked(looking, database, page, months)


@router.get("/pcns/{pcn_code}/unmet-need/lacking")
async def show_lacking_in_network(
    caller: Reader, database: DoorDatabase, pcn_code: PcnCode, page: Page
) -> dict[str, Any]:
    """What each small area of a network lacks, and what nobody in it speaks or holds."""
    looking = await _network(caller, database, pcn_code)
    return await _lacking(looking, database, page)


@router.get("/regions/{region_code}/unmet-need")
async def show_region(
    caller: Analyst,
    database: DoorDatabase,
    region_code: RegionCode,
    page: Page,
    months: Months = MONTHS_DEFAULT,
) -> dict[str, Any]:
    """What people of a region asked for in vain, and why; small numbers are hidden."""
    looking = await _region(caller, database, region_code)
    return await _asked(looking, database, page, months)


@router.get("/regions/{region_code}/unmet-need/lacking")
async def show_lacking_in_region(
    caller: Analyst, database: DoorDatabase, region_code: RegionCode, page: Page
) -> dict[str, Any]:
    """What each small area of a region lacks, by network, area and need."""
    looking = await _region(caller, database, region_code)
    return await _lacking(looking, database, page)


@router.get("/regions/{region_code}/unmet-need/networks")
async def show_networks_lacking(
    caller: Analyst, database: DoorDatabase, region_code: RegionCode, page: Page
) -> dict[str, Any]:
    """Which languages nobody in a network speaks, and where all is held in working hours."""
    looking = await _region(caller, database, region_code)
    (after,) = page.after or ("",)
    async with database.transaction(organisations=looking.organisations) as connection:
        reckoned_at = await lacking.reckoned_at(connection, looking.scope)
        rows = await lacking.networks_page(
            connection, looking.scope, after=str(after), rows=page.limit_and_one
        )
    answer = page.answer(rows, key=lambda row: (row["pcn_code"],))
    return {**looking.about, "reckoned_at": reckoned_at, **answer}


async def _asked(
    looking: Looking, database: Database, page: PageRequest, months: int
) -> dict[str, Any]:
    first_month = _first_month(months)
    after = AskedKey(*map(str, page.after or ()))
    async with database.transaction(organisations=looking.organisations) as connection:
        in_all = await unmet_need.asked_in_all(
            connection, looking.scope, first_month=first_month, exact=looking.exact
        )
        rows = await unmet_need.asked_page(
            connection,
            looking.scope,
            first_month=first_month,
            exact=looking.exact,
            after=after,
            rows=page.limit_and_one,
        )
    answer = page.answer(rows, key=lambda row: tuple(row[0]), item=lambda row: row[1])
    about = {**looking.about, "exact": looking.exact, "since": f"{first_month:%Y-%m}"}
    return {**about, **in_all, **answer}


async def _lacking(looking: Looking, database: Database, page: PageRequest) -> dict[str, Any]:
    after = LackKey(*map(str, page.after or ()))
    async with database.transaction(organisations=looking.organisations) as connection:
        reckoned_at = await lacking.reckoned_at(connection, looking.scope)
        rows = await lacking.lacking_page(
            connection, looking.scope, after=after, rows=page.limit_and_one
        )
        network = (
            []
            if looking.scope.is_region
            else await lacking.networks_page(connection, looking.scope, after="", rows=1)
        )
    keys = ("pcn_code", "neighbourhood_code", "need_term")
    answer = page.answer(rows, key=lambda row: tuple(row[key] for key in keys))
    about = {**looking.about, **(network[0] if network else {}), "reckoned_at": reckoned_at}
    return {**about, **answer}


@router.get("/organizations/{organization_id}/sheet")
async def show_sheet(
    door: OwnerDoor,
    organization_id: UUID,
    month: Annotated[str, Query(pattern=r"^20[0-9]{2}-(0[1-9]|1[0-2])$", description="YYYY-MM.")],
) -> dict[str, Any]:
    """What a group's listings received in a month and what came of it: counts, and nobody's data."""
    year, number = (int(part) for part in month.split("-"))
    since = datetime(year, number, 1, tzinfo=_LONDON)
    until = datetime(
        year + number // _MONTHS_A_YEAR, number % _MONTHS_A_YEAR + 1, 1, tzinfo=_LONDON
    )
    async with door.database.transaction(organisations=door.organisations) as connection:
        shown = await sheets.sheet(connection, organization_id, since=since, until=until)
    return {"month": month, **shown}


def _first_month(months: int) -> date:
    today = clock.now().date()
    index = today.year * _MONTHS_A_YEAR + today.month - months
    return date(index // _MONTHS_A_YEAR, index % _MONTHS_A_YEAR + 1, 1)
