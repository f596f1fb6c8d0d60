"""Whom a listing is for: its service areas, read as codes of postcodes or as names of areas.

Promise    Nothing is guessed. An area is bounded by the codes it lists, or it is the area whose whole
           name it bears; what is neither is an area that cannot be told, and is never said to hold
           a place or not to.
Price      Shapes, addresses of areas on the web, lists of whole postcodes, and names written otherwise
           than they were loaded cannot be read. "Leeds and Bradford" is one name, and not two areas.
Not here   Which names there are: registrars load them. What follows from it: ``search``, ``unmet_need``.
"""

import re
from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

from services.directory.domain.places import Place, name_key

ANYWHERE: Final = "*"
AREA_NAME_LENGTH_MAX: Final = 100
CODES_AN_AREA_MAX: Final = 100

_NATIONWIDE: Final = frozenset(
    {"england", "great britain", "national", "nationwide", "uk", "united kingdom"}
)
# Without its space "ZZ11" is an outward code: it is the space that makes "ZZ1 1" a sector.
_ONE: Final = r"[A-Z]{1,2}[0-9][A-Z0-9]?(?: [0-9])?"
_CODE: Final = re.compile(rf"\b{_ONE}\b")
_NOTHING_BUT_CODES: Final = re.compile(rf"{_ONE}(?:(?:[\s,;/&]|\bAND\b)+{_ONE})*[\s.,;]*")
_SECTORS_A_DISTRICT: Final = 10


class ServedArea(NamedTuple):
    """An area as a listing says it: by the keys that stand for it, any of which is enough."""

    name: str
    codes: tuple[str, ...]
    """Sectors ("ZZ1 1") and outward codes ("ZZ1"), or ``ANYWHERE``."""
    name_key: str | None
    """What its name is looked up by, where no code bounds it."""

    def keys(self, region_code: str) -> tuple[str, ...]:
        """Everything that stands for it; a name does so in its own region alone."""
        return self.codes or (name_in(region_code, self.name_key or ""),)


@dataclass(frozen=True, slots=True)
class PlaceAreas:
    """The areas that a place lies in, and by what it can be said that it lies in no other."""

    keys: frozenset[str] = frozenset({ANYWHERE})
    codes_known: bool = False
    names_known_in: str | None = None
    """The region whose names of areas are known of it."""

    @property
    def can_tell(self) -> bool:
        """Whether anything can be said not to hold it."""
        return self.codes_known or self.names_known_in is not None


def can_be_told(keys: Iterable[str], known: Container[str]) -> bool:
    """Whether every area that these keys stand for is one that is known; a code always is."""
    return all(":" not in key or key in known for key in keys)


def name_in(region_code: str, key: str) -> str:
    """A name as it stands among keys; no code of postcodes holds a colon."""
    return f"{region_code}:{key}"


def served_areas(service_areas: Sequence[Mapping[str, Any]]) -> Iterator[ServedArea]:
    """Read what service areas in the shape of HSDS-UK say; an empty one says nothing."""
    for area in service_areas:
        name, extent = str(area.get("name", "")), str(area.get("extent", ""))
        shown = (name or extent)[:AREA_NAME_LENGTH_MAX]
        codes = _codes_of(extent) or _codes_of(name)
        key = name_key(name or extent)[:AREA_NAME_LENGTH_MAX]
        if codes:
            yield ServedArea(shown, codes, None)
        elif key in _NATIONWIDE:
            yield ServedArea(shown, (ANYWHERE,), None)
        elif key:
            yield ServedArea(shown, (), key)


def areas_of_place(
    place: Place, sectors: Sequence[str], names: Sequence[str], *, names_are_known: bool
) -> PlaceAreas:
    """What a place lies in: ``sectors`` hold the postcodes near a named place, ``names`` are keys.

    Of what lies in several areas, as half a postcode may, each counts: it is not said to lie
    outside of any.
    """
    codes = frozenset(_codes_of_place(place, sectors))
    own = [name_key(place.text)] if place.kind == "place-name" else []
    named = {name_in(place.region_code, name) for name in (*names, *own)}
    return PlaceAreas(
        codes | named | {ANYWHERE}, bool(codes), place.region_code if names_are_known else None
    )


def sector_codes(sectors: Sequence[str]) -> frozenset[str]:
    """Sectors ("ZZ1 1") with the outward codes that they lie in."""
    return frozenset((*sectors, *(sector.split()[0] for sector in sectors)))


def _codes_of_place(place: Place, sectors: Sequence[str]) -> Iterator[str]:
    if place.kind == "outward-code":
        yield place.text
        yield from (f"{place.text} {number}" for number in range(_SECTORS_A_DISTRICT))
    elif place.kind == "postcode":
        yield from sector_codes([place.text[:-2]])
    else:
        yield from sector_codes(sectors)


def _codes_of(text: str) -> tuple[str, ...]:
    """The codes of a text that holds nothing else, and few enough to be compared one by one."""
    capital = text.upper().strip()
    if _NOTHING_BUT_CODES.fullmatch(capital) is None:
        return ()
    codes = tuple(dict.fromkeys(_CODE.findall(capital)))
    return codes if len(codes) <= CODES_AN_AREA_MAX else ()
