"""Leadership: one relay per database works, the others stand by.

Promise    It ends with the connection that holds it, and that is noticed at once when the
           server says so and within ``CHECK_SECONDS + CHECK_TIMEOUT_SECONDS`` when not. A
           leader that is frozen loses it after ``SILENCE_MAX_SECONDS``.
Price      One connection that does nothing else. For moments two may lead: numbering and
           publishing are built to be right then too.
Not here   What a leader does: ``chassis.relay.relay``.
"""

import asyncio
import contextlib
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager

import asyncpg

from chassis.database import Database
from chassis.sql import Queries

STANDBY_POLL_SECONDS = 0.5
CHECK_SECONDS = 1.0
CHECK_TIMEOUT_SECONDS = 2.0
SILENCE_MAX_SECONDS = 5
CLOSE_TIMEOUT_SECONDS = 1.0

_SQL = Queries("chassis.relay")


class LeadershipLost(Exception):
    """The connection that held the leadership is gone."""


class Leadership:
    """The right to lead, as long as its connection lives."""

    def __init__(self, connection: "asyncpg.Connection[asyncpg.Record]") -> None:
        self._connection = connection
        self._ended = asyncio.Event()
        connection.add_termination_listener(lambda _: self._ended.set())

    async def watch(self) -> None:
        """Raise ``LeadershipLost`` when it is lost."""
        while True:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(CHECK_SECONDS):
                    await self._ended.wait()
                raise LeadershipLost
            try:
                await self._connection.fetchval(_SQL["still_there"], timeout=CHECK_TIMEOUT_SECONDS)
            except (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError) as fault:
                raise LeadershipLost from fault


@asynccontextmanager
async def leadership(
    database: Database, *, on_standing_by: Callable[[], None]
) -> AsyncGenerator[Leadership, None]:
    """Wait until no other relay leads, then lead until the block ends."""
    connection = await database.connect(silence_max_seconds=SILENCE_MAX_SECONDS)
    try:
        while not await connection.fetchval(_SQL["take_leadership"]):
            on_standing_by()
            await asyncio.sleep(STANDBY_POLL_SECONDS)
        yield Leadership(connection)
    finally:
        with contextlib.suppress(Exception):
            await connection.close(timeout=CLOSE_TIMEOUT_SECONDS)
