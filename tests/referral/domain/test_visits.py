"""A visit's life: whoever is under way is expected back, and nobody else is."""

from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from services.referral.domain.refusals import OccurredTooEarly
from services.referral.domain.visits import (
    BEGIN_ALLOWANCE_MINUTES,
    GRACE_MINUTES,
    Visit,
    VisitCannotFollow,
    VisitTimeUnlikely,
    begin_by,
    check_planned_for,
    is_alarming,
)

START = datetime(2026, 3, 28, 20, tzinfo=UTC)  # a clock change lies ahead
MINUTE = timedelta(minutes=1)


def a_visit(minutes: int = 60) -> Visit:
    return Visit(uuid4(), uuid4(), uuid4(), "Y99001", uuid4(), START, minutes)


def test_whoever_checked_in_is_expected_back_after_the_visit_and_a_grace() -> None:
    visit = a_visit(45)
    visit.check_in(START)
    back = START + (45 + GRACE_MINUTES) * MINUTE

    assert visit.due_back_at == back
    assert not visit.is_overdue(back - MINUTE)
    assert visit.is_overdue(back)


def test_asking_for_longer_never_makes_it_sooner() -> None:
    visit = a_visit(60)
    visit.check_in(START)
    visit.extend(5, START + MINUTE)
    assert visit.due_back_at == START + (60 + GRACE_MINUTES) * MINUTE

    visit.extend(30, START + 60 * MINUTE)
    assert visit.due_back_at == START + (90 + GRACE_MINUTES) * MINUTE


def test_a_visit_cannot_end_before_it_began() -> None:
    visit = a_visit()
    visit.check_in(START)
    with pytest.raises(OccurredTooEarly):
        visit.check_out(START - 2 * MINUTE)
    assert (visit.status, visit.version) == ("under-way", 2)


@pytest.mark.parametrize(
    "off", [timedelta(days=-2), timedelta(days=400)], ids=["long past", "far ahead"]
)
def test_a_plan_is_for_the_coming_year(off: timedelta) -> None:
    check_planned_for(START + timedelta(days=3), START)
    with pytest.raises(VisitTimeUnlikely):
        check_planned_for(START + off, START)


class VisitLife(RuleBasedStateMachine):
    """Steps in any order, some of them twice, at times that jump about a little."""

    def __init__(self) -> None:
        super().__init__()
        self.visit = a_visit()
        self.now = START
        self.history = ["planned"]
        self.promised: list[datetime] = []

    def take(self, step: str, minutes: int = 0) -> None:
        before = (self.visit.status, self.visit.version, self.visit.due_back_at)
        allowed = {
            "check-in": ("planned", "under-way"),
            "extend": ("under-way", "under-way"),
            "check-out": ("under-way", "ended"),
            "cancel": ("planned", "cancelled"),
        }
        came_from, goes_to = allowed[step]
        try:
            if step == "check-in":
                change = self.visit.check_in(self.now)
            elif step == "extend":
                change = self.visit.extend(minutes, self.now)
            elif step == "check-out":
                change = self.visit.check_out(self.now)
            else:
                change = self.visit.cancel()
        except (VisitCannotFollow, OccurredTooEarly):
            assert (self.visit.status, self.visit.version, self.visit.due_back_at) == before
            return
        assert (change.previous_status, change.status) == (came_from, goes_to)
        self.history.append(goes_to)
        if self.visit.due_back_at is not None:
            self.promised.append(self.visit.due_back_at)

    @rule(minutes=st.integers(-3, 200))
    def time_passes_or_jumps_back(self, minutes: int) -> None:
        self.now += minutes * MINUTE

    @rule()
    def check_in(self) -> None:
        self.take("check-in")

    @rule(minutes=st.integers(5, 240))
    def extend(self, minutes: int) -> None:
        self.take("extend", minutes)

    @rule()
    def check_out(self) -> None:
        self.take("check-out")

    @rule()
    def cancel(self) -> None:
        self.take("cancel")

    @invariant()
    def somebody_is_expected_back_exactly_while_under_way(self) -> None:
        assert (self.visit.due_back_at is not None) == (self.visit.status == "under-way")

    @invariant()
    def the_promise_only_moves_later(self) -> None:
        assert self.promised == sorted(self.promised)

    @invariant()
    def an_overdue_worker_is_under_way(self) -> None:
        if self.visit.is_overdue(self.now):
            assert self.visit.status == "under-way"

    @invariant()
    def every_step_is_a_version(self) -> None:
        assert self.visit.version == len(self.history)
        assert not {"ended", "cancelled"} & set(self.history[:-1])


TestVisitLife = VisitLife.TestCase
TestVisitLife.settings = settings(max_examples=120, stateful_step_count=25, deadline=None)


def test_a_visit_is_late_to_begin_some_time_after_it_was_to_or_was_written_down() -> None:
    allowance = BEGIN_ALLOWANCE_MINUTES * MINUTE
    assert begin_by(START, START - timedelta(days=1)) == START + allowance
    assert begin_by(START, START + 10 * MINUTE) == START + 10 * MINUTE + allowance


def test_only_a_planned_visit_is_not_begun() -> None:
    visit = a_visit()
    assert not visit.is_not_begun(START)
    visit.begin_by = START
    assert not visit.is_not_begun(START - MINUTE)
    assert visit.is_not_begun(START)
    visit.check_in(START)
    assert not visit.is_not_begun(START)


def test_a_visit_nobody_began_is_an_alarm_where_those_who_go_are_warned() -> None:
    assert is_alarming(["surroundings", "to-workers"])
    assert not is_alarming(["surroundings", "to-the-person", "other"])
    assert not is_alarming([])
