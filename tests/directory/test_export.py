"""The whole directory goes out, and comes back into an empty one field for field."""

import json
from typing import Any

import pytest

from chassis import clock
from services.directory.domain.register import Moment
from services.directory.use_cases.beginning import begin_register
from tests.directory.evidence import a_question
from tests.directory.feed_server import good_feed, running_feed, service
from tests.directory.feeds_office import a_worker, counts, registered, run_feed
from tests.directory.oruk import validator
from tests.directory.trial import MANAGER, Office, a_listing, fill_register
from tests.emptying import empty

pytestmark = pytest.mark.postgres

# What is each directory's own to say: who said it, when it changed here, and who confirmed it here.
OURS = {"field_sources", "last_modified", "assured_date", "assurer_email"}

# Every field of the seventeen objects of HSDS-UK 3.0.
FIELDS: dict[str, set[str]] = {
    "service": {
        "id", "organization_id", "name", "description", "url", "email", "status", "fees",
        "accreditations", "minimum_age", "maximum_age", "assured_date", "assurer_email", "alert",
        "last_modified", "schedules", "service_areas", "service_at_locations", "languages",
        "organization", "funding", "cost_options", "contacts", "attributes",
    },
    "organization": {
        "id", "name", "description", "email", "website", "logo", "uri", "parent_organization_id",
        "organization_identifiers", "attributes",
    },
    "organization_identifier": {
        "id", "organization_id", "identifier_scheme", "identifier_type", "identifier", "attributes",
    },
    "service_at_location": {"id", "service_id", "location_id", "location"},
    "location": {
        "id", "location_type", "name", "description", "latitude", "longitude",
        "external_identifier", "external_identifier_type", "addresses", "accessibility",
        "attributes",
    },
    "address": {
        "id", "location_id", "attention", "address_1", "city", "region", "state_province",
        "postal_code", "country", "address_type", "attributes",
    },
    "accessibility": {
        "id", "location_id", "description", "details", "url", "attributes", "accessibility",
    },
    "contact": {"id", "service_id", "name", "title", "attributes"},
    "phone": {"id", "contact_id", "number", "description", "languages"},
    "language": {"id", "service_id", "phone_id"},
    "schedule": {
        "id", "service_id", "service_at_location_id", "valid_from", "valid_to", "dtstart", "freq",
        "interval", "byday", "bymonthday", "description", "opens_at", "closes_at", "schedule_link",
        "attending_type", "notes",
    },
    "service_area": {"id", "service_id", "name", "extent", "extent_type", "uri", "service_area"},
    "cost_option": {
        "id", "service_id", "valid_from", "valid_to", "option", "amount", "amount_description",
    },
    "funding": {"id", "service_id", "source"},
    "attribute": {"id", "link_id", "taxonomy_term_id", "link_type", "taxonomy_term"},
    "taxonomy_term": {
        "id", "name", "description", "parent_id", "taxonomy", "taxonomy_id", "term_uri", "term",
    },
    # Our one taxonomy stands in no listing: it is read at /taxonomies.
    "taxonomy": {"id", "name", "description", "uri", "version", "taxonomy_terms"},
}  # fmt: skip
# What each name holds in a document.
OBJECTS = {
    "organization": "organization", "organization_identifiers": "organization_identifier",
    "service_at_locations": "service_at_location", "location": "location", "addresses": "address",
    "accessibility": "accessibility", "contacts": "contact", "phones": "phone",
    "languages": "language", "schedules": "schedule", "service_areas": "service_area",
    "cost_options": "cost_option", "funding": "funding", "attributes": "attribute",
    "taxonomy_term": "taxonomy_term",
}  # fmt: skip


def a_term(name: str, **more: Any) -> dict[str, Any]:
    return {"taxonomy": "County A to Z", "term": name, "name": name, "description": "-", **more}


