"""Which needs are not met where, and why: from what there is, area by area.

Promise    An area lacks a need where no listing serves it, or where something stands in the way of each
           that does: full, cost, access. What a listing does not say is not held against it, nor what
           it says of an area that cannot be told.
Price      What serves an area is judged by what listings say of their area, else by distance.
Not here   What was asked for in vain: counted elsewhere, shown beside this. Reading what a listing
           says of its area: ``service_areas``.
"""

import math
import re
from bisect import bisect_left
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, Literal, NamedTuple

from services.directory.domain.service_areas import ANYWHERE, can_be_told

Reason = Literal["nothing-there", "too-far", "full", "cost", "access", "language", "other"]

SERVED_WITHIN_KM: Final = 5.0
"""What does not say where it is for serves whom it lies so near to."""
TOO_FAR_KM: Final = 8.0
"""Where nothing serves an area and the nearest is so far away, distance is what stands in the way."""
COSTS_FROM: Final = 5.0
"""Where every one costs more than so many pounds a time, cost is what stands in the way."""
WAITS_FROM_WEEKS: Final = 26
"""Whose list is so long is full."""
RULES_VERSION: Final = 1
"""Raised whenever the rules here change: what is lacking is then reckoned again everywhere."""
_KM_A_DEGREE: Final = 111.195
_WAIT: Final = re.compile(r"waiting list\D{0,20}(\d{1,3}) weeks", re.IGNORECASE)
_CLOSED: Final = re.compile(r"waiting list is (now )?closed", re.IGNORECASE)

# How searches and workers say what stood in the way, in the words of this view.
REASONS: Final[Mapping[str, Reason]] = {
    "nothing-there": "nothing-there",
    "nothing-suitable": "nothing-there",
    "too-far": "too-far",
    "full": "full",
    "cost": "cost",
    "access": "access",
    "language": "language",
}


class Scope(NamedTuple):
    """Whose unmet need is looked at: one network, or every network of a region."""

    region_code: str
    pcn_codes: Sequence[str]
    is_region: bool


class Home(NamedTuple):
    """Whose search it is, where no place says so: of a network, of a region, or of nobody known."""

    region_code: str | None = None
    pcn_code: str | None = None


class AskedKey(NamedTuple):
    """What was asked for in vain: where, as far as that is known, which need, and what stood in the way.

    ``place`` is ``small-area``, ``network`` (a worker found no place for somebody of it) or
    ``not-said``; where only the region is known of a search, ``pcn_code`` is empty.
    """

    pcn_code: str = ""
    neighbourhood_code: str = ""
    place: str = ""
    need: str = ""
    reason: str = ""


class LackKey(NamedTuple):
    """Which need is lacking in which small area of which network."""

    pcn_code: str = ""
    neighbourhood_code: str = ""
    need_term: str = ""


@dataclass(frozen=True, slots=True)
class Area:
    """A small area where people live."""

    code: str
    name: str
    pcn_code: str
    persons: int | None
    latitude: float
    longitude: float
    keys: frozenset[str]
    """What stands for it and for what it lies in, as listings name their areas."""


class Settlement(NamedTuple):
    """Where a small area lies, and the network of its people, if that is known."""

    latitude: float
    longitude: float
    pcn_code: str | None


@dataclass(frozen=True, slots=True)
class Reach:
    """A listing, as far as it matters whom it serves."""

    need_terms: frozenset[str]
    points: tuple[tuple[float, float], ...]
    area_keys: frozenset[str]
    """What stands for the areas it says it is for; empty where it says of none."""
    is_remote: bool
    cost: float | None
    """What it costs at least, in pounds; None where it does not say."""
    is_full: bool
    is_step_free: bool | None
    """None where it takes place nowhere in particular."""
    languages: frozenset[str]
    is_out_of_hours: bool


@dataclass(frozen=True, slots=True)
class Lack:
    """A need that an area lacks: why, how many listings serve it, how far the nearest one is."""

    area: Area
    need_term: str
    reason: Reason
    listings: int
    nearest_km: float | None


@dataclass(frozen=True, slots=True)
class NetworkLack:
    """What no listing in a network has, whatever the need."""

    languages: tuple[str, ...]
    only_in_working_hours: bool


def lacks(areas: Sequence[Area], listings: Iterable[Reach], terms: Sequence[str]) -> list[Lack]:
    """Every need that each area lacks, by area and need."""
    by_term: dict[str, list[Reach]] = {term: [] for term in terms}
    for listing in listings:
        for term in listing.need_terms & by_term.keys():
            by_term[term].append(listing)
    known = frozenset[str]().union(*(area.keys for area in areas))
    # Nearly every need is met nearly everywhere by something that nothing stands in the way of:
    # that is found without looking at each listing.
    free = {term: _Free.of(there, known) for term, there in by_term.items()}
    return [
        _lack(area, term, by_term[term], known)
        for area in areas
        for term in terms
        if not free[term].serves(area)
    ]


def lacks_of_networks(
    places: Sequence[Settlement], listings: Sequence[Reach], pcn_codes: Sequence[str]
) -> dict[str, NetworkLack]:
    """What is spoken, or held out of hours, elsewhere in the region and by nobody in each network.

    A listing is at home in the network of the small area that it lies nearest to; near one of whose
    network nothing is known it is at home in none.
    """
    at_home: dict[str, list[Reach]] = {code: [] for code in pcn_codes}
    ordered = sorted(places)
    for listing in listings:
        home = _home_of(ordered, listing)
        if home in at_home:
            at_home[home].append(listing)
    spoken = frozenset[str]().union(*(listing.languages for listing in listings))
    found: dict[str, NetworkLack] = {}
    for code, here in at_home.items():
        also_here = frozenset[str]().union(*(listing.languages for listing in here))
        found[code] = NetworkLack(
            tuple(sorted(spoken - also_here)),
            bool(here) and not any(listing.is_out_of_hours for listing in here),
        )
    return found


