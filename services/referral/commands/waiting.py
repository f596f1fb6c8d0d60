"""What callers say of waiting: pauses, targets and the days on which a network does not work."""

from pydantic import Field

from chassis.web.fields import RequestModel
from contracts import codes
from services.referral.commands import Timed
from services.referral.domain.calendar import WORKING_DAYS_MAX


class NewPause(Timed):
    """The service's clock stands still from now on; the person's goes on."""

    reason: codes.PauseReason = Field(description="Why. The person may see it.")


class PauseEnd(Timed):
    """The service's clock goes on."""


class FirstContactTarget(RequestModel):
    """Within how many working days your network means to speak with somebody first."""

    first_contact_working_days: int = Field(
        ge=1, le=WORKING_DAYS_MAX, description="The day of the referral is not counted."
    )


class NewClosure(RequestModel):
    """Your network does not work on this day."""

    reason: codes.ClosureReason
