"""The geography of the synthetic region: towns, neighbourhoods, postcodes, and where they lie.

Nothing of it exists. It is shaped like an English county: a city of several towns grown
together, market towns with their villages, a coast. Its coordinates lie in the North Sea, where
the map of England has nothing, so that no pin ever falls on anybody's door; distances between
them are those of such a county. Postcodes are in area ``ZZ``, which Royal Mail does not use, and
codes of neighbourhoods begin with ``Z99``, which is no code of the Office for National Statistics.

Promise    The same on every machine. A network is one town with its surroundings, and has ten
           neighbourhoods: the sectors of one postcode district, ``ZZ1`` for ``U99001``. A sector's
           deprivation decile is ``1 + (district + sector) mod 10``, as in the lookup that the
           referral service begins with, so that every network has each decile once; how many
           people live in each follows from the deprivation of the network.
Not here   Who is registered where: ``demo.region``. Who lives there: ``demo.people``.
"""

from __future__ import annotations

import math
import random
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Final, Literal

from demo import place_names
from demo.region import Network, RegionSize, networks

COUNTY: Final = "Wayfordshire"
SECTORS: Final = 10
LETTERS: Final = "ABDEFGH"
"""Of which the last two letters of every postcode are made: 49 postcodes to a neighbourhood."""
EARTH_RADIUS_KM: Final = 6371.0

_SOUTH_WEST: Final = (53.60, 0.62)
_KM_A_DEGREE: Final = 111.2
_GOLDEN_ANGLE: Final = math.pi * (3 - math.sqrt(5))
_INTEGRAL_STEPS: Final = 200

TownKind = Literal["city", "town", "rural"]
_INSIDE: Final = {"city": 9, "town": 7, "rural": 4}
"""How many of the ten neighbourhoods are quarters of the town; the others are villages."""
_RADIUS_KM: Final = {"city": 2.6, "town": 1.8, "rural": 1.1}
_POSTCODES_RADIUS_KM: Final = 0.45
_VILLAGE_KM: Final = (3.6, 6.2)

