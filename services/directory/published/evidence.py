"""What is told of what evidence comes to: questions to owners, room that changed, needs not met."""

from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from chassis.outbox import NewEvent
from contracts import codes
from contracts.directory.v1 import CapacityChanged, ListingCheckDue, NeedUnmet
from services.directory.domain.capacity import Estimate, Status
from services.directory.published import Telling, event_on


@dataclass(frozen=True, slots=True)
class ToldOf:
    """Which listing something is told of, and whose it is."""

    listing_id: UUID
    organization_id: UUID
    region_code: str


def listing_check_due(
    telling: Telling,
    of: ToldOf,
    *,
    check_id: UUID,
    reason: codes.ListingCheckReason,
    answer_until: datetime,
) -> NewEvent:
    """Tell that the owner of a listing is to be asked; the way to answer is not in it."""
    data = ListingCheckDue(
        check_id=check_id,
        listing_id=of.listing_id,
        organization_id=of.organization_id,
        region_code=of.region_code,
        reason=reason,
        answer_until=answer_until,
    )
    return event_on(telling, data, stream=of.region_code, about=check_id)


def capacity_changed(
    telling: Telling, of: ToldOf, found: Estimate, previous: Status | None
) -> NewEvent:
    """Tell that what is known of a listing's room is otherwise than it was told."""
    data = CapacityChanged(
        listing_id=of.listing_id,
        organization_id=of.organization_id,
        region_code=of.region_code,
        status=found.status,
        previous_status=previous,
        known_by=found.source,
        confidence=round(found.confidence, 3),
    )
    return event_on(telling, data, stream=of.region_code, about=of.listing_id)


def need_unmet(
    telling: Telling,
    *,
    about: UUID,
    region_code: str,
    pcn_code: str,
    neighbourhood_code: str | None,
    need: codes.Need,
    need_term: str | None,
    reason: codes.UnmetReason,
    month: date,
    times: int,
) -> NewEvent:
    """Tell that a need was not met in a month, in a count that hides nobody by being small."""
    data = NeedUnmet(
        region_code=region_code,
        pcn_code=pcn_code,
        neighbourhood_code=neighbourhood_code,
        need=need,
        need_term=need_term,
        reason=reason,
        month=month,
        times=times,
    )
    return event_on(telling, data, stream=region_code, about=about)