def cost_of(cost_options: Sequence[Mapping[str, object]]) -> float | None:
    """What it costs at least, where every option names an amount."""
    amounts = [one.get("amount") for one in cost_options]
    known = [float(one) for one in amounts if isinstance(one, int | float)]
    return min(known) if known and len(known) == len(amounts) else None


def waits_long(alert: str | None) -> bool:
    """Whether a listing itself says that its list is closed, or as long as being full."""
    if _CLOSED.search(alert or ""):
        return True
    said = _WAIT.search(alert or "")
    return said is not None and int(said[1]) >= WAITS_FROM_WEEKS


def kilometres(one: tuple[float, float], other: tuple[float, float]) -> float:
    """The way over the ground as the crow flies: on a plane, which is good enough within a region."""
    (south, west), (north, east) = one, other
    upwards = (north - south) * _KM_A_DEGREE
    across = (east - west) * _KM_A_DEGREE * math.cos(math.radians((south + north) / 2))
    return math.hypot(upwards, across)


@dataclass(slots=True)
class _Free:
    """The listings of one need that nothing stands in the way of, by whom they serve."""

    is_anywhere: bool = False
    keys: set[str] = field(default_factory=set[str])
    points: list[tuple[float, float]] = field(default_factory=list[tuple[float, float]])

    @classmethod
    def of(cls, listings: Iterable[Reach], known: frozenset[str]) -> "_Free":
        """Those of these that are free of what hinders."""
        free = cls()
        for listing in listings:
            if not _is_hindered(listing):
                free._add(listing, known)
            if free.is_anywhere:
                break
        free.points.sort()
        return free

    def serves(self, area: Area) -> bool:
        """Whether any of them serves this area."""
        if self.is_anywhere or not self.keys.isdisjoint(area.keys):
            return True
        # From the south on: those whose latitude alone says that they lie near enough.
        first = bisect_left(self.points, (area.latitude - SERVED_WITHIN_KM / _KM_A_DEGREE,))
        for number in range(first, len(self.points)):
            latitude, longitude = self.points[number]
            if (latitude - area.latitude) * _KM_A_DEGREE >= SERVED_WITHIN_KM:
                return False
            if _is_near(area, latitude, longitude):
                return True
        return False

    def _add(self, listing: Reach, known: frozenset[str]) -> None:
        if _serves_anywhere(listing, known):
            self.is_anywhere = True
        elif listing.area_keys:
            self.keys |= listing.area_keys
        else:
            self.points += listing.points


def _lack(area: Area, term: str, listings: Sequence[Reach], known: frozenset[str]) -> Lack:
    """Why an area that nothing free of hindrance serves lacks a need."""
    serving = [listing for listing in listings if _serves(listing, area, known)]
    ways = [way for listing in listings if (way := _way(listing, area)) is not None]
    nearest = min(ways, default=None)
    return Lack(area, term, _why_not(serving, nearest), len(serving), nearest)


def _is_hindered(listing: Reach) -> bool:
    return listing.is_full or _costs(listing) or listing.is_step_free is False


def _costs(listing: Reach) -> bool:
    return listing.cost is not None and listing.cost > COSTS_FROM


def _why_not(serving: Sequence[Reach], nearest_km: float | None) -> Reason:
    if not serving:
        return "too-far" if nearest_km is not None and nearest_km >= TOO_FAR_KM else "nothing-there"
    if all(listing.is_full for listing in serving):
        return "full"
    if all(_costs(listing) for listing in serving):
        return "cost"
    if all(listing.is_step_free is False for listing in serving):
        return "access"
    # Each is hindered in its own way: for one person or another none is left.
    return "other"


def _serves(listing: Reach, area: Area, known: frozenset[str]) -> bool:
    if _serves_anywhere(listing, known):
        return True
    if listing.area_keys:
        return not listing.area_keys.isdisjoint(area.keys)
    return any(_is_near(area, latitude, longitude) for latitude, longitude in listing.points)


def _serves_anywhere(listing: Reach, known: frozenset[str]) -> bool:
    if listing.area_keys:
        return ANYWHERE in listing.area_keys or not can_be_told(listing.area_keys, known)
    return listing.is_remote or not listing.points


def _is_near(area: Area, latitude: float, longitude: float) -> bool:
    return (
        abs(area.latitude - latitude) * _KM_A_DEGREE < SERVED_WITHIN_KM
        and kilometres((area.latitude, area.longitude), (latitude, longitude)) < SERVED_WITHIN_KM
    )


def _way(listing: Reach, area: Area) -> float | None:
    ways = (kilometres((area.latitude, area.longitude), point) for point in listing.points)
    return min(ways, default=None)


def _home_of(ordered: Sequence[Settlement], listing: Reach) -> str | None:
    """The network of the nearest; from its own latitude on, northwards and southwards."""
    if not listing.points:
        return None
    latitude, longitude = listing.points[0]
    here = bisect_left(ordered, (latitude,))
    nearest, home = math.inf, None
    for places in (ordered[here:], reversed(ordered[:here])):
        for place in places:
            if abs(place.latitude - latitude) * _KM_A_DEGREE >= nearest:
                break
            way = kilometres((place.latitude, place.longitude), (latitude, longitude))
            if way < nearest:
                nearest, home = way, place.pcn_code
    return home
