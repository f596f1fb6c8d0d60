"""What workers are entitled to by their role: supervision so often, training so often, and when it is due.

Promise    What a network set counts; where it set nothing, what its catalogue of roles says of
           supervision; where that says nothing, what stands here. Nothing is owed for a role nobody
           holds any more.
Price      Who never had any is due counted from when they were known to work here; of members from
           before that was noted, no day says since when.
Not here   What is said of a role otherwise: ``domain.roles``.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Final, Literal, TypeAlias
from uuid import UUID
from zoneinfo import ZoneInfo

from services.referral.domain.refusals import Refused

Kind: TypeAlias = Literal["supervision", "training"]
State: TypeAlias = Literal["done", "due", "overdue", "never"]

LONDON: Final = ZoneInfo("Europe/London")
DUE_SOON_DAYS: Final = 14
# Roles in the order in which one names whoever holds several.
ROLES: Final = ("link-worker", "health-coach", "care-coordinator", "care-navigator")


class NotOwedToRole(Refused):
    """The role is not entitled to it, so nobody can say how often it has it."""

    name = "not-owed-to-role"


class HadNot(Refused):
    """It was said already that this was not so."""

    name = "had-not"
    conflicts = True


class IntervalSetTwice(Refused):
    """One list says twice how often a role has the same."""

    name = "interval-set-twice"


@dataclass(frozen=True, slots=True)
class Owed:
    """One thing a role entitles to: what, and at least so often."""

    kind: Kind
    what: str
    every_weeks: int


_SUPERVISION: Final[Mapping[str, Sequence[Owed]]] = {
    "link-worker": (Owed("supervision", "clinical", 4), Owed("supervision", "emotional", 4)),
    "health-coach": (Owed("supervision", "mentoring", 6),),
    "care-coordinator": (Owed("supervision", "clinical", 6),),
    "care-navigator": (Owed("supervision", "peer", 13),),
}
_TRAINING: Final[Mapping[str, Sequence[Owed]]] = {
    "link-worker": (Owed("training", "safeguarding", 52),),
    "health-coach": (Owed("training", "safeguarding", 52),),
    "care-coordinator": (Owed("training", "safeguarding", 52),),
    "care-navigator": (
        Owed("training", "local-resources", 26),
        Owed("training", "communication", 52),
        Owed("training", "risk", 52),
    ),
}


@dataclass(slots=True, kw_only=True)
class Entitlement:
    """What one worker had of one thing in one network, and by when the next is due."""

    id: UUID
    pcn_code: str
    worker_id: UUID
    kind: Kind
    what: str
    last_on: date | None = None
    next_by: date | None = None
    counted_from: date | None = None
    """For who never had any: when they were known to work here."""
    version: int = 0

    def had(self, on: date, every_weeks: int | None) -> bool:
        """They had it on a day; say whether it was overdue then. An older one moves nothing back."""
        overdue = self.next_by is not None and on > self.next_by
        if self.last_on is None or on >= self.last_on:
            self.last_on = on
        self.next_by = None
        if every_weeks is not None:
            self.next_by = self.last_on + timedelta(weeks=every_weeks)
        self.version += 1
        return overdue

    def follow(self, every_weeks: int | None) -> bool:
        """Let the next be due by what holds now; say whether that moved its day."""
        next_by, since = None, self.last_on or self.counted_from
        if every_weeks is not None and since is not None:
            next_by = since + timedelta(weeks=every_weeks)
        moved = next_by != self.next_by
        self.next_by = next_by
        return moved

    def begin(self, on: date) -> None:
        """Their work here was known on a day: who never had any is due counted from it."""
        if self.last_on is None and self.next_by is None:
            self.counted_from = on

    def had_not(self, last_on: date | None, every_weeks: int | None) -> None:
        """Something they were said to have had was not so; ``last_on`` is the last that stands."""
        self.last_on = last_on
        self.follow(every_weeks)
        self.version += 1

    def fall_due(self, at: datetime) -> bool:
        """Its day is over; say whether it is overdue now."""
        if self.next_by is None or at < overdue_from(self.next_by):
            return False
        self.version += 1
        return True


@dataclass(frozen=True, slots=True)
class Interval:
    """How often a network wants a role to have something."""

    role: str
    kind: Kind
    what: str
    every_weeks: int


Catalogue: TypeAlias = Mapping[str, Sequence[tuple[str, int]]]
"""The supervision a network's catalogue says of a role: kind and weeks."""
Own: TypeAlias = Mapping[tuple[str, Kind, str], int]
"""The weeks a network set itself, by role, kind and what."""


def owed_to(roles: Iterable[str], catalogue: Catalogue, own: Own | None = None) -> list[Owed]:
    """Give what roles entitle to together; of the same twice, the more often."""
    found: dict[tuple[Kind, str], Owed] = {}
    for role in roles:
        for one in _owed_to_role(role, catalogue):
            weeks = (own or {}).get((role, one.kind, one.what), one.every_weeks)
            known = found.get((one.kind, one.what))
            if known is None or weeks < known.every_weeks:
                found[one.kind, one.what] = Owed(one.kind, one.what, weeks)
    return list(found.values())


def check_intervals(wanted: Sequence[Interval], catalogue: Catalogue) -> None:
    """Take how often for what a role is entitled to, and each once."""
    seen: set[tuple[str, Kind, str]] = set()
    for place, one in enumerate(wanted):
        key = (one.role, one.kind, one.what)
        if key in seen:
            raise IntervalSetTwice("This list says so twice.", f"/intervals/{place}")
        seen.add(key)
        if all(
            (one.kind, one.what) != (o.kind, o.what) for o in _owed_to_role(one.role, catalogue)
        ):
            raise NotOwedToRole(
                "Nobody in this role is entitled to it. Say so in the catalogue of roles first.",
                f"/intervals/{place}",
            )


def _owed_to_role(role: str, catalogue: Catalogue) -> list[Owed]:
    said = catalogue.get(role)
    supervision = (
        _SUPERVISION.get(role, ())
        if said is None
        else [Owed("supervision", what, weeks) for what, weeks in said]
    )
    return [*supervision, *_TRAINING.get(role, ())]


def state_of(next_by: date | None, last_on: date | None, today: date) -> State:
    """How something that is owed stands today."""
    if next_by is not None and next_by < today:
        return "overdue"
    if last_on is None or next_by is None:
        return "never" if last_on is None else "done"
    return "due" if next_by <= today + timedelta(days=DUE_SOON_DAYS) else "done"


def role_named(roles: Iterable[str]) -> str:
    """Give the role by which whoever holds several is named."""
    held = set(roles)
    return next((role for role in ROLES if role in held), "other")


def day_of(at: datetime) -> date:
    """The day something was, in England."""
    return at.astimezone(LONDON).date()


def overdue_from(next_by: date) -> datetime:
    """When what is due by a day is overdue: as the day ends in England."""
    return datetime.combine(next_by + timedelta(days=1), time(), LONDON).astimezone(UTC)
