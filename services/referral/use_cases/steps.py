"""The steps towards a goal: added in order, and done one by one."""

from dataclasses import replace
from datetime import datetime
from typing import Any
from uuid import UUID

from chassis.database import Connection
from chassis.ids import new_id
from chassis.refusals import NothingFound
from chassis.web.etags import check_version
from services.referral.acting import Acting, Done, Outcome
from services.referral.commands import Timed
from services.referral.commands.plans import NewStep, StepChange
from services.referral.domain.episodes import Episode, Goal
from services.referral.domain.goals import Step, add_step, mark_step
from services.referral.published import Moment
from services.referral.published.plans import goal_steps_changed
from services.referral.store import goals as store
from services.referral.store.episodes import write_episodes
from services.referral.use_cases.casework import Casework, open_goals
from services.referral.use_cases.goals import step_row


async def add_goal_step(
    connection: Connection, acting: Acting, goal_id: UUID, asked: NewStep
) -> Outcome:
    """Put one more step at the end."""
    work = await _open(connection, acting, goal_id)

    def decide(asked: NewStep) -> Done:
        goal, episode, moment = work.opened(asked)
        step, version = add_step(episode, goal, work.steps, asked.what)
        return work.done(201, goal, episode, step, version, moment)

    return await work.finish(connection, asked, decide)


async def change_goal_step(
    connection: Connection,
    acting: Acting,
    goal_id: UUID,
    number: int,
    expected_version: int,
    asked: StepChange,
) -> Outcome:
    """Say that a step is done, or not, or what it is."""
    work = await _open(connection, acting, goal_id)

    def decide(asked: StepChange) -> Done:
        goal, episode, moment = work.opened(asked)
        step = next((one for one in work.steps if one.number == number), None)
        if step is None:
            raise NothingFound
        check_version(expected_version, step.version)
        before = replace(step)
        version = mark_step(
            episode, goal, step, what=asked.what, done=asked.done, at=moment.occurred_at
        )
        if before.what != step.what:
            work.put_aside.append((before, goal, episode.pcn_code, moment.recorded_at))
        return work.done(200, goal, episode, step, version, moment)

    return await work.finish(connection, asked, decide)


class _Work:
    """One goal under its episode's lock, with its steps."""

    def __init__(self, casework: Casework, goal_id: UUID, steps: list[Step]) -> None:
        self.casework = casework
        self.goal_id = goal_id
        self.steps = steps
        self.put_aside: list[tuple[Step, Goal, str, datetime]] = []

    def opened(self, asked: Timed) -> tuple[Goal, Episode, Moment]:
        """Give the goal, if the caller may work on it, and when it happened."""
        self.casework.acting.check_form(recorded_at=asked.recorded_at)
        goal, episode = self.casework.goal(self.goal_id)
        return goal, episode, self.casework.moment(asked, episode)

    def done(
        self, status: int, goal: Goal, episode: Episode, step: Step, version: int, moment: Moment
    ) -> Done:
        """Note what is to be stored and told, and answer."""
        event_id = new_id()
        event = goal_steps_changed(
            goal, episode, step, self.steps, event_id=event_id, version=version, moment=moment
        )
        self.casework.tell(episode, event, subject=f"goal/{goal.id}")
        self.casework.rows.append(step_row(step, goal, episode, moment))
        answer: dict[str, Any] = {
            "goal_id": goal.id,
            "referral_id": goal.referral_id,
            "episode_id": episode.id,
            "person_id": episode.person_id,
            "pcn_code": episode.pcn_code,
            "number": step.number,
            "what": step.what,
            "done_at": step.done_at,
            "steps": len(self.steps),
            "steps_done": sum(one.done for one in self.steps),
            "occurred_at": moment.occurred_at,
            "recorded_at": moment.recorded_at,
            "version": step.version,
            "event_id": event_id,
        }
        return Done(status, answer, step.version)

    async def finish(self, connection: Connection, asked: Any, decide: Any) -> Outcome:
        """Decide, store and tell."""
        (outcome,) = self.casework.decide([asked], decide)
        if self.casework.rows:
            await write_episodes(connection, list(self.casework.changed.values()))
            await store.write_steps(connection, self.casework.rows)
        for one in self.put_aside:
            await store.supersede_step(connection, *one)
        await self.casework.tell_all(connection, "goal.step")
        return outcome


async def _open(connection: Connection, acting: Acting, goal_id: UUID) -> _Work:
    casework = await open_goals(connection, acting, [goal_id])
    steps = await store.load_steps(connection, casework.goals)
    return _Work(casework, goal_id, steps.get(goal_id, []))
