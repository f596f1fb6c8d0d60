"""What the referral service tells, version 1. The stream is the PCN."""

from typing import ClassVar

from contracts import fields
from contracts.event import EventData
from contracts.referral.v1 import contacts, handover, plans, triage
from contracts.referral.v1.allocation import (
    CaseloadNearlyFull,
    ComplexitySet,
    WorkerAssigned,
    WorkerTakenOff,
)
from contracts.referral.v1.closing import (
    EpisodeClosed,
    EpisodeReopened,
)
from contracts.referral.v1.cohorts import (
    CohortCreated,
    OfferAnswered,
    SupportOffered,
)
from contracts.referral.v1.consent import (
    ConsentAcknowledged,
    ConsentExpired,
    ConsentGiven,
    ConsentNarrowed,
    ConsentRevoked,
)
from contracts.referral.v1.contacts import (
    ContactAttempted,
    ContactCorrected,
    ContactMissed,
    ContactVoided,
)
from contracts.referral.v1.handover import (
    EpisodeContinued,
    EpisodeHandedOver,
    HandoverRefused,
)
from contracts.referral.v1.matching import (
    PersonMerged,
    PersonUnmerged,
)
from contracts.referral.v1.measures import MeasureCorrected, MeasureRecorded
from contracts.referral.v1.onward import (
    OnwardLadderSet,
    OnwardReferralAnswered,
    OnwardReferralAttended,
    OnwardReferralDrafted,
    OnwardReferralEnded,
    OnwardReferralListingBack,
    OnwardReferralListingGone,
    OnwardReferralNudgeDue,
    OnwardReferralPassedOn,
    OnwardReferralSent,
    OnwardReferralStarted,
    PlacementFailed,
)
from contracts.referral.v1.people_record import (
    PersonDeathWithdrawn,
    PersonDied,
)
from contracts.referral.v1.plans import (
    GoalStepsChanged,
    PlanAgreed,
    PlanReviewed,
    ReviewDue,
)
from contracts.referral.v1.risk import (
    RiskFlagEnded,
    RiskFlagRaised,
    RiskFlagReviewDue,
    RiskFlagReviewed,
)
from contracts.referral.v1.safety import (
    AgeRuleSet,
    SafeguardingLeadsNamed,
    SafetyAlarmAcknowledged,
    SafetyAlarmClosed,
    SafetyAlarmEscalated,
    SafetyAlarmRaised,
)
from contracts.referral.v1.signposts import (
    SignpostEchoDue,
    SignpostEchoed,
    SignpostLogged,
)
from contracts.referral.v1.supervision import (
    SupervisionDue,
    SupervisionHeld,
    SupervisionIntervalsSet,
    SupervisionVoided,
    TrainingCompleted,
)
from contracts.referral.v1.triage import (
    ReferralReRouted,
    ReferralTriaged,
    RoleAssigned,
)
from contracts.referral.v1.visits import VisitNotBegun, VisitPlanned, VisitStatusChanged
from contracts.referral.v1.waiting import (
    ClosureLifted,
    ClosureSet,
    FirstContactOverdue,
    FirstContactTargetSet,
    WaitPaused,
    WaitResumed,
)
from contracts.referral.v1.writeback import (
    WritebackAcknowledged,
    WritebackFailed,
    WritebackReconciled,
    WritebackRequested,
    WritebackSent,
    WritebackWithdrawn,
)

__all__ = (
    "AgeRuleSet",
    "CaseloadNearlyFull",
    "ClosureLifted",
    "ClosureSet",
    "CohortCreated",
    "ComplexitySet",
    "ConsentAcknowledged",
    "ConsentExpired",
    "ConsentGiven",
    "ConsentNarrowed",
    "ConsentRevoked",
    "ContactAttempted",
    "ContactCorrected",
    "ContactMade",
    "ContactMissed",
    "ContactVoided",
    "EpisodeClosed",
    "EpisodeContinued",
    "EpisodeHandedOver",
    "EpisodeReopened",
    "FirstContactOverdue",
    "FirstContactTargetSet",
    "GoalSet",
    "GoalStepsChanged",
    "GoalUpdated",
    "HandoverRefused",
    "MeasureCorrected",
    "MeasureRecorded",
    "OfferAnswered",
    "OnwardLadderSet",
    "OnwardReferralAnswered",
    "OnwardReferralAttended",
    "OnwardReferralDrafted",
    "OnwardReferralEnded",
    "OnwardReferralListingBack",
    "OnwardReferralListingGone",
    "OnwardReferralNudgeDue",
    "OnwardReferralPassedOn",
    "OnwardReferralSent",
    "OnwardReferralStarted",
    "PersonDeathWithdrawn",
    "PersonDied",
    "PersonMerged",
    "PersonRegistered",
    "PersonUnmerged",
    "PersonUpdated",
    "PlacementFailed",
    "PlanAgreed",
    "PlanReviewed",
    "ReferralCreated",
    "ReferralReRouted",
    "ReferralStatusChanged",
    "ReferralTriaged",
    "ReviewDue",
    "RiskFlagEnded",
    "RiskFlagRaised",
    "RiskFlagReviewDue",
    "RiskFlagReviewed",
    "RoleAssigned",
    "SafeguardingLeadsNamed",
    "SafetyAlarmAcknowledged",
    "SafetyAlarmClosed",
    "SafetyAlarmEscalated",
    "SafetyAlarmRaised",
    "SignpostEchoDue",
    "SignpostEchoed",
    "SignpostLogged",
    "SupervisionDue",
    "SupervisionHeld",
    "SupervisionIntervalsSet",
    "SupervisionVoided",
    "SupportOffered",
    "TrainingCompleted",
    "VisitNotBegun",
    "VisitPlanned",
    "VisitStatusChanged",
    "WaitPaused",
    "WaitResumed",
    "WorkerAssigned",
    "WorkerTakenOff",
    "WritebackAcknowledged",
    "WritebackFailed",
    "WritebackReconciled",
    "WritebackRequested",
    "WritebackSent",
    "WritebackWithdrawn",
)


