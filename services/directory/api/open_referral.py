"""The public reads of Open Referral UK (HSDS-UK 3.0): no token, any origin.

Promise    A parameter that this API does not know, or that is out of range, is a problem naming
           it, never ignored. Pages follow one another in the order the listings were entered.
Not here   The shapes: ``domain.open_referral``, written when a listing is published.
"""

from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Annotated, Any, Final, Literal
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request
from pydantic import AfterValidator
from starlette.responses import Response

from chassis.access import anyone
from chassis.database import Connection
from chassis.refusals import BrokenRule, NothingFound, RuleBroken
from chassis.web.fields import EARLIEST_YEAR, broken
from contracts import needs
from services.directory.api.doors import DoorDatabase, DoorSettings
from services.directory.api.open_route import OnlyKnown, OpenRoute
from services.directory.domain.open_referral import PROFILE, PROFILE_VERSION
from services.directory.domain.paging import Near, PageBeyondEnd, Search
from services.directory.domain.taxonomy import TAXONOMY_ID, code_of
from services.directory.use_cases.areas import areas_of
from services.directory.use_cases.places import find_place
from services.directory.use_cases.search import text_query
from services.directory.views import open_referral as views

PER_PAGE_DEFAULT: Final = 20
PER_PAGE_MAX: Final = 100
PAGE_MAX: Final = 100_000
SEARCH_LENGTH_MAX: Final = 200
AGE_MAX: Final = 130
LATEST_YEAR: Final = 9_998
POSTCODE_LENGTH_MAX: Final = 80
PROXIMITY_DEFAULT_METRES: Final = 5_000
PROXIMITY_MAX_METRES: Final = 200_000

_TIME = r"^([01][0-9]|2[0-3]):[0-5][0-9](:[0-5][0-9])?$"

router = APIRouter(tags=["open referral"], route_class=OpenRoute, dependencies=[Depends(anyone())])

PageNumber = Annotated[int, Query(alias="page", ge=1, le=PAGE_MAX, description="From 1.")]
PerPage = Annotated[int, Query(ge=1, le=PER_PAGE_MAX, description="Items on a page.")]

Format = Annotated[Literal["json"], Query(alias="format", description="Only JSON is spoken here.")]


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


Organization = Annotated[UUID | None, Query(description="The organisation that gives it.")]


def _in_range(value: datetime) -> datetime:
    """A time that stays a time in whatever zone it is written, and so can be compared."""
    if not EARLIEST_YEAR <= value.year <= LATEST_YEAR:
        raise broken(f"must lie between {EARLIEST_YEAR} and {LATEST_YEAR}")
    return value


Since = Annotated[
    Annotated[datetime, AfterValidator(_in_range)] | None,
    Query(description="Changed after this time; what is gone is among them."),
]


@dataclass(frozen=True, slots=True)
class Asked:
    """What lists of services are asked; ``search`` is None where nothing can be found by it."""

    search: Search | None
    form: views.Form


async def _asked(
    search: Annotated[
        str | None, Query(max_length=SEARCH_LENGTH_MAX, description="Words to look for.")
    ] = None,
    taxonomy_term_id: Annotated[
        UUID | None, Query(description="A need it answers, or a term of another taxonomy.")
    ] = None,
    taxonomy_id: Annotated[UUID | None, Query(description="A taxonomy it is sorted by.")] = None,
    organization_id: Organization = None,
    modified_after: Since = None,
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
    *,
    full: Annotated[bool, Query(description="With everything that belongs to it.")] = False,
) -> Asked:
    form: views.Form = "full" if full else "list"
    need = None if taxonomy_term_id is None else code_of(needs.TERMS, taxonomy_term_id)
    if need is not None and taxonomy_id not in {None, TAXONOMY_ID}:
        return Asked(None, form)
    foreign_id = taxonomy_term_id if need is None else None
    if modified_after is not None and modified_after.tzinfo is None:
        modified_after = modified_after.replace(tzinfo=UTC)
    return Asked(
        Search(
            words=search or None,
            need=need,
            term_id=foreign_id,
            # Every listing is sorted by our own.
            taxonomy_id=None if taxonomy_id == TAXONOMY_ID and foreign_id is None else taxonomy_id,
            organization_id=organization_id,
            modified_after=modified_after,
            minimum_age=minimum_age,
            maximum_age=maximum_age,
            day=day,
            start_time=start_time,
            end_time=end_time,
        ),
        form,
    )


