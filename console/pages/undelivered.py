"""Messages that could not be delivered: see them, try again, or give one up with a reason."""

import asyncio
import json
from collections.abc import Mapping, Sequence
from typing import Any, Final

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from console.client import SERVICES, Away, Call, ServiceName, path
from console.flow import TOPIC_WORDS
from console.pages.frame import Frame
from console.pages.operations import reason_fault, service_named
from console.session import Session

LISTED_MAX: Final = 100
ACTIONS: Final = {"redrive": "tried again", "discard": "given up"}
KINDS: Final = {
    "failed": "Could not be applied",
    "held": "Waits behind another",
    "unreadable": "Could not be read",
}


def make_router(frame: Frame) -> APIRouter:
    """The routes of these pages."""
    router = APIRouter(prefix="/operations/quarantine", include_in_schema=False)

    @router.get("")
    async def listed(request: Request) -> Response:
        session = frame.sessions.needed(request)
        wanted = request.query_params.get("service", "")
        asked: list[ServiceName] = [service_named(wanted)] if wanted else list(SERVICES)
        found, memberships = await asyncio.gather(
            asyncio.gather(*(_listed(frame, session.access_token, name) for name in asked)),
            frame.memberships(session),
        )
        context = {
            "title": "Messages that could not be delivered",
            "entries": [entry for entries in found for entry in entries or ()],
            "silent": [name for name, entries in zip(asked, found, strict=True) if entries is None],
            "wanted": wanted,
            "done": ACTIONS.get(request.query_params.get("done", "")),
        }
        return await frame.draw(
            "undelivered.html", request, session, context, memberships=memberships
        )

    @router.get("/{service}/{entry_id}")
    async def one(request: Request, service: str, entry_id: str) -> Response:
        session = frame.sessions.needed(request)
        return await _one(frame, request, session, service, entry_id)

    @router.post("/{service}/{entry_id}")
    async def act(request: Request, service: str, entry_id: str) -> Response:
        session, fields = await frame.sessions.of_form(request)
        action, reason = fields.get("action", ""), fields.get("reason", "").strip()
        fault = reason_fault(reason)
        if fault is not None or action not in {"open", *ACTIONS}:
            return await _one(frame, request, session, service, entry_id, error=fault)
        if action == "open":
            return await _one(frame, request, session, service, entry_id, reason=reason)
        address = path("internal", "quarantine", entry_id, action)
        await frame.client.post(
            session.access_token, Call(service_named(service), address), {"reason": reason}
        )
        return RedirectResponse(f"/operations/quarantine?done={action}", 303)

    return router


async def _one(
    frame: Frame,
    request: Request,
    session: Session,
    service: str,
    entry_id: str,
    *,
    reason: str | None = None,
    error: str | None = None,
) -> Response:
    name = service_named(service)
    headers = {"Waymark-Reason": reason} if reason else None
    call = Call(name, path("internal", "quarantine", entry_id), headers=headers)
    answer = await frame.client.get(session.access_token, call)
    entry = _entry(name, answer)
    context = {
        "title": entry["what"],
        "entry": entry,
        "headers": answer.get("headers") if reason else None,
        "content": _content(answer) if reason else None,
        "opened": reason is not None,
        "error": error,
    }
    return await frame.draw(
        "undelivered_one.html",
        request,
        session,
        context,
        memberships=await frame.memberships(session),
        status=400 if error else 200,
    )


async def _listed(
    frame: Frame, token: str, name: ServiceName
) -> Sequence[Mapping[str, Any]] | None:
    try:
        call = Call(name, "/internal/quarantine", {"limit": LISTED_MAX})
        answer = await frame.client.get(token, call)
    except Away:
        return None
    return [_entry(name, item) for item in answer["items"]]


def _entry(service: str, item: Mapping[str, Any]) -> dict[str, Any]:
    """One entry in words."""
    return {
        **item,
        "service": service,
        "sender": TOPIC_WORDS.get(item["topic"], item["topic"]),
        "what": _what(item["type"]),
        "kind_words": KINDS.get(item["kind"], item["kind"]),
        "href": path("operations", "quarantine", service, str(item["id"])),
    }


def _what(event_type: str | None) -> str:
    """An event's type in words: waymark.contact-made.v1 is Contact made."""
    if event_type is None:
        return "A message of unknown kind"
    words = event_type.removeprefix("waymark.").rsplit(".v", maxsplit=1)[0].replace("-", " ")
    return words[:1].upper() + words[1:]


def _content(answer: Mapping[str, Any]) -> str:
    value = answer.get("value")
    if isinstance(value, str):
        try:
            value = json.loads(value)
        except ValueError:
            return value
    return json.dumps(value, indent=2, ensure_ascii=False)
