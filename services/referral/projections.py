"""Notes that a message about a referral was sent, held back or failed: one row a message."""

from collections.abc import Sequence
from dataclasses import astuple, dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from chassis.database import Connection
from chassis.sql import Queries

_SQL: Final = Queries("services.referral")


@dataclass(frozen=True, slots=True)
class MessageNote:
    """What is known of one message; its stream is the PCN that may see it."""

    stream: str
    message_id: UUID
    practice_code: str
    referral_id: UUID
    rule: str
    channel: str
    recipient_kind: str
    outcome: str
    reason: str | None
    occurred_at: datetime
    number: int


async def note_messages(connection: Connection, notes: Sequence[MessageNote]) -> None:
    """Keep the latest of what is known of each message."""
    latest: dict[tuple[str, UUID], MessageNote] = {}
    for note in notes:
        known = latest.get((note.stream, note.message_id))
        if known is None or note.number > known.number:
            latest[note.stream, note.message_id] = note
    rows = [astuple(note) for note in latest.values()]
    await connection.execute(_SQL["note_messages"], *map(list, zip(*rows, strict=True)))


async def has_foreign_note(connection: Connection, notes: Sequence[MessageNote]) -> bool:
    """Say whether a stream speaks for a referral of another PCN."""
    count: int = await connection.fetchval(
        _SQL["count_foreign_notes"],
        [note.stream for note in notes],
        [note.referral_id for note in notes],
    )
    return count > 0
