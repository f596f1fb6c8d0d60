"""An alarm stays loud until somebody answers it by name, whatever comes in which order."""

from datetime import UTC, date, datetime, timedelta
from uuid import UUID, uuid4

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from services.referral.domain.refusals import Refused
from services.referral.domain.safety import (
    CLOSE_AFTER_HOURS_MAX,
    ROUTE_WORDS,
    Alarm,
    AlarmAnswered,
    AlarmClosed,
    AlarmNotAnswered,
    GuardianConsentNeeded,
    Ladder,
    LeadUnknown,
    TooYoung,
    YoungPeople,
    check_leads,
    crisis_help,
    is_minor,
)

START = datetime(2026, 3, 2, 9, tzinfo=UTC)
LEADS = tuple(uuid4() for _ in range(3))


def an_alarm(ladder: Ladder | None = None) -> Alarm:
    alarm = Alarm(id=uuid4(), pcn_code="U99001", kind="danger-named", raised_at=START)
    alarm.sound(ladder or Ladder(LEADS), START)
    return alarm


class AlarmLife(RuleBasedStateMachine):
    """Time passes, leads change and leave, colleagues answer and close, in any order."""

    @initialize(leads=st.integers(0, 3), minutes=st.integers(1, 60))
    def it_is_raised(self, leads: int, minutes: int) -> None:
        self.now = START
        self.ladder = Ladder(LEADS[:leads], minutes)
        self.alarm = an_alarm(self.ladder)
        self.told = 1
        self.escalations = 0
        self.answers: list[UUID] = []
        self.closed = False

    @rule(minutes=st.one_of(st.integers(0, 90), st.just(CLOSE_AFTER_HOURS_MAX * 60)))
    def time_passes(self, minutes: int) -> None:
        self.now += timedelta(minutes=minutes)

    @rule(
        leads=st.integers(0, 3),
        minutes=st.integers(1, 60),
        left=st.sets(st.sampled_from(LEADS)),
    )
    def the_network_names_others(self, leads: int, minutes: int, left: set[UUID]) -> None:
        self.ladder = Ladder(LEADS[:leads], minutes, frozenset(left))

    @rule()
    def its_timer_fires(self) -> None:
        before, answered = self.alarm.holder, bool(self.answers)
        was_due = self.alarm.escalates_at is not None and self.now >= self.alarm.escalates_at
        assert self.alarm.escalate(self.ladder, self.now) is was_due
        if was_due:
            self.told += 1
            self.escalations += 1
            self.answers.clear()
            holder = self.alarm.holder
            assert holder not in self.ladder.left
            if before is None or answered:
                assert holder is None
            elif holder is not None:
                assert holder in self.ladder.leads
                assert holder != before
            assert self.alarm.escalates_at == self.now + timedelta(minutes=self.ladder.minutes)

    @rule(who=st.sampled_from(LEADS))
    def somebody_answers(self, who: UUID) -> None:
        before = self.alarm.version
        try:
            self.alarm.acknowledge(who, self.now)
        except Refused:
            assert self.answers
            assert self.alarm.version == before
        else:
            assert not self.answers
            self.answers.append(who)
            due = self.now + timedelta(hours=CLOSE_AFTER_HOURS_MAX)
            assert self.alarm.escalates_at == due
            self.told += 1

    @rule()
    def somebody_closes_it(self) -> None:
        before = self.alarm.version
        try:
            self.alarm.close(self.now)
        except Refused:
            assert self.closed or not self.answers
            assert self.alarm.version == before
        else:
            assert self.answers
            assert not self.closed
            self.closed = True
            self.told += 1

    @precondition(lambda self: not self.answers)
    @invariant()
    def it_is_loud_until_answered(self) -> None:
        assert self.alarm.status == "raised"
        assert self.alarm.escalates_at is not None

    @invariant()
    def what_is_told_adds_up(self) -> None:
        assert self.alarm.version == self.told
        assert self.alarm.level == self.escalations
        assert self.alarm.acknowledged_by == (self.answers[0] if self.answers else None)
        assert (self.alarm.status == "closed") is self.closed
        assert (self.alarm.escalates_at is None) is self.closed


TestAlarmLife = AlarmLife.TestCase
TestAlarmLife.settings = settings(max_examples=300, stateful_step_count=30, deadline=None)


def test_each_lead_is_told_in_turn_and_then_everybody() -> None:
    ladder = Ladder(LEADS, 10)
    alarm = an_alarm(ladder)
    holders = [alarm.holder]
    for minutes in (10, 20, 30, 40):
        assert alarm.escalate(ladder, START + timedelta(minutes=minutes))
        holders.append(alarm.holder)

    assert holders == [*LEADS, None, None]


