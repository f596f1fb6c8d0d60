"""Any order of requests on one person leaves a history that adds up."""

from datetime import UTC, datetime, timedelta
from typing import get_args
from uuid import UUID, uuid4

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, consumes, invariant, rule

from contracts import codes
from services.referral.domain.closing import ClosingOutcome, check_may_close, close, reopen
from services.referral.domain.episodes import Episode, Goal, GoalStatus, Referral, ReferralStatus
from services.referral.domain.refusals import Refused

START = datetime(2026, 1, 5, 9, tzinfo=UTC)
WORKERS = tuple(uuid4() for _ in range(3))
REFERRAL_STATUSES = st.sampled_from(get_args(codes.ReferralStatus))
OUTCOMES = st.sampled_from(get_args(codes.ClosingOutcome))
GOAL_STATUSES = st.sampled_from(get_args(codes.GoalStatus))


class ReferralLife(RuleBasedStateMachine):
    """One person is referred again and again, by doors that do not know of each other."""

    referrals = Bundle("referrals")
    goals = Bundle("goals")

    def __init__(self) -> None:
        super().__init__()
        self.hours = 0
        self.episodes: list[Episode] = []
        self.referral_statuses: dict[UUID, list[tuple[UUID, ReferralStatus]]] = {}
        self.goal_histories: dict[UUID, list[GoalStatus]] = {}
        self.versions: dict[UUID, list[int]] = {}
        self.contacts: dict[UUID, list[int]] = {}
        self.first_workers: dict[UUID, UUID] = {}
        self.held: dict[UUID, Referral] = {}
        self.reopenings: dict[UUID, int] = {}

    def now(self) -> datetime:
        self.hours += 1
        return START + timedelta(hours=self.hours)

    def episode_of(self, held: Referral | Goal) -> Episode:
        return next(episode for episode in self.episodes if episode.id == held.episode_id)

    @rule(target=referrals)
    def a_referral_arrives(self) -> Referral:
        episode = next((episode for episode in self.episodes if episode.is_open), None)
        if episode is None:
            episode = Episode(
                id=uuid4(), person_id=UUID(int=1), pcn_code="U99001", opened_at=self.now()
            )
            self.episodes.append(episode)
            self.versions[episode.id] = []
            self.contacts[episode.id] = []
        self.versions[episode.id].append(episode.receive_referral())
        referral = Referral(
            id=uuid4(), episode_id=episode.id, practice_code="Y99001", referrer_code="Y99001"
        )
        self.referral_statuses[referral.id] = [(episode.id, "received")]
        self.held[referral.id] = referral
        return referral

    @rule(referral=referrals, status=REFERRAL_STATUSES)
    def somebody_moves_it_on(self, referral: Referral, status: ReferralStatus) -> None:
        episode = self.episode_of(referral)
        try:
            change = episode.change_status(referral, status, self.now())
        except Refused:
            return
        self.versions[episode.id].append(change.aggregate_version)
        self.referral_statuses[referral.id].append((episode.id, status))

    @rule(referral=referrals, outcome=OUTCOMES)
    def somebody_ends_the_support(self, referral: Referral, outcome: ClosingOutcome) -> None:
        episode = self.episode_of(referral)
        was_open, version = episode.is_open, episode.version
        try:
            check_may_close(episode, 0, None)
        except Refused:
            assert not was_open
            assert episode.version == version
            return
        of_episode = [one for one in self.held.values() if one.episode_id == episode.id]
        closed = close(episode, of_episode, outcome, self.now())
        assert was_open
        assert not episode.is_open
        for step in closed.steps:
            self.versions[episode.id].append(step.change.aggregate_version)
            self.referral_statuses[step.referral.id].append((episode.id, step.change.status))
        self.versions[episode.id].append(closed.aggregate_version)

    @rule(referral=referrals, days=st.integers(0, 120))
    def somebody_takes_the_support_up_again(self, referral: Referral, days: int) -> None:
        episode = self.episode_of(referral)
        newer = any(one.is_open for one in self.episodes if one.id != episode.id)
        closed_at, status, version = episode.closed_at, referral.status, episode.version
        at = (closed_at or self.now()) + timedelta(days=days)
        try:
            reopened = reopen(episode, referral, at, newer_is_open=newer)
        except Refused:
            allowed = closed_at is not None and not newer and days <= 90
            assert not (allowed and status in {"closed", "declined"})
            assert (episode.closed_at, referral.status, episode.version) == (
                closed_at,
                status,
                version,
            )
            return
        self.versions[episode.id] += [
            reopened.change.aggregate_version,
            reopened.aggregate_version,
        ]
        self.referral_statuses[referral.id].append((episode.id, "accepted"))
        self.reopenings[referral.id] = self.reopenings.get(referral.id, 0) + 1

    @rule(referral=referrals, worker_id=st.sampled_from((*WORKERS, None)))
    def somebody_speaks_with_the_person(self, referral: Referral, worker_id: UUID | None) -> None:
        episode = self.episode_of(referral)
        try:
            number, version = episode.record_contact(referral, worker_id)
        except Refused:
            assert not referral.is_open
            return
        assert referral.is_open
        if worker_id is not None:
            self.first_workers.setdefault(episode.id, worker_id)
        self.contacts[episode.id].append(number)
        self.versions[episode.id].append(version)

    @rule(target=goals, referral=referrals)
    def the_person_sets_a_goal(self, referral: Referral) -> Goal | None:
        episode = self.episode_of(referral)
        try:
            version = episode.set_goal(referral)
        except Refused:
            assert not referral.is_open
            return None
        self.versions[episode.id].append(version)
        goal = Goal(
            id=uuid4(),
            episode_id=episode.id,
            referral_id=referral.id,
            practice_code=referral.practice_code,
        )
        self.goal_histories[goal.id] = ["set"]
        return goal

    @rule(goal=goals, status=GOAL_STATUSES)
    def a_goal_moves(self, goal: Goal | None, status: GoalStatus) -> None:
        if goal is None:
            return
        episode = self.episode_of(goal)
        try:
            change = episode.update_goal(goal, status)
        except Refused:
            return
        history = self.goal_histories[goal.id]
        assert change.previous_status == history[-1]
        assert change.update_number == len(history)
        self.versions[episode.id].append(change.aggregate_version)
        history.append(status)

    @rule(referral=consumes(referrals))
    def a_referral_is_forgotten_by_its_sender(self, referral: Referral) -> None:
        """Nothing may depend on somebody still holding it."""

    @invariant()
    def at_most_one_episode_is_open(self) -> None:
        assert sum(episode.is_open for episode in self.episodes) <= 1

    @invariant()
    def an_episode_is_open_while_a_referral_of_it_is(self) -> None:
        for episode in self.episodes:
            open_referrals = [
                history[-1][1] in {"received", "accepted"}
                for history in self.referral_statuses.values()
                if history[-1][0] == episode.id
            ]
            assert episode.is_open == any(open_referrals)
            assert episode.open_referrals == sum(open_referrals)

    @invariant()
    def versions_have_no_gap(self) -> None:
        for episode in self.episodes:
            assert self.versions[episode.id] == list(range(1, episode.version + 1))

    @invariant()
    def contacts_are_numbered_one_by_one(self) -> None:
        for episode in self.episodes:
            assert self.contacts[episode.id] == list(range(1, episode.contact_count + 1))

    @invariant()
    def the_first_worker_to_speak_keeps_the_episode(self) -> None:
        for episode in self.episodes:
            assert episode.worker_id == self.first_workers.get(episode.id)

    @invariant()
    def an_ended_goal_never_moves_again(self) -> None:
        for history in self.goal_histories.values():
            assert not {"met", "dropped"} & set(history[:-1])
            assert "set" not in history[1:]

    @invariant()
    def a_referral_ends_once_more_than_it_was_taken_up_again_at_most(self) -> None:
        for referral_id, history in self.referral_statuses.items():
            statuses = [status for _, status in history]
            reopenings = self.reopenings.get(referral_id, 0)
            assert statuses[0] == "received"
            assert statuses.count("received") == 1
            assert statuses.count("closed") <= reopenings + 1
            ended = [place for place, status in enumerate(statuses) if status == "closed"]
            # What follows an ending is that the support goes on, and nothing else.
            follows = [statuses[place + 1] for place in ended if place + 1 < len(statuses)]
            assert set(follows) <= {"accepted"}
            assert len(follows) <= reopenings


TestReferralLife = ReferralLife.TestCase
TestReferralLife.settings = settings(max_examples=80, stateful_step_count=40, deadline=None)
