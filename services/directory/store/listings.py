"""The rows of organisations and listings, with every version of what a listing says."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from asyncpg import Record, UniqueViolationError

from chassis.database import Connection
from chassis.sql import Queries
from services.directory.domain.listing_changes import Facts
from services.directory.domain.listings import ListingState
from services.directory.domain.register import Announced, Moment

_SQL = Queries("services.directory")


_NAMES_TAKEN: Final = frozenset({"listing_once_per_organization", "organization_once_per_region"})


class NameTaken(Exception):
    """Its organisation or its region has another of this name."""


@dataclass(frozen=True, slots=True)
class Organization:
    """An organisation that offers something, with what was entered of it."""

    id: UUID
    region_code: str
    name: str
    content: Mapping[str, Any]
    content_hash: bytes
    field_sources: Mapping[str, Any]
    announced: Announced


@dataclass(frozen=True, slots=True)
class Listing:
    """A listing with what was entered of it; the event is that last told, if any was."""

    id: UUID
    organization_id: UUID
    region_code: str
    name: str
    state: ListingState
    reason: str | None
    needs: tuple[str, ...]
    need_terms: tuple[str, ...]
    content: Mapping[str, Any]
    content_hash: bytes
    field_sources: Mapping[str, Any]
    version: int
    event_id: UUID | None
    occurred_at: datetime
    recorded_at: datetime

    @property
    def facts(self) -> Facts:
        """What it says."""
        return Facts(self.content, self.needs, self.need_terms)


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """Who made a version of a listing, and what was done."""

    step: str
    member_key: str | None
    source: str
    approved_by: str | None = None
    note: str | None = None


async def organization_by_id(connection: Connection, organization_id: UUID) -> Organization | None:
    """Read one organisation."""
    return _organization(await connection.fetchrow(_SQL["organization_by_id"], organization_id))


async def lock_organization(connection: Connection, organization_id: UUID) -> Organization | None:
    """Hold one organisation until the transaction ends."""
    return _organization(await connection.fetchrow(_SQL["lock_organization"], organization_id))


async def change_organization(
    connection: Connection, organization: Organization, *, event_id: UUID, moment: Moment
) -> int:
    """Store what is now said of the locked organisation; its next version."""
    try:
        return await connection.fetchval(
            _SQL["change_organization"],
            organization.id,
            organization.name,
            json.dumps(organization.content),
            organization.content_hash,
            event_id,
            moment.occurred_at,
            moment.recorded_at,
            json.dumps(organization.field_sources),
        )
    except UniqueViolationError as fault:
        if fault.constraint_name not in _NAMES_TAKEN:
            raise
        raise NameTaken from None


async def shown_listings_of(
    connection: Connection, organization_id: UUID, *, after: UUID, rows: int
) -> list[Listing]:
    """Hold some of an organisation's listings that the public finds."""
    found = await connection.fetch(_SQL["shown_listings_of"], organization_id, after, rows)
    return [listing for row in found if (listing := _listing(row)) is not None]


async def lock_listing(connection: Connection, listing_id: UUID) -> Listing | None:
    """Hold one listing until the transaction ends."""
    return _listing(await connection.fetchrow(_SQL["lock_listing"], listing_id))


async def change_listing(connection: Connection, listing: Listing) -> int:
    """Store what the locked listing now says and is; its next version."""
    try:
        return await connection.fetchval(
            _SQL["change_listing"],
            listing.id,
            listing.name,
            listing.state,
            listing.reason,
            list(listing.needs),
            list(listing.need_terms),
            json.dumps(listing.content),
            listing.content_hash,
            json.dumps(listing.field_sources),
            listing.event_id,
            listing.occurred_at,
            listing.recorded_at,
        )
    except UniqueViolationError as fault:
        if fault.constraint_name not in _NAMES_TAKEN:
            raise
        raise NameTaken from None


async def version_facts(connection: Connection, listing_id: UUID, version: int) -> Facts | None:
    """Read what a listing said in one of its versions."""
    row = await connection.fetchrow(_SQL["version_facts"], listing_id, version)
    if row is None:
        return None
    return Facts(json.loads(row["content"]), tuple(row["needs"]), tuple(row["need_terms"]))


def _organization(row: Record | None) -> Organization | None:
    return None if row is None else organization_of_row(row)


def organization_of_row(row: Record) -> Organization:
    """An organisation as its row has it."""
    return Organization(
        id=row["id"],
        region_code=row["region_code"],
        name=row["name"],
        content=json.loads(row["content"]),
        content_hash=row["content_hash"],
        field_sources=json.loads(row["field_sources"]),
        announced=Announced(
            row["version"], row["event_id"], row["occurred_at"], row["recorded_at"]
        ),
    )


def _listing(row: Record | None) -> Listing | None:
    return None if row is None else listing_of(row)


def listing_of(row: Record) -> Listing:
    """A listing as its row has it."""
    return Listing(
        id=row["id"],
        organization_id=row["organization_id"],
        region_code=row["region_code"],
        name=row["name"],
        state=row["state"],
        reason=row["reason"],
        needs=tuple(row["needs"]),
        need_terms=tuple(row["need_terms"]),
        content=json.loads(row["content"]),
        content_hash=row["content_hash"],
        field_sources=json.loads(row["field_sources"]),
        version=row["version"],
        event_id=row["event_id"],
        occurred_at=row["occurred_at"],
        recorded_at=row["recorded_at"],
    )
