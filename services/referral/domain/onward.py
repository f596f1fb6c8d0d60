"""An onward referral: a person sent on to a listing, until it is known what became of it.

Promise    At every moment one party has the next move, or there is one ending, and never both.
           How it stands is the fold of its facts in the order in which they became known.
           Silence is counted and shown; it moves the ball and ends nothing.
Price      A listing that never answers leaves its onward referrals open, in a list with their ages.
Not here   When a nudge is due: ``domain.ladders``. Storage, events and HTTP.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Final, Literal, TypeAlias, get_args
from uuid import UUID
from zoneinfo import ZoneInfo

from services.referral.domain.episodes import CLOCK_LEEWAY_SECONDS, Referral
from services.referral.domain.refusals import OccurredTooEarly, ReferralNotOpen, Refused

Party: TypeAlias = Literal["worker", "provider", "person"]
Stage: TypeAlias = Literal["draft", "sent", "accepted", "waiting", "started"]
Ending: TypeAlias = Literal[
    "attended", "refused-by-provider", "declined-by-person", "unreachable", "withdrawn"
]
Step: TypeAlias = Literal[
    "drafted",
    "sent",
    "accepted",
    "full-until",
    "refused",
    "started",
    "attended",
    "did-not-come",
    "could-not-reach",
    "passed-on",
    "declined",
    "unreachable",
    "withdrawn",
    "nudged",
    "listing-gone",
    "listing-back",
]
STAGES: Final[tuple[Stage, ...]] = get_args(Stage)
ENDINGS: Final[tuple[Ending, ...]] = get_args(Ending)
FULL_AHEAD_DAYS_MAX: Final = 366
LONDON: Final = ZoneInfo("Europe/London")
ENTERED_IN_ERROR: Final = "entered-in-error"
# What a provider may know of who is sent to it, and for what, where a consent says so.
PURPOSE: Final = "onward-referral"
SHARED: Final = frozenset({"contact-details"})

_SENT: Final[frozenset[Stage]] = frozenset({"sent", "accepted", "waiting", "started"})
# From where each step may be taken. Nobody is asked to take three steps to say one thing: a
# listing that first answers when the person has come says "attended" and nothing before it.
TAKEN_FROM: Final[dict[Step, frozenset[Stage]]] = {
    "drafted": frozenset(),
    "sent": frozenset({"draft"}),
    "accepted": frozenset({"sent", "waiting"}),
    "full-until": frozenset({"sent", "accepted", "waiting"}),
    "refused": _SENT,
    "started": frozenset({"sent", "accepted", "waiting"}),
    "attended": _SENT,
    "did-not-come": frozenset({"sent", "accepted", "started"}),
    "could-not-reach": _SENT,
    "passed-on": _SENT,
    "declined": frozenset(STAGES),
    "unreachable": _SENT,
    "withdrawn": frozenset(STAGES),
    "nudged": frozenset(STAGES),
    "listing-gone": frozenset(STAGES),
    "listing-back": frozenset(STAGES),
}
_LEADS_TO: Final[dict[Step, tuple[Stage, Party]]] = {
    "drafted": ("draft", "worker"),
    "sent": ("sent", "provider"),
    "accepted": ("accepted", "person"),
    "full-until": ("waiting", "provider"),
    "started": ("started", "person"),
}
_ENDS_AS: Final[dict[Step, Ending]] = {
    "refused": "refused-by-provider",
    "attended": "attended",
    "declined": "declined-by-person",
    "unreachable": "unreachable",
    "withdrawn": "withdrawn",
}
# What counts as word from the listing or the person: it ends their silence.
_WORD: Final[frozenset[Step]] = frozenset(
    {"accepted", "full-until", "started", "did-not-come", "could-not-reach"}
)


# Whose word each step can be. A worker enters what others told them, as the word of who told it.
MAY_TELL: Final[dict[Step, tuple[Party, ...]]] = {
    "drafted": ("worker",),
    "sent": ("worker",),
    "accepted": ("provider",),
    "full-until": ("provider",),
    "refused": ("provider",),
    "started": ("provider", "person", "worker"),
    "attended": ("provider", "person", "worker"),
    "did-not-come": ("provider",),
    "could-not-reach": ("provider",),
    "passed-on": ("worker",),
    "declined": ("person",),
    "unreachable": ("worker",),
    "withdrawn": ("worker",),
    "nudged": (),
    "listing-gone": (),
    "listing-back": (),
}


class NotTheirsToSay(Refused):
    """Somebody else's word is needed for this step."""

    name = "not-theirs-to-say"


