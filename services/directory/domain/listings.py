"""The rules of listings: who may publish, what they are searched by, how pages are counted.

Not here   The shapes of Open Referral UK: see ``open_referral`` beside this.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal, NamedTuple

ListingState = Literal["draft", "published", "withdrawn"]

LISTING_PUBLISHERS: Final = frozenset({"pcn-manager", "registrar"})
LISTING_SUGGESTERS: Final = frozenset({"link-worker"})


class PublishingNotAllowed(Exception):
    """This role may suggest a listing, but not publish one."""


class ListingNotPublished(Exception):
    """Only a published listing can be withdrawn."""


class ContentBroken(Exception):
    """Two facts of a listing do not go together."""

    def __init__(self, pointer: str, rule: str) -> None:
        super().__init__(pointer)
        self.pointer = pointer
        self.rule = rule


class PageBeyondEnd(Exception):
    """There are fewer pages than the one asked for."""


def state_when_entered(roles: Collection[str], *, publish: bool | None) -> ListingState:
    """A publisher's listing is published unless kept back; a suggestion waits as a draft."""
    may_publish = not LISTING_PUBLISHERS.isdisjoint(roles)
    if publish and not may_publish:
        raise PublishingNotAllowed
    return "published" if may_publish and publish is not False else "draft"


def check_content(content: Mapping[str, Any]) -> None:
    """What each fact of a listing cannot know of the others."""
    youngest, oldest = content.get("minimum_age"), content.get("maximum_age")
    if youngest is not None and oldest is not None and youngest > oldest:
        raise ContentBroken("/minimum_age", "must not be above maximum_age")
    places = len(content.get("locations", ()))
    for index, schedule in enumerate(content.get("schedules", ())):
        if schedule.get("at_location", -1) >= places:
            raise ContentBroken(
                f"/schedules/{index}/at_location", "must be one of the listing's locations"
            )


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
