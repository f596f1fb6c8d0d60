"""A consumer between a real broker, a real database and a real owner's journal."""

from dataclasses import replace

import pytest

from tests.chassis.stream.trial import QUICK, a_wire, running
from tests.waiting import until

pytestmark = [pytest.mark.kafka, pytest.mark.postgres]

PATIENCE_SECONDS = 30


async def everything(trial, **numbers: int) -> None:
    """Wait until streams reached their numbers."""
    for stream, number in numbers.items():

        async def reached(stream=stream, number=number) -> bool:
            return await trial.books.reached(stream, number)

        await until(reached, what=f"{stream} at {number}", timeout_seconds=PATIENCE_SECONDS)


def is_conserved(position) -> bool:
    return position["number"] == sum(
        position[count] for count in ("applied", "skipped", "quarantined", "discarded")
    )


async def test_events_of_many_streams_are_applied_once_and_in_order(trial):
    told = {
        stream: await trial.owner.tell(stream, [{"amount": n} for n in range(50)])
        for stream in ["U99001", "U99002", "U99003", "U99004"]
    }
    for wires in told.values():
        await trial.topic.send(*wires)

    async with running(trial.consumer()) as consumer:
        await everything(trial, U99001=50, U99002=50, U99003=50, U99004=50)

        for stream, wires in told.items():
            assert await trial.books.applied(stream) == list(range(1, 51))
            position = await trial.books.position(stream)
            assert position["applied"] == len(wires)
            assert position["duplicates"] == position["holes"] == 0
        await until(consumer.caught_up, what="caught up")
        await until(consumer.ready, what="ready")


async def test_records_repeated_byte_for_byte_change_nothing_but_their_count(trial):
    wires = await trial.owner.tell("U99001", [{"amount": n} for n in range(200)])
    await trial.topic.send(*wires, *wires, *wires[50:120], *wires)

    async with running(trial.consumer()):
        await everything(trial, U99001=200)

        async def counted() -> bool:
            return (await trial.books.position("U99001"))["duplicates"] == 470

        await until(counted, what="470 duplicates", timeout_seconds=PATIENCE_SECONDS)
        assert await trial.books.applied("U99001") == list(range(1, 201))


async def test_a_hole_is_healed_from_the_journal_while_newer_events_and_other_streams_flow_on(
    trial,
):
    sick = await trial.owner.tell("U99001", [{"amount": n} for n in range(100)])
    well = await trial.owner.tell("U99002", [{"amount": n} for n in range(50)])
    await trial.topic.send(*sick[:10], *sick[60:70], *well)

    async with running(trial.consumer()):
        await everything(trial, U99001=70, U99002=50)
        more = await trial.owner.tell("U99001", [{"amount": 1} for _ in range(10)])
        await trial.topic.send(*sick[70:], *more)
        await trial.topic.send(*await trial.owner.tell("U99002", [{"amount": 1}] * 50))
        await everything(trial, U99001=110, U99002=100)

        position = await trial.books.position("U99001")
        assert await trial.books.applied("U99001") == list(range(1, 111))
        assert position["holes"] >= 1
        assert position["healed"] >= 50
        assert (await trial.books.position("U99002"))["holes"] == 0


async def test_what_a_crash_of_the_database_took_back_is_told_again_though_nothing_new_happens(
    trial,
):
    await trial.say("U99001", [{"amount": 1}] * 9)

    async with running(trial.consumer()):
        await everything(trial, U99001=9)
        # A commit that did not wait for the disk is lost whole: effects and position.
        await trial.books.fetch(
            """
            with lost as (delete from effect where stream = 'U99001' and number > 6)
            update consumer_position
            set number = 6, applied = 6,
                event_id = (select event_id from effect where stream = 'U99001' and number = 6)
            where stream = 'U99001' and consumer = $1
            """,
            trial.books.consumer,
        )

        await everything(trial, U99001=9)
        assert await trial.books.applied("U99001") == list(range(1, 10))
        position = await trial.books.position("U99001")
        assert (position["applied"], position["healed"]) == (9, 3)


async def test_a_hole_waits_for_its_owner_while_other_streams_flow_on(trial):
    sick = await trial.owner.tell("U99001", [{"amount": n} for n in range(20)])
    well = await trial.owner.tell("U99002", [{"amount": 1}])
    await trial.topic.send(sick[0], well[0])

    async with running(trial.consumer()) as consumer:
        await everything(trial, U99001=1, U99002=1)
        trial.owner.away = True
        more = await trial.owner.tell("U99002", [{"amount": 1} for _ in range(9)])
        await trial.topic.send(*sick[5:], *more)
        await everything(trial, U99002=10)
        assert await consumer.ready()
        assert await trial.books.applied("U99001") == [1]

        trial.owner.away = False
        await everything(trial, U99001=20)
        assert await trial.books.applied("U99001") == list(range(1, 21))


