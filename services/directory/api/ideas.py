"""The doors of ideas: from a gap that somebody saw to a listing, and the money that may help."""

from typing import Annotated, Any, Final, Literal
from uuid import UUID

from fastapi import APIRouter, Depends, Query
from fastapi.encoders import jsonable_encoder
from fastapi.responses import JSONResponse
from pydantic import Field
from starlette.responses import Response

from chassis import clock
from chassis.access import anyone
from chassis.database import Connection
from chassis.refusals import NothingFound
from chassis.web.etags import etag
from chassis.web.fields import PcnCode, PlainText, Prose
from chassis.web.idempotency import Keyed as KeyedHeader
from chassis.web.openapi import described
from chassis.web.pages import Page
from contracts import codes
from services.directory.api.doors import enter_once, moment_of
from services.directory.api.forms import Timed
from services.directory.api.listing_doors import ListingDoor, PublisherDoor, SuggesterDoor
from services.directory.api.listing_forms import NeedTerm
from services.directory.domain.funding import FUNDS, funds_for
from services.directory.domain.ideas import IdeaStep
from services.directory.domain.register import Moment
from services.directory.use_cases import ideas
from services.directory.use_cases.outcome import Outcome

router = APIRouter(tags=["ideas"])

IDEA_PATH: Final = "/ideas/{id}"
DEMO: Final = {"demo_role": "link-worker", "demo_organisation": "U99001"}
_LATEST: Final = UUID(int=2**128 - 1)


class IdeaForm(Timed):
    """A gap that you would close."""

    pcn_code: PcnCode
    need_term: NeedTerm
    neighbourhood_code: Annotated[str, PlainText(20)] | None = None
    title: Annotated[str, PlainText(200)]
    words: Annotated[str, Prose(2_000)] | None = Field(
        None, description="What you have in mind, without anybody's name."
    )


@router.post(
    "/ideas",
    status_code=201,
    **described(
        example={
            "pcn_code": "U99001",
            "need_term": "debt",
            "title": "Debt advice in Bromden Green",
            "words": "A morning a week in the library.",
        },
        **DEMO,
    ),
)
async def raise_idea(door: SuggesterDoor, keyed: KeyedHeader, form: IdeaForm) -> Response:
    """Say what a network lacks and what would close the gap; the same again is the same idea."""

    async def effect(connection: Connection) -> Outcome:
        return await ideas.raise_idea(
            connection,
            door.actor,
            door.region_code,
            pcn_code=form.pcn_code,
            need_term=form.need_term,
            neighbourhood_code=form.neighbourhood_code,
            title=form.title,
            words=form.words,
            moment=moment_of(form),
        )

    return await enter_once(
        door.database, door.caller, keyed, door.organisations, effect, path=IDEA_PATH
    )


@router.get("/ideas")
async def list_ideas(
    door: SuggesterDoor, page: Page, pcn_code: PcnCode | None = None
) -> dict[str, Any]:
    """Ideas of your region, or of one network, the latest first, with the funds that may fit each."""
    (before,) = page.after or (str(_LATEST),)
    async with door.database.transaction(organisations=door.organisations) as connection:
        rows = await ideas.ideas_page(
            connection,
            pcn_code=pcn_code,
            before=UUID(str(before)),
            rows=page.limit_and_one,
        )
    return page.answer(rows, key=lambda row: (str(row["id"]),))


@router.get("/ideas/{idea_id}")
async def show_idea(door: SuggesterDoor, idea_id: UUID, response: Response) -> dict[str, Any]:
    """One idea of your region, as the list has it."""
    async with door.database.transaction(organisations=door.organisations) as connection:
        shown = await ideas.shown_idea(connection, idea_id)
    if shown is None:
        raise NothingFound
    response.headers["ETag"] = etag(shown["version"])
    return shown


@router.post("/ideas/{idea_id}/back")
async def back_idea(door: SuggesterDoor, idea_id: UUID) -> Response:
    """Stand behind an idea; again changes nothing."""
    return await _step(door, idea_id, "back")


@router.post("/ideas/{idea_id}/start")
async def start_idea(door: PublisherDoor, idea_id: UUID) -> Response:
    """Say that somebody has begun with a backed idea."""
    return await _step(door, idea_id, "start")


@router.post("/ideas/{idea_id}/listing/{service_id}")
async def list_idea(door: PublisherDoor, idea_id: UUID, service_id: UUID) -> Response:
    """Say which listing a started idea has become."""
    return await _step(door, idea_id, "list", listing_id=service_id)


@router.get("/funding", dependencies=[Depends(anyone())])
async def list_funds(
    need: Annotated[codes.Need | None, Query(description="A broad need it fits.")] = None,
    kind: Annotated[Literal["statutory", "non-statutory"] | None, Query()] = None,
) -> dict[str, Any]:
    """Where money may come from: what we are sure of, since when, and where to read the rules."""
    found = funds_for(need, kind=kind)
    items = [ideas.shown_fund(fund) for fund in found]
    return {"items": items, "known": len(FUNDS), "next": None}


async def _step(
    door: ListingDoor, idea_id: UUID, step: IdeaStep, *, listing_id: UUID | None = None
) -> Response:
    now = clock.now()
    async with door.database.transaction(organisations=door.organisations) as connection:
        outcome = await ideas.take_step(
            connection, door.actor, idea_id, step, Moment(now, now), listing_id=listing_id
        )
    return JSONResponse(jsonable_encoder(outcome.body), headers={"ETag": etag(outcome.version)})
