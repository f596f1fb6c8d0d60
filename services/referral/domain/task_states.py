"""How an onward referral stands, in the closed-loop states of a FHIR Task.

Promise    Every standing has one status, and every step follows edges of that state machine.
Price      The machine knows neither who has the ball nor that somebody is silent: those are ours.
Not here   Writing FHIR resources.
"""

from typing import Final, Literal, TypeAlias

from services.referral.domain.onward import Ended, Ending, Stage, Standing

TaskStatus: TypeAlias = Literal[
    "draft",
    "requested",
    "accepted",
    "rejected",
    "cancelled",
    "in-progress",
    "on-hold",
    "failed",
    "completed",
    "entered-in-error",
]

STATUS_OF_STAGE: Final[dict[Stage, TaskStatus]] = {
    "draft": "draft",
    "sent": "requested",
    "accepted": "accepted",
    "waiting": "on-hold",
    "started": "in-progress",
}
STATUS_OF_ENDING: Final[dict[Ending, TaskStatus]] = {
    "attended": "completed",
    "refused-by-provider": "failed",
    "declined-by-person": "cancelled",
    "unreachable": "cancelled",
    "withdrawn": "cancelled",
}


def task_status(standing: Standing) -> TaskStatus:
    """Give the status a Task would have."""
    if not isinstance(standing, Ended):
        # The machine leaves "on-hold" for "in-progress" alone: a place came free.
        waited = standing.stage == "accepted" and standing.full_until is not None
        return "in-progress" if waited else STATUS_OF_STAGE[standing.stage]
    # What was never sent cannot be cancelled there: nobody was ever asked.
    if standing.was_an_error or standing.stage == "draft":
        return "entered-in-error"
    if standing.ending == "refused-by-provider" and standing.stage == "sent":
        return "rejected"
    return STATUS_OF_ENDING[standing.ending]
