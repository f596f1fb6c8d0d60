"""Publishing: the journal's numbered events go to the topic, each stream in its order.

Promise    The first time a number is seen in the topic, all numbers before it in its
           stream are there already; ``published`` never names one that is not.
Price      A fault between the broker's answer and the note of it writes events twice, and
           readers drop the second.
Not here   How records reach the broker: ``chassis.relay.writer``.
"""

import asyncio
import logging
import time
from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

import asyncpg

from chassis import faults
from chassis.database import Database
from chassis.journal import EVENT_ID, NUMBER, STREAM, wire_form
from chassis.relay.writer import Outcome, Outgoing, TopicWriter
from chassis.sql import Queries

STREAMS_MAX = 2_000
STREAM_WINDOW_MAX = 500
ROUND_SIZE_MAX = 2_000
BLOCKED_RETRY_SECONDS = 60.0
BUILD_CHUNK_SIZE = 200

_SQL = Queries("chassis.relay")
_LOG = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Round:
    """What one round published, whether more was waiting, and what went wrong."""

    total: int
    is_full: bool
    fault: str | None = None


class Publisher:
    """Publishes what is numbered, round by round, a window of each stream in turn."""

    def __init__(
        self,
        database: Database,
        writer: TopicWriter,
        *,
        window_max: int = STREAM_WINDOW_MAX,
        round_size_max: int = ROUND_SIZE_MAX,
    ) -> None:
        self._database = database
        self._writer = writer
        self._window_max = window_max
        self._round_size_max = round_size_max
        self._after = ""
        self._blocked: dict[str, tuple[int, float]] = {}

    @property
    def blocked(self) -> dict[str, int]:
        """The streams whose next event the broker refuses for its size, with its number."""
        return {stream: number for stream, (number, _) in self._blocked.items()}

    async def publish(self) -> Round:
        """Publish one round and note what the broker acknowledged of it."""
        rows = await self._next()
        if not rows:
            wrapped, self._after = self._after != "", ""
            return Round(0, is_full=wrapped)
        records: list[Outgoing] = []
        for row in rows:
            records.append(Outgoing(row[STREAM], *wire_form(row)))
            if len(records) % BUILD_CHUNK_SIZE == 0:
                # A process may serve requests beside this.
                await asyncio.sleep(0)
        faults.fault_point(faults.RELAY_BEFORE_SEND)
        outcome = await self._writer.write(records)
        faults.fault_point(faults.RELAY_AFTER_SEND)
        last = _last_acknowledged(rows, outcome)
        if last:
            async with self._database.transaction() as connection:
                await connection.execute(_SQL["advance_without_waiting"])
                await connection.execute(
                    _SQL["advance_published"],
                    list(last),
                    [number for number, _ in last.values()],
                    [event_id for _, event_id in last.values()],
                )
            faults.fault_point(faults.RELAY_AFTER_ADVANCE)
        self._block([rows[place] for place in outcome.too_large])
        is_last = len(rows) < self._round_size_max
        wrapped = self._after != ""
        self._after = "" if is_last else rows[-1][STREAM]
        return Round(
            total=sum(outcome.acknowledged),
            is_full=not is_last or wrapped or len(rows) >= self._window_max,
            fault=outcome.fault,
        )

    async def _next(self) -> Sequence[asyncpg.Record]:
        present = time.monotonic()
        self._blocked = {s: entry for s, entry in self._blocked.items() if entry[1] > present}
        async with self._database.transaction() as connection:
            return await connection.fetch(
                _SQL["unpublished_events"],
                self._after,
                STREAMS_MAX,
                self._window_max,
                self._round_size_max,
                list(self._blocked),
            )

    def _block(self, rows: Sequence[asyncpg.Record]) -> None:
        for row in rows:
            until = time.monotonic() + BLOCKED_RETRY_SECONDS
            self._blocked[row[STREAM]] = (row[NUMBER], until)
            _LOG.critical(
                "event_too_large_for_topic", extra={"stream": row[STREAM], "number": row[NUMBER]}
            )


def _last_acknowledged(
    rows: Sequence[asyncpg.Record], outcome: Outcome
) -> dict[str, tuple[int, UUID]]:
    """Return, per stream, the last event before the first that was not acknowledged."""
    last: dict[str, tuple[int, UUID]] = {}
    broken: set[str] = set()
    for row, acknowledged in zip(rows, outcome.acknowledged, strict=True):
        stream: str = row[STREAM]
        if not acknowledged:
            broken.add(stream)
        elif stream not in broken:
            last[stream] = (row[NUMBER], row[EVENT_ID])
    return last
