"""The events notifications tells: what became of each message, once."""

from datetime import datetime
from typing import assert_never

from chassis.outbox import NewEvent
from contracts.event import EventData
from contracts.notifications.v1 import (
    ListingCheckFailed,
    ListingCheckSent,
    ListingCheckSuppressed,
    MessageFailed,
    MessageSent,
    MessageSuppressed,
)
from services.notifications.domain import (
    AboutListing,
    AboutReferral,
    End,
    Failed,
    Intent,
    Sent,
    Suppressed,
)

CHANNEL = "email"


def message_ended(intent: Intent, end: End, *, version: int, at: datetime) -> NewEvent:
    """Tell how a message ended."""
    about = intent.about
    data = (
        _about_listing(intent, about, end)
        if isinstance(about, AboutListing)
        else _about_referral(intent, about, end)
    )
    return NewEvent(
        data=data,
        stream=intent.stream,
        subject=f"{data.subject_kind}/{intent.id}",
        aggregate_version=version,
        occurred_at=at,
        recorded_at=at,
        correlation_id=intent.correlation_id,
        causation_id=str(intent.event_id),
    )


def _about_referral(intent: Intent, about: AboutReferral, end: End) -> EventData:
    match end:
        case Sent():
            return MessageSent(
                message_id=intent.id,
                rule=intent.rule,
                channel=CHANNEL,
                recipient_kind=about.recipient_kind,
                referral_id=about.referral_id,
                episode_id=about.episode_id,
                practice_code=about.practice_code,
            )
        case Suppressed(reason):
            return MessageSuppressed(
                message_id=intent.id,
                rule=intent.rule,
                channel=CHANNEL,
                recipient_kind=about.recipient_kind,
                referral_id=about.referral_id,
                episode_id=about.episode_id,
                practice_code=about.practice_code,
                reason=reason,
            )
        case Failed(reason):
            return MessageFailed(
                message_id=intent.id,
                rule=intent.rule,
                channel=CHANNEL,
                recipient_kind=about.recipient_kind,
                referral_id=about.referral_id,
                episode_id=about.episode_id,
                practice_code=about.practice_code,
                reason=reason,
            )
        case _:
            assert_never(end)


def _about_listing(intent: Intent, about: AboutListing, end: End) -> EventData:
    match end:
        case Sent():
            return ListingCheckSent(
                message_id=intent.id,
                rule=intent.rule,
                channel=CHANNEL,
                check_id=about.check_id,
                listing_id=about.listing_id,
                region_code=about.region_code,
            )
        case Suppressed(reason):
            return ListingCheckSuppressed(
                message_id=intent.id,
                rule=intent.rule,
                channel=CHANNEL,
                check_id=about.check_id,
                listing_id=about.listing_id,
                region_code=about.region_code,
                reason=reason,
            )
        case Failed(reason):
            return ListingCheckFailed(
                message_id=intent.id,
                rule=intent.rule,
                channel=CHANNEL,
                check_id=about.check_id,
                listing_id=about.listing_id,
                region_code=about.region_code,
                reason=reason,
            )
        case _:
            assert_never(end)
