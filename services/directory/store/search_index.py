"""The rows that searches look in: words, points and times of each listing."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from chassis.database import Connection
from chassis.sql import Queries
from services.directory.domain.listing_facts import INDEX_VERSION, Facts

_SQL = Queries("services.directory")


@dataclass(frozen=True, slots=True)
class IndexedListing:
    """A listing as the index needs it."""

    id: UUID
    region_code: str
    organization_name: str
    needs: Sequence[str]
    need_terms: Sequence[str]
    content: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Derived:
    """What searches can ask of a listing."""

    listing: IndexedListing
    facts: Facts
    lexemes: Sequence[str]


async def index_listings(connection: Connection, derived: Sequence[Derived]) -> None:
    """Put listings where searches look, with the words they hold; again renews them."""
    await connection.executemany(_SQL["index_listing"], [_indexed(one) for one in derived])
    await _index_points(connection, derived)
    await _index_times(connection, derived)


def _indexed(one: Derived) -> tuple[object, ...]:
    listing, facts = one.listing, one.facts
    areas = [(key, area.name) for area in facts.areas for key in area.keys(listing.region_code)]
    return (
        listing.id,
        listing.region_code,
        INDEX_VERSION,
        facts.name,
        facts.description,
        facts.other_words,
        list(one.lexemes),
        list(listing.need_terms),
        facts.minimum_age,
        facts.maximum_age,
        facts.is_free,
        list(facts.languages),
        list(facts.access),
        facts.in_person,
        facts.remote,
        list(facts.days),
        len(facts.points) > 1,
        facts.accepting,
        None if facts.only_point is None else facts.only_point.latitude,
        None if facts.only_point is None else facts.only_point.longitude,
        any(one.valid_to is not None for one in facts.times),
        [key for key, _ in areas],
        [name for _, name in areas],
    )


async def _index_points(connection: Connection, derived: Sequence[Derived]) -> None:
    await connection.execute(_SQL["forget_points"], [one.listing.id for one in derived])
    placed = [one for one in derived if one.facts.points]
    if not placed:
        return
    await connection.executemany(
        _SQL["index_points"],
        [
            (
                one.listing.id,
                one.listing.region_code,
                [point.number for point in one.facts.points],
                [None if p.point is None else p.point.latitude for p in one.facts.points],
                [None if p.point is None else p.point.longitude for p in one.facts.points],
                [point.postcode for point in one.facts.points],
            )
            for one in placed
        ],
    )
    await settle_points(connection, [one.listing.id for one in placed])


async def _index_times(connection: Connection, derived: Sequence[Derived]) -> None:
    await connection.execute(_SQL["forget_times"], [one.listing.id for one in derived])
    await connection.executemany(
        _SQL["index_times"],
        [
            (
                one.listing.id,
                [time.day for time in one.facts.times],
                [time.opens_at for time in one.facts.times],
                [time.closes_at for time in one.facts.times],
                [time.valid_from for time in one.facts.times],
                [time.valid_to for time in one.facts.times],
            )
            for one in derived
            if one.facts.times
        ],
    )


async def unindex_listing(connection: Connection, listing_id: UUID) -> None:
    """Take a listing away from where searches look; again is harmless."""
    await connection.execute(_SQL["unindex_listing"], listing_id)


async def settle_points(connection: Connection, listing_ids: Sequence[UUID]) -> None:
    """Put the one point of each of these listings beside its words."""
    await connection.execute(_SQL["settle_point"], list(listing_ids))


async def place_points(
    connection: Connection, region_code: str, postcodes: Sequence[str]
) -> list[UUID]:
    """Put listings that name these postcodes where they lie now; which of them moved."""
    rows = await connection.fetch(_SQL["place_points"], region_code, list(postcodes))
    return list({row["listing_id"] for row in rows})


async def note_words(connection: Connection, words: Sequence[str]) -> None:
    """Note words that stand in a listing."""
    await connection.execute(_SQL["note_words"], list(words))


async def listings_to_index(connection: Connection, *, rows: int) -> list[IndexedListing]:
    """Lock published listings that the index lacks, or has by older rules."""
    found = await connection.fetch(_SQL["listings_to_index"], INDEX_VERSION, rows)
    return [
        IndexedListing(
            id=row["id"],
            region_code=row["region_code"],
            organization_name=row["organization_name"],
            needs=row["needs"],
            need_terms=row["need_terms"],
            content=json.loads(row["content"]),
        )
        for row in found
    ]
