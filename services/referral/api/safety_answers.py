"""What the doors of safety answer, as the interface description tells it."""

from datetime import datetime
from typing import Literal
from uuid import UUID

from pydantic import Field

from contracts import codes
from services.referral.api.answers import Told


class AlarmTold(Told):
    """An alarm as it now stands."""

    id: UUID
    pcn_code: str
    kind: codes.AlarmKind
    status: codes.AlarmStatus
    level: int = Field(description="How often it escalated.")
    escalates_at: datetime | None = Field(
        description="When it goes on: to the next; once answered, back to all of you if nobody "
        "closed it. Null once it is closed, and until somebody answers what was imported."
    )
    version: int
    event_id: UUID
    occurred_at: datetime
    recorded_at: datetime


class AlarmShown(Told):
    """An alarm in the list of those who act on them."""

    id: UUID
    pcn_code: str
    kind: codes.AlarmKind
    dangers: list[codes.Danger]
    practice_code: str | None
    referral_id: UUID | None
    episode_id: UUID | None
    person_id: UUID | None
    raised_at: datetime
    recorded_at: datetime
    status: codes.AlarmStatus
    level: int
    holder: UUID | None = Field(description="The membership that is to act; null: all of you.")
    your_turn: bool
    escalates_at: datetime | None
    acknowledged_by: UUID | None
    acknowledged_at: datetime | None
    closed_at: datetime | None
    outcome: codes.AlarmOutcome | None
    note: str | None
    version: int
    visit_id: UUID | None = Field(description="The visit it was raised for, if it was for one.")
    worker_id: UUID | None = Field(description="Who went on that visit.")
    visit_status: codes.VisitStatus | None = Field(description="How that visit stands by now.")
    checked_out_at: datetime | None = Field(
        description="When they checked out. The alarm stands until you close it."
    )
    taken_back: list[codes.Danger] = Field(
        description="Dangers that were put right since. The alarm stands until you close it."
    )


class AlarmPage(Told):
    """A page of alarms, oldest first."""

    items: list[AlarmShown]
    next: str | None


class Safeguarding(Told):
    """What a network said of its safeguarding."""

    id: str
    pcn_code: str
    membership_ids: list[UUID]
    left_membership_ids: list[UUID] = Field(
        description="Those of them who are members no more: passed over. Name others."
    )
    escalate_after_minutes: int
    under_18: Literal["accept", "guardian-consent", "not-accepted"]
    better_route: codes.BetterRoute | None
    version: int
    event_id: UUID | None = None


class CrisisContact(Told):
    """A place that answers at any hour."""

    name: str
    number: str
    when: str


class CrisisHelp(Told):
    """Where to turn in a crisis."""

    words: str
    contacts: list[CrisisContact]
