"""The events notifications tells: what became of each message, once."""

from datetime import datetime
from typing import assert_never

from chassis.outbox import NewEvent
from contracts.notifications.v1 import MessageFailed, MessageSent, MessageSuppressed
from services.notifications.domain import End, Failed, Intent, Sent, Suppressed

CHANNEL = "email"


def message_ended(intent: Intent, end: End, *, version: int, at: datetime) -> NewEvent:
    """Tell how a message ended."""
    data = _data(intent, end)
    return NewEvent(
        data=data,
        stream=intent.pcn_code,
        subject=f"{data.subject_kind}/{intent.id}",
        aggregate_version=version,
        occurred_at=at,
        recorded_at=at,
        correlation_id=intent.correlation_id,
        causation_id=str(intent.event_id),
    )


def _data(intent: Intent, end: End) -> MessageSent | MessageSuppressed | MessageFailed:
    match end:
        case Sent():
            return MessageSent(
                message_id=intent.id,
                rule=intent.rule,
                channel=CHANNEL,
                recipient_kind=intent.recipient_kind,
                referral_id=intent.referral_id,
                episode_id=intent.episode_id,
                practice_code=intent.practice_code,
            )
        case Suppressed(reason):
            return MessageSuppressed(
                message_id=intent.id,
                rule=intent.rule,
                channel=CHANNEL,
                recipient_kind=intent.recipient_kind,
                referral_id=intent.referral_id,
                episode_id=intent.episode_id,
                practice_code=intent.practice_code,
                reason=reason,
            )
        case Failed(reason):
            return MessageFailed(
                message_id=intent.id,
                rule=intent.rule,
                channel=CHANNEL,
                recipient_kind=intent.recipient_kind,
                referral_id=intent.referral_id,
                episode_id=intent.episode_id,
                practice_code=intent.practice_code,
                reason=reason,
            )
        case _:
            assert_never(end)
