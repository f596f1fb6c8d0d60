"""The shapes of Open Referral UK (HSDS-UK 3.0), built from what was entered of a listing.

Promise    Absent facts are left out, never null; every part has an id that stays the same when
           the listing is published again.
Price      A listing's parts are told by their place in the list: taking one out renames the later.
Not here   Which listings anybody may see: ``open_listing`` in the migrations.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final
from uuid import UUID, uuid5

from services.directory.domain.open_terms import FOREIGN_TERMS, foreign_term
from services.directory.domain.paging import Page
from services.directory.domain.taxonomy import Document, Terms, taxonomy_term, term_id

PROFILE_VERSION: Final = "HSDS-UK-3.0"
PROFILE: Final = "https://github.com/OpenReferralUK/uk-profile"

# Parts of a service that are lists of single values.
_PLAIN_PARTS: Final = ("service_areas", "cost_options", "funding", "languages")


def part_id(listing_id: UUID, part: str, index: int) -> UUID:
    """The id of the n-th schedule, place or contact: derived, so publishing again keeps it."""
    return uuid5(listing_id, f"{part}:{index}")


def place_id(listing_id: UUID, index: int) -> UUID:
    """The id of the n-th place a listing is given at."""
    return part_id(listing_id, "service-at-location", index)


def organization_document(
    organization_id: UUID, content: Mapping[str, Any], field_sources: Mapping[str, Any]
) -> Document:
    """An organisation with everything that belongs to it."""
    link = {"organization_id": str(organization_id)}
    parts = {
        "organization_identifiers": _parts(
            organization_id, "identifier", content.get("organization_identifiers", ()), link
        ),
        "attributes": _attributes(
            organization_id, "attributes", content, organization_id, "organization"
        ),
    }
    return {
        "id": str(organization_id),
        **_single_values(content),
        **{name: part for name, part in parts.items() if part},
        **_sources(field_sources),
    }


def organization_summary(organization_id: UUID, content: Mapping[str, Any]) -> Document:
    """An organisation as lists show it: single values alone."""
    return {"id": str(organization_id), **_single_values(content)}


def service_summary(
    listing_id: UUID,
    content: Mapping[str, Any],
    organization: Document,
    *,
    last_modified: datetime,
) -> Document:
    """A service as lists show it: single values and the organisation."""
    return {
        "id": str(listing_id),
        "organization_id": organization["id"],
        **_single_values(content),
        "last_modified": last_modified.isoformat(),
        "organization": organization,
    }


def service_document(
    listing_id: UUID,
    content: Mapping[str, Any],
    organization: Document,
    *,
    terms: Terms,
    needs: Sequence[str],
    field_sources: Mapping[str, Any],
    last_modified: datetime,
) -> Document:
    """A service with everything that belongs to it; ``needs`` are codes of the catalogue's terms."""
    link = {"service_id": str(listing_id)}
    parts: dict[str, list[Document]] = {
        name: _parts(listing_id, name, content.get(name, ()), link) for name in _PLAIN_PARTS
    }
    parts["schedules"] = [
        _schedule(listing_id, index, schedule)
        for index, schedule in enumerate(content.get("schedules", ()))
    ]
    parts["service_at_locations"] = [
        _place(listing_id, index, location)
        for index, location in enumerate(content.get("locations", ()))
    ]
    parts["contacts"] = [
        _with_phones(listing_id, f"contacts-{index}", {**link, **contact}, index)
        for index, contact in enumerate(content.get("contacts", ()))
    ]
    parts["phones"] = _phones(listing_id, "phones", content.get("phones", ()), link)
    parts["attributes"] = [
        *(_attribute(listing_id, terms, need) for need in needs),
        *_attributes(listing_id, "attributes", content, listing_id, "service"),
    ]
    return {
        **service_summary(listing_id, content, organization, last_modified=last_modified),
        **{name: part for name, part in parts.items() if part},
        **_sources(field_sources),
    }


def capacity_documents(
    listing_id: UUID, *, status: str, source: str, confidence: float, as_of: datetime
) -> list[Document]:
    """What room a service has, in the shape HSDS 3.1 gives to capacity, with what we know beside it.

    The unit says whether there is room at all, so 1 stands for some: nobody tells us a number.
    """
    return [
        {
            "id": str(part_id(listing_id, "capacity", 0)),
            "service_id": str(listing_id),
            "unit": {"id": str(uuid5(FOREIGN_TERMS, "unit:room")), "name": "room"},
            "available": 0 if status == "no-capacity" else 1,
            "maximum": 1,
            "updated": as_of.isoformat(),
            "status": status,
            "source": source,
            "confidence": round(confidence, 3),
        }
    ]


def service_remains(
    listing_id: UUID, name: str, organization: Document, *, last_modified: datetime
) -> Document:
    """What is left of a service that is not there any more: that it was."""
    return {
        "id": str(listing_id),
        "organization_id": organization["id"],
        "name": name,
        "status": "defunct",
        "last_modified": last_modified.isoformat(),
        "organization": organization,
    }


def service_at_location(
    place: Mapping[str, Any], service: Mapping[str, Any], *, place_of_service: str, gone: bool
) -> Document:
    """A service at one of its places; of a place it left, the service is told as defunct."""
    told = {name: value for name, value in service.items() if name != "service_at_locations"}
    return {
        "id": place_of_service,
        "service_id": service["id"],
        "location_id": place["id"],
        "location": dict(place),
        "service": {**told, "status": "defunct"} if gone else told,
    }


