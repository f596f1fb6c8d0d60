"""Ending an episode from outside its referrals' own lives, and bringing it back as it was.

Promise    What is ended is told referral by referral, and what is brought back stands exactly
           where it stood; the episode's versions have no gap either way.
Price      The caller has locked the episode and loaded every open referral of it.
"""

from collections.abc import Sequence
from datetime import datetime

from services.referral.domain.episodes import Episode, Referral, ReferralStatus, StatusChange


def close_all(
    episode: Episode, referrals: Sequence[Referral], occurred_at: datetime
) -> list[StatusChange]:
    """Close every open referral of an episode, and with the last one the episode."""
    changes: list[StatusChange] = []
    for referral in referrals:
        if not referral.is_open:
            continue
        previous = referral.status
        referral.status = "closed"
        referral.version += 1
        episode.open_referrals -= 1
        ends = episode.open_referrals == 0
        if ends:
            episode.closed_at = max(occurred_at, episode.opened_at)
        changes.append(StatusChange(previous, "closed", ends, episode.next_version()))
    return changes


def reopen_all(
    episode: Episode, referrals: Sequence[tuple[Referral, ReferralStatus]]
) -> list[StatusChange]:
    """Put closed referrals back to where they stood, and open their episode again."""
    changes: list[StatusChange] = []
    for referral, status in referrals:
        previous = referral.status
        referral.status = status
        referral.version += 1
        episode.open_referrals += 1
        episode.closed_at = None
        changes.append(
            StatusChange(
                previous, status, closed_episode=False, aggregate_version=episode.next_version()
            )
        )
    return changes
