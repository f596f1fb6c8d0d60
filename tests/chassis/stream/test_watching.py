"""What shows how a consumer is: its metrics, its traces, its readiness, and the watch over progress."""

import asyncio
import re
from dataclasses import replace

import pytest
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from chassis import metrics, telemetry
from chassis.stream import NothingMoves
from tests.chassis.stream.test_consumer import PATIENCE_SECONDS, everything
from tests.chassis.stream.trial import QUICK, running
from tests.waiting import until

pytestmark = [pytest.mark.kafka, pytest.mark.postgres]

IMPATIENT = replace(QUICK, stuck_seconds=1.5)
TRACE = "0af7651916cd43dd8448eb211c80319c"


def figures(consumer: str, stream: str) -> dict[str, float]:
    text = metrics.exposition().decode()
    found = re.findall(
        rf'waymark_stream_(\w+){{consumer="{consumer}",stream="{stream}",topic="[^"]+"}} (\S+)',
        text,
    )
    return {name: float(value) for name, value in found}


async def test_metrics_show_the_conservation_law_of_each_stream(trial):
    await trial.say("U99001", [{"amount": 1}, {"amount": 666}, {"amount": 1}])
    await trial.say("U99001", [{"amount": 1}], type_="waymark.thing-unheard-of.v1")

    async with running(trial.consumer()):
        found = await until(
            lambda: (
                (seen := figures(trial.books.consumer, "U99001")).get("applied") == 2
                and seen["head"] == 4
                and seen
            ),
            what="metrics",
            timeout_seconds=PATIENCE_SECONDS,
        )
        assert found["head"] == (
            found["applied"]
            + found["skipped"]
            + found["quarantined"]
            + found["discarded"]
            + found["waiting"]
        )
        assert (found["skipped"], found["quarantined"], found["stopped"]) == (1, 1, 0)
    assert figures(trial.books.consumer, "U99001") == {}


async def test_an_events_trace_goes_on_through_the_consumer(trial):
    exporter = InMemorySpanExporter()
    telemetry.set_up("trial", None, exporter=exporter)
    try:
        wires = await trial.owner.tell("U99001", [{"amount": 1}] * 2, published=False)
        traced = wires[0].changed(traceparent=f"00-{TRACE}-b7ad6b7169203331-01".encode())
        await trial.topic.send(traced, wires[1])
        await trial.owner.publish("U99001")
        async with running(trial.consumer()):
            await everything(trial, U99001=2)
        telemetry.flush()
    finally:
        telemetry.shut_down()
    spans = exporter.get_finished_spans()
    applied = [span for span in spans if span.name == "apply waymark.thing-counted.v1"]
    assert [f"{span.context.trace_id:032x}" for span in applied] == [TRACE]
    batches = [span for span in spans if span.name.startswith("process ")]
    assert any(f"{link.context.trace_id:032x}" == TRACE for b in batches for link in b.links)


async def test_a_consumer_starts_before_its_broker_and_says_what_it_waits_for(trial):
    consumer = trial.consumer(bootstrap="127.0.0.1:1")
    task = asyncio.create_task(consumer.run())
    await until(lambda: consumer.waits_for, what="it says so", timeout_seconds=PATIENCE_SECONDS)
    assert not await consumer.ready()
    assert not task.done()
    # The broker's address becomes good: nothing else has to happen.
    consumer._bootstrap = trial.bootstrap
    await trial.say("U99001", [{"amount": 1}])
    await everything(trial, U99001=1)
    await until(consumer.ready, what="ready", timeout_seconds=PATIENCE_SECONDS)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


async def deafen(consumer) -> None:
    """Let the broker's client go on answering, without ever bringing a record."""
    asked = asyncio.Event()

    async def nothing(*_partitions, **_options):
        asked.set()
        await asyncio.sleep(0.01)
        return {}

    consumer.subscription._client.getmany = nothing
    # The question before this one could still bring something.
    await asyncio.wait_for(asked.wait(), PATIENCE_SECONDS)


async def test_a_client_gone_deaf_is_made_anew(trial):
    await trial.say("U99001", [{"amount": 1}])
    async with running(trial.consumer(limits=IMPATIENT)) as consumer:
        await everything(trial, U99001=1)
        deaf = consumer.subscription
        await deafen(consumer)
        await trial.say("U99001", [{"amount": 1}] * 3)

        await everything(trial, U99001=4)
        assert consumer.subscription is not deaf
        assert (await trial.books.position("U99001"))["healed"] == 0


async def test_a_client_that_hears_nothing_of_a_broker_that_answers_is_made_anew(trial):
    await trial.say("U99001", [{"amount": 1}])
    async with running(trial.consumer(limits=IMPATIENT)) as consumer:
        await everything(trial, U99001=1)
        deaf = consumer.subscription

        # As after a broker was killed: every question waits for ever, and no event waits.
        async def never(*_arguments):
            await asyncio.Event().wait()

        deaf._client.end_offsets = never
        await until(
            lambda: consumer.subscription is not deaf,
            what="made anew",
            timeout_seconds=PATIENCE_SECONDS,
        )
        await until(consumer.ready, what="ready", timeout_seconds=PATIENCE_SECONDS)
        await trial.say("U99001", [{"amount": 1}] * 3)
        await everything(trial, U99001=4)


async def test_a_broker_that_is_away_is_no_reason_to_make_a_client_anew(trial):
    async with running(trial.consumer(limits=IMPATIENT)) as consumer:
        await until(consumer.ready, what="ready", timeout_seconds=PATIENCE_SECONDS)
        first, asked = consumer.subscription, []

        async def nobody() -> bool:
            asked.append(1)
            return False

        async def never(*_arguments):
            await asyncio.Event().wait()

        consumer.broker_answers_anew = nobody
        first._client.end_offsets = never
        await until(lambda: len(asked) > 1, what="asked", timeout_seconds=PATIENCE_SECONDS)
        assert consumer.subscription is first
        assert consumer.watchdog._revivals == 0


async def test_a_consumer_whom_a_new_client_does_not_help_ends_and_says_so(trial):
    await trial.say("U99001", [{"amount": 1}])
    consumer = trial.consumer(limits=replace(IMPATIENT, revivals_max=0))
    task = asyncio.create_task(consumer.run())
    await everything(trial, U99001=1)
    await deafen(consumer)
    await trial.say("U99001", [{"amount": 1}])

    await until(task.done, what="it ends", timeout_seconds=PATIENCE_SECONDS)
    with pytest.raises(NothingMoves):
        await task


async def test_events_that_wait_for_their_owner_are_no_reason_to_end(trial):
    await trial.say("U99001", [{"amount": 1}] * 2)
    async with running(trial.consumer(limits=IMPATIENT)) as consumer:
        await everything(trial, U99001=2)
        trial.owner.away = True
        more = await trial.owner.tell("U99001", [{"amount": 1}] * 3)
        await trial.topic.send(more[1], more[2])
        await until(
            lambda: consumer.desk.healer.waiting_for_owner, what="waits", timeout_seconds=30
        )
        asked = trial.owner.asked
        await until(lambda: trial.owner.asked > asked + 12, what="asked", timeout_seconds=30)
        assert consumer.watchdog._revivals == 0
        trial.owner.away = False
        await everything(trial, U99001=5)
