"""An onward referral's life: one holder or one ending at every point, and silence ends nothing."""

import itertools
import json
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any, get_args
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.referral.domain.calendar import Calendar
from services.referral.domain.episodes import Referral
from services.referral.domain.ladders import (
    DEFAULT_LADDER,
    Ladder,
    RungsNotRising,
    next_nudge_at,
    nudge,
)
from services.referral.domain.onward import (
    ENDINGS,
    MAY_TELL,
    Ended,
    Fact,
    FullUntilUnlikely,
    Held,
    NotTheirsToSay,
    OnwardReferral,
    OnwardReferralEnded,
    OnwardStepCannotFollow,
    Party,
    SilenceIsNoEnding,
    Standing,
    Step,
    begin,
    check_follows,
    check_may_begin,
    follow,
)
from services.referral.domain.refusals import OccurredTooEarly, ReferralNotOpen, Refused
from services.referral.domain.task_states import task_status
from tests.contracts.standards import standards

AT = datetime(2026, 3, 2, 9, tzinfo=UTC)
PARTIES: tuple[Party, ...] = get_args(Party)
BY_PEOPLE: tuple[Step, ...] = tuple(
    step for step, told_by in MAY_TELL.items() if told_by and step != "drafted"
)
REASONS = (None, "full", "moved", "entered-in-error", "other")


def an_onward_referral(first: Fact | None = None) -> OnwardReferral:
    fact = first or Fact("sent", AT, told_by="worker")
    return OnwardReferral(
        id=uuid4(),
        referral_id=uuid4(),
        episode_id=uuid4(),
        person_id=uuid4(),
        pcn_code="U99001",
        practice_code="Y99001",
        listing_id=uuid4(),
        organization_id=uuid4(),
        need="isolation",
        shares_contact=False,
        standing=begin(fact),
        drafted_at=AT,
        sent_at=AT if fact.step == "sent" else None,
    )


def said(step: Step, *, days: int = 1, **more: Any) -> Fact:
    told_by = more.pop("told_by", MAY_TELL[step][0] if MAY_TELL[step] else None)
    return Fact(step, AT + timedelta(days=days), told_by=told_by, **more)


def walked(*steps: Step) -> OnwardReferral:
    onward = an_onward_referral()
    for day, step in enumerate(steps, start=1):
        onward.take(said(step, days=day))
    return onward


@pytest.mark.parametrize(
    ("steps", "stage", "holder"),
    [
        ((), "sent", "provider"),
        (("accepted",), "accepted", "person"),
        (("full-until",), "waiting", "provider"),
        (("full-until", "accepted"), "accepted", "person"),
        (("accepted", "started"), "started", "person"),
        (("accepted", "did-not-come"), "accepted", "worker"),
        (("did-not-come",), "accepted", "worker"),
        (("could-not-reach",), "sent", "worker"),
        (("listing-gone",), "sent", "worker"),
        (("accepted", "started", "did-not-come"), "started", "worker"),
    ],
)
def test_each_step_says_who_has_the_next_move(
    steps: tuple[Step, ...], stage: str, holder: str
) -> None:
    standing = walked(*steps).standing

    assert isinstance(standing, Held)
    assert (standing.stage, standing.holder) == (stage, holder)


@pytest.mark.parametrize(
    ("steps", "ending"),
    [
        (("attended",), "attended"),
        (("accepted", "started", "attended"), "attended"),
        (("refused",), "refused-by-provider"),
        (("accepted", "declined"), "declined-by-person"),
        (("accepted", "unreachable"), "unreachable"),
        (("could-not-reach", "unreachable"), "unreachable"),
        (("withdrawn",), "withdrawn"),
    ],
)
def test_it_ends_in_one_of_five_ways(steps: tuple[Step, ...], ending: str) -> None:
    standing = walked(*steps).standing

    assert isinstance(standing, Ended)
    assert standing.ending == ending
    assert ending in ENDINGS
    assert len(ENDINGS) == 5


@pytest.mark.parametrize("days", [-1, 0, 367, None])
def test_a_listing_is_full_until_a_day_that_somebody_may_wait_for(days: int | None) -> None:
    onward = walked()
    at = said("full-until", days=2)
    day = date.max if days is None else at.occurred_at.date() + timedelta(days=days)

    with pytest.raises(FullUntilUnlikely):
        onward.take(replace(at, full_until=day))

    assert isinstance(onward.standing, Held)
    assert onward.standing.stage == "sent"
    onward.take(replace(at, full_until=at.occurred_at.date() + timedelta(days=366)))
    assert onward.standing.stage == "waiting"


