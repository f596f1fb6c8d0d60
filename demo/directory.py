"""Entering the synthetic region's places and listings through the directory's public doors.

Promise    Entered again, the same places and listings change nothing.
Price      Entries of one region follow one another in the directory, so batches that are sent side
           by side save the sender's time and not the directory's.
Not here   What is entered: ``demo.geography`` and ``demo.listings``.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping, Sequence
from functools import partial
from typing import Any, Final, NamedTuple, TypeVar

import httpx

from chassis.web.problem_text import answer_in_one_line
from demo.batches import Poster, SeedRefused
from demo.belonging import Group
from demo.geography import Neighbourhood, Place, areas_around, neighbourhoods, places
from demo.listings import Listing
from demo.members import FIRST_REGISTRAR, Member
from demo.region import RegionSize, networks
from demo.register import Tell

PLACES_A_BATCH_MAX: Final = 1_000
POSTCODES_A_BATCH_MAX: Final = 2_000
LISTINGS_A_BATCH_MAX: Final = 50
"""Few: a batch holds the region's row, and others enter memberships meanwhile."""
BATCHES_AT_ONCE: Final = 2
EDITION: Final = "synthetic"

T = TypeVar("T")
Offers = Mapping[str, Sequence[str]]
"""Listings' ids by the need they answer."""


class Entered(NamedTuple):
    """What was entered, by network: listings to send people to, by need, and whose they are."""

    offers: Mapping[str, Offers]
    groups: Mapping[str, Sequence[Group]]


async def enter_places(poster: Poster, size: RegionSize, tell: Tell) -> int:
    """Enter names and postcodes, and which decile each postcode lies in; how many places."""
    found = list(places(size))
    url = f"{poster.access.directory_url}/places/batch"
    tell("places", 0, len(found))
    await _side_by_side(
        partial(_put, poster, url, {"items": list(map(place_item, chunk))})
        for chunk in _chunks(found, PLACES_A_BATCH_MAX)
    )
    codes = {network.code for network in networks(size)}
    areas = [area_item(one) for one in neighbourhoods().values() if one.pcn_code in codes]
    for chunk in _chunks(areas, PLACES_A_BATCH_MAX):
        body = {"items": chunk}
        await _put(poster, f"{poster.access.directory_url}/neighbourhoods/batch", body)
    deciles = [_decile(one) for one in found if one.is_postcode]
    url = f"{poster.access.referral_url}/postcodes"
    for chunk in _chunks(deciles, POSTCODES_A_BATCH_MAX):
        body = {"edition": EDITION, "items": chunk}
        key = f"seed-postcodes-{chunk[0]['postcode']}-{len(chunk)}"
        _insist(await poster.send(FIRST_REGISTRAR, "POST", url, body, key=key))
    tell("places", len(found), len(found))
    return len(found)


async def enter_listings(poster: Poster, chosen: Sequence[Listing]) -> Entered:
    """Enter what groups have on; what stories and networks need to know of it."""
    url = f"{poster.access.directory_url}/services/batch"
    manager = Member("pcn-manager", networks("small")[0].code)
    answers = await _side_by_side(
        partial(poster.post_each, manager, url, [one.item for one in chunk])
        for chunk in _chunks(chosen, LISTINGS_A_BATCH_MAX)
    )
    bodies = [body for answer in answers for body in answer]
    offers: dict[str, dict[str, list[str]]] = {}
    groups: dict[str, list[Group]] = {}
    for listing, body in zip(chosen, bodies, strict=True):
        of_own = groups.setdefault(listing.pcn_code or "", [])
        of_own.append(Group(body["id"], body["organization_id"]))
        for need in listing.story_needs:
            of_network = offers.setdefault(listing.pcn_code or "", {})
            of_network.setdefault(need, []).append(body["id"])
    return Entered(offers, groups)


async def _side_by_side(batches: Iterable[Callable[[], Awaitable[T]]]) -> list[T]:
    """Send batches, a few at once; what each was answered, in their order."""
    turn = asyncio.Semaphore(BATCHES_AT_ONCE)

    async def sent(batch: Callable[[], Awaitable[T]]) -> T:
        async with turn:
            return await batch()

    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(sent(batch)) for batch in batches]
    return [task.result() for task in tasks]


def place_item(one: Place) -> dict[str, Any]:
    """A place as it is loaded."""
    return {
        "kind": "postcode" if one.is_postcode else "place-name",
        "text": one.name,
        "latitude": one.latitude,
        "longitude": one.longitude,
        "neighbourhood_code": one.neighbourhood_code,
    }


def area_item(one: Neighbourhood) -> dict[str, Any]:
    """A neighbourhood as it is loaded, with the names that listings have for what it lies in."""
    return {
        "code": one.code,
        "pcn_code": one.pcn_code,
        "name": one.name,
        "persons": one.persons,
        "within": list(areas_around(one)),
    }


def _decile(one: Place) -> dict[str, Any]:
    home = neighbourhoods()[one.neighbourhood_code]
    return {"postcode": one.name, "deprivation_decile": home.deprivation_decile}


async def _put(poster: Poster, url: str, body: Mapping[str, Any]) -> None:
    _insist(await poster.send(FIRST_REGISTRAR, "PUT", url, body))


def _insist(answer: httpx.Response) -> None:
    if not answer.is_success:
        raise SeedRefused(f"places: {answer_in_one_line(answer)}")


def _chunks(items: Sequence[Any], size: int) -> Iterator[Sequence[Any]]:
    for start in range(0, len(items), size):
        yield items[start : start + size]
