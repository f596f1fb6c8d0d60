"""Who works with whom, and how much of a caseload an episode is."""

from typing import Annotated, ClassVar
from uuid import UUID

from pydantic import Field

from contracts import codes, fields
from contracts.event import EventData

PreviousWorkerId = Annotated[
    UUID,
    Field(
        description="The worker it belonged to before.",
        examples=[UUID("01980000-0000-7000-8000-0000000000f2")],
    ),
]
AssignmentReason = Annotated[
    codes.AssignmentReason, Field(description="How it came about.", examples=["assigned"])
]
ReallocationId = Annotated[
    UUID,
    Field(
        description="The reallocation of a whole caseload it is part of.",
        examples=[UUID("01980000-0000-7000-8000-0000000000f7")],
    ),
]
Complexity = Annotated[
    codes.Complexity, Field(description="How much work it is.", examples=["medium"])
]
ComplexitySource = Annotated[
    codes.ComplexitySource, Field(description="Who says so.", examples=["worker"])
]


class WorkerAssigned(EventData):
    """An episode belongs to a worker from now on."""

    type: ClassVar[str] = "waymark.worker-assigned.v1"
    owner: ClassVar[str] = "referral"
    subject_kind: ClassVar[str] = "episode"

    episode_id: fields.EpisodeId
    person_id: fields.PersonId
    pcn_code: fields.PcnCode
    worker_id: fields.WorkerId
    previous_worker_id: PreviousWorkerId | None
    reason: AssignmentReason
    complexity: Complexity
    reallocation_id: ReallocationId | None


class ComplexitySet(EventData):
    """How complex an episode is was written down."""

    type: ClassVar[str] = "waymark.complexity-set.v1"
    owner: ClassVar[str] = "referral"
    subject_kind: ClassVar[str] = "episode"

    episode_id: fields.EpisodeId
    person_id: fields.PersonId
    pcn_code: fields.PcnCode
    complexity: Complexity
    previous_complexity: Complexity
    said_by: ComplexitySource
