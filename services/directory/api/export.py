"""The whole directory as Open Referral UK, in one file of JSON lines: no token, any origin.

Promise    A line is a whole service with its organisation; the last line says where to go on, or
           that this was the end. Memory and the database's time are bounded, however much is asked.
"""

import json
from collections.abc import AsyncIterator
from typing import Annotated, Final

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import StreamingResponse

from chassis.access import anyone
from chassis.access.pace import Pace
from chassis.database import Database
from services.directory.api.doors import DoorDatabase
from services.directory.api.open_route import OnlyKnown, OpenRoute
from services.directory.views import exported

router = APIRouter(tags=["open referral"], route_class=OpenRoute, dependencies=[Depends(anyone())])

LISTINGS_MAX: Final = 5_000
LISTINGS_AT_ONCE_MAX: Final = 200
EXPORTS_PER_SECOND_MAX: Final = 2
EXPORTS_AT_ONCE_MAX: Final = 20
NUMBER_MAX: Final = 2**62
MEDIA_TYPE: Final = "application/x-ndjson"

_pace: Final = Pace(EXPORTS_PER_SECOND_MAX, EXPORTS_AT_ONCE_MAX)


@router.get("/export", dependencies=[OnlyKnown])
async def export(
    request: Request,
    database: DoorDatabase,
    after: Annotated[
        int, Query(ge=0, le=NUMBER_MAX, description="The `next` of the part before.")
    ] = 0,
    limit: Annotated[int, Query(ge=1, le=LISTINGS_MAX, description="Listings.")] = LISTINGS_MAX,
) -> StreamingResponse:
    """Every public listing in full, one on each line, in the order they were first published."""
    _pace.check(request.client.host if request.client else "")
    return StreamingResponse(_lines(database, after, limit), media_type=MEDIA_TYPE)


async def _lines(database: Database, after: int, limit: int) -> AsyncIterator[str]:
    left = limit
    while left > 0:
        rows = min(left, LISTINGS_AT_ONCE_MAX)
        async with database.transaction() as connection:
            found = await exported.listings(connection, after=after, rows=rows)
        for number, document in found:
            after = number
            yield f"{document}\n"
        left -= len(found)
        if len(found) < rows:
            yield json.dumps({"next": None, "listings": limit - left}) + "\n"
            return
    yield json.dumps({"next": after, "listings": limit}) + "\n"