async def test_the_lost_last_event_of_a_stream_is_pulled(trial):
    wires = await trial.owner.tell("U99001", [{"amount": n} for n in range(5)])
    await trial.topic.send(*wires[:-1])

    async with running(trial.consumer()):
        await everything(trial, U99001=5)

        position = await trial.books.position("U99001")
        assert position["holes"] == 1
        assert position["healed"] == 1
        assert position["duplicates"] == 0


async def test_a_stream_whose_every_event_was_lost_is_pulled(trial):
    await trial.owner.tell("U99001", [{"amount": n} for n in range(5)])

    async with running(trial.consumer()):
        await everything(trial, U99001=5)

        assert await trial.books.applied("U99001") == [1, 2, 3, 4, 5]


async def test_a_number_the_owner_does_not_have_is_refused(trial):
    wires = await trial.owner.tell("U99001", [{"amount": n} for n in range(3)])
    forged = a_wire("U99001", 9)
    await trial.topic.send(*wires, forged)

    async with running(trial.consumer()):

        async def refused() -> bool:
            return (await trial.books.position("U99001")).get("refused", 0) == 1

        await until(refused, what="refused", timeout_seconds=PATIENCE_SECONDS)
        more = await trial.owner.tell("U99001", [{"amount": n} for n in range(10)])
        await trial.topic.send(*more)
        await everything(trial, U99001=13)
        rows = await trial.books.fetch("select event_id from effect where number = 9")
        assert rows[0]["event_id"].hex != dict(forged.headers)["ce_id"].decode().replace("-", "")


async def test_a_number_claimed_before_its_owner_gave_it_is_refused_when_the_stream_reaches_it(
    trial,
):
    wires = await trial.owner.tell("U99001", [{"amount": 7}] * 3)
    async with running(trial.consumer()) as consumer:
        await trial.topic.send(*wires)
        await everything(trial, U99001=3)
        trial.owner.away = True
        await trial.topic.send(a_wire("U99001", 9, {"amount": 8}))
        await until(
            lambda: consumer.desk.keeper.records, what="kept", timeout_seconds=PATIENCE_SECONDS
        )
        # What closes the hole comes before anybody can ask what the owner has.
        more = await trial.owner.tell("U99001", [{"amount": 7}] * 5)
        await trial.topic.send(*more)
        await everything(trial, U99001=8)
        trial.owner.away = False
        await trial.topic.send(*await trial.owner.tell("U99001", [{"amount": 7}] * 4))
        await everything(trial, U99001=12)

        async def refused() -> bool:
            return (await trial.books.position("U99001"))["refused"] == 1

        await until(refused, what="the forged one refused", timeout_seconds=PATIENCE_SECONDS)
        rows = await trial.books.fetch("select number, amount from effect order by place")
        assert [row["number"] for row in rows] == list(range(1, 13))
        assert {row["amount"] for row in rows} == {7}
        assert (await trial.books.position("U99001"))["stopped_reason"] is None


async def test_a_kept_event_gives_way_to_the_one_its_owners_journal_has_under_its_number(trial):
    wires = await trial.owner.tell("U99001", [{"amount": 7}] * 9)
    await trial.topic.send(*wires[:3], a_wire("U99001", 6, {"amount": 8}))

    async with running(trial.consumer()):
        await everything(trial, U99001=9)

        async def refused() -> bool:
            return (await trial.books.position("U99001"))["refused"] == 1

        await until(refused, what="the forged one refused", timeout_seconds=PATIENCE_SECONDS)
        rows = await trial.books.fetch("select amount from effect")
        assert [row["amount"] for row in rows] == [7] * 9


async def test_a_stream_its_owner_does_not_know_is_never_begun(trial):
    well = await trial.owner.tell("U99002", [{"amount": 1}])
    await trial.topic.send(a_wire("U99666", 1), a_wire("U99666", 2), *well)

    async with running(trial.consumer()) as consumer:
        await everything(trial, U99002=1)
        await until(
            lambda: not consumer.desk.keeper.records and not consumer.desk._unconfirmed_since,
            what="let go",
            timeout_seconds=PATIENCE_SECONDS,
        )
        assert await trial.books.position("U99666") == {}
        assert await trial.books.applied("U99666") == []


