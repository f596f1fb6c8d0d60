"""Unmet need: what was asked for in vain and what is lacking where, with ideas and money beside it.

Promise    Every count and rate is the directory's own, controlled or exact as it gave it; nothing is
           reckoned from a count here, so no sum tells what was hidden.
Not here   When an area lacks something, and how small numbers are controlled: the directory.
"""

import asyncio
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import urlencode

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from console.client import Call, path
from console.directory_words import LANGUAGES, WHY_UNMET, need_name
from console.pages.frame import Frame
from console.pages.ideas import (
    AREAS_OFFERED_MAX,
    network_of,
    raise_address,
    shown_funds,
    shown_idea,
)
from console.session import Session

MONTHS: Final = {
    "1": "This month",
    "3": "The last 3 months",
    "12": "The last 12 months",
    "24": "The last 24 months",
    "60": "The last 5 years",
}
MONTHS_DEFAULT: Final = "12"
IDEAS_SHOWN_MAX: Final = 100
WHOLE_PAGE: Final = {"limit": 100}
ASKED_FROM: Final = "asked"
LACKING_FROM: Final = "lacking"
PLACES: Final = {ASKED_FROM: "asked", LACKING_FROM: "lacking"}
"""By the list that is paged: where on the page it begins."""
Shown = Mapping[str, Any]


def make_router(frame: Frame) -> APIRouter:
    """The routes of these pages."""
    router = APIRouter(include_in_schema=False)

    @router.get("/networks/{code}/unmet-need")
    async def network(request: Request, code: str) -> Response:
        session = frame.sessions.needed(request)
        place = {
            "kind": "Primary Care Network",
            "back": path("networks", code),
            "pcn_code": network_of(code),
        }
        return await _draw(frame, request, session, path("pcns", code, "unmet-need"), place)

    @router.get("/regions/{code}/unmet-need")
    async def region(request: Request, code: str) -> Response:
        session = frame.sessions.needed(request)
        place = {"kind": "Region", "back": path("regions", code)}
        return await _draw(frame, request, session, path("regions", code, "unmet-need"), place)

    return router


async def _draw(
    frame: Frame, request: Request, session: Session, address: str, place: Mapping[str, str]
) -> Response:
    wanted = request.query_params.get("months", MONTHS_DEFAULT)
    months = wanted if wanted in MONTHS else MONTHS_DEFAULT
    on_page = {name: request.query_params.get(name, "") for name in (ASKED_FROM, LACKING_FROM)}
    token, client = session.access_token, frame.client
    told, lacking, ideas, funding, memberships = await asyncio.gather(
        client.get(token, Call("directory", address, _from(on_page[ASKED_FROM], months=months))),
        client.get(token, Call("directory", f"{address}/lacking", _from(on_page[LACKING_FROM]))),
        client.get_if_shown(token, Call("directory", "/ideas", _ideas_asked(place))),
        client.get(token, Call("directory", "/funding")),
        frame.memberships(session),
    )
    one_network = "pcn_code" in told
    # A region has no more networks than a page of them holds.
    networks = (
        [lacking]
        if one_network
        else (await client.get(token, Call("directory", f"{address}/networks", WHOLE_PAGE)))[
            "items"
        ]
    )
    shown_ideas = _ideas(ideas, {one["pcn_code"] for one in networks})
    pages = _Pages(request.url.path, {"months": months, **on_page})
    context = {
        "title": "Unmet need",
        "kind": place["kind"],
        "back": place["back"],
        "here": request.url.path,
        "code": told["id"],
        "exact": told["exact"],
        "months": months,
        "periods": [{"value": value, "text": text} for value, text in MONTHS.items()],
        "persons": told["persons"],
        "times": told["times"],
        "totals": _totals(told["totals"]),
        "asked": _asked(told["items"], told.get("pcn_code")),
        "gaps": _gaps(lacking["items"], shown_ideas or ()),
        "reckoned_at": lacking["reckoned_at"],
        "lacked": {
            need: need_name(need) for need in sorted({one["need"] for one in lacking["items"]})
        },
        "networks": _networks(networks) if lacking["reckoned_at"] else [],
        "ideas": shown_ideas,
        "ideas_href": f"{path('networks', told['pcn_code'])}/ideas" if one_network else None,
        "funds": shown_funds(funding["items"]),
        "one_network": one_network,
        "asked_pages": pages.links(ASKED_FROM, told["next"]),
        "lacking_pages": pages.links(LACKING_FROM, lacking["next"]),
    }
    return await frame.draw("unmet_need.html", request, session, context, memberships=memberships)