FULL: dict[str, Any] = {
    "organization": {
        "name": "Wayford Allotments (synthetic)",
        "description": "Neighbours who grow food.\nAll are welcome.",
        "email": "hello@allotment.example.org",
        "website": "https://allotment.example.org/",
        "logo": "https://allotment.example.org/logo.png",
        "uri": "https://allotment.example.org/#us",
        "organization_identifiers": [
            {"identifier_scheme": "GB-CHC", "identifier_type": "Charity", "identifier": "9999999",
             "attributes": [a_term("of an identifier")]}
        ],
        "attributes": [a_term("of an organisation", link_type="kind")],
    },
    "name": "Growing group",
    "description": "Two hours of gardening; <b>tea</b> follows. “Quotes”, café, 日本.",
    "url": "https://allotment.example.org/tuesday",
    "email": "tuesday@allotment.example.org",
    "status": "temporarily closed",
    "fees": "£2 or what you can",
    "accreditations": "Volunteering mark",
    "minimum_age": 18,
    "maximum_age": 99,
    "assured_date": "2026-01-02",
    "assurer_email": "assurer@allotment.example.org",
    "alert": "Closed in August.",
    "needs": ["isolation"],
    "need_terms": ["nature-and-gardening", "loneliness"],
    "schedules": [
        {"freq": "WEEKLY", "byday": "TU,TH", "opens_at": "10:00", "closes_at": "12:00:00",
         "valid_from": "2026-01-01", "valid_to": "2026-12-31", "interval": 2, "at_location": 1,
         "attending_type": "In person", "notes": "Ring first.", "description": "Mornings"},
        {"freq": "MONTHLY", "bymonthday": "1,-1", "dtstart": "2026-01-01", "at_location": 0,
         "schedule_link": "https://allotment.example.org/when"},
    ],
    "service_areas": [{"name": "Wayford", "extent": "A town", "extent_type": "words",
                       "uri": "https://allotment.example.org/area", "service_area": "Wayford"}],
    "cost_options": [{"option": "Adult", "amount": 2.5, "amount_description": "A session",
                      "valid_from": "2026-01-01", "valid_to": "2026-12-31"}, {"amount": 0}],
    "locations": [
        {"name": "Lower field", "location_type": "physical", "description": "By the river",
         "latitude": 53.4808, "longitude": -2.2426, "external_identifier": "100",
         "external_identifier_type": "UPRN",
         "attributes": [a_term("of a place")],
         "addresses": [{"attention": "Gate 2", "attributes": [a_term("of an address")],
                        "address_1": "1 Lane", "address_2": "Field", "city": "Wayford",
                        "region": "North", "state_province": "Wayfordshire",
                        "postal_code": "ZZ1 1AA", "country": "GB", "address_type": "physical"}],
         "accessibility": [{"description": "Level path", "details": "Gravel",
                            "url": "https://allotment.example.org/access",
                            "attributes": [a_term("of a path")]},
                           {"accessibility": "A hearing loop."}]},
        {"name": "Online", "location_type": "virtual"},
    ],
    "languages": [{"name": "Polish", "code": "pl", "note": "Wednesdays"}, {"name": "English"}],
    "funding": [{"source": "A grant"}],
    "contacts": [{"name": "The office", "title": "Ring us", "email": "office@example.org",
                  "attributes": [a_term("of a contact")],
                  "phones": [{"number": "01632 960124", "description": "Mornings",
                              "languages": [{"name": "Polish", "code": "pl"}]}]}],
    "phones": [{"number": "01632 960125"}],
    "attributes": [{"taxonomy": "openActivities", "term": "oa:1", "name": "Gardening",
                    "description": "Work outdoors", "term_uri": "https://openactive.io/1"},
                   {"name": "Older people", "description": "Whom it is for.",
                    "link_type": "eligibility", "term_id": "0198c0de-0000-7000-8000-000000000001",
                    "parent_id": "0198c0de-0000-7000-8000-000000000002",
                    "taxonomy_id": "0198c0de-0000-7000-8000-000000000003"}],
}  # fmt: skip


