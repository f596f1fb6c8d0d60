"""Several members, rebalances, members that wake late, and what everything stands on going away."""

import asyncio
import contextlib
from uuid import uuid4

import asyncpg
import pytest

from chassis.stream.decisions import Course
from chassis.stream.events import Record
from chassis.stream.positions import PositionsMoved
from contracts.envelope import read_headers
from tests.chassis.stream.test_consumer import PATIENCE_SECONDS, everything, is_conserved
from tests.chassis.stream.trial import Wire, running
from tests.waiting import until

pytestmark = [pytest.mark.kafka, pytest.mark.postgres]

STREAMS = [f"U9900{n}" for n in range(1, 7)]


def records(topic: str, wires: list[Wire]) -> list[Record]:
    return [
        Record(topic, read_headers(wire.headers), wire.value, from_journal=False) for wire in wires
    ]


async def test_members_that_come_and_go_apply_everything_once(trial):
    numbers = dict.fromkeys(STREAMS, 0)

    async def tell(count: int) -> None:
        for stream in STREAMS:
            await trial.say(stream, [{"amount": 1}] * count)
            numbers[stream] += count

    await tell(40)
    async with running(trial.consumer()) as first:
        for _ in range(2):
            async with running(trial.consumer()) as second:
                await until(
                    lambda: second.subscription.assigned and first.subscription.assigned,
                    what="both have partitions",
                    timeout_seconds=PATIENCE_SECONDS,
                )
                await tell(40)
        await tell(40)
        await everything(trial, **numbers)

    for stream in STREAMS:
        assert await trial.books.applied(stream) == list(range(1, numbers[stream] + 1))
        assert is_conserved(await trial.books.position(stream))


async def test_a_member_that_wakes_late_changes_nothing(trial):
    wires = await trial.say("U99001", [{"amount": n} for n in range(20)])
    late = trial.consumer()
    mine = records(trial.topic.name, wires)
    async with running(trial.consumer()):
        await everything(trial, U99001=20)
    before = await trial.books.position("U99001")

    # It remembers the stream as it was before the other went ahead, and holds the same batch.
    await late.desk.standing(mine[0].key)
    late.desk.positions.standings[mine[0].key] = late.desk.positions.standings[
        mine[0].key
    ]._replace(number=0, event_id=None)
    async with late.desk.lock:
        await late.desk.take(mine)
    await late.desk.write_counts()

    after = await trial.books.position("U99001")
    assert await trial.books.applied("U99001") == list(range(1, 21))
    assert after["applied"] == before["applied"] == 20
    assert after["duplicates"] == 20


@pytest.mark.parametrize(
    "change",
    [
        {"number": 4},
        {"event_id": uuid4()},
        {"event_id": None},
        {"epoch": 2},
        {"hold_version": 7},
    ],
)
async def test_a_position_moves_only_from_exactly_what_is_remembered(trial, change):
    wires = await trial.say("U99001", [{"amount": 1}] * 6)
    mine = records(trial.topic.name, wires)
    desk = trial.consumer().desk
    async with trial.database.transaction() as connection:
        await desk.positions.begin(connection, {mine[0].key: 1})
    await desk.take(mine[:5])
    truth = desk.positions.standings[mine[0].key]

    desk.positions.standings[mine[0].key] = truth._replace(**change)
    course = Course(mine[0].key, truth._replace(**change), [mine[5]])
    with pytest.raises(PositionsMoved):
        async with trial.database.transaction() as connection:
            await desk.positions.advance(connection, [course.advance()])
    with pytest.raises(PositionsMoved):
        async with trial.database.transaction() as connection:
            await desk.positions.lock(connection, [course])

    course = Course(mine[0].key, truth, [mine[5]])
    async with trial.database.transaction() as connection:
        await desk.positions.lock(connection, [course])
        await desk.positions.advance(connection, [course.advance()])
    assert (await trial.books.position("U99001"))["number"] == 6


