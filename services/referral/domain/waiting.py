"""Waiting for a first contact: who comes next and why, by when, and by which clock.

Promise    The order is explained: points of need, urgency, waiting, equity and being overdue, by
           weights that have a version. A point is a day waited, so whoever waits gains on
           everybody who came later with as much need, and the order changes only when a fact does.
           What the person waits never pauses; what the service counts pauses with a reason that
           the person may see.
Not here   Which days are worked: ``calendar``.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Final, Literal, TypeAlias
from uuid import UUID

from services.referral.domain.calendar import WORKING_DAYS_MAX, Calendar, end_of, local_date
from services.referral.domain.refusals import OccurredTooEarly, Refused

Urgency: TypeAlias = Literal["routine", "soon", "urgent"]
PauseReason: TypeAlias = Literal[
    "person-asked", "person-away", "person-unwell", "in-hospital", "other"
]

FIRST_CONTACT_WORKING_DAYS: Final = 10
PAUSES_MAX: Final = 20  # of one wait
LATE_AFTER_IMPORT: Final = timedelta(hours=1)
"""How long what an import tells may take to arrive before anything of it is late."""

PAUSE_WORDS: Final[Mapping[PauseReason, str]] = {
    "person-asked": "You asked us to wait.",
    "person-away": "You told us that you are away.",
    "person-unwell": "You are not well enough to talk to us yet.",
    "in-hospital": "You are in hospital.",
    "other": "We agreed with you to wait.",
}
"""What the person reads."""


class NotWaiting(Refused):
    """There was a first contact, or the support has ended."""

    name = "not-waiting"
    conflicts = True


class WaitAlreadyPaused(Refused):
    """The service's clock stands still already."""

    name = "wait-already-paused"
    conflicts = True


class WaitNotPaused(Refused):
    """The service's clock runs."""

    name = "wait-not-paused"
    conflicts = True


class TooManyPauses(Refused):
    """A wait that pauses again and again hides how long the person waits."""

    name = "too-many-pauses"
    conflicts = True


@dataclass(frozen=True, slots=True)
class Weights:
    """What counts for how many days of waiting."""

    version: str
    urgency: Mapping[Urgency, int]
    further_need: int
    further_needs_max: int
    deprivation: Mapping[int, int]
    deprivation_unknown: int
    overdue: int


WEIGHTS: Final = Weights(
    version="waiting-1",
    urgency={"routine": 0, "soon": 7, "urgent": 21},
    further_need=2,
    further_needs_max=4,
    deprivation={decile: 10 - decile for decile in range(1, 11)},
    # A person without a postcode is not taken to live in comfort.
    deprivation_unknown=5,
    overdue=5,
)


@dataclass(frozen=True, slots=True)
class Pressing:
    """What the referrals of one episode say together: the most urgent, the most needs."""

    urgency: Urgency
    needs: int

    def with_another(self, other: "Pressing") -> "Pressing":
        """Both at once."""
        more_urgent = other.urgency_points > self.urgency_points
        urgency = other.urgency if more_urgent else self.urgency
        return Pressing(urgency, max(self.needs, other.needs))

    @property
    def urgency_points(self) -> int:
        """The points of how urgent it is."""
        return WEIGHTS.urgency[self.urgency]

    @property
    def need_points(self) -> int:
        """The points of the needs beyond the first."""
        return WEIGHTS.further_need * min(self.needs - 1, WEIGHTS.further_needs_max)


@dataclass(frozen=True, slots=True)
class Pause:
    """The service's clock stood still from one moment to another."""

    id: UUID
    reason: PauseReason
    started_at: datetime
    ended_at: datetime | None = None

    def working_days(self, calendar: Calendar, until: datetime) -> int:
        """How many working days it took, or has taken until now."""
        end = until if self.ended_at is None else self.ended_at
        return calendar.between(local_date(self.started_at), local_date(end))


