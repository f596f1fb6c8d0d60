"""Who knows whom: what is entered on a group's page, one relation to change, agreements that end soon.

Promise    A change names the version it was made from, so nobody's word is lost without being seen. Names
           of workers are shown as the directory tells them; none stands in an address.
Not here   The group's page itself: ``group``. Who may stand to whom how: the directory, whose rules a
           test holds these forms against.
"""

import asyncio
import re
from collections.abc import Mapping, Sequence
from datetime import date
from types import MappingProxyType
from typing import Any, Final
from urllib.parse import urlencode
from uuid import UUID, uuid4

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from console.client import Call, path
from console.directory_words import RELATIONS, agreement_words
from console.pages.forms import (
    DATE_PARTS,
    Errors,
    Fields,
    NoSuchDay,
    day_fields,
    day_of,
    etag_of,
    key_of,
    told,
)
from console.pages.frame import COLLEAGUES, Frame, Membership, holds
from console.session import Session
from console.templating import today

PAGE_SIZE: Final = 50
NETWORKS_OFFERED_MAX: Final = 100
WORKERS_A_PAGE: Final = 100
WORKER_PAGES_MAX: Final = 3
"""So many pages of colleagues are offered of each network."""
ABOUT_LENGTH_MAX: Final = 5_000
CHANGED: Final = "changed"
SAID: Final = {
    "entered": "It is noted.",
    CHANGED: "What you changed is noted.",
}
TRAINED: Final = "trained"
"""The group trained a worker: to the directory, the worker was trained by the group."""
KINDS: Final = {
    "knows": "Knows the group",
    "visited": "Visited the group",
    "trained-by": "Was trained by the group",
    TRAINED: "Trained the group",
    "agreement": "Has an agreement with the group",
}
FITS: Final = {
    "knows": ("worker", "practice"),
    "visited": ("worker",),
    "trained-by": ("worker", "practice"),
    TRAINED: ("worker",),
    "agreement": ("pcn", "practice"),
}
"""Of whom each may be said, by the directory's kinds of parties."""
PARTY_WORDS: Final = {"worker": "a worker", "practice": "a practice", "pcn": "a network"}
NAMES: Final = {
    "kind": "How they stand to the group",
    "who": "Who it is",
    "practice": "The practice",
    "from_date": "The first day",
    "until_date": "The last day",
    "about": "What it is about",
}
PLACES: Final = {"from_date": "from_date-day", "until_date": "until_date-day"}
NO_SUCH_DAY: Final = "The day must be a real one, such as 27 3 2027"

_PRACTICE: Final = re.compile(r"[A-Z][0-9]{5}")
_DAYS: Final = tuple(f"{name}-{part}" for name in PLACES for part in DATE_PARTS)


def make_router(frame: Frame) -> APIRouter:
    """The routes of these pages."""
    router = APIRouter(include_in_schema=False)

    @router.get("/agreements")
    async def agreements(request: Request) -> Response:
        session = frame.sessions.needed(request)
        return await _draw_agreements(frame, request, session)

    @router.get("/relations/{relation_id:uuid}")
    async def one(request: Request, relation_id: UUID) -> Response:
        session = frame.sessions.needed(request)
        return await _draw_one(frame, request, session, relation_id)

    @router.post("/relations/{relation_id:uuid}")
    async def change(request: Request, relation_id: UUID) -> Response:
        session, fields = await frame.sessions.of_form(request)
        body, errors = _change(fields)
        address = path("relations", str(relation_id))
        if not errors:
            tag = {"If-Match": etag_of(fields.get("version", ""))}
            call = Call("directory", address, headers=tag)
            changing = frame.client.patch(session.access_token, call, body)
            relation, errors = await told(changing, NAMES)
            if not errors:
                return RedirectResponse(f"{_back(relation)}?said={CHANGED}", 303)
        return await _draw_one(frame, request, session, relation_id, fields=fields, errors=errors)

    return router


async def enter(frame: Frame, session: Session, group_id: str, fields: Fields) -> Mapping[str, str]:
    """Say in the directory how somebody stands to a group; what kept it from being taken."""
    body, errors = entered(fields, group_id)
    if not errors:
        call = Call("directory", "/relations", headers=key_of(fields))
        asking = frame.client.post(session.access_token, call, body)
        _, errors = await told(asking, {**NAMES, "whom": NAMES["who"]})
    # Whichever end of it a rule names, the form has one choice of who it is.
    return {"who" if name == "whom" else name: text for name, text in errors.items()}


