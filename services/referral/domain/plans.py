"""The plan: what matters to the person, agreed once and then reviewed; and when to look again.

Promise    Every version that was agreed stays. A review day is a day in England: it is due from
           nine in the morning, also across a change of the clocks.
Not here   The words themselves: no rule looks at them.
"""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Final, Literal, TypeAlias
from uuid import UUID

from services.referral.domain.calendar import LONDON
from services.referral.domain.refusals import Refused

ReviewKind: TypeAlias = Literal["plan", "goal"]

REVIEW_AHEAD_DAYS_MAX: Final = 1_830  # five years
REVIEW_DUE_HOUR: Final = 9


class ReviewDayUnlikely(Refused):
    """A day to look again that has passed, or lies further ahead than anybody plans."""

    name = "review-day-unlikely"


@dataclass(frozen=True, slots=True)
class Plan:
    """A plan as it was agreed; nothing of it before the first version."""

    episode_id: UUID
    version: int = 0
    what_matters: str | None = None
    support: str | None = None
    review_on: date | None = None

    def agree(self, what_matters: str, support: str | None, review_on: date | None) -> "Agreement":
        """Agree a plan, or look at it again; the words may stay as they are."""
        plan = Plan(self.episode_id, self.version + 1, what_matters, support, review_on)
        changed = (what_matters, support) != (self.what_matters, self.support)
        return Agreement(plan, first=self.version == 0, words_changed=changed)


@dataclass(frozen=True, slots=True)
class Agreement:
    """A new version of a plan, and whether it is the first and says something new."""

    plan: Plan
    first: bool
    words_changed: bool


@dataclass(frozen=True, slots=True)
class Review:
    """A day on which a plan, known by its episode, or a goal is to be looked at again."""

    about: UUID
    kind: ReviewKind
    episode_id: UUID
    referral_id: UUID
    practice_code: str
    review_on: date
    told_on: date | None = None
    """The day for which it was told, if it was."""

    def is_told(self) -> bool:
        """Whether it was told that its day came."""
        return self.told_on == self.review_on


def check_review_on(review_on: date | None, agreed_at: datetime) -> None:
    """Take a day after the agreement, within what people can plan."""
    if review_on is None:
        return
    agreed_on = agreed_at.astimezone(LONDON).date()
    if not agreed_on < review_on <= agreed_on + timedelta(days=REVIEW_AHEAD_DAYS_MAX):
        raise ReviewDayUnlikely("Look at it again on a later day, within five years.", "/review_on")


def due_at(review_on: date) -> datetime:
    """When a review of that day falls due."""
    return datetime.combine(review_on, time(REVIEW_DUE_HOUR), tzinfo=LONDON)
