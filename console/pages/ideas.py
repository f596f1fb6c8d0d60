"""Ideas of a network: what would close a gap, who backs it, what it became, and what money may help.

Promise    What somebody types goes to the directory and stands in no address. Each step is taken in
           the directory, under the token of whoever takes it; a step it refuses is refused here in words.
Not here   Raising one: ``raise_idea``. Which steps lead where, and which money fits: the directory.
"""

import asyncio
import re
from collections.abc import Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import Any, Final
from urllib.parse import urlencode
from uuid import UUID

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from console.client import Call, NothingThere, path
from console.directory_words import IDEA_STATES, need_name
from console.pages.forms import Errors, told
from console.pages.frame import COLLEAGUES, PUBLISHERS, Frame, holds
from console.session import Session

IDEAS_A_PAGE: Final = 20
AREAS_OFFERED_MAX: Final = 50
"""So many small areas are named by the address that an idea is raised at."""
LISTINGS_A_PAGE: Final = 100
LISTING_PAGES_MAX: Final = 3
FUND_KINDS: Final = {
    "statutory": "Public money (statutory)",
    "non-statutory": "Other money (non-statutory)",
}
SAID: Final = {
    "raised": "The network has this idea now.",
    "back": "You stand behind this idea.",
    "start": "It is noted that somebody has begun.",
    "listing": "It is noted which listing the idea became.",
}
STEPS: Final = frozenset({"back", "start", "listing"})
NAMES: Final = {"service_id": "The listing"}
_NETWORK: Final = re.compile(r"U[0-9]{5}")

Shown = Mapping[str, Any]


def make_router(frame: Frame) -> APIRouter:
    """The routes of these pages."""
    router = APIRouter(prefix="/networks/{code}/ideas", include_in_schema=False)

    @router.get("")
    async def listed(request: Request, code: str) -> Response:
        session = frame.sessions.needed(request)
        return await _draw_list(frame, request, session, network_of(code))

    @router.get("/{idea_id:uuid}")
    async def one(request: Request, code: str, idea_id: UUID) -> Response:
        session = frame.sessions.needed(request)
        return await _draw_one(frame, request, session, network_of(code), idea_id)

    @router.post("/{idea_id:uuid}/{step}")
    async def take(request: Request, code: str, idea_id: UUID, step: str) -> Response:
        session, fields = await frame.sessions.of_form(request)
        here = idea_address(network_of(code), str(idea_id))
        if step not in STEPS:
            raise NothingThere
        errors: Errors = {}
        parts = ["ideas", str(idea_id), step]
        if step == "listing":
            parts.append(fields.get("service_id", ""))
            errors = {} if parts[-1] else {"service_id": "Choose the listing that it became"}
        if not errors:
            call = Call("directory", path(*parts))
            _, errors = await told(frame.client.post(session.access_token, call, {}), NAMES)
        if errors:
            return await _draw_one(frame, request, session, code, idea_id, errors=errors)
        return RedirectResponse(f"{here}?said={step}", 303)

    return router


def network_of(code: str) -> str:
    """The network that an address names; what is no code of one is nobody's."""
    if _NETWORK.fullmatch(code) is None:
        raise NothingThere
    return code


def idea_address(code: str, idea_id: str) -> str:
    """Where an idea of a network stands."""
    return path("networks", code, "ideas", idea_id)


def raise_address(code: str, need: str | None = None, areas: Iterable[str] = ()) -> str:
    """Where an idea for a network is raised, for a need and in small areas where these are known."""
    asked = [("need", need)] if need else []
    asked += [("area", area) for area in areas]
    return path("networks", code, "ideas", "new") + (f"?{urlencode(asked)}" if asked else "")


def shown_idea(idea: Shown) -> dict[str, Any]:
    """An idea in words."""
    return {
        **idea,
        "name": need_name(idea["need_term"]),
        "area": idea["neighbourhood"] or idea["neighbourhood_code"],
        "state_words": IDEA_STATES.get(idea["state"], (idea["state"], "grey")),
        "href": idea_address(idea["pcn_code"], idea["id"]),
        "listing_href": path("listings", idea["listing_id"]) if idea["listing_id"] else None,
    }


