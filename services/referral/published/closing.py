"""What is told of episodes that ended, and of those that go on."""

from dataclasses import dataclass
from uuid import UUID

from chassis.outbox import NewEvent
from contracts import codes
from contracts.referral.v1 import EpisodeClosed, EpisodeReopened
from services.referral.domain.closing import Closed, Reopened
from services.referral.domain.episodes import Episode, Referral
from services.referral.published import Moment, of_episode


@dataclass(frozen=True, slots=True, kw_only=True)
class ClosingTold:
    """What is told of a closing beside what its domain decided."""

    number: int
    outcome: codes.ClosingOutcome
    what_next: codes.ClosingNext
    contacts_made: int
    goals_set: int
    goals_met: int
    goals_dropped: int
    loops_withdrawn: int
    loops_kept: int


def episode_closed(
    episode: Episode,
    referral: Referral,
    closed: Closed,
    told: ClosingTold,
    *,
    event_id: UUID,
    moment: Moment,
) -> NewEvent:
    """Tell what came of the support."""
    data = EpisodeClosed(
        episode_id=episode.id,
        person_id=episode.person_id,
        pcn_code=episode.pcn_code,
        practice_code=referral.practice_code,
        worker_id=episode.worker_id,
        closing_number=told.number,
        outcome=told.outcome,
        what_next=told.what_next,
        referred_at=episode.opened_at,
        contacts_made=told.contacts_made,
        days_open=closed.days_open,
        goals_set=told.goals_set,
        goals_met=told.goals_met,
        goals_dropped=told.goals_dropped,
        loops_withdrawn=told.loops_withdrawn,
        loops_kept=told.loops_kept,
    )
    return of_episode(
        data, episode.pcn_code, episode.id, closed.aggregate_version, moment, event_id=event_id
    )


def episode_reopened(
    episode: Episode,
    referral: Referral,
    reopened: Reopened,
    reason: codes.ReopeningReason,
    *,
    event_id: UUID,
    moment: Moment,
) -> NewEvent:
    """Tell that the support goes on."""
    data = EpisodeReopened(
        episode_id=episode.id,
        referral_id=referral.id,
        person_id=episode.person_id,
        pcn_code=episode.pcn_code,
        practice_code=referral.practice_code,
        worker_id=episode.worker_id,
        reason=reason,
        days_closed=reopened.days_closed,
    )
    return of_episode(
        data, episode.pcn_code, episode.id, reopened.aggregate_version, moment, event_id=event_id
    )
