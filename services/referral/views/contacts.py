"""How a contact came to be recorded as it is: every version of it, with who put it right and why."""

from typing import Any, Final
from uuid import UUID

from asyncpg import Record

from chassis.database import Connection
from chassis.refusals import NothingFound
from chassis.sql import Queries
from services.referral.acting import Acting
from services.referral.views import audit, owner_by

_SQL: Final = Queries("services.referral")


async def _owner(connection: Connection, acting: Acting, contact_id: UUID) -> Record:
    return await owner_by(connection, acting, _SQL["whose_contact"], contact_id)


async def view_contact(connection: Connection, acting: Acting, contact_id: UUID) -> dict[str, Any]:
    """Give a contact as it stands, with its version."""
    owner = await _owner(connection, acting, contact_id)
    row = await connection.fetchrow(_SQL["view_contact"], contact_id)
    if row is None:
        raise NothingFound
    await audit(connection, acting, "contact.read", [(f"contact/{contact_id}", owner)])
    return dict(row)


async def list_versions(
    connection: Connection, acting: Acting, contact_id: UUID, *, after: int | None, limit: int
) -> list[Record]:
    """Give the versions of a contact that were put aside, the first one first."""
    owner = await _owner(connection, acting, contact_id)
    rows = await connection.fetch(_SQL["list_versions_of_contact"], contact_id, after, limit)
    await audit(connection, acting, "contact.history", [(f"contact/{contact_id}", owner)])
    return rows
