"""What a consumer reads and what a projection is given.

A ``Record`` is one event as it came, from the topic or from its owner's journal, with its
value unread. An ``Event`` is what a projection applies: the envelope and the value, read.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple, Protocol, TypeAlias
from uuid import UUID

from pydantic import TypeAdapter

from chassis.database import Connection
from contracts.envelope import Envelope

Key: TypeAlias = tuple[str, str]
"""Topic and stream: what a position belongs to."""

_new_tuple: "Callable[[type[Event], object], Event]" = vars(tuple)["__new__"]

Reader: TypeAlias = TypeAdapter[list[dict[str, Any]]]


class Record(NamedTuple):
    """One event as it came; ``partition`` and ``offset`` are -1 when the journal told it."""

    topic: str
    envelope: Envelope
    value: bytes | None
    from_journal: bool
    partition: int = -1
    offset: int = -1

    @property
    def key(self) -> Key:
        """The stream the event belongs to."""
        return self.topic, self.envelope.stream

    @property
    def subjects(self) -> tuple[str, ...]:
        """Every aggregate the event is about: if one is held, the event is."""
        return (self.envelope.subject, *self.envelope.related_subjects)


class Event(NamedTuple):
    """One event, ready to be applied."""

    topic: str
    stream: str
    number: int
    epoch: int
    event_id: UUID
    type: str
    subject: str
    related_subjects: tuple[str, ...]
    aggregate_version: int
    occurred_at: datetime
    recorded_at: datetime
    origin: str
    correlation_id: str | None
    causation_id: str | None
    traceparent: str | None
    data: dict[str, Any]


class EventRefused(Exception):
    """A projection will not apply an event, for a reason that quotes nothing of it.

    The third wall is built of this: a projection refuses an event whose stream may not
    speak for its subject. The event is quarantined with the reason.
    """

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class Projection(Protocol):
    """What a service makes of events.

    ``apply`` runs in the transaction that advances the positions and has no effect outside
    it. It may be called several times for the same events, each time after the effects of
    the time before were rolled back, and with any part of a batch that keeps each stream's
    order. Types that ``readers`` does not name are counted as skipped.
    """

    @property
    def consumer(self) -> str:
        """The name of the consumer: its group, and whose positions these are."""
        ...

    @property
    def topics(self) -> Sequence[str]:
        """The topics it listens to."""
        ...

    @property
    def readers(self) -> Mapping[str, Reader]:
        """How the value of each type it applies is read."""
        ...

    async def apply(self, connection: Connection, events: Sequence[Event]) -> None:
        """Make the effects of ``events``, set-based, in this transaction."""
        ...


def event_of(record: Record, data: dict[str, Any]) -> Event:
    """The event a projection is given: the record's envelope with its value read."""
    (
        event_id,
        type_,
        _source,
        subject,
        occurred_at,
        recorded_at,
        _data_schema,
        stream,
        epoch,
        number,
        aggregate_version,
        related_subjects,
        origin,
        correlation_id,
        causation_id,
        traceparent,
    ) = record.envelope
    # The constructor of a named tuple would only sort its arguments into this order.
    return _new_tuple(
        Event,
        (
            record.topic,
            stream,
            number,
            epoch,
            event_id,
            type_,
            subject,
            related_subjects,
            aggregate_version,
            occurred_at,
            recorded_at,
            origin,
            correlation_id,
            causation_id,
            traceparent,
            data,
        ),
    )
