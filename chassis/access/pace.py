"""How many requests a member may make, so that one who runs wild does not take everybody's turn.

Promise    Each member has as many requests a second as the settings say, and a burst beside it; one
           too many is refused before any row is read, with the time after which it will be taken.
Price      Counted in each process by itself, and a batch is one request: its size has a limit.
Not here   Those without a good token, whom the ingress bounds by address; services, which ask each
           other only what somebody asked of them.

Kept as the one time at which a member's burst would be whole again (the generic cell rate
algorithm): a float each, nothing to fill up, nothing to sweep.
"""

import math
import time
from collections.abc import Callable
from typing import Final

from chassis.refusals import Refusal

MEMBERS_REMEMBERED_MAX: Final = 10_000
ROUNDING_SECONDS: Final = 1e-6  # tenths of a second do not add up exactly


class TooManyRequests(Refusal):
    """The member has used up their burst; what is asked again in time is taken."""

    def __init__(self, seconds: float) -> None:
        super().__init__(
            429,
            "too-many-requests",
            "You ask faster than you may. Repeat the request after the seconds in Retry-After.",
            headers={"Retry-After": str(max(1, math.ceil(seconds)))},
        )


class Pace:
    """The pace of each member who asked lately."""

    def __init__(
        self, per_second_max: int, burst_max: int, *, now: Callable[[], float] = time.monotonic
    ) -> None:
        self._seconds_each = 1 / per_second_max
        self._burst_seconds = burst_max / per_second_max
        self._now = now
        self._whole_at: dict[str, float] = {}

    def check(self, member_key: str) -> None:
        """Take one request of this member, or refuse it, which costs them nothing."""
        now = self._now()
        whole_at = max(self._whole_at.pop(member_key, now), now)
        beyond = whole_at + self._seconds_each - now - self._burst_seconds
        # Who asked last stands last, so that the one longest silent is forgotten first.
        if beyond > ROUNDING_SECONDS:
            self._whole_at[member_key] = whole_at
            raise TooManyRequests(beyond)
        self._whole_at[member_key] = whole_at + self._seconds_each
        if len(self._whole_at) > MEMBERS_REMEMBERED_MAX:
            del self._whole_at[next(iter(self._whole_at))]
