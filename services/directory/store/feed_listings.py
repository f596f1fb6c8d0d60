"""What feeds say of listings."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from asyncpg import Record

from chassis.database import Connection
from chassis.sql import Queries
from services.directory.domain.listings import ListingState
from services.directory.store.listings import Listing, listing_of

_SQL = Queries("services.directory")


@dataclass(frozen=True, slots=True)
class KnownListing:
    """A listing a feed told of before, with what it said then."""

    listing: Listing
    facts: Mapping[str, Any]
    said_hash: bytes


@dataclass(frozen=True, slots=True)
class NamedListing:
    """A listing of an organisation, and whether the feed at hand knows it by another id."""

    listing: Listing
    is_known: bool


@dataclass(frozen=True, slots=True)
class Said:
    """What a feed says of a listing now."""

    foreign_id: str
    listing_id: UUID
    said_hash: bytes
    facts: Mapping[str, Any]
    said_on: date


@dataclass(frozen=True, slots=True)
class FeedWord:
    """What one feed says of a listing, for those who compare."""

    feed_id: UUID
    feed: str
    foreign_id: str
    facts: Mapping[str, Any]
    said_on: date


@dataclass(frozen=True, slots=True, kw_only=True)
class Compared:
    """What a feed says of a listing, beside what stands here."""

    foreign_id: str
    listing_id: UUID
    facts: Mapping[str, Any]
    said_on: date
    content: Mapping[str, Any]
    needs: Sequence[str]
    need_terms: Sequence[str]
    field_sources: Mapping[str, Mapping[str, str]]
    state: ListingState
    recorded_at: datetime


async def known_listings(
    connection: Connection, feed_id: UUID, foreign_ids: Sequence[str]
) -> dict[str, KnownListing]:
    """Lock the listings a feed knows by these ids."""
    rows = await connection.fetch(_SQL["feed_listings_known"], feed_id, list(foreign_ids))
    return {
        row["foreign_id"]: KnownListing(listing_of(row), json.loads(row["facts"]), row["said_hash"])
        for row in rows
    }


async def listings_by_names(
    connection: Connection, feed_id: UUID, wanted: Sequence[tuple[UUID, str]]
) -> dict[tuple[UUID, str], NamedListing]:
    """Lock listings by organisation and name, each by the name it was asked by."""
    rows = await connection.fetch(
        _SQL["listings_by_names"],
        [organization_id for organization_id, _ in wanted],
        [name for _, name in wanted],
        feed_id,
    )
    return {
        (row["organization_id"], row["wanted"]): NamedListing(listing_of(row), row["is_known"])
        for row in rows
    }


async def feed_said(
    connection: Connection, feed_id: UUID, region_code: str, said: Sequence[Said], now: datetime
) -> None:
    """Keep what a feed says of its listings now."""
    await connection.execute(
        _SQL["feed_said"],
        feed_id,
        region_code,
        [one.foreign_id for one in said],
        [one.listing_id for one in said],
        [one.said_hash for one in said],
        [json.dumps(one.facts) for one in said],
        [one.said_on for one in said],
        now,
    )


async def words_of_feeds(connection: Connection, listing_id: UUID) -> list[FeedWord]:
    """Read what each feed says of a listing."""
    rows = await connection.fetch(_SQL["words_of_feeds"], listing_id)
    return [
        FeedWord(
            row["feed_id"], row["name"], row["foreign_id"], json.loads(row["facts"]), row["said_on"]
        )
        for row in rows
    ]


async def corrections_page(
    connection: Connection, feed_id: UUID, *, after: str, rows: int
) -> list[Compared]:
    """Read listings of a feed beside what stands here."""
    found = await connection.fetch(_SQL["corrections_page"], feed_id, after, rows)
    return [_compared(row) for row in found]


def _compared(row: Record) -> Compared:
    return Compared(
        foreign_id=row["foreign_id"],
        listing_id=row["listing_id"],
        facts=json.loads(row["facts"]),
        said_on=row["said_on"],
        content=json.loads(row["content"]),
        needs=row["needs"],
        need_terms=row["need_terms"],
        field_sources=json.loads(row["field_sources"]),
        state=row["state"],
        recorded_at=row["recorded_at"],
    )


async def export_page(connection: Connection, *, after: int, rows: int) -> list[tuple[int, str]]:
    """Read the next listings of the whole directory, by number, as JSON."""
    found = await connection.fetch(_SQL["export_page"], after, rows)
    return [(row["number"], row["document"]) for row in found]
