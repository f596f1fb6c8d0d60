"""The sender's loop: it goes on by itself and outlasts a database that is away."""

import asyncio
import contextlib
import time

import pytest

from chassis.database import Database
from services.notifications.domain import RULES
from services.notifications.gateways.cards import Cards
from services.notifications.gateways.mail import Mail
from services.notifications.gateways.questions import Questions
from services.notifications.schedules import send_for_ever
from services.notifications.use_cases import Sender
from tests.notifications.trial import HEAD, Post, a_referral
from tests.waiting import until

pytestmark = pytest.mark.postgres


async def test_what_is_due_goes_out_by_itself_also_after_the_database_was_away(
    post: Post,
) -> None:
    # Not opened yet, as in a process that started before Postgres did.
    database = Database(post.provisioned.worker_url, "worker", 2)
    sender = Sender(
        database,
        Cards(post.clients, directory_url="http://directory", referral_url="http://referral"),
        Questions(post.clients, directory_url="http://directory"),
        Mail(f"127.0.0.1:{post.sink.port}", security="opportunistic"),
        head=HEAD,
        awake=RULES,
        now=post.watch,
    )
    running = asyncio.create_task(send_for_ever(sender, per_second_max=100))
    try:
        await post.apply([a_referral()])
        await database.open()
        await until(lambda: len(post.sink.messages) == 1, what="the message arrives")
        await until(lambda: _sent(post), what="the message is written down as sent")
    finally:
        running.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await running
        await database.close()


async def test_a_process_told_to_stop_writes_down_what_it_was_sending(post: Post) -> None:
    await post.apply([a_referral()])
    post.sink.taking_over.clear()
    post.sink.may_answer.clear()
    running = asyncio.create_task(send_for_ever(post.sender(), per_second_max=100))
    await asyncio.wait_for(post.sink.taking_over.wait(), 10)

    running.cancel()
    post.sink.may_answer.set()
    with pytest.raises(asyncio.CancelledError):
        await running

    assert await _sent(post)
    assert len(post.sink.messages) == 1


async def test_no_more_goes_out_in_a_second_than_may(post: Post) -> None:
    # Three rounds of eight at 20 a second: the third begins no sooner than 0.8 s after the first.
    await post.apply([a_referral(number) for number in range(1, 25)])
    running = asyncio.create_task(send_for_ever(post.sender(), per_second_max=20))
    began = time.monotonic()
    try:
        await until(lambda: len(post.sink.messages) > 16, what="the third round goes out")
        assert time.monotonic() - began >= 0.8
    finally:
        running.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await running


async def _sent(post: Post) -> bool:
    return set((await post.states()).values()) == {"sent"}
