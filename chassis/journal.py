"""The journal: every numbered event, kept for ever, in the very form the topic has it.

Promise    What ``wire_form`` makes of a row is, byte for byte, what the relay publishes
           and what the internal API serves, so a reader may heal from either.
Price      One form per release: a header added later is added to old events too.
Not here   Writing it: ``chassis.relay.numbering``.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

import asyncpg

from chassis.database import Connection
from chassis.sql import Queries
from contracts.envelope import Envelope

HEADS_PAGE_MAX = 2_000
EVENTS_PAGE_MAX = 1_000

_SQL = Queries("chassis")

# The columns of a journal row as every query here and in the relay selects them.
STREAM, NUMBER, EVENT_ID = 7, 9, 0


@dataclass(frozen=True, slots=True)
class Head:
    """How far a stream is published, and how far numbered: nothing beyond that can exist."""

    stream: str
    epoch: int
    number: int
    event_id: UUID | None
    numbered: int


@dataclass(frozen=True, slots=True)
class Entry:
    """One event as the topic holds it."""

    number: int
    headers: list[tuple[str, bytes]]
    value: bytes


def wire_form(row: asyncpg.Record) -> tuple[list[tuple[str, bytes]], bytes]:
    """Return the headers and the value of the record that carries this row."""
    *told, related, origin, correlation_id, causation_id, traceparent, data = row
    subjects = tuple(related.split(",")) if related else ()
    envelope = Envelope._make((*told, subjects, origin, correlation_id, causation_id, traceparent))
    return envelope.to_headers(), data.encode()


async def published_heads(
    connection: Connection, *, after: str = "", limit: int = HEADS_PAGE_MAX
) -> list[Head]:
    """Return how far streams are published, in order of their names, from ``after`` on."""
    rows: Sequence[asyncpg.Record] = await connection.fetch(
        _SQL["published_heads"], after, min(limit, HEADS_PAGE_MAX)
    )
    return [Head(*row) for row in rows]


async def published_range(
    connection: Connection, stream: str, *, after: int, limit: int = EVENTS_PAGE_MAX
) -> list[Entry]:
    """Return the published events of a stream from the number behind ``after`` on."""
    rows = await connection.fetch(
        _SQL["published_range"], stream, after, min(limit, EVENTS_PAGE_MAX)
    )
    return [Entry(row[NUMBER], *wire_form(row)) for row in rows]