async def form_of(
    frame: Frame, session: Session, memberships: Sequence[Membership] | None, fields: Fields
) -> dict[str, Any] | None:
    """The form to enter how somebody stands to a group; nothing for who may not."""
    if not holds(memberships, COLLEAGUES):
        return None
    return {
        "kinds": [{"value": value, "text": text} for value, text in KINDS.items()],
        "parties": await _parties(frame, session, memberships or ()),
        "fields": {name: fields.get(name, "") for name in (*NAMES, *_DAYS)},
        "key": str(uuid4()),
    }


def entered(fields: Fields, group_id: str) -> tuple[dict[str, Any], dict[str, str]]:
    """What is to be entered, and what is wrong with the form."""
    kind, practice = fields.get("kind", ""), fields.get("practice", "").strip().upper()
    party_kind, _, rest = fields.get("who", "").partition(" ")
    pcn_code, _, worker_id = rest.partition(" ")
    errors: dict[str, str] = {}
    if kind not in KINDS:
        errors["kind"] = "Say how they stand to the group"
    if party_kind not in PARTY_WORDS:
        errors["who"] = "Choose who it is"
    elif kind in FITS and party_kind not in FITS[kind]:
        fitting = " or ".join(PARTY_WORDS[one] for one in FITS[kind])
        errors["who"] = f"“{KINDS[kind]}” is said of {fitting}"
    if party_kind == "practice" and _PRACTICE.fullmatch(practice) is None:
        errors["practice"] = "Give the code of the practice, a letter and five digits"
    elif practice and party_kind != "practice":
        errors["practice"] = "Choose a practice above, or leave its code empty"
    ids = {"worker": worker_id, "practice": practice, "pcn": pcn_code}
    party = {"kind": party_kind, "id": ids.get(party_kind, "")}
    group = {"kind": "organization", "id": group_id}
    days = _days(fields, errors)
    return {
        "kind": "trained-by" if kind == TRAINED else kind,
        "pcn_code": pcn_code,
        "who": group if kind == TRAINED else party,
        "whom": party if kind == TRAINED else group,
        **days,
        **_about(fields, errors),
    }, errors


def _change(fields: Fields) -> tuple[dict[str, Any], dict[str, str]]:
    """What is to be otherwise: that it ends today, or its last day and what it is about."""
    if fields.get("action") == "end":
        return {"until_date": today().isoformat()}, {}
    errors: dict[str, str] = {}
    body = {"about": None, **_about(fields, errors)}
    if "until_date-day" in fields:
        body["until_date"] = None
        body |= {name: day for name, day in _days(fields, errors).items() if name == "until_date"}
    return body, errors


def _days(fields: Fields, errors: dict[str, str]) -> dict[str, str]:
    """The first and the last day, as far as they are said."""
    days: dict[str, date] = {}
    for name in PLACES:
        try:
            day = day_of(fields, name)
        except NoSuchDay:
            errors[name] = NO_SUCH_DAY
        else:
            days |= {} if day is None else {name: day}
    if len(days) == len(PLACES) and days["until_date"] < days["from_date"]:
        errors["until_date"] = "The last day must not lie before the first"
    return {name: day.isoformat() for name, day in days.items()}


def _about(fields: Fields, errors: dict[str, str]) -> dict[str, str]:
    about = fields.get("about", "").strip()
    if len(about) > ABOUT_LENGTH_MAX:
        errors["about"] = f"What it is about must be at most {ABOUT_LENGTH_MAX:,} characters"
    return {"about": about} if about else {}


async def _parties(
    frame: Frame, session: Session, memberships: Sequence[Membership]
) -> list[dict[str, str]]:
    """Who may stand to a group, as a choice holds it: colleagues, their networks, practices of these."""
    own = {one.organisation_code for one in memberships if one.organisation_kind == "pcn"}
    networks = sorted(own)
    if holds(memberships, {"registrar"}):
        call = Call("directory", "/register/pcns", {"limit": NETWORKS_OFFERED_MAX})
        kept = await frame.client.get_if_shown(session.access_token, call)
        networks = sorted(own | {one["id"] for one in (kept or {"items": ()})["items"]})
    workers = await asyncio.gather(*(_workers(frame, session, code) for code in sorted(own)))
    people = [
        {
            "value": f"worker {one['pcn_code']} {one['id']}",
            "text": f"{one['name']}, {one['pcn_code']}",
        }
        for network in workers
        for one in network
    ]
    people.sort(key=lambda one: one["text"].casefold())
    return [
        {"value": "", "text": "Choose who it is"},
        *people,
        *({"value": f"pcn {code}", "text": f"Network {code}"} for code in networks),
        *({"value": f"practice {code}", "text": f"A practice of {code}"} for code in networks),
    ]


