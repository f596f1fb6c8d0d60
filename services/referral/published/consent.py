"""What is told of consents: who may have what for which purpose, and who confirmed its end."""

from collections.abc import Iterable
from datetime import datetime
from typing import cast

from contracts import codes
from contracts.event import EventData
from contracts.referral.v1.consent import (
    ConsentAcknowledged,
    ConsentExpired,
    ConsentGiven,
    ConsentNarrowed,
    ConsentRevoked,
)
from services.referral.domain.consent import Change, Recipient, SharingConsent


def given(consent: SharingConsent, *, renewed: bool) -> EventData:
    """Tell that the person agreed."""
    return ConsentGiven(
        consent_id=consent.id,
        person_id=consent.person_id,
        pcn_code=consent.pcn_code,
        recipient_kind=consent.recipient.kind,
        recipient_id=consent.recipient.id,
        purpose=cast("codes.ConsentPurpose", consent.purpose),
        scope=_scope(consent.scope),
        expires_on=consent.expires_on,
        renewed=renewed,
    )


def taken_back(consent: SharingConsent) -> EventData:
    """Tell that part or all of it was taken back, or is over."""
    if consent.change == "narrowed":
        return ConsentNarrowed(
            consent_id=consent.id,
            person_id=consent.person_id,
            pcn_code=consent.pcn_code,
            recipient_kind=consent.recipient.kind,
            recipient_id=consent.recipient.id,
            purpose=cast("codes.ConsentPurpose", consent.purpose),
            scope=_scope(consent.scope),
            expires_on=consent.expires_on,
            holders=consent.outstanding,
        )
    kind = ConsentRevoked if consent.change == "revoked" else ConsentExpired
    return kind(
        consent_id=consent.id,
        person_id=consent.person_id,
        pcn_code=consent.pcn_code,
        recipient_kind=consent.recipient.kind,
        recipient_id=consent.recipient.id,
        purpose=cast("codes.ConsentPurpose", consent.purpose),
        holders=consent.outstanding,
    )


def acknowledged(
    consent: SharingConsent,
    holder: Recipient,
    change: Change,
    *,
    taken_back_at: datetime,
    at: datetime,
) -> EventData:
    """Tell that a holder confirmed it."""
    return ConsentAcknowledged(
        consent_id=consent.id,
        person_id=consent.person_id,
        pcn_code=consent.pcn_code,
        holder_kind=holder.kind,
        holder_id=holder.id,
        change=change,
        days_waited=max(0, (at - taken_back_at).days),
        outstanding=consent.outstanding,
    )


def _scope(scope: Iterable[str]) -> list[codes.ConsentScope]:
    return cast("list[codes.ConsentScope]", sorted(scope))
