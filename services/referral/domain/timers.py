"""What falls due by itself: which kinds there are, which cannot wait, and when to try again.

Promise    A kind is in exactly one lane; the lane of what concerns somebody's safety waits for
           nothing else. A timer that failed comes back, later each time, and is never given up.
Not here   What happens when one fires: each part's own ``…_fell_due``.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Final, Literal, TypeAlias, get_args
from uuid import UUID

Kind: TypeAlias = Literal[
    "first-contact",
    "no-answer",
    "review",
    "risk-review",
    "consent-end",
    "lone-worker",
    "visit-begin",
    "supervision",
    "signpost-echo",
    "handover",
    "practice-move",
    "listing-gone",
    "alarm-escalation",
    "calendar",
    "reallocation",
]
Lane: TypeAlias = Literal["safety", "ordinary"]

KINDS: Final[tuple[Kind, ...]] = get_args(Kind)
LANES: Final[tuple[Lane, ...]] = get_args(Lane)
OF_SAFETY: Final[frozenset[Kind]] = frozenset({"lone-worker", "visit-begin", "alarm-escalation"})

RETRY_FIRST_SECONDS: Final = 1
RETRY_MAX_SECONDS: Final = 900
ALARM_ATTEMPTS: Final = 3  # a fault that passes has passed by then


@dataclass(frozen=True, slots=True)
class Timer:
    """Something of ``about`` that is due: at most one of a kind."""

    id: UUID
    kind: Kind
    about: UUID
    pcn_code: str
    due_at: datetime
    attempts: int = 0
    """How often it failed so far."""


def lane_of(kind: Kind) -> Lane:
    """Where a timer of this kind waits."""
    return "safety" if kind in OF_SAFETY else "ordinary"


def retry_after_seconds(attempts: int) -> int:
    """How long a timer that has now failed this often waits before it is tried again."""
    doublings = min(attempts - 1, RETRY_MAX_SECONDS.bit_length())
    return min(RETRY_FIRST_SECONDS << doublings, RETRY_MAX_SECONDS)
