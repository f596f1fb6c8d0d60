"""What callers say of the supervision and training a worker had."""

from typing import Annotated, Literal

from pydantic import Field

from chassis.web.fields import PcnCode, RequestModel
from contracts import codes
from services.referral.commands import Note, Timed

MINUTES_MAX = 10_080  # a week
WEEKS_MAX = 260
INTERVALS_MAX = 50


class _Had(Timed):
    pcn_code: PcnCode | None = Field(
        None, description="In which network; needed where you share more than one with the worker."
    )
    minutes: int | None = Field(None, ge=1, le=MINUTES_MAX, description="How long it took.")
    note: Note | None = None


class NewSupervision(_Had):
    """Supervision a worker had."""

    supervision: codes.Supervision


class NewTraining(_Had):
    """Training a worker completed."""

    topic: codes.TrainingTopic


class HadVoiding(Timed):
    """Something a worker was said to have had was not so."""

    reason: codes.CorrectionReason = Field(description="Why what was written down does not stand.")


class IntervalAsked(RequestModel):
    """How often everybody in a role has something."""

    role: codes.WorkerRole
    kind: Literal["supervision", "training"]
    what: Annotated[
        str,
        Field(
            pattern=r"^[a-z][a-z-]{0,31}$",
            description="Which supervision, or the topic of the training.",
        ),
    ]
    every_weeks: int = Field(ge=1, le=WEEKS_MAX, description="At least so often.")


class NewIntervals(Timed):
    """How often a network wants what; what is left out follows its catalogue of roles."""

    intervals: list[IntervalAsked] = Field(max_length=INTERVALS_MAX)
