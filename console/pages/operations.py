"""The operations page: is everything arriving, where not, and what to do about it."""

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any, Final
from uuid import uuid4

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from chassis import clock
from console.client import SERVICES, Away, Call, NothingThere, ServiceName, path
from console.flow import (
    STATE_WORDS,
    Service,
    held_against_each_other,
    read_service,
    severity,
    verdict,
    worst_first,
)
from console.pages.frame import UPDATE_SECONDS, Frame, here_of, paused
from console.session import Session

PAGES_READ_MAX: Final = 20
ROWS_SHOWN_MAX: Final = 200
REASON_LENGTH_MIN: Final = 5
REASON_LENGTH_MAX: Final = 500


def make_router(frame: Frame) -> APIRouter:
    """The routes of this page."""
    router = APIRouter(include_in_schema=False)

    @router.get("/operations")
    async def operations(request: Request) -> Response:
        session = frame.sessions.needed(request)
        told, memberships = await asyncio.gather(
            asyncio.gather(*(flow_of(frame, session.access_token, name) for name in SERVICES)),
            frame.memberships(session),
        )
        services = held_against_each_other(told)
        state, sentence = verdict(services)
        wanted = {name: request.query_params.get(name, "") for name in ("service", "stream")}
        streams = [
            one
            for one in worst_first(services)
            if wanted["service"] in {"", one.service} and wanted["stream"] in {"", one.stream}
        ]
        known = {one.stream: one.name for service in services for one in service.streams or ()}
        context = {
            "title": "Operations",
            "state": state,
            "sentence": sentence,
            "services": sorted(services, key=_by_trouble),
            "streams": streams[:ROWS_SHOWN_MAX],
            "streams_found": len(streams),
            "states": STATE_WORDS,
            "wanted": wanted,
            "service_choices": _choices(
                "Every service", {name: name.capitalize() for name in SERVICES}
            ),
            "stream_choices": _choices("Every network", dict(sorted(known.items()))),
            "paused": paused(request),
            "here": here_of(request),
            "every_seconds": UPDATE_SECONDS,
            "drawn_at": clock.now(),
        }
        return await frame.draw(
            "operations.html", request, session, context, memberships=memberships
        )

    @router.get("/operations/stopped/{service}/{topic}/{stream}")
    async def stopped(request: Request, service: str, topic: str, stream: str) -> Response:
        session = frame.sessions.needed(request)
        return await _draw_stopped(frame, request, session, (service, topic, stream))

    @router.post("/operations/stopped/{service}/{topic}/{stream}")
    async def resume(request: Request, service: str, topic: str, stream: str) -> Response:
        session, fields = await frame.sessions.of_form(request)
        reason = fields.get("reason", "").strip()
        fault = reason_fault(reason)
        if fault is not None:
            at = (service, topic, stream)
            return await _draw_stopped(frame, request, session, at, error=fault)
        name = service_named(service)
        address = path("internal", "streams", topic, stream, "resume")
        call = Call(name, address, headers={"Idempotency-Key": fields.get("key") or str(uuid4())})
        wish = await frame.client.post(session.access_token, call, {"reason": reason})
        return RedirectResponse(
            path("operations", "quarantine", name, "wishes", str(wish["id"])), 303
        )

    return router


async def _draw_stopped(
    frame: Frame,
    request: Request,
    session: Session,
    at: tuple[str, str, str],
    *,
    error: str | None = None,
) -> Response:
    service, topic, stream = at
    flow = await flow_of(frame, session.access_token, service_named(service))
    found = [one for one in flow.streams or () if (one.topic, one.stream) == (topic, stream)]
    if not found:
        raise NothingThere
    context = {
        "title": "A stream that stopped",
        "one": found[0],
        "error": error,
        "key": str(uuid4()),
    }
    return await frame.draw(
        "stopped.html",
        request,
        session,
        context,
        memberships=await frame.memberships(session),
        status=400 if error else 200,
    )


async def flow_of(frame: Frame, token: str, name: ServiceName) -> Service:
    """Everything a service says of its streams, or that it does not answer."""
    items: list[Mapping[str, Any]] = []
    cursor: str | None = None
    try:
        for _ in range(PAGES_READ_MAX):
            params = {"limit": 100} | ({"cursor": cursor} if cursor else {})
            answer = await frame.client.get(token, Call(name, "/internal/flow", params))
            items += answer["items"]
            cursor = answer.get("next")
            if cursor is None:
                break
    except Away:
        return read_service(name, None)
    return read_service(name, items)


def service_named(name: str) -> ServiceName:
    """The service of that name; any other name is an address of ours that does not exist."""
    for known in SERVICES:
        if name == known:
            return known
    raise NothingThere


def reason_fault(reason: str) -> str | None:
    """What is wrong with a reason, in words, if anything is."""
    if REASON_LENGTH_MIN <= len(reason) <= REASON_LENGTH_MAX and reason.isprintable():
        return None
    return f"Give a reason in one line of {REASON_LENGTH_MIN} to {REASON_LENGTH_MAX} characters"


def _by_trouble(service: Service) -> tuple[int, str]:
    return severity(service.state), service.name


def _choices(everything: str, names: Mapping[str, str]) -> Sequence[Mapping[str, str]]:
    return [
        {"value": "", "text": everything},
        *({"value": value, "text": text} for value, text in names.items()),
    ]
