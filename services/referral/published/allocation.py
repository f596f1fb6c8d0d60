"""The events of who works with whom. Why a caseload was reallocated stays here: it may be illness."""

from typing import cast
from uuid import UUID

from chassis.outbox import NewEvent
from contracts import codes
from contracts.referral.v1 import (
    CaseloadNearlyFull,
    ComplexitySet,
    WorkerAssigned,
    WorkerTakenOff,
)
from services.referral.domain.allocation import USUAL_YEAR, Caseload, Complexity, EarlyWarning
from services.referral.domain.episodes import Episode
from services.referral.published import Moment, of_episode


def worker_assigned(
    episode: Episode,
    worker_id: UUID,
    previous_worker_id: UUID | None,
    complexity: Complexity,
    *,
    reason: codes.AssignmentReason,
    event_id: UUID,
    version: int,
    moment: Moment,
    reallocation_id: UUID | None = None,
    other_role_reason: codes.RoleReason | None = None,
) -> NewEvent:
    """Tell whose an episode is from now on."""
    data = WorkerAssigned(
        episode_id=episode.id,
        person_id=episode.person_id,
        pcn_code=episode.pcn_code,
        worker_id=worker_id,
        previous_worker_id=previous_worker_id,
        reason=reason,
        complexity=complexity,
        reallocation_id=reallocation_id,
        other_role_reason=other_role_reason,
    )
    return of_episode(
        data,
        episode.pcn_code,
        episode.id,
        version,
        moment,
        event_id=event_id,
        related_subjects=(f"person/{episode.person_id}",),
    )


def worker_taken_off(
    episode: Episode, previous_worker_id: UUID, *, event_id: UUID, version: int, moment: Moment
) -> NewEvent:
    """Tell that an episode is nobody's, because another role is to help."""
    data = WorkerTakenOff(
        episode_id=episode.id,
        person_id=episode.person_id,
        pcn_code=episode.pcn_code,
        previous_worker_id=previous_worker_id,
        reason="re-routed",
    )
    return of_episode(
        data,
        episode.pcn_code,
        episode.id,
        version,
        moment,
        event_id=event_id,
        related_subjects=(f"person/{episode.person_id}",),
    )


def caseload_nearly_full(
    pcn_code: str, warning: EarlyWarning, load: Caseload, *, event_id: UUID, moment: Moment
) -> NewEvent:
    """Tell that a worker's year has come to be nearly full, or more."""
    least, most = load.full_year or USUAL_YEAR
    data = CaseloadNearlyFull(
        caseload_id=warning.id,
        pcn_code=pcn_code,
        worker_id=load.worker_id,
        room=cast("codes.CaseloadRoom", load.room),
        weighted_year=load.weighted_year,
        full_year_min=least,
        full_year_max=most,
    )
    return NewEvent(
        data=data,
        stream=pcn_code,
        subject=f"caseload/{warning.id}",
        aggregate_version=warning.version,
        occurred_at=moment.occurred_at,
        recorded_at=moment.recorded_at,
        origin=moment.origin,
        event_id=event_id,
    )


def complexity_set(
    episode: Episode,
    complexity: Complexity,
    previous: Complexity,
    *,
    source: codes.ComplexitySource,
    event_id: UUID,
    version: int,
    moment: Moment,
) -> NewEvent:
    """Tell how complex an episode is."""
    data = ComplexitySet(
        episode_id=episode.id,
        person_id=episode.person_id,
        pcn_code=episode.pcn_code,
        complexity=complexity,
        previous_complexity=previous,
        said_by=source,
    )
    return of_episode(
        data,
        episode.pcn_code,
        episode.id,
        version,
        moment,
        event_id=event_id,
        related_subjects=(f"person/{episode.person_id}",),
    )
