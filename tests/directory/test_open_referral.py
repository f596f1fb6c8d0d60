"""The public reads: Open Referral UK's shapes, its pages and its parameters."""

from typing import Any
from uuid import UUID

import pytest

from contracts import needs
from services.directory.domain.taxonomy import term_id
from tests.directory.trial import MANAGER, Office, a_listing

pytestmark = pytest.mark.postgres

FULL = a_listing(
    name="Tuesday walk",
    description="A slow walk by the canal.",
    url="https://walks.example.org/tuesday",
    email="walks@walks.example.org",
    fees="Free",
    minimum_age=18,
    maximum_age=90,
    assured_date="2026-04-01",
    assurer_email="assurer@walks.example.org",
    needs=["isolation", "mental-wellbeing"],
    schedules=[
        {"freq": "WEEKLY", "byday": "TU,TH", "opens_at": "10:00", "closes_at": "11:30"},
        {"freq": "MONTHLY", "byday": "1SA", "opens_at": "14:00:00", "closes_at": "16:00"},
    ],
    service_areas=[{"name": "Wayford"}],
    cost_options=[{"option": "Free", "amount": 0}],
    locations=[
        {
            "name": "Canal bridge",
            "latitude": 53.5,
            "longitude": -2.2,
            "addresses": [
                {
                    "address_1": "1 Canal Street",
                    "city": "Wayford",
                    "state_province": "Wayfordshire",
                    "postal_code": "ZZ99 3WZ",
                }
            ],
        }
    ],
)


async def test_the_root_says_what_is_spoken(office: Office) -> None:
    told = await office.found("/", member=None)

    assert told["version"] == "HSDS-UK-3.0"
    assert told["openapi_url"] == "http://directory/openapi.json"
    assert told["profile"].startswith("https://")


async def test_pages_show_every_listing_once_in_the_order_they_were_entered(
    office: Office,
) -> None:
    names = [f"Group {number}" for number in range(12)]
    items = [{"key": name, **a_listing(name=name)} for name in names]
    await office.post("/services/batch", {"items": items}, member=MANAGER)

    seen: list[str] = []
    for number in (1, 2, 3):
        page = await office.found("/services", member=None, params={"page": number, "per_page": 5})
        contents = page.pop("contents")
        assert page == {
            "total_items": 12,
            "total_pages": 3,
            "page_number": number,
            "size": len(contents),
            "first_page": number == 1,
            "last_page": number == 3,
            "empty": False,
        }
        assert len(contents) == (5 if number < 3 else 2)
        seen += [service["name"] for service in contents]

    assert seen == names
    # A listing entered meanwhile comes last, so a reader between two pages misses nothing.
    await office.made("/services", a_listing(name="A new one"), member=MANAGER)
    page = await office.found("/services", member=None, params={"per_page": 5})
    assert [service["name"] for service in page["contents"]] == names[:5]


async def test_an_empty_directory_has_one_empty_page(office: Office) -> None:
    page = await office.found("/services", member=None)

    assert (page["total_items"], page["total_pages"], page["empty"]) == (0, 1, True)
    assert (page["first_page"], page["last_page"], page["contents"]) == (True, True, [])


