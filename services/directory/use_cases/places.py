"""Loading postcodes and named places, and finding the one that somebody means.

Promise    Loading the same places again changes nothing. A place that was not loaded, or that
           could be one of several, is refused by the name of its parameter, never guessed.
Not here   What lies near a place: ``search`` beside this.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from chassis.database import Connection
from chassis.refusals import BrokenRule, RuleBroken
from services.directory.domain.places import (
    Place,
    PlaceAmbiguous,
    PlaceKey,
    PlaceKind,
    PlaceUnknown,
    Point,
    key_of,
    name_key,
    shown_postcode,
    the_one_place,
)
from services.directory.store import places as store
from services.directory.store import register as register_store
from services.directory.store.lacking import mark_due
from services.directory.use_cases.search_index import place_listings


@dataclass(frozen=True, slots=True)
class PlaceEntry:
    """A place as a registrar loads it."""

    kind: PlaceKind
    text: str
    point: Point
    neighbourhood_code: str


async def load_places(
    connection: Connection, region_code: str, entries: Sequence[PlaceEntry]
) -> int:
    """Enter or correct places of a region; how many of them are new or different."""
    places = [_read(entry, number, region_code) for number, entry in enumerate(entries)]
    seen: set[PlaceKey] = set()
    for number, (key, _) in enumerate(places):
        if key in seen:
            raise RuleBroken(BrokenRule(f"/items/{number}/text", "must be in a batch once"))
        seen.add(key)
    # Two loads at once would each reckon a middle without the other's postcodes.
    await register_store.hold_regions(connection, [region_code])
    changed = await store.load_places(connection, region_code, places)
    outward_codes = sorted({key.outward for key, _ in places if key.outward is not None})
    await store.settle_outward_codes(connection, region_code, outward_codes)
    postcodes = [key.key for key, _ in places if key.kind == "postcode"]
    await place_listings(connection, region_code, postcodes)
    if changed:
        await mark_due(connection, [region_code])
    return changed


async def find_place(connection: Connection, text: str, *, parameter: str) -> Place:
    """The loaded place that somebody names, or a refusal naming their parameter."""
    key = key_of(text)
    try:
        return the_one_place(await store.places_called(connection, key))
    except PlaceUnknown:
        rule = "must be a postcode, the first half of one or a place that is known here"
        raise _not_one(parameter, rule, "No place of this name is known here.") from None
    except PlaceAmbiguous:
        rule = "must be a place known once; give a postcode instead"
        raise _not_one(parameter, rule, "More than one place has this name.") from None


def _not_one(parameter: str, rule: str, detail: str) -> RuleBroken:
    return RuleBroken(BrokenRule(f"/{parameter}", rule, "query"), detail=detail)


def _read(entry: PlaceEntry, number: int, region_code: str) -> tuple[PlaceKey, Place]:
    key = key_of(entry.text)
    pointer = f"/items/{number}/text"
    if entry.kind == "postcode" and key.kind != "postcode":
        raise RuleBroken(BrokenRule(pointer, "must be a whole postcode, such as ZZ1 1AA"))
    if entry.kind == "place-name" and key.kind != "place-name":
        raise RuleBroken(BrokenRule(pointer, "must be a name that does not read as a postcode"))
    if not name_key(entry.text):
        raise RuleBroken(BrokenRule(pointer, "must hold a letter or a digit"))
    place = Place(
        region_code=region_code,
        kind=entry.kind,
        text=shown_postcode(key) if key.kind == "postcode" else entry.text,
        point=entry.point,
        neighbourhood_code=entry.neighbourhood_code,
        postcodes=1,
    )
    return key, place
