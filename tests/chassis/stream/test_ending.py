"""A task that loses its cancellation is cancelled again, and none is waited for without end."""

import asyncio

from chassis.stream.ending import end_all
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


async def test_a_task_that_never_listens_is_left():
    task = asyncio.create_task(deaf(4))
    await asyncio.sleep(0)
    await end_all([task], LIMITS)
    assert not task.done()
    await end_all([task], LIMITS)
    assert task.done()
