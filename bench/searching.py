"""Searching 50,000 listings at an even pace, over HTTP, while the whole platform runs.

What is looked for is drawn from what people type, near places all over the region, some of it by
day, cost or access. Each search is on its own, whether or not the last one is answered. It begins
once everything is done that entering the listings left to do: that is the seed's price, not a search's.
"""

from __future__ import annotations

import asyncio
import random
import time
from typing import Any, Final
from urllib.parse import urlencode

import asyncpg

from bench.copies import copy_until
from bench.live import Live
from bench.requests import Connection
from bench.results import Reading
from chassis.sql import Queries
from demo.geography import places

LISTINGS: Final = 50_000
SEARCHES_PER_SECOND: Final = 50
P95_MILLISECONDS_MAX: Final = 50.0
CONNECTIONS_MAX: Final = 64
WARM_UP_SECONDS: Final = 5.0
REST_SECONDS_MAX: Final = 300.0
LOOK_SECONDS: Final = 1.0
_OK: Final = 200
_SQL: Final = Queries("bench")
_WORDS: Final = (
    "lonely", "my husband died", "skint", "damp flat", "no money for the meter", "feeling low",
    "walking group", "gardning", "yoga", "food bank", "pip form", "carers", "dementia",
    "stop smoking", "learn english", "job interview", "unsteady on my feet", "bad back",
    "lunch club", "choir", "someone to do my shopping", "learn to use my phone", "stay and play",
    "gay and lesbian", "debt advice in polish", "cannot sleep",
)  # fmt: skip


async def measure(live: Live, *, seconds: float) -> list[Reading]:
    """Copy the listings there are to 50,000 and search them."""
    superuser = await asyncpg.connect(live.superuser_url("directory"))
    try:
        listings = await copy_until(superuser, LISTINGS)
        await _rest(superuser)
    finally:
        await superuser.close()
    url = next(e["http"] for e in live.status["services"] if e["service"] == "directory")
    await _paced(url, seconds=WARM_UP_SECONDS)
    took, refused = await _paced(url, seconds=seconds)
    took.sort()
    named = f"searching {listings:,} listings at {SEARCHES_PER_SECOND}/s"
    return [
        Reading(f"{named}, median", _centile(took, 50), "ms", P95_MILLISECONDS_MAX / 2),
        Reading(f"{named}, 95th centile", _centile(took, 95), "ms", P95_MILLISECONDS_MAX),
        Reading(f"{named}, 99th centile", _centile(took, 99), "ms", 2 * P95_MILLISECONDS_MAX),
        Reading(f"{named}, not answered well", refused, "", 0),
    ]


async def _rest(superuser: asyncpg.Connection[asyncpg.Record]) -> None:
    """Wait until the directory has nothing left to do."""
    async with asyncio.timeout(REST_SECONDS_MAX):
        at_rest = False
        while not at_rest:
            await asyncio.sleep(LOOK_SECONDS)
            at_rest = await superuser.fetchval(_SQL["directory_is_at_rest"])


async def _paced(url: str, *, seconds: float) -> tuple[list[float], int]:
    """Search at an even pace; the milliseconds of each answer, and how many were no 200."""
    draw = random.Random("waymark searches")
    names = [one.name for one in places("small")]
    idle = [Connection(url) for _ in range(CONNECTIONS_MAX)]
    took: list[float] = []
    refused = 0

    async def one(path: str) -> None:
        nonlocal refused
        connection = idle.pop() if idle else Connection(url)
        began = time.perf_counter()
        status, _ = await connection.get(path)
        took.append((time.perf_counter() - began) * 1e3)
        refused += status != _OK
        idle.append(connection)

    start = time.monotonic()
    async with asyncio.TaskGroup() as group:
        for number in range(int(seconds * SEARCHES_PER_SECOND)):
            await asyncio.sleep(max(0.0, start + number / SEARCHES_PER_SECOND - time.monotonic()))
            group.create_task(one(f"/search?{urlencode(_asked(draw, names), doseq=True)}"))
    await asyncio.gather(*(connection.close() for connection in idle))
    return took, refused


def _asked(draw: random.Random, names: list[str]) -> dict[str, Any]:
    asked: dict[str, Any] = {"limit": 20}
    if draw.random() < 0.95:
        asked["words"] = draw.choice(_WORDS)
    if draw.random() < 0.75:
        asked["near"] = draw.choice(names)
    if "near" in asked and draw.random() < 0.3:
        asked["within_metres"] = draw.choice((2_000, 5_000, 10_000))
    if draw.random() < 0.2:
        asked["day"] = draw.choice(("MO", "TU", "WE", "TH", "FR"))
    if draw.random() < 0.2:
        asked["cost"] = "free"
    if draw.random() < 0.1:
        asked["access"] = "wheelchair"
    if not asked.keys() & {"words", "near"}:
        asked["words"] = draw.choice(_WORDS)
    return asked


def _centile(ordered: list[float], centile: int) -> float:
    return ordered[min(len(ordered) - 1, len(ordered) * centile // 100)]
