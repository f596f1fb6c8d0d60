"""A listing as another directory tells it, in the terms of our forms: the way back of
``open_referral``.

Promise    What we export comes back as it was, but for ids: those of parts are ours anew, those of
           terms stay. What the standard has and our forms have not is left out; nothing is guessed.
Not here   Whether it may be entered: the forms, which everything passes. Which needs a term of
           somebody else's taxonomy speaks of: ``foreign_terms``.
"""

import hashlib
import json
import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, cast
from uuid import UUID

from services.directory.domain.foreign_terms import OurTerms, TermRules, needs_of

READING_VERSION: Final = 3
"""Raised whenever the rules below change: what was read by a lower one is read again."""

FOREIGN_ID_LENGTH_MAX: Final = 200

_ALONE: Final = (
    "name", "description", "url", "email", "status", "fees", "accreditations", "minimum_age",
    "maximum_age", "assured_date", "assurer_email", "alert",
)  # fmt: skip
_OF_ORGANIZATION: Final = ("name", "description", "email", "website", "logo", "uri")
_PARTS: Final[Mapping[str, Collection[str]]] = {
    "schedules": (
        "valid_from", "valid_to", "dtstart", "freq", "interval", "byday", "bymonthday", "opens_at",
        "closes_at", "schedule_link", "attending_type", "description", "notes",
    ),
    "service_areas": ("name", "extent", "extent_type", "uri", "service_area"),
    "cost_options": ("valid_from", "valid_to", "option", "amount", "amount_description"),
    "languages": ("name", "code", "note"),
    "funding": ("source",),
}  # fmt: skip
_LOCATION: Final = (
    "location_type", "name", "description", "latitude", "longitude", "external_identifier",
    "external_identifier_type",
)  # fmt: skip
_ADDRESS: Final = (
    "attention", "address_1", "address_2", "city", "region", "state_province", "postal_code",
    "country", "address_type",
)  # fmt: skip
_WHOLE: Final = (
    *_PARTS, "service_at_locations", "contacts", "phones", "attributes",
)  # fmt: skip

_HOUR_WITH_OFFSET: Final = re.compile(
    r"(?P<hour>[0-9]{2}:[0-9]{2}(:[0-9]{2})?)(Z|\+0[01]:?00|-00:?00)", re.ASCII
)

Document = Mapping[str, Any]


