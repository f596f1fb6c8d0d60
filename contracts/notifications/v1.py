"""What became of the messages the platform meant to send, version 1. The stream is the PCN."""

from typing import ClassVar

from contracts import fields
from contracts.event import EventData


class MessageSent(EventData):
    """A mail server took the message over."""

    type: ClassVar[str] = "waymark.message-sent.v1"
    owner: ClassVar[str] = "notifications"
    subject_kind: ClassVar[str] = "message"

    message_id: fields.MessageId
    rule: fields.RuleName
    channel: fields.Channel
    recipient_kind: fields.RecipientKind
    referral_id: fields.ReferralId
    episode_id: fields.EpisodeId
    practice_code: fields.PracticeCode
    listing_id: fields.ListingIfAny = None


class MessageSuppressed(EventData):
    """The message was not sent, on purpose."""

    type: ClassVar[str] = "waymark.message-suppressed.v1"
    owner: ClassVar[str] = "notifications"
    subject_kind: ClassVar[str] = "message"

    message_id: fields.MessageId
    rule: fields.RuleName
    channel: fields.Channel
    recipient_kind: fields.RecipientKind
    referral_id: fields.ReferralId
    episode_id: fields.EpisodeId
    practice_code: fields.PracticeCode
    reason: fields.SuppressionReason


class MessageFailed(EventData):
    """The message could not be delivered, and will not be tried again."""

    type: ClassVar[str] = "waymark.message-failed.v1"
    owner: ClassVar[str] = "notifications"
    subject_kind: ClassVar[str] = "message"

    message_id: fields.MessageId
    rule: fields.RuleName
    channel: fields.Channel
    recipient_kind: fields.RecipientKind
    referral_id: fields.ReferralId
    episode_id: fields.EpisodeId
    practice_code: fields.PracticeCode
    reason: fields.FailureReason
    listing_id: fields.ListingIfAny = None
