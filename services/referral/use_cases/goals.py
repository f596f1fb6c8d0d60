"""Goals: what the person wants to reach, and how that stands, told as counted updates."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import date
from typing import Any
from uuid import UUID

from chassis.database import Connection
from chassis.ids import new_id
from chassis.web.etags import check_version
from services.referral import published
from services.referral.acting import Acting, Done, Outcome
from services.referral.commands import NewGoal, NewGoalUpdate
from services.referral.domain.episodes import GOAL_FOLLOWS, Episode, Goal, GoalChange
from services.referral.domain.goals import GoalTerms, Step, first_steps
from services.referral.domain.plans import Review, check_review_on
from services.referral.domain.refusals import GoalReferenceUsed
from services.referral.items import GoalItem
from services.referral.published import Moment
from services.referral.store import episodes as store
from services.referral.store import goals as kept
from services.referral.store import plans
from services.referral.use_cases.alive import check_lives, who_died
from services.referral.use_cases.casework import Casework, open_goals, open_referrals

_TERMS = {"need", "description", "measure", "target_date", "review_on"}


async def set_goals(
    connection: Connection, acting: Acting, asked: Sequence[tuple[UUID | None, NewGoal]]
) -> list[Outcome]:
    """Set each goal on its referral's episode, in order."""
    casework = await open_referrals(connection, acting, (about for about, _ in asked))
    named = [(about, one.reference) for about, one in asked if about and one.reference]
    used = await store.load_goal_references(connection, named)
    goals = _Goals(casework, used, died=await who_died(connection, casework))
    outcomes = casework.decide(asked, goals.set)
    if casework.rows:
        await store.write_goals(
            connection, episodes=list(casework.changed.values()), goals=casework.rows
        )
        await kept.write_steps(connection, goals.steps)
        await goals.store_reviews(connection)
    await casework.tell_all(connection, "goal.create")
    return outcomes


async def update_goals(
    connection: Connection,
    acting: Acting,
    asked: Sequence[tuple[UUID | None, NewGoalUpdate]],
    *,
    expected_version: int | None = None,
) -> list[Outcome]:
    """Write down how each goal stands, in order; who says which version they saw has seen it."""
    casework = await open_goals(connection, acting, (about for about, _ in asked))
    terms = await kept.load_terms(connection, casework.goals)
    goals = _Goals(casework, terms=terms, expected_version=expected_version)
    outcomes = casework.decide(asked, goals.update)
    if casework.rows:
        moved = {row["goal_id"] for row in casework.rows}
        await kept.write_goal_updates(
            connection,
            episodes=list(casework.changed.values()),
            goals=[(casework.goals[goal_id], terms[goal_id]) for goal_id in moved],
            updates=casework.rows,
        )
        await goals.store_reviews(connection)
    await casework.tell_all(connection, "goal.update")
    return outcomes