def _bare(value: Any, ids: dict[str, int] | None = None) -> Any:
    """A document without what is each directory's own; ids are told by the order they come in.

    So what refers to what is compared, and the ids of terms are compared as they are.
    """
    ids = {} if ids is None else ids
    if isinstance(value, list):
        return [_bare(part, ids) for part in value]
    if not isinstance(value, dict):
        return value
    return {
        name: part
        if name in {"taxonomy_term", "taxonomy_term_id"}
        else ids.setdefault(part, len(ids))
        if name == "id" or name.endswith("_id")
        else _bare(part, ids)
        for name, part in value.items()
        if name not in OURS
    }


def _fields(kind: str, value: Any, found: dict[str, set[str]]) -> dict[str, set[str]]:
    """Which fields the objects of a document have."""
    for one in value if isinstance(value, list) else [value]:
        found.setdefault(kind, set()).update(one)
        for name, part in one.items():
            # A path's own words on access have the name of the object.
            if name in OBJECTS and not isinstance(part, str):
                _fields(OBJECTS[name], part, found)
    return found


async def _exported(office: Office, **params: Any) -> list[dict[str, Any]]:
    answer = await office.get("/export", member=None, params=params)
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("application/x-ndjson")
    assert answer.headers["access-control-allow-origin"] == "*"
    return [json.loads(line) for line in answer.text.splitlines()]


async def _fill(office: Office) -> None:
    made = await office.made("/services", FULL, member=MANAGER)
    for number in range(24):
        listing = a_listing(name=f"Group {number}", need_terms=["loneliness"] if number % 2 else [])
        await office.made("/services", listing, member=MANAGER)
    doubted = await office.made("/services", a_listing(name="Doubted"), member=MANAGER)
    await office.post(
        f"/services/{doubted['id']}/doubt", {"reason": "not-answering"}, member=MANAGER
    )
    hidden = await office.made("/services", a_listing(name="Hidden"), member=MANAGER)
    await office.post(f"/services/{hidden['id']}/hide", {"reason": "other"}, member=MANAGER)
    # Its owner confirms one; a feed brings organisations that stand one below the other.
    token = (await a_question(office, made["id"]))["token"]
    answer = await office.post(f"/listing-checks/{token}", {"answer": "runs"}, member=None)
    assert answer.status_code == 200
    team = {"id": "t", "name": "Team", "description": "-", "parent_organization_id": "c"}
    council = {"id": "c", "name": "Council", "description": "-"}
    services = [service(1, organization=team), service(2, organization=council)]
    async with running_feed(good_feed(services)) as feed:
        await run_feed(office, await registered(office, feed.url))


async def _begin_anew(office: Office) -> None:
    await empty(office.owner)
    await begin_register(office.worker, office.settings, Moment(clock.now(), clock.now()))
    await fill_register(office)


async def test_the_export_holds_every_public_listing_in_parts_that_follow_one_another(
    office: Office,
) -> None:
    await _fill(office)

    *whole, end = await _exported(office)
    *first, middle = await _exported(office, limit=20)
    *second, last = await _exported(office, after=middle["next"])

    assert (len(whole), end) == (28, {"next": None, "listings": 28})
    assert [*first, *second] == whole
    assert (len(first), last["next"]) == (20, None)
    assert "Hidden" not in str(whole)
    assert whole[0]["organization"]["organization_identifiers"][0]["identifier"] == "9999999"


