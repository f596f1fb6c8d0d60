"""Goals: what the person wants to reach, and how that stands, told as counted updates."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from chassis.database import Connection
from chassis.ids import new_id
from services.referral import published
from services.referral.acting import Acting, Done, Outcome
from services.referral.commands import NewGoal, NewGoalUpdate
from services.referral.domain.episodes import Goal
from services.referral.domain.refusals import GoalReferenceUsed
from services.referral.items import GoalItem
from services.referral.store import episodes as store
from services.referral.use_cases.casework import Casework, open_goals, open_referrals


async def set_goals(
    connection: Connection, acting: Acting, asked: Sequence[tuple[UUID | None, NewGoal]]
) -> list[Outcome]:
    """Set each goal on its referral's episode, in order."""
    casework = await open_referrals(connection, acting, (about for about, _ in asked))
    named = [(about, one.reference) for about, one in asked if about and one.reference]
    used = await store.load_goal_references(connection, named)
    outcomes = casework.decide(asked, _Goals(casework, used).set)
    if casework.rows:
        await store.write_goals(
            connection, episodes=list(casework.changed.values()), goals=casework.rows
        )
    await casework.tell_all(connection, "goal.create")
    return outcomes


async def update_goals(
    connection: Connection, acting: Acting, asked: Sequence[tuple[UUID | None, NewGoalUpdate]]
) -> list[Outcome]:
    """Write down how each goal stands, in order."""
    casework = await open_goals(connection, acting, (about for about, _ in asked))
    goals = _Goals(casework)
    outcomes = casework.decide(asked, goals.update)
    if casework.rows:
        moved = {row["goal_id"] for row in casework.rows}
        await store.write_goal_updates(
            connection,
            episodes=list(casework.changed.values()),
            goals=[casework.goals[goal_id] for goal_id in moved],
            updates=casework.rows,
        )
    await casework.tell_all(connection, "goal.update")
    return outcomes


@dataclass(frozen=True, slots=True)
class _Goals:
    casework: Casework
    used: set[tuple[UUID, str]] = field(default_factory=set[Any])

    def set(self, item: tuple[UUID | None, NewGoal]) -> Done:
        """Decide one new goal."""
        referral_id, asked = item
        casework, acting = self.casework, self.casework.acting
        given = asked.worker_id if isinstance(asked, GoalItem) else None
        acting.check_form(worker_id=given, recorded_at=asked.recorded_at)
        referral, episode = casework.referral(referral_id)
        moment = casework.moment(asked, episode)
        if (referral.id, asked.reference) in self.used:
            raise GoalReferenceUsed("This referral has a goal of this reference.", "/reference")
        version = episode.set_goal(referral)
        if asked.reference is not None:
            self.used.add((referral.id, asked.reference))
        goal = Goal(new_id(), episode.id, referral.id, referral.practice_code)
        worker_id = given or acting.worker_id
        event_id = new_id()
        fact = {
            "id": goal.id,
            "referral_id": referral.id,
            "episode_id": episode.id,
            "pcn_code": episode.pcn_code,
            "practice_code": referral.practice_code,
            "worker_id": worker_id,
            "need": asked.need,
            "target_date": asked.target_date,
            "status": goal.status,
            "version": goal.version,
            "occurred_at": moment.occurred_at,
            "recorded_at": moment.recorded_at,
        }
        casework.rows.append(
            {
                **fact,
                "description": asked.description,
                "reference": asked.reference,
                "update_count": goal.update_count,
                "origin": moment.origin,
            }
        )
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
        moment = casework.moment(asked, episode)
        change = episode.update_goal(goal, asked.status)
        update_id, event_id = new_id(), new_id()
        fact = {
            "id": update_id,
            "goal_id": goal.id,
            "episode_id": episode.id,
            "pcn_code": episode.pcn_code,
            "practice_code": goal.practice_code,
            "previous_status": change.previous_status,
            "status": change.status,
            "occurred_at": moment.occurred_at,
            "recorded_at": moment.recorded_at,
        }
        casework.rows.append(
            {
                **fact,
                "note": asked.note,
                "number": change.update_number,
                "origin": moment.origin,
            }
        )
        casework.tell(
            episode,
            published.goal_updated(goal, episode, change, event_id=event_id, moment=moment),
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
