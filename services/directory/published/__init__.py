"""The events the directory tells, built from what it has just stored.

Promise    A region's register is told on one stream, ``register``; its listings on a stream of
           the region. Nobody's name, address or subject is in any of it.
Not here   What is told of how listings stand: ``evidence``. Storing them beside the change:
           ``chassis.outbox``.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final, cast
from uuid import UUID

from chassis.outbox import NewEvent
from contracts import codes
from contracts.directory.v1 import (
    AgreementEnding,
    ListingChanged,
    ListingDoubted,
    ListingHidden,
    ListingPublished,
    ListingWithdrawn,
    OrganizationChanged,
    OrganizationListed,
)
from contracts.event import EventData
from contracts.register.v1 import (
    MembershipEnded,
    MembershipGranted,
    PcnMerged,
    PcnRegistered,
    PopulationRecorded,
    PracticeLeft,
    PracticeRegistered,
    ReferringOrganisationRegistered,
    RegionRegistered,
    RoleDescribed,
    RoleWithdrawn,
    WorkerRegistered,
)
from contracts.topics import REGISTER_STREAM
from services.directory.domain.populations import Dimension, Parts
from services.directory.domain.register import Moment
from services.directory.domain.roles import Role


@dataclass(frozen=True, slots=True)
class Telling:
    """What an event needs beside its facts: its id, its aggregate's version, its moment."""

    event_id: UUID
    version: int
    moment: Moment


def region_registered(telling: Telling, *, region_code: str, name: str) -> NewEvent:
    """Tell that a region takes part."""
    return _of_register(
        telling, RegionRegistered(region_code=region_code, name=name), about=region_code
    )


def pcn_registered(telling: Telling, *, pcn_code: str, region_code: str, name: str) -> NewEvent:
    """Tell that a PCN takes part, or its new name."""
    data = PcnRegistered(pcn_code=pcn_code, region_code=region_code, name=name)
    return _of_register(telling, data, about=pcn_code)


def practice_registered(
    telling: Telling, *, practice_code: str, pcn_code: str, name: str, from_date: date
) -> NewEvent:
    """Tell where a practice belongs."""
    data = PracticeRegistered(
        practice_code=practice_code, pcn_code=pcn_code, name=name, from_date=from_date
    )
    return _of_register(telling, data, about=practice_code)


def practice_left(
    telling: Telling, *, practice_code: str, pcn_code: str, until_date: date
) -> NewEvent:
    """Tell that a practice belongs to its PCN no longer."""
    data = PracticeLeft(practice_code=practice_code, pcn_code=pcn_code, until_date=until_date)
    return _of_register(telling, data, about=practice_code)


def pcn_merged(
    telling: Telling,
    *,
    pcn_code: str,
    into_pcn_code: str,
    merged_on: date,
    memberships: codes.MembershipsOfMerged,
) -> NewEvent:
    """Tell that all practices of a PCN belong to another now."""
    data = PcnMerged(
        pcn_code=pcn_code,
        into_pcn_code=into_pcn_code,
        merged_on=merged_on,
        memberships=memberships,
    )
    return _of_register(telling, data, about=pcn_code)


def referring_organisation_registered(
    telling: Telling,
    *,
    organisation_code: str,
    referrer_kind: codes.ReferrerKind,
    region_code: str,
    name: str,
) -> NewEvent:
    """Tell that an organisation that is no practice may refer, or what changed of it."""
    data = ReferringOrganisationRegistered(
        organisation_code=organisation_code,
        referrer_kind=referrer_kind,
        region_code=region_code,
        name=name,
    )
    return _of_register(telling, data, about=organisation_code)


