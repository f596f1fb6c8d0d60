"""What the directory listens to: what people are referred for, and what happens to listings."""

from collections.abc import Mapping, Sequence
from typing import Final

from chassis.database import Connection
from chassis.stream import Event, Projection, Reader
from contracts.notifications.v1 import ListingCheckFailed, ListingCheckSent
from contracts.reading import reader_for
from contracts.referral.v1 import (
    OnwardReferralAnswered,
    OnwardReferralAttended,
    OnwardReferralEnded,
    OnwardReferralListingGone,
    OnwardReferralNudgeDue,
    OnwardReferralSent,
    OnwardReferralStarted,
    PlacementFailed,
    ReferralCreated,
)
from contracts.topics import NOTIFICATIONS, REFERRAL
from services.directory.use_cases.evidence import keep_evidence
from services.directory.use_cases.needs import count_referred_needs

_EVIDENCE: Final = (
    OnwardReferralSent,
    OnwardReferralAnswered,
    OnwardReferralStarted,
    OnwardReferralAttended,
    OnwardReferralEnded,
    OnwardReferralNudgeDue,
    OnwardReferralListingGone,
    PlacementFailed,
    ListingCheckSent,
    ListingCheckFailed,
)


class ReferredNeeds:
    """Counts referred needs per PCN and month."""

    consumer: str = "directory"
    topics: Sequence[str] = (REFERRAL.name,)
    readers: Mapping[str, Reader] = {ReferralCreated.type: reader_for(ReferralCreated)}

    async def apply(self, connection: Connection, events: Sequence[Event]) -> None:
        """Count the needs of these referrals."""
        await count_referred_needs(connection, events)


class ListingEvidence:
    """Keeps what happened to listings.

    A consumer of its own: where the directory ran before, it begins at the beginning.
    """

    consumer: str = "directory-evidence"
    topics: Sequence[str] = (REFERRAL.name, NOTIFICATIONS.name)
    readers: Mapping[str, Reader] = {model.type: reader_for(model) for model in _EVIDENCE}

    async def apply(self, connection: Connection, events: Sequence[Event]) -> None:
        """Keep what these events say of listings."""
        await keep_evidence(connection, events)


def projections() -> Sequence[Projection]:
    """Every projection of the directory."""
    return (ReferredNeeds(), ListingEvidence())