@pytest.mark.parametrize("way", ["a feed", "an upload"])
async def test_what_goes_out_comes_back_field_for_field_into_an_empty_directory(
    office: Office, way: str
) -> None:
    await _fill(office)
    *before, end = await _exported(office)
    organizations = (await office.found("/organizations", member=None))["contents"]
    pages = [
        await office.found("/services", member=None, params={"full": "true", "page": page})
        for page in (1, 2)
    ]
    await _begin_anew(office)

    if way == "a feed":
        # As our own /services serves it; its organisations come with each listing.
        contents = [one for page in pages for one in page["contents"]]
        async with running_feed(good_feed(contents)) as feed:
            run = await run_feed(office, await registered(office, feed.url))
        # What was hidden is told as defunct, and is nothing to an empty directory.
        assert counts(run) == ("done", 28, 0, 1, 0)
    else:
        feed_id = await registered(office, None)
        # As the export has it, with the line that ends it.
        text = "\n".join(json.dumps(one) for one in [*before, end])
        answer = await office.post(f"/feeds/{feed_id}/uploads", {"format": "json", "text": text})
        assert answer.status_code == 202
        assert (answer.json()["listings"], answer.json()["refused"]) == (28, 0)
        assert await a_worker(office).work_once()

    *after, _ = await _exported(office)
    assert _bare(after) == _bare(before)
    found = _fields("service", before, {})
    lacking = {kind: FIELDS[kind] - found.get(kind, set()) for kind in FIELDS}
    assert {kind: names for kind, names in lacking.items() if names} == {
        "taxonomy": FIELDS["taxonomy"]
    }
    # What was confirmed there is the other's word here, and nobody's own.
    assert before[0]["assured_date"] == before[0]["field_sources"]["assured_date"]["day"]
    assert not OURS - {"field_sources", "last_modified"} & set(after[0])
    sources = await office.found(f"/services/{after[0]['id']}/sources")
    words = {one["field"]: one["words"] for one in sources["fields"]}
    for name in ("assured_date", "assurer_email"):
        assert [(one["source"], one["value"]) for one in words[name]] == [("feed", before[0][name])]
    again = (await office.found("/organizations", member=None))["contents"]
    assert _bare(again) == _bare(organizations)


def test_the_fields_are_those_of_the_published_schemas() -> None:
    for kind, fields in FIELDS.items():
        schema = validator(f"modular/{kind}.json").schema
        assert isinstance(schema, dict)
        assert set(schema["properties"]) == fields, kind


async def test_a_confirmation_that_a_feed_tells_of_is_kept_as_its_word_and_not_shown_as_ours(
    office: Office,
) -> None:
    said = {"assured_date": "2026-01-02", "assurer_email": "assurer@county.example.org"}
    async with running_feed(good_feed([service(1, **said)])) as feed:
        await run_feed(office, await registered(office, feed.url))
    (row,) = await office.rows("listing")
    path = f"/services/{row['id']}"

    before, (summary,), (exported, _) = (
        await office.found(path, member=None),
        (await office.found("/services", member=None))["contents"],
        await _exported(office),
    )
    token = (await a_question(office, str(row["id"])))["token"]
    await office.post(f"/listing-checks/{token}", {"answer": "runs"}, member=None)
    after = await office.found(path, member=None)

    for shown in (before, summary, exported):
        assert not said.keys() & shown.keys()
        assert not said.keys() & shown.get("field_sources", {}).keys()
    assert (await office.found(f"{path}/entry"))["assured_date"] == said["assured_date"]
    words = {
        one["field"]: one["words"] for one in (await office.found(f"{path}/sources"))["fields"]
    }
    assert [(one["feed"], one["value"]) for one in words["assured_date"]] == [
        ("County", "2026-01-02")
    ]
    today = f"{clock.now():%Y-%m-%d}"
    assert after["assured_date"] == today
    assert after["field_sources"]["assured_date"] == {"source": "group", "day": today}


async def test_a_parameter_that_is_not_known_is_named(office: Office) -> None:
    answer = await office.get("/export", member=None, params={"luck": 1})

    assert answer.status_code == 422
    assert [one["pointer"] for one in answer.json()["errors"]] == ["/luck"]
