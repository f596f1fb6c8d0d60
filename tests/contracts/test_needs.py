"""The catalogue of needs: two levels, and no code whose digits do not fit."""

import csv
from dataclasses import replace
from typing import get_args

import pytest

from contracts import codes, needs
from tests.contracts.standards import standards

LEAST_FINER_TERMS = 34


def test_every_need_of_events_has_words_and_finer_terms_below_it() -> None:
    assert [term.code for term in needs.BROAD] == list(get_args(codes.Need))
    assert len(needs.FINER) >= LEAST_FINER_TERMS
    assert {term.parent for term in needs.FINER} == set(get_args(codes.Need))
    assert all(term.need in get_args(codes.Need) for term in needs.TERMS.values())


@pytest.mark.parametrize("digit", "01234568")
def test_a_code_with_a_wrong_digit_does_not_load(digit: str) -> None:
    lonely = needs.TERMS["loneliness"]
    code = str(lonely.snomed_code)
    broken = replace(lonely, snomed_code=f"{code[:2]}{digit}{code[3:]}")

    with pytest.raises(needs.CatalogueBroken, match=r"loneliness: .*digits"):
        needs.load([broken if term is lonely else term for term in needs.TERMS.values()])


@pytest.mark.parametrize(
    ("changes", "fault"),
    [
        ({"snomed_code": "267067002"}, "digits"),  # two digits changed places
        ({"snomed_code": "0267076002"}, "digits"),
        ({"snomed_code": "26707"}, "digits"),
        ({"snomed_code": "two"}, "digits"),
        ({"sdoh_category": "luck"}, "social determinants"),
        ({"parent": "luck"}, "broad need"),
        ({"parent": None}, "broad need"),
        ({"description": ""}, "words"),
        ({"code": "debt"}, "twice"),
        ({"code": "Loneliness"}, "small letters"),
    ],
)
def test_a_term_that_cannot_hold_does_not_load(changes: dict[str, str], fault: str) -> None:
    lonely = needs.TERMS["loneliness"]
    others = [term for term in needs.TERMS.values() if term is not lonely]

    with pytest.raises(needs.CatalogueBroken, match=fault):
        needs.load([*others, replace(lonely, **changes)])


def test_a_catalogue_without_a_need_of_events_does_not_load() -> None:
    with pytest.raises(needs.CatalogueBroken, match="money"):
        needs.load([term for term in needs.TERMS.values() if term.need != "money"])


def test_check_digits_are_judged_as_published_codes_are() -> None:
    with (standards() / "codes" / "snomed_social_prescribing.csv").open() as opened:
        rows = list(csv.DictReader(opened))

    assert rows
    for row in rows:
        assert needs.has_check_digit(row["code"]) == (row["verhoeff_ok"] == "yes"), row["code"]


def test_every_code_stands_in_a_source_that_was_seen() -> None:
    with (standards() / "codes" / "snomed_social_prescribing.csv").open() as opened:
        seen = {row["code"] for row in csv.DictReader(opened) if row["seen_in_source"] == "yes"}

    assert {term.snomed_code for term in needs.TERMS.values()} - {None} <= seen
