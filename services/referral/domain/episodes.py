"""An episode of support and what is recorded on it: referrals, contacts and goals, in which order.

Promise    Nothing is recorded that the rules below do not allow, whichever door it came through;
           each fact takes the next version of its aggregate, without a gap.
Price      The caller has loaded and locked the aggregate before it asks.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Literal, TypeAlias
from uuid import UUID

from services.referral.domain.refusals import (
    EpisodeNotOpen,
    GoalEnded,
    NothingCorrected,
    OccurredInTheFuture,
    OccurredTooEarly,
    ReasonRequired,
    ReferralNotOpen,
    StatusCannotFollow,
)

ReferralStatus: TypeAlias = Literal["received", "accepted", "declined", "returned", "closed"]
GoalStatus: TypeAlias = Literal["set", "progressing", "met", "changed", "dropped"]

OPEN_STATUSES: Final[frozenset[ReferralStatus]] = frozenset({"received", "accepted"})
STATUS_FOLLOWS: Final[dict[ReferralStatus, frozenset[ReferralStatus]]] = {
    "received": frozenset({"accepted", "declined", "returned"}),
    "accepted": frozenset({"closed"}),
    "declined": frozenset({"closed"}),
    "returned": frozenset({"closed"}),
    "closed": frozenset(),
}
_GOAL_IN_PROGRESS: Final[frozenset[GoalStatus]] = frozenset(
    {"progressing", "met", "changed", "dropped"}
)
GOAL_FOLLOWS: Final[dict[GoalStatus, frozenset[GoalStatus]]] = {
    "set": _GOAL_IN_PROGRESS,
    "progressing": _GOAL_IN_PROGRESS,
    "changed": _GOAL_IN_PROGRESS,
    "met": frozenset(),
    "dropped": frozenset(),
}
CLOCK_LEEWAY_SECONDS: Final = 60  # two clocks may disagree this much before "now" is the future


@dataclass(slots=True)
class Referral:
    """One request for support, from received to closed."""

    id: UUID
    episode_id: UUID
    practice_code: str
    referrer_code: str
    status: ReferralStatus = "received"
    version: int = 1

    @property
    def is_open(self) -> bool:
        """Whether somebody is still meant to act on it."""
        return self.status in OPEN_STATUSES


@dataclass(frozen=True, slots=True)
class StatusChange:
    """A referral moved on; ``closed_episode`` when it was the last open one."""

    previous_status: ReferralStatus
    status: ReferralStatus
    closed_episode: bool
    aggregate_version: int


@dataclass(slots=True)
class Goal:
    """Something the person wants to reach, with its history as counted updates."""

    id: UUID
    episode_id: UUID
    referral_id: UUID
    practice_code: str
    status: GoalStatus = "set"
    update_count: int = 0
    version: int = 1


@dataclass(frozen=True, slots=True)
class GoalChange:
    """One counted update of a goal."""

    previous_status: GoalStatus
    status: GoalStatus
    update_number: int
    aggregate_version: int


@dataclass(slots=True)
class Episode:
    """The support one person receives: the aggregate under which everything else is ordered."""

    id: UUID
    person_id: UUID
    pcn_code: str
    opened_at: datetime
    worker_id: UUID | None = None
    open_referrals: int = 0
    contact_count: int = 0
    version: int = 0
    closed_at: datetime | None = None

    @property
    def is_open(self) -> bool:
        """Whether a new referral of this person would join it."""
        return self.closed_at is None

    def receive_referral(self) -> int:
        """A referral opened or joined this episode."""
        self.check_open()
        self.open_referrals += 1
        return self.next_version()

    def change_status(
        self, referral: Referral, status: ReferralStatus, occurred_at: datetime
    ) -> StatusChange:
        """Move a referral on; the last open one to end takes the episode with it."""
        previous = referral.status
        if status not in STATUS_FOLLOWS[previous]:
            raise StatusCannotFollow(
                f"A referral that is {previous} cannot become {status}.", "/status"
            )
        was_open = referral.is_open
        referral.status = status
        referral.version += 1
        closes = False
        if was_open and not referral.is_open:
            self.open_referrals -= 1
            closes = self.open_referrals == 0
            if closes:
                self.closed_at = max(occurred_at, self.opened_at)
        return StatusChange(previous, status, closes, self.next_version())

    def record_contact(self, referral: Referral, worker_id: UUID | None) -> tuple[int, int]:
        """Count a conversation; the first one by a worker makes the episode theirs.

        Answers the contact's number in the episode and the episode's version.
        """
        self._check_referral_open(referral)
        self.begin_with(worker_id)
        self.contact_count += 1
        return self.contact_count, self.next_version()

    def begin_with(self, worker_id: UUID | None) -> None:
        """Somebody spoke with the person: open support of nobody is the worker's from then on."""
        if self.is_open and self.worker_id is None:
            self.worker_id = worker_id

    def note_attempt(self, referral: Referral) -> int:
        """Somebody tried to speak with the person, who was not reached or not there."""
        self._check_referral_open(referral)
        return self.next_version()

    def set_goal(self, referral: Referral) -> int:
        """The person wants to reach something."""
        self._check_referral_open(referral)
        return self.next_version()

    def update_goal(self, goal: Goal, status: GoalStatus, *, corrects: bool = False) -> GoalChange:
        """Write down how a goal stands; a goal that was met or dropped has ended.

        One that ended by mistake goes on again where that ``corrects`` it.
        """
        self.check_open()
        previous = goal.status
        has_ended = not GOAL_FOLLOWS[previous]
        if corrects and not has_ended:
            raise NothingCorrected("This goal goes on as it is.", "/reason")
        if not (corrects and status == "progressing") and status not in GOAL_FOLLOWS[previous]:
            raise GoalEnded(f"This goal was {previous}; it cannot become {status}.", "/status")
        goal.status = status
        goal.update_count += 1
        goal.version += 1
        return GoalChange(previous, status, goal.update_count, self.next_version())

    def check_opened_by(self, worker_id: UUID | None, *, has_reason: bool) -> None:
        """Let a worker into an episode of nobody or their own; a colleague's takes a reason."""
        if self.worker_id is not None and self.worker_id != worker_id and not has_reason:
            raise ReasonRequired(
                "A colleague works with this person. Say why you open their record, "
                "in the header Waymark-Reason."
            )

    def check_began_before(self, occurred_at: datetime) -> None:
        """What is recorded of an episode happened after it began, to a minute."""
        if occurred_at < self.opened_at - timedelta(seconds=CLOCK_LEEWAY_SECONDS):
            raise OccurredTooEarly("This is before the referral was made.", "/occurred_at")

    def check_open(self) -> None:
        """Refuse what begins something new once the support has ended."""
        if not self.is_open:
            raise EpisodeNotOpen("This support has ended. A new referral begins a new one.")

    def _check_referral_open(self, referral: Referral) -> None:
        if not referral.is_open:
            raise ReferralNotOpen(f"This referral is {referral.status}.")

    def next_version(self) -> int:
        """The version of the next fact told of it; what tells one stores the episode with it."""
        self.version += 1
        return self.version


def check_happened(occurred_at: datetime, recorded_at: datetime) -> None:
    """Refuse what becomes known before it happens; the past is welcome."""
    if occurred_at > recorded_at + timedelta(seconds=CLOCK_LEEWAY_SECONDS):
        raise OccurredInTheFuture("This has not happened yet.", "/occurred_at")
