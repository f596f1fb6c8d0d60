"""Applying a batch: effects, positions and quarantine in one transaction, or none of them.

Promise    Whatever fails, what commits obeys the rules: each stream in order, each number
           once, and one bad event costs no good one.
Price      A batch with a bad event is applied in halves, each under a savepoint, until the
           event is found. No commit waits for the disk: what a crash of Postgres takes back, it
           takes back with the position, and the journal tells it again (see ``heads``).
Not here   What to do with records that are not next: the caller keeps and heals.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

from chassis.database import Connection, Database, savepoint
from chassis.stream.blame import is_ground, reason_of
from chassis.stream.decisions import (
    Advance,
    Aside,
    Conflict,
    Course,
    Sorting,
    sort_out,
)
from chassis.stream.events import Event, Key, Projection, Record
from chassis.stream.limits import StreamLimits
from chassis.stream.positions import Positions, PositionsMoved
from chassis.stream.quarantine import Unreadable, keep_unreadable, set_aside
from chassis.stream.reading import parsers_of, read_values

Read: TypeAlias = tuple[Course, Record, Event | None]


class _Spoiled(Exception):
    """Some event of the batch made the projection fail; the transaction was rolled back."""


@dataclass(slots=True)
class Taken:
    """What became of records that were handed in."""

    advances: list[Advance] = field(default_factory=list[Advance])
    applied: list[Event] = field(default_factory=list[Event])
    asides: list[Aside] = field(default_factory=list[Aside])
    # Not next: to be kept until what is missing has come.
    beyond: list[Record] = field(default_factory=list[Record])
    # Of streams whose owner has not been heard to have them.
    unconfirmed: list[Record] = field(default_factory=list[Record])
    # Two events under one number.
    conflicts: list[Conflict] = field(default_factory=list[Conflict])
    # Of an epoch that is over.
    outdated: list[Record] = field(default_factory=list[Record])
    # Streams that go on only with what the journal says.
    ask_journal: set[Key] = field(default_factory=set[Key])
    stopped: dict[Key, str] = field(default_factory=dict[Key, str])


@dataclass(slots=True)
class Tally:
    """Counts beside the law that wait for a transaction of their stream, or of their own.

    What only repeats moves no position, so it costs no comparison and no transaction.
    """

    duplicates: Counter[Key] = field(default_factory=Counter[Key])
    refused: Counter[Key] = field(default_factory=Counter[Key])
    holes: Counter[Key] = field(default_factory=Counter[Key])

    @property
    def keys(self) -> list[Key]:
        """The streams for which something waits."""
        return sorted({*self.duplicates, *self.refused, *self.holes})

    def add_to(self, advance: Advance) -> None:
        """Let an advance carry what waits for its stream."""
        advance.duplicates += self.duplicates[advance.key]
        advance.refused += self.refused[advance.key]
        advance.holes += self.holes[advance.key]

    def settle(self, keys: Iterable[Key]) -> None:
        """Forget what was committed."""
        for key in keys:
            self.duplicates.pop(key, None)
            self.refused.pop(key, None)
            self.holes.pop(key, None)


class Applier:
    """Takes records through a projection into its database."""

    def __init__(
        self, projection: Projection, database: Database, positions: Positions, limits: StreamLimits
    ) -> None:
        self._projection = projection
        self._parsers = parsers_of(projection.readers)
        self._database = database
        self._positions = positions
        self._limits = limits
        self.tally = Tally()

    async def take(self, records: Sequence[Record]) -> Taken:
        """Apply what is next; whoever else moved a position first is caught up with."""
        for _ in range(self._limits.moved_attempts_max):
            await self._know({record.key for record in records})
            sorting = sort_out(self._positions.standings, records)
            taken = Taken(
                beyond=sorting.beyond,
                unconfirmed=sorting.unconfirmed,
                conflicts=sorting.conflicts,
                outdated=sorting.outdated,
            )
            try:
                await self._commit(sorting, taken)
            except PositionsMoved:
                self._positions.forget(sorting.courses)
            else:
                return taken
        raise PositionsMoved

    async def stop(self, key: Key, reason: str) -> None:
        """Stop a stream until an operator resumes it."""
        for _ in range(self._limits.moved_attempts_max):
            await self._know({key})
            standing = self._positions.standings.get(key)
            if standing is None or standing.stopped_reason is not None:
                return
            course = Course(key, standing)
            course.stop(reason, standing.number)
            try:
                async with self._database.transaction() as connection:
                    advances = await self._write(connection, [course])
            except PositionsMoved:
                self._positions.forget([key])
            else:
                self._remember(advances)
                return
        raise PositionsMoved

    async def write_counts(self) -> None:
        """Write the counts of streams to which nothing else happens."""
        keys = self.tally.keys
        if keys:
            async with self._database.transaction() as connection:
                written = await self._positions.add_counts(
                    connection,
                    keys,
                    [self.tally.duplicates[key] for key in keys],
                    [self.tally.refused[key] for key in keys],
                    [self.tally.holes[key] for key in keys],
                )
            self.tally.settle(written)

    async def keep_unreadable(self, records: Sequence[Unreadable]) -> None:
        """Put records without an envelope into quarantine; no position moves."""
        if records:
            async with self._database.transaction() as connection:
                await keep_unreadable(connection, self._positions.consumer, records)

    async def _know(self, keys: set[Key]) -> None:
        unknown = sorted(keys - self._positions.standings.keys())
        if unknown:
            async with self._database.transaction() as connection:
                await self._positions.load(connection, unknown)

    async def _commit(self, sorting: Sorting, taken: Taken) -> None:
        courses = [c for c in sorting.courses.values() if c.standing.stopped_reason is None]
        if any(course.records or course.stopped_reason is not None for course in courses):
            await self._apply(courses, sorting, taken)
        moved = {advance.key for advance in taken.advances}
        for course in courses:
            if course.key not in moved and course.duplicates:
                self.tally.duplicates[course.key] += course.duplicates
            taken.asides.extend(course.aside.values())
            taken.beyond.extend(course.left())
            if course.needs_journal:
                taken.ask_journal.add(course.key)
            if course.stopped_reason is not None:
                taken.stopped[course.key] = course.stopped_reason

    async def _apply(self, courses: Sequence[Course], sorting: Sorting, taken: Taken) -> None:
        read = read_values(sorting.order, self._parsers)
        start = [course.mark() for course in courses]
        try:
            async with self._database.transaction(durable=False) as connection:
                await self._apply_at_once(connection, courses, read, taken)
        except _Spoiled:
            for course, mark in zip(courses, start, strict=True):
                course.return_to(mark)
            taken.applied = []
            async with self._database.transaction(durable=False) as connection:
                await self._positions.lock(connection, courses)
                await self._sift(connection, read, taken.applied)
                taken.advances = await self._write(connection, courses)
        self._remember(taken.advances)

    async def _apply_at_once(
        self, connection: Connection, courses: Sequence[Course], read: Sequence[Read], taken: Taken
    ) -> None:
        flowing = await self._admitted(connection, read)
        # Compared and set first: whoever is late learns it before making any effect.
        taken.advances = await self._write(connection, courses)
        taken.applied = [event for _, _, event in flowing if event is not None]
        if taken.applied:
            try:
                await self._projection.apply(connection, taken.applied)
            except Exception as fault:
                if is_ground(fault):
                    raise
                raise _Spoiled from fault

    async def _sift(
        self, connection: Connection, read: Sequence[Read], applied: list[Event]
    ) -> None:
        """Apply what can be applied, judging each event after all that came before it."""
        courses = {id(course): course for course, _, _ in read}.values()
        marks = [(course, course.mark()) for course in courses]
        flowing = await self._admitted(connection, read)
        events = [event for _, _, event in flowing if event is not None]
        if not events:
            return
        try:
            async with savepoint(connection):
                await self._projection.apply(connection, events)
        except Exception as fault:
            if is_ground(fault):
                raise
            if len(read) == 1:
                course, record, _ = read[0]
                await self._count_failures(connection, course)
                course.condemn(record, reason_of(fault), self._limits)
                return
        else:
            applied.extend(events)
            return
        for course, mark in marks:
            course.return_to(mark)
        middle = len(read) // 2
        await self._sift(connection, read[:middle], applied)
        await self._sift(connection, read[middle:], applied)

    async def _admitted(self, connection: Connection, read: Sequence[Read]) -> list[Read]:
        flowing: list[Read] = []
        for one in read:
            course, record, _ = one
            if course.is_plain:
                flowing.append(one)
                continue
            if course.faults:
                await self._count_failures(connection, course)
            if course.admits(record, self._limits):
                flowing.append(one)
        return flowing

    async def _count_failures(self, connection: Connection, course: Course) -> None:
        if course.failed_before is None:
            course.failed_before = await self._positions.count_failures(
                connection, course, self._limits
            )

    async def _write(self, connection: Connection, courses: Sequence[Course]) -> list[Advance]:
        advances = [advance for course in courses if (advance := course.advance()).moves]
        for advance in advances:
            self.tally.add_to(advance)
        if advances:
            await self._positions.advance(connection, advances)
        asides = [aside for course in courses for aside in course.aside.values()]
        await set_aside(connection, self._positions.consumer, asides)
        return advances

    def _remember(self, advances: Sequence[Advance]) -> None:
        self._positions.remember(advances)
        self.tally.settle(advance.key for advance in advances)