async def test_a_forged_next_number_stops_its_stream(trial):
    wires = await trial.owner.tell("U99001", [{"amount": n} for n in range(3)])
    well = await trial.owner.tell("U99002", [{"amount": 1}])
    async with running(trial.consumer()):
        await trial.topic.send(*wires, *well)
        await everything(trial, U99001=3, U99002=1)
        await trial.topic.send(a_wire("U99001", 4))

        async def stopped() -> bool:
            return (await trial.books.position("U99001"))["stopped_reason"] is not None

        await until(stopped, what="stopped", timeout_seconds=PATIENCE_SECONDS)
        more = await trial.owner.tell("U99002", [{"amount": 1}])
        await trial.topic.send(*more)
        await everything(trial, U99002=2)
        position = await trial.books.position("U99001")
        assert position["stopped_reason"] == "number-unknown-to-owner"
        assert is_conserved(position)


async def test_a_forged_next_number_that_the_genuine_one_overtook_stops_its_stream_all_the_same(
    trial,
):
    unhurried = replace(QUICK, heads_interval_seconds=60.0)
    wires = await trial.owner.tell("U99001", [{"amount": n} for n in range(3)])
    async with running(trial.consumer(limits=unhurried)):
        await trial.topic.send(*wires, a_wire("U99001", 4))
        await everything(trial, U99001=4)
        # No comparison of heads happens between: only what arrives can tell.
        await trial.topic.send(*await trial.owner.tell("U99001", [{"amount": 1}] * 5))

        async def stopped() -> bool:
            return (await trial.books.position("U99001"))["stopped_reason"] is not None

        await until(stopped, what="stopped", timeout_seconds=PATIENCE_SECONDS)
        position = await trial.books.position("U99001")
        assert position["stopped_reason"] == "conflicting-event"
        assert is_conserved(position)


async def test_a_record_of_an_epoch_that_is_over_is_refused_and_its_stream_goes_on(trial):
    wires = await trial.owner.tell("U99001", [{"amount": 1}] * 3)
    older = wires[1].changed(ce_epoch=b"0")
    await trial.topic.send(wires[0], older, wires[0].changed(ce_epoch=b"0"), wires[2])

    async with running(trial.consumer()):
        await everything(trial, U99001=3)

        async def counted() -> bool:
            position = await trial.books.position("U99001")
            return (position["refused"], position["duplicates"]) == (1, 1)

        await until(counted, what="refused and repeated", timeout_seconds=PATIENCE_SECONDS)
        assert await trial.books.applied("U99001") == [1, 2, 3]
        assert (await trial.books.position("U99001"))["stopped_reason"] is None


async def test_another_event_under_an_applied_number_is_refused_and_the_stream_goes_on(trial):
    wires = await trial.owner.tell("U99001", [{"amount": n} for n in range(3)])
    async with running(trial.consumer()):
        await trial.topic.send(*wires)
        await everything(trial, U99001=3)
        await trial.topic.send(a_wire("U99001", 3))

        async def refused() -> bool:
            return (await trial.books.position("U99001"))["refused"] == 1

        await until(refused, what="refused", timeout_seconds=PATIENCE_SECONDS)
        await trial.topic.send(*await trial.owner.tell("U99001", [{"amount": 4}]))
        await everything(trial, U99001=4)
        assert (await trial.books.position("U99001"))["stopped_reason"] is None


async def test_of_two_events_under_one_number_the_journals_is_applied(trial):
    wires = await trial.owner.tell("U99001", [{"amount": 7}] * 6)
    forged = a_wire("U99001", 4, {"amount": 8})
    await trial.topic.send(*wires[:3], forged, *wires[3:])

    async with running(trial.consumer()):
        await everything(trial, U99001=6)

        async def refused() -> bool:
            return (await trial.books.position("U99001"))["refused"] == 1

        await until(refused, what="the forged one refused", timeout_seconds=PATIENCE_SECONDS)
        rows = await trial.books.fetch("select amount from effect order by number")
        assert [row["amount"] for row in rows] == [7] * 6


async def test_an_unexpected_epoch_stops_its_stream_and_no_other(trial):
    wires = await trial.owner.tell("U99001", [{"amount": 1}] * 2)
    well = await trial.owner.tell("U99002", [{"amount": 1}] * 2)
    await trial.topic.send(wires[0], wires[1].changed(ce_epoch=b"2"), *well)

    async with running(trial.consumer()):
        await everything(trial, U99001=1, U99002=2)

        position = await trial.books.position("U99001")
        assert position["stopped_reason"] == "unexpected-epoch"
        assert position["epoch"] == 1