def in_short(location_at: Document) -> Document:
    """A service at a location as lists show it: single values alone."""
    return {
        **location_at,
        "location": _single_values(location_at["location"]),
    }


def _sources(field_sources: Mapping[str, Any]) -> Document:
    """Beside the standard: who said each fact, and on which day."""
    return {"field_sources": dict(field_sources)} if field_sources else {}


def _single_values(content: Mapping[str, Any]) -> Document:
    return {name: value for name, value in content.items() if not isinstance(value, list)}


def _parts(
    owner_id: UUID, name: str, parts: Sequence[Mapping[str, Any]], link: Mapping[str, str]
) -> list[Document]:
    return [_part(owner_id, name, index, part, link) for index, part in enumerate(parts)]


def _part(
    owner_id: UUID, name: str, index: int, part: Mapping[str, Any], link: Mapping[str, str]
) -> Document:
    """The n-th part of its kind: its single values, and the terms it is sorted by if there are any."""
    own_id = part_id(owner_id, name, index)
    attributes = _attributes(owner_id, f"{name}-{index}-attributes", part, own_id, _kind_of(name))
    return {
        "id": str(own_id),
        **link,
        **_single_values(part),
        **({"attributes": attributes} if attributes else {}),
    }


def _kind_of(name: str) -> str:
    """What the standard calls a part, by what its ids are derived from."""
    return _KINDS.get(name.rpartition("-")[2], name.rpartition("-")[2])


_KINDS: Final[Mapping[str, str]] = {
    "contacts": "contact",
    "identifier": "organization_identifier",
}


def _schedule(listing_id: UUID, index: int, schedule: Mapping[str, Any]) -> Document:
    said = {name: value for name, value in schedule.items() if name != "at_location"}
    document = {
        "id": str(part_id(listing_id, "schedules", index)),
        "service_id": str(listing_id),
        **said,
    }
    if "at_location" in schedule:
        document["service_at_location_id"] = str(place_id(listing_id, schedule["at_location"]))
    return document


def _phones(
    listing_id: UUID, name: str, phones: Sequence[Mapping[str, Any]], link: Mapping[str, str]
) -> list[Document]:
    shown: list[Document] = []
    for index, phone in enumerate(phones):
        phone_id = str(part_id(listing_id, name, index))
        languages = _parts(
            listing_id,
            f"{name}-{index}-languages",
            phone.get("languages", ()),
            {"phone_id": phone_id},
        )
        shown.append(
            {
                "id": phone_id,
                **link,
                **_single_values(phone),
                **({"languages": languages} if languages else {}),
            }
        )
    return shown


def _with_phones(listing_id: UUID, name: str, contact: Mapping[str, Any], index: int) -> Document:
    contact_id = str(part_id(listing_id, "contacts", index))
    phones = _phones(
        listing_id, f"{name}-phones", contact.get("phones", ()), {"contact_id": contact_id}
    )
    return {
        **_part(listing_id, "contacts", index, contact, {}),
        **({"phones": phones} if phones else {}),
    }


def _place(listing_id: UUID, index: int, location: Mapping[str, Any]) -> Document:
    shown = location_document(listing_id, index, location)
    return {
        "id": str(place_id(listing_id, index)),
        "service_id": str(listing_id),
        "location_id": shown["id"],
        "location": shown,
    }


def location_document(listing_id: UUID, index: int, location: Mapping[str, Any]) -> Document:
    """The n-th place of a listing with its addresses and how people get in."""
    link = {"location_id": str(part_id(listing_id, "location", index))}
    parts = {
        "addresses": _parts(
            listing_id, f"location-{index}-address", location.get("addresses", ()), link
        ),
        "accessibility": _parts(
            listing_id, f"location-{index}-accessibility", location.get("accessibility", ()), link
        ),
    }
    return {
        **_part(listing_id, "location", index, location, {}),
        **{name: part for name, part in parts.items() if part},
    }


def _attribute(listing_id: UUID, terms: Terms, need: str) -> Document:
    return {
        "id": str(uuid5(listing_id, f"attribute:{need}")),
        "link_id": str(listing_id),
        "link_type": "service",
        "taxonomy_term_id": str(term_id(need)),
        "taxonomy_term": taxonomy_term(terms[need]),
    }


def _attributes(
    owner_id: UUID, name: str, part: Mapping[str, Any], own_id: UUID, kind: str
) -> list[Document]:
    """The terms of other taxonomies that something is sorted by, as they came."""
    shown: list[Document] = []
    for index, attribute in enumerate(part.get("attributes", ())):
        term = foreign_term(attribute)
        shown.append(
            {
                "id": str(part_id(owner_id, name, index)),
                "link_id": str(own_id),
                "link_type": attribute.get("link_type", kind),
                "taxonomy_term_id": term["id"],
                "taxonomy_term": term,
            }
        )
    return shown


def page_document(page: Page, contents: Sequence[Any]) -> Document:
    """The envelope around one numbered page."""
    return {
        "total_items": page.total_items,
        "total_pages": page.total_pages,
        "page_number": page.number,
        "size": len(contents),
        "first_page": page.first,
        "last_page": page.last,
        "empty": not contents,
        "contents": list(contents),
    }
