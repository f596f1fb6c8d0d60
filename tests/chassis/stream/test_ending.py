"""A task that loses its cancellation is cancelled again, and none is waited for without end."""

import asyncio

import pytest

from chassis.stream.ending import at_most, end_all
from chassis.stream.limits import StreamLimits

LIMITS = StreamLimits(cancel_attempts_max=3, cancel_wait_seconds=0.05)


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
    await end_all([task], LIMITS)
    assert task.cancelled()


async def test_what_takes_too_long_is_ended_although_it_loses_its_cancellation():
    waits = deaf(2)
    with pytest.raises(TimeoutError):
        await at_most(0.01, waits, LIMITS, name="trial")
    assert waits.cr_frame is None


async def test_what_is_cancelled_from_within_does_not_cancel_who_waits_for_it():
    async def cancelled_from_within() -> None:
        raise asyncio.CancelledError

    with pytest.raises(TimeoutError):
        await at_most(10, cancelled_from_within(), LIMITS, name="trial")


async def test_who_is_cancelled_while_waiting_leaves_nothing_running():
    waits = deaf(0)
    task = asyncio.create_task(at_most(10, waits, LIMITS, name="trial"))
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert waits.cr_frame is None


async def test_what_comes_in_time_is_given_and_what_fails_says_so():
    async def fails() -> None:
        raise LookupError

    assert await at_most(10, asyncio.sleep(0, result=7), LIMITS, name="trial") == 7
    with pytest.raises(LookupError):
        await at_most(10, fails(), LIMITS, name="trial")


async def test_a_task_that_never_listens_is_left():
    task = asyncio.create_task(deaf(4))
    await asyncio.sleep(0)
    await end_all([task], LIMITS)
    assert not task.done()
    await end_all([task], LIMITS)
    assert task.done()
