"""The relay's promises, with a real Postgres and a real Kafka."""

import asyncio
import random
from collections import defaultdict
from uuid import UUID, uuid4

import pytest
from aiokafka.admin import AIOKafkaAdminClient, NewTopic

from chassis.database import Database
from chassis.journal import published_range
from chassis.metrics import REGISTRY
from chassis.outbox import NewEvent, record
from chassis.relay import Relay
from chassis.relay.numbering import Numberer
from chassis.relay.publishing import Publisher
from chassis.relay.writer import TopicWriter
from tests.chassis.events import (
    a_new_event,
    dedupe,
    fill_outbox,
    heads,
    is_all_published,
    journal_rows,
    opened,
    read_topic,
    running,
)
from tests.environment import unique
from tests.waiting import until

pytestmark = [pytest.mark.postgres, pytest.mark.kafka]

WRITERS = 12
TRANSACTIONS_PER_WRITER = 60
AGGREGATES = 40


async def test_twelve_writers_and_two_relays_that_both_lead_lose_and_reorder_nothing(
    make_database, make_topic, kafka_bootstrap
):
    provisioned, topic = await make_database("chassis"), await make_topic(partitions=3)
    async with (
        opened(provisioned, pool_size_max=WRITERS + 2) as writing,
        opened(provisioned) as first,
        opened(provisioned) as second,
    ):
        relays = [Relay(database, kafka_bootstrap, topic) for database in (first, second)]
        async with running(*relays, forced=True):
            written = await asyncio.gather(*(a_writer(writing, seed) for seed in range(WRITERS)))
            committed = [event_id for ids in written for event_id in ids]
            await until(
                lambda: is_all_published(first, len(committed)),
                timeout_seconds=30,
                what="all published",
            )

        rows = await journal_rows(first)
        assert len(committed) > WRITERS * TRANSACTIONS_PER_WRITER / 2
        assert sorted(row["event_id"] for row in rows) == sorted(committed)
        by_stream = defaultdict(list)
        versions = defaultdict(list)
        for row in rows:
            by_stream[row["stream"]].append((row["number"], row["event_id"]))
            versions[row["subject"]].append(row["aggregate_version"])
        for numbered in by_stream.values():
            assert [number for number, _ in numbered] == list(range(1, len(numbered) + 1))
        for aggregate in versions.values():
            assert aggregate == sorted(aggregate)
        records = await read_topic(kafka_bootstrap, topic)
        assert dedupe(records) == by_stream
        await assert_topic_and_journal_agree_to_the_byte(first, records)


async def a_writer(database: Database, seed: int) -> list[UUID]:
    """Write as a use case does; a third of the transactions stay open, a tenth are taken back."""
    chance = random.Random(seed)
    versions: dict[int, int] = SHARED_VERSIONS.setdefault(id(database), {})
    committed: list[UUID] = []
    for _ in range(TRANSACTIONS_PER_WRITER):
        aggregate = chance.randrange(AGGREGATES)
        try:
            async with database.transaction() as connection:
                await connection.execute("select pg_advisory_xact_lock($1)", aggregate)
                version = versions.get(aggregate, 0)
                events = [
                    a_new_event(
                        f"U9900{aggregate % 5}",
                        version=version + step + 1,
                        subject=f"episode/00000000-0000-7000-8000-{aggregate:012}",
                    )
                    for step in range(chance.choice([1, 1, 2]))
                ]
                ids = await record(connection, events)
                if chance.random() < 1 / 3:
                    await asyncio.sleep(chance.random() * 0.02)
                if chance.random() < 1 / 10:
                    raise TakenBack  # noqa: TRY301 - as a use case that refuses does
                versions[aggregate] = version + len(events)
            committed += ids
        except TakenBack:
            pass
    return committed


SHARED_VERSIONS: dict[int, dict[int, int]] = {}


class TakenBack(Exception):
    pass


async def assert_topic_and_journal_agree_to_the_byte(database: Database, records) -> None:
    in_topic = {(r.key.decode(), dict(r.headers)["ce_sequence"]): r for r in records}
    async with database.transaction() as connection:
        for stream in await heads(database):
            for entry in await published_range(connection, stream, after=0):
                found = in_topic[stream, b"%d" % entry.number]
                assert list(found.headers) == entry.headers
                assert found.value == entry.value


