"""What became of the messages the platform meant to send, version 1.

A message about a referral is told on the stream of its PCN. The question to the owner of a listing is
about no referral: what became of it is told by events of its own, on the stream of the region.
"""

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


class ListingCheckSent(EventData):
    """A mail server took over the question to the owner of a listing."""

    type: ClassVar[str] = "waymark.listing-check-sent.v1"
    owner: ClassVar[str] = "notifications"
    subject_kind: ClassVar[str] = "message"
    stream_kind: ClassVar[str] = "region"

    message_id: fields.MessageId
    rule: fields.RuleName
    channel: fields.Channel
    check_id: fields.ListingCheckId
    listing_id: fields.ListingId
    region_code: fields.RegionCode


class ListingCheckSuppressed(EventData):
    """The question to the owner of a listing was not sent, on purpose."""

    type: ClassVar[str] = "waymark.listing-check-suppressed.v1"
    owner: ClassVar[str] = "notifications"
    subject_kind: ClassVar[str] = "message"
    stream_kind: ClassVar[str] = "region"

    message_id: fields.MessageId
    rule: fields.RuleName
    channel: fields.Channel
    check_id: fields.ListingCheckId
    listing_id: fields.ListingId
    region_code: fields.RegionCode
    reason: fields.SuppressionReason


class ListingCheckFailed(EventData):
    """The question to the owner of a listing could not be delivered, and is not tried again."""

    type: ClassVar[str] = "waymark.listing-check-failed.v1"
    owner: ClassVar[str] = "notifications"
    subject_kind: ClassVar[str] = "message"
    stream_kind: ClassVar[str] = "region"

    message_id: fields.MessageId
    rule: fields.RuleName
    channel: fields.Channel
    check_id: fields.ListingCheckId
    listing_id: fields.ListingId
    region_code: fields.RegionCode
    reason: fields.FailureReason
