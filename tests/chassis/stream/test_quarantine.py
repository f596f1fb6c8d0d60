"""Quarantine: what fails holds what comes after it about the same subjects, until someone decides."""

import pytest

from tests.chassis.stream.test_consumer import PATIENCE_SECONDS, everything, is_conserved
from tests.chassis.stream.trial import QUICK, running
from tests.waiting import until

pytestmark = [pytest.mark.kafka, pytest.mark.postgres]

GOOD, BAD = {"amount": 1}, {"amount": 666}
A, B, C, D = "thing/a", "thing/b", "thing/c", "thing/d"


def kinds(entries) -> dict[int, str]:
    return {entry["number"]: entry["kind"] for entry in entries if entry["state"] == "open"}


async def test_what_fails_holds_later_events_about_the_same_subject_and_no_others(trial):
    await trial.say("U99001", [GOOD, BAD, GOOD, GOOD, GOOD, GOOD], subjects=[A, A, B, A, B, A])

    async with running(trial.consumer()):
        await everything(trial, U99001=6)
        await trial.say("U99001", [GOOD, GOOD], subjects=[A, B])
        await everything(trial, U99001=8)

        assert await trial.books.applied("U99001") == [1, 3, 5, 8]
        assert kinds(await trial.books.quarantined()) == {
            2: "failed", 4: "held", 6: "held", 7: "held"
        }  # fmt: skip
        position = await trial.books.position("U99001")
        assert position["quarantined"] == 4
        assert is_conserved(position)


async def test_a_held_event_holds_all_it_is_about_and_they_are_freed_together_in_order(trial):
    projection = trial.projection()
    await trial.say(
        "U99001",
        [BAD, GOOD, GOOD, GOOD, GOOD],
        subjects=[A, B, C, D, C],
        related=[[], [A], [B], [], []],
    )

    async with running(trial.consumer(projection)):
        await everything(trial, U99001=5)
        entries = await trial.books.quarantined()
        assert kinds(entries) == {1: "failed", 2: "held", 3: "held", 5: "held"}

        projection.repaired = True
        last = entries[-1]["id"]
        assert await trial.books.carried_out(await trial.books.wish("redrive", last)) == "done"

        assert await trial.books.applied("U99001") == [4, 1, 2, 3, 5]
        position = await trial.books.position("U99001")
        assert (position["applied"], position["quarantined"]) == (5, 0)
        assert {e["state"] for e in await trial.books.quarantined()} == {"redriven"}

        await trial.say("U99001", [GOOD], subjects=[A])
        await everything(trial, U99001=6)
        assert (await trial.books.applied("U99001"))[-1] == 6


async def test_a_redrive_that_fails_again_frees_nothing_and_says_so(trial):
    await trial.say("U99001", [BAD, GOOD, BAD, GOOD], subjects=[A, A, B, A])

    async with running(trial.consumer()):
        await everything(trial, U99001=4)
        first = (await trial.books.quarantined())[0]

        wish = await trial.books.wish("redrive", first["id"])
        assert await trial.books.carried_out(wish) == "still-failing"

        entries = await trial.books.quarantined()
        assert kinds(entries) == {1: "failed", 2: "held", 3: "failed", 4: "held"}
        assert [entry["attempts"] for entry in entries] == [2, 1, 1, 1]
        assert await trial.books.applied("U99001") == []


async def test_a_discard_gives_up_one_event_and_lets_what_it_held_go_on(trial):
    await trial.say("U99001", [BAD, GOOD, BAD, GOOD, GOOD], subjects=[A, A, A, A, B])

    async with running(trial.consumer()):
        await everything(trial, U99001=5)
        entries = await trial.books.quarantined()
        assert kinds(entries) == {1: "failed", 2: "held", 3: "held", 4: "held"}

        wish = await trial.books.wish("discard", entries[0]["id"])
        # What was held and turns out to fail by itself, fails, and holds the rest.
        assert await trial.books.carried_out(wish) == "still-failing"
        assert await trial.books.applied("U99001") == [5, 2]
        assert kinds(await trial.books.quarantined()) == {3: "failed", 4: "held"}

        assert await trial.books.carried_out(
            await trial.books.wish("discard", entries[2]["id"])
        ) == "done"  # fmt: skip
        assert await trial.books.applied("U99001") == [5, 2, 4]
        position = await trial.books.position("U99001")
        assert (position["applied"], position["discarded"], position["quarantined"]) == (3, 2, 0)
        assert is_conserved(position)
        again = await trial.books.wish("discard", entries[0]["id"])
        assert await trial.books.carried_out(again) == "nothing-to-do"


