"""An audit entry commits with its act, is seen by its organisation and changed by nobody."""

from uuid import UUID, uuid4

import asyncpg
import pytest

from chassis.access.audit import Opened, record_access
from chassis.access.caller import Caller, Membership
from chassis.database import Database
from chassis.provisioning import Provisioned

pytestmark = pytest.mark.postgres

CALLER = Caller(
    "ab" * 16,
    None,
    (),
    (Membership("link-worker", "pcn", "U99001"),),
    ("U99001",),
)


async def _record(database: Database) -> UUID:
    person_id = uuid4()
    async with database.transaction(organisations=CALLER.organisations) as connection:
        opened = Opened(subject=f"person/{person_id}", pcn_code="U99001", person_id=person_id)
        await record_access(
            connection, CALLER, "person.read", [opened, opened], reason="covering for leave"
        )
    return person_id


async def _entries(
    database: Database, person_id: UUID, *organisations: str
) -> list[asyncpg.Record]:
    async with database.transaction(organisations=organisations) as connection:
        return await connection.fetch("select * from access_audit where person_id = $1", person_id)


async def test_an_entry_says_who_did_what_as_what(api_database: Database) -> None:
    person_id = await _record(api_database)

    rows = await _entries(api_database, person_id, "U99001")
    assert len(rows) == 2
    entry = rows[0]
    assert (entry["member_key"], entry["role"], entry["action"]) == (
        "ab" * 16,
        "link-worker",
        "person.read",
    )
    assert entry["reason"] == "covering for leave"


async def test_an_entry_goes_with_the_transaction_it_tells_of(api_database: Database) -> None:
    person_id = uuid4()

    class Undone(Exception):
        pass

    async def fail_after_recording() -> None:
        async with api_database.transaction(organisations=["U99001"]) as connection:
            opened = Opened(subject="person/x", pcn_code="U99001", person_id=person_id)
            await record_access(connection, CALLER, "person.read", [opened])
            raise Undone

    with pytest.raises(Undone):
        await fail_after_recording()

    assert await _entries(api_database, person_id, "U99001") == []


async def test_another_organisation_sees_no_entry(api_database: Database) -> None:
    person_id = await _record(api_database)

    assert await _entries(api_database, person_id, "U99002") == []
    assert await _entries(api_database, person_id) == []


@pytest.mark.parametrize("role", ["api", "worker"])
@pytest.mark.parametrize(
    "statement",
    ["update access_audit set action = 'x'", "delete from access_audit", "truncate access_audit"],
)
async def test_no_role_of_a_service_can_change_the_audit(
    role: str, statement: str, shared_database: Provisioned
) -> None:
    connection = await asyncpg.connect(getattr(shared_database, f"{role}_url"))
    try:
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await connection.execute(statement)
    finally:
        await connection.close()