def population_recorded(
    telling: Telling,
    *,
    pcn_code: str,
    practice_code: str | None,
    persons: int,
    as_of: date,
    parts: Parts,
) -> NewEvent:
    """Tell how many people were registered, and how many of them by what was counted."""
    told: dict[str, object] = {
        "pcn_code": pcn_code,
        "practice_code": practice_code,
        "persons": persons,
        "as_of": as_of,
    }
    for dimension, (field, band) in _TOLD_PARTS.items():
        if dimension in parts:
            told[field] = [
                {band: _band(dimension, name), "persons": count}
                for name, count in parts[dimension].items()
            ]
    return _of_register(telling, PopulationRecorded.model_validate(told), about=pcn_code)


_TOLD_PARTS: Final[Mapping[Dimension, tuple[str, str]]] = {
    "age-band": ("by_age_band", "age_band"),
    "sex": ("by_sex", "sex"),
    "ethnicity-category": ("by_ethnicity", "ethnicity_category"),
    "deprivation-decile": ("by_deprivation", "deprivation_decile"),
}


def _band(dimension: Dimension, name: str) -> object:
    """A decile is told as a number, and as nothing where it is not known."""
    if dimension != "deprivation-decile":
        return name
    return int(name) if name.isdigit() else None


def role_described(telling: Telling, *, pcn_code: str, described: Role) -> NewEvent:
    """Tell what a role of a PCN is."""
    told = {"pcn_code": pcn_code, "role": described.role, **described.content}
    return _of_register(telling, RoleDescribed.model_validate(told), about=pcn_code)


def role_withdrawn(telling: Telling, *, pcn_code: str, role: str) -> NewEvent:
    """Tell that a PCN has a role no longer."""
    data = RoleWithdrawn(pcn_code=pcn_code, role=cast("codes.WorkerRole", role))
    return _of_register(telling, data, about=pcn_code)


def agreement_ending(
    telling: Telling,
    *,
    agreement_id: UUID,
    region_code: str,
    pcn_code: str,
    practice_code: str | None,
    organization_id: UUID | None,
    ends_on: date,
) -> NewEvent:
    """Tell that the end of an agreement is near."""
    data = AgreementEnding(
        agreement_id=agreement_id,
        region_code=region_code,
        pcn_code=pcn_code,
        practice_code=practice_code,
        organization_id=organization_id,
        ends_on=ends_on,
    )
    return event_on(telling, data, stream=region_code, about=agreement_id)


def worker_registered(
    telling: Telling, *, worker_id: UUID, pcn_code: str, roles: Sequence[str]
) -> NewEvent:
    """Tell that a worker works for a PCN: the id and the roles, not the name."""
    data = WorkerRegistered(
        worker_id=worker_id, pcn_code=pcn_code, roles=cast("list[codes.WorkerRole]", list(roles))
    )
    return _of_register(telling, data, about=worker_id)


def membership_granted(
    telling: Telling,
    *,
    membership_id: UUID,
    member_key: str,
    role: str,
    organisation_kind: str,
    organisation_code: str,
    granted_by: str,
    granted_by_role: str | None,
    replaces_membership_id: UUID | None,
) -> NewEvent:
    """Tell that a member may act in a role."""
    data = MembershipGranted(
        membership_id=membership_id,
        member_key=member_key,
        role=cast("codes.Role", role),
        organisation_kind=cast("codes.OrganisationKind", organisation_kind),
        organisation_code=organisation_code,
        granted_by=granted_by,
        granted_by_role=cast("codes.Role | None", granted_by_role),
        replaces_membership_id=replaces_membership_id,
    )
    return _of_register(telling, data, about=membership_id)


def membership_ended(
    telling: Telling,
    *,
    membership_id: UUID,
    member_key: str,
    role: str,
    organisation_kind: str,
    organisation_code: str,
) -> NewEvent:
    """Tell that a member may no longer."""
    data = MembershipEnded(
        membership_id=membership_id,
        member_key=member_key,
        role=cast("codes.Role", role),
        organisation_kind=cast("codes.OrganisationKind", organisation_kind),
        organisation_code=organisation_code,
    )
    return _of_register(telling, data, about=membership_id)


