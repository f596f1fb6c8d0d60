"""Relations as they are shown: on a group's page, on a practice's, and agreements that end."""

from collections.abc import Sequence
from datetime import date
from typing import Any, NamedTuple
from uuid import UUID

from chassis.database import Connection
from chassis.sql import Queries
from services.directory.domain.relations import Party
from services.directory.store.many_listings import organizations_by_ids

_SQL = Queries("services.directory")


class Group(NamedTuple):
    """A group that may stand in a relation."""

    region_code: str
    name: str


async def shown_relation(
    connection: Connection, relation_id: UUID, *, named: Sequence[str]
) -> dict[str, Any] | None:
    """One relation as it is shown."""
    row = await connection.fetchrow(_SQL["shown_relation"], relation_id, list(named))
    return None if row is None else dict(row)


async def relations_of_party_page(
    connection: Connection, party: Party, *, after: UUID, rows: int, named: Sequence[str]
) -> list[dict[str, Any]]:
    """The relations of a group or a practice."""
    found = await connection.fetch(
        _SQL["relations_of_party_page"], party.kind, party.id, after, rows, list(named)
    )
    return [dict(row) for row in found]


async def who_to_ask(
    connection: Connection, organization_id: UUID, *, today: date, rows: int, named: Sequence[str]
) -> list[dict[str, Any]]:
    """The workers who stand nearest to a group now."""
    found = await connection.fetch(
        _SQL["who_to_ask"], str(organization_id), today, rows, list(named)
    )
    return [dict(row) for row in found]


async def agreements_ending_page(
    connection: Connection,
    *,
    today: date,
    last_day: date,
    after: tuple[date, UUID],
    rows: int,
) -> list[dict[str, Any]]:
    """The agreements that end from today until a day."""
    found = await connection.fetch(_SQL["agreements_ending_page"], today, last_day, *after, rows)
    return [dict(row) for row in found]


async def groups(connection: Connection, organization_ids: Sequence[UUID]) -> dict[str, Group]:
    """Those of these groups that this transaction sees, by id."""
    found = await organizations_by_ids(connection, organization_ids)
    return {str(key): Group(one.region_code, one.name) for key, one in found.items()}
