"""What the relay costs: an event numbered, and an event published, each alone.

Promise    Real tables, a real topic, the code the services run. Wall time is of everything on the
           machine; CPU is of this process, without Postgres and Kafka.
Not here   The table and the comparison: whoever runs the benchmarks asks ``measure``.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from itertools import islice
from typing import Final

from bench import workload
from chassis.database import Database
from chassis.outbox import record
from chassis.relay.numbering import Numberer
from chassis.relay.publishing import Publisher
from chassis.relay.writer import TopicWriter

TRANSACTION_SIZE: Final = 500
MICROSECONDS: Final = 1_000_000


@dataclass(frozen=True, slots=True)
class Cost:
    """Microseconds per event."""

    wall: float
    cpu: float

    @property
    def events_per_second(self) -> float:
        """How many this makes in a second, one after another."""
        return MICROSECONDS / self.wall


@dataclass(frozen=True, slots=True)
class RelayCosts:
    """What each step of one event costs."""

    events: int
    recording: Cost
    numbering: Cost
    publishing: Cost


async def measure(
    database: Database, bootstrap: str, topic: str, *, events: int = 50_000, streams: int = 30
) -> RelayCosts:
    """Send ``events`` through an empty database and topic, step by step."""
    source = workload.events(events, streams)
    recording = _Stopwatch()
    while batch := list(islice(source, TRANSACTION_SIZE)):
        with recording:
            async with database.transaction() as connection:
                await record(connection, batch)
    numberer, numbering = Numberer(database), _Stopwatch()
    with numbering:
        while (await numberer.number()).is_full:
            pass
    writer, publishing = TopicWriter(bootstrap, topic), _Stopwatch()
    publisher = Publisher(database, writer)
    try:
        with publishing:
            while (done := await publisher.publish()).is_full or done.fault:
                pass
    finally:
        await writer.close_at_once()
    return RelayCosts(events, *(one.cost(events) for one in (recording, numbering, publishing)))


class _Stopwatch:
    """Adds up the time of the blocks it is around."""

    def __init__(self) -> None:
        self._wall = self._cpu = 0.0

    def __enter__(self) -> None:
        self._wall -= time.perf_counter()
        self._cpu -= time.process_time()

    def __exit__(self, *_: object) -> None:
        self._wall += time.perf_counter()
        self._cpu += time.process_time()

    def cost(self, events: int) -> Cost:
        return Cost(self._wall / events * MICROSECONDS, self._cpu / events * MICROSECONDS)
