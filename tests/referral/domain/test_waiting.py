"""A wait walks through pauses and closures; its clocks and its place are checked at every step."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from services.referral.domain.calendar import Calendar, local_date
from services.referral.domain.refusals import OccurredTooEarly
from services.referral.domain.waiting import (
    PAUSES_MAX,
    WEIGHTS,
    NotWaiting,
    Pause,
    Pressing,
    TooManyPauses,
    Wait,
    WaitAlreadyPaused,
    WaitNotPaused,
    begin,
    clocks,
    equity_points,
)

OPENED = datetime(2026, 3, 2, 9, tzinfo=UTC)


def a_wait(**changes: object) -> Wait:
    wait = begin(
        episode_id=UUID(int=1),
        referral_id=UUID(int=2),
        pcn_code="U99001",
        practice_code="Y99001",
        opened_at=OPENED,
        pressing=Pressing("routine", 1),
        deprivation_decile=10,
        target_days=10,
        calendar=Calendar(),
    )
    for name, value in changes.items():
        setattr(wait, name, value)
    return wait


class LifeOfAWait(RuleBasedStateMachine):
    """Time goes on, pauses begin and end, the network closes and opens."""

    @initialize()
    def opened(self) -> None:
        self.now = OPENED
        self.calendar = Calendar()
        self.wait = a_wait()
        self.paused_since: datetime | None = None
        self.spans: list[tuple[datetime, datetime]] = []
        self.number = 10

    @rule(hours=st.integers(1, 200))
    def time_goes_on(self, hours: int) -> None:
        self.now += timedelta(hours=hours)

    @rule()
    def pauses(self) -> None:
        self.number += 1
        pause = Pause(UUID(int=self.number), "person-away", self.now)
        if not self.wait.waits:
            with pytest.raises(NotWaiting):
                self.wait.pause(pause)
        elif self.paused_since is not None:
            with pytest.raises(WaitAlreadyPaused):
                self.wait.pause(pause)
        elif len(self.spans) >= PAUSES_MAX:
            with pytest.raises(TooManyPauses):
                self.wait.pause(pause)
        else:
            self.wait.pause(pause)
            self.paused_since = self.now

    @rule()
    def resumes(self) -> None:
        pause_id = UUID(int=self.number)
        if not self.wait.waits:
            with pytest.raises(NotWaiting):
                self.wait.resume_from(pause_id, self.now, self.calendar)
        elif self.paused_since is None:
            with pytest.raises(WaitNotPaused):
                self.wait.resume_from(pause_id, self.now, self.calendar)
        else:
            self.wait.resume_from(self.wait.pauses[-1].id, self.now, self.calendar)
            self.spans.append((self.paused_since, self.now))
            self.paused_since = None

    @rule(ahead=st.integers(0, 40))
    def the_network_closes_on_a_day(self, ahead: int) -> None:
        day = local_date(OPENED) + timedelta(days=ahead)
        self.calendar = Calendar(self.calendar.number + 1, self.calendar.closures | {day})
        self.wait.count(self.calendar, self.now)

    @rule()
    def it_falls_due(self) -> None:
        if self.wait.is_overdue_at(self.now):
            self.wait.overdue = True

    @rule(spoken=st.booleans())
    def there_is_a_contact_or_it_is_voided(self, spoken: bool) -> None:
        self.wait.waits = not spoken

    @invariant()
    def the_deadline_is_the_target_and_every_day_paused_after_the_day_it_opened(self) -> None:
        paused = sum(
            self.calendar.between(local_date(start), local_date(end)) for start, end in self.spans
        )
        self.wait.count(self.calendar, self.now)
        assert self.wait.paused_days == paused
        assert self.calendar.between(local_date(OPENED), self.wait.due_on) == 10 + paused
        assert self.wait.calendar_version == self.calendar.version

    @invariant()
    def the_persons_clock_never_pauses_and_the_services_is_never_ahead_of_it(self) -> None:
        read = clocks(OPENED, self.now, self.wait.pauses, self.calendar)
        assert read.person_days == (self.now - OPENED).days
        assert 0 <= read.service_working_days <= read.person_days + 1
        worked = self.calendar.between(local_date(OPENED), local_date(self.now))
        assert read.service_working_days + read.paused_working_days == worked

    @invariant()
    def nobody_who_does_not_wait_or_is_paused_is_late(self) -> None:
        if self.paused_since is not None or not self.wait.waits:
            assert not self.wait.is_overdue_at(self.now + timedelta(days=900))


TestLifeOfAWait = LifeOfAWait.TestCase


def test_whoever_waits_gains_a_point_a_day_on_everybody_else() -> None:
    urgent_today = a_wait(opened_at=OPENED + timedelta(days=22), pressing=Pressing("urgent", 1))
    routine_long_ago = a_wait()
    assert routine_long_ago.as_if_since < urgent_today.as_if_since
    assert sum(urgent_today.points.values()) == WEIGHTS.urgency["urgent"] == 21


def test_the_most_deprived_gain_most_and_who_is_not_placed_is_not_last() -> None:
    points = [equity_points(decile) for decile in range(1, 11)]
    assert points == sorted(points, reverse=True)
    assert equity_points(10) < equity_points(None) < equity_points(1)


def test_a_pause_begins_after_the_wait_and_after_the_last_pause_ended() -> None:
    wait = a_wait()
    with pytest.raises(OccurredTooEarly):
        wait.pause(Pause(UUID(int=3), "other", OPENED - timedelta(days=1)))
    wait.pause(Pause(UUID(int=3), "other", OPENED + timedelta(days=1)))
    with pytest.raises(OccurredTooEarly):
        wait.resume_from(UUID(int=3), OPENED, Calendar())
    wait.resume_from(UUID(int=3), OPENED + timedelta(days=5), Calendar())
    with pytest.raises(OccurredTooEarly):
        wait.pause(Pause(UUID(int=4), "other", OPENED + timedelta(days=4)))


def test_a_deadline_that_moves_on_takes_back_that_it_was_late() -> None:
    wait = a_wait(overdue=True)
    now = wait.due_at + timedelta(hours=1)
    wait.count(Calendar(1, frozenset({wait.due_on})), now)
    assert not wait.overdue
    wait = a_wait(overdue=True)
    wait.count(Calendar(1), now)
    assert wait.overdue
