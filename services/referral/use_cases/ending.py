"""Closing every open referral of an episode at once, or opening them again: told one by one.

Promise    Each referral's step is stored and told like one taken by itself.
Not here   Why an episode ends so: ``matching`` and ``handover``.
"""

from collections.abc import Sequence
from typing import Any

from chassis.database import Connection
from chassis.ids import new_id
from chassis.outbox import NewEvent
from contracts import codes
from services.referral import published
from services.referral.domain.ending import close_all, reopen_all
from services.referral.domain.episodes import Episode, Referral, ReferralStatus, StatusChange
from services.referral.published import Moment
from services.referral.store import episodes as store


async def close_referrals(
    connection: Connection,
    episode: Episode,
    referrals: Sequence[Referral],
    reason: codes.StatusReason,
    moment: Moment,
) -> list[NewEvent]:
    """Close the open referrals of an episode, and so the episode; give what is to be told."""
    changes = close_all(episode, referrals, moment.occurred_at)
    steps = list(zip(referrals, changes, strict=True))
    return await _store(connection, episode, steps, reason, moment)


async def reopen_referrals(
    connection: Connection,
    episode: Episode,
    referrals: Sequence[tuple[Referral, ReferralStatus]],
    moment: Moment,
) -> list[NewEvent]:
    """Put referrals back to where they stood, and open their episode; give what is to be told."""
    changes = reopen_all(episode, referrals)
    steps = [(referral, change) for (referral, _), change in zip(referrals, changes, strict=True)]
    return await _store(connection, episode, steps, None, moment)


async def _store(
    connection: Connection,
    episode: Episode,
    steps: Sequence[tuple[Referral, StatusChange]],
    reason: codes.StatusReason | None,
    moment: Moment,
) -> list[NewEvent]:
    rows: list[dict[str, Any]] = [
        {
            "id": new_id(),
            "pcn_code": episode.pcn_code,
            "practice_code": referral.practice_code,
            "referral_id": referral.id,
            "previous_status": change.previous_status,
            "status": change.status,
            "reason": reason,
            "origin": moment.origin,
            "occurred_at": moment.occurred_at,
            "recorded_at": moment.recorded_at,
        }
        for referral, change in steps
    ]
    moved = [
        {
            "id": referral.id,
            "status": referral.status,
            "status_reason": reason,
            "version": referral.version,
        }
        for referral, _ in steps
    ]
    if steps:
        await store.write_statuses(connection, episodes=[episode], referrals=moved, steps=rows)
    return [
        published.referral_status_changed(
            referral, episode, change, reason, event_id=new_id(), moment=moment
        )
        for referral, change in steps
    ]
