"""What searches look in is derived from the listings, and can be derived again in pieces."""

import asyncio
from datetime import time
from typing import Any

import pytest

from services.directory.domain.listing_facts import ListedPoint, facts_of
from services.directory.domain.places import Point
from services.directory.domain.search import Wanted
from services.directory.schedules import reindex_for_ever
from services.directory.use_cases.search_index import reindex
from services.directory.use_cases.wording import wording
from tests.directory.trial import MANAGER, Office, a_listing
from tests.waiting import until

DERIVED = ("listing_search", "listing_point", "listing_time")


def facts(**content: Any) -> Any:
    return facts_of(
        {"name": "Choir", **content}, organization_name="Hall", need_names=[], wording=wording()
    )


async def derived(office: Office) -> list[Any]:
    return [await office.rows(table, "1, 2") for table in DERIVED]


async def make_listings(office: Office, count: int) -> None:
    for number in range(count):
        body = a_listing(
            name=f"Choir {number}",
            need_terms=["loneliness"],
            schedules=[{"freq": "WEEKLY", "byday": "TU,TH", "opens_at": "10:00"}],
            locations=[
                {"latitude": 53.5, "longitude": -2.2},
                {"latitude": 53.6, "longitude": -2.2},
            ],
            publish=number != 0,
        )
        await office.made("/services", body, member=MANAGER)


@pytest.mark.postgres
async def test_what_was_published_before_is_indexed_in_pieces_that_go_on_where_they_ended(
    office: Office,
) -> None:
    await make_listings(office, 6)
    before = await derived(office)
    await office.owner.execute("delete from listing_search")
    assert await derived(office) == [[], [], []]

    done = [await reindex(office.worker, rows_max=2) for _ in range(4)]

    assert done == [2, 2, 1, 0]
    assert await derived(office) == before
    assert len(before[0]) == 5


@pytest.mark.postgres
async def test_the_schedule_indexes_what_it_finds_and_can_be_stopped(office: Office) -> None:
    await make_listings(office, 4)
    before = await derived(office)
    await office.owner.execute("delete from listing_search")

    running = asyncio.create_task(reindex_for_ever(office.worker))
    await until(lambda: _is_derived(office, before), what="the index is as it was")
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running


async def _is_derived(office: Office, before: list[Any]) -> bool:
    return await derived(office) == before


@pytest.mark.postgres
async def test_what_was_derived_by_older_rules_is_derived_again_and_keeps_its_freshness(
    office: Office,
) -> None:
    await make_listings(office, 3)
    await office.owner.execute(
        "update listing_search set index_version = 0, is_free = true, freshness = 0.9, capacity = 0.1"
    )

    assert await reindex(office.worker) == 2
    assert await reindex(office.worker) == 0

    rows = await office.rows("listing_search")
    assert {row["is_free"] for row in rows} == {False}
    assert {(round(row["freshness"], 3), round(row["capacity"], 3)) for row in rows} == {(0.9, 0.1)}


@pytest.mark.postgres
async def test_fresher_listings_with_room_come_first_among_equals(office: Office) -> None:
    await make_listings(office, 3)
    await office.owner.execute(
        "update listing_search set freshness = 0.9, capacity = 0.9 where listing_id = "
        "(select listing_id from listing_search order by listing_id desc limit 1)"
    )

    found = await office.found("/search", params={"words": "choir"}, member=None)

    assert [item["service"]["name"] for item in found["items"]] == ["Choir 2", "Choir 1"]
    assert found["items"][0]["parts"]["freshness"] == pytest.approx(0.9, abs=1e-3)


@pytest.mark.postgres
async def test_without_words_and_place_the_order_is_that_of_the_stated_weights(
    office: Office,
) -> None:
    weights = Wanted().weights
    for freshness, capacity in ((0, 0), (0.5, 0.5), (1, 0), (0.123, 0.987), (1, 1)):
        kept = await office.owner.fetchval(
            "select standing_score($1::real, $2::real)", freshness, capacity
        )
        reckoned = weights[0] + weights[2] * freshness + weights[3] * capacity
        assert kept == pytest.approx(1e6 * reckoned, abs=1)


@pytest.mark.parametrize(
    ("content", "is_free"),
    [
        ({}, False),
        ({"fees": "Free, donations welcome"}, True),
        ({"fees": "£2, free for carers"}, False),
        ({"fees": "Freedom pass holders £1"}, False),
        ({"fees": "No charge"}, True),
        ({"cost_options": [{"amount": 0}]}, True),
        ({"cost_options": [{"amount": 0}, {"amount": 3}]}, False),
        ({"cost_options": [{"option": "Free"}]}, True),
        ({"fees": "Free", "cost_options": [{"amount": 3}]}, False),
    ],
)
def test_free_is_what_says_so(content: dict[str, Any], is_free: bool) -> None:
    assert facts(**content).is_free is is_free


@pytest.mark.parametrize(
    ("content", "ways"),
    [
        ({}, (False, False)),
        ({"locations": [{}]}, (True, False)),
        ({"locations": [{"location_type": "virtual"}]}, (False, True)),
        ({"schedules": [{"attending_type": "by telephone"}]}, (False, True)),
        ({"locations": [{}], "schedules": [{"attending_type": "Online"}]}, (True, True)),
        ({"schedules": [{"attending_type": "Face-to-face"}]}, (True, False)),
    ],
)
def test_how_to_take_part_is_what_says_so(content: dict[str, Any], ways: Any) -> None:
    found = facts(**content)

    assert (found.in_person, found.remote) == ways


def test_times_are_read_day_by_day() -> None:
    found = facts(
        schedules=[
            {"byday": "1MO,-1FR", "opens_at": "19:00", "closes_at": "21:30:00", "freq": "MONTHLY"},
            {"dtstart": "2026-12-02", "freq": "WEEKLY"},
            {"opens_at": "09:00"},
            {"description": "By appointment"},
        ]
    )

    assert found.days == ("MO", "WE", "FR")
    assert [(one.day, one.opens_at, one.closes_at) for one in found.times] == [
        ("MO", time(19), time(21, 30)),
        ("FR", time(19), time(21, 30)),
        ("WE", None, None),
        (None, time(9), None),
    ]


def test_points_are_given_or_named_by_a_postcode_and_never_made_up() -> None:
    address = {"address_1": "1", "postal_code": "zz1 1aa"}
    found = facts(
        locations=[
            {"latitude": 53.5, "longitude": -2.2, "addresses": [address]},
            {"addresses": [{**address, "postal_code": "none"}, address]},
            {"location_type": "virtual", "addresses": [address]},
            {"name": "The park"},
        ]
    )

    assert found.points == (
        ListedPoint(0, Point(53.5, -2.2), None),
        ListedPoint(1, None, "ZZ11AA"),
    )


def test_access_is_what_a_place_says_and_not_what_it_says_it_lacks() -> None:
    said = [
        "Step-free, with a hearing loop",
        "No parking. Accessible toilet",
        "The lift is not working",
    ]
    found = facts(locations=[{"accessibility": [{"description": one} for one in said]}])

    assert set(found.access) == {"wheelchair", "hearing-loop", "accessible-toilet"}


def test_languages_are_known_by_code_or_by_name() -> None:
    found = facts(languages=[{"name": "Urdu"}, {"name": "-", "code": "pl-PL"}, {"name": "Klingon"}])

    assert found.languages == ("ur", "pl")
    assert "klingon" in found.other_words