async def test_reading_by_the_identity_column_loses_what_commits_late_and_numbering_does_not(
    fresh_database,
):
    async with opened(fresh_database) as database:
        seen: list[UUID] = []
        last = 0

        async def naive_read() -> None:
            nonlocal last
            async with database.transaction() as connection:
                for row in await connection.fetch(
                    "select position, event_id from outbox where position > $1 order by position",
                    last,
                ):
                    seen.append(row["event_id"])
                    last = row["position"]

        async with database.transaction() as slow:
            late = await record(slow, [a_new_event()])
            async with database.transaction() as quick:
                early = await record(quick, [a_new_event()])
            await naive_read()
        await naive_read()

        assert seen == early, "the cursor passed the slow transaction's row"
        await Numberer(database).number()
        assert {row["event_id"] for row in await journal_rows(database)} == {*late, *early}


async def test_a_flood_in_one_stream_delays_the_others_by_one_round(
    make_database, make_topic, kafka_bootstrap
):
    provisioned, topic = await make_database("chassis"), await make_topic()
    async with opened(provisioned) as database:
        await fill_outbox(database, "U99000", 20_000)
        quiet = [f"U9910{n}" for n in range(10)]
        for stream in quiet:
            await fill_outbox(database, stream, 3)

        await Numberer(database).number()
        found = await heads(database)
        assert {stream: found[stream][0] for stream in quiet} == dict.fromkeys(quiet, 3)
        assert found["U99000"][0] < 2_000

        writer = TopicWriter(kafka_bootstrap, topic)
        await Publisher(database, writer).publish()
        found = await heads(database)
        await writer.close_at_once()
        assert {stream: found[stream][1] for stream in quiet} == dict.fromkeys(quiet, 3)


async def test_when_many_streams_flood_the_rounds_take_turns(
    make_database, make_topic, kafka_bootstrap
):
    provisioned, topic = await make_database("chassis"), await make_topic()
    async with opened(provisioned) as database:
        for number in range(20):
            await fill_outbox(database, f"U9900{number:02}", 300)
        await fill_outbox(database, "U99999", 3)
        numberer = Numberer(database, window_max=100, round_size_max=500)
        writer = TopicWriter(kafka_bootstrap, topic)
        publisher = Publisher(database, writer, window_max=100, round_size_max=500)

        # 20 streams of 100 in rounds of 500: everyone's turn comes within 5 rounds.
        for _ in range(5):
            await numberer.number()
        assert (await heads(database))["U99999"][0] == 3
        for _ in range(5):
            await publisher.publish()
        await writer.close_at_once()
        assert (await heads(database))["U99999"][1] == 3


async def test_an_event_too_large_for_the_topic_stops_its_stream_alone_and_raises_an_alarm(
    make_database, kafka_bootstrap, caplog
):
    topic = unique("small")
    admin = AIOKafkaAdminClient(bootstrap_servers=kafka_bootstrap)
    await admin.start()
    await admin.create_topics([NewTopic(topic, 1, 1, topic_configs={"max.message.bytes": "4000"})])
    await admin.close()
    provisioned = await make_database("chassis")
    async with opened(provisioned) as database:
        large = a_new_event("U99001", correlation_id="x")
        async with database.transaction() as connection:
            await record(connection, [a_new_event("U99001"), large, a_new_event("U99001")])
            await record(connection, [a_new_event("U99002") for _ in range(3)])
        await enlarge(provisioned, random.Random(7).randbytes(6_000).hex())

        relay = Relay(database, kafka_bootstrap, topic)
        async with running(relay, forced=True):
            await until(lambda: relay.publisher.blocked, what="the stream is blocked")

            async def others_flow() -> bool:
                return (await heads(database)).get("U99002") == (3, 3)

            await until(others_flow, what="the other stream is published")
        assert relay.publisher.blocked == {"U99001": 2}
        assert (await heads(database))["U99001"] == (3, 1)
        assert "event_too_large_for_topic" in caplog.text


async def enlarge(provisioned, noise: str) -> None:
    async with opened(provisioned, "owner") as owner, owner.transaction() as connection:
        await connection.execute(
            "update outbox set data = json_build_object('noise', $1::text) where correlation_id = 'x'",
            noise,
        )


