"""Small areas: loading which network each belongs to and what it lies in, and what holds a place.

Promise    Loading the same areas again changes nothing. As soon as an area's name is known, listings
           that are for it go by it.
Not here   What follows from it for a search: ``domain.search``; for gaps: ``domain.unmet_need``.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from chassis.database import Connection
from chassis.refusals import BrokenRule, RuleBroken
from services.directory.domain.places import Place, name_key
from services.directory.domain.service_areas import PlaceAreas, areas_of_place
from services.directory.store import areas as store
from services.directory.store import register as register_store
from services.directory.store.areas import Neighbourhood
from services.directory.store.lacking import mark_due
from services.directory.store.unmet_need import areas_asked_in, pcns_of_region


@dataclass(frozen=True, slots=True)
class NeighbourhoodEntry:
    """A small area as a registrar loads it."""

    code: str
    pcn_code: str
    name: str
    persons: int | None
    within: Sequence[str]
    """The names of what it lies in: ward, town, district, county."""


async def load_neighbourhoods(
    connection: Connection, region_code: str, entries: Sequence[NeighbourhoodEntry]
) -> int:
    """Load small areas of a region, each of a network that is entered; how many are different."""
    known = await pcns_of_region(connection, region_code, [one.pcn_code for one in entries])
    for number, one in enumerate(entries):
        if one.pcn_code not in known:
            raise RuleBroken(
                BrokenRule(f"/items/{number}/pcn_code", "must be a network of your region")
            )
    if len({one.code for one in entries}) < len(entries):
        raise RuleBroken(BrokenRule("/items", "must name each code once"))
    await register_store.hold_regions(connection, [region_code])
    changed = await store.load_neighbourhoods(connection, region_code, list(map(_row, entries)))
    if changed:
        await mark_due(connection, [region_code])
    return changed


async def named(connection: Connection, codes: Sequence[str]) -> list[dict[str, str]]:
    """What these small areas are called, those that are not seen left out."""
    found = await areas_asked_in(connection, codes)
    return [{"id": code, "name": found[code].name} for code in codes if code in found]


async def areas_of(connection: Connection, place: Place) -> PlaceAreas:
    """What a place lies in, as listings may name it."""
    found = await store.areas_holding(connection, place)
    return areas_of_place(place, found.sectors, found.names, names_are_known=bool(found.names))


def _row(entry: NeighbourhoodEntry) -> Neighbourhood:
    keys = (name_key(name) for name in (entry.name, *entry.within))
    return Neighbourhood(
        entry.code,
        entry.pcn_code,
        entry.name,
        entry.persons,
        tuple(dict.fromkeys(key for key in keys if key)),
    )
