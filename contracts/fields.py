"""The fields events are made of: each kind described, bounded and shown by an example once."""

from datetime import date
from typing import Annotated
from uuid import UUID

from pydantic import AwareDatetime, Field

from contracts import codes

_CODE = r"^[A-Z0-9]{3,12}$"
_LANGUAGE = r"^[a-z]{2}$"


def _uuid(last: str) -> UUID:
    return UUID(f"01980000-0000-7000-8000-{last:0>12}")


PersonId = Annotated[UUID, Field(description="The person helped.", examples=[_uuid("a1")])]
ReferralId = Annotated[UUID, Field(description="One request for support.", examples=[_uuid("b1")])]
EpisodeId = Annotated[
    UUID,
    Field(
        description="The support the person receives; referrals open it or join it.",
        examples=[_uuid("c1")],
    ),
]
ContactId = Annotated[UUID, Field(description="One conversation.", examples=[_uuid("d1")])]
GoalId = Annotated[UUID, Field(description="One goal of the person.", examples=[_uuid("e1")])]
WorkerId = Annotated[
    UUID,
    Field(description="A worker; the directory knows the name.", examples=[_uuid("f1")]),
]
MembershipId = Annotated[UUID, Field(description="One membership.", examples=[_uuid("aa")])]
OrganizationId = Annotated[
    UUID, Field(description="An organisation with listings.", examples=[_uuid("ab")])
]
ListingId = Annotated[UUID, Field(description="One listing.", examples=[_uuid("ac")])]
ListingCheckId = Annotated[
    UUID, Field(description="One question to the owner of a listing.", examples=[_uuid("ae")])
]
MessageId = Annotated[UUID, Field(description="One message intent.", examples=[_uuid("ad")])]

RegionCode = Annotated[
    str, Field(pattern=_CODE, description="Code of the region.", examples=["QZZ"])
]
PcnCode = Annotated[
    str,
    Field(pattern=_CODE, description="Code of the Primary Care Network.", examples=["U99001"]),
]
PracticeCode = Annotated[
    str,
    Field(pattern=_CODE, description="Code of the person's practice.", examples=["Y99001"]),
]
ReferrerCode = Annotated[
    str,
    Field(
        pattern=_CODE,
        description="Code of the organisation that referred: a practice or another.",
        examples=["Y99001"],
    ),
]
ReferrerOrganizationId = Annotated[
    UUID | None,
    Field(
        description=(
            "Id of the organisation that referred, where it has no code; `referrer_code` is then "
            "that of the network."
        ),
        examples=[None],
    ),
]
ReferrerKind = Annotated[
    codes.ReferrerKind,
    Field(description="What an organisation that refers is.", examples=["council"]),
]
OrganisationCode = Annotated[
    str,
    Field(
        pattern=r"^[A-Za-z0-9-]{1,36}$",
        description="Code (or id) of the organisation a membership is in; '-' where there is none.",
        examples=["U99001"],
    ),
]
OrganisationName = Annotated[
    str,
    Field(
        min_length=1,
        max_length=200,
        description="Name of the organisation.",
        examples=["Wayford North PCN (synthetic)"],
    ),
]
MemberKey = Annotated[
    str,
    Field(
        pattern=r"^[0-9a-f]{32}$",
        description="Keyed hash of issuer and subject: tells members apart, names nobody.",
        examples=["0f" * 16],
    ),
]
GrantedBy = Annotated[
    str,
    Field(
        min_length=1,
        max_length=64,
        pattern=r"^[A-Za-z0-9:._-]+$",
        description="Member key of whoever granted it, or the name of the setting that did.",
        examples=["0a" * 16],
    ),
]
GrantedByRole = Annotated[
    codes.Role,
    Field(description="What they acted as when they granted it.", examples=["registrar"]),
]
ReplacedMembershipId = Annotated[
    UUID,
    Field(
        description="The membership it came in place of, which ended in the same moment.",
        examples=[_uuid("a9")],
    ),
]
IntoPcnCode = Annotated[
    str, Field(pattern=_CODE, description="Code of the PCN it is part of now.", examples=["U99002"])
]
MembershipsOfMerged = Annotated[
    codes.MembershipsOfMerged,
    Field(description="What became of what people held in it.", examples=["carried"]),
]
RuleName = Annotated[
    str,
    Field(
        pattern=r"^[a-z][a-z0-9-]{1,63}$",
        description="The rule that asked for the message.",
        examples=["referral-received"],
    ),
]

