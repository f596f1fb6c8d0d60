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
