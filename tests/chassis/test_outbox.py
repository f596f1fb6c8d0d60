"""The outbox: an event is there if, and only if, its transaction committed, in the order given."""

import pytest
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from chassis import telemetry
from chassis.outbox import EVENT_DATA_SIZE_MAX_BYTES, OversizedEvent, UnwritableEvent, record
from chassis.relay.numbering import Numberer
from contracts.directory.v1 import ListingPublished
from tests.chassis.events import A_TIME, a_new_event, journal_rows, opened

pytestmark = pytest.mark.postgres


async def stored(database):
    async with database.transaction() as connection:
        return await connection.fetch("select * from outbox order by position")


async def test_an_event_is_stored_with_everything_its_envelope_needs(fresh_database):
    event = a_new_event(
        "U99001",
        version=7,
        related_subjects=["person/a", "message/b"],
        origin="import",
        correlation_id="story-1",
        causation_id="cause-1",
    )
    async with opened(fresh_database, "api") as api, opened(fresh_database) as worker:
        async with api.transaction() as connection:
            ids = await record(connection, [event])

        (row,) = await stored(worker)

    assert row["event_id"] == ids[0]
    assert row["recorded_at"] >= row["occurred_at"] == A_TIME
    assert dict(row) | {
        "stream": "U99001",
        "type": "waymark.goal-updated.v1",
        "source": "/referral",
        "data_schema": type(event.data).data_schema,
        "subject": event.subject,
        "related_subjects": "person/a,message/b",
        "aggregate_version": 7,
        "origin": "import",
        "correlation_id": "story-1",
        "causation_id": "cause-1",
        "traceparent": None,
        "data": event.data.model_dump_json(),
    } == dict(row)


async def test_the_order_given_is_the_order_numbered(fresh_database):
    events = [a_new_event("U99001", version=version) for version in range(1, 301)]
    async with opened(fresh_database) as database:
        async with database.transaction() as connection:
            ids = await record(connection, events)
        await Numberer(database).number()

        rows = await journal_rows(database)

    assert [row["event_id"] for row in rows] == ids
    assert [row["number"] for row in rows] == list(range(1, 301))


async def test_an_event_of_a_transaction_that_fails_never_was(fresh_database):
    async with opened(fresh_database) as database:
        with pytest.raises(ZeroDivisionError):  # noqa: PT012 - the block is what fails
            async with database.transaction() as connection:
                await record(connection, [a_new_event()])
                raise ZeroDivisionError
        assert await stored(database) == []
        assert (await Numberer(database).number()).total == 0


async def test_the_trace_of_the_click_is_stored_with_the_event(fresh_database):
    telemetry.set_up("trial", None, exporter=InMemorySpanExporter())
    try:
        async with opened(fresh_database) as database:
            with telemetry.span("click"):
                expected = telemetry.current_traceparent()
                async with database.transaction() as connection:
                    await record(connection, [a_new_event()])
            (row,) = await stored(database)
    finally:
        telemetry.shut_down()

    assert expected is not None
    assert row["traceparent"] == expected


async def test_data_larger_than_a_record_may_be_is_refused_before_it_is_stored(fresh_database):
    listing = ListingPublished.model_construct(needs=["x" * EVENT_DATA_SIZE_MAX_BYTES])
    async with opened(fresh_database) as database, database.transaction() as connection:
        with pytest.raises(OversizedEvent):
            await record(connection, [a_new_event(data=listing)])


@pytest.mark.parametrize(
    "fault",
    [
        {"stream": "U 1"},
        {"stream": ""},
        {"stream": "x" * 65},
        {"subject": "no-kind"},
        {"subject": "episode/a\nce_id: x"},
        {"related_subjects": ["person/a,person/b", "person"]},
        {"related_subjects": [f"person/{n}" for n in range(33)]},
        {"correlation_id": ""},
        {"causation_id": "ü"},
        {"occurred_at": A_TIME.replace(tzinfo=None)},
        {"recorded_at": A_TIME.replace(tzinfo=None)},
    ],
    ids=str,
)
async def test_what_no_reader_could_read_is_refused_before_it_is_stored(fault, fresh_database):
    async with opened(fresh_database) as database, database.transaction() as connection:
        with pytest.raises(UnwritableEvent):
            await record(connection, [a_new_event(**fault)])


async def test_nothing_to_record_asks_the_database_nothing():
    assert await record(None, []) == []  # pyright: ignore[reportArgumentType]
