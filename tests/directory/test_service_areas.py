"""Whom a listing is for, by its service areas: found where they live, and left out where they do not."""

from dataclasses import replace
from datetime import date, time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.directory.domain.listing_facts import ListedTime, facts_of
from services.directory.domain.places import Place, Point
from services.directory.domain.search import Hours, Wanted
from services.directory.domain.search_filters import filter_lexemes, filter_query
from services.directory.domain.service_areas import areas_of_place, served_areas
from services.directory.use_cases.wording import wording
from tests.directory.trial import (
    FOREIGN_MANAGER,
    FOREIGN_REGISTRAR,
    MANAGER,
    Office,
    a_listing,
    fill_foreign_region,
)

ASHBY = (53.5, -2.2)
WAYTON = (53.6, -2.2)
AT_ASHBY = {"latitude": 53.5, "longitude": -2.2}
FAR = {"latitude": 54.5, "longitude": -2.2}


async def load(office: Office, *, within: bool = True, member: str | None = None) -> None:
    """Ashby and Wayton, two towns of Wayfordshire, each one small area with a postcode."""
    towns = (("Ashby", "N1", "ZZ1 1AA", ASHBY), ("Wayton", "N2", "ZZ2 2BB", WAYTON))
    places = [
        {"kind": kind, "text": text, "latitude": at[0], "longitude": at[1],
         "neighbourhood_code": code}
        for name, code, postcode, at in towns
        for kind, text in (("place-name", name), ("postcode", postcode))
    ]  # fmt: skip
    answer = await office.ask("PUT", "/places/batch", {"items": places})
    assert answer.status_code == 200, answer.text
    if within:
        await load_areas(office)


async def load_areas(office: Office, **changes: Any) -> dict[str, int]:
    areas = [
        {
            "code": code,
            "pcn_code": "U99001",
            "name": f"{name} Town",
            "within": [name, "Wayfordshire"],
        }
        for name, code in (("Ashby", "N1"), ("Wayton", "N2"))
    ]
    answer = await office.ask(
        "PUT", "/neighbourhoods/batch", {"items": [{**one, **changes} for one in areas]}
    )
    assert answer.status_code == 200, answer.text
    return answer.json()


async def listed(office: Office, name: str, *areas: dict[str, str], **more: Any) -> None:
    body = a_listing(name=name, description="A choir.", service_areas=list(areas), **more)
    await office.made("/services", body, member=MANAGER)


async def found(office: Office, **params: Any) -> dict[str, Any]:
    return await office.found("/search", params={"words": "choir", **params}, member=None)


async def names(office: Office, **params: Any) -> list[str]:
    return [one["service"]["name"] for one in (await found(office, **params))["items"]]


@pytest.mark.postgres
async def test_what_is_for_an_area_is_found_wherever_in_it_somebody_lives(office: Office) -> None:
    await load(office)
    await listed(office, "At your home", {"name": "Wayfordshire"})
    await listed(office, "Far office", {"name": "Ashby"}, locations=[FAR])
    await listed(office, "Nobody knows where")

    answer = await found(office, near="ZZ1 1AA")

    assert [(one["service"]["name"], one["distance_metres"]) for one in answer["items"]] == [
        ("At your home", None), ("Far office", 111_195),
    ]  # fmt: skip
    assert [one["reason"] for one in answer["items"]] == [
        "Found by “choir”, serves Wayfordshire",
        "Found by “choir”, 111.2 km away, serves Ashby",
    ]
    # What comes to you is as near as what you join from home; the office is as far as it is.
    near = [one["parts"]["distance"] for one in answer["items"]]
    assert near == [0.5, pytest.approx(0.0177, abs=1e-4)]
    # Who says how far they would go is shown what is within it.
    assert await names(office, near="ZZ1 1AA", within_metres=20_000) == []


