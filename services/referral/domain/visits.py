"""A home visit: planned, under way from check-in to check-out, or cancelled.

Promise    Whoever has checked in is expected back at a stated time, and somebody is alarmed once
           it has passed; only checking out, or asking for longer, moves that time. A visit that
           nobody began in time is told once and listed, and is an alarm where the person has a
           flag that warns those who go there.
Price      A worker who began late is listed until they check in or call it off.
Not here   The address, which is the person's record's; raising the alarm: ``domain.safety``.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Literal, TypeAlias
from uuid import UUID

from services.referral.domain.episodes import CLOCK_LEEWAY_SECONDS
from services.referral.domain.refusals import OccurredTooEarly, Refused

VisitStatus: TypeAlias = Literal["planned", "under-way", "ended", "cancelled"]

GRACE_MINUTES: Final = 15  # between the end that was expected and the alarm
BEGIN_ALLOWANCE_MINUTES: Final = 30  # a bus that was missed is not yet a visit that was
PLANNED_AHEAD_DAYS_MAX: Final = 366
PLANNED_BEFORE_HOURS_MAX: Final = 24  # a visit written down on the way, or the same evening


class VisitCannotFollow(Refused):
    """The visit's life does not go from where it stands to where it was asked to go."""

    name = "visit-cannot-follow"
    conflicts = True


class VisitTimeUnlikely(Refused):
    """A plan that lies long past or further ahead than anybody plans."""

    name = "visit-time-unlikely"


@dataclass(frozen=True, slots=True)
class VisitChange:
    """A visit moved on."""

    previous_status: VisitStatus
    status: VisitStatus


@dataclass(slots=True)
class Visit:
    """One visit to a person at home, and the worker who goes."""

    id: UUID
    episode_id: UUID
    referral_id: UUID
    practice_code: str
    worker_id: UUID
    planned_for: datetime
    expected_minutes: int
    status: VisitStatus = "planned"
    checked_in_at: datetime | None = None
    due_back_at: datetime | None = None
    """While under way: when somebody is alarmed."""
    checked_out_at: datetime | None = None
    begin_by: datetime | None = None
    """While planned: when it is listed as not begun. Old rows have none."""
    late_told: bool = False
    """Whether it was told that nobody began it."""
    version: int = 1

    def check_in(self, at: datetime) -> VisitChange:
        """The worker is at the door; from now on they are expected back."""
        change = self._move("under-way", "planned")
        self.checked_in_at = at
        self.due_back_at = at + timedelta(minutes=self.expected_minutes + GRACE_MINUTES)
        return change

    def extend(self, minutes: int, at: datetime) -> VisitChange:
        """It takes longer: expected back so many minutes from now, and never sooner than before."""
        self._check_after_check_in(at)
        change = self._move("under-way", "under-way")
        later = at + timedelta(minutes=minutes + GRACE_MINUTES)
        self.due_back_at = max(later, self.due_back_at or later)
        return change

    def check_out(self, at: datetime) -> VisitChange:
        """The worker has left and is safe."""
        self._check_after_check_in(at)
        change = self._move("ended", "under-way")
        self.checked_out_at = at
        self.due_back_at = None
        return change

    def cancel(self) -> VisitChange:
        """The visit does not take place."""
        return self._move("cancelled", "planned")

    def is_overdue(self, now: datetime) -> bool:
        """Whether the worker should have checked out by now."""
        return self.due_back_at is not None and self.due_back_at <= now

    def is_not_begun(self, now: datetime) -> bool:
        """Whether somebody should have checked in at the door by now."""
        return self.status == "planned" and self.begin_by is not None and self.begin_by <= now

    def _check_after_check_in(self, at: datetime) -> None:
        leeway = timedelta(seconds=CLOCK_LEEWAY_SECONDS)
        if self.checked_in_at is not None and at < self.checked_in_at - leeway:
            raise OccurredTooEarly("This is before the visit began.", "/occurred_at")

    def _move(self, status: VisitStatus, expected: VisitStatus) -> VisitChange:
        previous = self.status
        if previous != expected:
            raise VisitCannotFollow(f"This visit is {previous}; it cannot become {status}.")
        self.status = status
        self.version += 1
        return VisitChange(previous, status)


def begin_by(planned_for: datetime, recorded_at: datetime) -> datetime:
    """When a visit is late to begin: some time after it was to, or after it was written down."""
    return max(planned_for, recorded_at) + timedelta(minutes=BEGIN_ALLOWANCE_MINUTES)


def is_alarming(risk_groups: Iterable[str]) -> bool:
    """Whether a visit that nobody began is an alarm: where somebody warned those who go there."""
    return "to-workers" in risk_groups


def check_planned_for(planned_for: datetime, now: datetime) -> None:
    """Take plans for the days to come, and for one that is only being written down."""
    earliest = now - timedelta(hours=PLANNED_BEFORE_HOURS_MAX)
    if not earliest <= planned_for <= now + timedelta(days=PLANNED_AHEAD_DAYS_MAX):
        raise VisitTimeUnlikely(
            "A visit is planned for the coming year. One that has been is recorded as a contact.",
            "/planned_for",
        )
