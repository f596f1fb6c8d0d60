"""Listening: how the relay learns that something was committed, and when nobody need tell it.

Promise    What is committed is noticed within ``OUTBOX_POLL_SECONDS``, told or not; told, at
           once. While events come fast the writers are spared the telling.
Price      A connection of its own. A process that is busy asks ``1 / BUSY_POLL_SECONDS``
           times a second.
Not here   What is then done: ``chassis.relay.numbering``.

Postgres lets one transaction at a time commit a notification, on the whole server, and
waits for the disk meanwhile: with sixteen writers that halved what could be committed. So
the relay raises a flag (an advisory lock) while it is busy, writers who see it stay silent
(``append_events``), and the relay asks often instead.
"""

import asyncio
import contextlib
import time

import asyncpg

from chassis.database import Database
from chassis.sql import Queries

CHANNEL = "waymark_outbox"
OUTBOX_POLL_SECONDS = 0.1
BUSY_POLL_SECONDS = 0.02
BUSY_EVENTS_PER_SECOND = 150
BUSY_LINGER_SECONDS = 1.0
CLOSE_TIMEOUT_SECONDS = 1.0

_SQL = Queries("chassis.relay")


class Listener:
    """Sets ``hint`` whenever there may be something to number."""

    def __init__(self, database: Database, hint: asyncio.Event) -> None:
        self._database = database
        self._hint = hint
        self._second_began = time.monotonic()
        self._second_count = 0
        self._busy_until = 0.0
        self.is_listening = False
        self.is_flag_up = False

    def note_numbered(self, count: int) -> None:
        """Learn how fast events come."""
        present = time.monotonic()
        if present - self._second_began > 1:
            self._second_began, self._second_count = present, 0
        self._second_count += count
        if self._second_count >= BUSY_EVENTS_PER_SECOND:
            self._busy_until = present + BUSY_LINGER_SECONDS

    async def listen(self) -> None:
        """Listen and ask until the connection fails or the task is cancelled."""
        connection = await self._database.connect()
        try:
            await connection.add_listener(CHANNEL, self._told)
            self.is_listening = True
            while True:
                is_busy = await self._tend_flag(connection)
                if await connection.fetchval(_SQL["outbox_is_waiting"]):
                    self._hint.set()
                await asyncio.sleep(BUSY_POLL_SECONDS if is_busy else OUTBOX_POLL_SECONDS)
        finally:
            self.is_listening = self.is_flag_up = False
            with contextlib.suppress(Exception):
                await connection.close(timeout=CLOSE_TIMEOUT_SECONDS)

    async def _tend_flag(self, connection: "asyncpg.Connection[asyncpg.Record]") -> bool:
        """Raise or lower the flag and say whether to ask often."""
        quiet_seconds = time.monotonic() - self._busy_until
        if quiet_seconds < 0 and not self.is_flag_up:
            self.is_flag_up = bool(await connection.fetchval(_SQL["raise_busy_flag"]))
        elif quiet_seconds >= 0 and self.is_flag_up:
            await connection.execute(_SQL["lower_busy_flag"])
            self.is_flag_up = False
        # Who saw the flag may commit a moment after it fell.
        return quiet_seconds < BUSY_LINGER_SECONDS

    def _told(self, *_: object) -> None:
        self._hint.set()
