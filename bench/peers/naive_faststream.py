"""The peer most people would write first: one FastStream handler, one message, one transaction.

A pydantic model, the library's own acknowledgement, an inbox row against duplicates, the effect
and a running count. It loses an event whose handler raises: the acknowledgement policy commits
past it.
"""

from __future__ import annotations

import asyncio
import time
from datetime import datetime
from typing import Any
from uuid import UUID

import asyncpg
from faststream import AckPolicy
from faststream.kafka import KafkaBroker, KafkaMessage
from pydantic import BaseModel

from bench.peers.run import PeerRun, prepared_database
from chassis.sql import Queries

NAME = "FastStream, one message, one transaction"
_SQL = Queries("bench.peers")


class AnyEvent(BaseModel, extra="allow"):
    """The fields every event of the workload has."""

    pcn_code: str
    practice_code: str


async def consume(run: PeerRun) -> float:
    """Consume ``run.events`` events and give the seconds it took."""
    pool = await prepared_database(run)
    broker = KafkaBroker(run.bootstrap, logger=None)
    done = asyncio.Event()
    seen = 0

    @broker.subscriber(
        run.topic, group_id=run.group, auto_offset_reset="earliest", ack_policy=AckPolicy.ACK
    )
    async def handle(event: AnyEvent, message: KafkaMessage) -> None:  # pyright: ignore[reportUnusedFunction]
        nonlocal seen
        await _apply(pool, event, message)
        seen += 1
        if seen == run.events:
            done.set()

    started = time.perf_counter()
    async with broker:
        await broker.start()
        async with asyncio.timeout(run.timeout_seconds):
            await done.wait()
    seconds = time.perf_counter() - started
    await pool.close()
    return seconds


async def _apply(pool: asyncpg.Pool[Any], event: AnyEvent, message: KafkaMessage) -> None:
    headers = message.headers
    event_id = UUID(headers["ce_id"])
    async with pool.acquire() as connection, connection.transaction():
        if await connection.fetchval(_SQL["remember_in_inbox"], event_id) is None:
            return
        await connection.execute(
            _SQL["insert_event"],
            event_id,
            event.pcn_code,
            int(headers["ce_sequence"]),
            headers["ce_type"],
            event.practice_code,
            datetime.fromisoformat(headers["ce_time"]),
            datetime.fromisoformat(headers["ce_recordedtime"]),
            event.model_dump_json(),
        )
        await connection.execute(_SQL["add_to_count"], event.pcn_code, headers["ce_type"])
