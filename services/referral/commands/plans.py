"""What may be said of a plan, and of the steps towards a goal."""

from datetime import date
from typing import Annotated, Final

from pydantic import Field

from chassis.web.fields import Prose
from services.referral.commands import StepText, Timed

PLAN_LENGTH_MAX: Final = 4_000

PlanWords = Annotated[str, Prose(PLAN_LENGTH_MAX)]


class PlanAsAgreed(Timed):
    """The whole plan as it is agreed now."""

    what_matters: PlanWords = Field(
        description="What matters to the person, in their own words. Never leaves this service."
    )
    support: PlanWords | None = Field(
        None, description="What will help, and who does what. Never leaves this service."
    )
    review_on: date | None = Field(None, description="The day to look at it again.")


class NewStep(Timed):
    """One more step towards a goal."""

    what: StepText


class StepChange(Timed):
    """How a step stands."""

    done: bool = Field(description="Whether it has been taken.")
    what: StepText | None = Field(None, description="What it is now; left out, as it was.")
