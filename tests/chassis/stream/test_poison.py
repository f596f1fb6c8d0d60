"""Records that cannot be read or applied, of every kind, among good ones that must all arrive."""

import struct

import pytest
from aiokafka import AIOKafkaProducer
from aiokafka.record.util import calc_crc32c

from chassis.stream.heads import partition_of
from tests.chassis.stream.poison import ON_THE_WAY
from tests.chassis.stream.test_consumer import PATIENCE_SECONDS, everything, is_conserved
from tests.chassis.stream.trial import a_wire, running
from tests.waiting import until

pytestmark = [pytest.mark.kafka, pytest.mark.postgres]

# What only this trial's projection refuses.
OF_THE_TRIAL = {
    "value lacks a field": lambda wire: wire.saying(b'{"name": "x"}'),
    "value has a wrong type": lambda wire: wire.saying(b'{"amount": "many"}'),
    "value is too large a number": lambda wire: wire.saying(b'{"amount": 99999999999}'),
    "value breaks a constraint": lambda wire: wire.saying(b'{"amount": 1000}'),
    "value makes the fold fail": lambda wire: wire.saying(b'{"amount": 666}'),
}
BROKEN_ON_THE_WAY = {**ON_THE_WAY, **OF_THE_TRIAL}


async def test_every_kind_of_record_broken_on_its_way_is_healed_and_costs_no_good_one(trial):
    count = len(BROKEN_ON_THE_WAY)
    sick = await trial.owner.tell("U99001", [{"amount": 1}] * (count * 3))
    sent = list(sick)
    for index, broken in enumerate(BROKEN_ON_THE_WAY.values()):
        sent[index * 3 + 1] = broken(sick[index * 3 + 1])
    well = await trial.owner.tell("U99002", [{"amount": 1}] * 100)
    await trial.topic.send(*well[:50], *sent, *well[50:])

    async with running(trial.consumer()):
        await everything(trial, U99001=count * 3, U99002=100)

        assert await trial.books.applied("U99001") == list(range(1, count * 3 + 1))
        assert await trial.books.applied("U99002") == list(range(1, 101))
        position = await trial.books.position("U99001")
        assert position["quarantined"] == 0
        assert position["applied"] == count * 3

        async def healed() -> bool:
            entries = await trial.books.quarantined("U99001")
            return bool(entries) and all(entry["state"] == "healed" for entry in entries)

        await until(healed, what="unreadable entries closed", timeout_seconds=PATIENCE_SECONDS)
        assert {entry["kind"] for entry in await trial.books.quarantined()} == {"unreadable"}


async def test_what_could_not_be_read_is_closed_too_when_the_journal_told_it_long_before(trial):
    wires = await trial.owner.tell("U99001", [{"amount": 1}] * 10)

    async with running(trial.consumer()):
        # Two is missing: the journal tells it, and the rest with it.
        await trial.topic.send(wires[0], wires[2])
        await everything(trial, U99001=10)
        broken = ON_THE_WAY["every header is missing"](wires[6])
        await trial.topic.send(*wires[3:6], broken, *wires[7:])

        async def closed() -> bool:
            entries = await trial.books.quarantined("U99001")
            return [entry["state"] for entry in entries] == ["healed"]

        await until(closed, what="the entry closed", timeout_seconds=PATIENCE_SECONDS)
        assert (await trial.books.position("U99001"))["applied"] == 10


async def test_what_could_not_be_read_where_nothing_is_missing_stays_open_for_somebody(trial):
    wires = await trial.say("U99001", [{"amount": 1}] * 3)

    async with running(trial.consumer()):
        await everything(trial, U99001=3)
        await trial.topic.send(ON_THE_WAY["every header is missing"](wires[2]))

        async def kept() -> bool:
            return bool(await trial.books.quarantined("U99001"))

        await until(kept, what="the entry", timeout_seconds=PATIENCE_SECONDS)
        await trial.say("U99001", [{"amount": 1}])
        await everything(trial, U99001=4)
        assert [e["state"] for e in await trial.books.quarantined("U99001")] == ["open"]


# So in the journal too: judged by that copy, each is set aside with its reason.
POISON = {
    "invalid-value": {"amount": "many"},
    "invalid-value ": {},
    "invalid-value  ": [1, 2],
    "refused-by-database": {"amount": 1000},
    "projection-failed": {"amount": 666},
    "projection-failed ": {"amount": 2**40},
    "refused-by-projection": {"amount": 1, "pcn_code": "U99009"},
}


