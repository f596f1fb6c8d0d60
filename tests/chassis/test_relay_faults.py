"""The relay when it dies, is cut off or finds its topic ahead: nothing is lost, nothing is made up."""

import asyncio
import os
import sys

import pytest

from chassis import faults
from chassis.outbox import record
from chassis.relay import Relay
from chassis.relay.leadership import leadership
from tests.chassis.events import (
    a_new_event,
    dedupe,
    heads,
    is_all_published,
    journal_rows,
    opened,
    read_topic,
    running,
)
from tests.environment import ROOT
from tests.waiting import until

pytestmark = [pytest.mark.postgres, pytest.mark.kafka]


@pytest.mark.parametrize(
    "point",
    [
        faults.RELAY_IN_NUMBERING,
        faults.RELAY_AFTER_NUMBER,
        faults.RELAY_BEFORE_SEND,
        faults.RELAY_AFTER_SEND,
        faults.RELAY_AFTER_ADVANCE,
    ],
)
async def test_a_relay_killed_at_any_point_loses_nothing(
    point, make_database, make_topic, kafka_bootstrap
):
    provisioned, topic = await make_database("chassis"), await make_topic(partitions=2)
    async with opened(provisioned) as database:
        async with database.transaction() as connection:
            ids = await record(connection, [a_new_event(f"U9900{n % 3}") for n in range(300)])

        killed = await asyncio.create_subprocess_exec(
            sys.executable,
            "-c",
            RELAY_PROCESS,
            provisioned.worker_url,
            kafka_bootstrap,
            topic,
            cwd=ROOT,
            env={**os.environ, "WAYMARK_MODE": "demo", "WAYMARK_FAULT": f"{point}:1"},
        )
        assert await asyncio.wait_for(killed.wait(), 60) == faults.EXIT_CODE

        async with running(Relay(database, kafka_bootstrap, topic)):
            await until(lambda: is_all_published(database, 300), what="the rest published")
        rows = await journal_rows(database)
        assert sorted(row["event_id"] for row in rows) == sorted(ids)
        kept = dedupe(await read_topic(kafka_bootstrap, topic))
        for stream, numbered in kept.items():
            assert numbered == [(r["number"], r["event_id"]) for r in rows if r["stream"] == stream]
        assert sum(map(len, kept.values())) == 300


RELAY_PROCESS = """
import asyncio, sys
from chassis.database import Database
from chassis.relay import Relay
from chassis.relay.leadership import leadership

async def main():
    database = Database(sys.argv[1], "worker")
    await database.open()
    await Relay(database, sys.argv[2], sys.argv[3]).run()

asyncio.run(main())
"""


async def test_one_relay_leads_and_the_other_takes_over_when_its_connection_is_cut(
    make_database, make_topic, kafka_bootstrap, postgres_server
):
    provisioned, topic = await make_database("chassis"), await make_topic()
    async with opened(provisioned) as one, opened(provisioned) as two:
        relays = [Relay(one, kafka_bootstrap, topic), Relay(two, kafka_bootstrap, topic)]
        async with running(*relays):
            leader = await until(
                lambda: [r for r in relays if r.state == "leading"], what="a leader"
            )
            assert len(leader) == 1
            standby = next(relay for relay in relays if relay is not leader[0])
            assert await standby.fault() is None

            async with one.transaction() as connection:
                await connection.fetchval(
                    """
                    select count(pg_terminate_backend(l.pid)) from pg_locks as l
                    join pg_database as d on d.oid = l.database
                    where l.locktype = 'advisory' and l.granted and d.datname = current_database()
                    """
                )
            await until(lambda: leader[0].state != "leading", what="the leader stops")
            await until(lambda: [r for r in relays if r.state == "leading"], what="a new leader")

            async with two.transaction() as connection:
                await record(connection, [a_new_event()])
            await until(lambda: is_all_published(two, 1), what="published by the new leader")


async def test_a_fault_nobody_thought_of_is_told_and_the_relay_begins_again(
    make_database, make_topic, kafka_bootstrap, caplog
):
    provisioned, topic = await make_database("chassis"), await make_topic()
    async with opened(provisioned) as database:
        relay = Relay(database, kafka_bootstrap, topic)
        async with running(relay):
            await until(lambda: relay.state == "leading", what="leads")
            relay.publisher._blocked = None  # pyright: ignore[reportAttributeAccessIssue]
            async with database.transaction() as connection:
                await record(connection, [a_new_event()])
            await until(lambda: is_all_published(database, 1), what="published all the same")
    assert "relay_begins_again" in caplog.text


async def test_a_leader_that_is_frozen_loses_the_lead(fresh_database, monkeypatch):
    monkeypatch.setattr("chassis.relay.leadership.SILENCE_MAX_SECONDS", 1)
    waited: list[bool] = []
    async with (
        opened(fresh_database) as database,
        # Never watched, as by a process that stands still.
        leadership(database, on_standing_by=lambda: None),
        leadership(database, on_standing_by=lambda: waited.append(True)),
    ):
        assert waited


async def test_numbering_goes_on_while_the_broker_is_away_and_publishing_when_it_is_back(
    make_database, make_topic, kafka_bootstrap
):
    provisioned, topic = await make_database("chassis"), await make_topic()
    async with opened(provisioned) as database:
        relay = Relay(database, "127.0.0.1:9", topic)
        async with running(relay, forced=True):
            async with database.transaction() as connection:
                await record(connection, [a_new_event() for _ in range(5)])

            async def is_numbered() -> bool:
                return await heads(database) == {"U99001": (5, 0)}

            await until(is_numbered, what="numbered without a broker")
            await until(lambda: relay.last_fault, what="the fault is told")

            relay._writer._bootstrap = kafka_bootstrap
            await until(lambda: is_all_published(database, 5), what="published once it is back")
            assert await relay.fault() is None


async def test_a_relay_whose_topic_knows_more_than_its_database_stops_and_says_so(
    make_database, make_topic, kafka_bootstrap, caplog
):
    lost, restored, topic = (
        await make_database("chassis"),
        await make_database("chassis"),
        await make_topic(),
    )
    async with opened(lost) as database:
        async with database.transaction() as connection:
            await record(connection, [a_new_event() for _ in range(3)])
        async with running(Relay(database, kafka_bootstrap, topic)):
            await until(lambda: is_all_published(database, 3), what="published")

    async with opened(restored) as database:
        async with database.transaction() as connection:
            await record(connection, [a_new_event()])
        relay = Relay(database, kafka_bootstrap, topic)
        async with running(relay):
            await until(lambda: relay.state == "stopped", what="the relay stops")
            assert await relay.fault() == "the topic is ahead of the database"
        assert relay.stopped_reason == "stream U99001 has 1 in the topic and 0 here"
        assert "relay_stopped_topic_is_ahead" in caplog.text
        assert await heads(database) == {}
    assert len(await read_topic(kafka_bootstrap, topic)) == 3