async def _understood(connection: Connection, asked: Search | None) -> Search | None:
    """The same with its words read as people mean them; None where nothing can be found by them."""
    if asked is None or asked.words is None:
        return asked
    query = await text_query(connection, asked.words)
    return None if query is None else replace(asked, words=query)


@router.get("/services", dependencies=[OnlyKnown])
async def list_services(
    database: DoorDatabase,
    asked: Annotated[Asked, Depends(_asked)],
    number: PageNumber = 1,
    per_page: PerPage = PER_PAGE_DEFAULT,
    _format: Format = "json",
    *,
    minimal: Annotated[bool, Query(description="Only id, name and status.")] = False,
) -> dict[str, Any]:
    """The listings that match, in the order they were first published."""
    if minimal and asked.form == "full":
        raise RuleBroken(BrokenRule("/minimal", "must not stand beside full", "query"))
    form: views.Form = "minimal" if minimal else asked.form
    try:
        async with database.transaction() as connection:
            search = await _understood(connection, asked.search)
            if search is None:
                return views.empty_page(number=number)
            return await views.services_page(
                connection, search, form=form, number=number, per_page=per_page
            )
    except PageBeyondEnd:
        raise _beyond_end() from None


@router.get("/services/{service_id}", dependencies=[OnlyKnown])
async def show_service(database: DoorDatabase, service_id: UUID) -> Response:
    """One listing with everything that belongs to it; of one that left, that it is defunct."""
    async with database.transaction() as connection:
        document = await views.service(connection, service_id)
    if document is None:
        raise NothingFound
    return Response(document, media_type="application/json")


@router.get("/service_at_locations", dependencies=[OnlyKnown])
async def list_services_at_locations(
    database: DoorDatabase,
    asked: Annotated[Asked, Depends(_asked)],
    postcode: Annotated[
        str | None,
        Query(
            max_length=POSTCODE_LENGTH_MAX,
            description="For people who live there: by the areas it says it is for, else near it.",
        ),
    ] = None,
    proximity: Annotated[
        int | None, Query(ge=1, le=PROXIMITY_MAX_METRES, description="Metres from there.")
    ] = None,
    number: PageNumber = 1,
    per_page: PerPage = PER_PAGE_DEFAULT,
    _format: Format = "json",
) -> dict[str, Any]:
    """The places that matching listings are given at, in the order they were first published."""
    if proximity is not None and postcode is None:
        raise RuleBroken(BrokenRule("/proximity", "must stand beside postcode", "query"))
    try:
        async with database.transaction() as connection:
            search = await _understood(connection, asked.search)
            if postcode is not None:
                place = await find_place(connection, postcode, parameter="postcode")
                metres = proximity or PROXIMITY_DEFAULT_METRES
                near = Near(
                    place.point.latitude,
                    place.point.longitude,
                    metres,
                    areas=await areas_of(connection, place),
                    is_bounded=proximity is not None,
                )
                search = None if search is None else replace(search, near=near)
            if search is None:
                return views.empty_page(number=number)
            return await views.locations_page(
                connection, search, form=asked.form, number=number, per_page=per_page
            )
    except PageBeyondEnd:
        raise _beyond_end() from None


@router.get("/service_at_locations/{location_id}", dependencies=[OnlyKnown])
async def show_service_at_location(database: DoorDatabase, location_id: UUID) -> dict[str, Any]:
    """One listing at one of its places."""
    async with database.transaction() as connection:
        shown = await views.service_at_location_shown(connection, location_id)
    if shown is None:
        raise NothingFound
    return shown


