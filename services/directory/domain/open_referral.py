"""The shapes of Open Referral UK (HSDS-UK 3.0), built from what was entered of a listing.

Promise    Absent facts are left out, never null; every part has an id that stays the same when
           the listing is published again.
Price      A listing's parts are told by their place in the list: taking one out renames the later.
Not here   Which listings anybody may see: ``open_listing`` in the migrations.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from services.directory.domain.listings import (
    NEEDS,
    TAXONOMY_DESCRIPTION,
    TAXONOMY_ID,
    TAXONOMY_NAME,
    TAXONOMY_VERSION,
    TERM_IDS,
    Page,
    attribute_id,
    part_id,
)

PROFILE_VERSION: Final = "HSDS-UK-3.0"
PROFILE: Final = "https://github.com/OpenReferralUK/uk-profile"

_PARTS: Final = ("schedules", "service_areas", "cost_options")

Document = dict[str, Any]


def organization_document(organization_id: UUID, content: Mapping[str, Any]) -> Document:
    """An organisation as it stands inside a service."""
    return {"id": str(organization_id), **content}


def service_summary(
    listing_id: UUID,
    content: Mapping[str, Any],
    organization: Document,
    *,
    last_modified: datetime,
) -> Document:
    """A service as lists show it: single values and the organisation."""
    single = {name: value for name, value in content.items() if not isinstance(value, list)}
    return {
        "id": str(listing_id),
        "organization_id": organization["id"],
        **single,
        "last_modified": last_modified.isoformat(),
        "organization": organization,
    }


def service_document(
    listing_id: UUID,
    content: Mapping[str, Any],
    organization: Document,
    *,
    needs: Sequence[str],
    last_modified: datetime,
) -> Document:
    """A service with everything that belongs to it."""
    summary = service_summary(listing_id, content, organization, last_modified=last_modified)
    parts = {
        name: [
            {
                "id": str(part_id(listing_id, name, index)),
                "service_id": str(listing_id),
                **part,
            }
            for index, part in enumerate(content[name])
        ]
        for name in _PARTS
        if content.get(name)
    }
    places = [
        _place(listing_id, index, location)
        for index, location in enumerate(content.get("locations", ()))
    ]
    attributes = [_attribute(listing_id, need) for need in needs]
    return {
        **summary,
        **parts,
        **({"service_at_locations": places} if places else {}),
        "attributes": attributes,
    }


def _place(listing_id: UUID, index: int, location: Mapping[str, Any]) -> Document:
    location_id = str(part_id(listing_id, "location", index))
    addresses = [
        {
            "id": str(part_id(listing_id, f"location-{index}-address", number)),
            "location_id": location_id,
            **address,
        }
        for number, address in enumerate(location.get("addresses", ()))
    ]
    shown = {**location, "addresses": addresses} if addresses else dict(location)
    return {
        "id": str(part_id(listing_id, "service-at-location", index)),
        "service_id": str(listing_id),
        "location_id": location_id,
        "location": {"id": location_id, **shown},
    }


def _attribute(listing_id: UUID, need: str) -> Document:
    return {
        "id": str(attribute_id(listing_id, need)),
        "link_id": str(listing_id),
        "link_type": "service",
        "taxonomy_term_id": str(TERM_IDS[need]),
        "taxonomy_term": taxonomy_term(need),
    }


def taxonomy_term(need: str) -> Document:
    """A need as a term of the taxonomy of needs."""
    return {
        "id": str(TERM_IDS[need]),
        "name": NEEDS[need].name,
        "description": NEEDS[need].description,
        "taxonomy": TAXONOMY_NAME,
        "taxonomy_id": str(TAXONOMY_ID),
        "term": need,
    }


def taxonomy() -> Document:
    """The one taxonomy listings are sorted by."""
    return {
        "id": str(TAXONOMY_ID),
        "name": TAXONOMY_NAME,
        "description": TAXONOMY_DESCRIPTION,
        "version": TAXONOMY_VERSION,
    }


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
