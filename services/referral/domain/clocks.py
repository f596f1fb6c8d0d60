"""Whether the clock that says what is due was set back, told by one that only goes forward.

Promise    A step is told for what it is at least: whatever a reading took is held in the clock's
           favour. What a clock is nudged by to keep in step is no step.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

STEP_SECONDS_MIN: Final = 5  # clocks that are kept in step are moved by less at once


@dataclass(frozen=True, slots=True)
class Reading:
    """One look at a clock, with what the steady one showed before it and after."""

    wall: datetime
    before_seconds: float
    after_seconds: float


@dataclass(slots=True)
class Watch:
    """Compares each look at a clock with the one before."""

    last: Reading | None = None

    def set_back_by(self, reading: Reading) -> timedelta:
        """Give by how much the clock was set back since the last look; less than nothing: ahead."""
        last, self.last = self.last, reading
        if last is None:
            return timedelta()
        at_least = timedelta(seconds=reading.before_seconds - last.after_seconds)
        at_most = timedelta(seconds=reading.after_seconds - last.before_seconds)
        passed = reading.wall - last.wall
        limit = timedelta(seconds=STEP_SECONDS_MIN)
        if at_least - passed >= limit:
            return at_least - passed
        if passed - at_most >= limit:
            return at_most - passed
        return timedelta()


def known_at(due_at: datetime, now: datetime) -> datetime:
    """When it becomes known that something fell due.

    Whoever says what is due is believed by a clock that is a little behind. Where the clock was set
    back since, its own time counts: what follows must not wait for as long again.
    """
    if due_at - now >= timedelta(seconds=STEP_SECONDS_MIN):
        return now
    return max(now, due_at)
