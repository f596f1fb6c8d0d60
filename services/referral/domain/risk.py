"""Risk flags: what whoever goes to see a person must know first, and by when it is looked at again.

Promise    A flag has a kind, an author and a day by which somebody reviews it; it stands until
           somebody ends it and says why. Time alone never ends one.
Price      A flag nobody reviews stays in sight and on its network's list of overdue reviews.
Not here   Alarms, which are about danger now: ``domain.safety``.
"""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Final, Literal, TypeAlias
from uuid import UUID
from zoneinfo import ZoneInfo

from services.referral.domain.episodes import CLOCK_LEEWAY_SECONDS
from services.referral.domain.refusals import Refused

RiskKind: TypeAlias = Literal[
    "violence",
    "threats",
    "others-at-address",
    "animal",
    "weapon",
    "substance-use",
    "unsafe-premises",
    "infection",
    "self-harm",
    "neglect",
    "exploitation",
    "falls",
    "do-not-visit-alone",
    "other",
]
RiskGroup: TypeAlias = Literal["to-workers", "to-the-person", "surroundings", "other"]

GROUPS: Final[dict[RiskKind, RiskGroup]] = {
    "violence": "to-workers",
    "threats": "to-workers",
    "others-at-address": "to-workers",
    "weapon": "to-workers",
    "substance-use": "to-workers",
    "do-not-visit-alone": "to-workers",
    "animal": "surroundings",
    "unsafe-premises": "surroundings",
    "infection": "surroundings",
    "self-harm": "to-the-person",
    "neglect": "to-the-person",
    "exploitation": "to-the-person",
    "falls": "to-the-person",
    "other": "other",
}
REVIEW_DAYS_MAX: Final = 366
LONDON: Final = ZoneInfo("Europe/London")


class RiskFlagStands(Refused):
    """The person has a flag of this kind already."""

    name = "risk-flag-stands"
    conflicts = True


class RiskFlagEnded(Refused):
    """The flag was ended."""

    name = "risk-flag-ended"
    conflicts = True


class ReviewDayUnfit(Refused):
    """The day of the review has passed already, or is too far away."""

    name = "review-day-unfit"


class BeforeRiskFlag(Refused):
    """Nobody looks at a flag again, or ends it, before it was raised."""

    name = "before-risk-flag"


@dataclass(slots=True, kw_only=True)
class RiskFlag:
    """One thing to know before going to see a person."""

    id: UUID
    person_id: UUID
    pcn_code: str
    kind: RiskKind
    raised_by: UUID | None
    raised_at: datetime
    review_by: date
    reviewed_at: datetime | None = None
    ended_at: datetime | None = None
    end_reason: str | None = None
    version: int = 1

    @property
    def group(self) -> RiskGroup:
        """What is told of it: to whom the risk is, and no more."""
        return GROUPS[self.kind]

    def review(self, review_by: date, at: datetime) -> None:
        """Somebody looked at it again, and it stands."""
        self._check_stands(at)
        check_review_day(review_by, at)
        self.review_by = review_by
        self.reviewed_at = at
        self.version += 1

    def end(self, reason: str, at: datetime) -> None:
        """It does not hold any more."""
        self._check_stands(at)
        self.ended_at = at
        self.end_reason = reason
        self.version += 1

    def is_overdue(self, at: datetime) -> bool:
        """Whether its review is overdue."""
        return self.ended_at is None and at >= overdue_from(self.review_by)

    def _check_stands(self, at: datetime) -> None:
        if self.ended_at is not None:
            raise RiskFlagEnded("This flag was ended. Raise another if it holds again.")
        if at < self.raised_at - timedelta(seconds=CLOCK_LEEWAY_SECONDS):
            raise BeforeRiskFlag("This is before the flag was raised.", "/occurred_at")


def check_review_day(review_by: date, at: datetime) -> None:
    """Refuse a review in the past, or one that nobody will remember."""
    today = at.astimezone(LONDON).date()
    if not today <= review_by <= today + timedelta(days=REVIEW_DAYS_MAX):
        raise ReviewDayUnfit("Name a day within a year from when this was said.", "/review_by")


def overdue_from(review_by: date) -> datetime:
    """When a review that was not done is overdue: as its day ends in England."""
    return datetime.combine(review_by + timedelta(days=1), time(), LONDON).astimezone(UTC)