class RowBroken(Exception):
    """A row cannot be read as a listing at all."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Foreign:
    """A listing of somebody else, ready for our forms."""

    foreign_id: str
    entry: dict[str, Any]
    organization_key: str | None
    parent_key: str | None
    is_gone: bool


def foreign_id_of(document: Any) -> str:
    """The id a feed knows a listing by."""
    found = cast("Document", document).get("id") if isinstance(document, Mapping) else None
    if not isinstance(found, str) or not found.strip():
        raise RowBroken("/id: must be there")
    if len(found) > FOREIGN_ID_LENGTH_MAX or not found.isprintable():
        raise RowBroken(f"/id: must be at most {FOREIGN_ID_LENGTH_MAX} printable characters")
    return found


def said_hash(document: Any, read_by: str = "") -> bytes:
    """What a foreign listing is known by to be the same as before, read by the same rules."""
    text = json.dumps(document, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
    return hashlib.sha256(f"{READING_VERSION}.{read_by}\n{text}".encode()).digest()


def is_whole(document: Document) -> bool:
    """Whether a listing came with its parts, not as lists show it."""
    return any(name in document for name in _WHOLE)


def foreign_listing(document: Document, rules: TermRules) -> Foreign:
    """Read a service of Open Referral UK."""
    organization = _one(document.get("organization"), "/organization")
    ours, attributes = _terms(document, rules.ours)
    needs = needs_of(ours, attributes, rules)
    places = _many(document.get("service_at_locations"), "/service_at_locations")
    numbers = {_key(place.get("id")): index for index, place in enumerate(places)}
    numbers.pop(None, None)
    entry: dict[str, Any] = {
        **_chosen(document, _ALONE),
        **{
            name: [_part(name, part) for part in _many(document.get(name), f"/{name}")]
            for name in _PARTS
        },
        "locations": [_location(place) for place in places],
        "contacts": [_contact(one) for one in _many(document.get("contacts"), "/contacts")],
        "phones": [_phone(one) for one in _many(document.get("phones"), "/phones")],
        "attributes": attributes,
        "needs": [code for code in needs if code in rules.ours.broad],
        "need_terms": [code for code in needs if code in rules.ours.finer],
        "organization": _organization(organization),
    }
    for schedule, given in zip(
        entry["schedules"], _many(document.get("schedules"), "/schedules"), strict=True
    ):
        if (number := numbers.get(_key(given.get("service_at_location_id")))) is not None:
            schedule["at_location"] = number
    for name in _PARTS:
        entry[name] = _telling(entry[name])
    told = {name for name, value in document.items() if value is not None}
    return Foreign(
        foreign_id=foreign_id_of(document),
        entry={name: value for name, value in entry.items() if value != []},
        organization_key=_key(organization.get("id")),
        parent_key=_key(organization.get("parent_organization_id")),
        is_gone=document.get("status") == "defunct" and not told - _REMAINS,
    )


_REMAINS: Final = frozenset(
    {"id", "organization_id", "organization", "name", "status", "last_modified"}
)


def _organization(given: Document) -> dict[str, Any]:
    identifiers = [
        _with_attributes(one, ("identifier_scheme", "identifier_type", "identifier"))
        for one in _many(given.get("organization_identifiers"), "/organization")
    ]
    return {
        **_with_attributes(given, _OF_ORGANIZATION),
        **({"organization_identifiers": identifiers} if identifiers else {}),
    }


def _terms(document: Document, ours: OurTerms) -> tuple[list[str], list[dict[str, Any]]]:
    """The needs that our own taxonomy's terms name, and everybody else's terms as they came."""
    needs: list[str] = []
    others: list[dict[str, Any]] = []
    for given in _many(document.get("attributes"), "/attributes"):
        attribute = _attribute(given)
        if attribute is None:
            continue
        taxonomy_id = attribute.get("taxonomy_id")
        is_ours = taxonomy_id == ours.taxonomy_id or (
            taxonomy_id is None and attribute.get("taxonomy") == ours.taxonomy_name
        )
        if is_ours and attribute.get("term") in ours:
            needs.append(attribute["term"])
        else:
            others.append(attribute)
    return list(dict.fromkeys(needs)), others


def _attribute(given: Document) -> dict[str, Any] | None:
    """A term that something is sorted by; nothing where only its id is told.

    HSDS has ``code`` and ``taxonomy_detail`` for what its profile calls ``term`` and ``taxonomy``.
    """
    term = _one(given.get("taxonomy_term"), "/attributes")
    if not term:
        return None
    detail = _one(term.get("taxonomy_detail"), "/attributes")
    said = {"term": term.get("code"), "taxonomy": detail.get("name")}
    ids = {
        "term_id": _uuid(term.get("id")),
        "parent_id": _uuid(term.get("parent_id")),
        "taxonomy_id": _uuid(term.get("taxonomy_id") or detail.get("id")),
    }
    return {
        **_chosen(said, ("term", "taxonomy")),
        **_chosen(term, ("name", "description", "term_uri", "term", "taxonomy")),
        **{name: value for name, value in ids.items() if value is not None},
        **_chosen(given, ("link_type",)),
    }


def _with_attributes(given: Document, names: Collection[str]) -> dict[str, Any]:
    read = [_attribute(one) for one in _many(given.get("attributes"), "/attributes")]
    attributes = [one for one in read if one is not None]
    return {**_chosen(given, names), **({"attributes": attributes} if attributes else {})}


def _uuid(given: Any) -> str | None:
    try:
        return str(UUID(given)) if isinstance(given, str) else None
    except ValueError:
        return None


def _location(place: Document) -> dict[str, Any]:
    location = _one(place.get("location"), "/service_at_locations")
    return {
        **_with_attributes(location, _LOCATION),
        "addresses": [
            _with_attributes(one, _ADDRESS)
            for one in _many(location.get("addresses"), "/addresses")
        ],
        "accessibility": _telling(
            _with_attributes(one, ("description", "accessibility", "details", "url"))
            for one in _many(location.get("accessibility"), "/accessibility")
        ),
    }


def _contact(given: Document) -> dict[str, Any]:
    return {
        **_with_attributes(given, ("name", "title", "email")),
        "phones": [_phone(one) for one in _many(given.get("phones"), "/contacts")],
    }


def _phone(given: Document) -> dict[str, Any]:
    return {
        **_chosen(given, ("number", "description")),
        "languages": _telling(
            _part("languages", one) for one in _many(given.get("languages"), "/phones")
        ),
    }


def _part(name: str, given: Document) -> dict[str, Any]:
    """What a part says; the standard's profile has no name for a language, and HSDS may have a code alone."""
    said = _chosen(given, _PARTS[name])
    if name == "schedules":
        for hour in said.keys() & {"opens_at", "closes_at"}:
            said[hour] = _on_the_clock(said[hour])
    if name != "languages" or "name" in said:
        return said
    return {"name": said["code"], **said} if "code" in said else {}


def _on_the_clock(given: Any) -> Any:
    """A time of day as people read it on the door: the standard wants an offset beside it.

    What takes place every week has no one offset, so those of this country, winter's and summer's,
    say nothing more. Another one stays, and is refused: which clock it speaks of would be a guess.
    """
    found = _HOUR_WITH_OFFSET.fullmatch(given) if isinstance(given, str) else None
    return given if found is None else found["hour"]


def _telling(parts: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    """The parts that say anything beside their ids."""
    return [part for part in parts if part]


def _chosen(given: Document, names: Collection[str]) -> dict[str, Any]:
    # Some feeds tell of nothing by an empty text.
    chosen = {name: given.get(name) for name in names}
    return {name: value for name, value in chosen.items() if value is not None and value != ""}


def _many(given: Any, where: str) -> Sequence[Document]:
    if given is None:
        return ()
    if not isinstance(given, list) or not all(
        isinstance(one, Mapping) for one in cast("list[Any]", given)
    ):
        raise RowBroken(f"{where}: must be a list of objects")
    return cast("list[Document]", given)


def _one(given: Any, where: str) -> Document:
    if given is None:
        return {}
    if not isinstance(given, Mapping):
        raise RowBroken(f"{where}: must be an object")
    return cast("Document", given)


def _key(given: Any) -> str | None:
    is_one = isinstance(given, str) and 0 < len(given) <= FOREIGN_ID_LENGTH_MAX
    return given if is_one and given.isprintable() else None
