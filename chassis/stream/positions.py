"""Positions: where a consumer stands in each stream, remembered and changed by compare-and-set.

Promise    A position moves only from what is remembered, in the transaction of its effects; a
           consumer that was paused, cut off or doubled and remembers something else changes
           nothing.
Price      One statement per batch over all the streams it touches.
Not here   What to do with a record: ``decisions``.
"""

from collections.abc import Iterable, Mapping, Sequence

import asyncpg

from chassis.database import Connection, Database
from chassis.sql import Queries
from chassis.stream.decisions import Advance, Course, Standing
from chassis.stream.events import Key
from chassis.stream.limits import StreamLimits
from chassis.stream.metrics import StreamFigures

_SQL = Queries("chassis.stream")


class PositionsMoved(Exception):
    """Another consumer, or an operator, changed a stream since it was remembered."""


class Positions:
    """What one consumer remembers of its rows in ``consumer_position``."""

    def __init__(self, consumer: str) -> None:
        self.consumer = consumer
        self.standings: dict[Key, Standing] = {}
        # The epochs of streams their owners were heard to have.
        self.known_epochs: dict[Key, int] = {}

    def forget(self, keys: Iterable[Key] | None = None) -> None:
        """Look again before going on, at these streams or at all."""
        if keys is None:
            self.standings.clear()
            return
        for key in keys:
            self.standings.pop(key, None)

    def forget_what_was_lost(self, committed: Iterable[tuple[Key, int]]) -> None:
        """Look again at streams of which more is remembered than the database holds.

        A crash of Postgres takes back what it had not yet written, with the positions of it.
        """
        self.forget(
            [
                key
                for key, number in committed
                if (known := self.standings.get(key)) is not None and known.number > number
            ]
        )

    async def load(self, connection: Connection, keys: Sequence[Key]) -> None:
        """Remember what the database says of these streams.

        One that is not there begins now if its owner was heard to have it, else stays unknown.
        """
        await self._load(connection, keys)
        new = {
            key: self.known_epochs[key]
            for key in keys
            if key not in self.standings and key in self.known_epochs
        }
        if new:
            await self.begin(connection, new)
            await self._load(connection, list(new))

    async def _load(self, connection: Connection, keys: Sequence[Key]) -> None:
        for row in await connection.fetch(_SQL["load_positions"], self.consumer, *_columns(keys)):
            self.standings[row["topic"], row["stream"]] = standing_of(row, frozenset(row["held"]))

    async def begin(self, connection: Connection, epochs: Mapping[Key, int]) -> None:
        """Begin streams whose owner says they exist."""
        await connection.execute(
            _SQL["begin_positions"], self.consumer, *_columns(list(epochs)), list(epochs.values())
        )

    async def lock(self, connection: Connection, courses: Sequence[Course]) -> None:
        """Lock the rows the courses start from, or say that they moved."""
        rows = await connection.fetch(
            _SQL["lock_positions"],
            self.consumer,
            *_columns([course.key for course in courses]),
            *_expected([course.standing for course in courses]),
        )
        if len(rows) != len(courses):
            raise PositionsMoved

    async def advance(self, connection: Connection, advances: Sequence[Advance]) -> None:
        """Move every row or, if any is not as remembered, none."""
        status = await connection.execute(
            _SQL["advance_positions"],
            self.consumer,
            *_columns([a.key for a in advances]),
            *_expected([a.expected for a in advances]),
            [a.number for a in advances],
            [a.event_id for a in advances],
            [a.recorded_at for a in advances],
            [a.applied for a in advances],
            [a.skipped for a in advances],
            [a.quarantined for a in advances],
            [a.duplicates for a in advances],
            [a.refused for a in advances],
            [a.holes for a in advances],
            [a.healed for a in advances],
            [int(a.is_more_than_progress) for a in advances],
            [a.stopped_reason for a in advances],
        )
        if status != f"UPDATE {len(advances)}":
            raise PositionsMoved

    async def add_counts(
        self,
        connection: Connection,
        keys: Sequence[Key],
        duplicates: Sequence[int],
        refused: Sequence[int],
        holes: Sequence[int],
    ) -> list[Key]:
        """Add to the counts beside the law, and say of which streams that was possible now."""
        rows = await connection.fetch(
            _SQL["add_counts"], self.consumer, *_columns(keys), duplicates, refused, holes
        )
        return [(row["topic"], row["stream"]) for row in rows]

    def remember(self, advances: Iterable[Advance]) -> None:
        """Remember what was committed."""
        for advance in advances:
            self.standings[advance.key] = advance.standing()

    async def count_failures(
        self, connection: Connection, course: Course, limits: StreamLimits
    ) -> int:
        """How many events of the stream failed lately and still wait."""
        standing = course.standing
        after = max(standing.counted_from, standing.number - limits.stop_window_events)
        return await connection.fetchval(_SQL["count_failures"], self.consumer, *course.key, after)

    async def figures(self, connection: Connection, limits: StreamLimits) -> list[StreamFigures]:
        """The committed figures of every stream of this consumer."""
        rows = await connection.fetch(_SQL["flow"], "", "", "", self.consumer, limits.figures_max)
        return [
            StreamFigures(
                **{name: row[name] for name in StreamFigures._fields if name != "stopped"},
                stopped=int(row["stopped_reason"] is not None),
            )
            for row in rows
        ]

    async def note_heads(
        self, connection: Connection, topic: str, heads: Mapping[str, int]
    ) -> None:
        """Store how far an owner says its streams reach, for those who ask how many wait."""
        await connection.execute(
            _SQL["note_heads"], self.consumer, topic, list(heads), list(heads.values())
        )


def standing_of(row: asyncpg.Record, held: frozenset[str]) -> Standing:
    """A row of ``consumer_position`` as decisions use it."""
    return Standing(
        row["number"],
        row["event_id"],
        row["epoch"],
        row["hold_version"],
        row["stopped_reason"],
        held,
        row["counted_from"],
    )


async def position_of(database: Database, consumer: str, topic: str, stream: str) -> int:
    """How far ``consumer`` has taken a stream; 0 while it has not begun."""
    async with database.transaction() as connection:
        found: int | None = await connection.fetchval(_SQL["position_of"], consumer, topic, stream)
    return found or 0


def _columns(keys: Sequence[Key]) -> tuple[list[str], list[str]]:
    return [topic for topic, _ in keys], [stream for _, stream in keys]


def _expected(
    standings: Sequence[Standing],
) -> tuple[list[int], list[object], list[int], list[int]]:
    return (
        [standing.number for standing in standings],
        [standing.event_id for standing in standings],
        [standing.epoch for standing in standings],
        [standing.hold_version for standing in standings],
    )