async def _workers(frame: Frame, session: Session, code: str) -> list[Mapping[str, Any]]:
    found: list[Mapping[str, Any]] = []
    cursor: str | None = ""
    for _ in range(WORKER_PAGES_MAX):
        asked = {"limit": WORKERS_A_PAGE} | ({"cursor": cursor} if cursor else {})
        call = Call("directory", path("pcns", code, "workers"), asked)
        answer = await frame.client.get_if_shown(session.access_token, call)
        if answer is None:
            break
        found += answer["items"]
        cursor = answer["next"]
        if cursor is None:
            break
    return found


def party_words(party: Mapping[str, str], pcn_code: str, group_id: str = "") -> str:
    """Who a party is; the group whose page it stands on is called so."""
    if party["kind"] == "organization":
        return "the group" if party["id"] == group_id else party.get("name") or "a group"
    if party["kind"] == "worker":
        return party.get("name") or f"a worker of {pcn_code}"
    kind = "network" if party["kind"] == "pcn" else "practice"
    return f"{kind} {party['id']}"


def relation_words(one: Mapping[str, Any], day: date, group_id: str = "") -> dict[str, Any]:
    """A relation in words, with where it is changed and where its groups are shown."""
    is_agreement = one.get("kind", "agreement") == "agreement"
    who, whom = (party_words(one[end], one["pcn_code"], group_id) for end in ("who", "whom"))
    return {
        "who": who[:1].upper() + who[1:],
        "who_href": _party_href(one["who"], group_id),
        "how": RELATIONS.get(one.get("kind", "agreement"), one.get("kind")),
        "whom": whom,
        "whom_href": _party_href(one["whom"], group_id),
        "pcn_code": one["pcn_code"],
        "about": one["about"],
        "from_date": one["from_date"],
        "until_date": one["until_date"],
        "holds": agreement_words(one["until_date"], day) if is_agreement else None,
        "href": path("relations", one["id"]),
    }


def _party_href(party: Mapping[str, str], group_id: str) -> str | None:
    is_other_group = party["kind"] == "organization" and party["id"] != group_id
    return path("groups", party["id"]) if is_other_group else None


def _back(relation: Mapping[str, Any]) -> str:
    """The page of the group that a relation is about; of one without a group, the agreements'."""
    parties = (relation["whom"], relation["who"])
    groups = [one["id"] for one in parties if one["kind"] == "organization"]
    return path("groups", groups[0]) if groups else "/agreements"


async def _draw_one(
    frame: Frame,
    request: Request,
    session: Session,
    relation_id: UUID,
    *,
    fields: Fields = MappingProxyType({}),
    errors: Errors = MappingProxyType({}),
) -> Response:
    call = Call("directory", path("relations", str(relation_id)))
    relation, memberships = await asyncio.gather(
        frame.client.get(session.access_token, call), frame.memberships(session)
    )
    stands = {"about": relation["about"] or "", **day_fields("until_date", relation["until_date"])}
    given = fields if errors else stands
    words = relation_words(relation, today())
    context = {
        "title": "What is known and agreed",
        "relation": words,
        "ends": relation["kind"] != "visited",
        "may_change": holds(memberships, COLLEAGUES),
        "may_end": relation["until_date"] is None or relation["until_date"] > today().isoformat(),
        "here": path("relations", str(relation_id)),
        "back": _back(relation),
        "version": relation["version"],
        "fields": {name: given.get(name, "") for name in ("about", *_DAYS)},
        "errors": errors,
        "places": PLACES,
    }
    return await frame.draw(
        "relation.html",
        request,
        session,
        context,
        memberships=memberships,
        status=400 if errors else 200,
    )


async def _draw_agreements(frame: Frame, request: Request, session: Session) -> Response:
    cursor = request.query_params.get("cursor", "")
    asked = {"limit": PAGE_SIZE} | ({"cursor": cursor} if cursor else {})
    answer, memberships = await asyncio.gather(
        frame.client.get(session.access_token, Call("directory", "/agreements/ending", asked)),
        frame.memberships(session),
    )
    here, following = "/agreements", answer["next"]
    context = {
        "title": "Agreements that end soon",
        "agreements": [relation_words(one, today()) for one in answer["items"]],
        "may_change": holds(memberships, COLLEAGUES),
        "said": SAID.get(request.query_params.get("said", "")),
        "first": here if cursor else None,
        "following": f"{here}?{urlencode({'cursor': following})}" if following else None,
    }
    return await frame.draw("agreements.html", request, session, context, memberships=memberships)
