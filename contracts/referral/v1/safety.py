"""Alarms about somebody's safety: raised, escalated until a named human answers, closed.

They have a stream of their own beside their network's, so that nothing can delay them.
"""

from typing import Annotated, ClassVar
from uuid import UUID

from pydantic import AwareDatetime, Field

from contracts import codes, fields
from contracts.event import EventData
from contracts.referral.v1.visits import VisitId

SAFETY_SUFFIX = ".safety"

AlarmId = Annotated[
    UUID, Field(description="One alarm.", examples=[UUID("01980000-0000-7000-8000-0000000000e2")])
]
AlarmKind = Annotated[
    codes.AlarmKind, Field(description="What raised it.", examples=["danger-named"])
]
Dangers = Annotated[
    list[codes.Danger],
    Field(max_length=7, description="What was named, if anything was.", examples=[["self-harm"]]),
]
Level = Annotated[
    int,
    Field(ge=0, le=1_000_000, description="How often it escalated; 0 at first.", examples=[0]),
]
Holder = Annotated[
    UUID,
    Field(
        description="The membership that is to act; null: everybody who may act.",
        examples=[UUID("01980000-0000-7000-8000-0000000000aa")],
    ),
]
AnsweredBy = Annotated[
    UUID,
    Field(
        description="The membership that answered.",
        examples=[UUID("01980000-0000-7000-8000-0000000000aa")],
    ),
]
EscalatesAt = Annotated[
    AwareDatetime,
    Field(
        description="When it goes on to the next; null where an import tells of the past.",
        examples=["2026-03-02T09:45:00Z"],
    ),
]
SecondsWaited = Annotated[
    int,
    Field(ge=0, description="From raising to the answer.", examples=[240]),
]
AlarmOutcome = Annotated[
    codes.AlarmOutcome, Field(description="What came of it.", examples=["passed-on"])
]
Leads = Annotated[
    list[UUID],
    Field(
        max_length=20,
        description="Memberships in the order in which they are alarmed.",
        examples=[[UUID("01980000-0000-7000-8000-0000000000aa")]],
    ),
]
EscalateAfterMinutes = Annotated[
    int,
    Field(ge=1, le=1_440, description="How long each has to answer.", examples=[15]),
]
AgeRule = Annotated[
    codes.AgeRule,
    Field(description="Whether people under 18 are helped.", examples=["guardian-consent"]),
]
BetterRoute = Annotated[
    codes.BetterRoute,
    Field(description="Where the person is better helped.", examples=["general-practice"]),
]


class SafetyAlarmRaised(EventData):
    """Somebody may be in danger, and a named human was told at once."""

    type: ClassVar[str] = "waymark.safety-alarm-raised.v1"
    owner: ClassVar[str] = "referral"
    subject_kind: ClassVar[str] = "alarm"
    stream_suffix: ClassVar[str] = SAFETY_SUFFIX

    alarm_id: AlarmId
    pcn_code: fields.PcnCode
    kind: AlarmKind
    dangers: Dangers
    practice_code: fields.PracticeCode | None
    referral_id: fields.ReferralId | None
    episode_id: fields.EpisodeId | None
    person_id: fields.PersonId | None
    level: Level
    holder: Holder | None
    escalates_at: EscalatesAt | None
    visit_id: VisitId | None = None
    worker_id: Annotated[
        fields.WorkerId | None, Field(description="Who went on that visit; null: it is about none.")
    ] = None


class SafetyAlarmEscalated(EventData):
    """Nobody answered in time, or nobody closed what was answered, so the next were told."""

    type: ClassVar[str] = "waymark.safety-alarm-escalated.v1"
    owner: ClassVar[str] = "referral"
    subject_kind: ClassVar[str] = "alarm"
    stream_suffix: ClassVar[str] = SAFETY_SUFFIX

    alarm_id: AlarmId
    pcn_code: fields.PcnCode
    kind: AlarmKind
    level: Level
    holder: Holder | None
    escalates_at: EscalatesAt


class SafetyAlarmAcknowledged(EventData):
    """A named human answered an alarm and acts on it."""

    type: ClassVar[str] = "waymark.safety-alarm-acknowledged.v1"
    owner: ClassVar[str] = "referral"
    subject_kind: ClassVar[str] = "alarm"
    stream_suffix: ClassVar[str] = SAFETY_SUFFIX

    alarm_id: AlarmId
    pcn_code: fields.PcnCode
    kind: AlarmKind
    level: Level
    acknowledged_by: AnsweredBy | None
    seconds_waited: SecondsWaited


class SafetyAlarmClosed(EventData):
    """What an alarm was about has been seen to."""

    type: ClassVar[str] = "waymark.safety-alarm-closed.v1"
    owner: ClassVar[str] = "referral"
    subject_kind: ClassVar[str] = "alarm"
    stream_suffix: ClassVar[str] = SAFETY_SUFFIX

    alarm_id: AlarmId
    pcn_code: fields.PcnCode
    kind: AlarmKind
    outcome: AlarmOutcome


class SafeguardingLeadsNamed(EventData):
    """A network said who is alarmed, in which order, and how long each has to answer."""

    type: ClassVar[str] = "waymark.safeguarding-leads-named.v1"
    owner: ClassVar[str] = "referral"
    subject_kind: ClassVar[str] = "safeguarding"
    stream_suffix: ClassVar[str] = SAFETY_SUFFIX

    pcn_code: fields.PcnCode
    membership_ids: Leads
    escalate_after_minutes: EscalateAfterMinutes


class AgeRuleSet(EventData):
    """A network said whether it helps people under 18, and where they are better helped."""

    type: ClassVar[str] = "waymark.age-rule-set.v1"
    owner: ClassVar[str] = "referral"
    subject_kind: ClassVar[str] = "safeguarding"
    stream_suffix: ClassVar[str] = SAFETY_SUFFIX

    pcn_code: fields.PcnCode
    rule: AgeRule
    better_route: BetterRoute | None
