"""The estimate of room: how it falls, how it recovers, and that time alone turns nothing."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.directory.domain.capacity import (
    CONFIDENCE_MIN,
    EVEN,
    WAITLIST_FROM_DAYS,
    WORD_DAYS,
    Answer,
    AnswerKind,
    Status,
    Word,
    estimate,
)

NOW = datetime(2026, 6, 1, 9, tzinfo=UTC)

answers = st.lists(
    st.builds(
        Answer,
        st.sampled_from(["accepted", "came", "full", "found-full", "not-suitable"]),
        st.integers(0, 400).map(lambda days: NOW - timedelta(days=days)),
        st.none() | st.floats(0, 90),
    ),
    max_size=15,
)


def _ago(
    kind: AnswerKind,
    days: float,
    *,
    waited_days: float | None = None,
    full_until: date | None = None,
) -> Answer:
    return Answer(kind, NOW - timedelta(days=days), waited_days, full_until)


@given(answers, st.sampled_from(["full", "found-full"]))
def test_a_full_answer_lowers_the_room(told: list[Answer], kind: AnswerKind) -> None:
    before = estimate(told, None, NOW)

    assert estimate([*told, _ago(kind, 0)], None, NOW).room < before.room


@given(answers, st.sampled_from(["accepted", "came"]))
def test_an_acceptance_raises_the_room(told: list[Answer], kind: AnswerKind) -> None:
    before = estimate(told, None, NOW)

    assert estimate([*told, _ago(kind, 0)], None, NOW).room > before.room


@given(answers, st.integers(1, 1_000))
def test_time_raises_what_is_low_and_flips_nothing(told: list[Answer], days: int) -> None:
    now, later = (estimate(told, None, at) for at in (NOW, NOW + timedelta(days=days)))

    assert abs(later.room - EVEN) <= abs(now.room - EVEN) + 1e-9
    assert later.confidence <= now.confidence
    if now.room < EVEN - 1e-9:
        assert now.room - 1e-9 <= later.room <= EVEN
    # With no new answer the status stays or is claimed no longer; another it never becomes.
    assert later.status in {now.status, None}


@pytest.mark.parametrize(
    ("told", "status"),
    [
        ([], None),
        ([_ago("accepted", 1)], "has-capacity"),
        ([_ago("accepted", 400)], None),
        ([_ago("full", 1)], "no-capacity"),
        ([_ago("accepted", 30), _ago("full", 2), _ago("full", 1)], "no-capacity"),
        ([_ago("full", 30), _ago("accepted", 2), _ago("accepted", 1)], "has-capacity"),
        ([_ago("accepted", 1, waited_days=WAITLIST_FROM_DAYS)], "waitlist"),
        ([_ago("accepted", 1), _ago("not-suitable", 2), _ago("not-suitable", 3)],
         "assessment-needed"),
    ],
)  # fmt: skip
def test_what_answers_come_to(told: list[Answer], status: Status | None) -> None:
    found = estimate(told, None, NOW)

    assert found.status == status
    assert (found.confidence >= CONFIDENCE_MIN) or status is None


def test_full_until_a_day_closes_until_that_day_or_until_somebody_is_taken() -> None:
    full = _ago("full", 3, full_until=date(2026, 7, 1))
    taken_before = [_ago("accepted", days) for days in (4, 5, 6)]

    closed = estimate([*taken_before, full], None, NOW)
    assert (closed.status, closed.source, closed.is_accepting) == (
        "no-capacity",
        "full-until",
        False,
    )
    opened = estimate([*taken_before, full], None, datetime(2026, 7, 1, 9, tzinfo=UTC))
    assert opened.status == "has-capacity"
    assert estimate([*taken_before, full, _ago("accepted", 1)], None, NOW).status == "has-capacity"


def test_the_groups_word_overrides_and_decays() -> None:
    full = [_ago("full", days) for days in (1, 2, 3)]
    word = Word("has-capacity", NOW, "group")

    said = estimate(full, word, NOW)
    later = estimate(full, word, NOW + timedelta(days=WORD_DAYS / 2))
    over = estimate(full, word, NOW + timedelta(days=WORD_DAYS))

    assert (said.status, said.source, said.confidence) == ("has-capacity", "group", 1.0)
    assert later.status == "has-capacity"
    assert later.confidence < said.confidence
    assert (over.status, over.source) == ("no-capacity", "estimate")


def test_a_word_with_a_day_holds_until_that_day() -> None:
    word = Word("no-capacity", NOW, "worker", until=date(2026, 12, 1))

    assert estimate([], word, datetime(2026, 11, 30, 9, tzinfo=UTC)).status == "no-capacity"
    assert estimate([], word, datetime(2026, 12, 1, 9, tzinfo=UTC)).status is None
