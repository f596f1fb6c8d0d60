"""Unmet need: what was asked for in vain beside what is lacking, per 10,000 people on record.

Promise    To those without exact rights every count is controlled, and no rate says more than the
           count beside it. Nothing here names anybody.
Price      What is lacking is reckoned anew for each request, over every listing of the region.
Not here   Which reasons there are, and when an area lacks something: ``domain.unmet_need``.
"""

import asyncio
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any, Final
from uuid import UUID

from chassis.database import Connection
from chassis.disclosure import HIDDEN, Count, controlled_count
from contracts.needs import FINER, TERMS
from services.directory.domain.unmet_need import (
    REASONS,
    Area,
    Lack,
    NetworkLack,
    Reach,
    lacks,
    lacks_of_networks,
)
from services.directory.store import unmet_need as store
from services.directory.store.unmet_need import InVain

LISTINGS_AT_ONCE_MAX: Final = 2_000
PEOPLE: Final = 10_000
_TERMS: Final = tuple(term.code for term in FINER)

Shown = dict[str, Any]


async def unmet_need(
    connection: Connection,
    region_code: str,
    pcn_codes: Sequence[str],
    *,
    first_month: date,
    exact: bool,
) -> Shown:
    """What was asked for in vain in these networks since a month, and what they lack now."""
    persons = await store.persons_of_pcns(connection, pcn_codes)
    everywhere = await store.areas(connection, region_code)
    areas = [area for area in everywhere if area.pcn_code in pcn_codes]
    asked = [
        *await store.asked_in_vain(connection, pcn_codes, first_month),
        *await store.placed_in_vain(connection, pcn_codes, first_month),
    ]
    listings = await _reaches(connection, region_code)
    # Over a whole region this takes a while: others are answered meanwhile.
    lacking = await asyncio.to_thread(lacks, areas, listings, _TERMS)
    of_networks = await asyncio.to_thread(lacks_of_networks, everywhere, listings, pcn_codes)
    return {
        "region_code": region_code,
        "exact": exact,
        "since": f"{first_month:%Y-%m}",
        "persons": dict(sorted(persons.items())),
        "asked": _asked(asked, areas, persons, exact=exact),
        "lacking": [_lacking(one) for one in lacking],
        "networks": [_network(code, found) for code, found in of_networks.items()],
    }


async def _reaches(connection: Connection, region_code: str) -> list[Reach]:
    found: list[Reach] = []
    after: UUID | None = UUID(int=0)
    while after is not None:
        piece, after = await store.reaches(
            connection, region_code, after=after, rows=LISTINGS_AT_ONCE_MAX
        )
        found += piece
    return found


def _asked(
    rows: Sequence[InVain], areas: Sequence[Area], persons: Mapping[str, int], *, exact: bool
) -> list[Shown]:
    people = {area.code: area.persons for area in areas}
    times: Counter[tuple[str, str | None, str, str]] = Counter()
    for row in rows:
        key = (row.pcn_code, row.neighbourhood_code, row.need, REASONS.get(row.reason, "other"))
        times[key] += row.times
    shown: list[Shown] = []
    for (pcn_code, area, need, reason), count in times.items():
        told: Count = count if exact else controlled_count(count)
        of = people.get(area) if area is not None else persons.get(pcn_code)
        term = TERMS.get(need)
        shown.append(
            {
                "pcn_code": pcn_code,
                "neighbourhood_code": area,
                # Empty where no need was understood of what somebody searched for.
                "need": None if term is None else term.need,
                "need_term": None if term is None or term.parent is None else need,
                "reason": reason,
                "times": told,
                "per_10_000": _rate(told, of),
            }
        )
    return sorted(
        shown,
        key=lambda one: (
            -(one["times"] if one["times"] != HIDDEN else 0),
            one["pcn_code"],
            one["neighbourhood_code"] or "",
            one["need_term"] or one["need"] or "",
            one["reason"],
        ),
    )


def _rate(times: Count, persons: int | None) -> float | str | None:
    """By the count that is shown, so that no rate tells an exact one."""
    if not persons:
        return None
    return HIDDEN if isinstance(times, str) else round(times * PEOPLE / persons, 1)


def _lacking(one: Lack) -> Shown:
    return {
        "pcn_code": one.area.pcn_code,
        "neighbourhood_code": one.area.code,
        "neighbourhood": one.area.name,
        "persons": one.area.persons,
        "need": TERMS[one.need_term].need,
        "need_term": one.need_term,
        "reason": one.reason,
        "listings": one.listings,
        "nearest_km": None if one.nearest_km is None else round(one.nearest_km, 1),
    }


def _network(pcn_code: str, found: NetworkLack) -> Shown:
    return {
        "pcn_code": pcn_code,
        "languages_nobody_speaks": list(found.languages),
        "only_in_working_hours": found.only_in_working_hours,
    }


async def networks_of(connection: Connection, region_code: str) -> list[str]:
    """The networks of a region."""
    return await store.region_networks(connection, region_code)
