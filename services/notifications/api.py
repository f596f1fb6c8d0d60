"""The doors to messages: what became of each, and how many stand where.

A PCN's managers see what was sent about its referrals, a region's registrar which owners of listings
were asked. Operators see how many.

Promise    No answer holds a name or an address: there is none in the rows they are made from.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any, Literal, cast
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request

from chassis.access import Caller, require
from chassis.access.requirement import Access
from chassis.database import Database
from chassis.service import ApiContext
from chassis.web.pages import Page
from services.notifications import views

router = APIRouter(tags=["messages"])

Reading = Annotated[Caller, Depends(require("pcn-manager", "registrar"))]
Counting = Annotated[Caller, Depends(require("pcn-manager", "registrar", "operator"))]
State = Literal["pending", "sending", "sent", "suppressed", "failed"]


def _database(request: Request) -> Database:
    return cast("Database", request.app.state.database)


DoorDatabase = Annotated[Database, Depends(_database)]


@router.get("/messages")
async def list_messages(
    caller: Reading,
    database: DoorDatabase,
    page: Page,
    state: Annotated[State | None, Query(description="Only those that stand here.")] = None,
) -> dict[str, Any]:
    """The messages of your PCN or region, the latest first, without names or addresses."""
    before = None
    if page.after is not None:
        recorded_at, message_id = page.after
        before = (datetime.fromisoformat(str(recorded_at)), UUID(str(message_id)))
    async with database.transaction(organisations=caller.organisations) as connection:
        rows = await views.messages_page(
            connection, before=before, state=state, rows=page.limit_and_one
        )
    return page.answer(rows, key=lambda row: (row["recorded_at"].isoformat(), str(row["id"])))


async def _counted(request: Request, caller: Counting) -> Sequence[str]:
    """An operator counts the messages of the region and of its PCNs, and opens none."""
    memberships = cast("Access", request.app.state.access).memberships
    codes = list(caller.organisations)
    for one in caller.matched:
        if one.role == "operator":
            region_code = one.organisation_code
            codes += (region_code, *await memberships.pcns_of_region(region_code))
    return tuple(dict.fromkeys(codes))


@router.get("/messages/counts")
async def count_messages(
    database: DoorDatabase, codes: Annotated[Sequence[str], Depends(_counted)]
) -> dict[str, Any]:
    """How many messages of each PCN and region stand where, by rule and reason."""
    async with database.transaction(organisations=codes) as connection:
        return {"items": await views.message_counts(connection), "next": None}


def routers(_context: ApiContext) -> Sequence[APIRouter]:
    """Every router of notifications; what it needs, the application carries."""
    return (router,)
