"""What the region lacks on purpose is lacking, and what it does not lack on purpose is there.

What is asked here is asked of the listings as they are posted, and of nothing the generator knows.
"""

import re
from collections.abc import Iterable
from datetime import date
from functools import cache
from itertools import takewhile
from pathlib import Path
from typing import Any

import pytest

from contracts import needs
from demo.gaps import GAPS, Gap
from demo.geography import distance_km, neighbourhoods
from demo.listings import Listing, listings
from demo.region import networks
from demo.stories import stories

PAGE = Path("docs/explanation/demonstration.md")
TODAY = date(2026, 11, 20)
WALK_KM = 5.0


def _gap(name: str) -> Gap:
    (found,) = (gap for gap in GAPS if gap.name == name)
    return found


def _of(gap: Gap) -> list[Listing]:
    """The listings of a gap's network that answer its needs."""
    return [
        one
        for one in listings()
        if one.pcn_code == gap.pcn_code
        and (not gap.need_terms or set(gap.need_terms) & set(one.need_terms))
    ]


def _anywhere(gap: Gap) -> list[Listing]:
    return [one for one in listings() if set(gap.need_terms) & set(one.need_terms)]


def _physical(one: Listing) -> list[dict[str, Any]]:
    return [at for at in one.body.get("locations", []) if at["location_type"] == "physical"]


def _serves(one: Listing, code: str) -> bool:
    """Whether it says that it serves the neighbourhood or, saying nothing, is near enough."""
    home = neighbourhoods()[code]
    areas = one.body.get("service_areas")
    if areas:
        return any(
            "extent" not in area or home.sector in area["extent"].split(", ") for area in areas
        )
    places = _physical(one)
    return not places or any(
        distance_km((home.latitude, home.longitude), (at["latitude"], at["longitude"])) < WALK_KM
        for at in places
    )


def test_gaps_are_named_once_and_stand_in_the_small_region() -> None:
    assert len({gap.name for gap in GAPS}) == len(GAPS) >= 5
    small = {network.code for network in networks("small")}
    for gap in GAPS:
        assert gap.pcn_code in small
        assert set(gap.need_terms) <= {term.code for term in needs.FINER}
        for code in gap.neighbourhood_codes:
            assert neighbourhoods()[code].pcn_code == gap.pcn_code
    assert {gap.kind for gap in GAPS} == {
        "nothing", "too-far", "full", "cost", "language", "access", "daytime-only"
    }  # fmt: skip


def test_nobody_gives_debt_advice_to_the_two_most_deprived_neighbourhoods() -> None:
    gap = _gap("no-debt-advice")
    lowest = sorted(
        (one for one in neighbourhoods().values() if one.pcn_code == gap.pcn_code),
        key=lambda one: one.deprivation_decile,
    )[:2]

    assert {one.code for one in lowest} == set(gap.neighbourhood_codes)
    for code in gap.neighbourhood_codes:
        assert [one.body["name"] for one in _anywhere(gap) if _serves(one, code)] == []
        assert neighbourhoods()[code].name in gap.says
    others = {one.code for one in neighbourhoods().values() if one.pcn_code == gap.pcn_code}
    for code in others - set(gap.neighbourhood_codes):
        assert any(_serves(one, code) for one in _anywhere(gap))


def test_where_nobody_gives_debt_advice_people_are_referred_for_money_most() -> None:
    gap = _gap("no-debt-advice")
    sectors = tuple(neighbourhoods()[code].sector for code in gap.neighbourhood_codes)
    drawn = [one for one in stories("small", TODAY) if one.reference.startswith("seed-")]
    there = [one for one in drawn if one.person.postcode.startswith(sectors)]
    elsewhere = [one for one in drawn if not one.person.postcode.startswith(sectors)]

    def share(told: list[Any]) -> float:
        return sum("money" in one.needs for one in told) / len(told)

    assert len(there) >= 5
    assert share(there) > 2 * share(elsewhere)


def test_there_is_nothing_for_young_carers_in_birchmere() -> None:
    gap = _gap("nothing-for-young-carers")
    homes = [one.code for one in neighbourhoods().values() if one.pcn_code == gap.pcn_code]

    assert _of(gap) == []
    for code in homes:
        assert not any(_serves(one, code) for one in _anywhere(gap))
    assert len(_anywhere(gap)) > 10


def test_nothing_in_coldwell_is_held_after_five_or_at_a_weekend() -> None:
    gap = _gap("only-daytime")

    assert len(_of(gap)) > 100
    for one in _of(gap):
        for when in one.body["schedules"]:
            assert when["closes_at"] <= "17:00"
            assert not re.search("SA|SU", when["byday"])
        said = f"{one.body['name']} {one.body['description']}".lower()
        assert not re.search("saturday|sunday|weekend|evening|night", said)


def test_counselling_in_birchmere_is_full() -> None:
    gap = _gap("counselling-full")

    assert len(_of(gap)) >= 2
    for one in _of(gap):
        alert = one.body["alert"]
        weeks = re.search(r"about (\d+) weeks", alert)
        assert "closed" in alert or (weeks and int(weeks[1]) >= gap.weeks_min)


