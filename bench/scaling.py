"""Scaling by service: one, two and three consumers of reporting read the same backlog.

The whole region is seeded, reporting forgets everything and reads its topics again, while
referrals go on being made. Measured: how soon the backlog is gone, and how far directory and
notifications, which nobody scaled, lie behind meanwhile. In the last run one consumer is stopped
half-way; whatever it was doing, every referral must be in the report exactly once.
"""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

import asyncpg

from bench.live import Live, paced
from chassis.sql import Queries
from contracts.topics import TOPICS

CONSUMERS: Final = (1, 2, 3)
LIVE_PER_SECOND: Final = 2.0
LIVE_SECONDS: Final = 600.0
BACKLOG_TIMEOUT_SECONDS: Final = 900.0
OTHERS: Final = ("directory", "notifications")
_POLL_SECONDS: Final = 0.5
_SQL: Final = Queries("bench")


@dataclass(frozen=True, slots=True)
class Scaled:
    """One run with so many consumers of reporting."""

    consumers: int
    events: int
    seconds: float
    others_behind_max: int
    missing: int
    stopped_one: bool

    @property
    def events_per_second(self) -> float:
        """How fast the backlog went."""
        return self.events / self.seconds


async def measure(live: Live) -> list[Scaled]:
    """Let one, two and three consumers take the backlog; stop one of three in a fourth run."""
    runs = [await _run(live, count, stop_one=False) for count in CONSUMERS]
    return [*runs, await _run(live, CONSUMERS[-1], stop_one=True)]


async def _run(live: Live, consumers: int, *, stop_one: bool) -> Scaled:
    await _in_thread(live.verb, "stop", "reporting")
    await _forget_everything(live)
    # Puts the group's offsets back to the beginning and starts what had been stopped.
    await _in_thread(live.verb, "start", "reporting")
    await _in_thread(live.verb, "replay", "reporting")
    if consumers > 1:
        more = ("--role", "consumer", "--count", str(consumers - 1))
        await _in_thread(live.verb, "start", "reporting", *more)
    began, at_start = time.monotonic(), await _taken(live)
    making = asyncio.create_task(paced(live, per_second=LIVE_PER_SECOND, seconds=LIVE_SECONDS))
    behind_max, is_stopped = 0, False
    while await _behind(live, "reporting") > 0:
        if time.monotonic() - began > BACKLOG_TIMEOUT_SECONDS:
            raise TimeoutError
        behind_max = max(behind_max, *[await _behind(live, other) for other in OTHERS])
        if stop_one and not is_stopped and await _taken(live) > at_start:
            is_stopped = True
            await _in_thread(live.verb, "stop", "reporting", "--role", "consumer")
        await asyncio.sleep(_POLL_SECONDS)
    seconds = time.monotonic() - began
    events = await _taken(live) - at_start
    making.cancel()
    await asyncio.gather(making, return_exceptions=True)
    missing = await _not_reported_once(live)
    if consumers > 1 and not is_stopped:
        await _in_thread(live.verb, "stop", "reporting", "--role", "consumer")
    return Scaled(consumers, events, seconds, behind_max, missing, is_stopped)


async def _forget_everything(live: Live) -> None:
    connection = await asyncpg.connect(live.superuser_url("reporting"))
    try:
        tables: str = await connection.fetchval(_SQL["tables_of_a_consumer"])
        await connection.execute(f"truncate {tables}")
    finally:
        await connection.close()


async def _taken(live: Live) -> int:
    return sum(
        row["number"] for row in await _rows(live, "reporting", "taken_by_stream", "reporting")
    )


async def _behind(live: Live, service: str) -> int:
    """How many published events a service has not taken yet, in every stream it has begun."""
    heads = {
        (topic.name, row["stream"]): row["published"]
        for topic in TOPICS
        for row in await _rows(live, topic.owner, "published_by_stream")
    }
    taken = {
        (row["topic"], row["stream"]): row["number"]
        for row in await _rows(live, service, "taken_by_stream", service)
    }
    if service == "reporting":  # it has forgotten all: what it has not begun counts too
        taken = {key: taken.get(key, 0) for key in heads}
    return sum(max(0, heads.get(key, 0) - number) for key, number in taken.items())


async def _not_reported_once(live: Live) -> int:
    """How many accepted referrals are not in the report exactly once."""
    made = await _ids(live, "referral", "every_referral")
    told = await _ids(live, "reporting", "every_reported_referral")
    return len(set(made) ^ set(told)) + len(told) - len(set(told))


async def _ids(live: Live, service: str, query: str) -> list[UUID]:
    return [row[0] for row in await _rows(live, service, query)]


async def _rows(live: Live, service: str, query: str, *values: str) -> list[asyncpg.Record]:
    connection = await asyncpg.connect(live.superuser_url(service))
    try:
        return await connection.fetch(_SQL[query], *values)
    finally:
        await connection.close()


async def _in_thread(work: Any, *arguments: str) -> None:
    await asyncio.to_thread(work, *arguments)


def scaling_table(runs: Sequence[Scaled]) -> list[str]:
    """One line for each run."""
    if not runs:
        return []
    head = (
        "Consumers of reporting",
        "Events",
        "Seconds",
        "Events/s",
        "Against one",
        "Directory and notifications behind at most",
        "Referrals not reported exactly once",
    )
    lines = [f"| {' | '.join(head)} |", "|---" + "|---:" * (len(head) - 1) + "|"]
    for run in runs:
        said = f"{run.consumers}, one stopped half-way" if run.stopped_one else f"{run.consumers}"
        ratio = run.events_per_second / runs[0].events_per_second
        lines.append(
            f"| {said} | {run.events:,} | {run.seconds:.0f} | {run.events_per_second:,.0f} |"
            f" {ratio:.2f} | {run.others_behind_max} | {run.missing} |"
        )
    lines.append("")
    lines.append(f"{os.cpu_count()} cores for Kafka, PostgreSQL and every service together.")
    return lines
