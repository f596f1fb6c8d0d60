"""What is told of measures: scores, bands and what concerns are about; never anybody's words."""

from typing import Any, cast
from uuid import UUID

from chassis.outbox import NewEvent
from contracts import codes
from contracts.referral.v1.measures import MeasureCorrected, MeasureRecorded
from contracts.referral.v1.measures import Score as ToldScore
from services.referral.domain.episodes import Episode
from services.referral.domain.measures import MeasureHeld, Score
from services.referral.published import Moment, of_episode


def measure_recorded(
    held: MeasureHeld,
    episode: Episode,
    *,
    worker_id: UUID | None,
    event_id: UUID,
    version: int,
    moment: Moment,
    continues_measure_id: UUID | None = None,
) -> NewEvent:
    """Tell that an instrument was filled in."""
    data = MeasureRecorded(
        **_content(held, episode),
        worker_id=worker_id,
        continues_measure_id=continues_measure_id,
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


def measure_corrected(
    held: MeasureHeld,
    episode: Episode,
    *,
    reason: codes.CorrectionReason,
    event_id: UUID,
    version: int,
    moment: Moment,
) -> NewEvent:
    """Tell how a measure stands instead, or that it does not."""
    data = MeasureCorrected(
        **_content(held, episode),
        reason=reason,
        supersedes=held.version - 1,
        voided=held.voided_at is not None,
        measured_at=held.occurred_at,
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


def _content(held: MeasureHeld, episode: Episode) -> dict[str, Any]:
    return {
        "measure_id": held.id,
        "referral_id": held.referral_id,
        "episode_id": episode.id,
        "person_id": episode.person_id,
        "pcn_code": episode.pcn_code,
        "practice_code": held.practice_code,
        "instrument": held.instrument,
        "instrument_version": held.instrument_version,
        "occasion": held.occasion,
        "baseline_measure_id": held.baseline_id,
        "answered_by": held.answered_by,
        "complete": held.complete,
        "scores": [_score(one) for one in held.scores],
        "concern_needs": [one["need"] for one in held.concerns],
    }


def _score(score: Score) -> ToldScore:
    return ToldScore(
        name=cast("codes.ScoreName", score.name),
        value=None if score.value is None else float(score.value),
        band=score.band,
        missing=score.missing,
    )
