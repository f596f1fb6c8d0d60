"""The rows of organisations and listings, and of what the public finds of them."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple, cast
from uuid import UUID

from asyncpg import Record

from chassis.database import Connection
from chassis.sql import Queries
from services.directory.domain.listings import ListingState, Search
from services.directory.domain.register import Announced, Moment

_SQL = Queries("services.directory")


@dataclass(frozen=True, slots=True)
class Organization:
    """An organisation that offers something, with what was entered of it."""

    id: UUID
    region_code: str
    name: str
    content: Mapping[str, Any]
    content_hash: bytes
    announced: Announced


@dataclass(frozen=True, slots=True)
class Listing:
    """A listing with what was entered of it; the event is that last told, if any was."""

    id: UUID
    organization_id: UUID
    region_code: str
    name: str
    state: ListingState
    needs: tuple[str, ...]
    need_terms: tuple[str, ...]
    content: Mapping[str, Any]
    content_hash: bytes
    version: int
    event_id: UUID | None
    occurred_at: datetime
    recorded_at: datetime


@dataclass(frozen=True, slots=True)
class OpenListing:
    """A listing as the public sees it, with the words it is found by."""

    id: UUID
    region_code: str
    needs: tuple[str, ...]
    need_terms: tuple[str, ...]
    minimum_age: float | None
    maximum_age: float | None
    document: Mapping[str, Any]
    summary: Mapping[str, Any]
    names: str
    description: str
    other_words: str
    published_at: datetime


class Found(NamedTuple):
    """How many listings match, and the short forms of one page of them, as JSON."""

    total_items: int
    contents: list[str]


async def enter_organization(connection: Connection, organization: Organization) -> int | None:
    """Enter it and return its version; nothing where the region has one of that name."""
    return await connection.fetchval(
        _SQL["enter_organization"],
        organization.id,
        organization.region_code,
        organization.name,
        json.dumps(organization.content),
        organization.content_hash,
        organization.announced.event_id,
        organization.announced.occurred_at,
        organization.announced.recorded_at,
    )


async def organization_by_name(
    connection: Connection, *, region_code: str, name: str
) -> Organization | None:
    """Read a region's organisation of this name."""
    return _organization(await connection.fetchrow(_SQL["organization_by_name"], region_code, name))


async def organization_by_id(connection: Connection, organization_id: UUID) -> Organization | None:
    """Read one organisation."""
    return _organization(await connection.fetchrow(_SQL["organization_by_id"], organization_id))


async def enter_listing(connection: Connection, listing: Listing) -> int | None:
    """Enter it and return its version; nothing where its organisation has one of that name."""
    return await connection.fetchval(
        _SQL["enter_listing"],
        listing.id,
        listing.organization_id,
        listing.region_code,
        listing.name,
        listing.state,
        list(listing.needs),
        json.dumps(listing.content),
        listing.content_hash,
        listing.event_id,
        listing.occurred_at,
        listing.recorded_at,
        list(listing.need_terms),
    )


async def listing_by_name(
    connection: Connection, *, organization_id: UUID, name: str
) -> Listing | None:
    """Hold an organisation's listing of this name."""
    return _listing(await connection.fetchrow(_SQL["listing_by_name"], organization_id, name))


async def lock_listing(connection: Connection, listing_id: UUID) -> Listing | None:
    """Hold one listing until the transaction ends."""
    return _listing(await connection.fetchrow(_SQL["lock_listing"], listing_id))


async def change_listing_state(
    connection: Connection,
    listing_id: UUID,
    *,
    state: ListingState,
    event_id: UUID,
    moment: Moment,
) -> int:
    """Change the state of the locked listing; its next version."""
    return await connection.fetchval(
        _SQL["change_listing_state"],
        listing_id,
        state,
        event_id,
        moment.occurred_at,
        moment.recorded_at,
    )


async def show_listing(connection: Connection, listing: OpenListing) -> None:
    """Put it where the public finds it."""
    await connection.execute(
        _SQL["show_listing"],
        listing.id,
        listing.region_code,
        list(listing.needs),
        listing.minimum_age,
        listing.maximum_age,
        json.dumps(listing.document),
        json.dumps(listing.summary),
        listing.names,
        listing.description,
        listing.other_words,
        listing.published_at,
        list(listing.need_terms),
    )


async def hide_listing(connection: Connection, listing_id: UUID) -> None:
    """Take it away from where the public finds it."""
    await connection.execute(_SQL["hide_listing"], listing_id)


async def open_listing(connection: Connection, listing_id: UUID) -> str | None:
    """Read a published listing, as JSON."""
    return await connection.fetchval(_SQL["open_listing"], listing_id)


async def search_open_listings(
    connection: Connection, search: Search, *, rows: int, rows_before: int
) -> Found:
    """Count what matches and read one page of it."""
    row = cast(
        "Record",
        await connection.fetchrow(
            _SQL["search_open_listings"],
            search.words,
            search.need,
            search.minimum_age,
            search.maximum_age,
            search.day,
            search.start_time,
            search.end_time,
            rows,
            rows_before,
        ),
    )
    return Found(row["total_items"], row["contents"])


def _organization(row: Record | None) -> Organization | None:
    if row is None:
        return None
    return Organization(
        id=row["id"],
        region_code=row["region_code"],
        name=row["name"],
        content=json.loads(row["content"]),
        content_hash=row["content_hash"],
        announced=Announced(
            row["version"], row["event_id"], row["occurred_at"], row["recorded_at"]
        ),
    )


def _listing(row: Record | None) -> Listing | None:
    if row is None:
        return None
    return Listing(
        id=row["id"],
        organization_id=row["organization_id"],
        region_code=row["region_code"],
        name=row["name"],
        state=row["state"],
        needs=tuple(row["needs"]),
        need_terms=tuple(row["need_terms"]),
        content=json.loads(row["content"]),
        content_hash=row["content_hash"],
        version=row["version"],
        event_id=row["event_id"],
        occurred_at=row["occurred_at"],
        recorded_at=row["recorded_at"],
    )
