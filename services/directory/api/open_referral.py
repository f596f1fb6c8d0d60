"""The public reads of Open Referral UK (HSDS-UK 3.0): no token, any origin.

Promise    A parameter that this API does not know, or that is out of range, is a problem naming
           it, never ignored. Pages follow one another in the order the listings were entered.
Not here   The shapes: ``domain.open_referral``, written when a listing is published.
"""

from typing import Annotated, Any, Final, Literal
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request
from fastapi.routing import APIRoute
from starlette.datastructures import MutableHeaders
from starlette.responses import Response
from starlette.types import Message, Receive, Scope, Send

from chassis.access import anyone
from chassis.refusals import BrokenRule, NothingFound, RuleBroken
from contracts import needs
from services.directory import views
from services.directory.api.doors import DoorDatabase, DoorSettings
from services.directory.domain.listings import PageBeyondEnd, Search
from services.directory.domain.open_referral import PROFILE, PROFILE_VERSION
from services.directory.domain.taxonomy import TAXONOMY_ID, code_of, taxonomy_term

PER_PAGE_DEFAULT: Final = 20
PER_PAGE_MAX: Final = 100
PAGE_MAX: Final = 100_000
SEARCH_LENGTH_MAX: Final = 200
AGE_MAX: Final = 130

_PAGING: Final = frozenset({"page", "per_page"})
_TIME = r"^([01][0-9]|2[0-3]):[0-5][0-9](:[0-5][0-9])?$"


