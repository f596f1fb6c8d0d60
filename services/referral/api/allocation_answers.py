"""What the doors of allocation answer, as the interface description tells it."""

from datetime import datetime
from typing import Literal
from uuid import UUID

from pydantic import Field

from contracts import codes
from services.referral.api.answers import Told

Room = Literal["room", "nearly-full", "full", "over", "not-said"]


class WorkerChanged(Told):
    """Whose an episode is now, and how complex."""

    id: UUID
    referral_id: UUID
    episode_id: UUID
    person_id: UUID
    pcn_code: str
    worker_id: UUID | None
    complexity: codes.Complexity
    version: int = Field(description="Of who has it and how complex it is; its ETag is the same.")
    occurred_at: datetime
    recorded_at: datetime
    event_id: UUID


class Proposed(Told):
    """Somebody who could have it."""

    worker_id: UUID
    weighted_open: float
    room: Room


class WorkerShown(Told):
    """Whose an episode is, and who has the least load."""

    id: UUID
    referral_id: UUID
    episode_id: UUID
    person_id: UUID
    pcn_code: str
    worker_id: UUID | None
    complexity: codes.Complexity
    role: codes.WorkerRole | None = Field(
        description="Chosen last to help; null until somebody chooses."
    )
    proposed: list[Proposed] = Field(
        description="Who has that role, the least weighted load first."
    )
    version: int


class Counted(Told):
    """People by complexity."""

    low: int
    medium: int
    high: int
    weighted: float = Field(description="In people of medium complexity.")


class CaseloadShown(Told):
    """What one worker has in hand, and took on within a year."""

    id: UUID
    worker_id: UUID
    pcn_code: str
    works_here: bool = Field(description="False for somebody who left with people still theirs.")
    open: Counted
    year: Counted = Field(description="Those whose support began in the last 365 days.")
    room: Room
    share_of_year: float | None = Field(
        description="1 is as much as one worker should have in a year."
    )
    full_year: list[int] | None = Field(
        description="A year is full between these two, as the network's role says; null where it "
        "says nothing."
    )
    weights_version: str


class CaseloadPage(Told):
    """A page of the network's caseloads."""

    items: list[CaseloadShown]
    next: str | None


class ReallocationShown(Told):
    """A whole caseload on its way to others."""

    id: UUID
    pcn_code: str
    from_worker_id: UUID
    to_worker_ids: list[UUID]
    reason: Literal["left", "ill", "other"]
    status: Literal["running", "done"]
    moved: int
    waiting: int = Field(description="Still to be moved.")
    version: int
    occurred_at: datetime
    recorded_at: datetime
    finished_at: datetime | None
