"""What the directory tells of organisations and listings, version 1. The stream is the region."""

from typing import ClassVar

from contracts import fields
from contracts.event import EventData


class OrganizationListed(EventData):
    """An organisation that offers something was entered."""

    type: ClassVar[str] = "waymark.organization-listed.v1"
    owner: ClassVar[str] = "directory"
    subject_kind: ClassVar[str] = "organization"

    organization_id: fields.OrganizationId
    region_code: fields.RegionCode


class OrganizationChanged(EventData):
    """What is said of an organisation that offers something is otherwise now."""

    type: ClassVar[str] = "waymark.organization-changed.v1"
    owner: ClassVar[str] = "directory"
    subject_kind: ClassVar[str] = "organization"

    organization_id: fields.OrganizationId
    region_code: fields.RegionCode
    changed_fields: fields.ChangedFields


class ListingPublished(EventData):
    """A listing can be found without doubt, for the first time or again."""

    type: ClassVar[str] = "waymark.listing-published.v1"
    owner: ClassVar[str] = "directory"
    subject_kind: ClassVar[str] = "listing"

    listing_id: fields.ListingId
    organization_id: fields.OrganizationId
    region_code: fields.RegionCode
    needs: fields.Needs
    need_terms: fields.NeedTerms | None = None


class ListingWithdrawn(EventData):
    """A listing can no longer be found."""

    type: ClassVar[str] = "waymark.listing-withdrawn.v1"
    owner: ClassVar[str] = "directory"
    subject_kind: ClassVar[str] = "listing"

    listing_id: fields.ListingId
    organization_id: fields.OrganizationId
    region_code: fields.RegionCode
    reason: fields.ListingReason | None = None


class ListingChanged(EventData):
    """What a listing that can be found says is otherwise now; what it says is not told."""

    type: ClassVar[str] = "waymark.listing-changed.v1"
    owner: ClassVar[str] = "directory"
    subject_kind: ClassVar[str] = "listing"

    listing_id: fields.ListingId
    organization_id: fields.OrganizationId
    region_code: fields.RegionCode
    needs: fields.Needs
    need_terms: fields.NeedTerms | None = None
    changed_fields: fields.ChangedFields


class ListingDoubted(EventData):
    """A listing can still be found, with a warning that it may no longer be right."""

    type: ClassVar[str] = "waymark.listing-doubted.v1"
    owner: ClassVar[str] = "directory"
    subject_kind: ClassVar[str] = "listing"

    listing_id: fields.ListingId
    organization_id: fields.OrganizationId
    region_code: fields.RegionCode
    reason: fields.ListingReason


class ListingHidden(EventData):
    """A listing can no longer be found, because nobody stands by it or it should not be there."""

    type: ClassVar[str] = "waymark.listing-hidden.v1"
    owner: ClassVar[str] = "directory"
    subject_kind: ClassVar[str] = "listing"

    listing_id: fields.ListingId
    organization_id: fields.OrganizationId
    region_code: fields.RegionCode
    reason: fields.ListingReason


class AgreementEnding(EventData):
    """An agreement of a network or one of its practices ends soon; told once for each end."""

    type: ClassVar[str] = "waymark.agreement-ending.v1"
    owner: ClassVar[str] = "directory"
    subject_kind: ClassVar[str] = "agreement"

    agreement_id: fields.AgreementId
    region_code: fields.RegionCode
    pcn_code: fields.PcnCode
    practice_code: fields.PracticeCode | None
    organization_id: fields.OrganizationId | None
    ends_on: fields.AgreementEndsOn


class ListingCheckDue(EventData):
    """The owner of a listing is to be asked whether it is as it says."""

    type: ClassVar[str] = "waymark.listing-check-due.v1"
    owner: ClassVar[str] = "directory"
    subject_kind: ClassVar[str] = "listing-check"

    check_id: fields.ListingCheckId
    listing_id: fields.ListingId
    organization_id: fields.OrganizationId
    region_code: fields.RegionCode
    reason: fields.ListingCheckReason
    answer_until: fields.AnswerUntil


class CapacityChanged(EventData):
    """What is known of the room a listing has is otherwise than it was told before."""

    type: ClassVar[str] = "waymark.capacity-changed.v1"
    owner: ClassVar[str] = "directory"
    subject_kind: ClassVar[str] = "listing-capacity"

    listing_id: fields.ListingId
    organization_id: fields.OrganizationId
    region_code: fields.RegionCode
    status: fields.CapacityStatus
    previous_status: fields.CapacityBefore
    known_by: fields.CapacitySource
    confidence: fields.CapacityConfidence


class NeedUnmet(EventData):
    """In a month that is over, a need was not met where people live, and more than a few times."""

    type: ClassVar[str] = "waymark.need-unmet.v1"
    owner: ClassVar[str] = "directory"
    subject_kind: ClassVar[str] = "unmet-need"

    region_code: fields.RegionCode
    pcn_code: fields.PcnCode
    neighbourhood_code: fields.NeighbourhoodIfAny
    need: fields.Need
    need_term: fields.NeedTermIfAny
    reason: fields.UnmetReason
    month: fields.UnmetMonth
    times: fields.UnmetTimes
