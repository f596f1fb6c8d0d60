"""Every code that the directory tells has words here, and each word stands for a code of its."""

from datetime import date
from typing import get_args

import pytest

from console import directory_words as words
from console.pages.find_help import LABELS
from console.pages.listing import MARKS
from services.directory.api import freshness as freshness_doors
from services.directory.api import search
from services.directory.domain import capacity, freshness, ideas, relations, unmet_need
from services.directory.domain.listing_facts import WEEKDAYS
from services.directory.domain.listings import SOURCES
from services.directory.domain.search import PARTS_OF_DAY
from services.directory.use_cases.wording import wording


def test_all_that_can_be_searched_by_can_be_chosen() -> None:
    assert words.ACCESS.keys() == set(wording().access)
    assert words.LANGUAGES.keys() == set(wording().languages.values())
    assert words.DAYS.keys() == WEEKDAYS.keys()
    assert words.PARTS_OF_DAY.keys() == PARTS_OF_DAY.keys()
    assert {*LABELS, "limit", "cursor"} == search._KNOWN


def test_all_that_is_told_of_a_listing_has_words() -> None:
    assert words.ROOM.keys() == set(capacity.STATUSES)
    assert words.ROOM_SOURCES.keys() == set(get_args(capacity.Source))
    assert words.HEARD.keys() == freshness.SIGNALS.keys()
    assert set(SOURCES.values()) <= words.SOURCES.keys()
    assert MARKS.keys() == set(get_args(freshness_doors.MarkForm.model_fields["kind"].annotation))


def test_all_that_is_told_of_gaps_and_groups_has_words() -> None:
    assert words.WHY_UNMET.keys() == set(get_args(unmet_need.Reason))
    assert words.IDEA_STATES.keys() == set(get_args(ideas.IdeaState))
    assert words.RELATIONS.keys() == set(get_args(relations.RelationKind))


def test_a_new_code_is_shown_as_it_is() -> None:
    told = {"status": "halved", "source": "moon", "confidence": 0.1, "as_of": None}
    assert words.room_words(told) == words.Room("halved", "grey", "unsure", "moon", None)
    assert words.need_name("levitation") == "levitation"
    assert words.source_words("U99001") == "network U99001"


def test_nothing_known_of_room_is_not_known_and_never_none() -> None:
    nothing = words.Room("Room not known", "grey", "", "", None)
    assert words.room_words(None) == nothing
    assert words.room_words({"status": None, "confidence": 0.1}) == nothing


@pytest.mark.parametrize(
    ("score", "said"),
    [
        (100.0, "Very likely right"),
        (80.0, "Very likely right"),
        (79.9, "Likely right"),
        (freshness.ASK, "Likely right"),
        (49.9, "Not heard of for a while"),
        (freshness.DOUBT, "Not heard of for a while"),
        (29.9, "May be wrong"),
        (0.0, "May be wrong"),
    ],
)
def test_how_fresh_turns_where_the_directory_asks_and_doubts(score: float, said: str) -> None:
    assert words.fresh_words(score)[0] == said


@pytest.mark.parametrize(
    ("until", "said"),
    [
        (None, "No end agreed"),
        ("2026-05-31", "Ended"),
        ("2026-06-01", "Ends today"),
        ("2026-06-02", "Ends in 1 day"),
        ("2026-07-31", "Ends in 60 days"),
        ("2026-08-01", "In force"),
    ],
)
def test_an_agreement_is_warned_of_before_it_ends(until: str | None, said: str) -> None:
    assert words.agreement_words(until, date(2026, 6, 1))[0] == said


def test_the_warning_begins_when_the_directory_warns() -> None:
    today = date(2026, 6, 1)
    last = relations.warned_of_until(today)
    assert words.agreement_words(last.isoformat(), today)[1] == "yellow"
    assert (last - today).days == words.WARNED_DAYS


def test_far_is_said_as_in_the_reasons() -> None:
    assert [words.far_words(one) for one in (20, 130, 949, 950, 12_345)] == [
        "100 m away",
        "100 m away",
        "900 m away",
        "0.9 km away",
        "12.3 km away",
    ]
