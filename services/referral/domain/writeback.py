"""One thing a practice's record is to hold, from being asked for to being known to be there.

Promise    An item moves on by what its receiver says and by nothing else, and each step is told
           once, however often the item goes over. Silence fails nothing: it is tried again, later
           each time, and its age is shown.
Price      What went over unheard goes over again; the receiver knows it by its id.
Not here   Who the receiver is and how it is spoken to: ``gateways.receiver``.
"""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final, Literal, TypeAlias
from uuid import UUID

from services.referral.domain.refusals import Refused

Kind: TypeAlias = Literal["code", "message", "withdrawal"]
State: TypeAlias = Literal["requested", "sent", "acknowledged", "reconciled", "failed", "withdrawn"]
Failure: TypeAlias = Literal["person-not-known", "practice-not-known", "not-accepted", "other"]
Step: TypeAlias = Literal["requested", "sent", "acknowledged", "reconciled", "failed", "withdrawn"]

RETRY_FIRST_SECONDS: Final = 2
RETRY_MAX_SECONDS: Final = 900
ACKNOWLEDGED_WITHIN_SECONDS: Final = 60  # after that the acknowledgement counts as lost

_FOLLOWS: Final[dict[Step, frozenset[State]]] = {
    "requested": frozenset({"failed"}),
    "sent": frozenset({"requested"}),
    # An acknowledgement may overtake our note that the item was taken, and one that failed may
    # have been entered by hand.
    "acknowledged": frozenset({"requested", "sent", "failed"}),
    "reconciled": frozenset({"acknowledged"}),
    "failed": frozenset({"requested", "sent"}),
    "withdrawn": frozenset({"requested", "sent", "acknowledged", "reconciled", "failed"}),
}


class WritebackNotFailed(Refused):
    """The item goes its way by itself, or came to its end."""

    name = "writeback-not-failed"
    conflicts = True


@dataclass(slots=True)
class Item:
    """One item, changed under its own lock."""

    id: UUID
    kind: Kind
    code: str | None
    referral_id: UUID
    episode_id: UUID
    pcn_code: str
    practice_code: str
    state: State = "requested"
    attempts: int = 0
    version: int = 1
    withdraws: UUID | None = None

    @property
    def may_be_known(self) -> bool:
        """Whether the receiver may have heard of it."""
        return self.attempts > 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """What is handed over of one item."""

    id: UUID
    kind: Kind
    code: str | None
    withdraws: UUID | None
    practice_code: str
    occurred_at: datetime
    worker_id: UUID | None
    attempts: int
    nhs_number: str | None
    given_name: str
    family_name: str
    birth_date: date
    document: str | None
    content_hash: str | None


def take(item: Item, step: Step) -> bool:
    """Take a step if it is one from here; a step that was taken, or comes too late, is none."""
    if item.state not in _FOLLOWS[step]:
        return False
    item.state = step
    item.version += 1
    return True


def again_after(attempts: int) -> timedelta:
    """How long an item that went over in vain this often waits before it goes over again."""
    doublings = min(max(attempts - 1, 0), RETRY_MAX_SECONDS.bit_length())
    return timedelta(seconds=min(RETRY_FIRST_SECONDS << doublings, RETRY_MAX_SECONDS))


def heard_within(attempts: int) -> timedelta:
    """How long an acknowledgement may take before the item goes over again."""
    return max(timedelta(seconds=ACKNOWLEDGED_WITHIN_SECONDS), again_after(attempts))


@dataclass(frozen=True, slots=True)
class Gap:
    """Where a receiver's count of a practice and ours do not agree."""

    count: int
    """How many of ours it lacks; below zero, how many more it has."""
    since: datetime
    again_before: datetime
    """What went over before this is in doubt and goes over again: the gap appeared then, or grew."""

    @property
    def in_doubt(self) -> tuple[State, ...]:
        """What goes over again: where the receiver lacks something, what was reconciled as well."""
        return ("sent", "acknowledged", "reconciled") if self.count > 0 else ("acknowledged",)


def compare(
    ours: int, theirs: int, known: Gap | None, now: datetime, *, unheard: int = 0
) -> Gap | None:
    """Give the gap as it stands; one that only changes its size is as old as before.

    Of what went over unheard the receiver may have anything between nothing and all.
    """
    lacking = ours - theirs
    if -unheard <= lacking <= 0:
        return None
    if known is None:
        return Gap(lacking, now, now)
    return Gap(lacking, known.since, now if lacking > known.count else known.again_before)
