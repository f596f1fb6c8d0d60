"""What a peer is given: where to read, where to write, how many events, and how long at most."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import asyncpg


@dataclass(frozen=True, slots=True)
class PeerRun:
    """One run of one peer, on the topic that Waymark's own consumer reads."""

    bootstrap: str
    database_url: str
    topic: str
    group: str
    events: int
    timeout_seconds: float


async def prepared_database(run: PeerRun) -> asyncpg.Pool[Any]:
    """A pool on the peer's own empty tables."""
    pool = await asyncpg.create_pool(run.database_url, min_size=1, max_size=4)
    await pool.execute((Path(__file__).parent / "schema.sql").read_text(encoding="utf-8"))
    return pool
