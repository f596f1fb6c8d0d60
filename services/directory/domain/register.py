"""The rules of the register: who fits where, and what follows what.

Promise    Nothing here reads a clock, a row or a request: the same question has the same answer.
Price      The caller looks up what a rule needs to know and hands it over.
Not here   What becomes of a refusal over HTTP: see ``api``.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final, Literal
from uuid import UUID
from zoneinfo import ZoneInfo

LONDON: Final = ZoneInfo("Europe/London")

OrganisationKind = Literal["region", "pcn", "practice", "organization"]

ROLE_KINDS: Final[Mapping[str, tuple[OrganisationKind, ...]]] = {
    "referrer": ("practice", "organization"),
    "care-navigator": ("practice",),
    "link-worker": ("pcn",),
    "health-coach": ("pcn",),
    "care-coordinator": ("pcn",),
    "pcn-manager": ("pcn",),
    "region-analyst": ("region",),
    "operator": ("region",),
    "registrar": ("region",),
    "privacy-officer": ("region",),
    "provider": ("organization",),
}
"""The kinds of organisation each role is held in.

``person`` and ``service`` are missing on purpose: nobody is granted them. A person comes by link
or sign-in, a service is a configured client.
"""


@dataclass(frozen=True, slots=True)
class Moment:
    """When something happened, when it became known here, and how it came in."""

    occurred_at: datetime
    recorded_at: datetime
    origin: Literal["live", "import", "seed"] = "live"


@dataclass(frozen=True, slots=True)
class Announced:
    """What was last told of a row: the event, its aggregate's version, and its moment."""

    version: int
    event_id: UUID
    occurred_at: datetime
    recorded_at: datetime


class RoleNeverGranted(Exception):
    """This role is not held through a membership."""


class RoleHeldElsewhere(Exception):
    """This role is held in other kinds of organisation."""

    def __init__(self, kinds: tuple[OrganisationKind, ...]) -> None:
        super().__init__(kinds)
        self.kinds = kinds


class BelongsAlready(Exception):
    """A practice belongs to this PCN already, since another day."""


class BelongingGoesBack(Exception):
    """A practice cannot move to another PCN before the day it joined the present one."""


class BelongingNotBegun(Exception):
    """A practice belongs where it is entered at once, so a day to come is entered when it has come."""


class StillBelongs(Exception):
    """A practice leaves its PCN after the day it joined, and not on a day to come."""


def require_role_fits(role: str, kind: str) -> None:
    """A role says by itself in what kinds of organisation it is held."""
    expected = ROLE_KINDS.get(role)
    if expected is None:
        raise RoleNeverGranted
    if kind not in expected:
        raise RoleHeldElsewhere(expected)


@dataclass(frozen=True, slots=True)
class Belonging:
    """A practice belongs to a PCN from a day on; the next belonging ends it."""

    pcn_code: str
    from_date: date


def require_begun(wanted: Belonging, known_at: datetime) -> None:
    """Nobody's support moves before the practice does; the day is the one on a wall in England."""
    if wanted.from_date > local_day(known_at):
        raise BelongingNotBegun


def local_day(moment: datetime) -> date:
    """The day on a wall in England."""
    return moment.astimezone(LONDON).date()


def require_left_in_order(joined: date, left: date, known_at: datetime) -> None:
    """Nobody leaves before they joined, or on a day that has not come."""
    if not joined < left <= local_day(known_at):
        raise StillBelongs


def require_later(current: Belonging | None, wanted: Belonging) -> None:
    """Belongings follow one another: a move starts after the belonging it ends."""
    if current is None or current == wanted:
        return
    if current.pcn_code == wanted.pcn_code:
        raise BelongsAlready
    if wanted.from_date <= current.from_date:
        raise BelongingGoesBack
