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


async def index_listing(
    connection: Connection, listing: IndexedListing, facts: Facts, *, lexemes: Sequence[str]
) -> None:
    """Put a listing where searches look, with the words it holds; again renews it."""
    await connection.execute(
        _SQL["index_listing"],
        listing.id,
        listing.region_code,
        INDEX_VERSION,
        facts.name,
        facts.description,
        facts.other_words,
        list(lexemes),
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
    )
    await connection.execute(_SQL["forget_points_and_times"], listing.id)
    await _index_points(connection, listing, facts)
    await _index_times(connection, listing, facts)


async def _index_points(connection: Connection, listing: IndexedListing, facts: Facts) -> None:
    if facts.points:
        points = [one.point for one in facts.points]
        await connection.execute(
            _SQL["index_points"],
            listing.id,
            listing.region_code,
            [one.number for one in facts.points],
            [None if point is None else point.latitude for point in points],
            [None if point is None else point.longitude for point in points],
            [one.postcode for one in facts.points],
        )
        if facts.only_point is None and len(facts.points) == 1:
            await settle_points(connection, [listing.id])


async def _index_times(connection: Connection, listing: IndexedListing, facts: Facts) -> None:
    if facts.times:
        await connection.execute(
            _SQL["index_times"],
            listing.id,
            [one.day for one in facts.times],
            [one.opens_at for one in facts.times],
            [one.closes_at for one in facts.times],
            [one.valid_from for one in facts.times],
            [one.valid_to for one in facts.times],
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