@dataclass(frozen=True, slots=True)
class _Goals:
    casework: Casework
    used: set[tuple[UUID, str]] = field(default_factory=set[Any])
    terms: dict[UUID, GoalTerms] = field(default_factory=dict[Any, Any])
    steps: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])
    reviews: dict[UUID, Review | None] = field(default_factory=dict[Any, Any])
    expected_version: int | None = None
    died: frozenset[UUID] = frozenset()

    def set(self, item: tuple[UUID | None, NewGoal]) -> Done:
        """Decide one new goal."""
        referral_id, asked = item
        casework, acting = self.casework, self.casework.acting
        given = asked.worker_id if isinstance(asked, GoalItem) else None
        acting.check_form(worker_id=given, recorded_at=asked.recorded_at)
        referral, episode = casework.referral(referral_id)
        moment = casework.moment(asked, episode)
        check_review_on(asked.review_on, moment.occurred_at)
        if (referral.id, asked.reference) in self.used:
            raise GoalReferenceUsed("This referral has a goal of this reference.", "/reference")
        check_lives(self.died, episode.person_id)
        version = episode.set_goal(referral)
        if asked.reference is not None:
            self.used.add((referral.id, asked.reference))
        goal = Goal(new_id(), episode.id, referral.id, referral.practice_code)
        return self._tell_goal(goal, episode, asked, given or acting.worker_id, version, moment)

    def _tell_goal(
        self,
        goal: Goal,
        episode: Episode,
        asked: NewGoal,
        worker_id: UUID | None,
        version: int,
        moment: Moment,
    ) -> Done:
        casework, event_id = self.casework, new_id()
        fact = {
            "id": goal.id,
            "referral_id": goal.referral_id,
            "episode_id": episode.id,
            "pcn_code": episode.pcn_code,
            "practice_code": goal.practice_code,
            "worker_id": worker_id,
            "need": asked.need,
            "target_date": asked.target_date,
            "review_on": asked.review_on,
            "status": goal.status,
            "version": goal.version,
            "occurred_at": moment.occurred_at,
            "recorded_at": moment.recorded_at,
        }
        casework.rows.append(
            {
                **fact,
                "description": asked.description,
                "measure": asked.measure,
                "reference": asked.reference,
                "update_count": goal.update_count,
                "origin": moment.origin,
            }
        )
        self.steps.extend(
            step_row(step, goal, episode, moment) for step in first_steps(goal.id, asked.steps)
        )
        self._review(goal, asked.review_on)
        casework.tell(
            episode,
            published.goal_set(
                goal,
                episode,
                need=asked.need,
                target_date=asked.target_date,
                worker_id=worker_id,
                event_id=event_id,
                version=version,
                moment=moment,
                review_on=asked.review_on,
                steps=len(asked.steps),
            ),
            subject=f"goal/{goal.id}",
        )
        answer = {**fact, "person_id": episode.person_id, "event_id": event_id}
        return Done(201, answer, goal.version)

    def update(self, item: tuple[UUID | None, NewGoalUpdate]) -> Done:
        """Decide one update."""
        goal_id, asked = item
        casework = self.casework
        casework.acting.check_form(recorded_at=asked.recorded_at)
        goal, episode = casework.goal(goal_id)
        if self.expected_version is not None:
            check_version(self.expected_version, goal.version)
        moment = casework.moment(asked, episode)
        before = self.terms[goal.id]
        given = asked.model_dump(exclude_unset=True, include=_TERMS)
        if "review_on" in given:
            check_review_on(asked.review_on, moment.occurred_at)
        terms = replace(before, **given)
        changes = before.differing(terms)
        change = episode.update_goal(goal, asked.status, corrects=asked.reason is not None)
        if not GOAL_FOLLOWS[goal.status]:
            terms = replace(terms, review_on=None)  # what has ended is not looked at again
        self.terms[goal.id] = terms
        if terms.review_on != before.review_on:  # else its day may have been told already
            self._review(goal, terms.review_on)
        put_aside = asdict(before) if changes else None
        return self._tell_update(goal, episode, change, moment, asked, changes, put_aside)

    def _tell_update(
        self,
        goal: Goal,
        episode: Episode,
        change: GoalChange,
        moment: Moment,
        asked: NewGoalUpdate,
        changes: list[str],
        put_aside: dict[str, Any] | None,
    ) -> Done:
        casework, terms, event_id = self.casework, self.terms[goal.id], new_id()
        fact = {
            "id": new_id(),
            "goal_id": goal.id,
            "episode_id": episode.id,
            "pcn_code": episode.pcn_code,
            "practice_code": goal.practice_code,
            "previous_status": change.previous_status,
            "status": change.status,
            "changes": changes,
            "target_date": terms.target_date,
            "review_on": terms.review_on,
            "occurred_at": moment.occurred_at,
            "recorded_at": moment.recorded_at,
        }
        said = {"put_aside": put_aside, "reason": asked.reason, "note": asked.note}
        row = {**fact, **said, "number": change.update_number, "origin": moment.origin}
        casework.rows.append(row)
        casework.tell(
            episode,
            published.goal_updated(
                goal,
                episode,
                change,
                event_id=event_id,
                moment=moment,
                changes=changes,
                target_date=terms.target_date,
                review_on=terms.review_on,
                need=terms.need,
                reason=asked.reason,
            ),
            subject=f"goal/{goal.id}",
        )
        answer = {
            **fact,
            "referral_id": goal.referral_id,
            "person_id": episode.person_id,
            "update_number": change.update_number,
            "version": goal.version,
            "event_id": event_id,
        }
        return Done(201, answer, goal.version)

    def _review(self, goal: Goal, review_on: date | None) -> None:
        self.reviews[goal.id] = (
            Review(
                goal.id, "goal", goal.episode_id, goal.referral_id, goal.practice_code, review_on
            )
            if review_on
            else None
        )

    async def store_reviews(self, connection: Connection) -> None:
        """Keep the days on which these goals are to be looked at again."""
        pcn_codes = {one.id: one.pcn_code for one in self.casework.changed.values()}
        wanted = [one for one in self.reviews.values() if one is not None]
        await plans.set_reviews(connection, pcn_codes, wanted)
        gone = [goal_id for goal_id, one in self.reviews.items() if one is None]
        if self.terms:  # a goal that was just set has none to forget
            await plans.clear_reviews(connection, gone)


def step_row(step: Step, goal: Goal, episode: Episode, moment: Moment) -> dict[str, Any]:
    """Give a step as it is stored."""
    return {
        "goal_id": goal.id,
        "number": step.number,
        "pcn_code": episode.pcn_code,
        "practice_code": goal.practice_code,
        "episode_id": episode.id,
        "what": step.what,
        "done_at": step.done_at,
        "version": step.version,
        "origin": moment.origin,
        "occurred_at": moment.occurred_at,
        "recorded_at": moment.recorded_at,
    }
