"""What operators wish for: redrive, discard, resume; asked for at a door, carried out here.

Promise    A wish is carried out once, by whichever member of the group sees it first, and says
           in its own row what became of it. Only the worker role touches positions.
Price      An operator waits up to half a second.
Not here   The doors: ``chassis.flow_api``.
"""

import asyncio
import logging
from collections.abc import Mapping
from uuid import UUID

import asyncpg

from chassis.database import Connection
from chassis.sql import Queries
from chassis.stream.backoff import Backoff
from chassis.stream.blame import OwnerUnavailable, is_ground
from chassis.stream.desk import Desk
from chassis.stream.events import Key, Projection
from chassis.stream.limits import StreamLimits
from chassis.stream.owner import Journal
from chassis.stream.redriving import (
    Chain,
    Entry,
    JournalNeeded,
    believe_journal,
    chain_of,
    load_entries,
    store_outcome,
    try_again,
)

DONE = "done"
STILL_FAILING = "still-failing"
NOTHING_TO_DO = "nothing-to-do"
NOT_POSSIBLE = "not-possible"

_SQL = Queries("chassis.stream")
_LOG = logging.getLogger(__name__)


class Operations:
    """Carries out wishes about one consumer's streams."""

    def __init__(
        self,
        projection: Projection,
        desk: Desk,
        journals: Mapping[str, Journal],
        limits: StreamLimits,
    ) -> None:
        self._projection = projection
        self._desk = desk
        self._journals = journals
        self._limits = limits

    async def run(self) -> None:
        """Look for wishes for ever."""
        backoff = Backoff(self._limits)
        while True:
            try:
                await self.carry_out()
            except Exception as fault:  # noqa: BLE001 - a wish that cannot be done must not end the consumer
                if backoff.attempts == 0:
                    _LOG.warning(
                        "wishes_wait",
                        extra={"consumer": self._desk.consumer, "reason": type(fault).__name__},
                        exc_info=None if is_ground(fault) else fault,
                    )
                await backoff.wait()
            else:
                backoff.reset()
                await asyncio.sleep(self._limits.wish_interval_seconds)

    async def carry_out(self) -> int:
        """Carry out what is open now, and say how many wishes that were."""
        async with self._desk.lock:
            self._look_again_at_stopped()
        async with self._desk.database.transaction() as connection:
            wishes = await connection.fetch(
                _SQL["open_wishes"], self._desk.consumer, self._limits.wishes_at_once_max, None
            )
        done = 0
        for wish in wishes:
            done += await self._attempt(wish["id"])
        return done

    async def _attempt(self, wish_id: UUID) -> bool:
        """Carry out one wish; ask the journal first for each copy that turns out to be needed."""
        while True:
            try:
                async with (
                    asyncio.timeout(self._limits.take_timeout_seconds),
                    self._desk.lock,
                    self._desk.database.transaction() as connection,
                ):
                    wish = await connection.fetchrow(
                        _SQL["open_wishes"], self._desk.consumer, 1, wish_id
                    )
                    if wish is None:
                        return False
                    key, outcome = await self._carry_out(connection, wish)
                    await connection.execute(_SQL["close_wish"], wish_id, outcome)
            except JournalNeeded as needed:
                await self._fetch_copy(needed)
            else:
                self._follow_up(wish["action"], key, outcome)
                return True

    async def _carry_out(
        self, connection: Connection, wish: asyncpg.Record
    ) -> tuple[Key | None, str]:
        if wish["action"] == "resume":
            return await self._resume(connection, (wish["topic"], wish["stream"]))
        entry = await connection.fetchrow(_SQL["quarantine_entry"], wish["quarantine_id"])
        if entry is None or entry["state"] != "open":
            return None, NOTHING_TO_DO
        is_discard = wish["action"] == "discard"
        if entry["kind"] == "unreadable":
            if not is_discard:
                return None, NOT_POSSIBLE
            await connection.execute(_SQL["discard_unreadable"], wish["quarantine_id"])
            return None, DONE
        key = (entry["topic"], entry["stream"])
        return key, await self._free(connection, key, wish["quarantine_id"], is_discard=is_discard)

    async def _resume(self, connection: Connection, key: Key) -> tuple[Key | None, str]:
        row = await connection.fetchrow(_SQL["lock_position"], self._desk.consumer, *key)
        if row is None or row["stopped_reason"] is None:
            return None, NOTHING_TO_DO
        await connection.execute(
            _SQL["release_position"],
            self._desk.consumer,
            *key,
            0,
            0,
            0,
            True,  # noqa: FBT003 - a column of the query
        )
        return key, DONE

    async def _free(
        self, connection: Connection, key: Key, entry_id: UUID, *, is_discard: bool
    ) -> str:
        consumer = self._desk.consumer
        # Whoever else applies or frees anything of this stream waits here.
        await connection.fetchrow(_SQL["lock_position"], consumer, *key)
        rows = await connection.fetch(_SQL["open_subjects"], consumer, *key)
        entries = await load_entries(connection, key[0], chain_of(entry_id, rows))
        if is_discard:
            await connection.execute(_SQL["close_entries"], [entry_id], "discarded")
            entries = [entry for entry in entries if entry.id != entry_id]
        chain = Chain(entries, _not_to_be_tried(entries) if is_discard else frozenset())
        await try_again(connection, self._projection, chain)
        await store_outcome(connection, consumer, key, chain, discarded=int(is_discard))
        still_failing = any(tried for *_, tried in chain.kept)
        return STILL_FAILING if still_failing else DONE

    async def _fetch_copy(self, needed: JournalNeeded) -> None:
        async with self._desk.database.transaction() as connection:
            entry = await connection.fetchrow(_SQL["quarantine_entry"], needed.entry_id)
        assert entry is not None, "an open entry is never deleted"
        page = await self._journals[entry["topic"]].events(
            entry["stream"], needed.number - 1, limit=1
        )
        if not page:
            raise OwnerUnavailable("the journal does not hold a number it once published")
        async with self._desk.database.transaction() as connection:
            await believe_journal(connection, needed.entry_id, page[0])

    def _follow_up(self, action: str, key: Key | None, outcome: str) -> None:
        _LOG.info(
            "wish_carried_out",
            extra={
                "consumer": self._desk.consumer,
                "what": action,
                "state": outcome,
                "topic": key[0] if key else None,
                "stream": key[1] if key else None,
            },
        )
        if key is None:
            return
        standing = self._desk.positions.standings.get(key)
        self._desk.positions.forget([key])
        if action == "resume" and standing is not None:
            # The topic has gone on without it: what it missed is in the journal.
            self._desk.healer.ask(key, until=standing.number)

    def _look_again_at_stopped(self) -> None:
        standings = self._desk.positions.standings
        self._desk.positions.forget(
            [key for key, standing in standings.items() if standing.stopped_reason is not None]
        )


def _not_to_be_tried(entries: list[Entry]) -> frozenset[UUID]:
    """After a discard only what was held goes on; what failed by itself awaits its own redrive."""
    return frozenset(entry.id for entry in entries if entry.kind == "failed")