_TOWNS: Final[dict[str, tuple[float, float, TownKind]]] = {  # km east, km north, what it is like
    "U99001": (22, 47, "town"), "U99002": (34, 40, "city"), "U99003": (16, 60, "rural"),
    "U99004": (10, 28, "rural"), "U99005": (41, 43, "city"), "U99006": (25, 30, "town"),
    "U99007": (47, 51, "town"), "U99008": (53, 24, "city"), "U99009": (37, 33, "city"),
    "U99010": (31, 47, "city"), "U99011": (27, 39, "city"), "U99012": (30, 11, "rural"),
    "U99013": (45, 36, "city"), "U99014": (54, 42, "town"), "U99015": (39, 23, "town"),
    "U99016": (21, 20, "town"), "U99017": (14, 75, "rural"), "U99018": (26, 77, "rural"),
    "U99019": (63, 30, "city"), "U99020": (37, 55, "town"), "U99021": (47, 62, "town"),
    "U99022": (11, 40, "town"), "U99023": (64, 45, "town"), "U99024": (59, 57, "town"),
    "U99025": (5, 67, "town"), "U99026": (28, 63, "town"), "U99027": (38, 68, "town"),
    "U99028": (3, 53, "rural"), "U99029": (49, 74, "rural"), "U99030": (55, 12, "town"),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Neighbourhood:
    """A quarter of a town or a village: one sector of its postcode district."""

    code: str
    name: str
    pcn_code: str
    sector: str
    """Such as ``ZZ1 4``: its postcodes begin with it."""
    is_village: bool
    latitude: float
    longitude: float
    persons: int
    deprivation_decile: int
    """1 is the most deprived tenth."""

    def postcode(self, letters: str) -> str:
        """The postcode of this sector with these last two letters."""
        return f"{self.sector}{letters}"


@dataclass(frozen=True, slots=True)
class Town:
    """The town of a network, with everything around it that belongs to the network."""

    pcn_code: str
    name: str
    kind: TownKind
    latitude: float
    longitude: float
    neighbourhoods: tuple[Neighbourhood, ...]
    """Ten, from the middle outwards."""


@dataclass(frozen=True, slots=True)
class Place:
    """What somebody may call a spot: a postcode or a name."""

    name: str
    latitude: float
    longitude: float
    neighbourhood_code: str
    is_postcode: bool = False


@cache
def towns(size: RegionSize = "region") -> tuple[Town, ...]:
    """The town of each network of the region of this size."""
    names = _village_names()
    return tuple(_town(network, names) for network in networks(size))


@cache
def neighbourhoods() -> dict[str, Neighbourhood]:
    """Every neighbourhood of the region by its code."""
    return {one.code: one for town in towns() for one in town.neighbourhoods}


def areas_around(one: Neighbourhood) -> Iterator[str]:
    """What a neighbourhood lies in, as groups call it when they say whom they are for."""
    town = next(town for town in towns() if town.pcn_code == one.pcn_code)
    if not one.is_village:
        yield town.name
    yield f"{town.name} and its villages"
    yield COUNTY


def places(size: RegionSize) -> Iterator[Place]:
    """What the look-up of places knows: every name of the region, the postcodes of its networks."""
    for town in towns():
        centre = town.neighbourhoods[0]
        yield Place(town.name, town.latitude, town.longitude, centre.code)
        for one in town.neighbourhoods:
            yield Place(one.name, one.latitude, one.longitude, one.code)
    for town in towns(size):
        for one in town.neighbourhoods:
            for number in range(len(LETTERS) ** 2):
                yield postcode_place(one, number)


def postcode_place(one: Neighbourhood, number: int) -> Place:
    """Where a postcode lies: its neighbourhood's 49 are strewn evenly around its middle."""
    count = len(LETTERS) ** 2
    letters = LETTERS[number // len(LETTERS)] + LETTERS[number % len(LETTERS)]
    away = _POSTCODES_RADIUS_KM * math.sqrt((number + 0.5) / count)
    latitude, longitude = _moved(one.latitude, one.longitude, away, number * _GOLDEN_ANGLE)
    return Place(one.postcode(letters), latitude, longitude, one.code, is_postcode=True)


def decile_of(district: int, sector: int) -> int:
    """The decile of a sector: the rule by which the referral service's first lookup was made."""
    return 1 + (district + sector) % 10


def postcode_of(pcn_code: str, decile: int, letters: str) -> str:
    """A postcode of the network that lies in its neighbourhood of this decile."""
    district = int(pcn_code[-3:])
    return f"ZZ{district} {(decile - 1 - district) % SECTORS}{letters}"


def neighbourhood_of(postcode: str) -> str:
    """The code of the neighbourhood that a postcode of the region lies in."""
    outward, inward = postcode.split()
    return _code(int(outward.removeprefix("ZZ")), int(inward[0]))


def distance_km(one: tuple[float, float], other: tuple[float, float]) -> float:
    """How far two points, each a latitude and a longitude, lie apart on the globe."""
    (north, east), (other_north, other_east) = (map(math.radians, point) for point in (one, other))
    half = (
        math.sin((other_north - north) / 2) ** 2
        + math.cos(north) * math.cos(other_north) * math.sin((other_east - east) / 2) ** 2
    )
    return 2 * EARTH_RADIUS_KM * math.asin(math.sqrt(half))


def _town(network: Network, village_names: list[str]) -> Town:
    east, north, kind = _TOWNS[network.code]
    district = int(network.code[-3:])
    name = network.name.split(" PCN", 1)[0]
    latitude = _SOUTH_WEST[0] + north / _KM_A_DEGREE
    longitude = _SOUTH_WEST[1] + east / (_KM_A_DEGREE * math.cos(math.radians(latitude)))
    draw = random.Random(f"waymark geography {network.code}")
    quarters = ["Town Centre", *draw.sample(place_names.QUARTERS, _INSIDE[kind] - 1)]
    names = [f"{name} {quarter}" for quarter in quarters]
    names += village_names[district * SECTORS : (district + 1) * SECTORS - len(names)]
    built: list[Neighbourhood] = []
    turn = draw.uniform(0, 2 * math.pi)
    for position, persons in enumerate(_persons(network, district)):
        sector = (position + 1) % SECTORS
        is_village = position >= _INSIDE[kind]
        if is_village:
            villages = SECTORS - _INSIDE[kind]
            angle = turn + 2 * math.pi * (position + draw.uniform(-0.25, 0.25)) / villages
            away = draw.uniform(*_VILLAGE_KM)
        else:
            angle = turn + position * _GOLDEN_ANGLE
            away = _RADIUS_KM[kind] * math.sqrt(position / _INSIDE[kind])
        at = _moved(latitude, longitude, away, angle)
        built.append(
            Neighbourhood(
                code=_code(district, sector),
                name=names[position],
                pcn_code=network.code,
                sector=f"ZZ{district} {sector}",
                is_village=is_village,
                latitude=at[0],
                longitude=at[1],
                persons=persons,
                deprivation_decile=decile_of(district, sector),
            )
        )
    return Town(
        network.code,
        name,
        kind,
        round(latitude, 5),
        round(longitude, 5),
        neighbourhoods=tuple(built),
    )


def _code(district: int, sector: int) -> str:
    return f"Z99{district:03d}{sector:03d}"


def _persons(network: Network, district: int) -> list[int]:
    """How many people live in each neighbourhood, from the middle outwards; all of the network's.

    People's deciles are drawn from a beta distribution (``demo.people``), and each decile is one
    neighbourhood here, so the weight of a neighbourhood is the weight of its decile there.
    """
    weights = [
        _decile_weight(network.deprivation, decile_of(district, (position + 1) % SECTORS))
        for position in range(SECTORS)
    ]
    counts = [int(network.persons * weight / sum(weights)) for weight in weights]
    counts[0] += network.persons - sum(counts)
    return counts


def _decile_weight(deprivation: float, decile: int) -> float:
    """The weight of one decile under the beta distribution that people's deciles are drawn from."""
    first, second = 1.2, 0.6 + 2.4 * deprivation
    points = ((decile - 1 + (step + 0.5) / _INTEGRAL_STEPS) / 10 for step in range(_INTEGRAL_STEPS))
    return sum(point ** (first - 1) * (1 - point) ** (second - 1) for point in points)


@cache
def _village_names() -> list[str]:
    """More names than there are villages, no two alike."""
    draw = random.Random("waymark villages")
    found: dict[str, None] = {}
    stems: set[str] = set()
    while len(found) < (len(_TOWNS) + 1) * SECTORS:
        stem = draw.choice(place_names.VILLAGE_BEGINNINGS) + draw.choice(
            place_names.VILLAGE_ENDINGS
        )
        if stem not in stems:
            stems.add(stem)
            found[draw.choice(place_names.VILLAGE_FORMS).format(stem)] = None
    return list(found)


def _moved(latitude: float, longitude: float, km: float, angle: float) -> tuple[float, float]:
    """The point so many kilometres away in this direction; on so short a way the earth is flat."""
    north = km * math.cos(angle) / _KM_A_DEGREE
    east = km * math.sin(angle) / (_KM_A_DEGREE * math.cos(math.radians(latitude)))
    return round(latitude + north, 5), round(longitude + east, 5)
