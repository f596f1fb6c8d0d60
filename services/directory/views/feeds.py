"""Feeds, their runs, what they say of a listing, and pairs of listings, as registrars see them."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from chassis.database import Connection
from chassis.sql import Queries
from services.directory.domain.field_sources import Speaker, Told, words_of
from services.directory.store import feed_listings, feed_organizations
from services.directory.store.listings import organization_by_id
from services.directory.views.listings import entered_facts

_SQL = Queries("services.directory")

Shown = dict[str, Any]


async def feeds_page(connection: Connection, *, after: UUID, rows: int) -> list[Shown]:
    """Feeds by id."""
    return [dict(row) for row in await connection.fetch(_SQL["feeds_page"], after, rows)]


async def feed(connection: Connection, feed_id: UUID) -> Shown | None:
    """One feed with its latest run."""
    row = await connection.fetchrow(_SQL["shown_feed"], feed_id)
    return None if row is None else dict(row)


async def run(connection: Connection, feed_id: UUID, run_id: UUID) -> Shown | None:
    """How far a run has come."""
    row = await connection.fetchrow(_SQL["shown_run"], feed_id, run_id)
    return None if row is None else dict(row)


async def refused_rows_page(
    connection: Connection, feed_id: UUID, run_id: UUID, *, after: int, rows: int
) -> list[Shown]:
    """What a run refused, with the reason of each."""
    found = await connection.fetch(_SQL["refused_rows_page"], feed_id, run_id, after, rows)
    return [dict(row) for row in found]


async def duplicates_page(
    connection: Connection, *, state: str, after: UUID, rows: int
) -> list[Shown]:
    """Pairs of listings that may be one."""
    return [
        dict(row) for row in await connection.fetch(_SQL["duplicates_page"], state, after, rows)
    ]


async def sources(connection: Connection, listing_id: UUID) -> Shown | None:
    """Who says what of each fact of a listing, on which day, and where they disagree."""
    stands = await entered_facts(connection, listing_id)
    if stands is None:
        return None
    spoken = [
        (Speaker(str(word.feed_id), word.feed, word.said_on.isoformat()), word.facts)
        for word in await feed_listings.words_of_feeds(connection, listing_id)
    ]
    return {"id": listing_id, "service_id": listing_id, **_told(words_of(*stands, spoken))}


async def organization_sources(connection: Connection, organization_id: UUID) -> Shown | None:
    """Who says what of each fact of an organisation, on which day, and where they disagree."""
    organization = await organization_by_id(connection, organization_id)
    if organization is None:
        return None
    spoken = [
        (Speaker(str(word.feed_id), word.feed, word.said_on.isoformat()), word.facts)
        for word in await feed_organizations.words_of_feeds(connection, organization_id)
    ]
    return {
        "id": organization_id,
        "organization_id": organization_id,
        **_told(words_of(organization.content, organization.field_sources, spoken)),
    }


def _told(told: Sequence[Told]) -> Shown:
    return {
        "conflicts": [one.field for one in told if one.in_conflict],
        "fields": [
            {
                "field": one.field,
                "in_conflict": one.in_conflict,
                "words": [
                    {"value": word.value, "stands": word.stands, **word.source}
                    for word in one.words
                ],
            }
            for one in told
        ],
    }
