"""Scores as published, from the tables and cases of the instruments' own sources.

The SWEMWBS conversion is the table of the University of Warwick, on which three public R scripts
agree; the ONS4 bands are those the Office for National Statistics stated in an answer under the
Freedom of Information Act; the UCLA responses are those of the Campaign to End Loneliness; the
MYCaW forms are described in PubMed 17352970.
"""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.referral.domain.episodes import Referral
from services.referral.domain.instruments import (
    INSTRUMENTS,
    MYCAW,
    ONS4,
    SWEMWBS,
    UCLA3,
    Instrument,
)
from services.referral.domain.measures import (
    AnswerUnfit,
    Baseline,
    BaselineStands,
    BaselineUnfit,
    ConcernNotNamed,
    ConcernsOfTheBaseline,
    InstrumentNotKnown,
    Score,
    baseline_for,
    check_may_record,
    concerns_named,
    improvement,
    instrument_of,
    score,
)
from services.referral.domain.refusals import ReferralNotOpen

METRIC = {
    7: "7.00",
    8: "9.51",
    9: "11.25",
    10: "12.40",
    11: "13.33",
    12: "14.08",
    13: "14.75",
    14: "15.32",
    15: "15.84",
    16: "16.36",
    17: "16.88",
    18: "17.43",
    19: "17.98",
    20: "18.59",
    21: "19.25",
    22: "19.98",
    23: "20.73",
    24: "21.54",
    25: "22.35",
    26: "23.21",
    27: "24.11",
    28: "25.03",
    29: "26.02",
    30: "27.03",
    31: "28.13",
    32: "29.31",
    33: "30.70",
    34: "32.55",
    35: "35.00",
}
AT = datetime(2026, 3, 2, 9, tzinfo=UTC)


def by_name(instrument: Instrument, answers: dict[str, Any], concerns: int = 0) -> dict[str, Score]:
    scored = score(instrument, answers, concerns=concerns)
    return {one.name: one for one in scored.scores}


def seven(*values: Any) -> dict[str, Any]:
    return dict(zip((item.key for item in SWEMWBS.items), values, strict=False))


def spread(total: int) -> list[int]:
    """Seven answers from 1 to 5 that sum to this."""
    return [min(5, max(1, total - 7 - 4 * place + 1)) for place in range(7)]


@pytest.mark.parametrize(("raw", "metric"), METRIC.items())
def test_each_raw_sum_has_its_metric_score_exactly(raw: int, metric: str) -> None:
    answers = spread(raw)
    assert sum(answers) == raw

    scores = by_name(SWEMWBS, seven(*answers))

    assert scores["raw"].value == raw
    assert scores["metric"].value == Decimal(metric)
    assert score(SWEMWBS, seven(*answers)).complete


@pytest.mark.parametrize(
    ("items", "raw", "metric"),
    [
        ([1] * 7, 7, "7.00"),
        ([5] * 7, 35, "35.00"),
        ([3] * 7, 21, "19.25"),
        ([4, 4, 3, 4, 4, 3, 4], 26, "23.21"),
    ],
)
def test_the_published_cases_of_swemwbs_hold(items: list[int], raw: int, metric: str) -> None:
    scores = by_name(SWEMWBS, seven(*items))

    assert (scores["raw"].value, scores["metric"].value) == (Decimal(raw), Decimal(metric))


@given(st.lists(st.integers(1, 5) | st.none(), min_size=0, max_size=7))
def test_one_missing_item_leaves_swemwbs_without_any_score(items: list[int | None]) -> None:
    scored = score(SWEMWBS, seven(*items))

    whole = len(items) == 7 and None not in items
    assert scored.complete == whole
    for one in scored.scores:
        assert (one.value is not None) == whole
        assert one.missing == (None if whole else "items-missing")


def test_an_answer_outside_its_range_is_refused_and_names_its_place() -> None:
    for unfit in (0, 6, -1, 3.5, "3", True, [3]):
        with pytest.raises(AnswerUnfit) as refused:
            score(SWEMWBS, seven(unfit, 3, 3, 3, 3, 3, 3))
        assert refused.value.pointer == "/answers/optimistic_about_future"
    with pytest.raises(AnswerUnfit):
        score(SWEMWBS, {"happy": 3})


