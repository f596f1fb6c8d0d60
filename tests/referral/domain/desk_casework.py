"""What happens during support, in memory: triage, waits, contacts, visits, plans, onward referrals, alarms.

As ``desk``: the domain decides in the order in which the use cases ask it.
"""

from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any, get_args
from uuid import UUID

from contracts import codes
from contracts.event import EventData
from services.referral import published
from services.referral.domain import allocation, contacts, goals, visits
from services.referral.domain.consent import Recipient, SharingConsent, check_lasts, ends_at
from services.referral.domain.contacts import Contact, ContactFact, Counted
from services.referral.domain.episodes import Episode, Goal, GoalStatus, Referral, check_happened
from services.referral.domain.goals import Step as GoalStep
from services.referral.domain.instruments import ONS4
from services.referral.domain.ladders import DEFAULT_LADDER, next_nudge_at, nudge
from services.referral.domain.measures import (
    Baseline,
    MeasureHeld,
    baseline_for,
    check_may_record,
    score,
)
from services.referral.domain.onward import (
    Ended,
    Fact,
    Held,
    OnwardReferral,
    begin,
    check_may_begin,
)
from services.referral.domain.people import Person
from services.referral.domain.plans import Plan, Review, check_review_on, due_at
from services.referral.domain.refusals import ReferralNotOpen
from services.referral.domain.risk import (
    GROUPS,
    RiskFlag,
    RiskFlagStands,
    check_review_day,
    overdue_from,
)
from services.referral.domain.safety import Alarm, Ladder
from services.referral.domain.timers import Kind
from services.referral.domain.triage import Facts, Helping, Rules, rules_of
from services.referral.domain.visits import Visit, VisitChange
from services.referral.domain.waiting import Pause
from services.referral.published import Moment
from services.referral.published import allocation as told_allocation
from services.referral.published import consent as told_consent
from services.referral.published import contacts as told_contacts
from services.referral.published import measures as told_measures
from services.referral.published import onward as told_onward
from services.referral.published import plans as told_plans
from services.referral.published import risk as told_risk
from services.referral.published import safety as told_safety
from services.referral.published import triage as told_triage
from services.referral.published import visits as told_visits
from services.referral.published import waiting as told_waiting
from services.referral.published.about_person import of_person
from services.referral.published.onward import Taken
from tests.referral.domain.desk import CALENDAR, Desk

WORKERS = (UUID(int=901), UUID(int=902))
LEADS = Ladder(leads=(UUID(int=911), UUID(int=912)), minutes=15)
OFFERED = frozenset({"link-worker", "health-coach"})
RULES: Rules = rules_of(
    {
        "version": 1,
        "since": "2026-01-01",
        "rules": [
            {"id": "one-need", "role": "care-navigator", "words": "-", "needs_max": 1},
            {"id": "high", "role": "health-coach", "words": "-", "complexity": ["high"]},
            {"id": "everybody", "role": "link-worker", "words": "-"},
        ],
    },
    {"complexity": frozenset(get_args(codes.Complexity))},
)
GROUP = Recipient("organization", "00000000-0000-0000-0000-000000000931")
PURPOSE = "onward-referral"
WELL = {"life_satisfaction": 5, "worthwhile": 6, "happiness_yesterday": 5, "anxiety_yesterday": 4}