def _from(cursor: str, **asked: str) -> dict[str, str]:
    """What to ask a page by: whatever is asked, from where a page before it ended."""
    return asked | ({"cursor": cursor} if cursor else {})


@dataclass(frozen=True, slots=True)
class _Pages:
    """The page of one list in the address, with that of the other left as it is."""

    here: str
    on_page: Mapping[str, str]

    def links(self, name: str, following: str | None) -> dict[str, str | None]:
        """Where the first page and the next one of a list are; neither where there is one page."""
        first = self._address({**self.on_page, name: ""}, name) if self.on_page[name] else None
        more = None if following is None else self._address({**self.on_page, name: following}, name)
        return {"first": first, "next": more}

    def _address(self, asked: Mapping[str, str], name: str) -> str:
        kept = {key: value for key, value in asked.items() if value}
        return f"{self.here}?{urlencode(kept)}#{PLACES[name]}"


def _totals(totals: Sequence[Shown]) -> list[dict[str, Any]]:
    """The broad needs asked for most, as the directory summed and controlled them."""
    return [
        {
            "need": need_name(one["need"]),
            "why": WHY_UNMET.get(one["reason"], one["reason"]),
            "times": one["times"],
            "per_10_000": one["per_10_000"],
        }
        for one in totals
    ]


def _asked(rows: Sequence[Shown], network: str | None) -> list[dict[str, Any]]:
    """What was asked for in vain; of the one network that is shown, or each of the network it was in."""
    return [
        {
            "need": need_name(one["need_term"] or one["need"]),
            "where": one["neighbourhood"] or one["neighbourhood_code"] or "Not said",
            "pcn_code": one["pcn_code"] or "Not said",
            "raise_href": _raise_href(one, network),
            "why": WHY_UNMET.get(one["reason"], one["reason"]),
            "times": one["times"],
            "per_10_000": one["per_10_000"],
        }
        for one in rows
    ]


def _raise_href(asked: Shown, network: str | None) -> str | None:
    """Where an idea for it is raised; nowhere while neither need nor network is known."""
    need, code = asked["need_term"] or asked["need"], asked["pcn_code"] or network
    if need is None or code is None:
        return None
    area = asked["neighbourhood_code"]
    return raise_address(code, need, [area] if area else [])


def _gaps(rows: Sequence[Shown], ideas: Sequence[Shown]) -> list[dict[str, Any]]:
    """What is lacking, one row for each need, network and reason, with the places it is so at."""
    found: dict[tuple[str, str, str], dict[str, Any]] = {}
    for one in rows:
        term = one["need_term"]
        gap = found.setdefault(
            (need_name(term), one["pcn_code"], one["reason"]),
            {
                "need": need_name(term),
                "broad": one["need"],
                "need_term": term,
                "pcn_code": one["pcn_code"],
                "why": WHY_UNMET.get(one["reason"], one["reason"]),
                "places": [],
                "ideas": [
                    idea
                    for idea in ideas
                    if (idea["need_term"], idea["pcn_code"]) == (term, one["pcn_code"])
                ],
            },
        )
        gap["places"].append(
            {
                "code": one["neighbourhood_code"],
                "name": one["neighbourhood"] or one["neighbourhood_code"],
                "persons": one["persons"],
                "nearest_km": one["nearest_km"],
                "listings": one["listings"],
            }
        )
    for gap in found.values():
        areas = [place["code"] for place in gap["places"]]
        gap["raise_href"] = raise_address(
            gap["pcn_code"], gap["need_term"], areas[:AREAS_OFFERED_MAX]
        )
    return [found[key] for key in sorted(found)]


def _ideas_asked(place: Mapping[str, str]) -> dict[str, Any]:
    """The latest ideas of the network, or of the region."""
    only = {"pcn_code": place["pcn_code"]} if "pcn_code" in place else {}
    return {"limit": IDEAS_SHOWN_MAX, **only}


def _ideas(answer: Shown | None, pcn_codes: Collection[str]) -> list[dict[str, Any]] | None:
    """The ideas for these networks; None for who is not told of any."""
    if answer is None:
        return None
    return [shown_idea(one) for one in answer["items"] if one["pcn_code"] in pcn_codes]


def _networks(networks: Iterable[Shown]) -> list[dict[str, Any]]:
    """What nobody in a network offers at all; networks that lack nothing of that are left out.

    Of a network that came after the region was last reckoned, nothing of it is told yet.
    """
    return [
        {
            "pcn_code": one["pcn_code"],
            "languages": [LANGUAGES.get(code, code) for code in one["languages_nobody_speaks"]],
            "only_in_working_hours": one["only_in_working_hours"],
        }
        for one in networks
        if one.get("languages_nobody_speaks") or one.get("only_in_working_hours")
    ]
