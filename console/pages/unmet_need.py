"""Unmet need: what was asked for in vain and what is lacking where, with ideas and money beside it.

Promise    Every count and rate is the directory's own, controlled or exact as it gave it; nothing is
           reckoned from a count here, so no sum tells what was hidden.
Not here   When an area lacks something, and how small numbers are controlled: the directory.
"""

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final, cast
from urllib.parse import urlencode

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from console.client import Call, path
from console.directory_words import IDEA_STATES, LANGUAGES, WHY_UNMET, need_name
from console.pages.frame import Frame
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
ASKED_SHOWN_MAX: Final = 200
FUND_KINDS: Final = {"statutory": "Public money", "non-statutory": "Other money"}

Shown = Mapping[str, Any]


def make_router(frame: Frame) -> APIRouter:
    """The routes of these pages."""
    router = APIRouter(include_in_schema=False)

    @router.get("/networks/{code}/unmet-need")
    async def network(request: Request, code: str) -> Response:
        session = frame.sessions.needed(request)
        place = {"kind": "Primary Care Network", "back": path("networks", code)}
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
    cursor = request.query_params.get("cursor", "")
    asked = {"months": months} | ({"cursor": cursor} if cursor else {})
    token, client = session.access_token, frame.client
    told, ideas, funding, memberships = await asyncio.gather(
        client.get(token, Call("directory", address, asked)),
        client.get_if_shown(token, Call("directory", "/ideas", {"limit": IDEAS_SHOWN_MAX})),
        client.get(token, Call("directory", "/funding")),
        frame.memberships(session),
    )
    here = request.url.path
    in_vain, lacking = _rows(told, "asked"), _rows(told, "lacking")
    shown_ideas = _ideas(ideas, told["persons"])
    following = _next(told)
    context = {
        "title": "Unmet need",
        "kind": place["kind"],
        "back": place["back"],
        "here": here,
        "code": told["id"],
        "exact": told["exact"],
        "months": months,
        "periods": [{"value": value, "text": text} for value, text in MONTHS.items()],
        "persons": told["persons"],
        "asked": _asked(in_vain, lacking)[:ASKED_SHOWN_MAX],
        "asked_found": len(in_vain),
        "gaps": _gaps(lacking, shown_ideas or ()),
        "lacked": {need: need_name(need) for need in sorted({one["need"] for one in lacking})},
        "networks": _networks(told["networks"]),
        "ideas": shown_ideas,
        "funds": _funds(funding["items"]),
        "one_network": len(told["persons"]) == 1,
        "next": f"{here}?{urlencode({'months': months, 'cursor': following})}"
        if following
        else None,
        "first": f"{here}?{urlencode({'months': months})}" if cursor else None,
    }
    return await frame.draw("unmet_need.html", request, session, context, memberships=memberships)


def _rows(told: Shown, name: str) -> Sequence[Shown]:
    """The rows of one part of the answer, be it a list or a page of one."""
    part = told.get(name, ())
    return cast("Shown", part)["items"] if isinstance(part, dict) else part


def _next(told: Shown) -> str | None:
    """Where the answer goes on, if it does."""
    parts: list[Shown] = [told, *(part for part in told.values() if isinstance(part, dict))]
    return next((str(part["next"]) for part in parts if part.get("next")), None)


def _asked(rows: Sequence[Shown], lacking: Iterable[Shown]) -> list[dict[str, Any]]:
    names = {one["neighbourhood_code"]: one["neighbourhood"] for one in lacking}
    return [
        {
            "need": need_name(one["need_term"] or one["need"]),
            "where": _where(one, names),
            "pcn_code": one["pcn_code"],
            "why": WHY_UNMET.get(one["reason"], one["reason"]),
            "times": one["times"],
            "per_10_000": one["per_10_000"],
        }
        for one in rows
    ]


def _where(one: Shown, names: Mapping[str, str]) -> str:
    code = one["neighbourhood_code"]
    return "Not said" if code is None else names.get(code, code)


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
                "name": one["neighbourhood"],
                "persons": one["persons"],
                "nearest_km": one["nearest_km"],
                "listings": one["listings"],
            }
        )
    return [found[key] for key in sorted(found)]


def _ideas(answer: Shown | None, persons: Mapping[str, int]) -> list[dict[str, Any]] | None:
    """The ideas for these networks; None for who is not told of any."""
    if answer is None:
        return None
    return [
        {
            **one,
            "name": need_name(one["need_term"]),
            "state_words": IDEA_STATES.get(one["state"], (one["state"], "grey")),
            "href": path("listings", one["listing_id"]) if one["listing_id"] else None,
        }
        for one in answer["items"]
        if one["pcn_code"] in persons
    ]


def _networks(networks: Iterable[Shown]) -> list[dict[str, Any]]:
    """What nobody in a network offers at all; networks that lack nothing of that are left out."""
    return [
        {
            "pcn_code": one["pcn_code"],
            "languages": [LANGUAGES.get(code, code) for code in one["languages_nobody_speaks"]],
            "only_in_working_hours": one["only_in_working_hours"],
        }
        for one in networks
        if one["languages_nobody_speaks"] or one["only_in_working_hours"]
    ]


def _funds(items: Iterable[Shown]) -> list[dict[str, Any]]:
    return [
        {
            **one,
            "kind_words": FUND_KINDS.get(one["kind"], one["kind"]),
            "fits": [need_name(need) for need in one["needs"]],
            "amount": _amount(one["least_pounds"], one["most_pounds"]),
        }
        for one in items
    ]


def _amount(least: int | None, most: int | None) -> str:
    if least is not None and most is not None:
        return f"£{least:,} to £{most:,}"
    if most is not None:
        return f"up to £{most:,}"
    return "" if least is None else f"from £{least:,}"