async def test_a_held_copy_from_the_topic_that_fails_is_judged_by_the_journal(trial):
    await trial.say("U99001", [BAD], subjects=[A])

    async with running(trial.consumer()):
        await everything(trial, U99001=1)
        (wire,) = await trial.owner.tell("U99001", [GOOD], subjects=[A], published=False)
        await trial.topic.send(wire.saying(b'{"amount": "broken on its way"}'))
        await trial.owner.publish("U99001")
        await everything(trial, U99001=2)
        entries = await trial.books.quarantined()
        assert [entry["from_journal"] for entry in entries] == [True, False]

        wish = await trial.books.wish("discard", entries[0]["id"])
        assert await trial.books.carried_out(wish) == "done"
        assert await trial.books.applied("U99001") == [2]


async def test_too_many_failures_stop_the_stream_and_resume_goes_on_from_the_journal(trial):
    projection = trial.projection()
    await trial.say("U99001", [GOOD] * 50)
    await trial.say("U99001", [BAD] * 30)
    await trial.say("U99002", [GOOD] * 20)

    async with running(trial.consumer(projection)):
        await everything(trial, U99002=20)

        async def stopped() -> bool:
            return (await trial.books.position("U99001")).get("stopped_reason") is not None

        await until(stopped, what="stopped", timeout_seconds=PATIENCE_SECONDS)
        position = await trial.books.position("U99001")
        assert position["stopped_reason"] == "too-many-quarantined"
        assert position["number"] == 50 + QUICK.stop_failed_min
        assert is_conserved(position)

        await trial.say("U99001", [GOOD] * 5)
        await trial.say("U99002", [GOOD] * 5)
        await everything(trial, U99002=25)
        assert (await trial.books.position("U99001"))["number"] == position["number"]

        projection.repaired = True
        wish = await trial.books.wish("resume", None, trial.topic.name, "U99001")
        assert await trial.books.carried_out(wish) == "done"
        await everything(trial, U99001=85)
        wishes = [
            await trial.books.wish("redrive", entry["id"])
            for entry in await trial.books.quarantined("U99001")
        ]
        assert {await trial.books.carried_out(wish) for wish in wishes} == {"done"}

        assert sorted(await trial.books.applied("U99001")) == list(range(1, 86))
        position = await trial.books.position("U99001")
        assert (position["applied"], position["quarantined"]) == (85, 0)


async def test_a_few_failures_among_many_events_stop_nothing(trial):
    data = [BAD if n % 13 == 0 else GOOD for n in range(280)]
    await trial.say("U99001", data)

    async with running(trial.consumer()):
        await everything(trial, U99001=280)

        position = await trial.books.position("U99001")
        assert position["stopped_reason"] is None
        assert position["quarantined"] == 22


async def test_nothing_is_quarantined_because_the_owner_is_away(trial):
    await trial.say("U99001", [GOOD])
    async with running(trial.consumer()):
        await everything(trial, U99001=1)
        trial.owner.away = True
        await trial.say("U99001", [BAD, GOOD])
        await trial.say("U99002", [GOOD])
        asked = trial.owner.asked
        await until(lambda: trial.owner.asked > asked + 3, what="asked in vain")
        assert await trial.books.quarantined() == []
        assert await trial.books.applied("U99001") == [1]

        trial.owner.away = False
        await everything(trial, U99001=3, U99002=1)
        assert kinds(await trial.books.quarantined()) == {2: "failed"}
        assert await trial.books.applied("U99001") == [1, 3]


async def test_what_is_held_stays_held_over_a_restart(trial):
    await trial.say("U99001", [BAD, GOOD], subjects=[A, A])
    async with running(trial.consumer()):
        await everything(trial, U99001=2)

    await trial.say("U99001", [GOOD, GOOD], subjects=[A, B])
    async with running(trial.consumer()):
        await everything(trial, U99001=4)

        assert kinds(await trial.books.quarantined()) == {1: "failed", 2: "held", 3: "held"}
        assert await trial.books.applied("U99001") == [4]