@pytest.mark.parametrize(
    ("item", "value", "band"),
    [
        ("life_satisfaction", 0, "low"),
        ("life_satisfaction", 4, "low"),
        ("life_satisfaction", 5, "medium"),
        ("worthwhile", 6, "medium"),
        ("happiness_yesterday", 7, "high"),
        ("happiness_yesterday", 8, "high"),
        ("happiness_yesterday", 9, "very-high"),
        ("happiness_yesterday", 10, "very-high"),
        ("anxiety_yesterday", 0, "very-low"),
        ("anxiety_yesterday", 1, "very-low"),
        ("anxiety_yesterday", 2, "low"),
        ("anxiety_yesterday", 3, "low"),
        ("anxiety_yesterday", 4, "medium"),
        ("anxiety_yesterday", 5, "medium"),
        ("anxiety_yesterday", 6, "high"),
        ("anxiety_yesterday", 10, "high"),
    ],
)
def test_the_published_bands_of_ons4_hold(item: str, value: int, band: str) -> None:
    scores = by_name(ONS4, {item: value})

    name = item.replace("_", "-")
    assert scores[name] == Score(name, Decimal(value), band, None)


@pytest.mark.parametrize(
    ("item", "value"),
    [("anxiety_yesterday", 11), ("life_satisfaction", -1), ("life_satisfaction", 7.5)],
)
def test_the_published_faults_of_ons4_are_refused(item: str, value: Any) -> None:
    with pytest.raises(AnswerUnfit):
        score(ONS4, {item: value})


def test_ons4_has_no_total_and_what_was_not_answered_is_null_and_never_nought() -> None:
    scored = score(ONS4, {"life_satisfaction": 0, "worthwhile": None})

    assert [one.name for one in scored.scores] == [
        "life-satisfaction",
        "worthwhile",
        "happiness-yesterday",
        "anxiety-yesterday",
    ]
    assert [one.value for one in scored.scores] == [Decimal(0), None, None, None]
    assert [one.missing for one in scored.scores] == [None, *["not-answered"] * 3]
    assert not scored.complete


@pytest.mark.parametrize(
    ("words", "value"),
    [
        (["hardly_ever_or_never"] * 3, 3),
        (["often"] * 3, 9),
        (["hardly_ever_or_never", "some_of_the_time", "often"], 6),
    ],
)
def test_the_published_cases_of_ucla3_hold(words: list[str], value: int) -> None:
    items: list[str] = ["lack_companionship", "left_out", "isolated"]
    answers = dict(zip(items, words, strict=True))

    scored = score(UCLA3, answers)
    scores = {one.name: one for one in scored.scores}

    assert scores["loneliness"].value == value
    assert scored.complete  # the direct question is beside the scale
    assert scores["feel-lonely"] == Score("feel-lonely", None, None, "not-answered")


def test_two_items_of_ucla3_make_no_score_and_another_word_is_refused() -> None:
    two = score(UCLA3, {"lack_companionship": "often", "left_out": "often"})

    assert two.scores[0] == Score("loneliness", None, None, "items-missing")
    assert not two.complete
    for word in ("always", 3):
        with pytest.raises(AnswerUnfit):
            score(UCLA3, {"isolated": word})


def test_the_direct_question_is_told_as_its_word_and_has_no_number() -> None:
    scores = by_name(UCLA3, {"feel_lonely": "often_always"})

    assert scores["feel-lonely"] == Score("feel-lonely", None, "often-always", None)


@pytest.mark.parametrize(
    ("before", "after", "change"),
    [
        (
            {"concern_1": 6, "concern_2": 5, "wellbeing": 4},
            {"concern_1": 3, "concern_2": 4, "wellbeing": 2},
            {"concern-1": 3, "concern-2": 1, "wellbeing": 2},
        ),
        (
            {"concern_1": 5, "wellbeing": 3},
            {"concern_1": 5, "wellbeing": 4},
            {"concern-1": 0, "concern-2": None, "wellbeing": -1},
        ),
    ],
)
def test_the_published_changes_of_mycaw_hold(
    before: dict[str, Any], after: dict[str, Any], change: dict[str, Any]
) -> None:
    concerns = len(before) - 1
    first, second = (by_name(MYCAW, one, concerns) for one in (before, after))

    assert {
        rule.name: improvement(rule, first[rule.name], second[rule.name]) for rule in MYCAW.scores
    } == change
    assert score(MYCAW, before, concerns=concerns).complete


def test_a_concern_is_scored_once_it_was_named() -> None:
    assert by_name(MYCAW, {"concern_1": 5, "wellbeing": 3}, 1)["concern-2"].missing == "not-named"
    assert not score(MYCAW, {"concern_1": 5, "wellbeing": 3}, concerns=2).complete
    with pytest.raises(ConcernNotNamed):
        score(MYCAW, {"concern_2": 4, "wellbeing": 3}, concerns=1)
    with pytest.raises(AnswerUnfit):
        score(MYCAW, {"concern_1": 7, "wellbeing": 3}, concerns=1)


