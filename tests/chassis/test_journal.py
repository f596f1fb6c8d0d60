"""The journal: one wire form, whether a reader takes it from the topic or from here."""

import pytest

from chassis.journal import published_heads, published_range
from chassis.outbox import record
from chassis.relay.numbering import Numberer
from contracts.envelope import read_headers
from tests.chassis.events import a_new_event, opened

pytestmark = pytest.mark.postgres


async def publish_up_to(database, stream: str, number: int) -> None:
    """Note an acknowledgement without a broker."""
    async with database.transaction() as connection:
        await connection.execute(
            """
            update stream_head as h set published = $2, published_event_id = j.event_id
            from journal as j where h.stream = $1 and j.stream = $1 and j.number = $2
            """,
            stream,
            number,
        )


async def test_a_range_gives_back_what_was_recorded(fresh_database):
    event = a_new_event(version=3, related_subjects=["person/a", "person/b"], correlation_id="c")
    async with opened(fresh_database) as database:
        async with database.transaction() as connection:
            (event_id,) = await record(connection, [event])
        await Numberer(database).number()
        await publish_up_to(database, "U99001", 1)

        async with database.transaction() as connection:
            (entry,) = await published_range(connection, "U99001", after=0)

    envelope = read_headers(entry.headers)
    assert envelope.id == event_id
    assert (envelope.stream, envelope.epoch, envelope.number) == ("U99001", 1, 1)
    assert (envelope.subject, envelope.aggregate_version) == (event.subject, 3)
    assert envelope.related_subjects == ("person/a", "person/b")
    assert (envelope.time, envelope.correlation_id) == (event.occurred_at, "c")
    assert entry.value == event.data.model_dump_json().encode()


async def test_nothing_beyond_what_the_broker_acknowledged_is_served(fresh_database):
    async with opened(fresh_database) as database:
        async with database.transaction() as connection:
            await record(connection, [a_new_event() for _ in range(5)])
        await Numberer(database).number()
        await publish_up_to(database, "U99001", 3)

        async with database.transaction() as connection:
            entries = await published_range(connection, "U99001", after=1)
            (head,) = await published_heads(connection)
            assert await published_range(connection, "U99009", after=0) == []

    assert [entry.number for entry in entries] == [2, 3]
    assert (head.stream, head.epoch, head.number, head.numbered) == ("U99001", 1, 3, 5)
    assert head.event_id == read_headers(entries[-1].headers).id


async def test_heads_come_in_pages_by_name(fresh_database):
    async with opened(fresh_database) as database:
        async with database.transaction() as connection:
            await record(connection, [a_new_event(f"U9900{n}") for n in range(5)])
        await Numberer(database).number()

        async with database.transaction() as connection:
            first = await published_heads(connection, limit=3)
            rest = await published_heads(connection, after=first[-1].stream, limit=3)

    assert [head.stream for head in first + rest] == [f"U9900{n}" for n in range(5)]


async def test_the_api_role_reads_the_journal_only_where_it_says_it_serves_it(fresh_database):
    async with opened(fresh_database) as worker, opened(fresh_database, "api") as api:
        async with worker.transaction() as connection:
            await record(connection, [a_new_event()])
        await Numberer(worker).number()

        async with api.transaction(organisations=["U99001"]) as connection:
            assert await published_heads(connection) == []
            assert await connection.fetchval("select count(*) from journal") == 0
            await connection.execute("select set_config('app.serves_journal', 'on', true)")
            assert len(await published_heads(connection)) == 1
        async with api.transaction() as connection:
            assert await published_heads(connection) == []
