"""Many organisations at once, with what feeds say of them."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from chassis.database import Connection
from chassis.sql import Queries
from services.directory.store.feeds import Run
from services.directory.store.listings import Organization, organization_of_row
from services.directory.store.many_listings import organizations_as_json

_SQL = Queries("services.directory")


@dataclass(frozen=True, slots=True)
class KnownOrganization:
    """An organisation a feed told of before, with what it said then, and in which run."""

    organization: Organization
    facts: Mapping[str, Any]
    speaks: bool
    run_id: UUID | None


@dataclass(frozen=True, slots=True, kw_only=True)
class SaidOrganization:
    """What a feed says of an organisation now."""

    foreign_id: str
    organization_id: UUID
    facts: Mapping[str, Any]
    parent_key: str | None
    speaks: bool
    said_on: date


@dataclass(frozen=True, slots=True)
class Joining:
    """An organisation that a feed puts below another one than before; below none where there is none."""

    foreign_id: str
    organization_id: UUID
    parent_said: UUID | None
    parent_id: UUID | None
    said_on: date


@dataclass(frozen=True, slots=True)
class FeedWordOnOrganization:
    """What one feed says of an organisation, for those who compare."""

    feed_id: UUID
    feed: str
    facts: Mapping[str, Any]
    said_on: date


async def organizations_known(
    connection: Connection, feed_id: UUID, foreign_ids: Sequence[str]
) -> dict[str, KnownOrganization]:
    """Lock the organisations a feed knows by these ids."""
    rows = await connection.fetch(_SQL["feed_organizations_known"], feed_id, list(foreign_ids))
    return {
        row["foreign_id"]: KnownOrganization(
            organization_of_row(row), json.loads(row["facts"]), row["speaks"], row["run_id"]
        )
        for row in rows
    }


async def organizations_spoken_of(
    connection: Connection, feed_id: UUID, organization_ids: Sequence[UUID]
) -> set[UUID]:
    """Read of which of these organisations a feed speaks already."""
    rows = await connection.fetch(_SQL["organizations_spoken_of"], feed_id, list(organization_ids))
    return {row["organization_id"] for row in rows}


async def change_organizations(
    connection: Connection, organizations: Sequence[Organization]
) -> None:
    """Store what locked organisations now say, each under the version it names."""
    await connection.execute(_SQL["change_organizations"], organizations_as_json(organizations))


async def feed_said_of_organizations(
    connection: Connection, run: Run, said: Sequence[SaidOrganization], now: datetime
) -> None:
    """Keep what a feed says of organisations in this run."""
    rows = [
        {
            "foreign_id": one.foreign_id,
            "organization_id": str(one.organization_id),
            "facts": one.facts,
            "parent_key": one.parent_key,
            "speaks": one.speaks,
            "said_on": one.said_on.isoformat(),
        }
        for one in said
    ]
    await connection.execute(
        _SQL["feed_said_of_organizations"],
        run.feed_id,
        run.region_code,
        run.id,
        json.dumps(rows),
        now,
    )


async def parents_to_join(connection: Connection, feed_id: UUID, *, rows: int) -> list[Joining]:
    """Read organisations that a feed puts below another one than before."""
    found = await connection.fetch(_SQL["parents_to_join"], feed_id, rows)
    return [Joining(**dict(row)) for row in found]


async def parent_was_said(connection: Connection, feed_id: UUID, joining: Joining) -> None:
    """Note below which organisation a feed put one."""
    await connection.execute(
        _SQL["parent_was_said"], feed_id, joining.foreign_id, joining.parent_id
    )


async def organizations_above(
    connection: Connection, organization_id: UUID, *, organizations_max: int
) -> list[UUID]:
    """Read which organisations stand above one, itself first."""
    rows = await connection.fetch(_SQL["organizations_above"], organization_id, organizations_max)
    return [row["id"] for row in rows]


async def words_of_feeds(
    connection: Connection, organization_id: UUID
) -> list[FeedWordOnOrganization]:
    """Read what each feed says of an organisation, the one above it among the facts."""
    rows = await connection.fetch(_SQL["words_of_feeds_on_organization"], organization_id)
    return [
        FeedWordOnOrganization(
            row["feed_id"],
            row["name"],
            {
                **json.loads(row["facts"]),
                **(
                    {"parent_organization_id": str(row["parent_said"])}
                    if row["parent_said"] is not None
                    else {}
                ),
            },
            row["said_on"],
        )
        for row in rows
    ]
