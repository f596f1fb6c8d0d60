"""The work that time starts: sending what is due."""

import asyncio
import logging
import time
from collections.abc import Coroutine, Sequence
from typing import Any, Final

from chassis.database import DatabaseUnavailable
from chassis.service import Schedule
from services.notifications.use_cases import LEASE_SECONDS, Sender

POLL_SECONDS: Final = 0.5
OBSERVE_SECONDS: Final = 5.0
DATABASE_AWAY_PAUSE_SECONDS: Final = 2.0

_LOG = logging.getLogger(__name__)


def schedules(sender: Sender, *, per_second_max: float) -> Sequence[Schedule]:
    """Every schedule of notifications."""

    async def run() -> None:
        await send_for_ever(sender, per_second_max=per_second_max)

    return (Schedule("sender", run),)


async def send_for_ever(sender: Sender, *, per_second_max: float) -> None:
    """Send what is due, look again soon, and outlast a database that is away.

    No more than ``per_second_max`` on the whole: mail servers throttle who writes faster, and a
    flood of messages must not take the machine from those who refer.
    """
    observed_at = -OBSERVE_SECONDS
    while True:
        pause_seconds = POLL_SECONDS
        try:
            tried = await _finished(sender.send_due())
            if tried > 0:
                pause_seconds = tried / per_second_max
            if time.monotonic() - observed_at >= OBSERVE_SECONDS:
                await sender.observe()
                observed_at = time.monotonic()
        except DatabaseUnavailable:
            _LOG.warning("sender_waits", extra={"reason": "DatabaseUnavailable"})
            pause_seconds = DATABASE_AWAY_PAUSE_SECONDS
        await asyncio.sleep(pause_seconds)


async def _finished(sending: Coroutine[Any, Any, int]) -> int:
    """Let a round that has begun come to its end, also when this process is told to stop.

    Cut off between the mail server's yes and our commit, its messages would go twice.
    """
    task = asyncio.ensure_future(sending)
    try:
        return await asyncio.shield(task)
    except asyncio.CancelledError:
        await asyncio.wait([task], timeout=LEASE_SECONDS)
        raise