@pytest.mark.postgres
async def test_what_is_for_people_of_another_area_is_left_out_and_offered_as_such(
    office: Office,
) -> None:
    await load(office)
    await listed(office, "For Wayton alone", {"name": "Wayton"}, locations=[AT_ASHBY])

    here = await office.found("/search", params={"near": "Ashby", "need": "isolation"}, member=None)
    there = await names(office, near="Wayton")

    assert there == ["For Wayton alone"]
    assert here["items"] == []
    (other,) = here["alternatives"]
    assert other["given_up"] == "area"
    assert other["said"].endswith("though they say they are for people who live elsewhere.")
    assert [one["service"]["name"] for one in other["items"]] == ["For Wayton alone"]
    (counted,) = await office.rows("unmet_search")
    assert (counted["neighbourhood_code"], counted["reason"]) == ("N1", "nothing-there")


@pytest.mark.postgres
async def test_codes_bound_an_area_whatever_it_is_called(office: Office) -> None:
    await load(office, within=False)
    for name, area in (
        ("By sector", {"name": "Wayfordshire", "extent": "ZZ1 1, ZZ1 2"}),
        ("By outward code", {"name": "ZZ1 and ZZ9"}),
        ("By others", {"extent": "ZZ2"}),
    ):
        await listed(office, name, area)

    assert sorted(await names(office, near="ZZ1 1AA")) == ["By outward code", "By sector"]
    assert sorted(await names(office, near="zz1")) == ["By outward code", "By sector"]
    # A named place lies among the postcodes of its small area.
    assert sorted(await names(office, near="Ashby")) == ["By outward code", "By sector"]
    assert await names(office, near="ZZ2") == ["By others"]
    assert sorted(await names(office)) == ["By others", "By outward code", "By sector"]


@pytest.mark.postgres
async def test_an_area_that_nobody_named_is_not_said_to_hold_a_place_or_not_to(
    office: Office,
) -> None:
    await load(office)
    here = [AT_ASHBY]
    await listed(office, "Near, for a county unheard of", {"name": "Loamshire"}, locations=here)
    await listed(office, "For a county unheard of", {"name": "Loamshire"})
    await listed(office, "Of one that is known and one that is not", {"name": "Wayton"},
                 {"name": "Loamshire"}, locations=here)  # fmt: skip
    await listed(office, "For everybody", {"name": "England"})

    answer = await found(office, near="ZZ1 1AA")

    assert [(one["service"]["name"], one["reason"]) for one in answer["items"]] == [
        ("Near, for a county unheard of", "Found by “choir”, 100 m away"),
        ("Of one that is known and one that is not", "Found by “choir”, 100 m away"),
        ("For everybody", "Found by “choir”, serves England"),
    ]  # fmt: skip


@pytest.mark.postgres
async def test_a_name_counts_from_when_it_is_loaded_until_it_is_taken_back(office: Office) -> None:
    await load(office, within=False)
    await listed(office, "Home visits", {"name": "Wayfordshire"})
    before = await names(office, near="ZZ1 1AA")
    loaded = [await load_areas(office) for _ in range(2)]
    after = await names(office, near="ZZ1 1AA")
    await load_areas(office, within=["Elsewhere"])

    assert (before, after) == ([], ["Home visits"])
    assert loaded == [{"taken": 2, "changed": 2}, {"taken": 2, "changed": 0}]
    assert await names(office, near="ZZ1 1AA") == []


@pytest.mark.postgres
async def test_a_name_holds_in_its_own_region(office: Office) -> None:
    await load(office)
    await fill_foreign_region(office)
    body = a_listing(
        name="Foreign", description="A choir.", service_areas=[{"name": "Ashby"}],
        locations=[AT_ASHBY],
    )  # fmt: skip
    await office.made("/services", body, member=FOREIGN_MANAGER)
    area = {"code": "N9", "pcn_code": "U99901", "name": "Ashby"}
    await office.ask("PUT", "/neighbourhoods/batch", {"items": [area]}, member=FOREIGN_REGISTRAR)

    answer = await found(office, near="Wayton", within_metres=20_000)

    # Their Ashby is another: it says nothing of who lives here.
    assert [one["reason"] for one in answer["items"]] == ["Found by “choir”, 11.1 km away"]


