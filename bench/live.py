"""The running platform, measured from outside: accepting, freshness, memory.

Freshness is exact: reporting's commit time is read from the database server's own record of it
and compared with the moment the client had its answer, on one clock.
"""

from __future__ import annotations

import asyncio
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncGenerator, Generator, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, Literal
from uuid import UUID, uuid4

import asyncpg

from bench.requests import Connection, Unanswered
from bench.results import Reading
from bench.shares import cpu_seconds, shares
from chassis.sql import Queries
from runner.postgres import SUPERUSER
from runner.vault import Vault

ROOT: Final = Path(__file__).resolve().parent.parent
PRACTICES: Final = ("Y99001", "Y99006", "Y99011")
ACCEPT_CLIENTS: Final = 16
CONNECTIONS_MAX: Final = 64
SETTLE_SECONDS_MAX: Final = 60.0
_CREATED: Final = 201
_SQL = Queries("bench")


@dataclass(slots=True)
class Answers:
    """What the clients saw: each referral's id with the moment of its answer, and how long it took."""

    answered_at: dict[UUID, float] = field(default_factory=dict[UUID, float])
    seconds: list[float] = field(default_factory=list[float])
    began: float = 0.0
    ended: float = 0.0
    refused: int = 0


class Live:
    """A platform brought up for measuring, and what is asked of it."""

    def __init__(self, state: Path) -> None:
        kept = {k: v for k, v in os.environ.items() if not k.startswith("WAYMARK_")}
        self._environ = {**kept, "WAYMARK_STATE": str(state)}
        self.status: dict[str, Any] = {}
        self.tokens: dict[str, str] = {}
        self.seed_seconds = 0.0
        self._state = state

    def verb(self, *arguments: str) -> str:
        """Run a verb of ``./waymark``."""
        done = subprocess.run(
            [sys.executable, "-m", "runner", *arguments],
            cwd=ROOT,
            env=self._environ,
            check=True,
            capture_output=True,
            text=True,
        )
        return done.stdout

    def learn(self) -> None:
        """Read addresses and get tokens."""
        self.status = json.loads(self.verb("status", "--json", "--secrets"))
        for code in PRACTICES:
            printed = self.verb("token", "--role", "referrer", "--practice", code)
            self.tokens[code] = printed.strip().split()[-1]

    @property
    def referral_url(self) -> str:
        """Where referrals are posted."""
        services = self.status["services"]
        return next(e["http"] for e in services if e["service"] == "referral")

    def superuser_url(self, service: str) -> str:
        """A service's database as the superuser: measuring looks where no service may."""
        place = self.status["postgres"][service]["url"].rpartition("@")[2]
        return f"postgresql://{SUPERUSER}:{Vault(self._state).secret(SUPERUSER)}@{place}"

    def memory_megabytes(self) -> dict[str, float]:
        """Resident memory of each process, its children included, in MB."""
        return {
            entry["service"]: _resident_megabytes(entry["pid"]) for entry in self.status["services"]
        }


@contextmanager
def running(*, size: Literal["small", "region"] = "small") -> Generator[Live]:
    """Bring up a seeded platform and take it down again."""
    with tempfile.TemporaryDirectory(prefix="waymark-bench-", dir="/var/tmp") as folder:
        Path(folder).chmod(0o755)
        live = Live(Path(folder) / "state")
        live.verb("up", "--no-seed")
        try:
            began = time.monotonic()
            live.verb("seed", "--size", size)
            live.seed_seconds = time.monotonic() - began
            live.learn()
            yield live
        finally:
            live.verb("down")


async def measure(live: Live, *, seconds: float) -> tuple[list[Reading], dict[str, float]]:
    """Measure freshness at 50 and 1 referrals a second, then how many can be accepted.

    Also gives where the processor's time went while as many as possible were accepted.
    """
    busy = await paced(live, per_second=50, seconds=seconds)
    readings = await _freshness(live, busy, "at 50/s", 20, 100)
    idle = await paced(live, per_second=1, seconds=max(seconds, 20))
    readings += (await _freshness(live, idle, "at 1/s", 60, 60))[1:]
    services = live.status["services"]
    before = cpu_seconds(services)
    full = await _full(live, seconds=seconds)
    spent = shares(before, cpu_seconds(services), len(full.seconds))
    readings.append(
        Reading(
            "referrals accepted",
            len(full.seconds) / (full.ended - full.began),
            "/s",
            300,
            at_least=True,
        )
    )
    readings.append(Reading("accepting, 99th centile", centile(full.seconds, 99) * 1e3, "ms", 100))
    memory = live.memory_megabytes()
    readings.append(Reading("memory, whole platform", sum(memory.values()), "MB", 1_500))
    python = {k: v for k, v in memory.items() if k not in ("kafka", "postgres")}
    readings.append(Reading("memory, largest Python process", max(python.values()), "MB", 300))
    return readings, spent


