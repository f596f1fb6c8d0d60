"""Pages with numbers, as Open Referral UK counts them, and what its lists are asked."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final, NamedTuple
from uuid import UUID

from services.directory.domain.service_areas import PlaceAreas

_NO_AREAS: Final = PlaceAreas()


class PageBeyondEnd(Exception):
    """There are fewer pages than the one asked for."""


class Near(NamedTuple):
    """Within so many metres of a point, or for people of an area that it lies in."""

    latitude: float
    longitude: float
    metres: float
    areas: PlaceAreas = _NO_AREAS
    is_bounded: bool = True
    """Whether the metres hold for what is for its area, too."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Search:
    """What a listing has to meet; what is not given is not asked of it.

    ``term_id`` and ``taxonomy_id`` are of other taxonomies, ``need`` is a code of our own.
    """

    words: str | None = None
    need: str | None = None
    term_id: UUID | None = None
    taxonomy_id: UUID | None = None
    organization_id: UUID | None = None
    modified_after: datetime | None = None
    minimum_age: float | None = None
    maximum_age: float | None = None
    day: str | None = None
    start_time: str | None = None
    end_time: str | None = None
    near: Near | None = None

    @property
    def is_all(self) -> bool:
        """Whether nothing is asked: the list whose order never changes."""
        return self == Search()

    @property
    def is_for_going(self) -> bool:
        """Whether somewhere to go is looked for, so that what is gone is of no use."""
        return self != Search(
            organization_id=self.organization_id, modified_after=self.modified_after
        )


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
