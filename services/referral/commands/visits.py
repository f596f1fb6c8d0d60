"""What may be said of a home visit."""

from typing import Final
from uuid import UUID

from pydantic import AwareDatetime, Field

from services.referral.commands import Note, Timed

VISIT_MINUTES_MIN: Final = 5
VISIT_MINUTES_MAX: Final = 480


class NewVisit(Timed):
    """A visit to the person, at the address on their record."""

    planned_for: AwareDatetime | None = Field(
        None, description="When it is to begin; left out, at once."
    )
    expected_minutes: int = Field(
        60,
        ge=VISIT_MINUTES_MIN,
        le=VISIT_MINUTES_MAX,
        description="How long it is to take; somebody is alarmed when it takes 15 minutes longer.",
    )
    worker_id: UUID | None = Field(
        None, description="Who goes; left out, you. Only managers may name somebody else."
    )
    note: Note | None = None


class VisitStep(Timed):
    """A visit begins, ends, or does not take place."""


class VisitExtension(Timed):
    """A visit takes longer."""

    minutes: int = Field(
        ge=VISIT_MINUTES_MIN, le=VISIT_MINUTES_MAX, description="How much longer, from now."
    )
