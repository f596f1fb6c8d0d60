"""Unmet need: what was asked for in vain, per 10,000 people on record, in pages.

Promise    To those without exact rights every count is controlled, and no rate says more than the
           count beside it. The totals are summed of the exact counts and controlled on their own, so
           no length of a page changes them. Nothing here names anybody.
Price      Pages are in the order of networks, areas and needs; what is wanted most stands in the
           totals beside each. These read each count of the months asked for: at most one of each small
           area, need and reason a month.
Not here   What is lacking: ``lacking``. Which reasons there are: ``domain.unmet_need``.
"""

from collections import Counter
from collections.abc import Mapping
from datetime import date
from typing import Any, Final

from chassis.database import Connection
from chassis.disclosure import HIDDEN, Count, controlled_count
from contracts.needs import TERMS
from services.directory.domain.unmet_need import REASONS, AskedKey, Scope
from services.directory.store import unmet_need as store
from services.directory.store.unmet_need import AreaAskedIn, InVain

PEOPLE: Final = 10_000

Shown = dict[str, Any]


async def asked_page(
    connection: Connection,
    scope: Scope,
    *,
    first_month: date,
    exact: bool,
    after: AskedKey,
    rows: int,
) -> list[tuple[AskedKey, Shown]]:
    """What was asked for in vain since a month, each with the key to go on after it."""
    found = await store.asked_page(connection, scope, first_month, after=after, rows=rows)
    codes = list(dict.fromkeys(one.key.neighbourhood_code for one in found))
    areas = await store.areas_asked_in(connection, codes)
    by_network = await store.persons_of_pcns(connection, scope.pcn_codes)
    return [(one.key, _shown(one, areas, by_network, exact=exact)) for one in found]


async def asked_in_all(
    connection: Connection, scope: Scope, *, first_month: date, exact: bool
) -> Shown:
    """How often each broad need was asked for in vain and why, over all pages, and of how many people."""
    persons = await store.persons_of_pcns(connection, scope.pcn_codes)
    everybody = sum(persons.values()) or None
    times: Counter[tuple[str | None, str]] = Counter()
    for need, reason, count in await store.asked_in_all(connection, scope, first_month):
        times[_broad(need), REASONS.get(reason, "other")] += count
    totals: list[Shown] = []
    for (need, reason), count in times.items():
        told = _told(count, exact=exact)
        totals.append(
            {"need": need, "reason": reason, "times": told, "per_10_000": _rate(told, everybody)}
        )
    totals.sort(key=lambda one: (-_weight(one["times"]), one["need"] or "", one["reason"]))
    return {
        "persons": everybody,
        "times": _told(sum(times.values()), exact=exact),
        "totals": totals,
    }


async def networks_of(connection: Connection, region_code: str) -> list[str]:
    """The networks of a region."""
    return await store.region_networks(connection, region_code)


def _shown(
    one: InVain,
    areas: Mapping[str, AreaAskedIn],
    by_network: Mapping[str, int],
    *,
    exact: bool,
) -> Shown:
    key, told = one.key, _told(one.times, exact=exact)
    area = areas.get(key.neighbourhood_code)
    term = TERMS.get(key.need)
    return {
        "pcn_code": key.pcn_code or None,
        "neighbourhood_code": key.neighbourhood_code or None,
        "neighbourhood": None if area is None else area.name,
        "place": key.place,
        # Nothing where no need was understood of what somebody searched for.
        "need": _broad(key.need),
        "need_term": None if term is None or term.parent is None else key.need,
        "reason": key.reason,
        "times": told,
        "per_10_000": _rate(told, _of(key, area, by_network)),
    }


def _of(key: AskedKey, area: AreaAskedIn | None, by_network: Mapping[str, int]) -> int | None:
    """The people among whom it was asked for, as far as figures of them were loaded."""
    if key.neighbourhood_code:
        return None if area is None else area.persons
    return by_network.get(key.pcn_code) if key.pcn_code else sum(by_network.values())


def _broad(need: str) -> str | None:
    term = TERMS.get(need)
    return None if term is None else term.need


def _told(times: int, *, exact: bool) -> Count:
    return times if exact else controlled_count(times)


def _weight(times: Count) -> int:
    """What is hidden stands together, in no order that would tell one from another."""
    return 0 if isinstance(times, str) else times


def _rate(times: Count, persons: int | None) -> float | str | None:
    """By the count that is shown, so that no rate tells an exact one."""
    if not persons:
        return None
    return HIDDEN if isinstance(times, str) else round(times * PEOPLE / persons, 1)