async def paced(live: Live, *, per_second: float, seconds: float) -> Answers:
    """Post at an even pace, each request on its own whether or not the last one is answered."""
    answers = Answers()
    async with _connections(live, CONNECTIONS_MAX) as free:

        async def one(index: int) -> None:
            # The latest given back is taken first: no more are opened than are needed at once.
            connection = await free.get()
            await _post(live, connection, index, answers)
            free.put_nowait(connection)

        begin = time.perf_counter()
        running: list[asyncio.Task[None]] = []
        for index in range(int(per_second * seconds)):
            await asyncio.sleep(max(0.0, begin + index / per_second - time.perf_counter()))
            running.append(asyncio.create_task(one(index)))
        await asyncio.gather(*running)
    return answers


async def _full(live: Live, *, seconds: float) -> Answers:
    """Post as fast as a fixed number of clients are answered."""
    answers = Answers()

    async def client(number: int, connection: Connection) -> None:
        index = number
        while time.perf_counter() < answers.began + seconds:
            await _post(live, connection, index, answers)
            index += ACCEPT_CLIENTS

    async with _connections(live, ACCEPT_CLIENTS) as free:
        answers.began = time.perf_counter()
        await asyncio.gather(
            *(client(number, free.get_nowait()) for number in range(ACCEPT_CLIENTS))
        )
        answers.ended = time.perf_counter()
    return answers


@asynccontextmanager
async def _connections(live: Live, count: int) -> AsyncGenerator[asyncio.LifoQueue[Connection]]:
    free: asyncio.LifoQueue[Connection] = asyncio.LifoQueue()
    every = [Connection(live.referral_url) for _ in range(count)]
    for connection in every:
        free.put_nowait(connection)
    yield free
    for connection in every:
        await connection.close()


async def _post(live: Live, connection: Connection, index: int, answers: Answers) -> None:
    practice = PRACTICES[index % len(PRACTICES)]
    key = uuid4()
    body = {
        "practice_code": practice,
        "referrer_code": practice,
        "needs": ["isolation"],
        "person": {
            "given_name": "Bench",
            "family_name": "".join(chr(ord("a") + int(digit, 16)) for digit in key.hex).title(),
            "birth_date": "1950-02-03",
        },
    }
    headers = {
        "Authorization": f"Bearer {live.tokens[practice]}",
        "Idempotency-Key": str(key),
    }
    began = time.perf_counter()
    try:
        status, answer = await connection.post("/referrals", body, headers)
    except Unanswered:
        status, answer = 0, {}
    if status != _CREATED:
        answers.refused += 1
        return
    answers.seconds.append(time.perf_counter() - began)
    answers.answered_at[UUID(answer["id"])] = time.time()


async def _freshness(
    live: Live, answers: Answers, when: str, median_max: float, centile_max: float
) -> list[Reading]:
    """How long after its answer each referral was committed in reporting."""
    connection = await asyncpg.connect(live.status["postgres"]["reporting"]["url"])
    try:
        committed: Sequence[asyncpg.Record] = ()
        deadline = time.monotonic() + SETTLE_SECONDS_MAX
        while len(committed) < len(answers.answered_at) and time.monotonic() < deadline:
            await asyncio.sleep(0.2)
            committed = await connection.fetch(_SQL["committed_at"], list(answers.answered_at))
    finally:
        await connection.close()
    waits = [
        max(0.0, row["committed_at"].timestamp() - answers.answered_at[row["referral_id"]]) * 1e3
        for row in committed
    ]
    lost = len(answers.answered_at) - len(committed)
    return [
        Reading(f"answered to reported {when}, median", statistics.median(waits), "ms", median_max),
        Reading(
            f"answered to reported {when}, 99th centile", centile(waits, 99), "ms", centile_max
        ),
        Reading(f"answered and not reported {when}", lost, "referrals", 0),
    ]


def centile(values: Sequence[float], rank: int) -> float:
    """Give the value that ``rank`` of a hundred do not exceed."""
    return statistics.quantiles(values, n=100, method="inclusive")[rank - 1]


def _resident_megabytes(pid: int) -> float:
    """Proportional where shared memory would be counted once a process, else resident."""
    total = 0.0
    for process in [pid, *_children(pid)]:
        try:
            rollup = Path(f"/proc/{process}/smaps_rollup").read_text(encoding="ascii")
        except OSError:
            continue
        total += next(
            int(line.split()[1]) for line in rollup.splitlines() if line.startswith("Pss:")
        )
    return total / 1024


def _children(pid: int) -> list[int]:
    found: list[int] = []
    for entry in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = entry.read_text(encoding="ascii", errors="replace").rpartition(")")[2].split()
        except OSError:
            continue
        if int(fields[1]) == pid:
            child = int(entry.parent.name)
            found += [child, *_children(child)]
    return found
