"""The rules of relations: who can stand to whom how, and when the end of an agreement is near.

Promise    Nothing here reads a clock or a row: the same question has the same answer.
Not here   Whether a party exists and may be seen: the use cases look it up.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final, Literal

RelationKind = Literal["knows", "visited", "trained-by", "agreement"]
PartyKind = Literal["worker", "practice", "pcn", "organization"]

AGREEMENT_WARNING_DAYS: Final = 60

PARTIES: Final[Mapping[RelationKind, tuple[frozenset[PartyKind], frozenset[PartyKind]]]] = {
    "knows": (
        frozenset({"worker", "practice"}),
        frozenset({"worker", "practice", "organization"}),
    ),
    "visited": (frozenset({"worker"}), frozenset({"practice", "organization"})),
    "trained-by": (
        frozenset({"worker", "practice", "organization"}),
        frozenset({"worker", "organization"}),
    ),
    "agreement": (frozenset({"pcn", "practice"}), frozenset({"practice", "organization"})),
}
"""For each kind of relation, who it may be of and whom it may be to."""


@dataclass(frozen=True, slots=True)
class Party:
    """One end of a relation: a worker or group by id, a practice or network by code."""

    kind: PartyKind
    id: str


@dataclass(frozen=True, slots=True)
class Span:
    """From and until which day it holds, both included; nothing where nobody said."""

    from_date: date | None
    until_date: date | None


class PartyDoesNotFit(Exception):
    """This kind of relation is not between such parties."""

    def __init__(self, field: Literal["who", "whom"], kinds: frozenset[PartyKind]) -> None:
        super().__init__(field)
        self.field = field
        self.kinds = sorted(kinds)


class SpanDoesNotFit(Exception):
    """The days do not suit the kind of relation; the message says the rule."""

    def __init__(self, field: Literal["from_date", "until_date"], rule: str) -> None:
        super().__init__(rule)
        self.field = field
        self.rule = rule


def require_parties_fit(kind: RelationKind, who: Party, whom: Party) -> None:
    """A kind of relation says between whom it is, and nobody stands to themselves."""
    allowed_who, allowed_whom = PARTIES[kind]
    if who.kind not in allowed_who:
        raise PartyDoesNotFit("who", allowed_who)
    if whom.kind not in allowed_whom or who == whom:
        raise PartyDoesNotFit("whom", allowed_whom)


def require_span_fits(kind: RelationKind, span: Span, today: date) -> None:
    """A visit was on one day, an agreement begins on one, and nothing ends before it began."""
    if kind in {"visited", "agreement"} and span.from_date is None:
        raise SpanDoesNotFit("from_date", "must be said of a visit and of an agreement")
    if kind == "visited" and span.until_date is not None:
        raise SpanDoesNotFit("until_date", "must be left out of a visit")
    if kind != "agreement" and span.from_date is not None and span.from_date > today:
        raise SpanDoesNotFit("from_date", "must not lie in the future")
    if (
        span.from_date is not None
        and span.until_date is not None
        and span.until_date < span.from_date
    ):
        raise SpanDoesNotFit("until_date", "must not be before from_date")


def warned_of_until(today: date) -> date:
    """The last day on which an agreement may end for its end to be near."""
    return today + timedelta(days=AGREEMENT_WARNING_DAYS)
