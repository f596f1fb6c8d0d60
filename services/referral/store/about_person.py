"""One person's record as the aggregate of facts told of them alone, without who they are."""

from dataclasses import dataclass
from typing import Final
from uuid import UUID

from asyncpg import Record

from chassis.database import Connection
from chassis.sql import Queries

_SQL: Final = Queries("services.referral")


@dataclass(slots=True)
class PersonRecord:
    """A locked record; what is told of it takes the next version."""

    id: UUID
    pcn_code: str
    practice_code: str
    version: int
    is_merged: bool = False

    def next_version(self) -> int:
        """The version of the next fact; what tells one stores the record with it."""
        self.version += 1
        return self.version


async def lock_record(connection: Connection, person_id: UUID) -> PersonRecord | None:
    """Lock one person's record."""
    row = await connection.fetchrow(_SQL["lock_person_record"], person_id)
    return PersonRecord(**dict(row)) if row else None


async def who_speaks_for(connection: Connection, person_id: UUID) -> UUID | None:
    """Give the record that speaks for a merged one; None where it may not be seen."""
    return await connection.fetchval(_SQL["who_speaks_for"], person_id)


async def write_record(
    connection: Connection, record: PersonRecord, *, messages_consented: bool | None = None
) -> None:
    """Store the version of the last fact told, and whether messages are agreed to if that changed."""
    await connection.execute(
        _SQL["write_person_record"], record.id, record.version, messages_consented
    )


async def find_whose(connection: Connection, person_id: UUID) -> Record | None:
    """Find whose a record is, and who works with the person now."""
    return await connection.fetchrow(_SQL["whose_person"], person_id)
