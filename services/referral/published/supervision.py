"""What is told of supervision and training: that it was had, and that it is overdue."""

from collections.abc import Sequence
from typing import cast
from uuid import UUID

from chassis.outbox import NewEvent
from contracts import codes
from contracts.event import EventData
from contracts.referral.v1.supervision import (
    IntervalSet,
    SupervisionDue,
    SupervisionHeld,
    SupervisionIntervalsSet,
    SupervisionVoided,
    TrainingCompleted,
)
from services.referral.domain.supervision import Entitlement, Interval
from services.referral.published import Moment


def had(
    entitlement: Entitlement, role: str, *, was_overdue: bool, event_id: UUID, moment: Moment
) -> NewEvent:
    """Tell that a worker had supervision or training."""
    of_role = cast("codes.WorkerRole", role)
    if entitlement.kind == "supervision":
        data: EventData = SupervisionHeld(
            entitlement_id=entitlement.id,
            worker_id=entitlement.worker_id,
            pcn_code=entitlement.pcn_code,
            role=of_role,
            supervision=cast("codes.Supervision", entitlement.what),
            was_overdue=was_overdue,
            next_by=entitlement.next_by,
        )
    else:
        data = TrainingCompleted(
            entitlement_id=entitlement.id,
            worker_id=entitlement.worker_id,
            pcn_code=entitlement.pcn_code,
            role=of_role,
            topic=cast("codes.TrainingTopic", entitlement.what),
            was_overdue=was_overdue,
            next_by=entitlement.next_by,
        )
    return _of(entitlement, data, event_id, moment)


def voided(
    entitlement: Entitlement,
    role: str,
    voided_event_id: UUID,
    reason: codes.CorrectionReason,
    *,
    event_id: UUID,
    moment: Moment,
) -> NewEvent:
    """Tell that a worker did not have something after all."""
    data = SupervisionVoided(
        entitlement_id=entitlement.id,
        worker_id=entitlement.worker_id,
        pcn_code=entitlement.pcn_code,
        role=cast("codes.WorkerRole", role),
        kind=entitlement.kind,
        what=entitlement.what,
        voided_event_id=voided_event_id,
        reason=reason,
        last_on=entitlement.last_on,
        next_by=entitlement.next_by,
    )
    return _of(entitlement, data, event_id, moment)


def fell_due(entitlement: Entitlement, role: str, *, event_id: UUID, moment: Moment) -> NewEvent:
    """Tell that what a worker is entitled to is overdue."""
    if entitlement.next_by is None:
        message = "what has no day is never due"
        raise ValueError(message)
    data = SupervisionDue(
        entitlement_id=entitlement.id,
        worker_id=entitlement.worker_id,
        pcn_code=entitlement.pcn_code,
        role=cast("codes.WorkerRole", role),
        kind=entitlement.kind,
        what=entitlement.what,
        due_by=entitlement.next_by,
    )
    return _of(entitlement, data, event_id, moment)


def intervals_set(
    pcn_code: str,
    intervals: Sequence[Interval],
    *,
    moved: int,
    event_id: UUID,
    version: int,
    moment: Moment,
) -> NewEvent:
    """Tell how often a network wants its workers to have what."""
    data = SupervisionIntervalsSet(
        pcn_code=pcn_code,
        intervals=[
            IntervalSet(
                role=cast("codes.WorkerRole", one.role),
                kind=one.kind,
                what=one.what,
                every_weeks=one.every_weeks,
            )
            for one in intervals
        ],
        moved=moved,
    )
    return NewEvent(
        data=data,
        stream=pcn_code,
        subject=f"supervision-rules/{pcn_code}",
        aggregate_version=version,
        occurred_at=moment.occurred_at,
        recorded_at=moment.recorded_at,
        origin=moment.origin,
        event_id=event_id,
    )


def _of(entitlement: Entitlement, data: EventData, event_id: UUID, moment: Moment) -> NewEvent:
    return NewEvent(
        data=data,
        stream=entitlement.pcn_code,
        subject=f"entitlement/{entitlement.id}",
        aggregate_version=entitlement.version,
        occurred_at=moment.occurred_at,
        recorded_at=moment.recorded_at,
        origin=moment.origin,
        event_id=event_id,
    )