class OpenRoute(APIRoute):
    """A route whose every answer, problems too, may be read by a page of any origin."""

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer, and say that anybody may read the answer."""

        async def opened(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message)["Access-Control-Allow-Origin"] = "*"
            await send(message)

        await super().handle(scope, receive, opened)


router = APIRouter(tags=["open referral"], route_class=OpenRoute, dependencies=[Depends(anyone())])

PageNumber = Annotated[int, Query(alias="page", ge=1, le=PAGE_MAX, description="From 1.")]
PerPage = Annotated[int, Query(ge=1, le=PER_PAGE_MAX, description="Items on a page.")]


def _refuse_unknown(request: Request, known: frozenset[str]) -> None:
    unknown = sum(1 for name in request.query_params if name not in known)
    if unknown:
        names = ", ".join(sorted(known))
        raise RuleBroken(BrokenRule("", f"must be one of {names}", "query"))


def _beyond_end() -> RuleBroken:
    return RuleBroken(BrokenRule("/page", "must be a page there is", "query"))


@router.get("/")
async def describe_api(settings: DoorSettings, request: Request) -> dict[str, str]:
    """What this API speaks."""
    base = settings.directory_url or str(request.base_url).rstrip("/")
    return {
        "version": PROFILE_VERSION,
        "profile": PROFILE,
        "openapi_url": f"{base}/openapi.json",
    }


async def _search(
    request: Request,
    search: Annotated[
        str | None, Query(max_length=SEARCH_LENGTH_MAX, description="Words to look for.")
    ] = None,
    taxonomy_term_id: Annotated[UUID | None, Query(description="A need it answers.")] = None,
    taxonomy_id: Annotated[UUID | None, Query(description="A taxonomy it is sorted by.")] = None,
    minimum_age: Annotated[
        float | None, Query(ge=0, le=AGE_MAX, description="Its minimum age is at least this.")
    ] = None,
    maximum_age: Annotated[
        float | None, Query(ge=0, le=AGE_MAX, description="Its maximum age is at most this.")
    ] = None,
    day: Annotated[
        str | None,
        Query(pattern=r"^(MO|TU|WE|TH|FR|SA|SU)$", description="A day it takes place on."),
    ] = None,
    start_time: Annotated[
        str | None, Query(pattern=_TIME, description="It opens at this time or later.")
    ] = None,
    end_time: Annotated[
        str | None, Query(pattern=_TIME, description="It closes at this time or earlier.")
    ] = None,
) -> Search | None:
    """What to look for; None where nothing can be found by it."""
    _refuse_unknown(request, _SEARCHING)
    if taxonomy_id not in {None, TAXONOMY_ID}:
        return None
    need = None if taxonomy_term_id is None else code_of(needs.TERMS, taxonomy_term_id)
    if taxonomy_term_id is not None and need is None:
        return None
    return Search(
        words=search or None,
        need=need,
        minimum_age=minimum_age,
        maximum_age=maximum_age,
        day=day,
        start_time=start_time,
        end_time=end_time,
    )


_SEARCHING: Final = _PAGING | {
    "search",
    "taxonomy_term_id",
    "taxonomy_id",
    "minimum_age",
    "maximum_age",
    "day",
    "start_time",
    "end_time",
}


@router.get("/services")
async def list_services(
    database: DoorDatabase,
    search: Annotated[Search | None, Depends(_search)],
    number: PageNumber = 1,
    per_page: PerPage = PER_PAGE_DEFAULT,
) -> dict[str, Any]:
    """The published listings that match, in the order they were entered."""
    try:
        if search is None:
            return views.empty_page(number=number)
        async with database.transaction() as connection:
            return await views.search_listings(connection, search, number=number, per_page=per_page)
    except PageBeyondEnd:
        raise _beyond_end() from None


@router.get("/services/{service_id}")
async def show_service(database: DoorDatabase, service_id: UUID) -> Response:
    """One published listing with everything that belongs to it."""
    async with database.transaction() as connection:
        document = await views.open_listing(connection, service_id)
    if document is None:
        raise NothingFound
    return Response(document, media_type="application/json")


Words = Annotated[
    str | None, Query(max_length=SEARCH_LENGTH_MAX, description="Words it has to hold.")
]
Format = Annotated[Literal["json"], Query(alias="format", description="Only JSON is spoken here.")]


@router.get("/taxonomies")
async def list_taxonomies(
    request: Request,
    search: Words = None,
    number: PageNumber = 1,
    per_page: PerPage = PER_PAGE_DEFAULT,
    _format: Format = "json",
) -> dict[str, Any]:
    """The taxonomies listings are sorted by: there is one, of needs."""
    _refuse_unknown(request, _PAGING | {"search", "format"})
    try:
        return views.taxonomies_page(words=search, number=number, per_page=per_page)
    except PageBeyondEnd:
        raise _beyond_end() from None


@router.get("/taxonomies/{taxonomy_id}")
async def show_taxonomy(taxonomy_id: UUID) -> dict[str, Any]:
    """One taxonomy with its terms."""
    if taxonomy_id != TAXONOMY_ID:
        raise NothingFound
    return views.taxonomy_with_terms()


@router.get("/taxonomy_terms")
async def list_taxonomy_terms(
    request: Request,
    search: Words = None,
    taxonomy_id: Annotated[UUID | None, Query(description="The taxonomy they are of.")] = None,
    parent_id: Annotated[UUID | None, Query(description="The broad need they belong to.")] = None,
    *,
    top_only: Annotated[bool, Query(description="The broad needs alone.")] = False,
    number: PageNumber = 1,
    per_page: PerPage = PER_PAGE_DEFAULT,
    _format: Format = "json",
) -> dict[str, Any]:
    """The needs a listing can answer: the broad ones first, then the finer below them."""
    _refuse_unknown(request, _PAGING | {"search", "format", "taxonomy_id", "parent_id", "top_only"})
    try:
        return views.terms_page(
            words=search,
            taxonomy_id=taxonomy_id,
            parent_id=parent_id,
            top_only=top_only,
            number=number,
            per_page=per_page,
        )
    except PageBeyondEnd:
        raise _beyond_end() from None


@router.get("/taxonomy_terms/{term_id}")
async def show_taxonomy_term(term_id: UUID) -> dict[str, Any]:
    """One need."""
    need = code_of(needs.TERMS, term_id)
    if need is None:
        raise NothingFound
    return taxonomy_term(needs.TERMS[need])
