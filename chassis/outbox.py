"""The transactional outbox: an event is stored with the fact that caused it.

Promise    An event is published if, and only if, its transaction committed.
Price      Delivery is at least once; consumers drop what their position has passed.
Not here   Numbering and publishing: ``chassis.relay``.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from chassis import clock, telemetry
from chassis.database import Connection
from chassis.ids import new_id
from chassis.sql import Queries
from contracts.envelope import ATTRIBUTES
from contracts.event import EventData

EVENT_DATA_SIZE_MAX_BYTES = 256 * 1024
EVENTS_IN_CALL_MAX = 10_000

_SQL = Queries("chassis")
_SHAPES = {attribute.header: re.compile(attribute.pattern) for attribute in ATTRIBUTES}


class OversizedEvent(ValueError):
    """An event's data is larger than a record may be; the relay could not publish it."""


class UnwritableEvent(ValueError):
    """An event says something that its envelope has no form for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NewEvent:
    """A fact to be told, and about what. Its class says its type and its owner."""

    data: EventData
    stream: str
    subject: str
    aggregate_version: int
    occurred_at: datetime
    recorded_at: datetime | None = None
    related_subjects: Sequence[str] = ()
    origin: Literal["live", "import", "seed"] = "live"
    correlation_id: str | None = None
    causation_id: str | None = None
    event_id: UUID | None = None


async def record(connection: Connection, events: Sequence[NewEvent]) -> list[UUID]:
    """Store ``events`` beside the change that ``connection``'s transaction makes.

    The caller has locked each aggregate, so its events are numbered in the order of
    their commits.
    """
    if not events:
        return []
    told = columns(events)
    await connection.execute(_SQL["append_events"], *told, telemetry.current_traceparent())
    return told[1]


def columns(events: Sequence[NewEvent]) -> list[list[Any]]:
    """Give the outbox's columns of these events, side by side."""
    if len(events) > EVENTS_IN_CALL_MAX:
        message = f"more than {EVENTS_IN_CALL_MAX} events in one call"
        raise ValueError(message)
    if not events:
        return [[] for _ in range(_COLUMNS)]
    known = clock.now()
    return [*map(list, zip(*(_row(event, known) for event in events), strict=True))]


_COLUMNS = 14
_Row = tuple[
    str, UUID, str, str, str, str, str, int, datetime, datetime, str, str | None, str | None, str
]


def _row(event: NewEvent, known: datetime) -> _Row:
    kind = type(event.data)
    data = event.data.model_dump_json()
    if len(data) > EVENT_DATA_SIZE_MAX_BYTES or len(data.encode()) > EVENT_DATA_SIZE_MAX_BYTES:
        message = f"{kind.__name__} takes more than {EVENT_DATA_SIZE_MAX_BYTES} bytes"
        raise OversizedEvent(message)
    recorded_at = event.recorded_at or known
    if event.occurred_at.tzinfo is None or recorded_at.tzinfo is None:
        message = f"{kind.__name__}: a time lacks its offset"
        raise UnwritableEvent(message)
    related_subjects = ",".join(event.related_subjects)
    for header, text in (
        ("ce_partitionkey", event.stream),
        ("ce_subject", event.subject),
        ("ce_relatedsubjects", related_subjects or None),
        ("ce_correlationid", event.correlation_id),
        ("ce_causationid", event.causation_id),
    ):
        if text is not None and _SHAPES[header].fullmatch(text) is None:
            message = f"{kind.__name__}: {header} has a form that no reader knows"
            raise UnwritableEvent(message)
    return (
        event.stream,
        event.event_id or new_id(),
        kind.type,
        kind.source,
        kind.data_schema,
        event.subject,
        related_subjects,
        event.aggregate_version,
        event.occurred_at,
        recorded_at,
        event.origin,
        event.correlation_id,
        event.causation_id,
        data,
    )