def test_higher_is_better_for_wellbeing_and_worse_for_anxiety() -> None:
    before = by_name(ONS4, {"life_satisfaction": 4, "anxiety_yesterday": 8, "worthwhile": 0})
    after = by_name(ONS4, {"life_satisfaction": 7, "anxiety_yesterday": 3})
    better = {
        rule.name: improvement(rule, before[rule.name], after[rule.name]) for rule in ONS4.scores
    }

    assert better["life-satisfaction"] == 3
    assert better["anxiety-yesterday"] == 5
    assert better["worthwhile"] is None


def a_baseline(instrument: Instrument = ONS4, **changes: Any) -> Baseline:
    fields: dict[str, Any] = {
        "id": uuid4(),
        "instrument": instrument.code,
        "instrument_version": instrument.version,
        "occasion": "baseline",
        "occurred_at": AT,
        "concerns": 1 if instrument.concerns_max else 0,
        **changes,
    }
    return Baseline(**fields)


def test_a_follow_up_finds_its_baseline_or_takes_the_one_it_names() -> None:
    ours, other = a_baseline(), a_baseline(SWEMWBS)
    known = [other, ours]

    assert baseline_for(ONS4, "follow-up", None, AT, known) is ours
    assert baseline_for(ONS4, "follow-up", ours.id, AT, known) is ours
    assert baseline_for(ONS4, "other", None, AT, known) is None
    assert baseline_for(ONS4, "follow-up", None, AT, [other]) is None


def test_what_is_no_fitting_baseline_is_refused() -> None:
    ours = a_baseline()
    later = a_baseline(occurred_at=AT + timedelta(days=1))
    for known, named in (
        ([ours], uuid4()),
        ([later], later.id),
        ([a_baseline(SWEMWBS, id=ours.id)], ours.id),
        ([a_baseline(id=ours.id, voided=True)], ours.id),
        ([a_baseline(id=ours.id, occasion="other")], ours.id),
    ):
        with pytest.raises(BaselineUnfit):
            baseline_for(ONS4, "follow-up", named, AT, known)
    with pytest.raises(BaselineUnfit):
        baseline_for(ONS4, "baseline", ours.id, AT, [ours])
    with pytest.raises(BaselineUnfit):
        baseline_for(MYCAW, "follow-up", None, AT, [ours])


def test_concerns_are_named_at_the_start_and_carried_forward_unedited() -> None:
    baseline = a_baseline(MYCAW, concerns=2)

    assert concerns_named(MYCAW, "baseline", 1, None) == 1
    assert concerns_named(MYCAW, "follow-up", 0, baseline) == 2
    with pytest.raises(ConcernsOfTheBaseline):
        concerns_named(MYCAW, "follow-up", 1, baseline)
    for number in (0, 3):
        with pytest.raises(ConcernNotNamed):
            concerns_named(MYCAW, "baseline", number, None)
    with pytest.raises(AnswerUnfit):
        concerns_named(ONS4, "baseline", 1, None)


def test_a_baseline_is_taken_once_while_the_referral_is_open_and_followed_up_after() -> None:
    referral = Referral(uuid4(), uuid4(), "Y99001", "Y99001")
    check_may_record(referral, ONS4, "baseline", [a_baseline(voided=True), a_baseline(SWEMWBS)])
    with pytest.raises(BaselineStands):
        check_may_record(referral, ONS4, "baseline", [a_baseline()])
    referral.status = "closed"
    with pytest.raises(ReferralNotOpen):
        check_may_record(referral, ONS4, "baseline", [])
    check_may_record(referral, ONS4, "follow-up", [a_baseline()])


def test_every_instrument_is_known_by_its_version_and_scores_what_it_asks() -> None:
    for (code, version), instrument in INSTRUMENTS.items():
        assert instrument_of(code, version) is instrument
        keys = {item.key for item in instrument.items}
        assert keys == {key for rule in instrument.scores for key in rule.items}
    with pytest.raises(InstrumentNotKnown):
        instrument_of("ons4", 2)


@given(
    st.sampled_from(list(INSTRUMENTS.values())),
    st.data(),
)
def test_whatever_fits_is_scored_in_range_and_whatever_is_left_out_is_said(
    instrument: Instrument, data: st.DataObject
) -> None:
    answers: dict[str, Any] = {}
    for item in instrument.items:
        fitting = (
            st.integers(item.low, item.high)
            if item.words is None
            else st.sampled_from(list(item.words))
        )
        answers[item.key] = data.draw(st.none() | fitting)
    concerns = instrument.concerns_max

    scored = score(instrument, answers, concerns=concerns)

    for rule, one in zip(instrument.scores, scored.scores, strict=True):
        answered = all(answers[key] is not None for key in rule.items)
        assert (one.missing is None) == answered
        assert (one.value is not None) == (answered and rule.kind != "coded")
        if one.value is not None and rule.bands:
            assert one.band is not None