def organization_listed(telling: Telling, *, organization_id: UUID, region_code: str) -> NewEvent:
    """Tell that an organisation that offers something was entered."""
    data = OrganizationListed(organization_id=organization_id, region_code=region_code)
    return event_on(telling, data, stream=region_code, about=organization_id)


def organization_changed(
    telling: Telling, *, organization_id: UUID, region_code: str, changed_fields: Sequence[str]
) -> NewEvent:
    """Tell which facts of an organisation are otherwise."""
    data = OrganizationChanged(
        organization_id=organization_id,
        region_code=region_code,
        changed_fields=list(changed_fields),
    )
    return event_on(telling, data, stream=region_code, about=organization_id)


@dataclass(frozen=True, slots=True)
class ToldListing:
    """What events say of any listing."""

    listing_id: UUID
    organization_id: UUID
    region_code: str
    needs: Sequence[str]
    need_terms: Sequence[str]


def listing_published(telling: Telling, listing: ToldListing) -> NewEvent:
    """Tell that a listing can be found without doubt."""
    data = ListingPublished(
        listing_id=listing.listing_id,
        organization_id=listing.organization_id,
        region_code=listing.region_code,
        needs=cast("list[codes.Need]", list(listing.needs)),
        need_terms=list(listing.need_terms) or None,
    )
    return _of_listing(telling, data, listing)


def listing_changed(
    telling: Telling, listing: ToldListing, changed_fields: Sequence[str]
) -> NewEvent:
    """Tell which facts of a listing are otherwise."""
    data = ListingChanged(
        listing_id=listing.listing_id,
        organization_id=listing.organization_id,
        region_code=listing.region_code,
        needs=cast("list[codes.Need]", list(listing.needs)),
        need_terms=list(listing.need_terms) or None,
        changed_fields=list(changed_fields),
    )
    return _of_listing(telling, data, listing)


def listing_doubted(
    telling: Telling, listing: ToldListing, reason: codes.ListingReason
) -> NewEvent:
    """Tell that a listing may no longer be right."""
    data = ListingDoubted(
        listing_id=listing.listing_id,
        organization_id=listing.organization_id,
        region_code=listing.region_code,
        reason=reason,
    )
    return _of_listing(telling, data, listing)


def listing_hidden(telling: Telling, listing: ToldListing, reason: codes.ListingReason) -> NewEvent:
    """Tell that a listing was taken away from the public."""
    data = ListingHidden(
        listing_id=listing.listing_id,
        organization_id=listing.organization_id,
        region_code=listing.region_code,
        reason=reason,
    )
    return _of_listing(telling, data, listing)


def listing_withdrawn(
    telling: Telling, listing: ToldListing, reason: codes.ListingReason | None
) -> NewEvent:
    """Tell that a listing can no longer be found."""
    data = ListingWithdrawn(
        listing_id=listing.listing_id,
        organization_id=listing.organization_id,
        region_code=listing.region_code,
        reason=reason,
    )
    return _of_listing(telling, data, listing)


def _of_listing(telling: Telling, data: EventData, listing: ToldListing) -> NewEvent:
    return event_on(telling, data, stream=listing.region_code, about=listing.listing_id)


def _of_register(telling: Telling, data: EventData, *, about: UUID | str) -> NewEvent:
    return event_on(telling, data, stream=REGISTER_STREAM, about=about)


def event_on(telling: Telling, data: EventData, *, stream: str, about: UUID | str) -> NewEvent:
    """Give the event that tells this on a stream."""
    return NewEvent(
        data=data,
        stream=stream,
        subject=f"{data.subject_kind}/{about}",
        aggregate_version=telling.version,
        occurred_at=telling.moment.occurred_at,
        recorded_at=telling.moment.recorded_at,
        origin=telling.moment.origin,
        event_id=telling.event_id,
    )
