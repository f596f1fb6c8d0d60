"""What is told of home visits: when and how long, never where."""

from uuid import UUID

from chassis.outbox import NewEvent
from contracts.referral.v1 import VisitNotBegun, VisitPlanned, VisitStatusChanged
from services.referral.domain.episodes import Episode
from services.referral.domain.visits import Visit, VisitChange
from services.referral.published import Moment, of_episode


def visit_planned(
    visit: Visit, episode: Episode, *, event_id: UUID, version: int, moment: Moment
) -> NewEvent:
    """Tell that a worker is to visit the person at home."""
    data = VisitPlanned(
        visit_id=visit.id,
        referral_id=visit.referral_id,
        episode_id=episode.id,
        person_id=episode.person_id,
        pcn_code=episode.pcn_code,
        practice_code=visit.practice_code,
        worker_id=visit.worker_id,
        planned_for=visit.planned_for,
        expected_minutes=visit.expected_minutes,
    )
    return of_episode(data, episode.pcn_code, episode.id, version, moment, event_id=event_id)


def visit_status_changed(
    visit: Visit,
    episode: Episode,
    change: VisitChange,
    *,
    event_id: UUID,
    version: int,
    moment: Moment,
) -> NewEvent:
    """Tell that a visit began, takes longer, ended, or does not take place."""
    data = VisitStatusChanged(
        visit_id=visit.id,
        referral_id=visit.referral_id,
        episode_id=episode.id,
        pcn_code=episode.pcn_code,
        practice_code=visit.practice_code,
        worker_id=visit.worker_id,
        status=change.status,
        previous_status=change.previous_status,
        due_back_at=visit.due_back_at,
    )
    return of_episode(data, episode.pcn_code, episode.id, version, moment, event_id=event_id)


def visit_not_begun(
    visit: Visit,
    episode: Episode,
    *,
    alarmed: bool,
    event_id: UUID,
    version: int,
    moment: Moment,
) -> NewEvent:
    """Tell that nobody checked in at the door in time."""
    data = VisitNotBegun(
        visit_id=visit.id,
        referral_id=visit.referral_id,
        episode_id=episode.id,
        pcn_code=episode.pcn_code,
        practice_code=visit.practice_code,
        worker_id=visit.worker_id,
        planned_for=visit.planned_for,
        alarmed=alarmed,
    )
    return of_episode(data, episode.pcn_code, episode.id, version, moment, event_id=event_id)
