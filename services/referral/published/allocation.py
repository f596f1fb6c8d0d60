"""The events of who works with whom. Why a caseload was reallocated stays here: it may be illness."""

from uuid import UUID

from chassis.outbox import NewEvent
from contracts import codes
from contracts.referral.v1 import ComplexitySet, WorkerAssigned
from services.referral.domain.allocation import Complexity
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
