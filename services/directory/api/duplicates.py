"""The doors to listings that may be one and the same, and to who says what of a listing."""

from typing import Annotated, Any, Final, Literal
from uuid import UUID

from fastapi import APIRouter, Depends, Query
from fastapi.responses import JSONResponse
from starlette.responses import Response

from chassis.access import Caller, require
from chassis.refusals import NothingFound
from chassis.web.openapi import described
from chassis.web.pages import Page
from services.directory.api import feed_forms as forms
from services.directory.api.doors import DoorDatabase, answer_of, moment_of
from services.directory.api.listing_doors import KeeperDoor
from services.directory.api.reading import FIRST_ID
from services.directory.use_cases import duplicates
from services.directory.use_cases.outcome import Outcome
from services.directory.views import feeds as views

router = APIRouter(tags=["feeds"])

Registrar = Annotated[Caller, Depends(require("registrar"))]
DEMO: Final = {"demo_role": "registrar", "demo_organisation": "QZZ"}
PATH: Final = "/duplicates/{id}"


@router.get("/services/{service_id}/sources")
async def show_sources(door: KeeperDoor, service_id: UUID) -> dict[str, Any]:
    """Who says what of each fact of a listing, on which day, and where they disagree."""
    async with door.database.transaction(organisations=door.organisations) as connection:
        shown = await views.sources(connection, service_id)
    if shown is None:
        raise NothingFound
    return shown


@router.get("/organizations/{organization_id}/sources")
async def show_organization_sources(door: KeeperDoor, organization_id: UUID) -> dict[str, Any]:
    """Who says what of each fact of an organisation, on which day, and where they disagree."""
    async with door.database.transaction(organisations=door.organisations) as connection:
        shown = await views.organization_sources(connection, organization_id)
    if shown is None:
        raise NothingFound
    return shown


@router.get("/duplicates")
async def list_duplicates(
    caller: Registrar,
    database: DoorDatabase,
    page: Page,
    state: Annotated[
        Literal["proposed", "merged", "apart"], Query(description="What was decided.")
    ] = "proposed",
) -> dict[str, Any]:
    """Pairs of listings that are likely one, with the score and its reasons."""
    (after,) = page.after or (str(FIRST_ID),)
    async with database.transaction(organisations=caller.regions) as connection:
        rows = await views.duplicates_page(
            connection, state=state, after=UUID(str(after)), rows=page.limit_and_one
        )
    return page.answer(rows, key=lambda row: (str(row["id"]),))


@router.post("/duplicates/{duplicate_id}/merge", **described(example=forms.MERGE_EXAMPLE, **DEMO))
async def merge_duplicate(
    caller: Registrar, database: DoorDatabase, duplicate_id: UUID, form: forms.MergeForm
) -> Response:
    """Let one listing of a pair speak for both; the other leaves the public. Can be undone."""
    async with database.transaction(organisations=caller.regions) as connection:
        outcome = await duplicates.merge_duplicate(
            connection, caller.member_key, duplicate_id, form.keep, moment_of(form)
        )
    return _answer(outcome)


@router.post("/duplicates/{duplicate_id}/undo", **described(example=forms.DECISION_EXAMPLE, **DEMO))
async def undo_merge(
    caller: Registrar, database: DoorDatabase, duplicate_id: UUID, form: forms.DecisionForm
) -> Response:
    """Part a merged pair: both say what they said before."""
    async with database.transaction(organisations=caller.regions) as connection:
        outcome = await duplicates.undo_merge(
            connection, caller.member_key, duplicate_id, moment_of(form)
        )
    return _answer(outcome)


@router.post(
    "/duplicates/{duplicate_id}/apart", **described(example=forms.DECISION_EXAMPLE, **DEMO)
)
async def keep_apart(
    caller: Registrar, database: DoorDatabase, duplicate_id: UUID, form: forms.DecisionForm
) -> Response:
    """Say that a proposed pair is two listings; it is not proposed again."""
    async with database.transaction(organisations=caller.regions) as connection:
        outcome = await duplicates.keep_apart(
            connection, caller.member_key, duplicate_id, moment_of(form)
        )
    return _answer(outcome)


def _answer(outcome: Outcome) -> Response:
    answer = answer_of(outcome, PATH)
    return JSONResponse(dict(answer.body), headers={"ETag": answer.headers["ETag"]})
