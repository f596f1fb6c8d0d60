"""The rules of the register and of listings, as plain Python: who fits where, what follows what.

Promise    Nothing here reads a clock, a row or a request: the same question has the same answer.
Price      The caller looks up what a rule needs to know and hands it over.
Not here   What becomes of a refusal over HTTP: see ``api``.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final, Literal, NamedTuple
from uuid import UUID, uuid5

OrganisationKind = Literal["region", "pcn", "practice", "organization"]
ListingState = Literal["draft", "published", "withdrawn"]

# Names of everything the directory derives by name rather than draws: stable over every restore.
_NAMESPACE: Final = UUID("6d9f0c1e-5b1c-5c55-9f0e-3f1c7d6a2b10")

ROLE_KINDS: Final[Mapping[str, OrganisationKind]] = {
    "referrer": "practice",
    "care-navigator": "practice",
    "link-worker": "pcn",
    "health-coach": "pcn",
    "care-coordinator": "pcn",
    "pcn-manager": "pcn",
    "region-analyst": "region",
    "operator": "region",
    "registrar": "region",
    "privacy-officer": "region",
    "provider": "organization",
}
"""The one kind of organisation each role is held in.

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


LISTING_PUBLISHERS: Final = frozenset({"pcn-manager", "registrar"})
LISTING_SUGGESTERS: Final = frozenset({"link-worker"})


class RoleNeverGranted(Exception):
    """This role is not held through a membership."""


class RoleHeldElsewhere(Exception):
    """This role is held in another kind of organisation."""

    def __init__(self, kind: OrganisationKind) -> None:
        super().__init__(kind)
        self.kind = kind


class BelongingGoesBack(Exception):
    """A practice cannot move to another PCN before the day it joined the present one."""


class PublishingNotAllowed(Exception):
    """This role may suggest a listing, but not publish one."""


class ListingNotPublished(Exception):
    """Only a published listing can be withdrawn."""


class PageBeyondEnd(Exception):
    """There are fewer pages than the one asked for."""


def require_role_fits(role: str, kind: str) -> None:
    """A role says by itself in what kind of organisation it is held."""
    expected = ROLE_KINDS.get(role)
    if expected is None:
        raise RoleNeverGranted
    if expected != kind:
        raise RoleHeldElsewhere(expected)


@dataclass(frozen=True, slots=True)
class Belonging:
    """A practice belongs to a PCN from a day on; the next belonging ends it."""

    pcn_code: str
    from_date: date


def require_later(current: Belonging | None, wanted: Belonging) -> None:
    """Belongings follow one another: a move starts after the belonging it ends."""
    if current is None or current.pcn_code == wanted.pcn_code:
        return
    if wanted.from_date <= current.from_date:
        raise BelongingGoesBack


def state_when_entered(roles: Collection[str], *, publish: bool | None) -> ListingState:
    """A publisher's listing is published unless kept back; a suggestion waits as a draft."""
    may_publish = not LISTING_PUBLISHERS.isdisjoint(roles)
    if publish and not may_publish:
        raise PublishingNotAllowed
    return "published" if may_publish and publish is not False else "draft"


def require_withdrawable(state: ListingState) -> None:
    """What was never published has nothing to be withdrawn from."""
    if state == "draft":
        raise ListingNotPublished


class Page(NamedTuple):
    """One numbered page of a list whose length is known, as Open Referral UK counts them."""

    number: int
    total_pages: int
    total_items: int

    @property
    def first(self) -> bool:
        """Whether nothing comes before it."""
        return self.number == 1

    @property
    def last(self) -> bool:
        """Whether nothing comes after it."""
        return self.number == self.total_pages


def page_of(*, total_items: int, number: int, per_page: int) -> Page:
    """Number the pages from one; an empty list has one page, which is empty, first and last."""
    total_pages = max(1, -(-total_items // per_page))
    if number > total_pages:
        raise PageBeyondEnd
    return Page(number, total_pages, total_items)


class Need(NamedTuple):
    """One need a listing can answer, in words for the public."""

    name: str
    description: str


NEEDS: Final[Mapping[str, Need]] = {
    "mental-wellbeing": Need("Mental wellbeing", "Low mood, worry, stress or confidence."),
    "isolation": Need("Company and connection", "Loneliness, or few people to turn to."),
    "money": Need("Money", "Debt, benefits, bills, or food and fuel costs."),
    "long-term-condition": Need(
        "Living with a condition", "Living well with a long-term condition or pain."
    ),
    "housing": Need("Housing", "Repairs, a tenancy, moving, or having no safe home."),
    "practical-help": Need("Practical help", "Shopping, transport, forms, or help at home."),
    "caring": Need("Caring for somebody", "Support for people who look after somebody."),
    "bereavement": Need("Bereavement", "Support after somebody has died."),
    "work": Need("Work and learning", "Finding or keeping work, volunteering, or learning."),
    "other": Need("Something else", "A need that none of the others names."),
}

TAXONOMY_ID: Final = uuid5(_NAMESPACE, "taxonomy:needs")
TAXONOMY_NAME: Final = "Waymark needs"
TAXONOMY_DESCRIPTION: Final = "What people are referred to social prescribing for."
TAXONOMY_VERSION: Final = "1"

TERM_IDS: Final[Mapping[str, UUID]] = {
    need: uuid5(_NAMESPACE, f"taxonomy-term:{need}") for need in NEEDS
}
NEED_OF_TERM: Final[Mapping[UUID, str]] = {term: need for need, term in TERM_IDS.items()}


def attribute_id(listing_id: UUID, need: str) -> UUID:
    """The id of the link between a listing and a need: derived, so publishing again keeps it."""
    return uuid5(listing_id, f"attribute:{need}")


def part_id(listing_id: UUID, part: str, index: int) -> UUID:
    """The id of the n-th schedule, place or contact of a listing: derived for the same reason."""
    return uuid5(listing_id, f"{part}:{index}")
