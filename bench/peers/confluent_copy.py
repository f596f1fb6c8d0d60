"""The practical ceiling: confluent-kafka's batches, COPY, and the offset in the same transaction.

It reads the same headers and decodes the same values, but checks no order, finds no hole,
quarantines nothing and keeps no figures: what remains is transport, decoding and COPY.
"""

from __future__ import annotations

import asyncio
import json
import time
from datetime import datetime
from typing import Any, cast
from uuid import UUID

from confluent_kafka import Consumer, Message

from bench.peers.run import PeerRun, prepared_database
from chassis.sql import Queries

NAME = "confluent-kafka, COPY and offsets"
BATCH_SIZE_MAX = 5_000
_POLL_SECONDS = 0.2
_COLUMNS = (
    "event_id", "stream", "number", "type", "practice_code", "occurred_at", "recorded_at", "data",
)  # fmt: skip
_SQL = Queries("bench.peers")


async def consume(run: PeerRun) -> float:
    """Consume ``run.events`` events and give the seconds it took."""
    pool = await prepared_database(run)
    consumer = Consumer(
        {
            "bootstrap.servers": run.bootstrap,
            "group.id": run.group,
            "auto.offset.reset": "earliest",
            "enable.auto.commit": False,
            "fetch.min.bytes": 1,
        }
    )
    consumer.subscribe([run.topic])
    seen = 0
    started = time.perf_counter()
    async with asyncio.timeout(run.timeout_seconds):
        while seen < run.events:
            messages = await asyncio.to_thread(consumer.consume, BATCH_SIZE_MAX, _POLL_SECONDS)
            records = [message for message in messages if message.error() is None]
            if records:
                await _store(pool, records)
                seen += len(records)
    seconds = time.perf_counter() - started
    consumer.close()
    await pool.close()
    return seconds


async def _store(pool: Any, records: list[Message]) -> None:
    rows: list[tuple[object, ...]] = []
    offsets: dict[int, int] = {}
    for record in records:
        headers: dict[str, Any] = dict(cast("list[tuple[str, Any]]", record.headers() or []))
        value = record.value() or b"{}"
        data = json.loads(value)
        rows.append(
            (
                UUID(_text(headers, "ce_id")),
                data["pcn_code"],
                int(_text(headers, "ce_sequence")),
                _text(headers, "ce_type"),
                data["practice_code"],
                datetime.fromisoformat(_text(headers, "ce_time")),
                datetime.fromisoformat(_text(headers, "ce_recordedtime")),
                value.decode(),
            )
        )
        offsets[record.partition() or 0] = (record.offset() or 0) + 1
    async with pool.acquire() as connection, connection.transaction():
        await connection.copy_records_to_table("peer_event", records=rows, columns=_COLUMNS)
        await connection.executemany(_SQL["advance_offset"], list(offsets.items()))


def _text(headers: dict[str, Any], name: str) -> str:
    value = headers[name]
    return value.decode() if isinstance(value, bytes) else str(value)
