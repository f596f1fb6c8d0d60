"""A consumer's memory does not grow with what waits for it."""

import gc

import psutil
import pytest

from tests.chassis.stream.test_consumer import everything
from tests.chassis.stream.trial import running

pytestmark = [pytest.mark.kafka, pytest.mark.postgres, pytest.mark.slow]

EVENTS_PER_STREAM = 25_000
STREAMS = ["U99001", "U99002", "U99003", "U99004"]
GROWTH_BYTES_MAX = 120 * 1024 * 1024


async def test_a_backlog_of_a_hundred_thousand_events_takes_bounded_memory(trial):
    data = {"amount": 1, "name": "x" * 300}
    for stream in STREAMS:
        for _ in range(EVENTS_PER_STREAM // 1_000):
            await trial.say(stream, [data] * 1_000)
    gc.collect()
    process = psutil.Process()
    before = process.memory_info().rss

    async with running(trial.consumer()):
        await everything(trial, **dict.fromkeys(STREAMS, EVENTS_PER_STREAM))
        assert process.memory_info().rss - before < GROWTH_BYTES_MAX


async def test_a_hole_before_a_large_backlog_takes_bounded_memory(trial):
    wires = await trial.owner.tell("U99001", [{"amount": 1, "name": "x" * 300}] * 20_000)
    await trial.topic.send(*wires[1:10_000])
    trial.owner.away = True
    consumer = trial.consumer()
    async with running(consumer):
        await trial.topic.send(*wires[10_000:])
        trial.owner.away = False
        await everything(trial, U99001=20_000)
        assert consumer.desk.keeper.records <= consumer.desk.limits.kept_records_max
    assert await trial.books.applied("U99001") == list(range(1, 20_001))
