"""Open Referral UK's own schemas, and its pages walked as a reader of feeds walks them."""

import json
import os
from collections.abc import Awaitable, Callable
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator, FormatChecker
from referencing import Registry
from referencing.jsonschema import DRAFT202012

from tests.directory.trial import Office

ROOT = Path(__file__).resolve().parents[2]
PROFILE = Path("oruk") / "uk-profile-3.0" / "schema"

FULL_LISTING: dict[str, Any] = {
    "description": "A slow walk by the canal.",
    "url": "https://walks.example.org/tuesday",
    "email": "walks@walks.example.org",
    "fees": "Free",
    "accreditations": "Walk leaders are trained.",
    "minimum_age": 18,
    "maximum_age": 90,
    "assured_date": "2026-04-01",
    "assurer_email": "assurer@walks.example.org",
    "alert": "Boots are of use.",
    "needs": ["mental-wellbeing"],
    "need_terms": ["loneliness", "exercise"],
    "schedules": [
        {"freq": "WEEKLY", "byday": "TU,TH", "opens_at": "10:00", "closes_at": "11:30"},
        {"freq": "MONTHLY", "byday": "1SA,-1SU", "opens_at": "14:00", "at_location": 0},
        {"freq": "MONTHLY", "bymonthday": "1,-1", "schedule_link": "https://walks.example.org/x"},
    ],
    "service_areas": [
        {"name": "Wayford", "extent_type": "text", "uri": "https://area.example.org/"}
    ],
    "cost_options": [{"option": "Free", "amount": 0, "valid_from": "2026-01-01"}],
    "languages": [{"name": "English", "code": "en"}, {"name": "Polish", "code": "pl"}],
    "funding": [{"source": "The town council."}],
    "contacts": [
        {
            "name": "The walk leaders",
            "title": "Leaders",
            "email": "leaders@walks.example.org",
            "phones": [
                {"number": "01632 960001", "languages": [{"name": "English", "code": "en"}]}
            ],
        }
    ],
    "phones": [{"number": "01632 960002", "description": "The office."}],
    "attributes": [
        {
            "taxonomy": "Audience",
            "term": "older-people",
            "name": "Older people",
            "description": "People over 60.",
            "term_uri": "https://audience.example.org/older",
            "link_type": "eligibility",
        }
    ],
    "locations": [
        {
            "name": "Canal bridge",
            "description": "By the lock.",
            "latitude": 53.5,
            "longitude": -2.2,
            "external_identifier": "10092008082",
            "external_identifier_type": "UPRN",
            "accessibility": [
                {"description": "A level path.", "url": "https://walks.example.org/path"},
                {"accessibility": "A hearing loop.", "details": "In the hall."},
            ],
            "addresses": [
                {
                    "attention": "The walk leaders",
                    "address_1": "1 Canal Street",
                    "city": "Wayford",
                    "state_province": "Wayfordshire",
                    "postal_code": "ZZ99 3WZ",
                }
            ],
        },
        {"location_type": "virtual", "name": "Online"},
    ],
}
FULL_ORGANIZATION: dict[str, Any] = {
    "description": "People who walk.",
    "email": "hello@walks.example.org",
    "website": "https://walks.example.org/",
    "logo": "https://walks.example.org/logo.png",
    "uri": "https://register.example.org/1",
    "organization_identifiers": [
        {"identifier_scheme": "GB-CHC", "identifier_type": "Charity number", "identifier": "0"}
    ],
}


def _profile() -> Path:
    """Where the published profile is; skips where this machine lacks it."""
    given = os.environ.get("WAYMARK_STANDARDS")
    folder = (Path(given) if given else ROOT.parent / "shared" / "standards") / PROFILE
    if not folder.is_dir():
        pytest.skip(f"Open Referral UK's schemas are not in {folder} (set WAYMARK_STANDARDS)")
    return folder


def oruk_example(name: str) -> dict[str, Any]:
    """An example that the published profile gives."""
    found: dict[str, Any] = json.loads((_profile().parent / "examples" / name).read_text())
    return found


@cache
def validator(name: str) -> Draft202012Validator:
    """The published schema of this name, formats asserted; skips where this machine lacks it."""
    folder = _profile()
    # The two schemas of taxonomies name each other by bare file name.
    resources = [
        (file, DRAFT202012.create_resource(json.loads((folder / file).read_text())))
        for file in ("taxonomy.json", "taxonomy_term.json")
    ]
    schema = json.loads((folder / name).read_text())
    registry = Registry().with_resources(resources)
    return Draft202012Validator(schema, registry=registry, format_checker=FormatChecker())


# Each list, what is asked of it, and the schema of what it holds.
LISTS: tuple[tuple[str, dict[str, Any], str], ...] = (
    ("/services", {}, "compiled/service_list.json"),
    ("/services", {"full": "true"}, "compiled/service.json"),
    ("/services", {"minimal": "true"}, "compiled/service_list.json"),
    ("/service_at_locations", {}, "compiled/service_at_location_list.json"),
    ("/service_at_locations", {"full": "true"}, "compiled/service_at_location.json"),
    ("/organizations", {}, "compiled/organization_list.json"),
    ("/organizations", {"full": "true"}, "compiled/organization.json"),
    ("/taxonomies", {}, "taxonomy.json"),
    ("/taxonomy_terms", {}, "taxonomy_term.json"),
)


def check_page(page: dict[str, Any], *, number: int, per_page: int) -> list[dict[str, Any]]:
    """Hold a page against every rule of its envelope; give what it holds."""
    contents = page["contents"]
    assert set(page) == {
        "total_items",
        "total_pages",
        "page_number",
        "size",
        "first_page",
        "last_page",
        "empty",
        "contents",
    }
    assert page["page_number"] == number
    assert page["total_pages"] == max(1, -(-page["total_items"] // per_page))
    assert page["first_page"] is (number == 1)
    assert page["last_page"] is (number == page["total_pages"])
    assert page["empty"] is (contents == [])
    assert page["size"] == len(contents)
    left = page["total_items"] - (number - 1) * per_page
    assert len(contents) == min(per_page, left)
    return contents


async def walk(
    office: Office,
    path: str,
    params: dict[str, Any],
    per_page: int,
    *,
    between: Callable[[], Awaitable[None]] | None = None,
) -> list[dict[str, Any]]:
    """Every page from the first to the last, with what happens between two of them."""
    found: list[dict[str, Any]] = []
    number = 1
    while True:
        asked = {**params, "page": number, "per_page": per_page}
        page = await office.found(path, member=None, params=asked)
        found += check_page(page, number=number, per_page=per_page)
        if page["last_page"]:
            return found
        if between is not None:
            await between()
        number += 1
