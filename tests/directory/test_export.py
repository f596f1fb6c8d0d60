"""The whole directory goes out, and comes back into an empty one field for field."""

import json
from typing import Any

import pytest

from chassis import clock
from services.directory.domain.register import Moment
from services.directory.use_cases.beginning import begin_register
from tests.directory.feed_server import good_feed, running_feed
from tests.directory.feeds_office import a_worker, counts, registered, run_feed
from tests.directory.trial import MANAGER, Office, a_listing, fill_register
from tests.emptying import empty

pytestmark = pytest.mark.postgres

# What is ours to give: ids, who said it, and when it changed here.
OURS = {"id", "field_sources", "last_modified"}

FULL: dict[str, Any] = {
    "organization": {
        "name": "Wayford Allotments (synthetic)",
        "description": "Neighbours who grow food.\nAll are welcome.",
        "email": "hello@allotment.example.org",
        "website": "https://allotment.example.org/",
        "logo": "https://allotment.example.org/logo.png",
        "uri": "https://allotment.example.org/#us",
        "organization_identifiers": [
            {"identifier_scheme": "GB-CHC", "identifier_type": "Charity", "identifier": "9999999"}
        ],
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
                       "uri": "https://allotment.example.org/area"}],
    "cost_options": [{"option": "Adult", "amount": 2.5, "amount_description": "A session",
                      "valid_from": "2026-01-01", "valid_to": "2026-12-31"}, {"amount": 0}],
    "locations": [
        {"name": "Lower field", "location_type": "physical", "description": "By the river",
         "latitude": 53.4808, "longitude": -2.2426, "external_identifier": "100",
         "external_identifier_type": "UPRN",
         "addresses": [{"address_1": "1 Lane", "address_2": "Field", "city": "Wayford",
                        "region": "North", "state_province": "Wayfordshire",
                        "postal_code": "ZZ1 1AA", "country": "GB", "address_type": "physical"}],
         "accessibility": [{"description": "Level path", "details": "Gravel",
                            "url": "https://allotment.example.org/access"}]},
        {"name": "Online", "location_type": "virtual"},
    ],
    "languages": [{"name": "Polish", "code": "pl", "note": "Wednesdays"}, {"name": "English"}],
    "funding": [{"source": "A grant"}],
    "contacts": [{"name": "The office", "title": "Ring us", "email": "office@example.org",
                  "phones": [{"number": "01632 960124", "description": "Mornings",
                              "languages": [{"name": "Polish", "code": "pl"}]}]}],
    "phones": [{"number": "01632 960125"}],
    "attributes": [{"taxonomy": "openActivities", "term": "oa:1", "name": "Gardening",
                    "description": "Work outdoors", "term_uri": "https://openactive.io/1"}],
}  # fmt: skip


def _bare(value: Any) -> Any:
    """A document without what is each directory's own: ids by any name, sources, times of change."""
    if isinstance(value, dict):
        return {
            name: _bare(part)
            for name, part in value.items()
            if name not in OURS and not (name.endswith("_id") and name != "taxonomy_term_id")
        }
    return [_bare(part) for part in value] if isinstance(value, list) else value


async def _exported(office: Office, **params: Any) -> list[dict[str, Any]]:
    answer = await office.get("/export", member=None, params=params)
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("application/x-ndjson")
    assert answer.headers["access-control-allow-origin"] == "*"
    return [json.loads(line) for line in answer.text.splitlines()]


async def _fill(office: Office) -> None:
    await office.made("/services", FULL, member=MANAGER)
    for number in range(24):
        listing = a_listing(name=f"Group {number}", need_terms=["loneliness"] if number % 2 else [])
        await office.made("/services", listing, member=MANAGER)
    doubted = await office.made("/services", a_listing(name="Doubted"), member=MANAGER)
    await office.post(
        f"/services/{doubted['id']}/doubt", {"reason": "not-answering"}, member=MANAGER
    )
    hidden = await office.made("/services", a_listing(name="Hidden"), member=MANAGER)
    await office.post(f"/services/{hidden['id']}/hide", {"reason": "other"}, member=MANAGER)


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

    assert (len(whole), end) == (26, {"next": None, "listings": 26})
    assert [*first, *second] == whole
    assert (len(first), last["next"]) == (20, None)
    assert "Hidden" not in str(whole)
    assert whole[0]["organization"]["organization_identifiers"][0]["identifier"] == "9999999"


@pytest.mark.parametrize("way", ["a feed", "an upload"])
async def test_what_goes_out_comes_back_field_for_field_into_an_empty_directory(
    office: Office, way: str
) -> None:
    await _fill(office)
    *before, _ = await _exported(office)
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
        assert counts(run) == ("done", 26, 0, 1, 0)
    else:
        feed_id = await registered(office, None)
        text = "\n".join(json.dumps(one) for one in before)
        answer = await office.post(f"/feeds/{feed_id}/uploads", {"format": "json", "text": text})
        assert (answer.status_code, answer.json()["refused"]) == (202, 0)
        assert await a_worker(office).work_once()

    *after, _ = await _exported(office)
    assert _bare(after) == _bare(before)
    again = (await office.found("/organizations", member=None))["contents"]
    assert _bare(again) == _bare(organizations)


async def test_a_parameter_that_is_not_known_is_named(office: Office) -> None:
    answer = await office.get("/export", member=None, params={"luck": 1})

    assert answer.status_code == 422