async def test_words_needs_ages_and_times_find_what_meets_them(office: Office) -> None:
    await office.made("/services", FULL, member=MANAGER)
    await office.made(
        "/services",
        a_listing(
            name="Debt advice",
            description="Help with money worries.",
            needs=["money"],
            need_terms=["debt"],
        ),
        member=MANAGER,
    )
    walk, debt, both = ["Tuesday walk"], ["Debt advice"], ["Tuesday walk", "Debt advice"]
    taxonomy = (await office.found("/taxonomies", member=None))["contents"][0]["id"]
    cases: list[tuple[dict[str, Any], list[str]]] = [
        ({}, both),
        ({"search": "walking"}, walk),
        ({"search": "WORRIES money"}, debt),
        ({"search": "gardens"}, both),
        ({"search": "lonely"}, walk),
        ({"search": "loneliness"}, walk),
        ({"search": "'; drop table open_listing; --"}, []),
        ({"taxonomy_term_id": str(term_id("money"))}, debt),
        ({"taxonomy_term_id": str(term_id("debt"))}, debt),
        ({"taxonomy_term_id": str(term_id("fuel"))}, []),
        ({"taxonomy_term_id": "01980000-0000-7000-8000-000000000001"}, []),
        ({"taxonomy_id": taxonomy}, both),
        ({"taxonomy_id": "01980000-0000-7000-8000-000000000001"}, []),
        ({"minimum_age": 18}, walk),
        ({"minimum_age": 19}, []),
        ({"maximum_age": 90}, walk),
        ({"day": "TH"}, walk),
        ({"day": "MO"}, []),
        ({"start_time": "09:00", "end_time": "12:00"}, walk),
        ({"day": "TU", "start_time": "10:30"}, []),
        ({"start_time": "10:00:00", "end_time": "11:30:00"}, walk),
        ({"start_time": "14:00:01"}, []),
        # Saturday is the second time alone, and begins at two.
        ({"day": "SA", "start_time": "14:00"}, walk),
        ({"day": "SA", "end_time": "12:00"}, []),
    ]

    for params, expected in cases:
        page = await office.found("/services", member=None, params=params)
        assert [service["name"] for service in page["contents"]] == expected, params


async def test_what_cannot_be_asked_is_a_problem_that_names_it(office: Office) -> None:
    cases = [
        ("/services", {"page": 0}, "/page"),
        ("/services", {"page": 2}, "/page"),
        ("/services", {"page": "two"}, "/page"),
        ("/services", {"per_page": 101}, "/per_page"),
        ("/services", {"per_page": 0}, "/per_page"),
        ("/services", {"taxonomy_term_id": "money"}, "/taxonomy_term_id"),
        ("/services", {"day": "Tuesday"}, "/day"),
        ("/services", {"start_time": "25:00"}, "/start_time"),
        ("/services", {"minimum_age": -1}, "/minimum_age"),
        ("/services", {"search": "x" * 201}, "/search"),
        ("/services", {"postcode": "ZZ99 3WZ"}, "/postcode"),
        ("/services", {"page": [1, 2]}, "/page"),
        ("/services", {"minimal": "true", "full": "true"}, "/minimal"),
        ("/services", {"full": "perhaps"}, "/full"),
        ("/services", {"organization_id": "one"}, "/organization_id"),
        ("/services", {"modified_after": "yesterday"}, "/modified_after"),
        ("/services", {"modified_after": "0001-01-01T00:00:00+14:00"}, "/modified_after"),
        ("/services", {"modified_after": "9999-12-31T23:59:59-14:00"}, "/modified_after"),
        ("/services", {"Robin Example, 1 Lane": 1}, ""),
        ("/services", {"format": "xml"}, "/format"),
        ("/services/01980000-0000-7000-8000-000000000001", {"page": 1}, "/page"),
        ("/service_at_locations", {"page": 2}, "/page"),
        ("/service_at_locations", {"taxonomy_id": "needs"}, "/taxonomy_id"),
        ("/service_at_locations", {"minimal": "true"}, "/minimal"),
        ("/organizations", {"page": 2}, "/page"),
        ("/organizations", {"full_service": "perhaps"}, "/full_service"),
        ("/organizations", {"postcode": "ZZ99 3WZ"}, "/postcode"),
        ("/taxonomies", {"page": 2}, "/page"),
        ("/taxonomy_terms", {"per_page": 101}, "/per_page"),
        ("/taxonomy_terms", {"postcode": "ZZ99 3WZ"}, "/postcode"),
        ("/taxonomy_terms", {"parent_id": "money"}, "/parent_id"),
        ("/taxonomy_terms", {"top_only": "perhaps"}, "/top_only"),
        ("/taxonomy_terms", {"format": "xml"}, "/format"),
        ("/taxonomies", {"format": "xml"}, "/format"),
    ]

    for path, params, pointer in cases:
        refused = await office.get(path, member=None, params=params)

        assert refused.status_code == 422, (path, params)
        assert refused.headers["Content-Type"] == "application/problem+json"
        (error,) = refused.json()["errors"]
        assert (error["in"], error["pointer"]) == ("query", pointer)
        assert refused.headers["Access-Control-Allow-Origin"] == "*"


