"""Organisations and listings entered and changed many at once, in one statement of each kind."""

import json
from collections.abc import Mapping, Sequence
from uuid import UUID

from chassis.database import Connection
from chassis.sql import Queries
from services.directory.store.listings import (
    Listing,
    Organization,
    Said,
    listing_of,
    organization_of_row,
)

_SQL = Queries("services.directory")


async def organizations_by_names(
    connection: Connection, region_code: str, names: Sequence[str]
) -> dict[str, Organization]:
    """Read a region's organisations, each by the name it was asked by."""
    rows = await connection.fetch(_SQL["organizations_by_names"], region_code, list(names))
    return {row["wanted"]: organization_of_row(row) for row in rows}


async def organizations_by_ids(
    connection: Connection, organization_ids: Sequence[UUID]
) -> dict[UUID, Organization]:
    """Read organisations, each by its id."""
    rows = await connection.fetch(_SQL["organizations_by_ids"], list(organization_ids))
    return {row["id"]: organization_of_row(row) for row in rows}


async def enter_organizations(
    connection: Connection, organizations: Sequence[Organization]
) -> set[UUID]:
    """Enter those whose name is free; which were entered."""
    entered = await connection.fetch(
        _SQL["enter_organizations"], organizations_as_json(organizations)
    )
    return {row["id"] for row in entered}


async def enter_listings(connection: Connection, listings: Sequence[Listing]) -> set[UUID]:
    """Enter those whose organisation has none of that name; which were entered."""
    entered = await connection.fetch(_SQL["enter_listings"], _as_json(listings))
    return {row["id"] for row in entered}


async def listings_named(
    connection: Connection, wanted: Sequence[tuple[UUID, str]]
) -> dict[tuple[UUID, str], Listing]:
    """Lock listings by organisation and name, each by the name it was asked by."""
    rows = await connection.fetch(
        _SQL["listings_named"],
        [organization_id for organization_id, _ in wanted],
        [name for _, name in wanted],
    )
    return {(row["organization_id"], row["wanted"]): listing_of(row) for row in rows}


async def change_listings(connection: Connection, listings: Sequence[Listing]) -> None:
    """Store what locked listings now say, each under the version it names."""
    await connection.execute(_SQL["change_listings"], _as_json(listings))


async def keep_versions(connection: Connection, said: Sequence[tuple[UUID, Said]]) -> None:
    """Keep what these listings say now as versions of theirs."""
    await connection.execute(
        _SQL["keep_versions"],
        [listing_id for listing_id, _ in said],
        [one.step for _, one in said],
        [one.member_key for _, one in said],
        [one.source for _, one in said],
        [one.approved_by for _, one in said],
        [one.note for _, one in said],
    )


def organizations_as_json(organizations: Sequence[Organization]) -> str:
    """Organisations as statements about many of them read their rows."""
    return json.dumps(
        [
            {
                "id": str(one.id),
                "region_code": one.region_code,
                "name": one.name,
                "content": one.content,
                "content_hash": one.content_hash.hex(),
                "field_sources": one.field_sources,
                "version": one.announced.version,
                "event_id": str(one.announced.event_id),
                "occurred_at": one.announced.occurred_at.isoformat(),
                "recorded_at": one.announced.recorded_at.isoformat(),
            }
            for one in organizations
        ]
    )


def _as_json(listings: Sequence[Listing]) -> str:
    return json.dumps(
        [
            {
                "id": str(one.id),
                "organization_id": str(one.organization_id),
                "region_code": one.region_code,
                "name": one.name,
                "state": one.state,
                "reason": one.reason,
                "needs": list(one.needs),
                "need_terms": list(one.need_terms),
                "content": one.content,
                "content_hash": one.content_hash.hex(),
                "field_sources": one.field_sources,
                "version": one.version,
                "event_id": None if one.event_id is None else str(one.event_id),
                "occurred_at": one.occurred_at.isoformat(),
                "recorded_at": one.recorded_at.isoformat(),
            }
            for one in listings
        ]
    )


async def doubts(
    connection: Connection, listing_ids: Sequence[UUID]
) -> Mapping[UUID, Mapping[str, str]]:
    """Read who doubted these listings last, and on which day."""
    rows = await connection.fetch(_SQL["doubts"], list(listing_ids))
    return {
        row["listing_id"]: {"source": row["source"], "day": row["occurred_at"].date().isoformat()}
        for row in rows
    }
