"""A figure as it is drawn: exact, with the parts it can be broken into.

Promise    What is in here is exact and stays inside; ``shown`` is the one way out, and it applies
           disclosure control to everyone who has no exact rights, once, to wholes and parts alike.
Not here   Drawing the numbers (``views``), what they mean (``definitions``).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Literal, TypeAlias

from chassis.disclosure import Count, Statistic, controlled_count, controlled_statistic
from services.reporting.definitions import Definition

Dimension: TypeAlias = Literal["pcn", "practice", "route", "need", "age_band"]


@dataclass(frozen=True, slots=True)
class Amount:
    """A count, or a statistic with the number of things it rests on."""

    exact: float | None
    resting_on: int | None = None

    def shown(self, *, exactly: bool) -> Count | Statistic:
        if exactly:
            return self.exact
        if self.resting_on is not None:
            return controlled_statistic(self.exact, resting_on=self.resting_on)
        return controlled_count(int(self.exact or 0))


@dataclass(frozen=True, slots=True)
class Part:
    """One line of a breakdown."""

    code: str
    name: str
    amount: Amount


@dataclass(frozen=True, slots=True)
class Figure:
    """One figure of a summary."""

    definition: Definition
    amount: Amount
    by: Mapping[Dimension, Sequence[Part]] = field(default_factory=dict[Dimension, Sequence[Part]])


@dataclass(frozen=True, slots=True)
class Freshness:
    """How far the events behind the figures had come, and what of them is missing."""

    as_of: datetime | None
    waiting_events: int
    waiting_streams: int
    silent_owners: Sequence[str]
    quarantined: int


@dataclass(frozen=True, slots=True)
class Period:
    """First and last day of what is counted, as days are kept in England."""

    first: date
    last: date


@dataclass(frozen=True, slots=True)
class Summary:
    """Everything there is to say about a region or a PCN."""

    code: str
    name: str
    freshness: Freshness
    figures: Sequence[Figure]


def percentile(counts: Mapping[int, int], share: float) -> Amount:
    """The least value that at least ``share`` of those counted do not exceed, exactly."""
    whole = sum(counts.values())
    so_far = 0
    for value in sorted(counts):
        so_far += counts[value]
        if so_far >= share * whole and so_far > 0:
            return Amount(value, whole)
    return Amount(None, 0)