class OnwardReferralEnded(Refused):
    """What became of it is known already."""

    name = "onward-referral-ended"
    conflicts = True


class OnwardStepCannotFollow(Refused):
    """From where the onward referral stands, this step is not possible."""

    name = "onward-step-cannot-follow"
    conflicts = True


class SilenceIsNoEnding(Refused):
    """Nobody answered, which says nothing of the person."""

    name = "silence-is-no-ending"
    conflicts = True


class FullUntilUnlikely(Refused):
    """The day until which a listing is full has passed, or lies further ahead than anybody waits."""

    name = "full-until-unlikely"


class ListingNotKnown(Refused):
    """The directory has told of no such listing."""

    name = "listing-not-known"


class ListingIsWithdrawn(Refused):
    """The listing cannot be found any more, so nobody is sent there."""

    name = "listing-withdrawn"
    conflicts = True


@dataclass(frozen=True, slots=True)
class Fact:
    """One thing that became known of an onward referral."""

    step: Step
    occurred_at: datetime
    told_by: Party | None = None
    """Whose word it is; None where time or the directory spoke."""
    reason: str | None = None
    full_until: date | None = None
    passed_to: Party | None = None
    """Who has the ball after ``passed-on``, and after a nudge that moved it."""


@dataclass(frozen=True, slots=True)
class Held:
    """Open: ``holder`` has the next move, since ``since``."""

    stage: Stage
    holder: Party
    since: datetime
    nudges: int = 0
    """How many fell due since the ball came to its holder."""
    silent: Party | None = None
    """Whose silence let a nudge fall due, until they are heard of."""
    unreached: bool = False
    """Whether the listing said that it could not reach the person, or that they did not come."""
    full_until: date | None = None
    listing_gone: bool = False


@dataclass(frozen=True, slots=True)
class Ended:
    """Closed: it is known what became of it."""

    ending: Ending
    reason: str | None
    at: datetime
    stage: Stage
    """Where it stood before."""

    @property
    def was_an_error(self) -> bool:
        """Whether it never was what it says."""
        return self.ending == "withdrawn" and self.reason == ENTERED_IN_ERROR


Standing: TypeAlias = Held | Ended


@dataclass(slots=True)
class OnwardReferral:
    """One person sent on to one listing; changed under the lock of its episode."""

    id: UUID
    referral_id: UUID
    episode_id: UUID
    person_id: UUID
    pcn_code: str
    practice_code: str
    listing_id: UUID
    organization_id: UUID
    need: str
    shares_contact: bool
    standing: Standing
    drafted_at: datetime
    sent_at: datetime | None = None
    version: int = 1

    @property
    def is_open(self) -> bool:
        """Whether somebody has the next move."""
        return isinstance(self.standing, Held)

    def check(self, fact: Fact) -> None:
        """Refuse a step that the rules do not allow."""
        check_follows(self.standing, fact)
        earliest = (self.sent_at or self.drafted_at) - timedelta(seconds=CLOCK_LEEWAY_SECONDS)
        if fact.occurred_at < earliest:
            raise OccurredTooEarly("This is before the onward referral was made.", "/occurred_at")

    def take(self, fact: Fact) -> Standing:
        """Take one step if the rules allow it."""
        self.check(fact)
        self.standing = follow(self.standing, fact)
        if fact.step == "sent":
            self.sent_at = fact.occurred_at
        self.version += 1
        return self.standing


def check_may_begin(referral: Referral) -> None:
    """Nobody is sent on from a referral that nobody works on any more."""
    if not referral.is_open:
        raise ReferralNotOpen(f"This referral is {referral.status}.")


