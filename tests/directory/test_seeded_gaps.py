"""The view of unmet need finds each gap that was seeded, in the small region and in the whole one.

What is asked is the real view over the listings, places and areas that the seed enters. Beside what
was seeded it may find little: see the tolerances.
"""

from collections import defaultdict
from collections.abc import Sequence
from typing import Any

import pytest

from chassis import clock
from contracts.needs import FINER
from demo.directory import PLACES_A_BATCH_MAX, area_item, place_item
from demo.gaps import GAPS
from demo.geography import neighbourhoods, places
from demo.listings import listings
from demo.region import RegionSize, networks
from services.directory.use_cases.lacking import reckon_due
from tests.directory.trial import ANALYST, MANAGER, REGISTRAR, Office

pytestmark = [pytest.mark.postgres, pytest.mark.timeout(300)]

LISTINGS_AT_ONCE = 100
SMALL = tuple(network.code for network in networks("small"))
OWN_SHARE_MAX = 0.05
"""Of the needs of each area in the three networks with gaps: what else chance leaves out there, such as
a village too far from the only lunch club, or the one group for a need that meets upstairs."""
OTHERS_SHARE_MAX = 0.125
"""In the other towns, where about one need in six has no group of its own and a neighbour's may do."""
_BECAUSE = {
    # Of what is not there at all, a group of another town may be near or far.
    "nothing": {"nothing-there", "too-far"},
    "too-far": {"too-far"},
    "full": {"full"},
    "cost": {"cost"},
    "access": {"access"},
}


async def _put(office: Office, path: str, items: Sequence[dict[str, Any]]) -> None:
    for start in range(0, len(items), PLACES_A_BATCH_MAX):
        body = {"items": items[start : start + PLACES_A_BATCH_MAX]}
        answer = await office.ask("PUT", path, body, member=REGISTRAR)
        assert answer.status_code == 200, answer.text


async def _seed(office: Office, size: RegionSize) -> None:
    """Enter what the seed of this size does: every listing, and the places of its networks."""
    codes = {network.code for network in networks(size)}
    pcns = [
        {"key": code, "pcn_code": code, "region_code": "QZZ", "name": f"{code} (synthetic)"}
        for code in sorted(codes - {"U99001", "U99002"})
    ]
    assert (await office.post("/register/pcns/batch", {"items": pcns})).status_code == 200
    await _put(office, "/places/batch", list(map(place_item, places(size))))
    areas = [area_item(one) for one in neighbourhoods().values() if one.pcn_code in codes]
    await _put(office, "/neighbourhoods/batch", areas)
    items = [one.item for one in listings()]
    for start in range(0, len(items), LISTINGS_AT_ONCE):
        body = {"origin": "seed", "items": items[start : start + LISTINGS_AT_ONCE]}
        answer = await office.post("/services/batch", body, member=MANAGER)
        assert {one["status"] for one in answer.json()["items"]} == {201}
    assert await reckon_due(office.worker, clock.now())


async def _items(office: Office, path: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    cursor: str | None = None
    while cursor is not None or not found:
        params = {"limit": 100} | ({"cursor": cursor} if cursor else {})
        page = await office.found(path, member=ANALYST, params=params)
        found += page["items"]
        cursor = page["next"]
    return found


@pytest.mark.parametrize("size", ["small", "region"])
async def test_each_seeded_gap_is_found_where_it_was_seeded_and_hardly_any_beside(
    office: Office, size: RegionSize
) -> None:
    await _seed(office, size)

    lacking = await _items(office, "/regions/QZZ/unmet-need/lacking")
    of_networks = {
        one["pcn_code"]: one for one in await _items(office, "/regions/QZZ/unmet-need/networks")
    }

    areas: dict[str, set[str]] = defaultdict(set)
    for one in neighbourhoods().values():
        areas[one.pcn_code].add(one.code)
    cells = {(one["neighbourhood_code"], one["need_term"]): one for one in lacking}
    seeded: set[tuple[str, str]] = set()
    for gap in GAPS:
        where = set(gap.neighbourhood_codes) or areas[gap.pcn_code]
        for term in gap.need_terms:
            assert {code for code in areas[gap.pcn_code] if (code, term) in cells} == where, (
                gap.name
            )
            reasons = {cells[code, term]["reason"] for code in where}
            assert reasons <= _BECAUSE[gap.kind], gap.name
            seeded |= {(code, term) for code in where}
        if gap.kind == "too-far":
            ways = [cells[code, term]["nearest_km"] for code in where for term in gap.need_terms]
            assert min(ways) >= gap.km_min
        _check_network(gap.kind, gap.pcn_code, gap.language, of_networks)
        # Nobody else among the three lacks all of the same for the same reason.
        if gap.need_terms:
            for code in set(SMALL) - {gap.pcn_code}:
                same = [
                    (area, term)
                    for area in areas[code] for term in gap.need_terms
                    if cells.get((area, term), {}).get("reason") in _BECAUSE[gap.kind]
                ]  # fmt: skip
                assert len(same) < len(areas[code]) * len(gap.need_terms), (gap.name, code)
    assert len(seeded) == 2 + 10 * 7

    own = {key for key in cells if cells[key]["pcn_code"] in SMALL} - seeded
    assert len(own) <= OWN_SHARE_MAX * len(SMALL) * 10 * len(FINER)
    others = len(cells) - len(own) - len(seeded)
    towns = len(networks(size)) - len(SMALL)
    assert others <= OTHERS_SHARE_MAX * towns * 10 * len(FINER)


def _check_network(
    kind: str, pcn_code: str, language: str, of_networks: dict[str, dict[str, Any]]
) -> None:
    """A gap that concerns every need of a network stands in what is said of networks."""
    if kind == "language":
        assert of_networks[pcn_code]["languages_nobody_speaks"] == [language]
    if kind == "daytime-only":
        daytime = {code for code, one in of_networks.items() if one["only_in_working_hours"]}
        assert daytime == {pcn_code}
