"""Relay and consumers, measured on one topic: Waymark's own and, beside them, the peers.

The events go through the real outbox, relay and topic; reporting's real projection applies them
to real tables. The peers read the very same records.
"""

from __future__ import annotations

import asyncio
import contextlib
import gc
import time
from collections.abc import AsyncGenerator, Awaitable, Callable, Generator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Final

import httpx

from bench.peers import confluent_copy, naive_faststream
from bench.peers.run import PeerRun
from bench.results import Result
from bench.workload import events
from chassis.database import Database
from chassis.ids import new_id
from chassis.journal import published_heads, published_range
from chassis.migrations import migrate
from chassis.outbox import record
from chassis.provisioning import Passwords, provision_database, provision_topics
from chassis.relay import Relay
from chassis.sql import Queries
from chassis.stream import Head, Journal, StreamConsumer, StreamLimits
from chassis.stream.events import Record
from contracts.envelope import read_headers
from contracts.topics import REFERRAL, TOPICS
from services.reporting.projections import ReportingProjection

STREAMS: Final = 100
RECORD_SIZE: Final = 2_000
PARTITIONS: Final = 6
NAIVE_EVENTS: Final = 2_000
TIMEOUT_SECONDS: Final = 600.0
_POLL_SECONDS: Final = 0.02
_SQL = Queries("bench")


@dataclass(frozen=True, slots=True)
class Servers:
    """The Kafka and the Postgres of this run."""

    bootstrap: str
    superuser_url: str


async def measure(servers: Servers, count: int) -> list[Result]:
    """Run ``count`` events through relay, reporting's consumer and the peers."""
    names = [topic.name for topic in TOPICS]
    await provision_topics(servers.bootstrap, PARTITIONS, names)
    async with _database(servers, "referral") as referral:
        results = [await _relay(servers, referral, count)]
        results.append(await _consumer(servers, referral, count))
    results.append(await _peer(servers, confluent_copy.NAME, confluent_copy.consume, count))
    naive = min(count, NAIVE_EVENTS)
    results.append(await _peer(servers, naive_faststream.NAME, naive_faststream.consume, naive))
    return results


async def _relay(servers: Servers, database: Database, count: int) -> Result:
    made = list(events(count, STREAMS))
    for start in range(0, count, RECORD_SIZE):
        async with database.transaction() as connection:
            await record(connection, made[start : start + RECORD_SIZE])
    del made
    relay = Relay(database, servers.bootstrap, REFERRAL.name)
    with _clock() as clock:
        await _until(relay.run(), database, "published_total", count)
    return clock.result("relay: outbox to journal to topic", count)


async def _consumer(servers: Servers, owner: Database, count: int) -> Result:
    async with _database(servers, "reporting") as database:
        limits = StreamLimits()
        consumer = StreamConsumer(
            projection=ReportingProjection(),
            database=database,
            bootstrap=servers.bootstrap,
            journals={t.name: _OwnJournal(t.name, owner, limits) for t in TOPICS},
            limits=limits,
        )
        with _clock() as clock:
            await _until(consumer.run(), database, "applied_total", count, "reporting")
    return clock.result("consumer: topic to reporting's facts and counts", count)


async def _peer(
    servers: Servers, name: str, consume: Callable[[PeerRun], Awaitable[float]], count: int
) -> Result:
    async with _database(servers, "reporting", named="peer") as database:
        run = PeerRun(
            bootstrap=servers.bootstrap,
            database_url=database.owner_url,
            topic=REFERRAL.name,
            group=f"peer-{new_id()}",
            events=count,
            timeout_seconds=TIMEOUT_SECONDS,
        )
        with _clock() as clock:
            seconds = await consume(run)
    return clock.result(f"peer: {name}", count, seconds=seconds)


class _OwnJournal(Journal):
    """The owner's journal read straight from its database: HTTP is not what is measured here."""

    def __init__(self, topic: str, database: Database, limits: StreamLimits) -> None:
        super().__init__(topic, "http://unused", httpx.AsyncClient(), limits)
        self._database = database

    async def heads(self) -> dict[str, Head]:
        if self.topic != REFERRAL.name:
            return {}
        async with self._database.transaction() as connection:
            found = await published_heads(connection)
        return {h.stream: Head(h.epoch, h.number, h.event_id, h.numbered) for h in found}

    async def events(self, stream: str, after: int, limit: int) -> list[Record]:
        async with self._database.transaction() as connection:
            found = await published_range(connection, stream, after=after, limit=limit)
        return [
            Record(self.topic, read_headers(entry.headers), entry.value, from_journal=True)
            for entry in found
        ]


class BenchDatabase(Database):
    """A worker's database that also knows its owner's address, for peers that make tables."""

    owner_url: str = ""


@asynccontextmanager
async def _database(
    servers: Servers, service: str, named: str | None = None
) -> AsyncGenerator[BenchDatabase]:
    """A fresh, migrated database of this service, opened under its worker role."""
    name = f"bench_{named or service}_{new_id().hex[-8:]}"
    made = await provision_database(
        servers.superuser_url, service, Passwords.new(), name, role_prefix=name
    )
    await migrate(made.owner_url, service, role_prefix=name)
    database = BenchDatabase(made.worker_url, "worker")
    database.owner_url = made.owner_url
    await database.open()
    try:
        yield database
    finally:
        await database.close()


async def _until(
    work: Awaitable[None], database: Database, query: str, total: int, *values: str
) -> None:
    """Let ``work`` run until the query counts ``total``."""
    task = asyncio.ensure_future(work)
    try:
        async with asyncio.timeout(TIMEOUT_SECONDS):
            while await _count(database, query, *values) < total:
                if task.done():
                    task.result()
                await asyncio.sleep(_POLL_SECONDS)
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def _count(database: Database, query: str, *values: str) -> int:
    async with database.transaction() as connection:
        return int(await connection.fetchval(_SQL[query], *values) or 0)


class _Clock:
    """Wall time and this process's CPU time of one measurement."""

    def __init__(self) -> None:
        self.seconds = 0.0
        self.cpu_seconds = 0.0

    def result(self, name: str, count: int, *, seconds: float | None = None) -> Result:
        wall = self.seconds if seconds is None else seconds
        return Result(name, count, wall, self.cpu_seconds / count * 1e6)


@contextlib.contextmanager
def _clock() -> Generator[_Clock]:
    gc.collect()
    clock = _Clock()
    wall, cpu = time.perf_counter(), time.process_time()
    yield clock
    clock.seconds, clock.cpu_seconds = time.perf_counter() - wall, time.process_time() - cpu
