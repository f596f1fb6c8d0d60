"""What workers are entitled to, supervision and training: what they had, and what is due."""

from datetime import date
from typing import Annotated, ClassVar
from uuid import UUID

from pydantic import Field

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
DueBy = Annotated[date, Field(description="The day by which it was due.", examples=["2026-04-30"])]
WasOverdue = Annotated[bool, Field(description="True where it was overdue.", examples=[False])]


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
