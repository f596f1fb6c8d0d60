"""Drawing days and values: working hours, delays and shares."""

from __future__ import annotations

import math
import random
from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import TypeVar

Value = TypeVar("Value")


def later(draw: random.Random, after: datetime, median_days: int, today: date) -> datetime:
    """Some time after a moment, a week from today at the latest."""
    days = 1 + int(draw.lognormvariate(math.log(median_days), 0.4))
    return working_moment(draw, min(after.date() + timedelta(days=days), today + timedelta(days=7)))


def working_moment(draw: random.Random, day: date, *, step: int = 1) -> datetime:
    """A time between 8 and 18 on this day; from a weekend, on the next working day in this direction."""
    while day.weekday() >= 5:
        day += timedelta(days=step)
    return datetime.combine(
        day, time(8 + draw.randrange(10), draw.randrange(60), draw.randrange(60)), UTC
    )


def drawn(draw: random.Random, shared: Sequence[tuple[Value, int]]) -> Value:
    """One of several values, each by its share."""
    return draw.choices([value for value, _ in shared], weights=[share for _, share in shared])[0]
