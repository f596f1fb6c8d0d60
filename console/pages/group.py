"""A group's page: whom to ask about it, who stands how to it, its listings, and its month.

Promise    Each part is shown to those to whom the directory tells it. A worker without a name is one
           whom the reader may not look up.
Not here   What is entered of relations, and how one is changed: ``relations``.
"""

import asyncio
from collections.abc import Mapping, Sequence
from datetime import date
from types import MappingProxyType
from typing import Any, Final
from urllib.parse import urlencode
from uuid import UUID

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from console.client import Call, NothingThere, path
from console.directory_words import WHY_ASK
from console.pages import relations
from console.pages.forms import Errors, Fields
from console.pages.frame import Frame
from console.session import Session
from console.templating import today

MONTHS_OFFERED: Final = 12
LISTINGS_SHOWN_MAX: Final = 500
RELATIONS_A_PAGE: Final = 50
SHEET_COLUMNS: Final = {
    "received": "Received",
    "accepted": "Accepted",
    "not_taken": "Not taken",
    "started": "Began",
    "attended": "Got there",
    "answered": "Answered",
    "answered_within_a_week": "Answered in a week",
}

ANSWER_DAYS: Final = "Half answered in (days)"


def make_router(frame: Frame) -> APIRouter:
    """The routes of this page."""
    router = APIRouter(include_in_schema=False)

    @router.get("/groups/{group_id:uuid}")
    async def group(request: Request, group_id: UUID) -> Response:
        session = frame.sessions.needed(request)
        return await _draw(frame, request, session, str(group_id))

    @router.post("/groups/{group_id:uuid}/relations")
    async def relation(request: Request, group_id: UUID) -> Response:
        session, fields = await frame.sessions.of_form(request)
        errors = await relations.enter(frame, session, str(group_id), fields)
        if errors:
            return await _draw(frame, request, session, str(group_id), fields=fields, errors=errors)
        return RedirectResponse(f"{path('groups', str(group_id))}?said=entered", 303)

    return router


async def _draw(
    frame: Frame,
    request: Request,
    session: Session,
    group_id: str,
    *,
    fields: Fields = MappingProxyType({}),
    errors: Errors = MappingProxyType({}),
) -> Response:
    token, client = session.access_token, frame.client
    address = path("organizations", group_id)
    day = today()
    month = _month_of(request.query_params.get("month", ""), day)
    cursor = request.query_params.get("cursor", "")
    asked = {"limit": RELATIONS_A_PAGE} | ({"cursor": cursor} if cursor else {})
    public, entry, known, sheet, memberships = await asyncio.gather(
        client.get_if_shown(token, Call("directory", address)),
        client.get_if_shown(token, Call("directory", f"{address}/entry")),
        client.get_if_shown(token, Call("directory", f"{address}/relations", asked)),
        client.get_if_shown(token, Call("directory", f"{address}/sheet", {"month": month})),
        frame.memberships(session),
    )
    about = public or entry
    if about is None:
        raise NothingThere
    here = path("groups", group_id)
    context = {
        "title": about["name"],
        "group": about,
        "about": {name: about.get(name) for name in ("description", "email", "website")},
        "listings": _listings(public),
        "who_to_ask": None if known is None else known["who_to_ask"],
        "because": WHY_ASK,
        "relations": None if known is None else _relations(known["items"], group_id, day),
        "more": _address(here, month, known["next"]) if known and known["next"] else None,
        "form": None
        if known is None
        else await relations.form_of(frame, session, memberships, fields),
        "errors": errors,
        "places": relations.PLACES,
        "said": None if errors else relations.SAID.get(request.query_params.get("said", "")),
        "sheet": None if sheet is None else _sheet(sheet),
        "here": here,
        "month": month,
        "months": _months(day),
    }
    return await frame.draw(
        "group.html",
        request,
        session,
        context,
        memberships=memberships,
        status=400 if errors else 200,
    )


def _address(here: str, month: str, cursor: str) -> str:
    return f"{here}?{urlencode({'month': month, 'cursor': cursor})}"


def _listings(public: Mapping[str, Any] | None) -> list[dict[str, Any]]:
    """Its listings that the public finds, by name."""
    shown = [
        {
            "href": path("listings", one["id"]),
            "name": one["name"],
            "about": one.get("description", ""),
        }
        for one in (public or {}).get("services", ())[:LISTINGS_SHOWN_MAX]
        if one.get("status") != "defunct"
    ]
    return sorted(shown, key=lambda one: str(one["name"]).casefold())


def _relations(
    items: Sequence[Mapping[str, Any]], group_id: str, day: date
) -> list[dict[str, Any]]:
    """Who stands how to the group; agreements that are over, or soon will be, come first."""
    found = [relations.relation_words(one, day, group_id) for one in items]
    return sorted(found, key=_by_need_to_act)


def _by_need_to_act(one: Mapping[str, Any]) -> tuple[bool, bool, str]:
    holds = one["holds"]
    return (
        holds is None,
        holds is not None and holds[1] not in {"red", "yellow"},
        one["until_date"] or "",
    )


def _sheet(sheet: Mapping[str, Any]) -> dict[str, Any]:
    """The month of each listing; where there are several, all of them together at the end."""
    rows = [
        {
            "name": one["name"],
            "href": path("listings", one["service_id"]),
            "cells": [*(one[name] for name in SHEET_COLUMNS), one["answer_days_median"]],
        }
        for one in sheet["items"]
    ]
    if len(rows) > 1:
        totals = [sheet["totals"][name] for name in SHEET_COLUMNS]
        rows.append({"name": "All listings", "href": "", "cells": [*totals, None]})
    return {"columns": [*SHEET_COLUMNS.values(), ANSWER_DAYS], "rows": rows}


def _months(day: date) -> list[dict[str, str]]:
    """This month and those before it, the latest first."""
    found: list[dict[str, str]] = []
    for back in range(MONTHS_OFFERED):
        index = day.year * 12 + day.month - 1 - back
        first = date(index // 12, index % 12 + 1, 1)
        found.append({"value": f"{first:%Y-%m}", "text": f"{first:%B %Y}"})
    return found


def _month_of(wanted: str, day: date) -> str:
    """The month that is asked for, if it is offered; else the last one that is over."""
    offered = [one["value"] for one in _months(day)]
    return wanted if wanted in offered else offered[1]
