"""What callers say of the supervision and training a worker had."""

from pydantic import Field

from chassis.web.fields import PcnCode
from contracts import codes
from services.referral.commands import Note, Timed

MINUTES_MAX = 10_080  # a week


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
