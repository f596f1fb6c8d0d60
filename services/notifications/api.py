"""The doors to messages: what became of each, for a PCN's managers; how many, for operators.

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

Manager = Annotated[Caller, Depends(require("pcn-manager"))]
Counting = Annotated[Caller, Depends(require("pcn-manager", "operator"))]
State = Literal["pending", "sending", "sent", "suppressed", "failed"]


def _database(request: Request) -> Database:
    return cast("Database", request.app.state.database)


DoorDatabase = Annotated[Database, Depends(_database)]


@router.get("/messages")
async def list_messages(
    caller: Manager,
    database: DoorDatabase,
    page: Page,
    state: Annotated[State | None, Query(description="Only those that stand here.")] = None,
) -> dict[str, Any]:
    """The messages of your PCN, the latest first, without names or addresses."""
    before = None
    if page.after is not None:
        recorded_at, message_id = page.after
        before = (datetime.fromisoformat(str(recorded_at)), UUID(str(message_id)))
    async with database.transaction(organisations=caller.organisations) as connection:
        rows = await views.messages_page(
            connection, before=before, state=state, rows=page.limit_and_one
        )
    return page.answer(rows, key=lambda row: (row["recorded_at"].isoformat(), str(row["id"])))


async def _pcns_counted(request: Request, caller: Counting) -> Sequence[str]:
    """An operator counts the messages of the region's PCNs, and opens none."""
    memberships = cast("Access", request.app.state.access).memberships
    pcns = list(caller.pcns)
    for region_code in caller.regions:
        pcns += await memberships.pcns_of_region(region_code)
    return tuple(dict.fromkeys(pcns))


@router.get("/messages/counts")
async def count_messages(
    database: DoorDatabase, pcns: Annotated[Sequence[str], Depends(_pcns_counted)]
) -> dict[str, Any]:
    """How many messages of each PCN stand where, by rule and reason."""
    async with database.transaction(organisations=pcns) as connection:
        return {"items": await views.message_counts(connection), "next": None}


def routers(_context: ApiContext) -> Sequence[APIRouter]:
    """Every router of notifications; what it needs, the application carries."""
    return (router,)