@router.get("/organizations", dependencies=[OnlyKnown])
async def list_organizations(
    database: DoorDatabase,
    search: Annotated[
        str | None, Query(max_length=SEARCH_LENGTH_MAX, description="Words of its name.")
    ] = None,
    number: PageNumber = 1,
    per_page: PerPage = PER_PAGE_DEFAULT,
    _format: Format = "json",
    *,
    full: Annotated[bool, Query(description="With everything that belongs to it.")] = False,
    full_service: Annotated[bool, Query(description="With its listings in full.")] = False,
) -> dict[str, Any]:
    """The organisations that have something to show, in the order they first had."""
    form: views.Form = "full" if full or full_service else "list"
    try:
        async with database.transaction() as connection:
            return await views.organizations_page(
                connection, words=search or None, form=form, number=number, per_page=per_page
            )
    except PageBeyondEnd:
        raise _beyond_end() from None


@router.get("/organizations/{organization_id}", dependencies=[OnlyKnown])
async def show_organization(database: DoorDatabase, organization_id: UUID) -> Response:
    """One organisation with its listings."""
    async with database.transaction() as connection:
        document = await views.organization(connection, organization_id)
    if document is None:
        raise NothingFound
    return Response(document, media_type="application/json")


Words = Annotated[
    str | None, Query(max_length=SEARCH_LENGTH_MAX, description="Words it has to hold.")
]


@router.get("/taxonomies", dependencies=[OnlyKnown])
async def list_taxonomies(
    database: DoorDatabase,
    search: Words = None,
    number: PageNumber = 1,
    per_page: PerPage = PER_PAGE_DEFAULT,
    _format: Format = "json",
) -> dict[str, Any]:
    """The taxonomies listings are sorted by: ours, of needs, and those of other directories."""
    try:
        async with database.transaction() as connection:
            return await views.taxonomies_page(
                connection, words=search, number=number, per_page=per_page
            )
    except PageBeyondEnd:
        raise _beyond_end() from None


@router.get("/taxonomies/{taxonomy_id}", dependencies=[OnlyKnown])
async def show_taxonomy(database: DoorDatabase, taxonomy_id: UUID) -> dict[str, Any]:
    """One taxonomy with its terms."""
    async with database.transaction() as connection:
        shown = await views.taxonomy_with_terms(connection, taxonomy_id)
    if shown is None:
        raise NothingFound
    return shown


@router.get("/taxonomy_terms", dependencies=[OnlyKnown])
async def list_taxonomy_terms(
    database: DoorDatabase,
    search: Words = None,
    taxonomy_id: Annotated[UUID | None, Query(description="The taxonomy they are of.")] = None,
    parent_id: Annotated[
        UUID | None, Query(description="The broad need, or other term, above them.")
    ] = None,
    *,
    top_only: Annotated[bool, Query(description="Those that stand below none.")] = False,
    number: PageNumber = 1,
    per_page: PerPage = PER_PAGE_DEFAULT,
    _format: Format = "json",
) -> dict[str, Any]:
    """The needs a listing can answer, the broad ones first; then what else listings are sorted by."""
    try:
        async with database.transaction() as connection:
            return await views.terms_page(
                connection,
                words=search,
                taxonomy_id=taxonomy_id,
                parent_id=parent_id,
                top_only=top_only,
                number=number,
                per_page=per_page,
            )
    except PageBeyondEnd:
        raise _beyond_end() from None


@router.get("/taxonomy_terms/{term_id}", dependencies=[OnlyKnown])
async def show_taxonomy_term(database: DoorDatabase, term_id: UUID) -> dict[str, Any]:
    """One need, or a term of another taxonomy that a listing bears."""
    async with database.transaction() as connection:
        shown = await views.term(connection, term_id)
    if shown is None:
        raise NothingFound
    return shown
