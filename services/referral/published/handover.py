"""What is told of support that goes on in another network."""

from typing import cast
from uuid import UUID

from chassis.outbox import NewEvent
from contracts import codes
from contracts.referral.v1 import EpisodeContinued, EpisodeHandedOver, HandoverRefused
from services.referral.domain.episodes import Episode
from services.referral.domain.handover import Handover
from services.referral.published import Moment, of_episode


def episode_handed_over(
    made: Handover, episode: Episode, *, event_id: UUID, version: int, moment: Moment
) -> NewEvent:
    """Tell that support ended here, to go on elsewhere."""
    data = EpisodeHandedOver(
        handover_id=made.id,
        episode_id=episode.id,
        person_id=episode.person_id,
        pcn_code=made.pcn_code,
        practice_code=made.practice_code,
        to_pcn_code=made.to_pcn_code,
        reason=cast("codes.HandoverReason", made.reason),
        returned_handover_id=made.returns_id,
    )
    return of_episode(
        data,
        made.pcn_code,
        episode.id,
        version,
        moment,
        event_id=event_id,
        related_subjects=(f"person/{episode.person_id}",),
    )


def episode_continued(
    made: Handover,
    episode: Episode,
    referral_id: UUID,
    *,
    opened: bool,
    event_id: UUID,
    version: int,
    moment: Moment,
) -> NewEvent:
    """Tell that support from elsewhere goes on in this episode."""
    data = EpisodeContinued(
        handover_id=made.id,
        episode_id=episode.id,
        person_id=episode.person_id,
        referral_id=referral_id,
        pcn_code=made.to_pcn_code,
        practice_code=made.to_practice_code,
        from_pcn_code=made.pcn_code,
        continues_episode_id=made.episode_id,
        opened_episode=opened,
    )
    return of_episode(
        data,
        made.to_pcn_code,
        episode.id,
        version,
        moment,
        event_id=event_id,
        related_subjects=(f"person/{episode.person_id}",),
    )


def handover_refused(
    made: Handover, episode: Episode, *, event_id: UUID, version: int, moment: Moment
) -> NewEvent:
    """Tell that support which ended here goes on nowhere."""
    data = HandoverRefused(
        handover_id=made.id,
        episode_id=episode.id,
        person_id=episode.person_id,
        pcn_code=made.pcn_code,
        practice_code=made.practice_code,
        to_pcn_code=made.to_pcn_code,
        problem=made.problem or "other",
    )
    return of_episode(
        data,
        made.pcn_code,
        episode.id,
        version,
        moment,
        event_id=event_id,
        related_subjects=(f"person/{episode.person_id}",),
    )