@pytest.mark.postgres
async def test_the_names_of_a_small_area_are_lines_and_few(office: Office) -> None:
    area = {"code": "N1", "pcn_code": "U99001", "name": "Ashby"}
    for within in (["Ash\nby"], ["Ashby"] * 21, [""]):
        body = {"items": [{**area, "within": within}]}
        refused = await office.ask("PUT", "/neighbourhoods/batch", body)
        assert refused.status_code == 422, within
        assert refused.json()["errors"][0]["pointer"].startswith("/items/0/within")


def read(**area: str) -> list[tuple[tuple[str, ...], str | None]]:
    return [(one.codes, one.name_key) for one in served_areas([area])]


@pytest.mark.parametrize(
    ("area", "codes", "key"),
    [
        ({"name": "Ashby"}, (), "ashby"),
        ({"name": "St. Mary's-on-Wey"}, (), "st marys on wey"),
        ({"name": "Ashby", "extent": "ZZ1 1, ZZ1 2"}, ("ZZ1 1", "ZZ1 2"), None),
        ({"name": "zz1 and ZZ2"}, ("ZZ1", "ZZ2"), None),
        ({"name": "ZZ11 & ZZ1 1"}, ("ZZ11", "ZZ1 1"), None),
        ({"extent": "LS1 LS2/LS3;"}, ("LS1", "LS2", "LS3"), None),
        ({"name": "ZZ1", "extent": "see the map"}, ("ZZ1",), None),
        ({"extent": "ZZ1 4 and the villages"}, (), "zz1 4 and the villages"),
        ({"extent": "ZZ1 1AA"}, (), "zz1 1aa"),
        ({"name": "Leeds and Bradford"}, (), "leeds and bradford"),
        ({"name": "Nationwide"}, ("*",), None),
        ({"name": "England"}, ("*",), None),
        ({"extent": ", ".join(f"ZZ{n} {m}" for n in range(1, 21) for m in range(10))}, (), ...),
    ],
)
def test_an_area_is_read_as_codes_or_as_one_name(
    area: dict[str, str], codes: tuple[str, ...], key: Any
) -> None:
    (found_key,) = read(**area)

    assert found_key[0] == codes
    assert key is ... or found_key[1] == key


def test_an_area_without_a_word_says_nothing() -> None:
    assert read() == read(name="", uri="https://areas.example.org/1") == []


def test_where_nothing_is_known_of_a_place_nothing_is_said_to_lie_outside_of_it() -> None:
    place = Place("QZZ", "place-name", "Ashby", Point(53.5, -2.2), None, 1)

    nowhere = areas_of_place(place, [], [], names_are_known=False)

    assert not nowhere.can_tell
    assert nowhere.keys == {"*", "QZZ:ashby"}


clocks = st.times().map(lambda at: at.replace(second=0, microsecond=0))


@given(opens=clocks, closes=st.none() | clocks, one=clocks, other=clocks)
def test_what_goes_on_in_an_hour_asked_for_has_the_words_of_the_filter(
    opens: time, closes: time | None, one: time, other: time
) -> None:
    begins, ends = min(one, other), max(one, other).replace(second=59)
    listing = facts_of({"name": "Choir"}, organization_name="-", need_names=[], wording=wording())
    when = ListedTime(None, opens, closes, date(2026, 1, 1), None)
    goes_on = opens < ends and (
        opens >= begins if closes is None else closes < opens or closes > begins
    )

    words = set(_filter_words(listing, when))
    query = filter_query(Wanted(hours=Hours(begins, ends))) or ""
    asked = {word.strip("'() ") for word in query.split("|")}

    assert not goes_on or words & asked


def _filter_words(listing: Any, when: ListedTime) -> list[str]:
    return list(filter_lexemes(replace(listing, times=(when,))))