class FullDesk(Desk):
    """Everything that happens to a person's support."""

    def __init__(self) -> None:
        super().__init__()
        self.helping: dict[UUID, Helping] = {}
        self.complexity: dict[UUID, allocation.Complexity] = {}
        self.contacts: list[Contact] = []
        self.visits: list[Visit] = []
        self.goals: list[Goal] = []
        self.steps: dict[UUID, list[GoalStep]] = {}
        self.plans: dict[UUID, Plan] = {}
        self.reviews: dict[UUID, Review] = {}
        self.measures: list[MeasureHeld] = []
        self.consents: list[SharingConsent] = []
        self.flags: list[RiskFlag] = []
        self.alarms: list[Alarm] = []

    # --- who helps -------------------------------------------------------------------------------

    def _triaging(self, referral: Referral) -> tuple[Helping, Episode, Moment]:
        episode = self.episode_of(referral)
        if not referral.is_open:
            raise ReferralNotOpen(f"This referral is {referral.status}.")
        helping = self.helping.get(referral.id)
        return helping or Helping(), episode, self.moment(episode=episode)

    def _told(self, referral: Referral, episode: Episode, moment: Moment) -> told_triage.Told:
        return told_triage.Told(
            referral=referral,
            episode=episode,
            event_id=self.an_id(),
            version=episode.next_version(),
            moment=moment,
        )

    def propose(self, referral: Referral, needs: int, complexity: str) -> None:
        helping, episode, moment = self._triaging(referral)
        facts = Facts(("isolation", "money")[:needs], "routine", complexity, "some")
        proposal = RULES.propose(facts, OFFERED)
        number = helping.propose(proposal.role)
        self.helping[referral.id] = helping
        told = self._told(referral, episode, moment)
        self.tell(
            told_triage.referral_triaged(told, facts, proposal, number=number, rule_version=1)
        )

    def choose(self, referral: Referral, role: str, *, has_reason: bool) -> None:
        helping, episode, moment = self._triaging(referral)
        overridden = helping.choose(role, has_reason=has_reason, offered=OFFERED)
        told = self._told(referral, episode, moment)
        reason = "capacity" if overridden else None
        self.tell(
            told_triage.role_assigned(
                told,
                proposed=helping.proposed or role,
                role=role,
                overridden=overridden,
                reason=reason,
            )
        )

    def re_route(self, referral: Referral, role: str) -> None:
        helping, episode, moment = self._triaging(referral)
        previous = helping.re_route(role, offered=OFFERED)
        told = self._told(referral, episode, moment)
        self.tell(
            told_triage.referral_re_routed(told, previous=previous, role=role, reason="other")
        )

    def assign(self, referral: Referral, worker_id: UUID) -> None:
        episode = self.episode_of(referral)
        moment = self.moment(episode=episode)
        previous = episode.worker_id
        version = allocation.assign(episode, worker_id)
        self.tell(
            told_allocation.worker_assigned(
                episode,
                worker_id,
                previous,
                self.complexity.get(episode.id, allocation.DEFAULT_COMPLEXITY),
                reason="assigned",
                event_id=self.an_id(),
                version=version,
                moment=moment,
            )
        )

    def set_complexity(self, referral: Referral, complexity: allocation.Complexity) -> None:
        episode = self.episode_of(referral)
        moment = self.moment(episode=episode)
        known = self.complexity.get(episode.id, allocation.DEFAULT_COMPLEXITY)
        version = allocation.set_complexity(episode, known, complexity)
        self.complexity[episode.id] = complexity
        self.tell(
            told_allocation.complexity_set(
                episode,
                complexity,
                known,
                source="manager",
                event_id=self.an_id(),
                version=version,
                moment=moment,
            )
        )

    # --- waiting ---------------------------------------------------------------------------------

    def pause(self, referral: Referral, at: datetime | None = None) -> None:
        episode = self.episode_of(referral)
        wait = self.waits[episode.id]
        moment = self.moment(at, episode)
        pause = Pause(self.an_id(), "person-away", moment.occurred_at)
        wait.pause(pause)
        self.keep_first_contact(wait)
        self.tell(
            told_waiting.wait_paused(
                wait,
                pause,
                episode,
                event_id=self.an_id(),
                version=episode.next_version(),
                moment=moment,
            )
        )

    def resume(self, referral: Referral) -> None:
        episode = self.episode_of(referral)
        wait = self.waits[episode.id]
        moment = self.moment(episode=episode)
        pause_id = wait.pauses[-1].id if wait.pauses else self.an_id()
        pause = wait.resume_from(pause_id, moment.occurred_at, CALENDAR)
        self.keep_first_contact(wait)
        self.tell(
            told_waiting.wait_resumed(
                wait,
                pause,
                episode,
                event_id=self.an_id(),
                version=episode.next_version(),
                moment=moment,
            )
        )

    # --- contacts --------------------------------------------------------------------------------

    def has_contact(self, episode: Episode) -> bool:
        return any(one.counts and one.episode_id == episode.id for one in self.contacts)

    def counted(self, episode: Episode) -> list[Counted]:
        return [
            Counted(one.id, one.number, one.fact.occurred_at, one.practice_code)
            for one in self.contacts
            if one.episode_id == episode.id and one.counts and one.number is not None
        ]

    def record_contact(
        self,
        referral: Referral,
        outcome: contacts.ContactOutcome,
        missed_reason: str | None,
        worker_id: UUID | None,
        at: datetime | None = None,
    ) -> Contact:
        episode = self.episode_of(referral)
        moment = self.moment(at, episode)
        fact = ContactFact(
            outcome=outcome,
            missed_reason=missed_reason,
            mode="phone",
            minutes=20,
            role="link-worker",
            with_role=None,
            understanding=None,
            occurred_at=moment.occurred_at,
        )
        number, version = contacts.record(episode, referral, fact, worker_id)
        contact = Contact(
            self.an_id(),
            episode.id,
            referral.id,
            referral.practice_code,
            worker_id,
            fact,
            number,
        )
        first = contact.counts and not self.has_contact(episode)
        self.contacts.append(contact)
        self.tell(
            told_contacts.contact_recorded(
                contact,
                episode,
                first=first,
                event_id=self.an_id(),
                version=version,
                moment=moment,
            )
        )
        return contact

    def correct(self, contact: Contact, changes: dict[str, Any]) -> None:
        episode = self.episode_of(contact)
        change = contacts.correct(
            episode, contact, contacts.amended(contact.fact, **changes), self.counted(episode)
        )
        self.tell(
            told_contacts.contact_corrected(
                contact,
                episode,
                change,
                "mistyped",
                event_id=self.an_id(),
                moment=self.moment(),
            )
        )

    def void(self, contact: Contact) -> None:
        episode = self.episode_of(contact)
        change = contacts.void(episode, contact, self.now, self.counted(episode))
        self.tell(
            told_contacts.contact_voided(
                contact,
                episode,
                change,
                "did-not-happen",
                event_id=self.an_id(),
                moment=self.moment(),
            )
        )

    # --- visits ----------------------------------------------------------------------------------

    def plan_visit(self, referral: Referral, days_ahead: int) -> Visit:
        episode = self.episode_of(referral)
        moment = self.moment(episode=episode)
        planned_for = self.now + timedelta(days=days_ahead)
        visits.check_planned_for(planned_for, self.now)
        if not referral.is_open:
            raise ReferralNotOpen(f"This referral is {referral.status}.")
        self.check_lives(episode)
        visit = Visit(
            id=self.an_id(),
            episode_id=episode.id,
            referral_id=referral.id,
            practice_code=referral.practice_code,
            worker_id=WORKERS[0],
            planned_for=planned_for,
            expected_minutes=60,
            begin_by=visits.begin_by(planned_for, self.now),
        )
        self.visits.append(visit)
        self.set_timer("visit-begin", visit.id, visit.begin_by)
        self.tell(
            told_visits.visit_planned(
                visit,
                episode,
                event_id=self.an_id(),
                version=episode.next_version(),
                moment=moment,
            )
        )
        return visit

    def step_visit(self, visit: Visit, step: str) -> None:
        episode = self.episode_of(visit)
        moment = self.moment(episode=episode)
        moves: dict[str, Any] = {
            "check-in": lambda: visit.check_in(self.now),
            "extend": lambda: visit.extend(30, self.now),
            "check-out": lambda: visit.check_out(self.now),
            "cancel": visit.cancel,
        }
        change: VisitChange = moves[step]()
        self.set_timer("lone-worker", visit.id, visit.due_back_at)
        self.set_timer("visit-begin", visit.id, None)
        self.tell(
            told_visits.visit_status_changed(
                visit,
                episode,
                change,
                event_id=self.an_id(),
                version=episode.next_version(),
                moment=moment,
            )
        )

    def call_off_planned(self, episode: Episode) -> None:
        for visit in self.visits:
            if visit.episode_id == episode.id and visit.status == "planned":
                self.step_visit(visit, "cancel")

    def things_of(self, episode: Episode) -> set[UUID]:
        things: tuple[list[Any], ...] = (self.goals, self.onwards, self.visits)
        return {one.id for known in things for one in known if one.episode_id == episode.id}

    def warnings_of(self, people: set[UUID]) -> set[UUID]:
        return {one.id for one in self.flags if one.person_id in people}

    def look_again(self, person: Person) -> None:
        for flag in self._warnings(person.id):
            self.set_timer("risk-review", flag.id, overdue_from(flag.review_by))

    def falls_due_again(self, people: set[UUID]) -> None:
        super().falls_due_again(people)
        again = {one.id for one in self.episodes if one.is_open and one.person_id in people}
        for review in self.reviews.values():
            if review.episode_id in again and not review.is_told():
                self.set_timer("review", review.about, due_at(review.review_on))
        for visit in self.visits:
            if visit.episode_id in again and visit.status == "planned" and not visit.late_told:
                self.set_timer("visit-begin", visit.id, visit.begin_by)

    def _warnings(self, person_id: UUID) -> list[RiskFlag]:
        """The flags that stand of a person, under whichever record they were raised."""
        who = self.speaking(self.person(person_id))
        return [
            one
            for one in self.flags
            if one.ended_at is None and self.speaking(self.person(one.person_id)) is who
        ]

    # --- goals and the plan ----------------------------------------------------------------------

    def counts(self, episode: Episode) -> dict[str, int]:
        of_episode = [one for one in self.goals if one.episode_id == episode.id]
        return {
            "contacts_made": len(self.counted(episode)),
            "goals_set": len(of_episode),
            "goals_met": sum(one.status == "met" for one in of_episode),
            "goals_dropped": sum(one.status == "dropped" for one in of_episode),
        }

    def set_goal(self, referral: Referral, steps: int, review_on: date | None) -> Goal:
        episode = self.episode_of(referral)
        moment = self.moment(episode=episode)
        check_review_on(review_on, moment.occurred_at)
        self.check_lives(episode)
        version = episode.set_goal(referral)
        goal = Goal(self.an_id(), episode.id, referral.id, referral.practice_code)
        self.goals.append(goal)
        self.steps[goal.id] = goals.first_steps(goal.id, ["walk"] * steps)
        if review_on is not None:
            self._review("goal", goal.id, referral, review_on)
        self.tell(
            published.goal_set(
                goal,
                episode,
                need="isolation",
                target_date=None,
                worker_id=None,
                event_id=self.an_id(),
                version=version,
                moment=moment,
                review_on=review_on,
                steps=steps,
            )
        )
        return goal

    def update_goal(
        self,
        goal: Goal,
        status: GoalStatus,
        review_on: date | None = None,
        *,
        corrects: bool = False,
    ) -> None:
        episode = self.episode_of(goal)
        moment = self.moment(episode=episode)
        check_review_on(review_on, moment.occurred_at)
        change = episode.update_goal(goal, status, corrects=corrects)
        if goal.status in {"met", "dropped"}:
            self.reviews.pop(goal.id, None)
            self.set_timer("review", goal.id, None)
        elif review_on is not None:
            self._review("goal", goal.id, self.referral(goal.referral_id), review_on)
        standing = self.reviews.get(goal.id)
        self.tell(
            published.goal_updated(
                goal,
                episode,
                change,
                event_id=self.an_id(),
                moment=moment,
                review_on=standing.review_on if standing else None,
                reason="mistyped" if corrects else None,
            )
        )

    def step_goal(self, goal: Goal, place: int | None, *, done: bool) -> None:
        """Take a step, say that it was not taken, or add one."""
        episode, steps = self.episode_of(goal), self.steps[goal.id]
        moment = self.moment(episode=episode)
        if place is None:
            step, version = goals.add_step(episode, goal, steps, "talk")
        else:
            step = steps[place]
            version = goals.mark_step(
                episode, goal, step, what=None, done=done, at=moment.occurred_at
            )
        self.tell(
            told_plans.goal_steps_changed(
                goal,
                episode,
                step,
                steps,
                event_id=self.an_id(),
                version=version,
                moment=moment,
            )
        )

    def agree_plan(self, referral: Referral, words: str, review_on: date | None) -> None:
        episode = self.episode_of(referral)
        moment = self.moment(episode=episode)
        check_review_on(review_on, moment.occurred_at)
        episode.check_open()
        plan = self.plans.get(episode.id, Plan(episode.id))
        self.check_lives(episode)
        agreement = plan.agree(words, None, review_on)
        self.plans[episode.id] = agreement.plan
        if review_on is not None:
            self._review("plan", episode.id, referral, review_on)
        else:
            self.reviews.pop(episode.id, None)
            self.set_timer("review", episode.id, None)
        self.tell(
            told_plans.plan_agreed(
                agreement,
                referral,
                episode,
                None,
                event_id=self.an_id(),
                version=episode.next_version(),
                moment=moment,
            )
        )

    def _review(self, kind: Any, about: UUID, referral: Referral, review_on: date) -> None:
        known = self.reviews.get(about)
        if known is not None and known.review_on == review_on:
            return  # its day may have been told already
        self.reviews[about] = Review(
            about, kind, referral.episode_id, referral.id, referral.practice_code, review_on
        )
        self.set_timer("review", about, due_at(review_on))

    # --- measures --------------------------------------------------------------------------------

    def measure(self, referral: Referral, occasion: Any) -> None:
        episode = self.episode_of(referral)
        moment = self.moment(episode=episode)
        standing = [
            Baseline(
                id=one.id,
                instrument=one.instrument,
                instrument_version=one.instrument_version,
                occasion=one.occasion,
                occurred_at=one.occurred_at,
                concerns=0,
            )
            for one in self.measures
            if one.episode_id == episode.id
        ]
        check_may_record(referral, ONS4, occasion, standing)
        baseline = baseline_for(ONS4, occasion, None, moment.occurred_at, standing)
        scored = score(ONS4, WELL)
        held = MeasureHeld(
            id=self.an_id(),
            practice_code=referral.practice_code,
            referral_id=referral.id,
            episode_id=episode.id,
            instrument="ons4",
            instrument_version=1,
            occasion=occasion,
            baseline_id=baseline.id if baseline else None,
            answered_by="person",
            answers=WELL,
            concerns=[],
            scores=scored.scores,
            complete=scored.complete,
            note=None,
            occurred_at=moment.occurred_at,
        )
        self.measures.append(held)
        self.tell(
            told_measures.measure_recorded(
                held,
                episode,
                worker_id=None,
                event_id=self.an_id(),
                version=episode.next_version(),
                moment=moment,
            )
        )

    # --- the person's word, and what to know before a visit --------------------------------------

    def _tell_of(self, person: Person, data: EventData, moment: Moment) -> None:
        version = person.next_version()
        event_id = self.an_id()
        self.tell(of_person(data, person.pcn_code, person.id, version, moment, event_id=event_id))

    def give_consent(self, place: int, scope: frozenset[str], last_day: date | None) -> None:
        person = self.people[place]
        known = next((one for one in self.consents if one.person_id == person.id), None)
        if known is not None:
            known.renew(scope, last_day, self.now)
        else:
            check_lasts(last_day, self.now)
        consent = known or SharingConsent(
            id=self.an_id(),
            person_id=person.id,
            pcn_code=person.pcn_code,
            recipient=GROUP,
            purpose=PURPOSE,
            scope=scope,
            expires_on=last_day,
            given_at=self.now,
        )
        if known is None:
            self.consents.append(consent)
        self.set_timer("consent-end", consent.id, ends_at(last_day))
        self._tell_of(person, told_consent.given(consent, renewed=known is not None), self.moment())

    def narrow_consent(
        self, consent: SharingConsent, scope: frozenset[str], last_day: date | None
    ) -> None:
        consent.narrow(scope, last_day, self.now)
        self.set_timer("consent-end", consent.id, ends_at(last_day))
        self._tell_of(
            self.person(consent.person_id), told_consent.taken_back(consent), self.moment()
        )

    def revoke_consent(self, consent: SharingConsent) -> None:
        consent.revoke(self.now)
        self.set_timer("consent-end", consent.id, None)
        self._tell_of(
            self.person(consent.person_id), told_consent.taken_back(consent), self.moment()
        )

    def raise_flag(self, place: int, kind: Any, review_by: date) -> None:
        person, moment = self.people[place], self.moment()
        check_review_day(review_by, moment.occurred_at)
        if any(
            one.person_id == person.id and one.kind == kind and one.ended_at is None
            for one in self.flags
        ):
            raise RiskFlagStands("The person has a flag of this kind.")
        flag = RiskFlag(
            id=self.an_id(),
            person_id=person.id,
            pcn_code=person.pcn_code,
            kind=kind,
            raised_by=None,
            raised_at=self.now,
            review_by=review_by,
        )
        self.flags.append(flag)
        self.set_timer("risk-review", flag.id, overdue_from(review_by))
        self._tell_of(person, told_risk.raised(flag), moment)

    def review_flag(self, flag: RiskFlag, review_by: date) -> None:
        was_overdue = flag.is_overdue(self.now)
        flag.review(review_by, self.now)
        self.set_timer("risk-review", flag.id, overdue_from(review_by))
        told = told_risk.reviewed(flag, was_overdue=was_overdue)
        self._tell_of(self.person(flag.person_id), told, self.moment())

    def end_flag(self, flag: RiskFlag) -> None:
        flag.end("no-longer-holds", self.now)
        self.set_timer("risk-review", flag.id, None)
        self._tell_of(self.person(flag.person_id), told_risk.ended(flag), self.moment())

    # --- onward referrals ------------------------------------------------------------------------

    def send_on(self, referral: Referral, *, draft: bool) -> OnwardReferral:
        episode = self.episode_of(referral)
        moment = self.moment(episode=episode)
        check_may_begin(referral)
        fact = Fact("drafted" if draft else "sent", self.now, told_by="worker")
        onward = OnwardReferral(
            id=self.an_id(),
            referral_id=referral.id,
            episode_id=episode.id,
            person_id=episode.person_id,
            pcn_code=episode.pcn_code,
            practice_code=referral.practice_code,
            listing_id=self.an_id(),
            organization_id=UUID(int=921),
            need="isolation",
            shares_contact=False,
            standing=begin(fact),
            drafted_at=self.now,
            sent_at=None if draft else self.now,
        )
        self.onwards.append(onward)
        self._set_nudge(onward)
        taken = self._taken(onward, episode, fact, "draft", 0)
        self.tell(
            told_onward.onward_begun(
                taken, version=episode.next_version(), event_id=self.an_id(), moment=moment
            )
        )
        return onward

    def step_onward(self, onward: OnwardReferral, fact: Fact) -> None:
        check_happened(fact.occurred_at, self.now)
        if fact.step == "sent":
            check_may_begin(self.referral(onward.referral_id))
        self._move(onward, fact)

    def referral(self, referral_id: UUID) -> Referral:
        return next(one for one in self.referrals if one.id == referral_id)

    def _move(self, onward: OnwardReferral, fact: Fact) -> None:
        episode, before = self.episode_of(onward), onward.standing
        onward.take(fact)
        self._set_nudge(onward)
        stage, nudges = ("ended", 0) if isinstance(before, Ended) else (before.stage, before.nudges)
        taken = self._taken(onward, episode, fact, stage, nudges)
        self.tell(
            told_onward.onward_moved(
                taken,
                version=episode.next_version(),
                event_id=self.an_id(),
                moment=Moment(fact.occurred_at, self.now),
            )
        )

    def withdraw(self, onward: OnwardReferral, reason: str) -> None:
        self._move(onward, Fact("withdrawn", self.now, told_by="worker", reason=reason))

    def _taken(
        self, onward: OnwardReferral, episode: Episode, fact: Fact, stage: Any, nudges: int
    ) -> Taken:
        return Taken(
            onward=onward,
            fact=fact,
            stage_before=stage,
            nudges_before=nudges,
            first_word=False,
            worker_id=episode.worker_id,
            episode=episode,
        )

    def _set_nudge(self, onward: OnwardReferral) -> None:
        standing = onward.standing
        due = (
            next_nudge_at(standing, DEFAULT_LADDER, CALENDAR)
            if isinstance(standing, Held)
            else None
        )
        self.set_timer("no-answer", onward.id, due)

    # --- alarms ----------------------------------------------------------------------------------

    def raise_alarm(
        self, kind: Any, referral: Referral | None, episode: Episode, at: datetime | None = None
    ) -> Alarm:
        alarm = Alarm(
            id=self.an_id(),
            pcn_code=episode.pcn_code,
            kind=kind,
            dangers=("self-harm",) if kind == "danger-named" else (),
            practice_code=referral.practice_code if referral else None,
            referral_id=referral.id if referral else None,
            episode_id=episode.id,
            person_id=episode.person_id,
            raised_at=self.now,
        )
        alarm.sound(LEADS, self.now)
        self.alarms.append(alarm)
        self.set_timer("alarm-escalation", alarm.id, alarm.escalates_at)
        moment = Moment(at or self.now, self.now)
        self.tell(told_safety.alarm_raised(alarm, event_id=self.an_id(), moment=moment))
        return alarm

    def acknowledge(self, alarm: Alarm, by: UUID) -> None:
        seconds = alarm.acknowledge(by, self.now)
        self.set_timer("alarm-escalation", alarm.id, alarm.escalates_at)
        self.tell(
            told_safety.alarm_acknowledged(
                alarm, seconds_waited=seconds, event_id=self.an_id(), moment=self.moment()
            )
        )

    def close_alarm(self, alarm: Alarm) -> None:
        alarm.close(self.now)
        self.set_timer("alarm-escalation", alarm.id, None)
        self.tell(
            told_safety.alarm_closed(
                alarm, outcome="person-safe", event_id=self.an_id(), moment=self.moment()
            )
        )

    # --- what falls due --------------------------------------------------------------------------

    def fire(self, kind: Kind, about: UUID, due_at: datetime) -> None:
        super().fire(kind, about, due_at)
        handler: Any = {
            "no-answer": self._nobody_answered,
            "review": self._review_fell_due,
            "lone-worker": self._worker_is_overdue,
            "visit-begin": self._nobody_began,
            "consent-end": self._consent_is_over,
            "risk-review": self._flag_is_overdue,
            "alarm-escalation": self._nobody_saw_to_it,
        }.get(kind)
        if handler is not None:
            handler(about, due_at)

    def _nobody_answered(self, about: UUID, at: datetime) -> None:
        onward = next(one for one in self.onwards if one.id == about)
        if not isinstance(onward.standing, Held):
            return
        if self.is_dead(onward.person_id):
            self.set_timer("no-answer", about, self.now + timedelta(days=7))
            return
        self._move(onward, nudge(onward.standing, DEFAULT_LADDER, at))

    def _review_fell_due(self, about: UUID, at: datetime) -> None:
        review = self.reviews[about]
        episode = self.episode_of(review)
        if not episode.is_open or self.is_dead(episode.person_id) or review.is_told():
            return
        self.reviews[about] = replace(review, told_on=review.review_on)
        self.tell(
            told_plans.review_due(
                review,
                episode,
                event_id=self.an_id(),
                version=episode.next_version(),
                moment=Moment(at, self.now),
            )
        )

    def _worker_is_overdue(self, about: UUID, at: datetime) -> None:
        visit = next(one for one in self.visits if one.id == about)
        if visit.is_overdue(at):
            referral = self.referral(visit.referral_id)
            self.raise_alarm("lone-worker-overdue", referral, self.episode_of(visit), at)

    def _nobody_began(self, about: UUID, at: datetime) -> None:
        visit = next(one for one in self.visits if one.id == about)
        episode = self.episode_of(visit)
        if visit.late_told or not visit.is_not_begun(at) or not episode.is_open:
            return
        visit.late_told = True
        alarmed = visits.is_alarming(
            GROUPS[flag.kind] for flag in self._warnings(episode.person_id)
        )
        self.tell(
            told_visits.visit_not_begun(
                visit,
                episode,
                alarmed=alarmed,
                event_id=self.an_id(),
                version=episode.next_version(),
                moment=Moment(at, self.now),
            )
        )
        if alarmed:
            self.raise_alarm("lone-worker-overdue", self.referral(visit.referral_id), episode, at)

    def _consent_is_over(self, about: UUID, at: datetime) -> None:
        consent = next(one for one in self.consents if one.id == about)
        if consent.expire(at):
            self._tell_of(
                self.person(consent.person_id),
                told_consent.taken_back(consent),
                Moment(at, self.now),
            )

    def _flag_is_overdue(self, about: UUID, at: datetime) -> None:
        flag = next(one for one in self.flags if one.id == about)
        if flag.is_overdue(at):
            self._tell_of(
                self.person(flag.person_id), told_risk.review_due(flag), Moment(at, self.now)
            )

    def _nobody_saw_to_it(self, about: UUID, at: datetime) -> None:
        alarm = next(one for one in self.alarms if one.id == about)
        if alarm.escalate(LEADS, self.now):
            self.set_timer("alarm-escalation", alarm.id, alarm.escalates_at)
            self.tell(
                told_safety.alarm_escalated(
                    alarm, event_id=self.an_id(), moment=Moment(at, self.now)
                )
            )
