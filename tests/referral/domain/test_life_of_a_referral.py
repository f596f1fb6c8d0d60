"""Any order of everything that can happen to a person's support, against what paper and pencil say.

Each step is asked twice: of the domain, in the order in which the use cases ask it (``desk``), and of a
model that knows only what was written down (``paper``). Both must agree on whether it is legal and on
the name of the refusal; a refused step changes nothing; an accepted one tells exactly its facts, each
with the next version; and whoever has the events alone (``replayed``) stands where the domain stands.
"""

from collections.abc import Callable, Sequence
from datetime import date, datetime, timedelta
from typing import Any, TypeVar, get_args
from uuid import UUID

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule

from contracts import codes
from services.referral.domain.episodes import Referral
from services.referral.domain.onward import MAY_TELL, Fact, Held
from services.referral.domain.refusals import Refused
from services.referral.domain.safety import Alarm
from services.referral.domain.supervision import day_of
from tests.referral.domain.desk import RECORDS
from tests.referral.domain.desk_casework import LEADS, WORKERS, FullDesk
from tests.referral.domain.paper import OPEN, Paper
from tests.referral.domain.replayed import Reader, as_held

SEQUENCES = 2_000
STEPS = 30

BEGINNINGS = (
    "received",
    "accepted",
    "re-routed",
    "of two records",
    "handed over",
    "joined there",
    "spoken with and closed",
)
MOSTLY = 5
PICK = st.integers(0, MOSTLY)
PLACE = st.integers(0, 2 * RECORDS - 1)
HERE = st.integers(0, RECORDS - 1)
ROLES = st.sampled_from(("link-worker", "health-coach", "care-navigator"))
SCOPES = st.sampled_from(
    (frozenset({"needs"}), frozenset({"needs", "contact-details"}), frozenset({"plan", "needs"}))
)
IN_DAYS = st.sampled_from((None, None, 3, 30, 3, 30, 0))
LAST_DAYS = st.sampled_from((None, 0, 5, 5, 60, 60, -1))
# Mostly what goes together: whoever was not there has a reason.
CONTACTS = st.sampled_from(
    (
        ("made", None),
        ("made", None),
        ("missed", "forgot"),
        ("attempted", None),
        ("missed", "forgot"),
        ("made", "forgot"),
        ("missed", None),
    )
)
AGO = st.sampled_from((0, 0, 0, 0, 0, 0, 1, 40, -1))
SPOKEN = [step for step, told_by in MAY_TELL.items() if told_by and step != "drafted"]

Thing = TypeVar("Thing")


def days_after(at: datetime, days: int | None) -> date | None:
    return None if days is None else day_of(at) + timedelta(days=days)


def attempted(move: Callable[[], Any]) -> tuple[Any, str | None]:
    """Give what a move made, and the name of its refusal."""
    try:
        return move(), None
    except Refused as refused:
        return None, refused.name


