"""The open door of the search: anybody asks in plain words, and is told why each listing was found.

Promise    No token, any origin; a parameter that is not known, or out of range, is refused by name.
           Nothing of what was asked is written down but what ``use_cases.search`` counts.
Price      The pace is kept by each process for itself, by the address that the request came from.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import time
from typing import Annotated, Any, Final, Literal, cast

from fastapi import APIRouter, Depends, Query, Request

from chassis.access import anyone, caller_if_known
from chassis.access.pace import Pace
from chassis.access.requirement import Access
from chassis.database import Database
from chassis.refusals import BrokenRule, RuleBroken
from chassis.web.pages import Page as PageAsked
from contracts.needs import TERMS
from services.directory.api.doors import DoorDatabase
from services.directory.api.open_route import OpenRoute, refuse_unknown
from services.directory.api.places import shown_place
from services.directory.domain.places import PLACE_LENGTH_MAX
from services.directory.domain.search import (
    PARTS_OF_DAY,
    WITHIN_METRES_MAX,
    Hours,
    Wanted,
)
from services.directory.domain.unmet_need import Home
from services.directory.use_cases import areas, places, search
from services.directory.use_cases.wording import wording

SEARCHES_PER_SECOND_MAX: Final = 100
SEARCHES_AT_ONCE_MAX: Final = 300
WORDS_LENGTH_MAX: Final = 200
AGE_MAX: Final = 130
ACCESS_MAX: Final = 5
_TIME: Final = r"^(morning|afternoon|evening|([01][0-9]|2[0-3]):[0-5][0-9])$"

router = APIRouter(tags=["search"], route_class=OpenRoute, dependencies=[Depends(anyone())])
_pace: Final = Pace(SEARCHES_PER_SECOND_MAX, SEARCHES_AT_ONCE_MAX)


_KNOWN: Final = frozenset(
    {
        "words", "near", "within_metres", "day", "time", "age", "cost", "language", "access",
        "attendance", "accepting", "need", "limit", "cursor",
    }
)  # fmt: skip


def _refused(parameter: str, rule: str) -> RuleBroken:
    return RuleBroken(BrokenRule(f"/{parameter}", rule, "query"))


def _hours(said: str | None) -> Hours | None:
    """A part of the day, or the minute that was named."""
    if said is None:
        return None
    if said in PARTS_OF_DAY:
        return PARTS_OF_DAY[said]
    begins = time.fromisoformat(said)
    return Hours(begins, begins.replace(second=59))


def _refuse_what_is_not_known(request: Request, need: str | None, access: Sequence[str]) -> None:
    refuse_unknown(request.query_params, _KNOWN)
    if need is not None and need not in TERMS:
        raise _refused("need", "must be a need of the catalogue, as /taxonomy_terms lists them")
    known_access = wording().access
    if any(one not in known_access for one in access):
        raise _refused("access", f"must be one of {', '.join(known_access)}")


def _wanted(
    request: Request,
    need: Annotated[
        str | None, Query(max_length=40, description="A need, as /taxonomy_terms calls it.")
    ] = None,
    within_metres: Annotated[
        int | None,
        Query(ge=1, le=WITHIN_METRES_MAX, description="How far away at most; needs near."),
    ] = None,
    day: Annotated[
        Literal["MO", "TU", "WE", "TH", "FR", "SA", "SU"] | None,
        Query(description="A day it takes place on."),
    ] = None,
    at: Annotated[
        str | None,
        Query(
            alias="time",
            pattern=_TIME,
            description="morning, afternoon, evening, or a time it takes place at, such as 10:30.",
        ),
    ] = None,
    age: Annotated[
        float | None, Query(ge=0, le=AGE_MAX, description="The age of whoever would go.")
    ] = None,
    cost: Annotated[Literal["free"] | None, Query(description="Only what is free.")] = None,
    language: Annotated[
        str | None,
        Query(pattern=r"^[a-z]{2,3}$", description="A language spoken there (ISO 639), as ur."),
    ] = None,
    access: Annotated[
        list[str] | None,
        Query(max_length=ACCESS_MAX, description="What the place must have, each by itself."),
    ] = None,
    attendance: Annotated[
        Literal["in-person", "remote"] | None, Query(description="How to take part.")
    ] = None,
    accepting: Annotated[  # noqa: FBT002 - a query says true or nothing
        bool, Query(description="Only what takes people now.")
    ] = False,
) -> Wanted:
    """What a listing has to meet; the place is looked up once the database is open."""
    _refuse_what_is_not_known(request, need, access or ())
    if within_metres is not None and not request.query_params.get("near"):
        raise _refused("near", "must be given where within_metres is")
    return Wanted(
        need=need,
        within_metres=within_metres,
        day=day,
        hours=_hours(at),
        age=age,
        free=cost == "free",
        language=language,
        access=tuple(access or ()),
        attendance=attendance,
        accepting=accepting,
    )


async def _home(request: Request) -> Home:
    """Whose search it is: of the network of whoever signed in, or of the only region there is."""
    caller = await caller_if_known(request)
    memberships = cast("Access", request.app.state.access).memberships
    practices = () if caller is None else caller.practices
    places = [await memberships.organisation("practice", code) for code in practices]
    pcns = {place.pcn_code for place in places if place is not None and place.pcn_code}
    pcns |= set(() if caller is None else caller.pcns)
    networks = [await memberships.organisation("pcn", code) for code in sorted(pcns)]
    regions = {one.region_code for one in networks if one is not None and one.region_code}
    regions |= set(() if caller is None else caller.regions)
    if not regions:
        regions = set(await memberships.regions())
    if len(regions) != 1:
        return Home()
    return Home(regions.pop(), pcns.pop() if len(pcns) == 1 else None)


async def _count(request: Request, database: Database, in_vain: search.InVain) -> None:
    """Count a search that found nothing, seeing no more than whom it is counted under."""
    # Who asks is looked up here alone: whatever is found, and wherever a small area is known,
    # nobody needs it.
    under = None if in_vain.is_placed else search.counted_under(in_vain, await _home(request))
    seen = [] if under is None or under.region_code is None else [under.region_code]
    async with database.transaction(organisations=seen) as connection:
        await search.count_in_vain(connection, in_vain, under)


@router.get("/search")
async def search_listings(
    request: Request,
    database: DoorDatabase,
    page: PageAsked,
    wanted: Annotated[Wanted, Depends(_wanted)],
    words: Annotated[
        str | None,
        Query(max_length=WORDS_LENGTH_MAX, description="What somebody looks for, in their words."),
    ] = None,
    near: Annotated[
        str | None,
        Query(
            min_length=1,
            max_length=PLACE_LENGTH_MAX,
            description="A postcode, the first half of one, or the name of a place.",
        ),
    ] = None,
) -> dict[str, Any]:
    """The published listings that fit, the best first, each with its score's parts and why.

    Words speak of needs ("my husband died", "skint"), and misspelt ones are understood. Where
    nothing is found, `alternatives` give up one filter at a time and say which.
    """
    _pace.check(request.client.host if request.client else "")
    async with database.transaction() as connection:
        if near is not None:
            place = await places.find_place(connection, near, parameter="near")
            wanted = replace(wanted, near=place, areas=await areas.areas_of(connection, place))
        read = await search.read_words(connection, words)
        key = search.key_of_page(page.after)
        found = await search.search(connection, wanted, read, key, rows=page.limit_and_one)
    if found.in_vain is not None:
        await _count(request, database, found.in_vain)
    answer = page.answer(found.items, key=lambda item: item[0], item=lambda item: item[1])
    return {
        **answer,
        "understood": {
            "needs": [term for concept in read.concepts for term in concept.meant],
            "words": [
                said for concept in read.concepts if not concept.meant for said in concept.said
            ],
            "corrected": [{"from": said, "to": meant} for said, meant in read.corrected],
            "near": None if wanted.near is None else shown_place(wanted.near),
            "within_metres": None if wanted.near is None else int(found.reach_metres or 0),
            "width": found.width,
            "synonyms_version": wording().version,
        },
        "alternatives": list(found.alternatives),
    }
