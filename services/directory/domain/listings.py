"""The rules of listings: who may publish, what a need is called, how pages are counted.

Not here   The shapes of Open Referral UK: see ``open_referral`` beside this.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Final, Literal, NamedTuple
from uuid import UUID, uuid5

ListingState = Literal["draft", "published", "withdrawn"]

# Ids of what is named rather than drawn: the same over every restore and in every region.
_NAMESPACE: Final = UUID("6d9f0c1e-5b1c-5c55-9f0e-3f1c7d6a2b10")

LISTING_PUBLISHERS: Final = frozenset({"pcn-manager", "registrar"})
LISTING_SUGGESTERS: Final = frozenset({"link-worker"})


class PublishingNotAllowed(Exception):
    """This role may suggest a listing, but not publish one."""


class ListingNotPublished(Exception):
    """Only a published listing can be withdrawn."""


class PageBeyondEnd(Exception):
    """There are fewer pages than the one asked for."""


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


@dataclass(frozen=True, slots=True, kw_only=True)
class Search:
    """What a listing has to meet; what is not given is not asked of it."""

    words: str | None = None
    need: str | None = None
    minimum_age: float | None = None
    maximum_age: float | None = None
    day: str | None = None
    start_time: str | None = None
    end_time: str | None = None


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
