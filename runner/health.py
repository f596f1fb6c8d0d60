"""How each process is, asked of the machine and of the process itself, never remembered."""

import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final, Literal

import asyncpg
import httpx
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import KafkaError

from runner import processes
from runner.ports import HOST
from runner.probes import INTERNAL_TOPICS
from runner.state import KAFKA, POSTGRES, Running, State

# A process that is not ready is `starting` for so long after its start, and `degraded` from then
# on.
STARTING_SECONDS_MAX: Final = 45.0
ANSWER_TIMEOUT_SECONDS: Final = 2.0

ProcessState = Literal["starting", "ready", "degraded", "paused", "stopped", "crashed"]


@dataclass(slots=True)
class Health:
    """One process at one moment."""

    entry: Running
    state: ProcessState
    ready: dict[str, bool] = field(default_factory=dict[str, bool])

    @property
    def missing(self) -> list[str]:
        """The parts that are not ready."""
        return [part for part, ready in self.ready.items() if not ready]


@dataclass(slots=True)
class Report:
    """Every process at one moment, and the broker's topics (None: the broker did not answer)."""

    processes: list[Health]
    topics: list[str] | None

    @property
    def all_ready(self) -> bool:
        """Whether nothing is missing."""
        return bool(self.processes) and all(health.state == "ready" for health in self.processes)


def examine(state: State) -> Report:
    """Ask every process, all at the same time."""
    return asyncio.run(_examine(state))


def ready_now(state: State, entries: Sequence[Running]) -> list[Health]:
    """Ask some processes."""
    return asyncio.run(_ask(state, entries))


async def _examine(state: State) -> Report:
    topics = asyncio.create_task(_topics(state.kafka))
    processes = await _ask(state, state.processes)
    names = await topics
    for health in processes:
        if health.entry.service == KAFKA and health.state not in ("paused", "stopped", "crashed"):
            health.ready = {"broker": names is not None}
            health.state = _judge(health.entry, health.ready)
    return Report(processes, names)


async def _ask(state: State, entries: Sequence[Running]) -> list[Health]:
    limits = httpx.Limits(max_connections=64)
    async with httpx.AsyncClient(
        timeout=ANSWER_TIMEOUT_SECONDS, limits=limits, trust_env=False
    ) as client:
        return list(await asyncio.gather(*(_one(state, entry, client) for entry in entries)))


async def _one(state: State, entry: Running, client: httpx.AsyncClient) -> Health:
    process = entry.process
    if not process.alive:
        return Health(
            entry, "crashed" if entry.wanted else "stopped", dict.fromkeys(_parts(entry), False)
        )
    if process.paused:
        return Health(entry, "paused", dict.fromkeys(_parts(entry), False))
    if entry.service == POSTGRES:
        ready = {"server": await _database_answers(state.database)}
    elif entry.service == KAFKA:
        ready = {"broker": True}
    elif entry.port and not processes.listens(process, entry.port):
        # Another program may answer at this port: that would be its health, not ours.
        ready = dict.fromkeys(_parts(entry), False)
    else:
        answers = await asyncio.gather(*(_answers(client, entry, part) for part in _parts(entry)))
        ready = dict(zip(_parts(entry), answers, strict=True))
    return Health(entry, _judge(entry, ready), ready)


def _judge(entry: Running, ready: dict[str, bool]) -> ProcessState:
    if all(ready.values()):
        return "ready"
    return "starting" if time.time() - entry.started_at < STARTING_SECONDS_MAX else "degraded"


def _parts(entry: Running) -> tuple[str, ...]:
    if entry.service == KAFKA:
        return ("broker",)
    if entry.service == POSTGRES:
        return ("server",)
    return entry.roles or (("http",) if entry.port else ())


async def _answers(client: httpx.AsyncClient, entry: Running, part: str) -> bool:
    path = f"/readyz/{part}" if entry.roles else "/readyz"
    try:
        answer = await client.get(f"http://{HOST}:{entry.port}{path}")
    except httpx.HTTPError:
        return False
    return answer.is_success


async def _database_answers(url: str) -> bool:
    try:
        connection = await asyncpg.connect(url, timeout=ANSWER_TIMEOUT_SECONDS)
    except (asyncpg.PostgresError, OSError, TimeoutError):
        return False
    await connection.close(timeout=ANSWER_TIMEOUT_SECONDS)
    return True


async def _topics(bootstrap: str) -> list[str] | None:
    if not bootstrap:
        return None
    admin = AIOKafkaAdminClient(
        bootstrap_servers=bootstrap, request_timeout_ms=int(ANSWER_TIMEOUT_SECONDS * 1000)
    )
    try:
        async with asyncio.timeout(ANSWER_TIMEOUT_SECONDS):
            await admin.start()
            names = await admin.list_topics()
    except (KafkaError, OSError, TimeoutError):
        return None
    finally:
        await admin.close()
    return sorted(
        name for name in names if not name.startswith("__") and name not in INTERNAL_TOPICS
    )
