"""Quarantine: what could not be applied waits here, with everything about the same subject.

Promise    An event enters in the transaction that passes over it and leaves in the one that
           applies it, in order; a record that could not even be read is kept by its place.
Price      Reasons never quote a value, so some need the entry opened to be understood.
Not here   When something is set aside: ``decisions``. Trying again: ``redriving``.
"""

import base64
import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from chassis.database import Connection
from chassis.ids import new_id
from chassis.sql import Queries
from chassis.stream.decisions import Aside
from chassis.stream.events import Record
from contracts.envelope import read_headers

_SQL = Queries("chassis.stream")
_STREAM = re.compile(rb"[A-Za-z0-9_.:-]{1,64}")
HEADERS_KEPT_MAX = 64
HEADER_KEPT_BYTES_MAX = 1_024


@dataclass(frozen=True, slots=True)
class Unreadable:
    """A record of the topic without an envelope, kept by where it lies."""

    topic: str
    partition: int
    offset: int
    key: bytes | None
    headers: Sequence[tuple[str, bytes | None]]
    value: bytes | None
    value_size: int
    reason: str

    @property
    def stream(self) -> str | None:
        """The stream the record's key names, if it can be one: a guess, for those who look."""
        return self.key.decode() if self.key and _STREAM.fullmatch(self.key) else None


async def set_aside(connection: Connection, consumer: str, asides: Sequence[Aside]) -> None:
    """Store events that failed or are held."""
    if asides:
        await _insert(connection, consumer, [_event_row(aside) for aside in asides])


async def keep_unreadable(
    connection: Connection, consumer: str, records: Sequence[Unreadable]
) -> None:
    """Store records that could not be read; one that is read again is stored once."""
    if records:
        await _insert(connection, consumer, [_unreadable_row(record) for record in records])


async def close_healed(connection: Connection, consumer: str, topic: str, stream: str) -> None:
    """Mark what was unreadable as healed: the journal told what it may have hidden."""
    await connection.execute(_SQL["close_healed"], consumer, topic, stream)


def record_of(topic: str, row: Any) -> Record:
    """The event an entry holds, to be tried again."""
    headers = [(name, _bytes_of(held)) for name, held in json.loads(row["headers"])]
    return Record(topic, read_headers(headers), row["value"], row["from_journal"])


def headers_as_json(headers: Sequence[tuple[str, bytes | None]]) -> str:
    """Headers as stored: a list of pairs, what is not text as ``{"base64": …}``."""
    return json.dumps([[_plain(name), _held(value)] for name, value in headers])


_Row = tuple[Any, ...]


async def _insert(connection: Connection, consumer: str, rows: Sequence[_Row]) -> None:
    await connection.execute(
        _SQL["set_aside"], consumer, *(list(column) for column in zip(*rows, strict=True))
    )


def _event_row(aside: Aside) -> _Row:
    record = aside.record
    envelope = record.envelope
    in_topic = record.partition >= 0
    return (
        new_id(),
        record.topic,
        aside.kind,
        envelope.stream,
        envelope.number,
        envelope.epoch,
        envelope.id,
        envelope.type,
        ",".join(record.subjects),
        envelope.recorded_time,
        headers_as_json(envelope.to_headers()),
        record.value,
        len(record.value or b""),
        record.from_journal,
        aside.reason.name,
        aside.reason.detail,
        record.partition if in_topic else None,
        record.offset if in_topic else None,
    )


def _unreadable_row(record: Unreadable) -> _Row:
    nothing: tuple[UUID | None, ...] = (None, None, None, None)
    return (
        new_id(),
        record.topic,
        "unreadable",
        record.stream,
        *nothing,
        "",
        None,
        headers_as_json(
            [
                (name[:HEADER_KEPT_BYTES_MAX], value and value[:HEADER_KEPT_BYTES_MAX])
                for name, value in record.headers[:HEADERS_KEPT_MAX]
            ]
        ),
        record.value,
        record.value_size,
        False,
        "unreadable-envelope",
        record.reason,
        record.partition,
        record.offset,
    )


def _plain(text: str) -> str:
    # Postgres stores neither NUL nor half a surrogate pair in jsonb.
    return text.encode("utf-8", "replace").decode().replace("\x00", "�")


def _held(value: bytes | None) -> str | dict[str, str] | None:
    if value is None:
        return None
    try:
        text = value.decode()
    except UnicodeDecodeError:
        text = "\x00"
    return {"base64": base64.b64encode(value).decode()} if "\x00" in text else text


def _bytes_of(held: str | dict[str, str] | None) -> bytes | None:
    if held is None:
        return None
    return held.encode() if isinstance(held, str) else base64.b64decode(held["base64"])
