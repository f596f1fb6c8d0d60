"""Finding help for a person: one box of plain words, a place, and what it has to be.

Promise    What somebody types may hold a name, a postcode or an illness, so it stands in no address:
           the form is posted, and what was asked goes on in the address sealed, to be opened by this
           console for this session alone. So the way back from a listing, and a further page, need
           no form sent anew, and neither the browser's history nor a proxy on the way can read it.
           The directory is asked by its own search, ``GET /search``, from this process: of that
           address neither keeps anything, in logs, traces or measures.
Price      A search cannot be kept as a bookmark or passed on; it ends with the session.
Not here   What words mean and how listings are ordered: the directory says it with what it finds.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final
from urllib.parse import urlencode

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from console.client import Call, Refused, path
from console.directory_words import (
    ACCESS,
    DAYS,
    HEARD,
    LANGUAGES,
    PARTS_OF_DAY,
    far_words,
    fresh_words,
    need_name,
    room_words,
)
from console.pages.frame import Frame
from console.sealing import Seal, TooMuchToKeep
from console.session import SESSION_SECONDS_MAX, Session
from contracts.needs import TERMS

PAGE_SIZE: Final = 20
VALUE_LENGTH_MAX: Final = 300
"""More than the directory takes of anything, so that its own rule is what is told."""
SCORE_MAX: Final = 100
WITHIN_METRES: Final = {
    "1000": "1 km",
    "2000": "2 km",
    "5000": "5 km",
    "10000": "10 km",
    "20000": "20 km",
    "50000": "50 km",
}
ATTENDANCE: Final = {"": "Either", "in-person": "In person", "remote": "Online or by phone"}
LABELS: Final = {
    "words": "What the person is looking for",
    "near": "Place or postcode",
    "within_metres": "How far away at most",
    "need": "Need",
    "day": "Day",
    "time": "Time of day",
    "age": "Age",
    "cost": "Cost",
    "language": "Language",
    "access": "Access",
    "attendance": "How to take part",
    "accepting": "Taking people now",
}
"""What may be asked, by the directory's own names, as the form calls it."""
WIDTHS: Final = {
    "near": "Few listings are about exactly that, so those that lie near it are shown too.",
    "part": "Few listings have to do with all of that, so those that meet a part of it are shown too.",
}
_ACCESS_FIELD: Final = "access-"

Asked = dict[str, Any]


def make_router(frame: Frame, seal: Seal) -> APIRouter:
    """The routes of this page."""
    router = APIRouter(include_in_schema=False)

    @router.get("/listings")
    async def find(request: Request) -> Response:
        session = frame.sessions.needed(request)
        sealed = request.query_params.get("search")
        asked = opened(seal, session, sealed)
        if not asked:
            return await _draw(frame, request, session, {})
        return await _found(frame, request, session, asked, sealed or "")

    @router.post("/listings")
    async def ask(request: Request) -> Response:
        session, fields = await frame.sessions.of_form(request)
        asked = asked_of(fields)
        try:
            sealed = seal.close(_seal_name(session), asked, seconds=SESSION_SECONDS_MAX)
        except TooMuchToKeep:
            errors = {"words": f"{LABELS['words']} must be said in fewer words"}
            return await _draw(frame, request, session, {}, errors=errors)
        if not asked:
            errors = {"words": "Enter what the person is looking for, or a place"}
            return await _draw(frame, request, session, {}, errors=errors)
        return RedirectResponse(address_of(sealed), 303)

    return router


def asked_of(fields: Mapping[str, str]) -> Asked:
    """What a form asks for, by the directory's names; what is left empty is not asked."""
    asked: Asked = {}
    for name in LABELS:
        value = " ".join(fields.get(name, "").split())[:VALUE_LENGTH_MAX]
        if value:
            asked[name] = value
    access = [code for code in ACCESS if fields.get(f"{_ACCESS_FIELD}{code}")]
    return asked | ({"access": access} if access else {})


def opened(seal: Seal, session: Session, sealed: str | None) -> Asked:
    """What was asked in this session, or nothing."""
    return seal.open(_seal_name(session), sealed) or {}


def address_of(sealed: str, cursor: str | None = None) -> str:
    """Where what was found stands."""
    return f"/listings?{urlencode({'search': sealed, **({'cursor': cursor} if cursor else {})})}"


def _seal_name(session: Session) -> str:
    return f"search of {session.form_token}"


