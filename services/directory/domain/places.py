"""Postcodes and the names of places: how they are written, and what one of them stands for.

Promise    A text is read as a postcode, as an outward code or as a name, by its form alone. A name
           that stands for places far from each other stands for none of them.
Not here   The places themselves: registrars load them into the table ``place``.
"""

import math
import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal, NamedTuple

PlaceKind = Literal["postcode", "outward-code", "place-name"]

PLACES_A_BATCH_MAX: Final = 1_000
PLACE_LENGTH_MAX: Final = 100
SAME_PLACE_METRES_MAX: Final = 2_000.0
EARTH_RADIUS_METRES: Final = 6_371_008.8

_POSTCODE: Final = re.compile(r"([A-Z]{1,2}[0-9][A-Z0-9]?)([0-9][A-Z]{2})")
_OUTWARD: Final = re.compile(r"[A-Z]{1,2}[0-9][A-Z0-9]?")
_NOT_A_WORD: Final = re.compile(r"[\W_]+")


class PlaceUnknown(Exception):
    """No loaded place is called this."""


class PlaceAmbiguous(Exception):
    """Places far from each other are called this."""


class Point(NamedTuple):
    """A point on the earth, in degrees."""

    latitude: float
    longitude: float


class PlaceKey(NamedTuple):
    """What a place is looked up by."""

    kind: PlaceKind
    key: str
    outward: str | None = None


@dataclass(frozen=True, slots=True)
class Place:
    """A place that was loaded, or the middle of an outward code's postcodes."""

    region_code: str
    kind: PlaceKind
    text: str
    point: Point
    neighbourhood_code: str | None
    postcodes: int


def key_of(text: str) -> PlaceKey:
    """Read how a place is written: the form decides its kind, nothing is looked up."""
    compact = "".join(text.split()).upper()
    if postcode := _POSTCODE.fullmatch(compact):
        return PlaceKey("postcode", compact, postcode[1])
    if _OUTWARD.fullmatch(compact):
        return PlaceKey("outward-code", compact)
    return PlaceKey("place-name", name_key(text))


def name_key(text: str) -> str:
    """A name in plain small letters, so that marks, hyphens and case do not part it from itself."""
    letters = unicodedata.normalize("NFKD", text.casefold().replace("'", "").replace("\u2019", ""))
    bare = "".join(letter for letter in letters if not unicodedata.combining(letter))
    return _NOT_A_WORD.sub(" ", bare).strip()


def shown_postcode(key: PlaceKey) -> str:
    """A postcode as people write it, with its space."""
    return f"{key.key[:-3]} {key.key[-3:]}"


def the_one_place(found: Sequence[Place]) -> Place:
    """What several regions loaded under one name, if it is the same place for all of them."""
    if not found:
        raise PlaceUnknown
    first = found[0]
    if any(metres_between(first.point, one.point) > SAME_PLACE_METRES_MAX for one in found):
        if first.kind != "outward-code":
            raise PlaceAmbiguous
        return _middle(found)
    return first


def _middle(found: Sequence[Place]) -> Place:
    """An outward code on the border of regions lies in the middle of both their postcodes."""
    count = sum(one.postcodes for one in found)
    return Place(
        region_code=found[0].region_code,
        kind="outward-code",
        text=found[0].text,
        point=Point(
            sum(one.point.latitude * one.postcodes for one in found) / count,
            sum(one.point.longitude * one.postcodes for one in found) / count,
        ),
        neighbourhood_code=None,
        postcodes=count,
    )


def metres_between(one: Point, other: Point) -> float:
    """The way over the ground as the crow flies."""
    north, south = math.radians(one.latitude), math.radians(other.latitude)
    across = math.radians(other.longitude - one.longitude)
    half = (
        math.sin((south - north) / 2) ** 2
        + math.cos(north) * math.cos(south) * math.sin(across / 2) ** 2
    )
    return 2 * EARTH_RADIUS_METRES * math.asin(math.sqrt(min(1.0, half)))


class Box(NamedTuple):
    """The degrees within which everything up to so many metres away lies."""

    south: float
    north: float
    west: float
    east: float


def box_around(point: Point, metres: float) -> Box:
    """The box that an index can look into before any distance is reckoned."""
    high = math.degrees(metres / EARTH_RADIUS_METRES)
    # At the poles a circle goes round all meridians; no group meets there.
    shrunk = math.cos(math.radians(min(89.0, abs(point.latitude) + high)))
    wide = min(180.0, high / shrunk)
    return Box(
        point.latitude - high, point.latitude + high, point.longitude - wide, point.longitude + wide
    )
