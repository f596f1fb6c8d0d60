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
OtherRoleReason = Annotated[
    codes.RoleReason,
    Field(description="Why somebody of another role than the chosen one.", examples=["capacity"]),
]
TakenOffReason = Annotated[
    codes.TakenOffReason, Field(description="How it came about.", examples=["re-routed"])
]
CaseloadId = Annotated[
    UUID,
    Field(
        description="The caseload of one worker in one network.",
        examples=[UUID("01980000-0000-7000-8000-0000000000f8")],
    ),
]
Room = Annotated[
    codes.CaseloadRoom, Field(description="How full the year is.", examples=["nearly-full"])
]
WeightedYear = Annotated[
    float,
    Field(
        ge=0,
        description="Taken on within a year, in people of medium complexity.",
        examples=[180.0],
    ),
]
FullYear = Annotated[
    int, Field(ge=1, description="From how many on a year is full.", examples=[200])
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
    other_role_reason: OtherRoleReason | None = None


class WorkerTakenOff(EventData):
    """An episode belongs to nobody from now on, because another role is to help."""

    type: ClassVar[str] = "waymark.worker-taken-off.v1"
    owner: ClassVar[str] = "referral"
    subject_kind: ClassVar[str] = "episode"

    episode_id: fields.EpisodeId
    person_id: fields.PersonId
    pcn_code: fields.PcnCode
    previous_worker_id: PreviousWorkerId
    reason: TakenOffReason


class CaseloadNearlyFull(EventData):
    """A worker's year is nearly full, or more than that, and was not before."""

    type: ClassVar[str] = "waymark.caseload-nearly-full.v1"
    owner: ClassVar[str] = "referral"
    subject_kind: ClassVar[str] = "caseload"

    caseload_id: CaseloadId
    pcn_code: fields.PcnCode
    worker_id: fields.WorkerId
    room: Room
    weighted_year: WeightedYear
    full_year_min: FullYear
    full_year_max: FullYear


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
