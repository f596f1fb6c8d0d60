"""What workers are entitled to, supervision and training: what they had, and what is due."""

from datetime import date
from typing import Annotated, ClassVar
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from contracts import codes, fields
from contracts.event import EventData

EntitlementId = Annotated[
    UUID,
    Field(
        description="What one worker is entitled to of one kind, in one network.",
        examples=[UUID("01980000-0000-7000-8000-0000000000f6")],
    ),
]
Supervision = Annotated[
    codes.Supervision, Field(description="What kind of supervision.", examples=["clinical"])
]
TrainingTopic = Annotated[
    codes.TrainingTopic, Field(description="What it was about.", examples=["local-resources"])
]
Kind = Annotated[codes.EntitlementKind, Field(description="What is due.", examples=["supervision"])]
What = Annotated[
    str,
    Field(
        pattern=r"^[a-z][a-z-]{0,31}$",
        description="Which supervision, or the topic of the training.",
        examples=["clinical"],
    ),
]
NextBy = Annotated[
    date,
    Field(
        description="The day by which the next is due; null where the role names none.",
        examples=["2026-04-30"],
    ),
]
VoidedEventId = Annotated[
    UUID,
    Field(
        description="The event that told it.",
        examples=[UUID("01980000-0000-7000-8000-0000000000f9")],
    ),
]
VoidReason = Annotated[
    codes.CorrectionReason,
    Field(description="Why what was written down does not stand.", examples=["mistyped"]),
]
LastOn = Annotated[
    date,
    Field(
        description="The last day they had it, of what stands; null where nothing does.",
        examples=["2026-04-02"],
    ),
]
DueBy = Annotated[date, Field(description="The day by which it was due.", examples=["2026-04-30"])]
WasOverdue = Annotated[bool, Field(description="True where it was overdue.", examples=[False])]


EveryWeeks = Annotated[
    int, Field(ge=1, le=260, description="At least so often, in weeks.", examples=[6])
]
Moved = Annotated[
    int,
    Field(ge=0, description="How many days by which something is due moved.", examples=[3]),
]


class SupervisionHeld(EventData):
    """A worker had supervision."""

    type: ClassVar[str] = "waymark.supervision-held.v1"
    owner: ClassVar[str] = "referral"
    subject_kind: ClassVar[str] = "entitlement"

    entitlement_id: EntitlementId
    worker_id: fields.WorkerId
    pcn_code: fields.PcnCode
    role: fields.WorkerRole
    supervision: Supervision
    was_overdue: WasOverdue
    next_by: NextBy | None


class TrainingCompleted(EventData):
    """A worker completed training."""

    type: ClassVar[str] = "waymark.training-completed.v1"
    owner: ClassVar[str] = "referral"
    subject_kind: ClassVar[str] = "entitlement"

    entitlement_id: EntitlementId
    worker_id: fields.WorkerId
    pcn_code: fields.PcnCode
    role: fields.WorkerRole
    topic: TrainingTopic
    was_overdue: WasOverdue
    next_by: NextBy | None


class SupervisionVoided(EventData):
    """Supervision or training a worker was said to have had was not so; what stands is what is due."""

    type: ClassVar[str] = "waymark.supervision-voided.v1"
    owner: ClassVar[str] = "referral"
    subject_kind: ClassVar[str] = "entitlement"

    entitlement_id: EntitlementId
    worker_id: fields.WorkerId
    pcn_code: fields.PcnCode
    role: fields.WorkerRole
    kind: Kind
    what: What
    voided_event_id: VoidedEventId
    reason: VoidReason
    last_on: LastOn | None
    next_by: NextBy | None


class SupervisionDue(EventData):
    """What a worker is entitled to is overdue: supervision or training."""

    type: ClassVar[str] = "waymark.supervision-due.v1"
    owner: ClassVar[str] = "referral"
    subject_kind: ClassVar[str] = "entitlement"

    entitlement_id: EntitlementId
    worker_id: fields.WorkerId
    pcn_code: fields.PcnCode
    role: fields.WorkerRole
    kind: Kind
    what: What
    due_by: DueBy


class IntervalSet(BaseModel):
    """How often everybody in a role has something."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    role: fields.WorkerRole
    kind: Kind
    what: What
    every_weeks: EveryWeeks


Intervals = Annotated[
    list[IntervalSet],
    Field(
        max_length=50,
        description="All that the network set; what is not among it follows the catalogue of roles.",
        examples=[
            [
                {
                    "role": "link-worker",
                    "kind": "supervision",
                    "what": "clinical",
                    "every_weeks": 6,
                }
            ]
        ],
    ),
]


class SupervisionIntervalsSet(EventData):
    """A network said how often its workers have supervision and training."""

    type: ClassVar[str] = "waymark.supervision-intervals-set.v1"
    owner: ClassVar[str] = "referral"
    subject_kind: ClassVar[str] = "supervision-rules"

    pcn_code: fields.PcnCode
    intervals: Intervals
    moved: Moved