def test_the_silence_of_a_listing_that_had_accepted_is_not_the_persons_either() -> None:
    onward = walked("accepted")
    passed = Fact("passed-on", AT + timedelta(days=3), "worker", passed_to="provider")
    onward.take(passed)
    unreachable = said("unreachable", days=40)

    with pytest.raises(SilenceIsNoEnding):
        onward.take(unreachable)
    nudges: tuple[tuple[int, Party | None], ...] = ((6, None), (12, None), (17, "worker"))
    for days, to in nudges:
        at = AT + timedelta(days=days)
        onward.take(Fact("nudged", at, passed_to=to))
    assert isinstance(onward.standing, Held)
    assert (onward.standing.holder, onward.standing.silent) == ("worker", "provider")
    with pytest.raises(SilenceIsNoEnding):
        onward.take(unreachable)
    onward.take(said("could-not-reach", days=40))
    onward.take(said("unreachable", days=41))
    assert isinstance(onward.standing, Ended)


def test_a_listing_that_is_back_or_speaks_is_not_gone_any_more() -> None:
    steps: tuple[Step, ...] = ("listing-back", "accepted", "could-not-reach")
    for step in steps:
        onward = walked("listing-gone")
        assert isinstance(onward.standing, Held)
        assert onward.standing.listing_gone
        before = onward.standing.holder
        onward.take(said(step, days=5))
        after = onward.standing
        assert isinstance(after, Held)
        assert not after.listing_gone
        assert step != "listing-back" or after.holder == before


def test_the_silence_of_a_listing_is_not_the_persons() -> None:
    for steps in ((), ("full-until",)):
        onward = walked(*steps)
        before = onward.standing
        with pytest.raises(SilenceIsNoEnding):
            onward.take(said("unreachable", days=9))
        assert onward.standing == before


def test_only_who_is_heard_ends_a_silence() -> None:
    onward = an_onward_referral()
    for day in range(1, 4):
        standing = onward.standing
        assert isinstance(standing, Held)
        onward.take(nudge(standing, DEFAULT_LADDER, AT + timedelta(days=day)))
    silent = onward.standing
    assert isinstance(silent, Held)
    assert (silent.holder, silent.silent) == ("worker", "provider")

    passed = follow(silent, said("passed-on", days=5, passed_to="provider"))
    heard = follow(passed, said("accepted", days=6))

    assert isinstance(passed, Held)
    assert isinstance(heard, Held)
    assert (passed.holder, passed.silent, passed.nudges) == ("provider", "provider", 0)
    assert heard.silent is None


def test_a_step_is_told_by_whom_it_can_be_told() -> None:
    onward = an_onward_referral()
    with pytest.raises(NotTheirsToSay):
        onward.take(said("accepted", told_by="person"))
    with pytest.raises(NotTheirsToSay):
        onward.take(said("declined", told_by="provider"))
    with pytest.raises(NotTheirsToSay):
        onward.take(Fact("refused", AT))
    assert onward.version == 1


def test_nothing_follows_an_ending_but_that_it_was_an_error_once() -> None:
    onward = walked("attended")
    for step in BY_PEOPLE:
        with pytest.raises(OnwardReferralEnded):
            onward.take(said(step, days=3))
    onward.take(said("withdrawn", days=3, reason="entered-in-error"))
    with pytest.raises(OnwardReferralEnded):
        onward.take(said("withdrawn", days=4, reason="entered-in-error"))


def test_an_error_is_taken_back_by_withdrawing_alone() -> None:
    onward = walked("attended")
    with pytest.raises(OnwardReferralEnded):
        onward.take(said("declined", days=3, reason="entered-in-error"))


def test_nobody_is_heard_before_they_were_asked() -> None:
    with pytest.raises(OccurredTooEarly):
        an_onward_referral().take(Fact("accepted", AT - timedelta(hours=1), told_by="provider"))


def test_a_draft_is_sent_before_anybody_answers() -> None:
    onward = an_onward_referral(Fact("drafted", AT, told_by="worker"))
    for step in ("accepted", "attended", "unreachable", "passed-on"):
        with pytest.raises(OnwardStepCannotFollow):
            onward.take(said(step))
    onward.take(said("sent"))
    assert onward.sent_at == AT + timedelta(days=1)


def test_nobody_is_sent_on_from_a_referral_that_has_ended() -> None:
    check_may_begin(Referral(uuid4(), uuid4(), "Y99001", "Y99001", status="accepted"))
    with pytest.raises(ReferralNotOpen):
        check_may_begin(Referral(uuid4(), uuid4(), "Y99001", "Y99001", status="closed"))


# --- ladders -------------------------------------------------------------------------------------


