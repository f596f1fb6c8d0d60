"""What is told of the codes and messages that go into practices' records."""

from chassis.outbox import NewEvent
from contracts.event import EventData
from contracts.referral.v1 import (
    WritebackAcknowledged,
    WritebackFailed,
    WritebackReconciled,
    WritebackRequested,
    WritebackSent,
    WritebackWithdrawn,
)
from services.referral.domain.writeback import Failure, Item
from services.referral.published import Moment


def requested(item: Item, moment: Moment) -> NewEvent:
    """Tell that something is to go into a practice's record, or to be taken back."""
    data = WritebackRequested(
        writeback_id=item.id,
        kind=item.kind,
        clinical_code=item.code,
        withdraws=item.withdraws,
        referral_id=item.referral_id,
        episode_id=item.episode_id,
        pcn_code=item.pcn_code,
        practice_code=item.practice_code,
    )
    return _of_item(data, item, moment)


def sent(item: Item, moment: Moment) -> NewEvent:
    """Tell that the receiver took it over."""
    data = WritebackSent(
        writeback_id=item.id,
        kind=item.kind,
        episode_id=item.episode_id,
        pcn_code=item.pcn_code,
        practice_code=item.practice_code,
        attempts=max(item.attempts, 1),
    )
    return _of_item(data, item, moment)


def acknowledged(item: Item, moment: Moment) -> NewEvent:
    """Tell that it is in the practice's record."""
    data = WritebackAcknowledged(
        writeback_id=item.id,
        kind=item.kind,
        episode_id=item.episode_id,
        pcn_code=item.pcn_code,
        practice_code=item.practice_code,
    )
    return _of_item(data, item, moment)


def reconciled(item: Item, moment: Moment) -> NewEvent:
    """Tell that both counts agreed with it in them."""
    data = WritebackReconciled(
        writeback_id=item.id,
        kind=item.kind,
        episode_id=item.episode_id,
        pcn_code=item.pcn_code,
        practice_code=item.practice_code,
    )
    return _of_item(data, item, moment)


def failed(item: Item, reason: Failure, moment: Moment) -> NewEvent:
    """Tell that the receiver will not take it."""
    data = WritebackFailed(
        writeback_id=item.id,
        kind=item.kind,
        episode_id=item.episode_id,
        pcn_code=item.pcn_code,
        practice_code=item.practice_code,
        reason=reason,
    )
    return _of_item(data, item, moment)


def withdrawn(item: Item, moment: Moment) -> NewEvent:
    """Tell that it is not to stand any more."""
    data = WritebackWithdrawn(
        writeback_id=item.id,
        kind=item.kind,
        episode_id=item.episode_id,
        pcn_code=item.pcn_code,
        practice_code=item.practice_code,
    )
    return _of_item(data, item, moment)


def _of_item(data: EventData, item: Item, moment: Moment) -> NewEvent:
    return NewEvent(
        data=data,
        stream=item.pcn_code,
        subject=f"writeback/{item.id}",
        aggregate_version=item.version,
        occurred_at=moment.occurred_at,
        recorded_at=moment.recorded_at,
        origin=moment.origin,
        correlation_id=str(item.episode_id),
    )
