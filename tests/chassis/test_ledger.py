"""What a change leaves beside itself commits with it: audit, events and answer, in one statement."""

from uuid import uuid4

import asyncpg
import pytest

from chassis import outbox
from chassis.access.audit import Opened, record_access
from chassis.access.caller import Caller, Membership
from chassis.ledger import Answered, Ledger
from tests.chassis.events import a_new_event, opened

pytestmark = pytest.mark.postgres

CALLER = Caller(
    "ab" * 16, None, (), (Membership("referrer", "practice", "Y99001"),), ("Y99001", "U99001")
)
ANSWER = Answered(b"i" * 32, b"h" * 32, 201, '{"id":1}', '{"ETag":"1"}')
OF_ONE_WRITING = ("position", "entry_id", "event_id", "occurred_at", "recorded_at")


async def rows(database, table: str, *, but_for: tuple[str, ...] = ()) -> list[dict[str, object]]:
    async with database.transaction() as connection:
        found = await connection.fetch(f"select * from {table} order by 1")
    return [{k: v for k, v in dict(row).items() if k not in but_for} for row in found]


def opened_things() -> list[Opened]:
    return [
        Opened(subject=f"referral/{uuid4()}", pcn_code="U99001", person_id=uuid4())
        for _ in range(2)
    ]


async def test_the_ledger_writes_what_the_single_statements_write(fresh_database):
    things = opened_things()
    events = [a_new_event("U99001", version=version, causation_id="c") for version in (1, 2, 3)]
    async with opened(fresh_database, "api") as api, opened(fresh_database) as worker:
        async with api.transaction(organisations=CALLER.organisations) as connection:
            await record_access(connection, CALLER, "referral.create", things)
            await outbox.record(connection, events)
        async with api.transaction(organisations=CALLER.organisations) as connection:
            ledger = Ledger(CALLER, "referral.create")
            ledger.note(things[:1], events[:1])
            ledger.note(things[1:], events[1:])
            await ledger.write(connection, ANSWER)
            await ledger.write(connection)  # nothing is kept, so nothing is written twice

        audited = await rows(worker, "access_audit", but_for=OF_ONE_WRITING)
        told = await rows(worker, "outbox", but_for=OF_ONE_WRITING)
        (key,) = await rows(worker, "idempotency_key", but_for=("created_at",))

    assert (len(audited), len(told)) == (4, 6)
    assert (audited[:2], told[:3]) == (audited[2:], told[3:])
    assert key == {**ANSWER._asdict(), "kept": False}


async def test_a_ledger_of_a_transaction_that_fails_leaves_nothing(fresh_database):
    async with opened(fresh_database, "api") as api, opened(fresh_database) as worker:
        with pytest.raises(ZeroDivisionError):  # noqa: PT012 - the block is what fails
            async with api.transaction(organisations=CALLER.organisations) as connection:
                ledger = Ledger(CALLER, "referral.create")
                ledger.note(opened_things(), [a_new_event()])
                await ledger.write(connection, ANSWER)
                raise ZeroDivisionError
        for table in ("access_audit", "outbox", "idempotency_key"):
            assert await rows(worker, table) == []


async def test_row_policies_bind_the_ledger(fresh_database):
    async with opened(fresh_database, "api") as api, opened(fresh_database) as worker:
        with pytest.raises(asyncpg.InsufficientPrivilegeError):  # noqa: PT012 - the block fails
            async with api.transaction(organisations=["U99002"]) as connection:
                ledger = Ledger(CALLER, "referral.create")
                ledger.note(opened_things(), [a_new_event()])
                await ledger.write(connection)
        assert await rows(worker, "outbox") == []


async def test_the_relay_is_told_of_events_and_of_nothing_else(fresh_database):
    async with opened(fresh_database, "api") as api, opened(fresh_database) as worker:
        heard: list[object] = []
        listening = await worker.connect()
        try:
            await listening.add_listener("waymark_outbox", lambda *told: heard.append(told))
            for events in ([], [a_new_event()]):
                async with api.transaction(organisations=CALLER.organisations) as connection:
                    ledger = Ledger(CALLER, "referral.create")
                    ledger.note(opened_things(), events)
                    await ledger.write(connection)
                # What was told before an answer comes with it at the latest.
                await listening.fetchval("select 1")
                assert len(heard) == len(events)
        finally:
            await listening.close()
