"""What callers say of who works with whom."""

from typing import Annotated, Final, Literal
from uuid import UUID

from pydantic import AfterValidator, Field

from chassis.web.fields import broken
from contracts import codes
from services.referral.commands import Timed

TAKERS_MAX: Final = 50


def _each_once(value: list[UUID]) -> list[UUID]:
    if len(set(value)) != len(value):
        raise broken("must name each worker once")
    return value


TakerIds = Annotated[list[UUID], Field(max_length=TAKERS_MAX), AfterValidator(_each_once)]


class NewWorker(Timed):
    """Whose the episode is from now on."""

    worker_id: UUID | None = Field(
        None, description="As a manager anybody of the network; left out, yourself."
    )
    other_role_reason: codes.RoleReason | None = Field(
        None, description="Why not somebody of the role that was chosen; needed only then."
    )


class NewComplexity(Timed):
    """How much work the episode is."""

    complexity: codes.Complexity


class NewReallocation(Timed):
    """A whole caseload that goes to others, because somebody left or is ill."""

    to_worker_ids: TakerIds = Field(
        default_factory=list[UUID],
        description="Who takes it over, by least load; left out: all others who have the "
        "roles of whoever has it now, or were chosen for.",
    )
    reason: Literal["left", "ill", "other"] = Field(description="Never leaves this service.")
