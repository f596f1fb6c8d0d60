"""Waiting for a first contact, and the days a network works."""

from datetime import date
from typing import Annotated, ClassVar
from uuid import UUID

from pydantic import Field

from contracts import codes, fields
from contracts.event import EventData

TargetWorkingDays = Annotated[
    int,
    Field(
        ge=1, le=60, description="Working days within which a first contact is due.", examples=[10]
    ),
]
DueOn = Annotated[
    date, Field(description="The day at whose end it is due.", examples=["2026-03-16"])
]
CalendarVersion = Annotated[
    str,
    Field(
        pattern=r"^[a-z]+-[0-9]+/[0-9]+$",
        description="By which bank holidays, and which of the network's closures, it was counted.",
        examples=["england-1/3"],
    ),
]
PauseId = Annotated[
    UUID, Field(description="One pause.", examples=[UUID("01980000-0000-7000-8000-0000000000f6")])
]
PauseReason = Annotated[
    codes.PauseReason,
    Field(description="Why, as the person may see it.", examples=["person-away"]),
]
PausedDays = Annotated[
    int,
    Field(ge=0, le=10_000, description="Working days paused, in all pauses.", examples=[4]),
]
ClosureDay = Annotated[
    date, Field(description="The day on which nobody works.", examples=["2026-06-10"])
]
ClosureReason = Annotated[codes.ClosureReason, Field(description="Why.", examples=["training"])]


class WaitPaused(EventData):
    """The service's clock of a wait stands still; the person's goes on."""

    type: ClassVar[str] = "waymark.wait-paused.v1"
    owner: ClassVar[str] = "referral"
    subject_kind: ClassVar[str] = "episode"

    pause_id: PauseId
    referral_id: fields.ReferralId
    episode_id: fields.EpisodeId
    person_id: fields.PersonId
    pcn_code: fields.PcnCode
    practice_code: fields.PracticeCode
    reason: PauseReason


class WaitResumed(EventData):
    """The service's clock of a wait goes on; its deadline has moved by the days paused."""

    type: ClassVar[str] = "waymark.wait-resumed.v1"
    owner: ClassVar[str] = "referral"
    subject_kind: ClassVar[str] = "episode"

    pause_id: PauseId
    referral_id: fields.ReferralId
    episode_id: fields.EpisodeId
    person_id: fields.PersonId
    pcn_code: fields.PcnCode
    practice_code: fields.PracticeCode
    reason: PauseReason
    paused_working_days: PausedDays
    due_on: DueOn
    calendar_version: CalendarVersion


class FirstContactOverdue(EventData):
    """The day on which a first contact was due has passed without one."""

    type: ClassVar[str] = "waymark.first-contact-overdue.v1"
    owner: ClassVar[str] = "referral"
    subject_kind: ClassVar[str] = "episode"

    referral_id: fields.ReferralId
    episode_id: fields.EpisodeId
    person_id: fields.PersonId
    pcn_code: fields.PcnCode
    practice_code: fields.PracticeCode
    worker_id: fields.WorkerId | None
    target_working_days: TargetWorkingDays
    paused_working_days: PausedDays
    due_on: DueOn
    calendar_version: CalendarVersion
    referred_at: fields.ReferredAt


class FirstContactTargetSet(EventData):
    """A network said within how many working days it means to speak with somebody first."""

    type: ClassVar[str] = "waymark.first-contact-target-set.v1"
    owner: ClassVar[str] = "referral"
    subject_kind: ClassVar[str] = "waiting-rules"

    pcn_code: fields.PcnCode
    target_working_days: TargetWorkingDays


class ClosureSet(EventData):
    """A network does not work on a day."""

    type: ClassVar[str] = "waymark.closure-set.v1"
    owner: ClassVar[str] = "referral"
    subject_kind: ClassVar[str] = "waiting-rules"

    pcn_code: fields.PcnCode
    day: ClosureDay
    reason: ClosureReason
    calendar_version: CalendarVersion


class ClosureLifted(EventData):
    """A network works on a day on which it meant not to."""

    type: ClassVar[str] = "waymark.closure-lifted.v1"
    owner: ClassVar[str] = "referral"
    subject_kind: ClassVar[str] = "waiting-rules"

    pcn_code: fields.PcnCode
    day: ClosureDay
    calendar_version: CalendarVersion
