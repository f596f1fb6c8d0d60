"""What a feed may do to us, and when we stop listening.

Promise    Every limit is named with its unit. Whatever a feed breaks has one name, which the run
           shows, and stops the run before anything of it is in the directory.
Price      Totals of a directory that changes while it is read are off by a little; that is allowed.
Not here   Reading: ``gateways.feed_source``. What a listing may say: the forms of the doors.
"""

import ipaddress
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, cast

STOPS: Final[Mapping[str, str]] = {
    "address-refused": "The feed's name leads to an address that is not public.",
    "address-unknown": "The feed's name leads to no address.",
    "redirected": "The feed sends us elsewhere; register the address it names.",
    "feed-away": "The feed did not answer, several times in a row.",
    "feed-refused": "The feed answered with something else than success.",
    "too-slow": "A page took longer than a page may take.",
    "page-too-large": "A page is larger than a page may be.",
    "run-too-large": "The feed is larger than a run may be.",
    "run-too-long": "The run took longer than a run may take.",
    "too-many-pages": "The feed has, or tells of, more pages than a run may have.",
    "too-many-listings": "The feed has more listings than a run may have.",
    "page-repeats": "A page holds what earlier pages held, and nothing else.",
    "not-json": "A page is no JSON document.",
    "nested-too-deep": "A page nests deeper than any listing does.",
    "wrong-encoding": "A page is not in plain UTF-8.",
    "not-open-referral": "A page is not a page of Open Referral UK.",
    "wrong-totals": "The feed's totals do not fit what it holds.",
    "organizations-in-a-ring": "The feed's organisations stand above one another in a ring.",
    "not-understood": "Something in it made a fault of ours; the log says of which kind.",
    "too-many-refused": "Too many of the feed's listings had to be refused.",
}


class FeedStopped(Exception):
    """The feed did something that ends its run."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason
        self.detail = STOPS[reason]


class FeedAway(Exception):
    """The feed cannot be reached just now."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedLimits:
    """How far a run may go."""

    page_seconds_max: float = 30.0
    page_bytes_max: int = 20 * 1024 * 1024
    page_items: int = 100
    details_at_once_max: int = 4
    run_seconds_max: float = 4 * 3600.0
    run_bytes_max: int = 2 * 1024 * 1024 * 1024
    run_pages_max: int = 3_000
    run_listings_max: int = 200_000
    attempts_max: int = 4
    attempt_pause_seconds: float = 1.0
    refused_share_max: float = 0.2
    refused_at_least: int = 20
    totals_off_share_max: float = 0.02
    totals_off_at_least: int = 5
    unlisted_share_max: float = 0.2
    unlisted_at_least: int = 20


@dataclass(frozen=True, slots=True)
class FeedPage:
    """One page of a list of Open Referral UK that holds what its envelope says."""

    number: int
    pages_told: int
    items_told: int
    contents: Sequence[Any]

    @property
    def is_last(self) -> bool:
        """Whether no page follows."""
        return self.number >= self.pages_told


def read_page(document: Any, number: int, limits: FeedLimits) -> FeedPage:
    """Read a page's envelope, if it is the page asked for and fits itself."""
    if not isinstance(document, Mapping):
        raise FeedStopped("not-open-referral")
    page = cast("Mapping[str, Any]", document)
    contents = page.get("contents")
    pages, items = _count(page, "total_pages"), _count(page, "total_items")
    if not isinstance(contents, list) or _count(page, "page_number") != number:
        raise FeedStopped("not-open-referral")
    there = cast("list[Any]", contents)
    size = page.get("size", len(there))
    is_last = page.get("last_page", number >= pages)
    if size != len(there) or bool(is_last) != (number >= pages):
        raise FeedStopped("wrong-totals")
    if pages > limits.run_pages_max:
        raise FeedStopped("too-many-pages")
    if items > limits.run_listings_max:
        raise FeedStopped("too-many-listings")
    if not there and number < pages:
        raise FeedStopped("wrong-totals")
    return FeedPage(number, pages, items, there)


def _count(page: Mapping[str, Any], name: str) -> int:
    found = page.get(name)
    if not isinstance(found, int) or isinstance(found, bool) or found < 0:
        raise FeedStopped("not-open-referral")
    return found


def check_totals(listings: int, items_told: int, limits: FeedLimits) -> None:
    """What was read has to be what was told, give or take what changed meanwhile."""
    allowed = max(limits.totals_off_at_least, int(items_told * limits.totals_off_share_max))
    if abs(listings - items_told) > allowed:
        raise FeedStopped("wrong-totals")


def check_refused(refused: int, listings: int, limits: FeedLimits) -> None:
    """Above a share of refused listings the feed is broken, not its listings."""
    if refused >= limits.refused_at_least and refused > listings * limits.refused_share_max:
        raise FeedStopped("too-many-refused")


def check_parents(parents: Mapping[str, str]) -> None:
    """No organisation stands above itself, however many stand between."""
    safe: set[str] = set()
    for start in parents:
        path: list[str] = []
        seen: set[str] = set()
        key: str | None = start
        while key is not None and key not in safe:
            if key in seen:
                raise FeedStopped("organizations-in-a-ring")
            seen.add(key)
            path.append(key)
            key = parents.get(key)
        safe.update(path)


_TRANSLATED: Final = ipaddress.IPv6Network("64:ff9b::/96")


def is_public(address: str) -> bool:
    """Whether an address is one of the open internet, whichever form it is written in."""
    try:
        found = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return False
    if isinstance(found, ipaddress.IPv6Address):
        carried = found.ipv4_mapped or found.sixtofour
        if carried is None and found in _TRANSLATED:
            carried = ipaddress.IPv4Address(int(found) & 0xFFFFFFFF)
        if found.teredo is not None or (carried is not None and not is_public(str(carried))):
            return False
        if carried is not None:
            return True
    return found.is_global and not (
        found.is_multicast
        or found.is_reserved
        or found.is_loopback
        or found.is_link_local
        or found.is_unspecified
    )
