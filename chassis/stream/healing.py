"""Healing: what the topic did not bring, or brought wrongly, is pulled from its owner's journal.

Promise    A hole is filled in order and through the same path as everything else, while newer
           records of the stream keep arriving and every other stream flows on; where the two
           meet, the stream goes on by itself. What the owner does not have is never applied, nor
           is what claims a number before its owner gave it to another event.
Price      A stream with a hole waits while its owner is away.
Not here   Finding lost tails: ``heads``.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Protocol
from uuid import UUID

from chassis.database import Database
from chassis.ending import end_all
from chassis.stream.backoff import Backoff
from chassis.stream.blame import OwnerUnavailable, is_ground
from chassis.stream.decisions import Conflict, Standing
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

    async def take_page(self, key: Key, page: Sequence[Record], asked_at: int) -> None: ...
    async def standing(self, key: Key) -> Standing | None: ...
    async def refuse_unknown(self, key: Key, count: int) -> None: ...
    async def settle_conflict(self, conflict: Conflict, owners_id: UUID | None) -> None: ...
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

    def verify(self, conflict: Conflict) -> bool:
        """Ask the owner which event has the number that two claim; say if there is time for it."""
        if len(self._checks) >= self._limits.checks_at_once_max:
            return False
        key = conflict.record.key
        task = asyncio.create_task(self._persevere(key, lambda: self._verify(conflict)))
        self._checks.add(task)
        task.add_done_callback(self._checks.discard)
        return True

    async def cancel(self) -> None:
        """Stop asking, and wait until that has stopped."""
        await end_all([*self._tasks.values(), *self._checks])
        self._until.clear()
        self.waiting_for_owner.clear()

    def _ended(self, key: Key, task: asyncio.Task[None] | None) -> None:
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
        backoff = Backoff(self._limits)
        has_pulled = False
        while True:
            async with self._desk.lock:
                standing = await self._desk.standing(key)
                if standing is None or standing.stopped_reason is not None:
                    self._desk.keeper.drop(key)
                    self._ended(key, asyncio.current_task())
                    return
                asked_at = self._desk.keeper.moment
            page = await self._page(key, standing.number)
            has_pulled = has_pulled or bool(page)
            async with self._desk.lock:
                await self._desk.take_page(key, page, asked_at)
                reached = await self._desk.standing(key)
                has_moved = reached is not None and reached.number > standing.number
                is_whole = has_moved and len(page) >= self._limits.page_events_max
                if not is_whole and self._is_complete(key, reached):
                    if has_pulled:
                        await self._desk.healed(key)
                    # Under the lock: whoever asks from now on asks anew.
                    self._ended(key, asyncio.current_task())
                    return
            if has_moved:
                backoff.reset()
            if not is_whole and not await self._refuse_unknown(key):
                # Numbered, and published in a moment.
                await backoff.wait()

    async def _page(self, key: Key, after: int) -> list[Record]:
        topic, stream = key
        async with self._at_once:
            page = await self._journals[topic].events(stream, after, self._limits.page_events_max)
        self.waiting_for_owner.discard(key)
        return page

    def _is_complete(self, key: Key, reached: Standing | None) -> bool:
        if reached is None or reached.stopped_reason is not None:
            return False
        return reached.number >= self._until.get(key, 0) and key not in self._desk.keeper

    async def _numbered(self, key: Key) -> int:
        topic, stream = key
        head = (await self._journals[topic].heads()).get(stream)
        return 0 if head is None else head.numbered

    async def _refuse_unknown(self, key: Key) -> bool:
        """Refuse what claims more numbers than the owner has given; say if there was any.

        An event has its number before it is published, so what was here before the owner was
        asked, and claims more than the answer, is nobody's.
        """
        keeper = self._desk.keeper
        asked_at, until = keeper.moment, self._until.get(key, 0)
        numbered = await self._numbered(key)
        async with self._desk.lock:
            count = keeper.drop_beyond(key, numbered, asked_at)
            if self._until.get(key, 0) == until > numbered and key not in keeper:
                # Whatever asked for it was broken, and hid nothing.
                count = count or 1
                self._until[key] = numbered
            if count:
                await self._desk.refuse_unknown(key, count)
        return count > 0

    async def _verify(self, conflict: Conflict) -> None:
        topic, stream = key = conflict.record.key
        number = conflict.record.envelope.number
        journal = self._journals[topic]
        while True:
            async with self._at_once:
                page = await journal.events(stream, number - 1, 1)
            if page or await self._numbered(key) < number:
                break
            await asyncio.sleep(self._limits.unknown_number_patience_seconds)
        async with self._desk.lock:
            await self._desk.settle_conflict(conflict, page[0].envelope.id if page else None)
