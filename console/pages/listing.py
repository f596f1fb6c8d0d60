"""One listing: what it says and who said it, how fresh that is, what room there is, whom to ask.

Promise    Each part is shown to those to whom the directory tells it, and left out for the others.
           What somebody says here is said in the directory, under their own token.
Not here   Changing what a listing says: its keepers do that in the directory.
"""

import asyncio
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any, Final
from urllib.parse import urlencode
from uuid import UUID

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from console.client import Call, path
from console.directory_words import (
    HEARD,
    ROOM,
    WHY_ASK,
    fresh_words,
    room_words,
    source_words,
)
from console.listing_rows import rows_of
from console.pages.find_help import address_of
from console.pages.forms import (
    DATE_PARTS,
    WHAT_YOU_SAID,
    Errors,
    Fields,
    NoSuchDay,
    day_of,
    etag_of,
    told,
)
from console.pages.frame import COLLEAGUES, Frame, holds
from console.session import Session
from console.templating import today

PARTS_SHOWN_MAX: Final = 50
NOTE_LENGTH_MAX: Final = 500
PUBLIC: Final = frozenset({"published", "doubted"})
MARKS: Final = {
    "wrong-details": "Details are wrong",
    "no-longer-runs": "It no longer runs",
}
SAID: Final = {
    "mark": "What you said is noted, and how fresh the listing is was reckoned anew.",
    "room": "What room there is was noted.",
}
MINUS: Final = "\N{MINUS SIGN}"
_AT: Final = {"kind": "mark-kind", "note": "note", "status": "room-status", "until": "until-day"}
"""The places of the page that a fault leads to, by the directory's name of what is wrong."""

_NAMES: Final = dict.fromkeys(_AT, WHAT_YOU_SAID)
_FIELDS: Final = ("kind", "note", "status", *(f"until-{part}" for part in DATE_PARTS))


def make_router(frame: Frame) -> APIRouter:
    """The routes of this page."""
    router = APIRouter(prefix="/listings/{listing_id:uuid}", include_in_schema=False)

    @router.get("")
    async def listing(request: Request, listing_id: UUID) -> Response:
        session = frame.sessions.needed(request)
        return await _draw(frame, request, session, listing_id)

    @router.post("/marks")
    async def mark(request: Request, listing_id: UUID) -> Response:
        session, fields = await frame.sessions.of_form(request)
        kind, note = fields.get("kind", ""), " ".join(fields.get("note", "").split())
        errors = _mark_faults(kind, note)
        body = {"kind": kind} | ({"note": note} if note else {})
        if not errors:
            call = Call("directory", path("services", str(listing_id), "marks"))
            _, errors = await told(frame.client.post(session.access_token, call, body), _NAMES)
        return await _answer(frame, request, session, listing_id, "mark", fields, errors)

    @router.post("/capacity")
    async def capacity(request: Request, listing_id: UUID) -> Response:
        session, fields = await frame.sessions.of_form(request)
        until, errors = _room_faults(fields)
        if not errors:
            call = Call(
                "directory",
                path("services", str(listing_id), "capacity"),
                headers={"If-Match": etag_of(fields.get("version", ""))},
            )
            body = {"status": fields["status"], "until": until}
            _, errors = await told(frame.client.put(session.access_token, call, body), _NAMES)
        return await _answer(frame, request, session, listing_id, "room", fields, errors)

    return router


def _mark_faults(kind: str, note: str) -> dict[str, str]:
    faults: dict[str, str] = {}
    if kind not in MARKS:
        faults["kind"] = "Say what is wrong"
    if len(note) > NOTE_LENGTH_MAX or not note.isprintable():
        faults["note"] = f"What you know must be at most {NOTE_LENGTH_MAX} characters of text"
    return faults


def _room_faults(fields: Fields) -> tuple[str | None, dict[str, str]]:
    """The last day that is said, if one is, and what is wrong with the form."""
    faults: dict[str, str] = {}
    until: str | None = None
    if fields.get("status") not in ROOM:
        faults["status"] = "Say what room there is"
    try:
        given = day_of(fields, "until")
    except NoSuchDay:
        faults["until"] = "The day must be a real one, such as 27 3 2027"
    else:
        until = None if given is None else given.isoformat()
        if given is not None and given <= today():
            faults["until"] = "The day must lie after today"
    return until, faults