async def test_of_two_members_with_the_same_batch_one_applies_it(trial):
    wires = await trial.say("U99001", [{"amount": n} for n in range(500)])
    one, two = trial.consumer(), trial.consumer()
    mine = records(trial.topic.name, wires)
    async with trial.database.transaction() as connection:
        await one.desk.positions.begin(connection, {mine[0].key: 1})

    async def take(desk) -> None:
        for begin in range(0, 500, 50):
            async with desk.lock:
                await desk.take(mine[begin : begin + 50])

    await asyncio.gather(take(one.desk), take(two.desk))
    await one.desk.let_go()
    await two.desk.let_go()

    position = await trial.books.position("U99001")
    assert await trial.books.applied("U99001") == list(range(1, 501))
    assert position["applied"] == 500
    assert position["stopped_reason"] is None


async def test_a_position_that_keeps_moving_is_given_up_and_read_again_later(trial):
    wires = await trial.say("U99001", [{"amount": 1}])
    consumer = trial.consumer()
    mine = records(trial.topic.name, wires)
    async with trial.database.transaction() as connection:
        await consumer.desk.positions.begin(connection, {mine[0].key: 1})
    wrong = consumer.desk.positions

    class Forgetful(dict):
        def __setitem__(self, key, standing):
            super().__setitem__(key, standing._replace(hold_version=99))

    wrong.standings = Forgetful()
    with pytest.raises(PositionsMoved):
        await consumer.desk.take(mine)
    assert await trial.books.applied("U99001") == []


async def test_while_the_database_is_away_nothing_is_lost_or_quarantined(trial, postgres_server):
    await trial.say("U99001", [{"amount": 1}] * 5)
    name = trial.books.url.rpartition("/")[2].partition("?")[0]
    async with running(trial.consumer()) as consumer:
        await everything(trial, U99001=5)
        await until(consumer.ready, what="ready", timeout_seconds=PATIENCE_SECONDS)
        async with _without_database(postgres_server, name):
            await trial.say("U99001", [{"amount": 1}] * 5)

            async def is_unready() -> bool:
                return not await consumer.ready()

            await until(is_unready, what="unready", timeout_seconds=PATIENCE_SECONDS)
            assert consumer.subscription.assigned
        await everything(trial, U99001=10)

        assert await trial.books.applied("U99001") == list(range(1, 11))
        assert await trial.books.quarantined() == []
        await until(consumer.ready, what="ready again", timeout_seconds=PATIENCE_SECONDS)


async def test_a_missing_table_is_waited_for_and_blamed_on_no_event(trial):
    await trial.books.fetch("alter table effect rename to effect_away")
    await trial.say("U99001", [{"amount": 1}] * 5)
    try:
        async with running(trial.consumer()) as consumer:
            await until(
                lambda: "Undefined" in (consumer.desk.trouble or ""),
                what="waits for the table",
                timeout_seconds=PATIENCE_SECONDS,
            )
            await trial.books.fetch("alter table effect_away rename to effect")
            await everything(trial, U99001=5)
            assert await trial.books.quarantined() == []
    finally:
        with contextlib.suppress(asyncpg.PostgresError):
            await trial.books.fetch("alter table effect_away rename to effect")


async def test_a_consumer_that_ends_at_any_moment_repeats_nothing(trial):
    await trial.say("U99001", [{"amount": n} for n in range(300)])
    for _ in range(3):
        consumer = trial.consumer()
        task = asyncio.create_task(consumer.run())
        await until(lambda c=consumer: c.desk.progress, what="some progress", timeout_seconds=30)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        await trial.say("U99001", [{"amount": 1}] * 10)
    async with running(trial.consumer()):
        await everything(trial, U99001=330)
        assert await trial.books.applied("U99001") == list(range(1, 331))


@contextlib.asynccontextmanager
async def _without_database(superuser_url: str, name: str):
    connection = await asyncpg.connect(superuser_url)
    try:
        await connection.execute(f'alter database "{name}" allow_connections false')
        await connection.execute(
            "select pg_terminate_backend(pid) from pg_stat_activity where datname = $1", name
        )
        yield
    finally:
        await connection.execute(f'alter database "{name}" allow_connections true')
        await connection.close()
