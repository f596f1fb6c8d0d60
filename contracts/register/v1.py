"""The register, version 1: published by the directory, read by the access part of every service.

Its stream is ``register``. It has a module of its own because the chassis reads
it and may know no other event.
"""

from typing import ClassVar

from contracts import fields
from contracts.event import EventData
from contracts.register import populations, roles


class RegionRegistered(EventData):
    """A region takes part."""

    type: ClassVar[str] = "waymark.region-registered.v1"
    owner: ClassVar[str] = "directory"
    subject_kind: ClassVar[str] = "organisation"

    region_code: fields.RegionCode
    name: fields.OrganisationName


class PcnRegistered(EventData):
    """A Primary Care Network takes part."""

    type: ClassVar[str] = "waymark.pcn-registered.v1"
    owner: ClassVar[str] = "directory"
    subject_kind: ClassVar[str] = "organisation"

    pcn_code: fields.PcnCode
    region_code: fields.RegionCode
    name: fields.OrganisationName


class PracticeRegistered(EventData):
    """A practice belongs to a PCN, from a day on."""

    type: ClassVar[str] = "waymark.practice-registered.v1"
    owner: ClassVar[str] = "directory"
    subject_kind: ClassVar[str] = "organisation"

    practice_code: fields.PracticeCode
    pcn_code: fields.PcnCode
    name: fields.OrganisationName
    from_date: fields.FromDate


class PracticeLeft(EventData):
    """A practice belongs to its PCN no longer, and to no other yet.

    Support of its people goes on where it is until the practice joins another PCN.
    """

    type: ClassVar[str] = "waymark.practice-left.v1"
    owner: ClassVar[str] = "directory"
    subject_kind: ClassVar[str] = "organisation"

    practice_code: fields.PracticeCode
    pcn_code: fields.PcnCode
    until_date: fields.LeftOn


class PcnMerged(EventData):
    """A PCN has become part of another: all its practices belong there now."""

    type: ClassVar[str] = "waymark.pcn-merged.v1"
    owner: ClassVar[str] = "directory"
    subject_kind: ClassVar[str] = "organisation"

    pcn_code: fields.PcnCode
    into_pcn_code: fields.IntoPcnCode
    merged_on: fields.MergedOn
    memberships: fields.MembershipsOfMerged


class ReferringOrganisationRegistered(EventData):
    """A hospital, a council or a voluntary group may refer people to the networks of a region."""

    type: ClassVar[str] = "waymark.referring-organisation-registered.v1"
    owner: ClassVar[str] = "directory"
    subject_kind: ClassVar[str] = "organisation"

    organisation_code: fields.OrganisationCode
    referrer_kind: fields.ReferrerKind
    region_code: fields.RegionCode
    name: fields.OrganisationName


class PopulationRecorded(EventData):
    """How many people were registered on a day, with a PCN or with one practice."""

    type: ClassVar[str] = "waymark.population-recorded.v1"
    owner: ClassVar[str] = "directory"
    subject_kind: ClassVar[str] = "organisation"

    pcn_code: fields.PcnCode
    practice_code: fields.PracticeCode | None
    persons: fields.Persons
    as_of: fields.AsOf
    by_age_band: populations.ByAgeBand | None = None
    by_sex: populations.BySex | None = None
    by_ethnicity: populations.ByEthnicity | None = None
    by_deprivation: populations.ByDeprivation | None = None


class WorkerRegistered(EventData):
    """A worker works for a PCN, in one or more roles."""

    type: ClassVar[str] = "waymark.worker-registered.v1"
    owner: ClassVar[str] = "directory"
    subject_kind: ClassVar[str] = "worker"

    worker_id: fields.WorkerId
    pcn_code: fields.PcnCode
    roles: fields.WorkerRoles


class MembershipGranted(EventData):
    """A member may act in a role for an organisation."""

    type: ClassVar[str] = "waymark.membership-granted.v1"
    owner: ClassVar[str] = "directory"
    subject_kind: ClassVar[str] = "membership"

    membership_id: fields.MembershipId
    member_key: fields.MemberKey
    role: fields.MemberRole
    organisation_kind: fields.OrganisationKind
    organisation_code: fields.OrganisationCode
    granted_by: fields.GrantedBy
    granted_by_role: fields.GrantedByRole | None = None
    replaces_membership_id: fields.ReplacedMembershipId | None = None


class MembershipEnded(EventData):
    """A member may no longer act in that role for that organisation."""

    type: ClassVar[str] = "waymark.membership-ended.v1"
    owner: ClassVar[str] = "directory"
    subject_kind: ClassVar[str] = "membership"

    membership_id: fields.MembershipId
    member_key: fields.MemberKey
    role: fields.MemberRole
    organisation_kind: fields.OrganisationKind
    organisation_code: fields.OrganisationCode


class RoleDescribed(EventData):
    """A network says what one of its roles is: what it does, for whom, and what it does not do."""

    type: ClassVar[str] = "waymark.role-described.v1"
    owner: ClassVar[str] = "directory"
    subject_kind: ClassVar[str] = "organisation"

    pcn_code: fields.PcnCode
    role: fields.WorkerRole
    local_title: roles.LocalTitle
    combined_with: roles.CombinedWith
    purpose: roles.Purpose
    does: roles.Does
    does_not: roles.NotItsTask
    contacts_min: roles.ContactsMin | None
    contacts_max: roles.ContactsMax | None
    contact_minutes: roles.ContactMinutes | None
    home_visits: roles.HomeVisits
    caseload_min: roles.CaseloadMin | None
    caseload_max: roles.CaseloadMax | None
    supervision: roles.SupervisionDues
    clinical_codes: roles.ClinicalCodes
    explanations: roles.Explanations


class RoleWithdrawn(EventData):
    """A network has a role no longer."""

    type: ClassVar[str] = "waymark.role-withdrawn.v1"
    owner: ClassVar[str] = "directory"
    subject_kind: ClassVar[str] = "organisation"

    pcn_code: fields.PcnCode
    role: fields.WorkerRole