async def _answer(
    frame: Frame,
    request: Request,
    session: Session,
    listing_id: UUID,
    form: str,
    fields: Fields,
    errors: Errors,
) -> Response:
    """Back to the listing: with thanks, or with what is wrong beside what was typed."""
    if errors:
        return await _draw(
            frame, request, session, listing_id, form=form, fields=fields, errors=errors
        )
    back = {"said": form} | ({"search": fields["search"]} if fields.get("search") else {})
    return RedirectResponse(f"{path('listings', str(listing_id))}?{urlencode(back)}", 303)


async def _draw(
    frame: Frame,
    request: Request,
    session: Session,
    listing_id: UUID,
    *,
    form: str = "",
    fields: Fields = MappingProxyType({}),
    errors: Errors = MappingProxyType({}),
) -> Response:
    token, address = session.access_token, path("services", str(listing_id))
    client = frame.client
    shown, fresh, room, memberships = await asyncio.gather(
        client.get(token, Call("directory", address)),
        client.get_if_shown(token, Call("directory", f"{address}/freshness")),
        client.get_if_shown(token, Call("directory", f"{address}/capacity")),
        frame.memberships(session),
    )
    group = path("organizations", shown["organization_id"], "relations")
    relations = await client.get_if_shown(token, Call("directory", group))
    search = fields.get("search") or request.query_params.get("search")
    context = {
        "title": shown["name"],
        "listing": shown,
        "gone": shown.get("status") == "defunct" and "field_sources" not in shown,
        "alert": shown.get("alert"),
        "here": path("listings", str(listing_id)),
        "group_href": path("groups", shown["organization_id"]),
        "rows": rows_of(shown),
        "room": room_words(room or _public_room(shown)),
        "fresh": None if fresh is None else _fresh(fresh),
        "who_to_ask": None if relations is None else _asked(relations["who_to_ask"]),
        "said": SAID.get(request.query_params.get("said", "")),
        "search": search or "",
        "back": address_of(search) if search else "/listings",
        "may_mark": _may_speak(fresh) and holds(memberships, COLLEAGUES),
        "may_say_room": _may_speak(fresh) and room is not None,
        "version": 0 if room is None else room["version"],
        "marks": [{"value": value, "text": text} for value, text in MARKS.items()],
        "rooms": [{"value": value, "text": text} for value, (text, _) in ROOM.items()],
        "form": form,
        "fields": {name: fields.get(name, "") for name in _FIELDS},
        "errors": errors,
        "places": _AT,
        "kinds": HEARD,
    }
    return await frame.draw(
        "listing.html",
        request,
        session,
        context,
        memberships=memberships,
        status=400 if errors else 200,
    )


def _may_speak(fresh: Mapping[str, Any] | None) -> bool:
    return fresh is not None and fresh["state"] in PUBLIC


def _public_room(told: Mapping[str, Any]) -> dict[str, Any] | None:
    """What room there is as anybody reads it; nothing where nothing is told."""
    for one in told.get("capacities", ()):
        return {**one, "as_of": one["updated"]}
    return None


def _fresh(told: Mapping[str, Any]) -> dict[str, Any]:
    text, colour = fresh_words(told["score"])
    parts = told["parts"]
    return {
        "text": text,
        "colour": colour,
        "score": told["score"],
        "floor": told["levels"]["floor"],
        "state": told["state"],
        "heard": next((part for part in parts if part["counts"]), None),
        "parts": [_part(part) for part in parts[:PARTS_SHOWN_MAX]],
        "parts_found": len(parts),
        "question": told["last_question"],
    }


def _part(part: Mapping[str, Any]) -> dict[str, Any]:
    aside: str | None = part["put_aside_by"]
    if aside is not None:
        worth = f"Put aside: {_small(HEARD.get(aside, aside))}"
    elif not part["counts"]:
        worth = "Not counted: newer ones of its kind are"
    else:
        worth = f"{part['points']:+.0f}".replace("-", MINUS)
    return {
        "what": HEARD.get(part["kind"], part["kind"]),
        "day": part["day"],
        "source": source_words(part["source"]),
        "worth": worth,
    }


def _asked(who: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    return [
        {
            "name": one["worker_name"] or "A worker",
            "pcn_code": one["pcn_code"],
            "because": WHY_ASK.get(one["because"], one["because"]),
            "since": one["since"],
        }
        for one in who
    ]


def _small(text: str) -> str:
    return text[:1].lower() + text[1:]
