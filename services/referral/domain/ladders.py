"""When somebody who has the ball is reminded, and when it passes to the link worker.

Promise    A ladder ends: each holder is nudged so many times and no more. Where nobody answered at
           its end, the link worker has the ball; where the link worker had it, it stays in the list.
Not here   Which days are worked: ``domain.calendar``. Sending a nudge: notifications.
"""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Final, TypeAlias

from services.referral.domain.calendar import Calendar, end_of, local_date
from services.referral.domain.onward import Fact, Held, Party
from services.referral.domain.refusals import Refused

RUNGS_MAX: Final = 5
RUNG_WORKING_DAYS_MAX: Final = 60

Rungs: TypeAlias = tuple[int, ...]


class RungsNotRising(Refused):
    """The rungs of a ladder do not follow each other."""

    name = "rungs-not-rising"


@dataclass(frozen=True, slots=True)
class Ladder:
    """After how many working days each party is nudged, counted from when the ball came to it."""

    provider: Rungs = (3, 7, 10)
    person: Rungs = (10, 20)
    worker: Rungs = (2, 5, 10)

    def __post_init__(self) -> None:
        for party, rungs in (
            ("provider", self.provider),
            ("person", self.person),
            ("worker", self.worker),
        ):
            in_order = list(rungs) == sorted(set(rungs))
            if not rungs or len(rungs) > RUNGS_MAX or not in_order:
                raise RungsNotRising("Each rung comes later than the one before it.", f"/{party}")
            if rungs[0] < 1 or rungs[-1] > RUNG_WORKING_DAYS_MAX:
                raise RungsNotRising(
                    f"A rung lies between 1 and {RUNG_WORKING_DAYS_MAX} working days.", f"/{party}"
                )

    def rungs_of(self, party: Party) -> Rungs:
        """Give the ladder of one party."""
        return {"provider": self.provider, "person": self.person, "worker": self.worker}[party]


DEFAULT_LADDER: Final = Ladder()


def next_nudge_at(standing: Held, ladder: Ladder, calendar: Calendar) -> datetime | None:
    """Give when the next nudge falls due, which is at a day's end; None at the ladder's end."""
    rungs = ladder.rungs_of(standing.holder)
    if standing.nudges >= len(rungs):
        return None
    return end_of(calendar.after(_counted_from(standing), rungs[standing.nudges]))


def nudge(standing: Held, ladder: Ladder, due_at: datetime) -> Fact:
    """Give the nudge that fell due; the last one moves the ball to the link worker."""
    is_last = standing.nudges + 1 >= len(ladder.rungs_of(standing.holder))
    passed_to: Party | None = "worker" if is_last and standing.holder != "worker" else None
    return Fact("nudged", due_at, passed_to=passed_to)


def _counted_from(standing: Held) -> date:
    """A listing that said until when it is full is not asked before."""
    since = local_date(standing.since)
    if standing.stage != "waiting" or standing.holder != "provider" or not standing.full_until:
        return since
    return max(since, standing.full_until)
