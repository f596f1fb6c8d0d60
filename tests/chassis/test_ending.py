"""A task that loses its cancellation is cancelled again, and none is waited for without end."""

import asyncio

import pytest

from chassis import ending
from chassis.ending import at_most, end_all, until_one_ends


@pytest.fixture(autouse=True)
def _impatient(monkeypatch):
    monkeypatch.setattr(ending, "CANCEL_ATTEMPTS_MAX", 3)
    monkeypatch.setattr(ending, "CANCEL_WAIT_SECONDS", 0.05)


async def deaf(times: int) -> None:
    heard = 0
    while heard <= times:
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            heard += 1
    raise asyncio.CancelledError


async def test_a_task_that_lost_its_cancellation_is_cancelled_again():
    task = asyncio.create_task(deaf(2))
    await asyncio.sleep(0)
    await end_all([task])
    assert task.cancelled()


async def test_what_takes_too_long_is_ended_although_it_loses_its_cancellation():
    waits = deaf(2)
    with pytest.raises(TimeoutError):
        await at_most(0.01, waits, name="trial")
    assert waits.cr_frame is None


async def test_what_is_cancelled_from_within_does_not_cancel_who_waits_for_it():
    async def cancelled_from_within() -> None:
        raise asyncio.CancelledError

    with pytest.raises(TimeoutError):
        await at_most(10, cancelled_from_within(), name="trial")


async def test_who_is_cancelled_while_waiting_leaves_nothing_running():
    waits = deaf(0)
    task = asyncio.create_task(at_most(10, waits, name="trial"))
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert waits.cr_frame is None


async def test_what_comes_in_time_is_given_and_what_fails_says_so():
    async def fails() -> None:
        raise LookupError

    assert await at_most(10, asyncio.sleep(0, result=7), name="trial") == 7
    with pytest.raises(LookupError):
        await at_most(10, fails(), name="trial")


async def test_a_task_that_never_listens_is_left():
    task = asyncio.create_task(deaf(4))
    await asyncio.sleep(0)
    await end_all([task])
    assert not task.done()
    await end_all([task])
    assert task.done()


async def test_when_one_part_ends_all_do_although_one_loses_its_cancellation():
    async def fails() -> None:
        raise LookupError

    waits = deaf(1)
    with pytest.raises(LookupError):
        await until_one_ends(waits, fails())
    assert waits.cr_frame is None