class LifeOfAReferral(RuleBasedStateMachine):
    """Three records here, the same three humans in the network beside it, and months of work."""

    def __init__(self) -> None:
        super().__init__()
        self.desk = FullDesk()
        self.paper = Paper()
        self.paper.numbered = {one.id: one.details.nhs_number for one in self.desk.people}
        self.reader = Reader({f"person/{one.id}": 1 for one in self.desk.people})
        self.seen = 0
        self.before = self.desk.state()

    # --- how each step is judged -----------------------------------------------------------------

    def judge(self, expected: str | int | None, move: Callable[[], Any]) -> Any:
        """Insist that the domain answers as the model does; give what the move made, or False.

        ``expected`` is the refusal's name, or how many facts are told; None is one.
        """
        made, refused_as = attempted(move)
        if refused_as is not None:
            assert refused_as == expected
            assert self.desk.state() == self.before, f"{expected} changed something"
            return False
        assert not isinstance(expected, str), f"the model says {expected}"
        told = self.read()
        assert told == (1 if expected is None else expected)
        return made or True

    def read(self) -> int:
        """Let the reader read what was told since, and compare at every point."""
        told = self.desk.told[self.seen :]
        self.seen = len(self.desk.told)
        for event in told:
            self.reader.read(event)
        self.compare()
        self.before = self.desk.state()
        return len(told)

    def compare(self) -> None:
        held = as_held(self.desk)
        for kind, view in self.reader.view.items():
            assert view == held[kind], kind
        self.is_in_order()

    def is_in_order(self) -> None:
        """What holds at every point, whatever happened."""
        desk, paper = self.desk, self.paper
        versions = self.reader.versions
        for episode in desk.episodes:
            statuses = [one.status in OPEN for one in desk.referrals_of(episode)]
            assert episode.is_open == any(statuses)
            assert episode.open_referrals == sum(statuses)
            assert episode.version == versions[f"episode/{episode.id}"]
            if not episode.is_open:
                assert ("first-contact", episode.id) not in desk.timers
        self.one_support_each()
        for onward in desk.onwards:
            if not isinstance(onward.standing, Held):
                assert ("no-answer", onward.id) not in desk.timers
        for visit in desk.visits:
            under_way = visit.status == "under-way"
            assert (visit.due_back_at is not None) == under_way
            assert under_way or ("lone-worker", visit.id) not in desk.timers
            assert visit.status == "planned" or ("visit-begin", visit.id) not in desk.timers
        for alarm in desk.alarms:
            self.somebody_has_it(alarm)
        for referral in desk.referrals:
            if referral.id in paper.lines:
                assert referral.status == paper.status(referral.id)
                assert referral.version == len(paper.lines[referral.id])

    def one_support_each(self) -> None:
        """A person has at most one open support, under whichever of their records."""
        desk = self.desk
        for person in desk.people:
            assert person.version == self.reader.versions[f"person/{person.id}"]
            names = {one.id for one in desk.people if desk.speaking(one) is desk.speaking(person)}
            assert sum(one.is_open and one.person_id in names for one in desk.episodes) <= 1

    def somebody_has_it(self, alarm: Alarm) -> None:
        """An alarm that is not closed has a next time, and whoever's turn it is or an answer."""
        timed = ("alarm-escalation", alarm.id) in self.desk.timers
        assert timed == (alarm.escalates_at is not None) == (alarm.status != "closed")
        steps = self.paper.alarms.get(alarm.id, ["raised"])
        assert alarm.status == steps[-1]
        if alarm.status == "raised":
            # Past the last who is named, and once it came back, it is everybody's who may act.
            anybodys = "acknowledged" in steps
            named = alarm.level < len(LEADS.leads) and not anybodys
            assert alarm.holder == (LEADS.leads[alarm.level] if named else None)
        else:
            assert alarm.acknowledged_by is not None

    def a_referral(self, place: int) -> Referral | None:
        """Mostly one that is open: most of what happens does so there."""
        is_open = [one for one in self.desk.referrals if one.is_open]
        if is_open and place < MOSTLY:
            return self.pick(is_open, place)
        return self.pick(self.desk.referrals, place)

    def pick(self, things: Sequence[Thing], place: int) -> Thing | None:
        """One of the latest; the older ones come to pass as well, but not as often."""
        return things[-1 - place % len(things)] if things else None

    # --- referrals -------------------------------------------------------------------------------

    @initialize(place=HERE, beginning=st.sampled_from(BEGINNINGS))
    def somebody_is_referred_first(self, place: int, beginning: str) -> None:
        """Some of what is rare alone is a beginning here, so that more can follow it."""
        self.somebody_is_referred(place, needs=2)
        match beginning:
            case "accepted":
                self.it_is_answered(0, "accepted")
            case "re-routed":
                self.the_rules_propose(0, 2, "medium")
                self.somebody_chooses(0, "link-worker", has_reason=False)
                self.it_is_re_routed(0, "health-coach")
            case "of two records":
                other = (place + 1) % RECORDS
                self.somebody_is_referred(other, needs=1)
                self.two_records_are_merged(place, other, checked=True)
            case "handed over":
                self.another_network_goes_on(0)
                self.time_passes(2)
            case "joined there":
                self.somebody_is_referred(place + RECORDS, needs=1)
                self.another_network_goes_on(1)
                self.time_passes(2)
            case "spoken with and closed":
                self.somebody_tries_to_speak_with_them(0, ("made", None), WORKERS[0], 0)
                self.the_support_is_closed(0, "goals-met", None)
            case _:
                pass

    @rule(place=PLACE, needs=st.integers(1, 2))
    def somebody_is_referred(self, place: int, needs: int) -> None:
        person = self.desk.people[place]
        made = self.judge(
            self.paper.may_refer(person.id), lambda: self.desk.refer(place, needs=needs)
        )
        if made:
            self.paper.did_refer(person.id, made.id, made.episode_id, self.desk.now)

    def it_is_answered(self, place: int, status: Any) -> None:
        referral = self.a_referral(place)
        if referral is not None:
            self.judge(
                self.paper.answers(referral.id, status, self.desk.now),
                lambda: self.desk.answer(referral, status),
            )

    # --- who helps -------------------------------------------------------------------------------

    def the_rules_propose(self, place: int, needs: int, complexity: str) -> None:
        referral = self.a_referral(place)
        if referral is not None:
            # No care navigator here, whom one need would go to.
            role = "health-coach" if complexity == "high" else "link-worker"
            self.judge(
                self.paper.proposes(referral.id, role),
                lambda: self.desk.propose(referral, needs, complexity),
            )

    def somebody_chooses(self, place: int, role: str, has_reason: bool) -> None:
        referral = self.a_referral(place)
        if referral is not None:
            self.judge(
                self.paper.chooses(referral.id, role, has_reason=has_reason),
                lambda: self.desk.choose(referral, role, has_reason=has_reason),
            )

    def it_is_re_routed(self, place: int, role: str) -> None:
        referral = self.a_referral(place)
        if referral is not None:
            self.judge(
                self.paper.re_routes(referral.id, role),
                lambda: self.desk.re_route(referral, role),
            )

    def it_is_allocated(self, place: int, worker: UUID) -> None:
        referral = self.a_referral(place)
        if referral is not None:
            self.judge(
                self.paper.assigns(referral.id, worker),
                lambda: self.desk.assign(referral, worker),
            )

    def it_is_weighed(self, place: int, complexity: Any) -> None:
        referral = self.a_referral(place)
        if referral is not None:
            self.judge(
                self.paper.weighs(referral.id, complexity),
                lambda: self.desk.set_complexity(referral, complexity),
            )

    # --- waiting ---------------------------------------------------------------------------------

    def the_wait_pauses(self, place: int, ago: int) -> None:
        referral = self.a_referral(place)
        if referral is not None:
            at = self.desk.now - timedelta(days=ago)
            self.judge(
                self.paper.pauses(referral.id, at, self.desk.now),
                lambda: self.desk.pause(referral, at),
            )

    def the_wait_goes_on(self, place: int) -> None:
        referral = self.a_referral(place)
        if referral is not None:
            self.judge(
                self.paper.resumes(referral.id, self.desk.now),
                lambda: self.desk.resume(referral),
            )

    # --- contacts and visits ---------------------------------------------------------------------

    def somebody_tries_to_speak_with_them(
        self, place: int, contact: tuple[Any, str | None], worker: UUID | None, ago: int
    ) -> None:
        outcome, reason = contact
        referral = self.a_referral(place)
        if referral is None:
            return
        at = self.desk.now - timedelta(days=ago)
        made = self.judge(
            self.paper.may_speak(referral.id, outcome, reason, at, self.desk.now),
            lambda: self.desk.record_contact(referral, outcome, reason, worker, at),
        )
        if made:
            number = self.paper.did_speak(referral.id, made.id, outcome, worker)
            assert made.number == number
            its = self.paper.supports[referral.episode_id]
            assert self.desk.episode_of(referral).worker_id == (
                its.workers[-1] if its.workers else None
            )

    def a_contact_is_put_right(self, place: int, instead: tuple[Any, str | None]) -> None:
        contact = self.pick(self.desk.contacts, place)
        outcome, reason = instead
        if contact is None:
            return
        self.judge(
            self.paper.corrects(contact.id, outcome, reason, contact.worker_id),
            lambda: self.desk.correct(contact, {"outcome": outcome, "missed_reason": reason}),
        )
        assert contact.counts == (self.paper.contacts[contact.id][-1] == "made")

    def a_contact_never_was(self, place: int) -> None:
        contact = self.pick(self.desk.contacts, place)
        if contact is None:
            return
        self.judge(self.paper.voids(contact.id), lambda: self.desk.void(contact))

    def a_visit_is_planned(self, place: int, days_ahead: int) -> None:
        referral = self.a_referral(place)
        if referral is None:
            return
        visit = self.judge(
            self.paper.may_plan_visit(referral.id, days_ahead),
            lambda: self.desk.plan_visit(referral, days_ahead),
        )
        if visit:
            self.paper.visits[visit.id] = ["planned"]
            self.paper.of_visit[visit.id] = referral.episode_id

    def a_visit_goes_on(self, place: int, step: str) -> None:
        visit = self.pick(self.desk.visits, place)
        if visit is None:
            return
        self.judge(
            self.paper.visit_steps(visit.id, step), lambda: self.desk.step_visit(visit, step)
        )

    # --- goals, the plan, measures ---------------------------------------------------------------

    def a_goal_is_set(self, place: int, steps: int, review_in: int | None) -> None:
        referral = self.a_referral(place)
        if referral is None:
            return
        review_on = days_after(self.desk.now, review_in)
        goal = self.judge(
            self.paper.may_set_goal(referral.id, review_in),
            lambda: self.desk.set_goal(referral, steps, review_on),
        )
        if goal:
            self.paper.goals[goal.id] = ["set"]
            self.paper.steps[goal.id] = [False] * steps

    def a_goal_moves(
        self, place: int, status: Any, review_in: int | None, *, corrects: bool
    ) -> None:
        goal = self.pick(self.desk.goals, place)
        if goal is None:
            return
        review_on = days_after(self.desk.now, review_in)
        self.judge(
            self.paper.goal_moves(goal.id, goal.episode_id, status, review_in, corrects=corrects),
            lambda: self.desk.update_goal(goal, status, review_on, corrects=corrects),
        )
        assert goal.status == self.paper.goals[goal.id][-1]

    def a_step_is_taken(self, place: int, step: int, done: bool) -> None:
        goal = self.pick(self.desk.goals, place)
        if goal is None:
            return
        known = step if step < len(self.paper.steps[goal.id]) else None
        self.judge(
            self.paper.goal_steps(goal.id, goal.episode_id, known, done=done),
            lambda: self.desk.step_goal(goal, known, done=done),
        )

    @rule(place=PICK, words=st.sampled_from(("garden", "choir")), review_in=IN_DAYS)
    def a_plan_is_agreed(self, place: int, words: str, review_in: int | None) -> None:
        referral = self.a_referral(place)
        if referral is None:
            return
        review_on = days_after(self.desk.now, review_in)
        if self.judge(
            self.paper.agrees(referral.id, review_in),
            lambda: self.desk.agree_plan(referral, words, review_on),
        ):
            its = self.paper.supports[referral.episode_id]
            assert self.desk.plans[referral.episode_id].version == its.plans

    @rule(place=PICK, occasion=st.sampled_from(("baseline", "follow-up")))
    def it_is_measured(self, place: int, occasion: str) -> None:
        referral = self.a_referral(place)
        if referral is not None:
            self.judge(
                self.paper.measures(referral.id, occasion),
                lambda: self.desk.measure(referral, occasion),
            )

    # --- the person's word, and what to know before a visit --------------------------------------

    def the_person_agrees(self, place: int, scope: frozenset[str], last_day: int | None) -> None:
        person, until = self.desk.people[place], days_after(self.desk.now, last_day)
        self.judge(
            self.paper.consents_to(person.id, scope, until, day_of(self.desk.now)),
            lambda: self.desk.give_consent(place, scope, until),
        )

    def the_person_agrees_to_less(
        self, place: int, scope: frozenset[str], last_day: int | None
    ) -> None:
        consent = self.pick(self.desk.consents, place)
        if consent is None:
            return
        until = days_after(self.desk.now, last_day)
        self.judge(
            self.paper.narrows(consent.person_id, scope, until, day_of(self.desk.now)),
            lambda: self.desk.narrow_consent(consent, scope, until),
        )

    def the_person_takes_it_back(self, place: int) -> None:
        consent = self.pick(self.desk.consents, place)
        if consent is None:
            return
        self.judge(
            self.paper.revokes(consent.person_id, day_of(self.desk.now)),
            lambda: self.desk.revoke_consent(consent),
        )
        assert not consent.permits(self.desk.now)

    def a_flag_is_raised(self, place: int, kind: Any, review_in: int) -> None:
        person, review_by = self.desk.people[place], days_after(self.desk.now, review_in)
        assert review_by is not None
        standing = [
            one
            for one in self.desk.flags
            if (one.person_id, one.kind) == (person.id, kind)
            and self.paper.flags[one.id][-1] != "ended"
        ]
        expected = "review-day-unfit" if review_in < 0 else "risk-flag-stands" if standing else None
        if self.judge(expected, lambda: self.desk.raise_flag(place, kind, review_by)):
            self.paper.flags[self.desk.flags[-1].id] = ["raised"]

    def a_flag_is_looked_at(self, place: int, ends: bool, review_in: int) -> None:
        flag = self.pick(self.desk.flags, place)
        review_by = days_after(self.desk.now, review_in)
        if flag is None:
            return
        assert review_by is not None
        if ends:
            self.judge(self.paper.flag_moves(flag.id, "ended"), lambda: self.desk.end_flag(flag))
        else:
            self.judge(
                self.paper.flag_moves(flag.id, "reviewed", review_in),
                lambda: self.desk.review_flag(flag, review_by),
            )

    # --- onward referrals ------------------------------------------------------------------------

    def somebody_is_sent_on(self, place: int, draft: bool) -> None:
        referral = self.a_referral(place)
        if referral is not None:
            is_open = self.paper.status(referral.id) in OPEN
            self.judge(
                None if is_open else "referral-not-open",
                lambda: self.desk.send_on(referral, draft=draft),
            )

    def word_comes_of_it(self, place: int, step: Any, error: bool) -> None:
        """Who may say what, when, is walked by the ledger's own machine; here it meets the rest."""
        onward = self.pick(self.desk.onwards, place)
        if onward is None:
            return
        fact = Fact(
            step,
            self.desk.now,
            told_by=MAY_TELL[step][0],
            reason="entered-in-error" if error else None,
            passed_to="provider" if step == "passed-on" else None,
        )
        _, refused_as = attempted(lambda: self.desk.step_onward(onward, fact))
        if refused_as is not None:
            assert self.desk.state() == self.before
            return
        if step == "sent":
            assert self.paper.status(onward.referral_id) in OPEN
        assert self.read() == 1

    # --- alarms ----------------------------------------------------------------------------------

    def a_danger_is_named(self, place: int) -> None:
        referral = self.a_referral(place)
        if referral is None:
            return
        episode = self.desk.episode_of(referral)
        alarm = self.judge(None, lambda: self.desk.raise_alarm("danger-named", referral, episode))
        self.paper.alarms[alarm.id] = ["raised"]

    def somebody_sees_to_an_alarm(self, place: int, step: str) -> None:
        alarm = self.pick(self.desk.alarms, place)
        if alarm is None:
            return
        self.judge(
            self.paper.alarm_moves(alarm.id, step, self.desk.now),
            (lambda: self.desk.acknowledge(alarm, LEADS.leads[0]))
            if step == "acknowledged"
            else (lambda: self.desk.close_alarm(alarm)),
        )

    # --- the end, and going on -------------------------------------------------------------------

    def the_support_is_closed(self, place: int, outcome: Any, loops: Any) -> None:
        referral = self.a_referral(place)
        if referral is None:
            return
        open_loops = len(self.desk.open_loops(self.desk.episode_of(referral)))
        self.judge(
            self.paper.closes(referral.id, outcome, loops, open_loops, self.desk.now),
            lambda: self.desk.close(referral, outcome, loops),
        )

    def the_support_is_taken_up_again(self, place: int) -> None:
        referral = self.a_referral(place)
        if referral is not None:
            expected = self.paper.reopens(referral.id, self.desk.now)
            self.judge(expected or 2, lambda: self.desk.reopen(referral))

    @rule(what=st.sampled_from(("dies", "lives", "lives")), place=PLACE)
    def a_death_is_on_record(self, what: str, place: int) -> None:
        # Taken back mostly of who is on record as dead.
        dead = [at for at, one in enumerate(self.desk.people) if one.deceased]
        if what == "dies":
            self.the_person_dies(place)
        else:
            self.it_was_somebody_else_who_died(dead[0] if dead and place else place)

    @rule(undone=st.booleans(), kept=HERE, merged=HERE, checked=st.booleans())
    def records_become_one_or_two(
        self, undone: bool, kept: int, merged: int, checked: bool
    ) -> None:
        if undone:
            self.a_merge_is_undone(kept)
        else:
            self.two_records_are_merged(kept, merged, checked)

    @rule(back=st.booleans(), place=PICK)
    def it_moves_to_another_network(self, back: bool, place: int) -> None:
        if back:
            self.it_is_given_back(place)
        else:
            self.another_network_goes_on(place)

    def the_person_dies(self, place: int) -> None:
        who = self.desk.speaking(self.desk.people[place])
        owed = sum(
            self.desk.speaking(self.desk.person(one.person_id)) is who and one.is_open
            for one in self.desk.onwards
        )
        expected = self.paper.dies(who.id)
        self.judge(
            expected if isinstance(expected, str) else expected + owed,
            lambda: self.desk.die(place),
        )

    def it_was_somebody_else_who_died(self, place: int) -> None:
        self.judge(self.paper.lives(self.desk.people[place].id), lambda: self.desk.live(place))

    def two_records_are_merged(self, kept: int, merged: int, checked: bool) -> None:
        serial = UUID(int=self.desk.serial + 1)
        one, other = self.desk.people[kept].id, self.desk.people[merged].id
        self.judge(
            self.paper.merges_into(serial, one, other, self.desk.now, checked=checked),
            lambda: self.desk.merge(kept, merged, numbers_checked=checked),
        )

    def a_merge_is_undone(self, place: int) -> None:
        made = self.pick(self.desk.merges, place)
        if made is not None:
            self.judge(self.paper.unmerges(made.id), lambda: self.desk.unmerge(made))

    def another_network_goes_on(self, place: int) -> None:
        referral = self.a_referral(place)
        if referral is not None:
            self.judge(
                self.paper.gives_away(referral.id, self.desk.now),
                lambda: self.desk.hand_over(referral),
            )

    def it_is_given_back(self, place: int) -> None:
        referral = self.a_referral(place)
        if referral is not None:
            self.judge(
                self.paper.gives_back(referral.id, self.desk.now),
                lambda: self.desk.give_back(referral),
            )

    # --- what may happen next --------------------------------------------------------------------

    @rule(
        what=st.sampled_from(("propose", "choose", "choose", "re-route")),
        place=PICK,
        role=ROLES,
        sure=st.booleans(),
    )
    def somebody_asks_who_helps(self, what: str, place: int, role: str, sure: bool) -> None:
        match what:
            case "propose":
                self.the_rules_propose(
                    place, 1 + sure, "high" if role == "health-coach" else "medium"
                )
            case "choose":
                self.somebody_chooses(place, role, sure)
            case _:
                self.it_is_re_routed(place, role)

    @rule(
        place=PICK,
        worker=st.sampled_from((*WORKERS, None)),
        complexity=st.sampled_from(("low", "medium", "high")),
    )
    def it_goes_to_a_worker(self, place: int, worker: UUID | None, complexity: Any) -> None:
        if worker is None:
            self.it_is_weighed(place, complexity)
        else:
            self.it_is_allocated(place, worker)

    @rule(goes_on=st.booleans(), place=PICK, ago=AGO)
    def the_clock_of_the_wait(self, goes_on: bool, place: int, ago: int) -> None:
        if goes_on:
            self.the_wait_goes_on(place)
        else:
            self.the_wait_pauses(place, ago)

    @rule(
        what=st.sampled_from(("record", "record", "record", "correct", "correct", "void")),
        place=PICK,
        contact=CONTACTS,
        worker=st.sampled_from((*WORKERS, None)),
        ago=AGO,
    )
    def a_contact(
        self,
        what: str,
        place: int,
        contact: tuple[Any, str | None],
        worker: UUID | None,
        ago: int,
    ) -> None:
        match what:
            case "correct":
                self.a_contact_is_put_right(place, contact)
            case "void":
                self.a_contact_never_was(place)
            case _:
                self.somebody_tries_to_speak_with_them(place, contact, worker, ago)

    @rule(
        step=st.sampled_from((None, "check-in", "check-in", "extend", "check-out", "cancel")),
        place=PICK,
        days_ahead=st.sampled_from((0, 0, 3, 400)),
    )
    def a_visit(self, step: str | None, place: int, days_ahead: int) -> None:
        if step is None or not self.desk.visits:
            self.a_visit_is_planned(place, days_ahead)
        else:
            self.a_visit_goes_on(place, step)

    @rule(
        status=st.sampled_from((None, None, "progressing", *get_args(codes.GoalStatus))),
        place=PICK,
        steps=st.integers(0, 2),
        review_in=IN_DAYS,
        corrects=st.sampled_from((False, False, True)),
    )
    def a_goal(
        self, status: Any, place: int, steps: int, review_in: int | None, corrects: bool
    ) -> None:
        if status is None or not self.desk.goals:
            self.a_goal_is_set(place, steps, review_in)
        else:
            self.a_goal_moves(place, status, review_in, corrects=corrects)

    @rule(place=PICK, step=st.integers(0, 2), done=st.booleans())
    def a_step_of_a_goal(self, place: int, step: int, done: bool) -> None:
        self.a_step_is_taken(place, step, done)

    @rule(
        what=st.sampled_from(("agree", "agree", "narrow", "narrow", "revoke")),
        place=HERE,
        scope=SCOPES,
        last_day=LAST_DAYS,
    )
    def the_persons_word(
        self, what: str, place: int, scope: frozenset[str], last_day: int | None
    ) -> None:
        match what:
            case "agree":
                self.the_person_agrees(place, scope, last_day)
            case "narrow":
                self.the_person_agrees_to_less(place, scope, last_day)
            case _:
                self.the_person_takes_it_back(place)

    @rule(
        what=st.sampled_from(("raise", "review", "end")),
        place=HERE,
        kind=st.sampled_from(("animal", "violence")),
        review_in=st.integers(-1, 3),
    )
    def a_flag(self, what: str, place: int, kind: Any, review_in: int) -> None:
        if what == "raise" or not self.desk.flags:
            self.a_flag_is_raised(place, kind, review_in)
        else:
            self.a_flag_is_looked_at(place, what == "end", review_in)

    @rule(
        step=st.sampled_from((None, None, *SPOKEN)),
        place=PICK,
        draft=st.booleans(),
        error=st.sampled_from((False, False, False, True)),
    )
    def an_onward_referral(self, step: Any, place: int, draft: bool, error: bool) -> None:
        if step is None or not self.desk.onwards:
            self.somebody_is_sent_on(place, draft)
        else:
            self.word_comes_of_it(place, step, error)

    @rule(step=st.sampled_from((None, "acknowledged", "acknowledged", "closed")), place=PICK)
    def somebody_may_be_in_danger(self, step: str | None, place: int) -> None:
        if step is None or not self.desk.alarms:
            self.a_danger_is_named(place)
        else:
            self.somebody_sees_to_an_alarm(place, step)

    @rule(place=PICK, status=st.sampled_from(("accepted", *get_args(codes.ReferralStatus))))
    def a_referral_moves_on(self, place: int, status: Any) -> None:
        self.it_is_answered(place, status)

    @rule(
        again=st.booleans(),
        place=PICK,
        outcome=st.sampled_from(get_args(codes.ClosingOutcome)),
        loops=st.sampled_from((None, "withdraw", "keep")),
    )
    def support_ends_or_goes_on(self, again: bool, place: int, outcome: Any, loops: Any) -> None:
        if again:
            ended = any(not one.is_open for one in self.desk.episodes)
            self.the_support_is_taken_up_again(MOSTLY if ended else place)
        else:
            self.the_support_is_closed(place, outcome, loops)

    # --- time ------------------------------------------------------------------------------------

    @rule(days=st.sampled_from((0.01, 0.5, 2, 7, 30, 100)))
    def time_passes(self, days: float) -> None:
        desk, paper = self.desk, self.paper
        arriving = [one for one in desk.handovers if one.is_pending]
        referred = len(desk.referrals)
        desk.let_time_pass(days)
        for referral in desk.referrals[referred:]:
            person = desk.episode_of(referral).person_id
            opens = referral.episode_id not in paper.supports
            assert opens == (not paper.open_of(person))
            paper.did_refer(person, referral.id, referral.episode_id, desk.now)
            paper.came_by[referral.id] = (opens, [])
        for made in arriving:
            paper.supports[made.episode_id].given_away[-1] = made.status
            # Whoever died, here or there, is not referred.
            assert (made.status == "refused") == (made.problem == "person-has-died")
        for alarm in desk.alarms:
            paper.alarms.setdefault(alarm.id, ["raised"])
        paper.alarms_come_back(desk.now)
        self.read()
        self.what_was_due_was_seen_to()

    def what_was_due_was_seen_to(self) -> None:
        """After time has passed, nothing is left that should have fallen due."""
        desk, paper = self.desk, self.paper
        assert not any(one.is_pending for one in desk.handovers)
        for visit in desk.visits:
            if visit.is_overdue(desk.now):
                assert any(
                    one.kind == "lone-worker-overdue" and one.episode_id == visit.episode_id
                    for one in desk.alarms
                )
        for consent in desk.consents:
            lines = paper.consents[consent.person_id]
            over = lines[-1][0] == "given" and not paper.stands(consent.person_id, day_of(desk.now))
            assert (consent.status == "expired") == over
        for episode in desk.episodes:
            wait = desk.waits[episode.id]
            its = paper.supports[episode.id]
            waits = paper.is_open(episode.id) and not paper.has_contact(episode.id)
            assert wait.waits == waits
            assert (wait.paused is not None) == any(len(one) == 1 for one in its.pauses)


@pytest.mark.timeout(300)
class TestLifeOfAReferral(LifeOfAReferral.TestCase):
    settings = settings(
        max_examples=SEQUENCES,
        stateful_step_count=STEPS,
        deadline=None,
        database=None,
        suppress_health_check=[HealthCheck.too_slow],
    )
