"""Two descriptions of one person are found alike through slips, and each part says why."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.referral.domain.matching import (
    WEIGHTS,
    Description,
    compare,
    plausible_birth_dates,
)

ADA = Description(
    nhs_number="9990000018",
    birth_date=date(1951, 4, 12),
    family_name="Thompson",
    given_name="Margaret",
    preferred_name="Peggy",
    postcode="ZZ1 1AA",
)
NAMES = st.text("abcdeé'- ghkmn", min_size=1, max_size=30)
DAYS = st.dates(date(1900, 1, 1), date(2026, 1, 1))
DESCRIPTIONS = st.builds(
    Description,
    nhs_number=st.none() | st.sampled_from(["9990000018", "9990000026"]),
    birth_date=st.none() | DAYS,
    family_name=st.none() | NAMES,
    given_name=st.none() | NAMES,
    preferred_name=st.none() | NAMES,
    postcode=st.none() | st.sampled_from(["ZZ1 1AA", "ZZ1 1AB", "ZZ1 2AB", "ZZ21AA"]),
)


def like_ada(**changes: object) -> Description:
    said = {name: getattr(ADA, name) for name in Description.__slots__}
    return Description(**{**said, "nhs_number": None, **changes})  # pyright: ignore[reportArgumentType]


@pytest.mark.parametrize(
    ("changes", "part", "verdict"),
    [
        ({"family_name": "Thomson"}, "family_name", "close"),
        ({"family_name": "thompsno"}, "family_name", "close"),
        ({"family_name": "Tompsen"}, "family_name", "close"),
        ({"family_name": "Thámpson"}, "family_name", "close"),
        ({"family_name": "Tampusine"}, "family_name", "sounds-alike"),
        ({"birth_date": date(1951, 12, 4)}, "birth_date", "close"),
        ({"birth_date": date(1951, 4, 11)}, "birth_date", "close"),
        ({"given_name": "Peggy", "preferred_name": None}, "given_name", "same"),
        ({"postcode": "zz11ab"}, "postcode", "close"),
        ({"family_name": None}, "given_name", "same"),
    ],
)
def test_a_slip_leaves_somebody_likely_the_same_and_says_which(
    changes: dict[str, object], part: str, verdict: str
) -> None:
    likeness = compare(ADA, like_ada(**changes))

    assert likeness.is_likely
    assert {one.name: one.verdict for one in likeness.parts}[part] == verdict


def test_another_number_means_another_person_however_alike_the_rest() -> None:
    assert not compare(ADA, like_ada(nhs_number="9990000026")).is_likely
    assert compare(ADA, ADA).score == 100


def test_another_name_of_the_same_day_is_not_proposed() -> None:
    asked = Description(birth_date=ADA.birth_date, family_name="Okafor")

    assert not compare(asked, ADA).is_likely


def test_nothing_in_common_to_compare_is_no_likeness() -> None:
    assert compare(Description(postcode="ZZ1 1AA"), Description(family_name="A")).score == 0


@given(DESCRIPTIONS, DESCRIPTIONS)
def test_a_score_is_its_parts_and_the_same_both_ways(one: Description, other: Description) -> None:
    there, back = compare(one, other), compare(other, one)

    assert there.score == back.score
    assert 0 <= there.score <= 100
    possible = sum(part.weight for part in there.parts)
    assert there.score == (
        round(100 * sum(p.earned for p in there.parts) / possible) if possible else 0
    )
    for part in there.parts:
        assert 0 <= part.earned <= part.weight == WEIGHTS[part.name]
        assert (part.verdict == "different") == (part.earned == 0)


@given(DESCRIPTIONS)
def test_a_description_is_wholly_like_itself(one: Description) -> None:
    assert compare(one, one).score in {0, 100}
    assert all(part.verdict == "same" for part in compare(one, one).parts)


@given(DAYS)
def test_every_day_looked_up_for_a_slip_is_one_that_earns_something(born: date) -> None:
    days = plausible_birth_dates(born, date(2026, 1, 1))

    assert born in days
    assert len(days) <= 75
    for day in days:
        likeness = compare(Description(birth_date=born), Description(birth_date=day))
        assert likeness.score >= 70