async def _found(
    frame: Frame, request: Request, session: Session, asked: Asked, sealed: str
) -> Response:
    cursor = request.query_params.get("cursor", "")
    params = {**asked, "limit": PAGE_SIZE, **({"cursor": cursor} if cursor else {})}
    try:
        answer = await frame.client.get(session.access_token, Call("directory", "/search", params))
    except Refused as refused:
        return await _draw(frame, request, session, asked, errors=errors_of(refused))
    alternatives = answer["alternatives"]
    shown = [*answer["items"], *(item for one in alternatives for item in one["items"])]
    heard = await _heard(frame, session, shown)
    results = {
        "cards": [_card(item, heard, sealed) for item in answer["items"]],
        "alternatives": [
            {"said": one["said"], "cards": [_card(item, heard, sealed) for item in one["items"]]}
            for one in alternatives
        ],
        "understood": _understood(answer["understood"]),
        "next": address_of(sealed, answer["next"]) if answer["next"] else None,
        "first": address_of(sealed) if cursor else None,
    }
    return await _draw(frame, request, session, asked, results=results)


async def _heard(
    frame: Frame, session: Session, items: Sequence[Mapping[str, Any]]
) -> Mapping[str, Mapping[str, Any]]:
    """How fresh these are, with the last that was heard of each; nothing for who may not know."""
    if not items:
        return {}
    call = Call("directory", "/freshness", {"service_id": [item["id"] for item in items]})
    answer = await frame.client.get_if_shown(session.access_token, call)
    return {} if answer is None else {one["id"]: one for one in answer["items"]}


def _card(
    item: Mapping[str, Any], heard: Mapping[str, Mapping[str, Any]], sealed: str
) -> dict[str, Any]:
    service, metres = item["service"], item["distance_metres"]
    known = heard.get(item["id"])
    score = item["parts"]["freshness"] * SCORE_MAX if known is None else known["score"]
    fresh, fresh_colour = fresh_words(score)
    return {
        "href": f"{path('listings', item['id'])}?{urlencode({'search': sealed})}",
        "name": service["name"],
        "group": service["organization"]["name"],
        "group_href": path("groups", service["organization_id"]),
        "alert": service.get("alert"),
        "far": None if metres is None else far_words(metres),
        "reason": item["reason"],
        "room": room_words(item["capacity"]),
        "fresh": fresh,
        "fresh_colour": fresh_colour,
        "heard": None if known is None else known["last_heard"],
        "assured_date": service.get("assured_date"),
    }


def _understood(understood: Mapping[str, Any]) -> dict[str, Any]:
    near = understood["near"]
    return {
        "needs": [need_name(code) for code in understood["needs"]],
        "words": understood["words"],
        "corrected": understood["corrected"],
        "near": None if near is None else near["text"],
        "within_km": (understood["within_metres"] or 0) / 1000,
        "width": WIDTHS.get(understood["width"]),
    }


def errors_of(refused: Refused) -> dict[str, str]:
    """What is wrong with which field; what names no field of the form stands without one."""
    return {
        one.name if one.name in LABELS else "": f"{LABELS.get(one.name, 'The search')} {one.rule}"
        for one in refused.errors
    } or {"": refused.detail}


async def _draw(
    frame: Frame,
    request: Request,
    session: Session,
    asked: Asked,
    *,
    results: Mapping[str, Any] | None = None,
    errors: Mapping[str, str] | None = None,
) -> Response:
    context = {
        "title": "Find help",
        "asked": {name: asked.get(name, "") for name in LABELS},
        "narrowed": any(name not in {"words", "near"} for name in asked)
        or any(name not in {"words", "near"} for name in errors or ()),
        "results": results,
        "errors": errors or {},
        "choices": _CHOICES,
        "attendance_items": [
            {"value": value, "text": text, "checked": asked.get("attendance", "") == value}
            for value, text in ATTENDANCE.items()
        ],
        "access_items": [
            {
                "id": f"{_ACCESS_FIELD}{code}",
                "name": f"{_ACCESS_FIELD}{code}",
                "value": "yes",
                "text": text,
                "checked": code in asked.get("access", ()),
            }
            for code, text in ACCESS.items()
        ],
        "kinds": HEARD,
    }
    return await frame.draw(
        "find_help.html",
        request,
        session,
        context,
        memberships=await frame.memberships(session),
        status=400 if errors else 200,
    )


def choices(first: str, names: Mapping[str, str]) -> list[dict[str, str]]:
    return [
        {"value": "", "text": first},
        *({"value": value, "text": text} for value, text in names.items()),
    ]


def needs_by_code() -> dict[str, str]:
    """Every need by its code, the finer ones behind the broad one they belong to."""
    broad = [term for term in TERMS.values() if term.parent is None]
    finer = [term for term in TERMS.values() if term.parent is not None]
    return {
        one.code: one.name if one is term else f"{term.name}: {one.name}"
        for term in broad
        for one in (term, *(below for below in finer if below.parent == term.code))
    }


_CHOICES: Final = {
    "within_metres": choices("As far as the directory looks", WITHIN_METRES),
    "need": choices("Any need", needs_by_code()),
    "day": choices("Any day", DAYS),
    "time": choices("Any time of day", PARTS_OF_DAY),
    "language": choices("Any language", LANGUAGES),
}