AgeBand = Annotated[codes.AgeBand, Field(description="Age, coarsely.", examples=["60-74"])]
Sex = Annotated[codes.Sex, Field(description="Sex as recorded.", examples=["female"])]
EthnicityCategory = Annotated[
    codes.EthnicityCategory,
    Field(
        description="Category of the 16+1 scheme; Z is not stated.",
        examples=["A"],
    ),
]
DeprivationDecile = Annotated[
    int,
    Field(
        ge=1, le=10, description="Decile of the neighbourhood; 1 is most deprived.", examples=[3]
    ),
]
Language = Annotated[
    str,
    Field(pattern=_LANGUAGE, description="Preferred language, ISO 639-1.", examples=["en"]),
]
Route = Annotated[
    codes.Route,
    Field(description="The way the referral came.", examples=["general-practice"]),
]
Urgency = Annotated[codes.Urgency, Field(description="How soon.", examples=["routine"])]
Need = Annotated[codes.Need, Field(description="What it is about.", examples=["isolation"])]
Needs = Annotated[
    list[codes.Need],
    Field(
        min_length=1,
        max_length=10,
        description="What the person needs, most pressing first.",
        examples=[["isolation", "money"]],
    ),
]
NeedTerms = Annotated[
    list[Annotated[str, Field(pattern=r"^[a-z]+(-[a-z]+)*$", max_length=40)]],
    Field(
        min_length=1,
        max_length=20,
        description="What it answers, as finely as the catalogue of needs says.",
        examples=[["loneliness", "debt"]],
    ),
]
ChangedFields = Annotated[
    list[Annotated[str, Field(pattern=r"^[a-z]+(_[a-z]+)*$", max_length=40)]],
    Field(
        min_length=1,
        max_length=40,
        description="The names of the facts that changed.",
        examples=[["schedules", "fees"]],
    ),
]
ListingCheckReason = Annotated[
    codes.ListingCheckReason,
    Field(description="Why the owner is asked.", examples=["nothing-heard"]),
]
AnswerUntil = Annotated[
    AwareDatetime,
    Field(description="Until when an answer is taken.", examples=["2026-04-06T10:00:00Z"]),
]
CapacityStatus = Annotated[
    codes.CapacityStatus | None,
    Field(description="What is known of its room; null: nothing.", examples=["has-capacity"]),
]
CapacityBefore = Annotated[
    codes.CapacityStatus | None,
    Field(description="What was told before; null: nothing was known.", examples=["no-capacity"]),
]
CapacitySource = Annotated[
    codes.CapacitySource,
    Field(description="Whether somebody said so or it was reckoned.", examples=["estimate"]),
]
CapacityConfidence = Annotated[
    float, Field(ge=0, le=1, description="How sure that is, from 0 to 1.", examples=[0.6])
]
NeedTermIfAny = Annotated[
    str | None,
    Field(
        pattern=r"^[a-z]+(-[a-z]+)*$",
        max_length=40,
        description="The need, as finely as the catalogue says, where that is known.",
        examples=["debt"],
    ),
]
NeighbourhoodIfAny = Annotated[
    str | None,
    Field(
        pattern=r"^[A-Za-z0-9_-]{1,20}$",
        description="The small area, where it is known; never of one person alone.",
        examples=["Z99001000"],
    ),
]
UnmetReason = Annotated[
    codes.UnmetReason, Field(description="What stood in the way.", examples=["nothing-there"])
]
UnmetMonth = Annotated[
    date, Field(description="The first day of the month.", examples=["2026-03-01"])
]
UnmetTimes = Annotated[
    int,
    Field(ge=5, description="How often, to the nearest five; few are not told.", examples=[10]),
]
ListingReason = Annotated[
    codes.ListingReason,
    Field(description="Why the listing is not as it was.", examples=["no-longer-runs"]),
]
ReferralStatus = Annotated[
    codes.ReferralStatus, Field(description="Where the referral stands.", examples=["accepted"])
]
PreviousReferralStatus = Annotated[
    codes.ReferralStatus, Field(description="Where it stood before.", examples=["received"])
]
StatusReason = Annotated[
    codes.StatusReason, Field(description="Why it came to this.", examples=["not-wanted"])
]
GoalStatus = Annotated[
    codes.GoalStatus, Field(description="Where the goal stands.", examples=["progressing"])
]
PreviousGoalStatus = Annotated[
    codes.GoalStatus, Field(description="Where it stood before.", examples=["set"])
]
ContactMode = Annotated[codes.ContactMode, Field(description="How they spoke.", examples=["phone"])]
WorkerRole = Annotated[
    codes.WorkerRole, Field(description="The worker's role.", examples=["link-worker"])
]
WorkerRoles = Annotated[
    list[codes.WorkerRole],
    Field(
        min_length=1, max_length=8, description="The worker's roles.", examples=[["link-worker"]]
    ),
]
MemberRole = Annotated[
    codes.Role, Field(description="What the member may act as.", examples=["link-worker"])
]
OrganisationKind = Annotated[
    codes.OrganisationKind,
    Field(description="What kind of organisation the code names.", examples=["pcn"]),
]
SafeChannel = Annotated[
    codes.SafeChannel,
    Field(description="A channel that is safe for this person.", examples=["email"]),
]
Channel = Annotated[codes.Channel, Field(description="How it was sent.", examples=["email"])]
RecipientKind = Annotated[
    codes.RecipientKind, Field(description="Who it was for.", examples=["referrer"])
]
SuppressionReason = Annotated[
    codes.SuppressionReason, Field(description="Why it was not sent.", examples=["too-late"])
]
FailureReason = Annotated[
    codes.FailureReason,
    Field(description="Why it could not be delivered.", examples=["address-refused"]),
]

