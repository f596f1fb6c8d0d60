"""The lists that people work from, while one network has a hundred thousand open referrals.

The rows are written past the service, since nothing of how they came is measured; what reads them
is the running service, over HTTP and by its own schedules.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from typing import Any, Final

import asyncpg

from bench.live import Live, centile
from bench.requests import Connection
from bench.results import Reading
from chassis.sql import Queries

OPEN_REFERRALS: Final = 100_000
PCN: Final = "U99001"
READS_EACH: Final = 200
CLIENTS: Final = 2
TIMERS: Final = 200
FIRING_SECONDS_MAX: Final = 120.0
LOOK_SECONDS: Final = 0.01
MILLISECONDS_MAX: Final = 100
LISTS: Final = {
    "the waiting list": f"/pcns/{PCN}/waiting-list?limit=50",
    "caseloads": f"/pcns/{PCN}/caseloads",
    "the loop ledger": f"/pcns/{PCN}/loops",
    "loops without an answer": f"/pcns/{PCN}/loops/no-answer",
}
_OK: Final = 200
_FILLS: Final = (
    "fill_episodes",
    "fill_referrals",
    "fill_waits",
    "fill_onward_referrals",
    "fill_timers",
)
_SQL = Queries("bench")


class NotAnswered(RuntimeError):
    """A list was refused, so its time says nothing."""


async def measure(live: Live) -> list[Reading]:
    """Fill one network, then read each list and let some timers fall due."""
    owner = await asyncpg.connect(live.superuser_url("referral"))
    try:
        await _fill(owner)
        token = live.verb("token", "--role", "pcn-manager", "--pcn", PCN).strip().split()[-1]
        readings = [
            _reading(f"{name}, {OPEN_REFERRALS:,} open", await _read(live, path, token))
            for name, path in LISTS.items()
        ]
        return [*readings, await _fire(owner)]
    finally:
        await owner.close()


async def _fill(owner: asyncpg.Connection[asyncpg.Record]) -> None:
    # No trigger has to tell rows that were never decided by anybody.
    await owner.execute("set session_replication_role = replica")
    await owner.execute(_SQL["fill_people"], OPEN_REFERRALS)
    for name in _FILLS:
        await owner.execute(_SQL[name])
    await owner.execute("reset session_replication_role")
    await owner.execute("vacuum analyze")


async def _read(live: Live, path: str, token: str) -> list[float]:
    seconds: list[float] = []

    async def client() -> None:
        connection = Connection(live.referral_url)
        for _ in range(READS_EACH // CLIENTS):
            began = time.perf_counter()
            status, answer = await connection.get(path, {"Authorization": f"Bearer {token}"})
            if status != _OK:
                raise NotAnswered(path, status, answer)
            seconds.append(time.perf_counter() - began)
        await connection.close()

    await asyncio.gather(*(client() for _ in range(CLIENTS)))
    return seconds


async def _fire(owner: asyncpg.Connection[asyncpg.Record]) -> Reading:
    """How long after its moment each of some timers has fired, one transaction each."""
    due = [row["id"] for row in await owner.fetch(_SQL["make_timers_due"], TIMERS)]
    began = time.perf_counter()
    waits: list[float] = []
    while len(waits) < len(due) and time.perf_counter() < began + FIRING_SECONDS_MAX:
        left: Any = await owner.fetchval(_SQL["timers_left"], due)
        waits += [time.perf_counter() - began] * (len(due) - left - len(waits))
        await asyncio.sleep(LOOK_SECONDS)
    waits += [FIRING_SECONDS_MAX] * (len(due) - len(waits))
    each = [later - earlier for earlier, later in zip([0.0, *waits], waits, strict=False)]
    return _reading(f"a timer after the one before, {len(due)} due at once", each)


def _reading(name: str, seconds: Sequence[float]) -> Reading:
    return Reading(f"{name}, 95th centile", centile(seconds, 95) * 1e3, "ms", MILLISECONDS_MAX)
