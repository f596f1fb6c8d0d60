"""The halls, libraries and sheds of the synthetic region, where its groups meet."""

from __future__ import annotations

import random
from dataclasses import dataclass
from functools import cache
from typing import Final, Literal

from demo import place_names
from demo.geography import LETTERS, Neighbourhood, Town, postcode_place

Access = Literal["yes", "ramp", "no"]
"""How somebody in a wheelchair gets in: step-free, by a ramp that is laid out, not at all."""

_TOWN_VENUES: Final = 13
_VILLAGE_VENUES: Final = 2
_STEPS: Final = ("The Loft above {town} Co-operative Stores", "no")


@dataclass(frozen=True, slots=True)
class Venue:
    """Somewhere a group meets."""

    name: str
    neighbourhood: Neighbourhood
    street: str
    postcode: str
    latitude: float
    longitude: float
    access: Access


@cache
def venues_of(town: Town) -> tuple[Venue, ...]:
    """The venues of a town and its villages; at least one of them is up a flight of stairs."""
    draw = random.Random(f"waymark venues {town.pcn_code}")
    inside = [one for one in town.neighbourhoods if not one.is_village]
    names = draw.sample([one for one in place_names.TOWN_VENUES if one != _STEPS], _TOWN_VENUES - 1)
    found: dict[str, Venue] = {}
    for name, access in (_STEPS, *names):
        where = draw.choice(inside)
        venue = _venue(draw, name.format(town=town.name, quarter=where.name), where, access)
        found[venue.name] = venue
    for where in town.neighbourhoods:
        if where.is_village:
            for name, access in draw.sample(place_names.VILLAGE_VENUES, _VILLAGE_VENUES):
                venue = _venue(draw, name.format(village=where.name), where, access)
                found[venue.name] = venue
    return tuple(found.values())


def _venue(draw: random.Random, name: str, where: Neighbourhood, access: str) -> Venue:
    place = postcode_place(where, draw.randrange(len(LETTERS) ** 2))
    return Venue(
        name=name,
        neighbourhood=where,
        street=f"{draw.randrange(1, 140)} {draw.choice(place_names.STREETS)}",
        postcode=place.name,
        # A door is within some fifty metres of where its postcode lies.
        latitude=round(place.latitude + draw.uniform(-0.0004, 0.0004), 5),
        longitude=round(place.longitude + draw.uniform(-0.0007, 0.0007), 5),
        access="yes" if access == "yes" else "ramp" if access == "ramp" else "no",
    )