def shown_funds(items: Iterable[Shown]) -> list[dict[str, Any]]:
    """Funds in words, public money first."""
    found = [
        {
            **one,
            "kind_words": FUND_KINDS.get(one["kind"], one["kind"]),
            "fits": [need_name(need) for need in one["needs"]],
            "amount": _amount(one["least_pounds"], one["most_pounds"]),
        }
        for one in items
    ]
    kinds = list(FUND_KINDS)
    return sorted(found, key=lambda one: kinds.index(one["kind"]) if one["kind"] in kinds else 9)


def _amount(least: int | None, most: int | None) -> str:
    if least is not None and most is not None:
        return f"£{least:,} to £{most:,}"
    if most is not None:
        return f"up to £{most:,}"
    return "" if least is None else f"from £{least:,}"


async def _draw_list(frame: Frame, request: Request, session: Session, code: str) -> Response:
    token, cursor = session.access_token, request.query_params.get("cursor", "")
    asked = {"pcn_code": code, "limit": IDEAS_A_PAGE} | ({"cursor": cursor} if cursor else {})
    listed, funding, memberships = await asyncio.gather(
        frame.client.get(token, Call("directory", "/ideas", asked)),
        frame.client.get(token, Call("directory", "/funding")),
        frame.memberships(session),
    )
    here = path("networks", code, "ideas")
    ideas, following = listed["items"], listed["next"]
    fitting = {fund_id for idea in ideas for fund_id in idea["fund_ids"]}
    context = {
        "title": f"Ideas of network {code}",
        "code": code,
        "ideas": [shown_idea(idea) for idea in ideas],
        "funds": [one for one in shown_funds(funding["items"]) if one["id"] in fitting],
        "raise_href": raise_address(code) if holds(memberships, COLLEAGUES) else None,
        "first": here if cursor else None,
        "following": f"{here}?{urlencode({'cursor': following})}" if following else None,
    }
    return await frame.draw("ideas.html", request, session, context, memberships=memberships)


async def _draw_one(
    frame: Frame,
    request: Request,
    session: Session,
    code: str,
    idea_id: UUID,
    *,
    errors: Errors = MappingProxyType({}),
) -> Response:
    token = session.access_token
    idea, funding, memberships = await asyncio.gather(
        frame.client.get(token, Call("directory", path("ideas", str(idea_id)))),
        frame.client.get(token, Call("directory", "/funding")),
        frame.memberships(session),
    )
    if idea["pcn_code"] != code:
        raise NothingThere
    publishes = holds(memberships, PUBLISHERS)
    may_list = publishes and idea["state"] == "started"
    context = {
        "title": idea["title"],
        "code": code,
        "idea": shown_idea(idea),
        "funds": [one for one in shown_funds(funding["items"]) if one["id"] in idea["fund_ids"]],
        "here": idea_address(code, str(idea_id)),
        "may_back": holds(memberships, COLLEAGUES) and idea["state"] != "listed",
        "may_start": publishes and idea["state"] == "backed",
        "may_list": may_list,
        "listings": await _listings(frame, token, idea["need_term_id"]) if may_list else [],
        "said": None if errors else SAID.get(request.query_params.get("said", "")),
        "errors": errors,
    }
    return await frame.draw(
        "idea.html",
        request,
        session,
        context,
        memberships=memberships,
        status=400 if errors else 200,
    )


async def _listings(frame: Frame, token: str, need_term_id: str) -> Sequence[dict[str, str]]:
    """The listings that answer a need, the latest pages of them, by name."""
    first = await _listing_page(frame, token, need_term_id, 1)
    last = int(first["total_pages"])
    numbers = range(max(2, last - LISTING_PAGES_MAX + 1), last + 1)
    pages = await asyncio.gather(
        *(_listing_page(frame, token, need_term_id, number) for number in numbers)
    )
    # A list is in the order of publication: a new group's listing is on its last pages.
    kept = [first, *pages][-LISTING_PAGES_MAX:]
    found = [
        {"value": one["id"], "text": f"{one['name']}, {one['organization']['name']}"}
        for page in kept
        for one in page["contents"]
    ]
    return sorted(found, key=lambda one: one["text"].casefold())


async def _listing_page(frame: Frame, token: str, need_term_id: str, number: int) -> Shown:
    asked = {"taxonomy_term_id": need_term_id, "per_page": LISTINGS_A_PAGE, "page": number}
    return await frame.client.get(token, Call("directory", "/services", asked))
