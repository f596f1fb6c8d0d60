"""Healing: what the topic did not bring, or brought wrongly, is pulled from its owner's journal.

Promise    A hole is filled in order and through the same path as everything else, while newer
           records of the stream keep arriving and every other stream flows on; where the two
           meet, the stream goes on by itself. What the owner does not have is never applied.
Price      A stream with a hole waits while its owner is away.
Not here   Finding lost tails: ``heads``.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Protocol
from uuid import UUID

from chassis.database import Database
from chassis.stream.backoff import Backoff
from chassis.stream.blame import OwnerUnavailable, is_ground
from chassis.stream.decisions import Standing
from chassis.stream.ending import end_all
from chassis.stream.events import Key, Record
from chassis.stream.keeping import Keeper
from chassis.stream.limits import StreamLimits
from chassis.stream.owner import Journal
from chassis.stream.positions import PositionsMoved

_LOG = logging.getLogger(__name__)


class DeskLike(Protocol):
    """What healing needs of the desk."""

    consumer: str
    database: Database
    lock: asyncio.Lock
    keeper: Keeper

    async def take(self, records: Sequence[Record]) -> None: ...
    async def standing(self, key: Key) -> Standing | None: ...
    async def refuse_kept(self, key: Key, count: int) -> None: ...
    async def settle_conflict(self, record: Record, owners_id: UUID | None) -> None: ...
    async def healed(self, key: Key) -> None: ...


class Healer:
    """Pulls missing ranges, a few streams at a time."""

    def __init__(
        self, desk: DeskLike, journals: Mapping[str, Journal], limits: StreamLimits
    ) -> None:
        self._desk = desk
        self._journals = journals
        self._limits = limits
        self._at_once = asyncio.Semaphore(limits.pulls_at_once_max)
        self._tasks: dict[Key, asyncio.Task[None]] = {}
        self._until: dict[Key, int] = {}
        self._checks: set[asyncio.Task[None]] = set()
        # Streams that wait because their owner does not answer.
        self.waiting_for_owner: set[Key] = set()

    @property
    def open_holes(self) -> set[Key]:
        """The streams that are being healed."""
        return set(self._tasks)

    def ask(self, key: Key, *, until: int) -> bool:
        """Pull a stream from where it stands to ``until`` at least; say whether that is new."""
        self._until[key] = max(until, self._until.get(key, 0))
        if key in self._tasks:
            return False
        task = asyncio.create_task(
            self._persevere(key, lambda: self._heal(key)), name=f"heal {key}"
        )
        self._tasks[key] = task
        task.add_done_callback(lambda done: self._ended(key, done))
        return True

    def verify(self, record: Record) -> bool:
        """Ask the owner which event has the number that two claim; say if there is time for it."""
        if len(self._checks) >= self._limits.checks_at_once_max:
            return False
        task = asyncio.create_task(self._persevere(record.key, lambda: self._verify(record)))
        self._checks.add(task)
        task.add_done_callback(self._checks.discard)
        return True

    async def cancel(self) -> None:
        """Stop asking, and wait until that has stopped."""
        await end_all([*self._tasks.values(), *self._checks], self._limits)
        self._until.clear()
        self.waiting_for_owner.clear()

    def _ended(self, key: Key, task: asyncio.Task[None]) -> None:
        if self._tasks.get(key) is task:
            del self._tasks[key]
            self._until.pop(key, None)
            self.waiting_for_owner.discard(key)

    async def _persevere(self, key: Key, attempt: Callable[[], Awaitable[None]]) -> None:
        backoff = Backoff(self._limits)
        while True:
            try:
                await attempt()
            except PositionsMoved:
                continue
            except Exception as fault:  # noqa: BLE001 - a stream that waits must not be forgotten
                if isinstance(fault, OwnerUnavailable):
                    self.waiting_for_owner.add(key)
                if backoff.attempts == 0:
                    _LOG.warning(
                        "stream_waits",
                        extra={
                            "consumer": self._desk.consumer,
                            "topic": key[0],
                            "stream": key[1],
                            "reason": type(fault).__name__,
                        },
                        exc_info=None if is_ground(fault) else fault,
                    )
                await backoff.wait()
            else:
                return

    async def _heal(self, key: Key) -> None:
        has_pulled = was_empty = False
        while True:
            async with self._desk.lock:
                standing = await self._desk.standing(key)
            if standing is None or standing.stopped_reason is not None:
                self._desk.keeper.drop(key)
                return
            page = await self._page(key, standing.number)
            async with self._desk.lock:
                if page:
                    await self._desk.take(page)
                is_complete = await self._is_complete(key)
            has_pulled = has_pulled or bool(page)
            if is_complete and len(page) < self._limits.page_events_max:
                if has_pulled:
                    await self._desk.healed(key)
                return
            if page:
                was_empty = False
                continue
            if was_empty and not await self._owner_has_more(key, standing.number):
                await self._refuse(key)
                return
            # Published a moment ago, perhaps, and not yet noted as such by the owner.
            was_empty = True
            await asyncio.sleep(self._limits.unknown_number_patience_seconds)

    async def _page(self, key: Key, after: int) -> list[Record]:
        topic, stream = key
        async with self._at_once:
            page = await self._journals[topic].events(stream, after, self._limits.page_events_max)
        self.waiting_for_owner.discard(key)
        return page

    async def _is_complete(self, key: Key) -> bool:
        standing = await self._desk.standing(key)
        if standing is None or standing.stopped_reason is not None:
            return True
        return standing.number >= self._until.get(key, 0) and key not in self._desk.keeper

    async def _owner_has_more(self, key: Key, number: int) -> bool:
        topic, stream = key
        head = (await self._journals[topic].heads()).get(stream)
        return head is not None and head.numbered > number

    async def _refuse(self, key: Key) -> None:
        async with self._desk.lock:
            await self._desk.refuse_kept(key, 0 if key in self._desk.keeper else 1)

    async def _verify(self, record: Record) -> None:
        topic, stream = record.key
        number = record.envelope.number
        journal = self._journals[topic]
        while True:
            async with self._at_once:
                page = await journal.events(stream, number - 1, 1)
            if page or not await self._owner_has_more(record.key, number - 1):
                break
            await asyncio.sleep(self._limits.unknown_number_patience_seconds)
        async with self._desk.lock:
            await self._desk.settle_conflict(record, page[0].envelope.id if page else None)
