"""What the doors answer about goals; see ``answers``."""

from datetime import date, datetime
from uuid import UUID

from pydantic import Field

from contracts import codes
from services.referral.api.answers import GoalShown, OfReferral, Told


class GoalWasSet(OfReferral):
    """A goal."""

    worker_id: UUID | None
    need: codes.Need | None
    target_date: date | None
    review_on: date | None
    status: codes.GoalStatus


class GoalWasUpdated(OfReferral):
    """An update of a goal; the version is the goal's."""

    goal_id: UUID
    previous_status: codes.GoalStatus
    status: codes.GoalStatus
    changes: list[codes.GoalChangeKind] = Field(description="What of the goal changed.")
    target_date: date | None
    review_on: date | None
    update_number: int


class GoalPage(Told):
    """A page of the episode's goals, oldest first."""

    items: list[GoalShown]
    next: str | None


class GoalPutAside(Told):
    """What was agreed of a goal before it was changed."""

    need: codes.Need | None
    description: str | None
    measure: str | None
    target_date: date | None
    review_on: date | None


class GoalUpdateShown(Told):
    """What was told of a goal."""

    id: UUID
    number: int
    previous_status: codes.GoalStatus
    status: codes.GoalStatus
    changes: list[codes.GoalChangeKind] | None
    target_date: date | None
    review_on: date | None
    put_aside: GoalPutAside | None = Field(
        description="All that was agreed before, where this changed any of it."
    )
    reason: codes.CorrectionReason | None = Field(
        description="Why a goal that had ended goes on, where this put it right."
    )
    note: str | None
    origin: codes.Origin
    occurred_at: datetime
    recorded_at: datetime


class GoalUpdatePage(Told):
    """A page of what was told of a goal, in order."""

    items: list[GoalUpdateShown]
    next: str | None