class PersonRegistered(EventData):
    """A person became known to a PCN."""

    type: ClassVar[str] = "waymark.person-registered.v1"
    owner: ClassVar[str] = "referral"
    subject_kind: ClassVar[str] = "person"

    person_id: fields.PersonId
    pcn_code: fields.PcnCode
    practice_code: fields.PracticeCode
    age_band: fields.AgeBand
    sex: fields.Sex
    ethnicity_category: fields.EthnicityCategory | None
    deprivation_decile: fields.DeprivationDecile | None
    language: fields.Language


class PersonUpdated(EventData):
    """What is recorded of a person changed; these are the bands as they now stand."""

    type: ClassVar[str] = "waymark.person-updated.v1"
    owner: ClassVar[str] = "referral"
    subject_kind: ClassVar[str] = "person"

    person_id: fields.PersonId
    pcn_code: fields.PcnCode
    practice_code: fields.PracticeCode
    age_band: fields.AgeBand
    sex: fields.Sex
    ethnicity_category: fields.EthnicityCategory | None
    deprivation_decile: fields.DeprivationDecile | None
    language: fields.Language


class ReferralCreated(EventData):
    """Somebody asked for support for a person; it opened an episode or joined the open one."""

    type: ClassVar[str] = "waymark.referral-created.v1"
    owner: ClassVar[str] = "referral"
    subject_kind: ClassVar[str] = "episode"

    referral_id: fields.ReferralId
    episode_id: fields.EpisodeId
    person_id: fields.PersonId
    pcn_code: fields.PcnCode
    practice_code: fields.PracticeCode
    referrer_code: fields.ReferrerCode
    route: fields.Route
    needs: fields.Needs
    urgency: fields.Urgency
    opened_episode: fields.OpenedEpisode
    age_band: fields.AgeBand
    sex: fields.Sex
    ethnicity_category: fields.EthnicityCategory | None
    deprivation_decile: fields.DeprivationDecile | None
    language: fields.Language
    messages_consented: fields.MessagesConsented
    safe_channel: fields.SafeChannel
    referrer_organization_id: fields.ReferrerOrganizationId = None


class ReferralStatusChanged(EventData):
    """A referral was accepted, declined, returned or closed."""

    type: ClassVar[str] = "waymark.referral-status-changed.v1"
    owner: ClassVar[str] = "referral"
    subject_kind: ClassVar[str] = "episode"

    referral_id: fields.ReferralId
    episode_id: fields.EpisodeId
    pcn_code: fields.PcnCode
    practice_code: fields.PracticeCode
    status: fields.ReferralStatus
    previous_status: fields.PreviousReferralStatus
    reason: fields.StatusReason | None
    better_route: triage.BetterRoute | None = None


class ContactMade(EventData):
    """A worker and the person spoke."""

    type: ClassVar[str] = "waymark.contact-made.v1"
    owner: ClassVar[str] = "referral"
    subject_kind: ClassVar[str] = "episode"

    contact_id: fields.ContactId
    referral_id: fields.ReferralId
    episode_id: fields.EpisodeId
    person_id: fields.PersonId
    pcn_code: fields.PcnCode
    practice_code: fields.PracticeCode
    mode: fields.ContactMode
    minutes: fields.Minutes | None
    role: fields.WorkerRole
    worker_id: fields.WorkerId | None
    contact_number: fields.ContactNumber
    referred_at: fields.ReferredAt
    with_role: contacts.WithRole | None = None
    understanding: contacts.Understanding | None = None
    first_contact: contacts.FirstContact | None = None


class GoalSet(EventData):
    """The person set a goal."""

    type: ClassVar[str] = "waymark.goal-set.v1"
    owner: ClassVar[str] = "referral"
    subject_kind: ClassVar[str] = "episode"

    goal_id: fields.GoalId
    referral_id: fields.ReferralId
    episode_id: fields.EpisodeId
    pcn_code: fields.PcnCode
    practice_code: fields.PracticeCode
    need: fields.Need | None
    target_date: fields.TargetDate | None
    worker_id: fields.WorkerId | None
    review_on: plans.ReviewOn | None = None
    steps: plans.Steps | None = None
    continues_goal_id: handover.ContinuedGoalId | None = None


class GoalUpdated(EventData):
    """Where a goal stands was written down again."""

    type: ClassVar[str] = "waymark.goal-updated.v1"
    owner: ClassVar[str] = "referral"
    subject_kind: ClassVar[str] = "episode"

    goal_id: fields.GoalId
    referral_id: fields.ReferralId
    episode_id: fields.EpisodeId
    pcn_code: fields.PcnCode
    practice_code: fields.PracticeCode
    status: fields.GoalStatus
    previous_status: fields.PreviousGoalStatus
    update_number: fields.UpdateNumber
    changes: plans.GoalChanges | None = None
    target_date: fields.TargetDate | None = None
    review_on: plans.ReviewOn | None = None
    need: fields.Need | None = None
    reason: plans.GoalCorrectionReason | None = None
