"""Whatever stands in any place of a foreign listing, it is kept or refused with words."""

import copy
import json
from collections.abc import Iterator
from datetime import date
from typing import Any

import pytest

from services.directory.api.imported import check_entry
from services.directory.use_cases.feed_entries import row_of
from services.directory.use_cases.foreign_terms import rules_with
from tests.directory.feed_server import service
from tests.directory.oruk import oruk_example

RULES = rules_with({})

HOSTILE: tuple[Any, ...] = (
    None, "", " ", 0, -1, 2**70, 1e308, True, [], {}, [[]], [None], [1], {"id": []}, "x" * 20_000,
    "a\x00b", "a\u202eb", "2024-02-30", "javascript:alert(1)", "9" * 5_000, [{"id": {}}] * 30,
)  # fmt: skip

FULL = service(
    1,
    url="https://example.org/",
    last_modified="2026-01-02T10:00:00Z",
    contacts=[{"name": "Office", "phones": [{"number": "01632 960124", "languages": []}]}],
    phones=[{"number": "01632 960125"}],
    languages=[{"name": "Polish", "code": "pl"}],
    cost_options=[{"amount": 2.5}],
    attributes=[{"taxonomy_term": {"taxonomy": "t", "term": "x", "name": "X", "description": "X"}}],
)


def _places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    yield path
    if isinstance(value, dict):
        for name, part in value.items():
            yield from _places(part, (*path, name))
    if isinstance(value, list):
        for number, part in enumerate(value):
            yield from _places(part, (*path, number))


def _with(path: tuple[Any, ...], value: Any) -> Any:
    if not path:
        return value
    document = copy.deepcopy(FULL)
    part: Any = document
    for step in path[:-1]:
        part = part[step]
    part[path[-1]] = value
    return document


@pytest.mark.parametrize("path", list(_places(FULL)), ids=str)
def test_nothing_in_any_place_of_a_foreign_listing_makes_a_fault(path: tuple[Any, ...]) -> None:
    for value in HOSTILE:
        row = row_of(
            _with(path, value), 1, check=check_entry, rules=RULES, read_on=date(2026, 1, 3)
        )

        assert row.state in {"staged", "refused"}
        assert (row.reason is not None) == (row.state == "refused")
        assert (row.entry is not None) == (row.state == "staged")
        kept = json.dumps([row.entry, row.foreign_id, row.organization_key, row.reason])
        assert "\\u0000" not in kept
        assert "\\u202e" not in kept
        assert "javascript" not in (row.reason or "")


def test_a_listing_as_it_should_be_is_kept_with_the_day_it_says() -> None:
    row = row_of(FULL, 1, check=check_entry, rules=RULES, read_on=date(2026, 1, 3))

    assert row.state == "staged"
    assert (row.entry or {})["said_on"] == "2026-01-02"


@pytest.mark.parametrize(
    ("parts", "kept"),
    [
        # Of a language the profile has nothing but its id.
        ({"languages": [{"id": "1"}]}, {}),
        ({"languages": [{"id": "1", "code": "pl"}]}, {"languages": [{"name": "pl", "code": "pl"}]}),
        ({"funding": [{"id": "1"}]}, {}),
        ({"cost_options": [{"id": "1"}], "service_areas": [{"id": "2"}]}, {}),
    ],
)
def test_a_part_that_says_nothing_but_its_id_refuses_no_listing(
    parts: dict[str, Any], kept: dict[str, Any]
) -> None:
    document = {
        name: value for name, value in FULL.items() if name not in {"languages", "cost_options"}
    }

    row = row_of({**document, **parts}, 1, check=check_entry, rules=RULES, read_on=date(2026, 1, 3))

    assert (row.state, row.reason) == ("staged", None)
    content = (row.entry or {})["content"]
    assert {
        name: content[name]
        for name in ("languages", "funding", "cost_options", "service_areas")
        if name in content
    } == kept


def test_the_example_of_the_published_profile_is_kept_but_for_a_place_that_is_nowhere() -> None:
    given = oruk_example("service_full.json")
    location = given["service_at_locations"][0]["location"]
    assert location["latitude"] > 90
    location["latitude"] = 53.0

    row = row_of(given, 1, check=check_entry, rules=RULES, read_on=date(2026, 1, 3))

    assert (row.state, row.reason) == ("staged", None)


@pytest.mark.parametrize(
    ("told", "kept"),
    [
        ("09:00", "09:00"),
        ("09:00Z", "09:00"),
        ("09:00:00Z", "09:00:00"),
        ("09:00+01:00", "09:00"),
        ("09:00+0000", "09:00"),
        ("09:00-05:00", None),
        ("9Z", None),
    ],
)
def test_a_time_with_an_offset_of_this_country_is_the_time_on_the_clock(
    told: str, kept: str | None
) -> None:
    schedule = {"id": "1", "freq": "WEEKLY", "byday": "TU", "opens_at": told}

    row = row_of(
        {**FULL, "schedules": [schedule]},
        1,
        check=check_entry,
        rules=RULES,
        read_on=date(2026, 1, 3),
    )

    if kept is None:
        assert (row.state, (row.reason or "")[:21]) == ("refused", "/schedules/0/opens_at")
    else:
        assert (row.entry or {})["content"]["schedules"][0]["opens_at"] == kept


def test_a_shape_of_an_area_and_a_table_of_fees_refuse_no_listing() -> None:
    ring = [[-2.0 - n / 1000, 53.0 + n / 1000] for n in range(500)]
    shape = json.dumps({"type": "Polygon", "coordinates": [ring]})
    fees = "\n".join(f"Room {n}: £{n} an hour" for n in range(60))
    area = {"id": "1", "name": "Wayford", "extent": shape, "extent_type": "geojson"}

    row = row_of(
        {**FULL, "fees": fees, "service_areas": [area]},
        1,
        check=check_entry,
        rules=RULES,
        read_on=date(2026, 1, 3),
    )

    content = (row.entry or {})["content"]
    assert (content["fees"], content["service_areas"][0]["extent"]) == (fees, shape)
