"""Home visits: planned, under way, ended. That a worker is overdue is told as a safety alarm."""

from typing import Annotated, ClassVar
from uuid import UUID

from pydantic import AwareDatetime, Field

from contracts import codes, fields
from contracts.event import EventData

VisitId = Annotated[
    UUID, Field(description="One visit.", examples=[UUID("01980000-0000-7000-8000-0000000000f4")])
]
PlannedFor = Annotated[
    AwareDatetime,
    Field(description="When it is to begin.", examples=["2026-03-12T14:00:00Z"]),
]
ExpectedMinutes = Annotated[
    int, Field(ge=1, le=1440, description="How long it is to take.", examples=[60])
]
VisitStatus = Annotated[
    codes.VisitStatus, Field(description="Where the visit stands.", examples=["under-way"])
]
PreviousVisitStatus = Annotated[
    codes.VisitStatus, Field(description="Where it stood before.", examples=["planned"])
]
DueBackAt = Annotated[
    AwareDatetime,
    Field(
        description="When an alarm is raised unless the worker has checked out; null once over.",
        examples=["2026-03-12T15:15:00Z"],
    ),
]

Alarmed = Annotated[
    bool,
    Field(
        description="Whether an alarm was raised as well: those who go there are warned.",
        examples=[False],
    ),
]


class VisitPlanned(EventData):
    """A worker is to visit the person at home."""

    type: ClassVar[str] = "waymark.visit-planned.v1"
    owner: ClassVar[str] = "referral"
    subject_kind: ClassVar[str] = "episode"

    visit_id: VisitId
    referral_id: fields.ReferralId
    episode_id: fields.EpisodeId
    person_id: fields.PersonId
    pcn_code: fields.PcnCode
    practice_code: fields.PracticeCode
    worker_id: fields.WorkerId
    planned_for: PlannedFor
    expected_minutes: ExpectedMinutes


class VisitStatusChanged(EventData):
    """A visit began, takes longer, ended, or does not take place."""

    type: ClassVar[str] = "waymark.visit-status-changed.v1"
    owner: ClassVar[str] = "referral"
    subject_kind: ClassVar[str] = "episode"

    visit_id: VisitId
    referral_id: fields.ReferralId
    episode_id: fields.EpisodeId
    pcn_code: fields.PcnCode
    practice_code: fields.PracticeCode
    worker_id: fields.WorkerId
    status: VisitStatus
    previous_status: PreviousVisitStatus
    due_back_at: DueBackAt | None


class VisitNotBegun(EventData):
    """Nobody checked in at the door in time; the visit stays planned."""

    type: ClassVar[str] = "waymark.visit-not-begun.v1"
    owner: ClassVar[str] = "referral"
    subject_kind: ClassVar[str] = "episode"

    visit_id: VisitId
    referral_id: fields.ReferralId
    episode_id: fields.EpisodeId
    pcn_code: fields.PcnCode
    practice_code: fields.PracticeCode
    worker_id: fields.WorkerId
    planned_for: PlannedFor
    alarmed: Alarmed