async def test_public_reads_are_open_to_any_origin_and_the_rest_is_not(office: Office) -> None:
    made = await office.made("/services", FULL, member=MANAGER)
    for path in (
        "/",
        "/services",
        f"/services/{made['id']}",
        "/service_at_locations",
        "/organizations",
        f"/organizations/{made['organization_id']}",
        "/taxonomies",
        "/taxonomy_terms",
    ):
        answer = await office.get(path, member=None)
        assert (answer.status_code, answer.headers["Access-Control-Allow-Origin"]) == (200, "*")

    unknown = await office.get("/services/01980000-0000-7000-8000-000000000001", member=None)
    assert (unknown.status_code, unknown.headers["Access-Control-Allow-Origin"]) == (404, "*")
    assert "Access-Control-Allow-Origin" not in (await office.get("/drafts", member=None)).headers


@pytest.mark.parametrize("path", ["/services", f"/services/{UUID(int=0)}", "/search", "/export"])
async def test_a_page_of_any_origin_may_ask_beforehand_whether_it_may_read(
    office: Office, path: str
) -> None:
    asking = {
        "Origin": "https://find.example.org",
        "Access-Control-Request-Method": "GET",
        "Access-Control-Request-Headers": "traceparent",
    }

    told = await office.http.options(path, headers=asking)
    writing = await office.http.options(
        path, headers={**asking, "Access-Control-Request-Method": "PATCH"}
    )

    assert told.status_code == 204
    assert told.headers["Access-Control-Allow-Origin"] == "*"
    assert told.headers["Access-Control-Allow-Methods"] == "GET"
    assert told.headers["Access-Control-Allow-Headers"] == "*"
    assert (writing.status_code, "Access-Control-Allow-Origin" in writing.headers) == (405, False)


async def test_every_need_is_a_term_that_can_be_read(office: Office) -> None:
    terms: list[Any] = []
    for number in (1, 2, 3, 4):
        page = {"page": number, "per_page": 20}
        terms += (await office.found("/taxonomy_terms", member=None, params=page))["contents"]
    taxonomy = (await office.found("/taxonomies", member=None))["contents"][0]

    assert [term["term"] for term in terms] == list(needs.TERMS)
    full = await office.found(f"/taxonomies/{taxonomy['id']}", member=None)
    assert full["taxonomy_terms"] == terms
    by_id = {term["id"]: term for term in terms}
    for term in terms:
        above = by_id.get(term.get("parent_id", ""), {})
        assert above.get("term") == needs.TERMS[term["term"]].parent


async def test_terms_are_found_by_words_parent_and_taxonomy(office: Office) -> None:
    taxonomy = (await office.found("/taxonomies", member=None))["contents"][0]
    money = str(term_id("money"))
    cases: list[tuple[dict[str, Any], list[str]]] = [
        ({"top_only": True}, [term.code for term in needs.BROAD]),
        ({"parent_id": money}, [term.code for term in needs.FINER if term.parent == "money"]),
        ({"search": "mould damp"}, ["damp-and-repairs"]),
        ({"search": "bailiffs", "taxonomy_id": taxonomy["id"]}, ["debt"]),
        ({"search": "bailiffs", "top_only": True}, []),
        ({"taxonomy_id": money}, []),
    ]

    for params, expected in cases:
        page = await office.found(
            "/taxonomy_terms", member=None, params={**params, "per_page": 100}
        )
        assert [term["term"] for term in page["contents"]] == expected, params
    named = await office.found("/taxonomies", member=None, params={"search": "needs"})
    unnamed = await office.found("/taxonomies", member=None, params={"search": "sports"})
    assert (named["total_items"], unnamed["total_items"]) == (1, 0)
