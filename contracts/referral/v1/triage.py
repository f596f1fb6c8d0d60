"""Who could help: what the rules proposed, which role a human chose, and one change of mind."""

from typing import Annotated, ClassVar

from pydantic import Field

from contracts import codes, fields
from contracts.event import EventData

RuleVersion = Annotated[
    int, Field(ge=1, le=100_000, description="Version of the rules that proposed.", examples=[1])
]
Rules = Annotated[
    list[Annotated[str, Field(pattern=r"^[a-z][a-z0-9-]{1,63}$")]],
    Field(max_length=20, description="The rules that spoke for it.", examples=[["several-needs"]]),
]
Complexity = Annotated[
    codes.Complexity, Field(description="How much comes together.", examples=["medium"])
]
Confidence = Annotated[
    codes.Confidence,
    Field(description="How sure the person is of acting by themselves.", examples=["low"]),
]
TriageNumber = Annotated[
    int, Field(ge=1, le=100_000, description="1 for the referral's first triage.", examples=[1])
]
ProposedRole = Annotated[
    codes.WorkerRole, Field(description="What the rules proposed.", examples=["link-worker"])
]
ChosenRole = Annotated[
    codes.WorkerRole, Field(description="What a human chose.", examples=["health-coach"])
]
PreviousRole = Annotated[
    codes.WorkerRole, Field(description="The role it had.", examples=["link-worker"])
]
Overridden = Annotated[
    bool, Field(description="True where the choice is not the proposal.", examples=[True])
]
RoleReason = Annotated[
    codes.RoleReason,
    Field(description="Why the choice is not the proposal.", examples=["person-wishes"]),
]
ReRouteReason = Annotated[
    codes.ReRouteReason,
    Field(description="Why the role was wrong.", examples=["health-goals"]),
]
BetterRoute = Annotated[
    codes.BetterRoute,
    Field(description="Where the person is better helped.", examples=["general-practice"]),
]


class ReferralTriaged(EventData):
    """The rules proposed who could help with a referral."""

    type: ClassVar[str] = "waymark.referral-triaged.v1"
    owner: ClassVar[str] = "referral"
    subject_kind: ClassVar[str] = "episode"

    referral_id: fields.ReferralId
    episode_id: fields.EpisodeId
    person_id: fields.PersonId
    pcn_code: fields.PcnCode
    practice_code: fields.PracticeCode
    triage_number: TriageNumber
    needs: fields.Needs
    urgency: fields.Urgency
    complexity: Complexity
    confidence: Confidence
    rule_version: RuleVersion
    rules: Rules
    proposed_role: ProposedRole


class RoleAssigned(EventData):
    """A human chose which role helps, as proposed or with a reason."""

    type: ClassVar[str] = "waymark.role-assigned.v1"
    owner: ClassVar[str] = "referral"
    subject_kind: ClassVar[str] = "episode"

    referral_id: fields.ReferralId
    episode_id: fields.EpisodeId
    person_id: fields.PersonId
    pcn_code: fields.PcnCode
    practice_code: fields.PracticeCode
    proposed_role: ProposedRole
    role: ChosenRole
    overridden: Overridden
    reason: RoleReason | None


class ReferralReRouted(EventData):
    """The role was the wrong one: another helps, once, and the referrer is told why."""

    type: ClassVar[str] = "waymark.referral-re-routed.v1"
    owner: ClassVar[str] = "referral"
    subject_kind: ClassVar[str] = "episode"

    referral_id: fields.ReferralId
    episode_id: fields.EpisodeId
    person_id: fields.PersonId
    pcn_code: fields.PcnCode
    practice_code: fields.PracticeCode
    referrer_code: fields.ReferrerCode
    previous_role: PreviousRole
    role: ChosenRole
    reason: ReRouteReason
    referrer_organization_id: fields.ReferrerOrganizationId = None
