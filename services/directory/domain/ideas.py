"""From a gap to a group: what becomes of an idea, step by step.

Promise    An idea is raised, backed, started and listed, in that order, and goes back nowhere.
"""

from collections.abc import Mapping
from typing import Final, Literal

IdeaState = Literal["raised", "backed", "started", "listed"]
IdeaStep = Literal["back", "start", "list"]

# From which states a step is taken, and where it leads; backing goes on whatever the state.
_STEPS: Final[Mapping[IdeaStep, Mapping[IdeaState, IdeaState]]] = {
    "back": {"raised": "backed", "backed": "backed", "started": "started"},
    "start": {"backed": "started"},
    "list": {"started": "listed"},
}


class IdeaStepNotPossible(Exception):
    """No such step leads from where the idea stands."""


def state_after(step: IdeaStep, state: IdeaState) -> IdeaState:
    """Give the state a step leads to."""
    after = _STEPS[step].get(state)
    if after is None:
        raise IdeaStepNotPossible
    return after
