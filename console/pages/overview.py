"""What a region or a network does: key figures with their meaning, places side by side."""

import asyncio
from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import Any, Final

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from chassis import clock
from console.client import Call, path
from console.pages.frame import UPDATE_SECONDS, Frame, here_of, paused
from console.session import Session

EVERYTHING: Final = "all"
PERIODS: Final = {
    EVERYTHING: "Since the beginning",
    "year": "The last 12 months",
    "month": "This month",
    "last-month": "Last month",
}
PLACE_COLUMNS: Final = {
    "referrals": "Referrals",
    "people-referred": "People",
    "episodes-open": "Open now",
    "contacts": "Contacts",
    "referrals-contacted": "Followed by a contact",
    "goals-met": "Goals met",
    "first-contact-wait-median": "Half wait (days)",
}
DETAILS: Final = {
    "need": ("By need", "Need"),
    "route": ("By the way they came", "Way"),
    "age_band": ("By age", "Age"),
}


def make_router(frame: Frame) -> APIRouter:
    """The routes of this page."""
    router = APIRouter(include_in_schema=False)

    @router.get("/region")
    async def own_region(request: Request) -> Response:
        session = frame.sessions.needed(request)
        for one in await frame.memberships(session) or []:
            if one.role == "region-analyst":
                return RedirectResponse(path("regions", one.organisation_code), 303)
        return RedirectResponse("/", 303)

    @router.get("/regions/{code}")
    async def region(request: Request, code: str) -> Response:
        session = frame.sessions.needed(request)
        context = {
            "kind": "Region",
            "back": None,
            "places_heading": "Networks side by side",
            "places_caption": "Primary Care Networks, in the order of their names",
            "places_first": "Network",
        }
        return await _overview(frame, request, session, path("regions", code, "summary"), context)

    @router.get("/networks/{code}")
    async def network(request: Request, code: str) -> Response:
        session = frame.sessions.needed(request)
        context = {
            "kind": "Primary Care Network",
            "back": {"href": "/region", "text": "Region"}
            if "from_region" in request.query_params
            else None,
            "places_heading": "Practices side by side",
            "places_caption": "Practices, in the order of their codes",
            "places_first": "Practice",
        }
        return await _overview(frame, request, session, path("pcns", code, "summary"), context)

    return router


async def _overview(
    frame: Frame, request: Request, session: Session, address: str, context: Mapping[str, Any]
) -> Response:
    period = request.query_params.get("period", EVERYTHING)
    first, last = days_of(period, clock.now().date())
    asked = {"from": first, "to": last}
    params = {name: day.isoformat() for name, day in asked.items() if day is not None}
    token = session.access_token
    summary, catalogue, memberships = await asyncio.gather(
        frame.client.get(token, Call("reporting", address, params)),
        frame.client.get(token, Call("reporting", "/definitions")),
        frame.memberships(session),
    )
    by_id = {figure["definition_id"]: figure for figure in summary["figures"]}
    dimension = "pcn" if "pcn" in by_id["referrals"]["by"] else "practice"
    columns = [name for name in PLACE_COLUMNS if dimension in by_id[name]["by"]]
    return await frame.draw(
        "overview.html",
        request,
        session,
        {
            "title": summary["name"],
            "summary": summary,
            "definitions": {one["id"]: one for one in catalogue["items"]},
            "paused": paused(request),
            "here": here_of(request),
            "every_seconds": UPDATE_SECONDS,
            "period": period,
            "periods": [{"value": value, "text": text} for value, text in PERIODS.items()],
            "span": _span(summary["period"]),
            "places_columns": [PLACE_COLUMNS[name] for name in columns],
            "places": _places(by_id, columns, dimension),
            "details": _details(by_id["referrals"]),
            **context,
        },
        memberships=memberships,
    )


def days_of(period: str, today: date) -> tuple[date | None, date | None]:
    """First and last day of a period by its name; an unknown name is everything."""
    begins = today.replace(day=1)
    if period == "month":
        return begins, today
    if period == "last-month":
        ended = begins - timedelta(days=1)
        return ended.replace(day=1), ended
    if period == "year":
        return begins.replace(year=begins.year - 1), today
    return None, None


def _span(counted: Mapping[str, str | None]) -> str:
    first, last = (
        date.fromisoformat(day) if day else None for day in (counted["first"], counted["last"])
    )
    if first and last:
        return f"Counted from {_day(first)} to {_day(last)}."
    return "Counted since the beginning."


def _day(day: date) -> str:
    return f"{day.day} {day:%B %Y}"


def _places(
    by_id: Mapping[str, Any], columns: Sequence[str], dimension: str
) -> list[dict[str, Any]]:
    values = {
        name: {part["code"]: part["value"] for part in by_id[name]["by"][dimension]}
        for name in columns
    }
    return [
        {
            "name": part["name"],
            "href": f"{path('networks', part['code'])}?from_region=1" if dimension == "pcn" else "",
            "cells": [values[name].get(part["code"]) for name in columns],
        }
        for part in by_id["referrals"]["by"][dimension]
    ]


def _details(referrals: Mapping[str, Any]) -> list[dict[str, Any]]:
    return [
        {
            "caption": caption,
            "first": first,
            "rows": [
                {"name": part["name"], "href": "", "cells": [part["value"]]}
                for part in referrals["by"].get(dimension, [])
            ],
        }
        for dimension, (caption, first) in DETAILS.items()
    ]