@dataclass(slots=True)
class Wait:
    """One episode that waits for its first contact, under the episode's lock."""

    episode_id: UUID
    referral_id: UUID
    pcn_code: str
    practice_code: str
    opened_at: datetime
    pressing: Pressing
    deprivation_decile: int | None
    target_days: int
    calendar_version: str
    due_on: date
    overdue: bool = False
    waits: bool = True
    paused_days: int = 0
    pauses: list[Pause] = field(default_factory=list[Pause])
    waiting_since: datetime | None = None
    """Since when the person waits, where that began before the episode did."""

    @property
    def since(self) -> datetime:
        """Since when the person waits, wherever that began."""
        return self.waiting_since or self.opened_at

    @property
    def due_at(self) -> datetime:
        """When the day it is due on is over."""
        return end_of(self.due_on)

    @property
    def paused(self) -> Pause | None:
        """The pause it is in."""
        return next((pause for pause in self.pauses if pause.ended_at is None), None)

    @property
    def points(self) -> Mapping[str, int]:
        """The parts of its place in the list, but for the days waited."""
        return {
            "need": self.pressing.need_points,
            "urgency": self.pressing.urgency_points,
            "equity": equity_points(self.deprivation_decile),
            "overdue": WEIGHTS.overdue if self.overdue else 0,
        }

    @property
    def as_if_since(self) -> datetime:
        """Since when it would have waited for its place without any points."""
        return self.since - timedelta(days=sum(self.points.values()))

    def began(self, since: datetime, pressing: Pressing) -> None:
        """Take over since when the person waits, and what presses, from all that is theirs."""
        self.waiting_since = since if since < self.opened_at else None
        self.pressing = pressing

    def pause(self, pause: Pause) -> None:
        """Stop the service's clock; what it was overdue by stays."""
        self._check_waits()
        if self.paused is not None:
            raise WaitAlreadyPaused("This wait is paused already. End that pause first.")
        if len(self.pauses) >= PAUSES_MAX:
            raise TooManyPauses(f"A wait pauses {PAUSES_MAX} times at most.")
        earliest = max([self.opened_at, *(one.ended_at or one.started_at for one in self.pauses)])
        if pause.started_at < earliest:
            raise OccurredTooEarly(
                "This is before the wait or its last pause ended.", "/occurred_at"
            )
        self.pauses.append(pause)

    def resume_from(self, pause_id: UUID, at: datetime, calendar: Calendar) -> Pause:
        """End a pause, so that the service's clock goes on; give it with its end."""
        self._check_waits()
        paused = self.paused
        if paused is None or paused.id != pause_id:
            raise WaitNotPaused("This pause has ended already.")
        if at < paused.started_at:
            raise OccurredTooEarly("This is before the pause began.", "/occurred_at")
        ended = Pause(paused.id, paused.reason, paused.started_at, at)
        self.pauses = [ended if one.id == paused.id else one for one in self.pauses]
        self.count(calendar, at)
        return ended

    def count(self, calendar: Calendar, now: datetime) -> None:
        """Count its deadline by this calendar; one that moved on is no longer overdue."""
        ended = [pause for pause in self.pauses if pause.ended_at is not None]
        self.paused_days = sum(pause.working_days(calendar, now) for pause in ended)
        self.due_on = calendar.after(
            local_date(self.opened_at), self.target_days + self.paused_days
        )
        self.calendar_version = calendar.version
        self.overdue = self.overdue and self.due_at <= now

    def is_overdue_at(self, now: datetime) -> bool:
        """Whether its day has passed without a contact or a pause."""
        return self.waits and self.paused is None and self.due_at <= now

    def _check_waits(self) -> None:
        if not self.waits:
            raise NotWaiting("Nobody waits here: there was a contact, or the support has ended.")


@dataclass(slots=True)
class WaitingRules:
    """What a network said of its waiting; its version counts the changes."""

    pcn_code: str
    id: UUID | None = None
    target_days: int = FIRST_CONTACT_WORKING_DAYS
    calendar: Calendar = field(default_factory=Calendar)
    version: int = 0
    changed_at: datetime | None = None

    def set_target(self, working_days: int) -> None:
        """Mean to speak with somebody first within so many days, from now on."""
        self.target_days = working_days
        self.version += 1

    def close_on(self, day: date) -> bool:
        """Not work on a day; say whether that is new."""
        self.calendar.check_closure(day)
        return self._recount(self.calendar.closures | {day})

    def open_on(self, day: date) -> bool:
        """Work on a day; say whether that is new."""
        return self._recount(self.calendar.closures - {day})

    def _recount(self, closures: frozenset[date]) -> bool:
        if closures == self.calendar.closures:
            return False
        self.calendar = Calendar(self.calendar.number + 1, closures)
        self.version += 1
        return True


@dataclass(frozen=True, slots=True)
class Clocks:
    """One wait by both clocks."""

    person_days: int
    """Whole days since the support was asked for, which is what the person feels."""
    service_working_days: int
    """Working days without those paused, which is what the target counts."""
    paused_working_days: int


def clocks(
    opened_at: datetime,
    until: datetime,
    pauses: Sequence[Pause],
    calendar: Calendar,
    *,
    since: datetime | None = None,
) -> Clocks:
    """Read both clocks at a moment: now, or when there was a first contact.

    The person's runs ``since`` they first waited, the service's since it knows of them.
    """
    began = [pause for pause in pauses if pause.started_at < until]
    cut = [
        Pause(one.id, one.reason, one.started_at, min(one.ended_at or until, until))
        for one in began
    ]
    paused = sum(pause.working_days(calendar, until) for pause in cut)
    worked = calendar.between(local_date(opened_at), local_date(until))
    return Clocks(max((until - (since or opened_at)).days, 0), worked - paused, paused)


def begin(
    *,
    episode_id: UUID,
    referral_id: UUID,
    pcn_code: str,
    practice_code: str,
    opened_at: datetime,
    pressing: Pressing,
    deprivation_decile: int | None,
    target_days: int,
    calendar: Calendar,
) -> Wait:
    """An episode opened: its first contact is due so many working days on."""
    return Wait(
        episode_id=episode_id,
        referral_id=referral_id,
        pcn_code=pcn_code,
        practice_code=practice_code,
        opened_at=opened_at,
        pressing=pressing,
        deprivation_decile=deprivation_decile,
        target_days=min(target_days, WORKING_DAYS_MAX),
        calendar_version=calendar.version,
        due_on=calendar.after(local_date(opened_at), target_days),
    )


def equity_points(deprivation_decile: int | None) -> int:
    """The points of where the person lives."""
    if deprivation_decile is None:
        return WEIGHTS.deprivation_unknown
    return WEIGHTS.deprivation[deprivation_decile]
