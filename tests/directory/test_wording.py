"""What people type is read by data: phrases speak of needs, and a misspelt word has a neighbour."""

from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.needs import FINER, TERMS
from services.directory.domain.search import Wanted
from services.directory.domain.search_reason import FoundBecause, reason_of
from services.directory.domain.wording import (
    CONCEPTS_MAX,
    WORDS_MAX,
    Concept,
    WordingBroken,
    concepts_of,
    content_words,
    edits_between,
    nearest_word,
    wording_of,
)
from services.directory.use_cases.wording import wording

NAMES: Mapping[str, str] = {code: term.name for code, term in TERMS.items()}


def needs_of(text: str) -> list[str]:
    known = wording()
    concepts = concepts_of(known, content_words(known, text))
    return [term for concept in concepts for term in concept.meant]


def a_file(**changes: Any) -> dict[str, Any]:
    return {
        "version": 1,
        "stop_words": ["my", "the"],
        "soft_words": [],
        "together": {},
        "languages": {},
        "access": {},
        "says": [{"terms": ["debt"], "phrases": ["skint"]}],
        **changes,
    }


def test_every_need_is_spoken_of_by_some_phrase_people_use() -> None:
    said = {term for phrase in wording().phrases.values() for term in phrase.terms[:1]}

    assert {term.code for term in FINER} <= said
    by_people = {
        phrase.terms[0]
        for phrase in wording().phrases.values()
        if phrase.says not in {term.code.replace("-", " ") for term in FINER}
    }
    assert {term.code for term in FINER} <= by_people


@pytest.mark.parametrize(
    ("text", "needs"),
    [
        ("my husband died", ["bereavement"]),
        ("My HUSBAND has just died.", ["bereavement"]),
        ("died, my husband", ["bereavement"]),
        ("damp flat", ["damp-and-repairs"]),
        ("the flat is damp", ["damp-and-repairs"]),
        ("can’t pay the gas", ["fuel"]),
        ("i cannot pay my gas bill", ["fuel"]),
        ("looking after my mum", ["carers-groups"]),
        ("lonely and skint", ["loneliness", "budgeting"]),
        ("lonely, alone and isolated", ["loneliness"]),
        ("baby died", ["loss-of-a-child"]),
        ("chess", []),
    ],
)
def test_phrases_speak_of_needs_in_any_order_case_and_ending(text: str, needs: list[str]) -> None:
    assert needs_of(text) == needs


def test_the_longest_phrase_takes_its_words_and_the_rest_are_looked_for() -> None:
    known = wording()

    found = concepts_of(known, content_words(known, "bereavement cafe in Oldham"))

    assert [concept.meant for concept in found] == [("bereavement-cafe",), ()]
    assert found[1].said == ("oldham",)
    assert found[1].weight < found[0].weight


def test_soft_words_count_only_where_nothing_else_was_said() -> None:
    known = wording()

    assert concepts_of(known, content_words(known, "my wife plays chess")) == [
        Concept(("plays",)),
        Concept(("chess",)),
    ]
    assert concepts_of(known, content_words(known, "my wife")) == [Concept(("wife",))]


@given(st.text(max_size=300))
def test_whatever_is_typed_comes_to_a_bounded_number_of_things(text: str) -> None:
    known = wording()
    words = content_words(known, text)

    assert len(words) <= WORDS_MAX
    assert len(concepts_of(known, words)) <= CONCEPTS_MAX


@pytest.mark.parametrize(
    "broken",
    [
        a_file(says=[{"terms": ["wishes"], "phrases": ["a"]}]),
        a_file(says=[{"terms": [], "phrases": ["a"]}]),
        a_file(says=[{"terms": ["debt"], "phrases": ["my the"]}]),
        a_file(
            says=[
                {"terms": ["debt"], "phrases": ["owing money"]},
                {"terms": ["food"], "phrases": ["the money owing"]},
            ]
        ),
    ],
)
def test_a_file_that_does_not_hold_is_not_loaded(broken: dict[str, Any]) -> None:
    with pytest.raises(WordingBroken):
        wording_of(broken, {"debt": ("Debt",), "food": ("Food",)})


@pytest.mark.parametrize(
    ("one", "other", "edits"),
    [
        ("lonely", "lonely", 0),
        ("loneyl", "lonely", 1),
        ("gardning", "gardening", 1),
        ("debtt", "debt", 1),
        ("", "abc", 3),
        ("kitten", "sitting", 3),
        ("ca", "abc", 3),
    ],
)
def test_an_edit_is_a_letter_more_less_or_other_or_two_neighbours_swapped(
    one: str, other: str, edits: int
) -> None:
    assert edits_between(one, other) == edits
    assert edits_between(other, one) == edits


def test_the_nearest_word_is_near_enough_or_none() -> None:
    assert nearest_word("loneyl", ["lovely", "lonely"]) == "lonely"
    assert nearest_word("bereavemnt", ["bereavement"]) == "bereavement"
    assert nearest_word("chess", ["cheese", "dress"]) is None
    assert nearest_word("chess", []) is None


def because(**changes: Any) -> FoundBecause:
    return FoundBecause(
        **{
            "need_terms": ["loneliness"],
            "broad_needs": ["isolation"],
            "words_found": [False],
            "distance_metres": None,
            "serves": None,
            "days": [],
            "is_free": False,
            "in_person": True,
            "remote": False,
            **changes,
        }
    )


LONELY = Wanted(concepts=(Concept(("lonely",), ("loneliness",), ("befriending",)),))


@pytest.mark.parametrize(
    ("found", "wanted", "reason"),
    [
        (because(), LONELY, "Found by loneliness"),
        (because(need_terms=["befriending"]), LONELY, "Found by befriending"),
        (because(need_terms=[], words_found=[True]), LONELY, "Found by “lonely”"),
        (because(distance_metres=20.0), LONELY, "Found by loneliness, 100 m away"),
        (because(distance_metres=951.0), LONELY, "Found by loneliness, 1.0 km away"),
        (because(distance_metres=2_449.0), LONELY, "Found by loneliness, 2.4 km away"),
        (because(serves="Ashby"), LONELY, "Found by loneliness, serves Ashby"),
        (because(days=["TU", "TH"]), LONELY, "Found by loneliness, Tuesdays and Thursdays"),
        (because(days=["MO", "TU", "WE", "TH", "FR"]), LONELY, "Found by loneliness, weekdays"),
        (because(days=["MO", "WE", "SA"]), LONELY, "Found by loneliness, 3 days a week"),
        (
            because(days=["MO", "WE", "SA"]),
            Wanted(concepts=LONELY.concepts, day="WE"),
            "Found by loneliness, Wednesdays",
        ),
        (
            because(remote=True, in_person=False, is_free=True),
            LONELY,
            "Found by loneliness, free, online or by phone",
        ),
        (
            because(words_found=[], is_free=True),
            Wanted(need="isolation"),
            "Found by company and connection, free",
        ),
        (because(words_found=[], distance_metres=500.0), Wanted(), "Found 500 m away"),
        (because(words_found=[]), Wanted(), "Found"),
    ],
)
def test_the_reason_says_what_matched_and_no_more(
    found: FoundBecause, wanted: Wanted, reason: str
) -> None:
    assert reason_of(found, wanted, NAMES) == reason
