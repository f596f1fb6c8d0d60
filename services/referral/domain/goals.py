"""What is agreed of a goal, and the steps towards it.

Promise    A goal says how one will know and by when, and what changed of that is named. A goal
           that was met or dropped takes no further steps.
"""

from dataclasses import dataclass, fields
from datetime import date, datetime
from typing import Final
from uuid import UUID

from services.referral.domain.episodes import GOAL_FOLLOWS, Episode, Goal
from services.referral.domain.refusals import GoalEnded, Refused

STEPS_MAX: Final = 30  # of one goal; more is another goal


class TooManySteps(Refused):
    """A goal with more steps than anybody can hold in mind."""

    name = "too-many-steps"
    conflicts = True


class StepStandsSo(Refused):
    """The step is done, or not done, already."""

    name = "step-stands-so"
    conflicts = True


@dataclass(frozen=True, slots=True)
class GoalTerms:
    """What is agreed of a goal."""

    need: str | None = None
    description: str | None = None
    measure: str | None = None
    target_date: date | None = None
    review_on: date | None = None

    def differing(self, other: "GoalTerms") -> list[str]:
        """Name what is different, as it is told."""
        return [
            _TOLD_AS.get(one.name, one.name)
            for one in fields(self)
            if getattr(self, one.name) != getattr(other, one.name)
        ]


_TOLD_AS: Final = {"target_date": "target-date", "review_on": "review-date"}


@dataclass(slots=True)
class Step:
    """One step towards a goal, in their order."""

    goal_id: UUID
    number: int
    what: str
    done_at: datetime | None = None
    version: int = 1

    @property
    def done(self) -> bool:
        """Whether it has been taken."""
        return self.done_at is not None


def first_steps(goal_id: UUID, said: list[str]) -> list[Step]:
    """The steps a goal begins with."""
    return [Step(goal_id, number, what) for number, what in enumerate(said, start=1)]


def add_step(episode: Episode, goal: Goal, steps: list[Step], what: str) -> tuple[Step, int]:
    """Put one more step at the end; answers it and the episode's version."""
    _check_goes_on(episode, goal)
    if len(steps) >= STEPS_MAX:
        raise TooManySteps(f"A goal has at most {STEPS_MAX} steps. Set another goal.")
    step = Step(goal.id, len(steps) + 1, what)
    steps.append(step)
    return step, episode.next_version()


def mark_step(
    episode: Episode, goal: Goal, step: Step, *, what: str | None, done: bool, at: datetime
) -> int:
    """Say whether a step is done, or what it is; answers the episode's version."""
    _check_goes_on(episode, goal)
    if done == step.done and what in {None, step.what}:
        raise StepStandsSo("This step stands so already.", "/done")
    if done != step.done:
        step.done_at = at if done else None
    step.what = what or step.what
    step.version += 1
    return episode.next_version()


def _check_goes_on(episode: Episode, goal: Goal) -> None:
    episode.check_open()
    if not GOAL_FOLLOWS[goal.status]:
        raise GoalEnded(f"This goal was {goal.status}; it takes no more steps.")
