"""How the support of a person ends, and how support that had ended goes on.

Promise    Every open referral of the episode ends with it, each by steps its life allows, and each
           says why. Reopening takes nothing back: what was told of the ending stays told.
Price      Who was referred a second time and not yet answered gets the answer of the closing.
Not here   What is written to the practice about it: ``domain.message_back``.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Literal, TypeAlias

from services.referral.domain.episodes import (
    CLOCK_LEEWAY_SECONDS,
    Episode,
    Referral,
    ReferralStatus,
    StatusChange,
)
from services.referral.domain.refusals import EpisodeNotOpen, OccurredTooEarly, Refused

ClosingOutcome: TypeAlias = Literal[
    "goals-met",
    "partly-met",
    "support-complete",
    "not-engaged",
    "unreachable",
    "declined",
    "moved-away",
    "died",
    "not-suitable",
    "other",
]
Loops: TypeAlias = Literal["withdraw", "keep"]

REOPEN_DAYS_MAX: Final = 90  # after that, what the person needs is asked anew by a new referral

_REASONS: Final[dict[ClosingOutcome, str]] = {
    "goals-met": "support-complete",
    "partly-met": "support-complete",
    "support-complete": "support-complete",
    "not-engaged": "other",
    "unreachable": "not-reached",
    "declined": "not-wanted",
    "moved-away": "moved-away",
    "died": "died",
    "not-suitable": "not-suitable",
    "other": "other",
}
# A referral nobody has answered yet: with these outcomes the support answered it as well, with
# ``declined`` the person did, and with the others it goes back to who referred.
_SUPPORT_WAS_GIVEN: Final[frozenset[ClosingOutcome]] = frozenset(
    {"goals-met", "partly-met", "support-complete", "not-engaged"}
)
_REOPENS: Final[frozenset[ReferralStatus]] = frozenset({"closed", "declined"})


class LoopsOpen(Refused):
    """Onward referrals are open, and nobody said what becomes of them."""

    name = "loops-open"
    conflicts = True


class EpisodeStillOpen(Refused):
    """The support has not ended, so there is nothing to reopen."""

    name = "episode-still-open"
    conflicts = True


class NewerEpisodeOpen(Refused):
    """The person was referred again meanwhile, and receives support by that."""

    name = "newer-episode-open"
    conflicts = True


class EndsByClosing(Refused):
    """Support ends by a closing, which says what came of it, and not by a status alone."""

    name = "ends-by-closing"
    conflicts = True


class ClosedAsDuplicate(Refused):
    """The support was one of two of one person; only undoing their merge brings it back."""

    name = "closed-as-duplicate"
    conflicts = True


class ReopeningTooLate(Refused):
    """The support ended so long ago that a new referral is needed."""

    name = "reopening-too-late"
    conflicts = True


class ReferralNotReopened(Refused):
    """The referral went back to who referred, so it is theirs to refer again."""

    name = "referral-not-reopened"
    conflicts = True


@dataclass(frozen=True, slots=True)
class ReferralEnded:
    """One referral and one step it took when its episode was closed."""

    referral: Referral
    change: StatusChange
    version: int
    """Of the referral, after this step."""


@dataclass(frozen=True, slots=True)
class Closed:
    """An episode that was closed: each referral's steps, and the version that tells of it."""

    steps: Sequence[ReferralEnded]
    days_open: int
    aggregate_version: int


@dataclass(frozen=True, slots=True)
class Reopened:
    """An episode that goes on."""

    change: StatusChange
    days_closed: int
    aggregate_version: int


def reason_of(outcome: ClosingOutcome) -> str:
    """Say in a referral's words why it ended."""
    return _REASONS[outcome]


def steps_to_end(status: ReferralStatus, outcome: ClosingOutcome) -> tuple[ReferralStatus, ...]:
    """Give the steps an open referral takes when its support ends so."""
    if status == "accepted":
        return ("closed",)
    if outcome in _SUPPORT_WAS_GIVEN:
        return ("accepted", "closed")
    return ("declined",) if outcome == "declined" else ("returned",)


def check_ends_so(status: ReferralStatus, *, is_of_the_past: bool) -> None:
    """Refuse to close a referral by itself, unless it is told of what ended long ago elsewhere.

    An answer to a referral that nobody took up, declined or returned, is no ending of support.
    """
    if status == "closed" and not is_of_the_past:
        raise EndsByClosing(
            "Support ends by its closing, which says what came of it: "
            "POST /referrals/{referral_id}/closing.",
            "/status",
        )


def check_may_close(episode: Episode, open_loops: int, loops: Loops | None) -> None:
    """Refuse to end what has ended, or to let onward referrals fall between two chairs."""
    if not episode.is_open:
        raise EpisodeNotOpen("This support has ended already.")
    if open_loops and loops is None:
        raise LoopsOpen(
            "Onward referrals of this person are open. Say whether they are withdrawn or kept.",
            "/loops",
        )


def close(
    episode: Episode,
    referrals: Sequence[Referral],
    outcome: ClosingOutcome,
    occurred_at: datetime,
) -> Closed:
    """End an episode with all its open referrals; ``check_may_close`` has let it."""
    steps: list[ReferralEnded] = []
    for referral in referrals:
        if not referral.is_open:
            continue
        for status in steps_to_end(referral.status, outcome):
            change = episode.change_status(referral, status, occurred_at)
            steps.append(ReferralEnded(referral, change, referral.version))
    return Closed(steps, _days(episode.opened_at, occurred_at), episode.next_version())


def reopen(
    episode: Episode,
    referral: Referral,
    occurred_at: datetime,
    *,
    newer_is_open: bool,
    comes_back_unmerged: bool = False,
) -> Reopened:
    """Take a person's support up again where it ended, through one of its referrals.

    ``comes_back_unmerged`` while a merge stands whose undoing reopens support of this record: taken
    up before that, there would be two.
    """
    closed_at = episode.closed_at
    if closed_at is None:
        raise EpisodeStillOpen("This support has not ended.")
    if comes_back_unmerged:
        raise ClosedAsDuplicate(
            "Support of this record was closed as a duplicate. Undo the merge, or refer again."
        )
    if newer_is_open:
        raise NewerEpisodeOpen("The person was referred again and receives support by that.")
    if referral.status not in _REOPENS:
        raise ReferralNotReopened(f"This referral is {referral.status}: refer the person again.")
    if occurred_at < closed_at - timedelta(seconds=CLOCK_LEEWAY_SECONDS):
        raise OccurredTooEarly("This is before the support ended.", "/occurred_at")
    days_closed = _days(closed_at, occurred_at)
    if days_closed > REOPEN_DAYS_MAX:
        raise ReopeningTooLate(
            f"This support ended {days_closed} days ago; it can be taken up for "
            f"{REOPEN_DAYS_MAX} days. Refer the person again."
        )
    previous = referral.status
    referral.status = "accepted"
    referral.version += 1
    episode.open_referrals += 1
    episode.closed_at = None
    change = StatusChange(
        previous, "accepted", closed_episode=False, aggregate_version=episode.next_version()
    )
    return Reopened(change, days_closed, episode.next_version())


def _days(since: datetime, until: datetime) -> int:
    return max((until.date() - since.date()).days, 0)