async def test_a_commit_is_published_without_waiting_for_the_poll(
    make_database, make_topic, kafka_bootstrap, monkeypatch
):
    monkeypatch.setattr("chassis.relay.listening.OUTBOX_POLL_SECONDS", 60.0)
    monkeypatch.setattr("chassis.relay.relay.UNASKED_POLL_SECONDS", 60.0)
    provisioned, topic = await make_database("chassis"), await make_topic()
    async with opened(provisioned) as database:
        relay = Relay(database, kafka_bootstrap, topic)
        async with running(relay):
            await until(lambda: relay.state == "leading", what="leads")
            for count in range(1, 4):
                async with database.transaction() as connection:
                    await record(connection, [a_new_event()])
                await until(lambda count=count: is_all_published(database, count), what="woken")


async def test_while_events_come_fast_the_writers_are_spared_the_telling(
    make_database, make_topic, kafka_bootstrap
):
    provisioned, topic = await make_database("chassis"), await make_topic()
    told: list[object] = []
    async with opened(provisioned) as database:
        watcher = await database.connect()
        await watcher.add_listener("waymark_outbox", lambda *what: told.append(what))

        async def commit(count: int) -> None:
            async with database.transaction() as connection:
                await record(connection, [a_new_event() for _ in range(count)])

        relay = Relay(database, kafka_bootstrap, topic)
        async with running(relay):
            await commit(300)
            await until(lambda: relay.listener.is_flag_up, what="the flag is raised")
            told.clear()
            await commit(1)
            await until(lambda: is_all_published(database, 301), what="found without being told")
            assert told == []
            await until(lambda: not relay.listener.is_flag_up, what="the flag is lowered")
            await commit(1)
            await until(lambda: told, what="told again")
        await watcher.close()


async def test_a_commit_that_nobody_announced_is_found_by_the_poll(
    make_database, make_topic, kafka_bootstrap, monkeypatch
):
    monkeypatch.setattr("chassis.relay.relay.UNASKED_POLL_SECONDS", 60.0)
    provisioned, topic = await make_database("chassis"), await make_topic()
    async with opened(provisioned) as database:
        relay = Relay(database, kafka_bootstrap, topic)
        async with running(relay):
            await until(lambda: relay.state == "leading", what="leads")
            for count in range(1, 4):
                await fill_outbox(database, "U99001", 1)
                await until(lambda count=count: is_all_published(database, count), what="found")


async def test_the_outbox_empties_itself_and_the_journal_stays(
    make_database, make_topic, kafka_bootstrap
):
    provisioned, topic = await make_database("chassis"), await make_topic()
    async with opened(provisioned) as database:
        events: list[NewEvent] = [a_new_event(f"U9900{n % 7}") for n in range(700)]
        async with database.transaction() as connection:
            await record(connection, events)
        async with running(Relay(database, kafka_bootstrap, topic)):
            await until(lambda: is_all_published(database, 700), what="published")
        assert len(await journal_rows(database)) == 700
    for name in ["waymark_relay_numbered_total", "waymark_relay_published_total"]:
        assert REGISTRY.get_sample_value(name, {"topic": topic}) == 700


async def test_the_same_key_goes_to_the_partition_that_any_producer_would_choose(
    make_database, make_topic, kafka_bootstrap
):
    from aiokafka import AIOKafkaProducer

    topic, other = await make_topic(partitions=6), await make_topic(partitions=6)
    provisioned = await make_database("chassis")
    streams = [f"U99{n:03}" for n in range(40)] + [str(uuid4()) for _ in range(10)]
    async with opened(provisioned) as database:
        async with database.transaction() as connection:
            await record(connection, [a_new_event(stream) for stream in streams])
        async with running(Relay(database, kafka_bootstrap, topic)):
            await until(lambda: is_all_published(database, 50), what="published")
    producer = AIOKafkaProducer(bootstrap_servers=kafka_bootstrap)
    await producer.start()
    sent = [await producer.send_and_wait(other, b"", key=stream.encode()) for stream in streams]
    await producer.stop()
    ours = {r.key.decode(): r.partition for r in await read_topic(kafka_bootstrap, topic)}
    assert ours == {stream: s.partition for stream, s in zip(streams, sent, strict=True)}
