"""The doors of unmet need: what was asked for in vain, what is lacking, and a group's own sheet."""

from datetime import date, datetime
from typing import Annotated, Any, Final
from uuid import UUID
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Depends, Query

from chassis import clock
from chassis.access import Caller, require
from chassis.refusals import NothingFound
from chassis.web.fields import PcnCode, RegionCode
from services.directory import views
from services.directory.api.doors import DoorDatabase
from services.directory.api.listing_doors import OwnerDoor
from services.directory.use_cases import sheets, unmet_need

router = APIRouter(tags=["figures"])

MONTHS_DEFAULT: Final = 12
MONTHS_MAX: Final = 60
NEIGHBOURHOODS_A_BATCH_MAX: Final = 1_000
PERSONS_MAX: Final = 1_000_000
_MONTHS_A_YEAR: Final = 12
_LONDON: Final = ZoneInfo("Europe/London")

Reader = Annotated[Caller, Depends(require("pcn-manager", "region-analyst"))]
Analyst = Annotated[Caller, Depends(require("region-analyst"))]
Registrar = Annotated[Caller, Depends(require("registrar"))]
Months = Annotated[
    int, Query(ge=1, le=MONTHS_MAX, description="How many months back, this one included.")
]


@router.get("/pcns/{pcn_code}/unmet-need")
async def show_pcn(
    caller: Reader, database: DoorDatabase, pcn_code: PcnCode, months: Months = MONTHS_DEFAULT
) -> dict[str, Any]:
    """What people of a network needed and did not find, and why: exact for its managers."""
    if not caller.may_see(pcn_code):
        raise NothingFound
    async with database.transaction(organisations=caller.organisations) as connection:
        regions = await views.regions_of_pcns(connection, (pcn_code,))
    if not regions:
        raise NothingFound
    async with database.transaction(organisations=[*caller.organisations, *regions]) as connection:
        shown = await unmet_need.unmet_need(
            connection,
            regions[0],
            [pcn_code],
            first_month=_first_month(months),
            exact=pcn_code in caller.pcns,
        )
    return {"id": pcn_code, "pcn_code": pcn_code, **shown}


@router.get("/regions/{region_code}/unmet-need")
async def show_region(
    caller: Analyst,
    database: DoorDatabase,
    region_code: RegionCode,
    months: Months = MONTHS_DEFAULT,
) -> dict[str, Any]:
    """What people of a region needed and did not find, and why; small numbers are hidden."""
    if region_code not in caller.regions:
        raise NothingFound
    async with database.transaction(organisations=caller.organisations) as connection:
        networks = await unmet_need.networks_of(connection, region_code)
        shown = await unmet_need.unmet_need(
            connection, region_code, networks, first_month=_first_month(months), exact=False
        )
    return {"id": region_code, **shown}


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