def test_exercise_in_ashbeck_costs_six_pounds_or_more() -> None:
    gap = _gap("exercise-costs")

    assert len(_of(gap)) >= 2
    for one in _of(gap):
        assert min(option["amount"] for option in one.body["cost_options"]) >= gap.amount_min == 6
        assert "ree." not in one.body["description"]


def test_nobody_in_birchmere_speaks_polish() -> None:
    gap = _gap("no-polish")

    for one in _of(gap):
        assert gap.language not in {spoken["code"] for spoken in one.body["languages"]}
        group = one.body["organization"]["name"]
        said = f"{group} {one.body['name']} {one.body['description']}"
        assert not re.search("Polish|Polski|polsku", said)
    speaks = [
        one for one in listings() if one.pcn_code == "U99001" and "pl" in str(one.body["languages"])
    ]
    assert speaks


def test_whoever_grieves_in_coldwell_climbs_stairs() -> None:
    gap = _gap("grief-upstairs")

    assert len(_of(gap)) >= 3
    for one in _of(gap):
        assert _physical(one)
        for at in _physical(one):
            assert at["accessibility"][0]["description"] == "Steps and no lift"


def test_from_coldwell_the_nearest_dementia_group_is_far() -> None:
    gap = _gap("dementia-too-far")
    homes = [one for one in neighbourhoods().values() if one.pcn_code == gap.pcn_code]

    assert _of(gap) == []
    for one in _anywhere(gap):
        assert _physical(one)
        for at in _physical(one):
            for home in homes:
                way = distance_km(
                    (home.latitude, home.longitude), (at["latitude"], at["longitude"])
                )
                assert way >= gap.km_min
        assert not any(_serves(one, home.code) for home in homes)


def test_the_small_region_lacks_nothing_else() -> None:
    finer = {term.code for term in needs.FINER}
    for network in networks("small"):
        answered = {
            term for one in listings() if one.pcn_code == network.code for term in one.need_terms
        }
        stated = {
            term
            for gap in GAPS
            if gap.pcn_code == network.code
            and gap.kind in {"nothing", "too-far"}
            and not gap.neighbourhood_codes
            for term in gap.need_terms
        }
        assert finer - answered == stated


def test_the_page_about_the_region_states_every_gap_and_how_many_listings_there_are() -> None:
    page = " ".join(PAGE.read_text(encoding="utf-8").split())

    for gap in GAPS:
        assert gap.says.removesuffix(".") in page
    assert f"{len(listings()):,} listings" in page


@cache
def _region() -> tuple[Any, ...]:
    drawn = takewhile(lambda one: one.practice.pcn_code <= "U99003", stories("region", TODAY))
    return tuple(drawn)


def _unplaced(told: Iterable[Any], need: str, reason: str) -> float:
    """How much of what somebody was to be sent on for found no place, for this reason."""
    steps = [step for one in told for step in one.steps if step.body.get("need") == need]
    asked = [step for step in steps if step.what in {"onward", "placement-failed"}]
    return sum(step.body.get("reason") == reason for step in asked) / len(asked)


@pytest.mark.parametrize(
    ("name", "need", "reason"),
    [
        ("no-debt-advice", "money", "nothing-suitable"),
        ("counselling-full", "mental-wellbeing", "full"),
        ("exercise-costs", "long-term-condition", "cost"),
        ("grief-upstairs", "bereavement", "access"),
        ("dementia-too-far", "long-term-condition", "too-far"),
    ],
)
def test_a_gap_is_felt_where_it_is_and_hardly_elsewhere(name: str, need: str, reason: str) -> None:
    gap = _gap(name)
    sectors = tuple(neighbourhoods()[code].sector for code in gap.neighbourhood_codes)

    def lacks(one: Any) -> bool:
        at = one.person.postcode
        return one.practice.pcn_code == gap.pcn_code and (not sectors or at.startswith(sectors))

    there = [one for one in _region() if lacks(one)]
    elsewhere = [one for one in _region() if not lacks(one)]

    assert _unplaced(there, need, reason) > 0.12
    assert _unplaced(there, need, reason) > 3 * _unplaced(elsewhere, need, reason)


def test_who_speaks_polish_finds_no_company_in_birchmere() -> None:
    speaks = [one for one in _region() if one.person.language == "pl"]
    there = [one for one in speaks if one.practice.pcn_code == _gap("no-polish").pcn_code]
    others = [one for one in _region() if one.person.language != "pl"]

    assert _unplaced(there, "isolation", "language") > 0.5
    assert _unplaced(others, "isolation", "language") < 0.1


def test_the_small_region_feels_the_gap_of_debt_advice() -> None:
    gap = _gap("no-debt-advice")
    sectors = tuple(neighbourhoods()[code].sector for code in gap.neighbourhood_codes)
    there = [one for one in stories("small", TODAY) if one.person.postcode.startswith(sectors)]

    assert _unplaced(there, "money", "nothing-suitable") > 0.5