def check_follows(standing: Standing, fact: Fact) -> None:
    """Refuse what cannot come next; nothing is changed by a refusal."""
    may_tell = MAY_TELL[fact.step]
    if may_tell and fact.told_by not in may_tell:
        raise NotTheirsToSay(f"This is the word of the {' or the '.join(may_tell)}.", "/told_by")
    if isinstance(standing, Ended):
        # What was entered by mistake can be taken back, whatever it came to.
        is_error = fact.step == "withdrawn" and fact.reason == ENTERED_IN_ERROR
        if is_error and not standing.was_an_error:
            return
        raise OnwardReferralEnded(f"This onward referral has ended: {standing.ending}.")
    if standing.stage not in TAKEN_FROM[fact.step]:
        raise OnwardStepCannotFollow(
            f"An onward referral that is {standing.stage} cannot take the step {fact.step}.",
            "/step",
        )
    if fact.step == "full-until":
        _check_full_until(fact)
    # Else the listing's silence could be booked as the person's.
    if fact.step == "unreachable" and is_with_the_listing(standing) and not standing.unreached:
        raise SilenceIsNoEnding(
            "The listing has not said that it tried to reach the person. Ask it again, or "
            "enter what it told you.",
            "/step",
        )


def is_with_the_listing(standing: Held) -> bool:
    """Whether it is the listing that has yet to be heard of."""
    return standing.stage in {"sent", "waiting"} or "provider" in {standing.holder, standing.silent}


def _check_full_until(fact: Fact) -> None:
    """Refuse a day that has passed, or one so far ahead that it only parks the person."""
    said_on = fact.occurred_at.astimezone(LONDON).date()
    last = said_on + timedelta(days=FULL_AHEAD_DAYS_MAX)
    if fact.full_until is not None and not said_on < fact.full_until <= last:
        raise FullUntilUnlikely(
            "Name a day within a year from when this was said. A listing that has no place for "
            "longer refuses.",
            "/full_until",
        )


def begin(fact: Fact) -> Held:
    """Give how an onward referral stands after its first fact: drafted, or sent at once."""
    if fact.step not in {"drafted", "sent"}:
        raise OnwardStepCannotFollow("An onward referral begins by being written.", "/step")
    stage, holder = _LEADS_TO[fact.step]
    return Held(stage, holder, fact.occurred_at)


def follow(standing: Standing, fact: Fact) -> Standing:
    """Give how it stands after one more fact; ``check_follows`` has let the fact in."""
    if fact.step in _ENDS_AS:
        return Ended(_ENDS_AS[fact.step], fact.reason, fact.occurred_at, standing.stage)
    if isinstance(standing, Ended):
        raise OnwardReferralEnded(f"This onward referral has ended: {standing.ending}.")
    heard = replace(standing, silent=None) if fact.step in _WORD else standing
    if fact.step in {"sent", "listing-back"} or fact.told_by == "provider":
        heard = replace(heard, listing_gone=False)
    if fact.step in _LEADS_TO:
        stage, holder = _LEADS_TO[fact.step]
        full_until = fact.full_until or heard.full_until
        return _passed(
            replace(heard, stage=stage, full_until=full_until, unreached=False), holder, fact
        )
    if fact.step == "did-not-come":
        # Who was waited for had been taken.
        stage = "accepted" if heard.stage == "sent" else heard.stage
        return _passed(replace(heard, stage=stage, unreached=True), "worker", fact)
    if fact.step == "could-not-reach":
        return _passed(replace(heard, unreached=True), "worker", fact)
    if fact.step == "listing-gone":
        return _passed(replace(heard, listing_gone=True), "worker", fact)
    if fact.step == "listing-back":
        return heard
    if fact.step == "passed-on":
        return _passed(heard, fact.passed_to or heard.holder, fact)
    return _nudged(heard, fact)


def fold(facts: Iterable[Fact]) -> Standing:
    """Give how an onward referral stands after these facts, in the order they became known."""
    remaining = iter(facts)
    standing: Standing = begin(next(remaining))
    for fact in remaining:
        standing = follow(standing, fact)
    return standing


def _passed(standing: Held, holder: Party, fact: Fact) -> Held:
    return replace(standing, holder=holder, since=fact.occurred_at, nudges=0)


def _nudged(standing: Held, fact: Fact) -> Held:
    silent = standing.silent if standing.holder == "worker" else standing.holder
    counted = replace(standing, silent=silent, nudges=standing.nudges + 1)
    if fact.passed_to is None or fact.passed_to == standing.holder:
        return counted
    return _passed(counted, fact.passed_to, fact)
