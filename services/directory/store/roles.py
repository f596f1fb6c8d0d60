"""The roles' rows: one catalogue of a network, written whole under the network's lock."""

import json
from collections.abc import Sequence
from uuid import UUID

from chassis.database import Connection
from chassis.sql import Queries
from services.directory.domain.register import Announced
from services.directory.domain.roles import Role
from services.directory.store.register import announced_of

_SQL = Queries("services.directory")


async def find_catalogue(connection: Connection, pcn_code: str) -> Announced | None:
    """Read what was last told of a network's roles."""
    row = await connection.fetchrow(_SQL["role_catalogue"], pcn_code)
    return None if row is None else announced_of(row)


async def find_roles(connection: Connection, pcn_code: str) -> list[Role]:
    """Read a network's roles, in its own order."""
    rows = await connection.fetch(_SQL["described_roles"], pcn_code)
    return [Role(row["role"], json.loads(row["content"])) for row in rows]


async def write_catalogue(
    connection: Connection,
    *,
    pcn_code: str,
    region_code: str,
    roles: Sequence[Role],
    announced: Announced,
) -> None:
    """Write a network's roles in place of those it had; the network is locked."""
    await connection.execute(_SQL["clear_described_roles"], pcn_code)
    await connection.execute(
        _SQL["write_described_roles"],
        pcn_code,
        region_code,
        [one.role for one in roles],
        [json.dumps(dict(one.content)) for one in roles],
    )
    event_id: UUID = announced.event_id
    await connection.execute(
        _SQL["write_role_catalogue"],
        pcn_code,
        region_code,
        announced.version,
        event_id,
        announced.occurred_at,
        announced.recorded_at,
    )
