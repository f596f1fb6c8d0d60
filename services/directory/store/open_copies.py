"""The rows the public reads: listings, the places they are given at, organisations, in order."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Any, NamedTuple, cast
from uuid import UUID

from asyncpg import Record

from chassis.database import Connection
from chassis.sql import Queries
from services.directory.domain.paging import Near, Search

_SQL = Queries("services.directory")


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenLocation:
    """A place a listing is given at."""

    id: UUID
    document: Mapping[str, Any]
    latitude: float | None
    longitude: float | None
    postcode: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenListing:
    """A listing as the public sees it."""

    id: UUID
    region_code: str
    organization_id: UUID
    needs: tuple[str, ...]
    need_terms: tuple[str, ...]
    minimum_age: float | None
    maximum_age: float | None
    days: Sequence[str]
    document: Mapping[str, Any]
    summary: Mapping[str, Any]
    locations: Sequence[OpenLocation]
    shown_at: datetime


class Found(NamedTuple):
    """How many there are, and one page of them as JSON."""

    total_items: int
    contents: list[str]


async def hold_order(connection: Connection, today: date) -> date:
    """Hold the order until the transaction ends; the day gone rows were last forgotten on."""
    return await connection.fetchval(_SQL["hold_order"], today)


async def forget_gone(connection: Connection, *, before: datetime, today: date) -> None:
    """Forget what left before this time."""
    await connection.execute(_SQL["forget_gone"], before, today)


async def show_listings(connection: Connection, listings: Sequence[OpenListing]) -> None:
    """Put each, and its places, where the public finds it."""
    await connection.execute(
        _SQL["show_listings"],
        json.dumps(
            [
                {
                    "id": str(one.id),
                    "region_code": one.region_code,
                    "organization_id": str(one.organization_id),
                    "needs": list(one.needs),
                    "need_terms": list(one.need_terms),
                    "minimum_age": one.minimum_age,
                    "maximum_age": one.maximum_age,
                    "days": list(one.days),
                    "document": one.document,
                    "summary": one.summary,
                    "shown_at": one.shown_at.isoformat(),
                }
                for one in listings
            ]
        ),
    )
    await connection.execute(
        _SQL["show_locations"],
        json.dumps(
            [
                {
                    "id": str(place.id),
                    "listing_id": str(one.id),
                    "document": place.document,
                    "latitude": place.latitude,
                    "longitude": place.longitude,
                    "postcode": place.postcode,
                }
                for one in listings
                for place in one.locations
            ]
        ),
    )
    await connection.execute(
        _SQL["leave_locations"],
        [one.id for one in listings],
        [place.id for one in listings for place in one.locations],
        max((one.shown_at for one in listings), default=None),
    )


@dataclass(frozen=True, slots=True)
class OpenOrganization:
    """An organisation as the public sees it, with the words it is found by."""

    id: UUID
    region_code: str
    document: Mapping[str, Any]
    words: str
    shown_at: datetime


async def show_organizations(
    connection: Connection, organizations: Sequence[OpenOrganization]
) -> None:
    """Show organisations that have something to show."""
    await connection.execute(
        _SQL["show_organizations"],
        json.dumps(
            [
                {
                    "id": str(one.id),
                    "region_code": one.region_code,
                    "document": one.document,
                    "words": one.words,
                    "shown_at": one.shown_at.isoformat(),
                }
                for one in organizations
            ]
        ),
    )


async def take_listing_away(
    connection: Connection, listing_id: UUID, *, remains: Mapping[str, Any], gone_at: datetime
) -> None:
    """Empty what the public had of it."""
    await connection.execute(_SQL["take_listing_away"], listing_id, json.dumps(remains), gone_at)


async def open_listing(connection: Connection, listing_id: UUID) -> str | None:
    """Read a listing as the public sees it, as JSON."""
    return await connection.fetchval(_SQL["open_listing"], listing_id)


async def open_listing_region(connection: Connection, listing_id: UUID) -> tuple[str, UUID] | None:
    """Read the region and the organisation of a listing that the public finds."""
    row = await connection.fetchrow(_SQL["open_listing_region"], listing_id)
    return None if row is None else (row["region_code"], row["organization_id"])


async def open_location(connection: Connection, location_id: UUID) -> str | None:
    """Read a listing at one of its places, as JSON."""
    return await connection.fetchval(_SQL["open_location"], location_id)


async def open_organization(
    connection: Connection, organization_id: UUID, *, listings_max: int
) -> str | None:
    """Read an organisation with its listings, as JSON."""
    return await connection.fetchval(_SQL["open_organization"], organization_id, listings_max)


async def listings_found(
    connection: Connection, search: Search, *, rows: int, rows_before: int, whole: bool
) -> Found:
    """Read one page of the listings that match."""
    if search.is_all:
        return _found(await connection.fetchrow(_SQL["page_of_listings"], rows, rows_before, whole))
    asked, terms = _asked(search), (search.term_id, search.taxonomy_id)
    return _found(
        await connection.fetchrow(
            _SQL["search_open_listings"], *asked, rows, rows_before, whole, *terms
        )
    )


async def locations_found(
    connection: Connection, search: Search, *, rows: int, rows_before: int, whole: bool
) -> Found:
    """Read one page of the places of the listings that match."""
    if search.is_all:
        return _found(
            await connection.fetchrow(_SQL["page_of_locations"], rows, rows_before, whole)
        )
    asked, terms = _asked(search), (search.term_id, search.taxonomy_id)
    row = await connection.fetchrow(
        _SQL["search_open_locations"], *asked, rows, rows_before, whole, *terms, *_near(search.near)
    )
    return _found(row)


async def organizations_found(
    connection: Connection,
    *,
    words: str | None,
    rows: int,
    rows_before: int,
    whole: bool,
    listings_max: int,
) -> Found:
    """Read one page of the organisations whose name holds the words."""
    row = await connection.fetchrow(
        _SQL["page_of_organizations"], words, rows, rows_before, whole, listings_max
    )
    return _found(row)


def _asked(search: Search) -> tuple[object, ...]:
    return (
        search.words,
        search.need,
        search.minimum_age,
        search.maximum_age,
        search.day,
        None if search.start_time is None else time.fromisoformat(search.start_time),
        None if search.end_time is None else time.fromisoformat(search.end_time),
        search.organization_id,
        search.modified_after,
        not search.is_for_going,
    )


def _near(near: Near | None) -> tuple[object, ...]:
    if near is None:
        return (None, None, None, [], False, None, True)
    areas = near.areas
    return (
        near.latitude,
        near.longitude,
        near.metres,
        sorted(areas.keys),
        areas.codes_known,
        areas.names_known_in,
        near.is_bounded,
    )


def _found(row: Record | None) -> Found:
    there = cast("Record", row)
    return Found(there["total_items"], there["contents"])
