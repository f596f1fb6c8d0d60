"""Messages that could not be delivered: see them, try again, or give one up with a reason."""

import asyncio
import json
from collections.abc import Mapping, Sequence
from typing import Any, Final
from uuid import uuid4

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from console.client import SERVICES, Away, Call, NothingThere, ServiceName, path
from console.flow import TOPIC_WORDS
from console.pages.forms import key_of
from console.pages.frame import Frame
from console.pages.operations import PAGES_READ_MAX, reason_fault, service_named
from console.session import Session

PAGE_SIZE: Final = 100
UPDATE_SECONDS: Final = 2
ACTIONS: Final = ("redrive", "discard")
KINDS: Final = {
    "failed": "Could not be applied",
    "held": "Waits behind another",
    "unreadable": "Could not be read",
}
OUTCOMES: Final = {
    "open": ("It is being done", "This takes about a second. The page looks again by itself."),
    "done": ("It is done", "What you asked for has happened."),
    "still-failing": (
        "It still could not be applied",
        "The message stays in the list with its reason. Put right what causes it, then try again.",
    ),
    "nothing-to-do": ("There was nothing left to do", "Somebody else had dealt with it before."),
    "not-possible": ("It could not be done", "This message cannot be read at all."),
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
        }
        return await frame.draw(
            "undelivered.html", request, session, context, memberships=memberships
        )

    @router.get("/{service}/{entry_id}")
    async def one(request: Request, service: str, entry_id: str) -> Response:
        session = frame.sessions.needed(request)
        entry = await _found(frame, session.access_token, service_named(service), entry_id)
        return await _draw_one(frame, request, session, entry)

    @router.post("/{service}/{entry_id}")
    async def act(request: Request, service: str, entry_id: str) -> Response:
        session, fields = await frame.sessions.of_form(request)
        return await _act(frame, request, session, service_named(service), entry_id, fields)

    @router.get("/{service}/wishes/{wish_id}")
    async def outcome(request: Request, service: str, wish_id: str) -> Response:
        session = frame.sessions.needed(request)
        call = Call(service_named(service), path("internal", "wishes", wish_id))
        wish = await frame.client.get(session.access_token, call)
        title, sentence = OUTCOMES.get(wish["outcome"], OUTCOMES["open"])
        context = {
            "title": title,
            "sentence": sentence,
            "is_open": wish["outcome"] not in OUTCOMES or wish["outcome"] == "open",
            "update_seconds": UPDATE_SECONDS,
        }
        return await frame.draw(
            "outcome.html",
            request,
            session,
            context,
            memberships=await frame.memberships(session),
        )

    return router


async def _act(
    frame: Frame,
    request: Request,
    session: Session,
    name: ServiceName,
    entry_id: str,
    fields: Mapping[str, str],
) -> Response:
    action, reason = fields.get("action", ""), fields.get("reason", "").strip()
    fault = reason_fault(reason)
    address = ("internal", "quarantine", entry_id)
    if fault is None and action == "open":
        call = Call(name, path(*address), headers={"Waymark-Reason": reason})
        opened = await frame.client.get(session.access_token, call)
        return await _draw_one(frame, request, session, _entry(name, opened), opened=opened)
    if fault is not None or action not in ACTIONS:
        entry = await _found(frame, session.access_token, name, entry_id)
        return await _draw_one(frame, request, session, entry, error=fault, error_at=action)
    call = Call(name, path(*address, action), headers=key_of(fields))
    wish = await frame.client.post(session.access_token, call, {"reason": reason})
    return RedirectResponse(path("operations", "quarantine", name, "wishes", str(wish["id"])), 303)


async def _draw_one(
    frame: Frame,
    request: Request,
    session: Session,
    entry: Mapping[str, Any],
    *,
    opened: Mapping[str, Any] | None = None,
    error: str | None = None,
    error_at: str = "",
) -> Response:
    context = {
        "title": entry["what"],
        "entry": entry,
        "content": None if opened is None else _content(opened),
        "key": str(uuid4()),
        "error": error,
        "error_at": error_at,
    }
    return await frame.draw(
        "undelivered_one.html",
        request,
        session,
        context,
        memberships=await frame.memberships(session),
        status=400 if error else 200,
    )


async def _found(frame: Frame, token: str, name: ServiceName, entry_id: str) -> Mapping[str, Any]:
    """One entry without its contents: those need a reason, so the list is where it is known from."""
    for entry in await _listed(frame, token, name) or ():
        if entry["id"] == entry_id:
            return entry
    raise NothingThere


async def _listed(
    frame: Frame, token: str, name: ServiceName
) -> Sequence[Mapping[str, Any]] | None:
    entries: list[Mapping[str, Any]] = []
    cursor: str | None = None
    try:
        for _ in range(PAGES_READ_MAX):
            params: dict[str, str | int] = {"limit": PAGE_SIZE}
            if cursor is not None:
                params["cursor"] = cursor
            answer = await frame.client.get(token, Call(name, "/internal/quarantine", params))
            entries += [_entry(name, item) for item in answer["items"]]
            cursor = answer["next"]
            if cursor is None:
                break
    except Away:
        return None
    return entries


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


def _content(opened: Mapping[str, Any]) -> str:
    value = opened["value"]
    if value is None:
        return "(nothing)"
    try:
        return json.dumps(json.loads(value), indent=2, ensure_ascii=False)
    except ValueError:
        return str(value)