OpenedEpisode = Annotated[
    bool, Field(description="True where it opened the episode it belongs to.", examples=[True])
]
MessagesConsented = Annotated[
    bool, Field(description="True where the person agreed to messages.", examples=[False])
]
Minutes = Annotated[int, Field(ge=0, le=1440, description="How long it took.", examples=[35])]
ContactNumber = Annotated[
    int,
    Field(ge=1, le=100_000, description="1 for the first contact of the episode.", examples=[1]),
]
UpdateNumber = Annotated[
    int, Field(ge=1, le=100_000, description="1 for the first update of the goal.", examples=[1])
]
Persons = Annotated[
    int, Field(ge=0, le=100_000_000, description="People registered.", examples=[44_000])
]
ReferredAt = Annotated[
    AwareDatetime,
    Field(description="When the episode was opened.", examples=["2026-03-02T09:30:00Z"]),
]
TargetDate = Annotated[date, Field(description="Meant to be reached by.", examples=["2026-06-30"])]
FromDate = Annotated[
    date, Field(description="First day the practice belongs to the PCN.", examples=["2026-04-01"])
]
LeftOn = Annotated[
    date,
    Field(description="First day the practice belongs there no longer.", examples=["2026-09-30"]),
]
MergedOn = Annotated[
    date,
    Field(description="First day its practices belong to the other PCN.", examples=["2026-10-01"]),
]
AgreementId = Annotated[UUID, Field(description="One agreement.", examples=[_uuid("ae")])]
AgreementEndsOn = Annotated[
    date, Field(description="The last day the agreement holds.", examples=["2027-03-31"])
]
AsOf = Annotated[date, Field(description="The day it was counted.", examples=["2026-04-01"])]