def test_a_lead_who_left_is_passed_over_and_the_next_has_their_whole_time() -> None:
    ladder = Ladder(LEADS, 10, frozenset(LEADS[:1]))
    alarm = an_alarm(ladder)
    holders = [alarm.holder]
    for minutes in (10, 20):
        assert alarm.escalate(ladder, START + timedelta(minutes=minutes))
        holders.append(alarm.holder)

    assert holders == [LEADS[1], LEADS[2], None]


def test_a_lead_who_leaves_while_it_is_their_turn_is_followed_by_the_next() -> None:
    alarm = an_alarm(Ladder(LEADS, 10))

    assert alarm.escalate(Ladder(LEADS, 10, frozenset(LEADS[:1])), START + timedelta(minutes=10))

    assert alarm.holder == LEADS[1]


def test_what_was_answered_and_not_closed_in_time_is_everybodys_again() -> None:
    ladder = Ladder(LEADS, 10)
    alarm = an_alarm(ladder)
    alarm.acknowledge(LEADS[0], START)
    due = START + timedelta(hours=CLOSE_AFTER_HOURS_MAX)
    assert not alarm.escalate(ladder, due - timedelta(seconds=1))

    assert alarm.escalate(ladder, due)

    assert (alarm.status, alarm.holder, alarm.acknowledged_by) == ("raised", None, None)
    assert alarm.escalate(ladder, due + timedelta(minutes=10))
    assert alarm.holder is None
    alarm.acknowledge(LEADS[1], due + timedelta(minutes=11))
    alarm.close(due + timedelta(minutes=12))
    assert alarm.escalates_at is None


def test_after_an_outage_the_next_lead_has_their_whole_time() -> None:
    ladder = Ladder(LEADS, 10)
    alarm = an_alarm(ladder)
    back = START + timedelta(hours=5)

    assert alarm.escalate(ladder, back)

    assert alarm.level == 1
    assert alarm.escalates_at == back + timedelta(minutes=10)
    assert not alarm.escalate(ladder, back)


def test_the_second_to_answer_is_told_that_a_colleague_has_it() -> None:
    alarm = an_alarm()
    assert alarm.acknowledge(LEADS[1], START + timedelta(minutes=4)) == 240
    with pytest.raises(AlarmAnswered):
        alarm.acknowledge(LEADS[0], START + timedelta(minutes=5))


def test_nobody_closes_what_nobody_answered_nor_closes_twice() -> None:
    alarm = an_alarm()
    with pytest.raises(AlarmNotAnswered):
        alarm.close(START)
    alarm.acknowledge(LEADS[0], START)
    alarm.close(START)
    with pytest.raises(AlarmClosed):
        alarm.close(START)
    with pytest.raises(AlarmClosed):
        alarm.acknowledge(LEADS[0], START)


def test_the_first_lead_who_is_nobody_here_is_named_by_place() -> None:
    with pytest.raises(LeadUnknown) as refused:
        check_leads(LEADS, frozenset(LEADS[:2]))
    assert refused.value.pointer == "/membership_ids/2"


@pytest.mark.parametrize(
    ("birth_date", "on", "minor"),
    [
        (date(2008, 3, 2), date(2026, 3, 1), True),
        (date(2008, 3, 2), date(2026, 3, 2), False),
        (date(2008, 2, 29), date(2026, 2, 28), True),
        (date(2008, 2, 29), date(2026, 3, 1), False),
    ],
)
def test_the_eighteenth_birthday_ends_being_a_minor(
    birth_date: date, on: date, *, minor: bool
) -> None:
    assert is_minor(birth_date, on) is minor


def test_what_is_done_for_people_under_18_is_the_networks_word() -> None:
    child, on = date(2012, 1, 1), date(2026, 3, 2)
    YoungPeople("accept").check(child, on, guardian_consented=False)
    YoungPeople("guardian-consent").check(child, on, guardian_consented=True)
    with pytest.raises(GuardianConsentNeeded):
        YoungPeople("guardian-consent").check(child, on, guardian_consented=False)
    with pytest.raises(TooYoung) as refused:
        YoungPeople("not-accepted", "children-and-young-people").check(
            child, on, guardian_consented=True
        )
    assert ROUTE_WORDS["children-and-young-people"] in refused.value.detail
    YoungPeople("not-accepted").check(date(1950, 1, 1), on, guardian_consented=False)


def test_help_in_a_crisis_names_the_three_numbers() -> None:
    told = crisis_help()
    assert [one["number"] for one in told["contacts"]] == ["999", "111", "116 123"]