async def test_what_is_broken_in_the_journal_too_is_set_aside_with_a_reason_that_quotes_nothing(
    trial,
):
    data = []
    for poison in POISON.values():
        data += [{"amount": 1}, poison, {"amount": 2}]
    wires = await trial.say("U99001", data)

    async with running(trial.consumer()):
        await everything(trial, U99001=len(wires))

        entries = await trial.books.quarantined("U99001")
        assert [entry["reason"] for entry in entries] == [name.strip() for name in POISON]
        assert {entry["kind"] for entry in entries} == {"failed"}
        assert all(entry["from_journal"] for entry in entries)
        assert "must not be told" not in " ".join(entry["detail"] for entry in entries)
        assert "U99009" not in " ".join(entry["detail"] for entry in entries)
        position = await trial.books.position("U99001")
        assert position["applied"] == 2 * len(POISON)
        assert position["quarantined"] == len(POISON)
        assert is_conserved(position)


async def test_records_without_an_envelope_are_kept_once_by_their_place(trial):
    await trial.topic.send_raw(b"hello", key=None)
    await trial.topic.send_raw(None, key=b"\xff", headers=[("ce_id", None)])
    await trial.topic.send_raw(b"{}", key=b"U99001", headers=[("ce_type", b"\xff"), ("x", b"\x00")])
    misplaced = a_wire("U99001", 1)
    await trial.topic.send_raw(misplaced.value, key=b"U99002", headers=misplaced.headers)

    async with running(trial.consumer()):

        async def kept() -> bool:
            return len(await trial.books.quarantined()) == 4

        await until(kept, what="four entries", timeout_seconds=PATIENCE_SECONDS)
        entries = await trial.books.quarantined()
        assert {(e["kind"], e["record_partition"]) for e in entries} == {("unreadable", 0)}
        assert [e["record_offset"] for e in entries] == [0, 1, 2, 3]
        assert entries[0]["value"] == b"hello"
        assert entries[1]["value"] is None
        assert await trial.books.applied("U99001") == []

    # Read again by a consumer without committed offsets, they are the same four.
    async with running(trial.consumer()) as consumer:
        await until(consumer.ready, what="ready", timeout_seconds=PATIENCE_SECONDS)
    assert len(await trial.books.quarantined()) == 4


async def test_an_event_of_unknown_type_is_counted_as_skipped(trial):
    await trial.say("U99001", [{"amount": 1}])
    await trial.say("U99001", [{"whatever": 1}] * 3, type_="waymark.thing-unheard-of.v1")
    await trial.say("U99001", [{"amount": 1}])

    async with running(trial.consumer()):
        await everything(trial, U99001=5)

        position = await trial.books.position("U99001")
        assert (position["applied"], position["skipped"]) == (2, 3)
        assert await trial.books.applied("U99001") == [1, 5]


async def test_a_record_whose_header_names_are_no_text_does_not_hold_up_its_partition(
    trial, kafka_bootstrap
):
    wires = await trial.owner.tell("U99001", [{"amount": 1}] * 30)
    partition = partition_of("U99001", trial.topic.partitions)
    producer = AIOKafkaProducer(bootstrap_servers=kafka_bootstrap)
    await producer.start()
    batch = producer.create_batch()
    for wire in wires[:10]:
        batch.append(key=b"U99001", value=wire.value, timestamp=None, headers=wire.headers)
    batch.append(key=b"U99001", value=b"{}", timestamp=None, headers=[("x-broken", b"1")])
    for wire in wires[10:20]:
        batch.append(key=b"U99001", value=wire.value, timestamp=None, headers=wire.headers)
    await _send_with_broken_name(producer, batch, trial.topic.name, partition)
    await producer.stop()
    await trial.topic.send(*wires[20:])

    async with running(trial.consumer()):
        await everything(trial, U99001=30)

        assert await trial.books.applied("U99001") == list(range(1, 31))
        entries = await trial.books.quarantined()
        assert [(e["kind"], e["record_offset"]) for e in entries] == [("unreadable", 10)]


async def _send_with_broken_name(producer, batch, topic: str, partition: int) -> None:
    """Send a batch in which a header's name is made invalid UTF-8, its checksum made anew."""
    batch.close()
    raw = bytearray(batch._buffer if batch._buffer is not None else batch._builder.build())
    at = raw.index(b"x-broken")
    raw[at : at + 8] = b"\xff" * 8
    raw[17:21] = struct.pack(">I", calc_crc32c(bytes(raw[21:])))
    batch._buffer = raw
    await (await producer.send_batch(batch, topic, partition=partition))
