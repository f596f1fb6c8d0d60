"""A listing in rows: every fact in plain words, with whose word it is and since when."""

from typing import Any

import pytest

from console.listing_rows import Row, rows_of


def rows(**facts: Any) -> dict[str, list[str]]:
    return {row.name: list(row.lines) for row in rows_of(facts)}


def weekly(**more: Any) -> dict[str, Any]:
    return {"schedules": [{"freq": "WEEKLY", **more}]}


@pytest.mark.parametrize(
    ("schedule", "said"),
    [
        ({"byday": "TU", "opens_at": "10:00", "closes_at": "12:00"}, "Tuesdays, 10:00 to 12:00"),
        ({"byday": "MO,TH", "opens_at": "10:00:00"}, "Mondays and Thursdays, from 10:00"),
        (
            {"byday": "MO,TU,WE", "closes_at": "12:00"},
            "Mondays, Tuesdays and Wednesdays, until 12:00",
        ),
        ({"byday": "WE", "interval": 2}, "Every other week on Wednesday"),
        ({"interval": 3}, "Every 3 weeks"),
        ({"freq": "MONTHLY", "byday": "1TU"}, "The first Tuesday of the month"),
        ({"freq": "MONTHLY", "byday": "-1FR"}, "The last Friday of the month"),
        ({"description": "every Tuesday", "opens_at": "10:00"}, "Every Tuesday, from 10:00"),
        ({"byday": "TU", "valid_to": "2999-03-31"}, "Tuesdays, until 31 March 2999"),
        ({"byday": "TU", "valid_from": "2999-03-31"}, "Tuesdays, from 31 March 2999"),
        ({"byday": "TU", "valid_from": "2020-03-31"}, "Tuesdays"),
        ({"byday": "TU", "notes": "Ring first."}, "Tuesdays. Ring first."),
        ({"notes": "Ring first."}, "Ring first."),
    ],
)
def test_when_it_takes_place_is_said_in_words(schedule: dict[str, Any], said: str) -> None:
    assert rows(**weekly(**schedule)) == {"When": [said]}


@pytest.mark.parametrize(
    ("facts", "said"),
    [
        ({"fees": "Free"}, ["Free"]),
        ({"cost_options": [{"amount": 0.0}]}, ["Free"]),
        ({"cost_options": [{"option": "A session", "amount": 2.5}]}, ["A session: £2.50"]),
        ({"cost_options": [{"amount": 12.0}, {"amount": 12.0}]}, ["£12"]),
        (
            {"fees": "£1 a session", "cost_options": [{"option": "A session", "amount": 1.0}]},
            ["£1 a session"],
        ),
        ({"cost_options": [{"option": "By agreement"}]}, ["By agreement"]),
        ({"cost_options": [{"amount_description": "A donation"}]}, ["A donation"]),
    ],
)
def test_what_it_costs_is_said_once(facts: dict[str, Any], said: list[str]) -> None:
    assert rows(**facts) == {"Cost": said}


@pytest.mark.parametrize(
    ("facts", "said"),
    [
        ({"minimum_age": 18, "maximum_age": 30}, "18 to 30"),
        ({"minimum_age": 0, "maximum_age": 5}, "0 to 5"),
        ({"minimum_age": 50}, "50 and over"),
        ({"maximum_age": 25}, "Up to 25"),
    ],
)
def test_for_whom_it_is_by_age(facts: dict[str, Any], said: str) -> None:
    assert rows(**facts) == {"For ages": [said]}


def test_every_fact_has_its_row_and_what_nobody_said_has_none() -> None:
    place = {
        "location_type": "physical",
        "name": "The hall",
        "addresses": [
            {"address_1": "1 Example Lane", "city": "Wayford", "postal_code": "ZZ99 3WZ"}
        ],
        "accessibility": [{"description": "A ramp.", "details": "Doors are wide."}],
    }
    need = {"taxonomy": "Waymark needs", "name": "Loneliness"}
    facts = {
        "description": "Tea.",
        "status": "temporarily closed",
        "service_at_locations": [
            {"location": place},
            {"location": {"location_type": "virtual"}},
        ],
        "service_areas": [{"name": "Wayford"}, {"extent": "ZZ1 1"}],
        "languages": [{"code": "pl"}, {"name": "English", "note": "and signs"}],
        "attributes": [
            {"taxonomy_term": need},
            {"taxonomy_term": {"taxonomy": "Another", "name": "For carers"}},
        ],
        "phones": [{"number": "01632 960124", "description": "mornings"}],
        "email": "hello@example.org",
        "url": "https://example.org/",
        "contacts": [{"name": "Robin Example", "title": "Host", "phones": [{"number": "1"}]}],
        "funding": [{"source": "The council"}],
        "accreditations": "None",
        "assured_date": "2026-03-01",
    }

    assert rows(**facts) == {
        "About": ["Tea."],
        "Status": ["Closed for now"],
        "Where": ["The hall, 1 Example Lane, Wayford, ZZ99 3WZ", "Online or by phone"],
        "Getting in": ["A ramp. Doors are wide"],
        "Phone": ["01632 960124 (mornings)"],
        "Email": ["hello@example.org"],
        "Web page": ["https://example.org/"],
        "Contacts": ["Robin Example, Host, 1"],
        "For people from": ["Wayford", "ZZ1 1"],
        "Languages": ["Polish", "English (and signs)"],
        "Helps with": ["Loneliness"],
        "Paid for by": ["The council"],
        "Accreditations": ["None"],
        "More": ["For carers"],
        "Last confirmed": ["1 March 2026"],
    }
    assert rows() == {}


def test_a_row_names_everybody_whose_word_it_is() -> None:
    found = rows_of(
        {
            "fees": "£1",
            "cost_options": [{"amount": 3.0}],
            "url": "https://example.org/",
            "minimum_age": 5,
            "field_sources": {
                "fees": {"source": "group", "day": "2026-03-01"},
                "cost_options": {"source": "feed", "feed": "Open Wayford", "day": "2026-04-01"},
                "minimum_age": {"source": "network", "day": "2026-05-01"},
                "maximum_age": {"source": "network", "day": "2026-05-01"},
            },
        }
    )
    assert found == [
        Row(
            "Cost",
            ["£1", "£3"],
            [("the group", "2026-03-01"), ("the directory Open Wayford", "2026-04-01")],
        ),
        Row("Web page", ["https://example.org/"], [], is_address=True),
        Row("For ages", ["5 and over"], [("a network", "2026-05-01")]),
    ]