def test_a_ladder_ends_and_leaves_the_ball_with_the_worker() -> None:
    standing: Standing = begin(Fact("sent", AT, told_by="worker"))
    nudged: list[tuple[date, Party]] = []
    while isinstance(standing, Held):
        due_at = next_nudge_at(standing, DEFAULT_LADDER, Calendar())
        if due_at is None:
            break
        standing = follow(standing, nudge(standing, DEFAULT_LADDER, due_at))
        assert isinstance(standing, Held)
        nudged.append((due_at.date(), standing.holder))

    assert isinstance(standing, Held)
    assert (standing.stage, standing.holder, standing.silent) == ("sent", "worker", "provider")
    assert [holder for _, holder in nudged] == ["provider"] * 2 + ["worker"] * 4
    # Three working days after Monday the 2nd are over as Friday the 6th begins.
    assert nudged[0][0] == date(2026, 3, 6)


def test_a_full_listing_is_not_asked_before_it_has_a_place() -> None:
    standing = walked("accepted").standing
    assert isinstance(standing, Held)
    waiting = follow(standing, said("full-until", days=2, full_until=date(2026, 6, 1)))
    assert isinstance(waiting, Held)

    due_at = next_nudge_at(waiting, DEFAULT_LADDER, Calendar())

    assert due_at is not None
    assert due_at.date() == date(2026, 6, 5)


@pytest.mark.parametrize("rungs", [(), (3, 3), (5, 2), (0, 1), (61,), (1, 2, 3, 4, 5, 6)])
def test_a_ladder_rises_and_is_bounded(rungs: tuple[int, ...]) -> None:
    with pytest.raises(RungsNotRising):
        Ladder(provider=rungs)


# --- closed-loop states of a FHIR Task ---------------------------------------------------------------


def every_standing() -> list[Standing]:
    """Every way to stand that a few steps lead to."""
    found: dict[str, Standing] = {}
    frontier: list[Standing] = [begin(Fact(step, AT)) for step in ("drafted", "sent")]
    while frontier:
        standing = frontier.pop()
        key = repr(standing)
        if key in found or len(found) > 3_000:
            continue
        found[key] = standing
        frontier.extend(after for _, after in steps_from(standing))
    return list(found.values())


def steps_from(standing: Standing) -> list[tuple[Fact, Standing]]:
    """Each step that may follow, and how it then stands; time stands still."""
    following: list[tuple[Fact, Standing]] = []
    for step, reason in itertools.product(MAY_TELL, (None, "entered-in-error")):
        told_by = MAY_TELL[step][0] if MAY_TELL[step] else None
        full_until = date(2026, 6, 1) if step == "full-until" else None
        passed_to = "provider" if step == "passed-on" else None
        if step == "nudged" and isinstance(standing, Held) and standing.nudges > 1:
            continue
        fact = Fact(step, AT, told_by, reason, full_until, passed_to)
        try:
            check_follows(standing, fact)
        except Refused:
            continue
        following.append((fact, follow(standing, fact)))
    return following


def test_every_step_follows_edges_of_the_closed_loop_state_machine() -> None:
    machine = json.loads((standards() / "fhir" / "task_state_machine.json").read_text())
    edges: dict[str, set[str]] = {
        state: {*after, *machine["any_state_to"]} for state, after in machine["transitions"].items()
    }
    # The person has no part in that machine: their word is set by whoever they told.
    told_by = {"requester": {"worker", "person"}, "target": {"provider", "worker", "person"}}
    seen: set[str] = set()
    for standing in every_standing():
        for fact, after in steps_from(standing):
            before_status, status = task_status(standing), task_status(after)
            seen.add(status)
            if before_status == status:
                continue
            # One answer may say several things at once: came, and so was accepted.
            assert reaches(edges, before_status, status), (standing, fact, after)
            setters = set().union(*(told_by[role] for role in machine["set_by"][status]))
            assert fact.told_by in setters or fact.told_by is None, (fact, status)
    assert seen == set(machine["set_by"])


def reaches(edges: dict[str, set[str]], before: str, after: str) -> bool:
    """Say whether at most three edges lead there, none of them through an ending."""
    endings = {state for state, following in edges.items() if following == {"entered-in-error"}}
    reached = {before}
    for _ in range(3):
        reached |= {one for state in reached - (endings - {before}) for one in edges[state]}
    return after in reached


# Every order of steps is walked against a model in ``test_loop_ledger``.


@given(st.lists(st.sampled_from(BY_PEOPLE), max_size=12))
def test_the_closure_rate_counts_words_and_never_silence(steps: list[Step]) -> None:
    heard, nudged = an_onward_referral(), an_onward_referral()
    for day, step in enumerate(steps, start=1):
        for onward in (heard, nudged):
            fact = said(
                step,
                days=day,
                full_until=date(2026, 9, 1) if step == "full-until" else None,
                passed_to="provider" if step == "passed-on" else None,
            )
            try:
                onward.take(fact)
            except Refused:
                continue
        if isinstance(nudged.standing, Held):
            nudged.take(nudge(nudged.standing, DEFAULT_LADDER, AT + timedelta(days=day)))

    assert isinstance(heard.standing, Ended) == isinstance(nudged.standing, Ended)
