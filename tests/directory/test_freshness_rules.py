"""The score of a listing: what raises it, what lowers it, what time does, and what follows."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.directory.domain.freshness import (
    ASK,
    CHECK_OPEN_DAYS,
    DOUBT,
    FLOOR,
    HIDE,
    SIGNALS,
    Happening,
    Kind,
    decide,
    weigh,
)

NOW = datetime(2026, 6, 1, 9, tzinfo=UTC)
FOR = sorted(kind for kind, signal in SIGNALS.items() if signal.points > 0)
AGAINST = sorted(kind for kind, signal in SIGNALS.items() if signal.points < 0)

happenings = st.builds(
    Happening,
    st.sampled_from(sorted(SIGNALS)),
    st.integers(0, 1_000).map(lambda days: NOW - timedelta(days=days)),
    st.sampled_from(["group", "U99001", "U99002"]),
)


def _ago(kind: Kind, days: float, source: str = "U99001") -> Happening:
    return Happening(kind, NOW - timedelta(days=days), source)


@given(
    st.lists(happenings, max_size=12).flatmap(
        lambda told: st.tuples(st.just(told), st.permutations(told))
    )
)
def test_the_order_in_which_it_became_known_changes_nothing(
    told: tuple[list[Happening], list[Happening]],
) -> None:
    happened, shuffled = told

    assert weigh(shuffled, NOW) == weigh(happened, NOW)


@given(st.lists(happenings, max_size=12), st.sampled_from(FOR))
def test_a_sign_of_life_today_never_lowers_a_score(happened: list[Happening], kind: Kind) -> None:
    before = weigh(happened, NOW).score

    assert weigh([*happened, _ago(kind, 0)], NOW).score >= before - 1e-9


@given(st.lists(happenings, max_size=12), st.sampled_from(AGAINST))
def test_what_speaks_against_it_never_raises_a_score(happened: list[Happening], kind: Kind) -> None:
    before = weigh(happened, NOW).score

    assert weigh([*happened, _ago(kind, 0)], NOW).score <= before + 1e-9


@given(st.lists(happenings, max_size=12), st.integers(0, 2_000), st.integers(0, 2_000))
def test_time_alone_leads_towards_the_floor_and_never_doubts_what_was_not_doubted(
    happened: list[Happening], sooner: int, later: int
) -> None:
    good = [one for one in happened if SIGNALS[one.kind].points >= 0]
    first, second = (
        weigh(good, NOW + timedelta(days=days)).score for days in sorted((sooner, later))
    )

    assert first >= second >= FLOOR > DOUBT


def test_what_nobody_hears_of_is_asked_then_doubted_then_hidden_within_the_stated_days() -> None:
    """As the page states it: asked in the fourteenth month, doubted and hidden 21 and 42 days on."""
    happened = [Happening("kept", NOW, "group")]
    asked: list[int] = []
    open_until = -1
    steps: dict[str, int] = {}
    state = "published"
    for day in range(600):
        now = NOW + timedelta(days=day)
        if asked and day == open_until:
            happened.append(Happening("unanswered-check", now, "platform"))
        decided = decide(
            weigh(happened, now), state, taken_by_evidence=True, is_asked=day < open_until
        )
        if decided.ask is not None:
            asked.append(day)
            open_until = day + CHECK_OPEN_DAYS
        if decided.step is not None:
            steps[decided.step] = day
            state = {"doubt": "doubted", "hide": "hidden", "restore": "published"}[decided.step]

    assert 360 <= asked[0] <= 420
    assert steps == {"doubt": asked[0] + CHECK_OPEN_DAYS, "hide": asked[0] + 2 * CHECK_OPEN_DAYS}
    assert len(asked) == 2


@pytest.mark.parametrize(
    ("happened", "state", "step", "reason", "ask"),
    [
        ([_ago("kept", 10)], "published", None, None, None),
        ([_ago("attended", 300)], "published", None, None, None),
        ([], "published", None, None, "nothing-heard"),
        # One who says that it is gone has it doubted, two have it hidden.
        ([_ago("kept", 10), _ago("said-gone", 1)], "published", "doubt", "no-longer-runs",
         "said-to-be-gone"),
        ([_ago("kept", 10), _ago("said-gone", 1), _ago("said-gone", 2, "U99002")], "published",
         "hide", "no-longer-runs", None),
        # Whoever got there afterwards proves the contrary.
        ([_ago("kept", 10), _ago("said-gone", 2), _ago("attended", 1)], "doubted", "restore", None,
         None),
        ([_ago("confirmed", 400), _ago("bounced", 1), _ago("bounced", 2)], "published", "doubt",
         "not-answering", "not-reached"),
        ([_ago("attended", 0), _ago("gone-confirmed", 1)], "published", "hide", "no-longer-runs",
         None),
        ([_ago("kept", 10), _ago("marked-wrong", 1, "owner")], "published", "doubt",
         "wrong-details", "nothing-heard"),
        ([_ago("kept", 10), _ago("marked-wrong", 1)], "published", None, None, "nothing-heard"),
    ],
)  # fmt: skip
def test_what_follows_from_what_happened(
    happened: list[Happening],
    state: str,
    step: str | None,
    reason: str | None,
    ask: str | None,
) -> None:
    decided = decide(weigh(happened, NOW), state, taken_by_evidence=True, is_asked=False)

    assert (decided.step, decided.reason, decided.ask) == (step, reason, ask)


def test_what_somebody_hid_evidence_does_not_bring_back_nor_an_open_question_ask_again() -> None:
    fresh = weigh([_ago("attended", 1)], NOW)
    for state in ("doubted", "hidden"):
        assert decide(fresh, state, taken_by_evidence=False, is_asked=False).step is None
    silent = weigh([], NOW)
    assert decide(silent, "published", taken_by_evidence=False, is_asked=True).ask is None


def test_the_levels_lie_in_the_order_the_page_states() -> None:
    assert HIDE < DOUBT < FLOOR < ASK
