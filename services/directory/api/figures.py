"""Figures the directory keeps itself: what people of a PCN are referred for."""

from datetime import date
from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends, Query

from chassis import clock
from chassis.access import Caller, require
from chassis.refusals import NothingFound
from chassis.web.fields import PcnCode
from services.directory import views
from services.directory.api.doors import DoorDatabase

router = APIRouter(tags=["figures"])

Reader = Annotated[Caller, Depends(require("pcn-manager", "region-analyst"))]

MONTHS_DEFAULT: Final = 24
MONTHS_MAX: Final = 60
_MONTHS_A_YEAR: Final = 12


@router.get("/pcns/{pcn_code}/needs")
async def show_needs(
    caller: Reader,
    database: DoorDatabase,
    pcn_code: PcnCode,
    months: Annotated[
        int, Query(ge=1, le=MONTHS_MAX, description="How many months back, this one included.")
    ] = MONTHS_DEFAULT,
) -> dict[str, Any]:
    """Referrals by need and month: exact for the PCN's managers, controlled for analysts."""
    if not caller.may_see(pcn_code):
        raise NothingFound
    async with database.transaction(organisations=caller.organisations) as connection:
        return await views.referred_needs(
            connection,
            pcn_code=pcn_code,
            first_month=_first_month(months),
            exact=pcn_code in caller.pcns,
        )


def _first_month(months: int) -> date:
    today = clock.now().date()
    index = today.year * _MONTHS_A_YEAR + today.month - months
    return date(index // _MONTHS_A_YEAR, index % _MONTHS_A_YEAR + 1, 1)
