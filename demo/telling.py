"""What a story consists of: a person, a referral, what was done, and how it ended."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Final

from demo.people import SyntheticPerson
from demo.region import Practice
from demo.steps import Step

CLOSINGS: Final[Mapping[str, tuple[str, str]]] = {
    "declined": ("declined", "not-wanted"),
    "unreachable": ("returned", "not-reached"),
    "withdrawn": ("closed", "withdrawn"),
    "completed": ("closed", "support-complete"),
}
"""By how a story ends: the status and reason a list from an older system says it with."""


@dataclass(frozen=True, slots=True)
class ContactStep:
    """One conversation with the person, or why there was none."""

    at: datetime
    mode: str
    minutes: int | None
    outcome: str = "made"
    missed_reason: str | None = None
    with_role: str | None = None
    understanding: str | None = None


@dataclass(frozen=True, slots=True)
class GoalStep:
    """One goal: when it was set, and each later status with its time."""

    at: datetime
    need: str
    target: date
    updates: tuple[tuple[datetime, str], ...]
    steps: tuple[str, ...] = ()
    """The first steps towards it, in the person's words."""


@dataclass(frozen=True, slots=True)
class Story:
    """One referral from the day it was made to where it stands today."""

    reference: str
    practice: Practice
    person: SyntheticPerson
    referred_at: datetime
    route: str
    needs: tuple[str, ...]
    urgency: str
    messages_consented: bool
    role: str
    contacts: tuple[ContactStep, ...] = ()
    goals: tuple[GoalStep, ...] = ()
    ending: tuple[datetime, str] | None = None
    """When and how the referral ended: one of ``CLOSINGS``."""
    in_full: bool = False
    """Whether it is told with everything casework knows."""
    joins: bool = False
    """A second door: it joins support that goes on, and shares what becomes of that."""
    steps: tuple[Step, ...] = field(default=())
    """What is told of it one by one, in the order in which it is told."""

    @property
    def made(self) -> tuple[ContactStep, ...]:
        """The contacts that came about."""
        return tuple(one for one in self.contacts if one.outcome == "made")

    def holds(self, what: str) -> bool:
        """Whether something of this kind is told of it."""
        return any(step.what == what for step in self.steps)

    @property
    def last_moment(self) -> datetime:
        """The latest moment at which anything is told of it."""
        moments = [self.referred_at, *(contact.at for contact in self.contacts)]
        moments += [at for goal in self.goals for at in (goal.at, *(at for at, _ in goal.updates))]
        moments += [step.at for step in self.steps]
        if self.ending:
            moments.append(self.ending[0])
        return max(moments)
