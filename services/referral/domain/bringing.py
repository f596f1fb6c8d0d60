"""What goes along when support goes on in another network, and what comes back with a return.

Promise    A risk flag goes along whatever the person agreed to: whoever travels must be safe from
           the first minute. Plan, goals and baselines go along only where the person agreed. What
           was brought and changed there is brought back to where it came from, never doubled.
Price      Where a flag of the same kind stands there, that one goes on, with what was said of both.
Not here   Notes and contacts, which stay where they were told. Why each: decision record 0013.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final, Literal, TypeAlias
from uuid import UUID

from services.referral.domain.consent import SharingConsent
from services.referral.domain.risk import RiskFlag, RiskKind

Fate: TypeAlias = Literal["bring", "join", "review", "end", "leave"]

RECORD: Final = frozenset({"plan", "goals", "measures"})
DIRECT_CARE: Final = "direct-care"
NOTE_LENGTH_MAX: Final = 4_000


@dataclass(frozen=True, slots=True)
class FlagThere:
    """A flag of the network that gives, and the one that stands for it in the one that takes."""

    id: UUID
    kind: RiskKind
    note: str | None
    raised_by: UUID | None
    raised_at: datetime
    review_by: date
    reviewed_at: datetime | None
    ended_at: datetime | None
    end_reason: str | None
    review_note: str | None
    counterpart_id: UUID | None


def fate_of(there: FlagThere, counterpart: RiskFlag | None, *, same_kind: bool) -> Fate:
    """What becomes of a flag in the network that takes; ``counterpart`` stands."""
    if counterpart is not None:
        if there.ended_at is not None:
            return "end"
        newer = there.reviewed_at is not None and (
            counterpart.reviewed_at is None or there.reviewed_at > counterpart.reviewed_at
        )
        return "review" if newer else "leave"
    if there.ended_at is not None:
        return "leave"
    return "join" if same_kind else "bring"


def join(flag: RiskFlag, there: FlagThere) -> None:
    """Let one flag stand for both of a kind; the earlier day to look again counts."""
    flag.review_by = min(flag.review_by, there.review_by)
    flag.version += 1


def take_review(flag: RiskFlag, there: FlagThere) -> None:
    """Take over that somebody of the other network looked again."""
    flag.review_by = there.review_by
    flag.reviewed_at = there.reviewed_at
    flag.version += 1


def both_notes(own: str | None, theirs: str | None) -> str | None:
    """What was said of two flags of one kind, each once."""
    if not theirs or (own and theirs in own):
        return own
    return theirs if not own else f"{own}\n{theirs}"[:NOTE_LENGTH_MAX]


def what_goes(permitted: Collection[str]) -> frozenset[str]:
    """Which parts of the record go along: those a standing consent names."""
    return RECORD.intersection(permitted)


def follow(ours: SharingConsent, theirs: SharingConsent, at: datetime) -> str | None:
    """Take back here what was taken back there; the name of the step, None where nothing was."""
    if not ours.permits(at):
        return None
    if not theirs.permits(at):
        ours.revoke(at)
        return "revoked"
    scope = ours.scope & theirs.scope
    ends = [day for day in (ours.expires_on, theirs.expires_on) if day is not None]
    last_day = min(ends) if ends else None
    if (scope, last_day) == (ours.scope, ours.expires_on):
        return None
    if not scope:
        ours.revoke(at)
        return "revoked"
    ours.narrow(scope, last_day, at)
    return "narrowed"
