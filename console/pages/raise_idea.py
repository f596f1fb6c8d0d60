"""Raising an idea: what a network lacks, where, and what would close the gap.

Promise    What is typed is posted and stands in no address; from a gap that is shown, the address brings
           codes of a need and of small areas. Sending the form twice raises one idea.
Not here   What becomes of an idea: ``ideas``. Whether one is the same as another: the directory.
"""

import re
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Final
from uuid import uuid4

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from console.client import Away, Call, NotPermitted
from console.pages.find_help import choices, needs_by_code
from console.pages.forms import Errors, Fields, key_of, told
from console.pages.frame import COLLEAGUES, Frame, holds
from console.pages.ideas import AREAS_OFFERED_MAX, idea_address, network_of
from console.session import Session
from contracts.needs import TERMS

TITLE_LENGTH_MAX: Final = 200
WORDS_LENGTH_MAX: Final = 2_000
PLACE_LENGTH_MAX: Final = 80
NAMES: Final = {
    "title": "The title",
    "need_term": "The need",
    "neighbourhood_code": "The area",
    "near": "The place",
    "words": "What you have in mind",
}
"""The fields of the form, as an error calls each."""

_AREA: Final = re.compile(r"[A-Za-z0-9_-]{1,20}")
_NEEDS: Final = choices("Choose a need", needs_by_code())


def make_router(frame: Frame) -> APIRouter:
    """The routes of this page."""
    router = APIRouter(prefix="/networks/{code}/ideas", include_in_schema=False)

    @router.get("/new")
    async def form(request: Request, code: str) -> Response:
        session = frame.sessions.needed(request)
        asked = request.query_params
        need = asked.get("need", "")
        areas = _codes(asked.getlist("area"))
        fields = {
            "need_term": need if need in TERMS else "",
            "areas": " ".join(areas),
            "neighbourhood_code": areas[0] if len(areas) == 1 else "",
        }
        return await _draw(frame, request, session, network_of(code), fields)

    @router.post("")
    async def raised(request: Request, code: str) -> Response:
        session, fields = await frame.sessions.of_form(request)
        body, errors = await _body(frame, session, network_of(code), fields)
        if not errors:
            call = Call("directory", "/ideas", headers=key_of(fields))
            idea, errors = await told(frame.client.post(session.access_token, call, body), NAMES)
            if not errors:
                return RedirectResponse(f"{idea_address(code, idea['id'])}?said=raised", 303)
        if "neighbourhood_code" in errors and not fields.get("areas"):
            errors = {
                "near" if name == "neighbourhood_code" else name: text
                for name, text in errors.items()
            }
        return await _draw(frame, request, session, code, fields, errors=errors)

    return router


def _codes(given: Sequence[str]) -> list[str]:
    """The codes of small areas among these, each once, no more than may be asked about."""
    codes = [one for one in dict.fromkeys(given) if _AREA.fullmatch(one)]
    return codes[:AREAS_OFFERED_MAX]


async def _body(
    frame: Frame, session: Session, code: str, fields: Fields
) -> tuple[dict[str, str], Errors]:
    """What is to be raised, and what is wrong with the form."""
    title = " ".join(fields.get("title", "").split())
    words = fields.get("words", "").strip()
    errors: dict[str, str] = {}
    if not 0 < len(title) <= TITLE_LENGTH_MAX:
        errors["title"] = f"Give the idea a title of at most {TITLE_LENGTH_MAX} characters"
    if fields.get("need_term") not in TERMS:
        errors["need_term"] = "Choose the need that it would meet"
    if len(words) > WORDS_LENGTH_MAX:
        errors["words"] = f"What you have in mind must be at most {WORDS_LENGTH_MAX} characters"
    area, at_place = await _area(frame, session, fields)
    body = {"pcn_code": code, "title": title, "need_term": fields.get("need_term", "")}
    if area:
        body["neighbourhood_code"] = area
    if words:
        body["words"] = words
    return body, {**errors, **at_place}


async def _area(frame: Frame, session: Session, fields: Fields) -> tuple[str, Errors]:
    """The small area that was chosen, or that holds the place that was typed."""
    near = " ".join(fields.get("near", "").split())
    if not near:
        return fields.get("neighbourhood_code", ""), {}
    if len(near) > PLACE_LENGTH_MAX:
        return "", {"near": f"The place must be at most {PLACE_LENGTH_MAX} characters"}
    call = Call("directory", "/places", {"near": near})
    place, errors = await told(frame.client.get(session.access_token, call), NAMES)
    if errors:
        return "", errors
    if place["neighbourhood_code"] is None:
        return "", {"near": "The place lies in more than one small area: give a whole postcode"}
    return place["neighbourhood_code"], {}


async def _draw(
    frame: Frame,
    request: Request,
    session: Session,
    code: str,
    fields: Fields,
    *,
    errors: Errors = MappingProxyType({}),
) -> Response:
    memberships = await frame.memberships(session)
    if memberships is None:
        raise Away("reporting")
    if not holds(memberships, COLLEAGUES):
        raise NotPermitted
    areas = await _offered(frame, session, _codes(fields.get("areas", "").split()))
    context = {
        "title": "Error: Raise an idea" if errors else "Raise an idea",
        "code": code,
        "here": request.url.path.removesuffix("/new"),
        "fields": {name: fields.get(name, "") for name in (*NAMES, "areas")},
        "needs": _NEEDS,
        "areas": areas,
        "key": str(uuid4()),
        "errors": errors,
    }
    return await frame.draw(
        "raise_idea.html",
        request,
        session,
        context,
        memberships=memberships,
        status=400 if errors else 200,
    )


async def _offered(frame: Frame, session: Session, codes: Sequence[str]) -> list[Mapping[str, str]]:
    """The small areas to choose from, where the page came from a gap in some."""
    if not codes:
        return []
    call = Call("directory", "/neighbourhoods", {"code": codes})
    answer = await frame.client.get_if_shown(session.access_token, call)
    if answer is None or not answer["items"]:
        return []
    whole = {"value": "", "text": "The whole network"}
    return [whole, *({"value": one["id"], "text": one["name"]} for one in answer["items"])]
