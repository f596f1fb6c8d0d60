"""The rows of intents, by one typed function per query."""

from collections.abc import Sequence
from dataclasses import fields
from datetime import datetime
from typing import Final, NamedTuple
from uuid import UUID

import asyncpg

from chassis.database import Connection
from chassis.sql import Queries
from services.notifications.domain import (
    AboutListing,
    AboutReferral,
    End,
    Failed,
    Intent,
    Sent,
    Suppressed,
)

_SQL = Queries("services.notifications")
_NO_REFERRAL: Final = (None,) * 6
_NO_LISTING: Final = (None,) * 3


class Waiting(NamedTuple):
    """How many intents wait, and since when the oldest does."""

    waiting: int
    oldest: datetime | None


async def keep_intents(connection: Connection, intents: Sequence[Intent]) -> None:
    """Keep intents; a known one stays as it is."""
    rows = [
        (
            intent.id,
            intent.rule,
            intent.recipient_kind,
            intent.event_id,
            intent.correlation_id,
            intent.traceparent,
            intent.recorded_at,
            intent.send_until,
            *_columns(intent.about),
        )
        for intent in intents
    ]
    await connection.execute(_SQL["keep_intents"], *map(list, zip(*rows, strict=True)))


async def claim_intents(
    connection: Connection, *, now: datetime, lease_until: datetime, per_stream: int, rows: int
) -> list[Intent]:
    """Claim what is due."""
    found = await connection.fetch(_SQL["claim_intents"], now, lease_until, per_stream, rows)
    return [_intent(row) for row in found]


async def settle_intent(
    connection: Connection, intent: Intent, end: End, *, at: datetime
) -> int | None:
    """End it and return its version; nothing where another try holds it by now."""
    return await connection.fetchval(
        _SQL["settle_intent"], intent.id, intent.attempts, _state(end), _reason(end), at
    )


async def suppress_of_people(
    connection: Connection, *, pcn_code: str, person_ids: Sequence[UUID], at: datetime
) -> list[tuple[Intent, int]]:
    """End what waits about these people and was meant by then; give each with its version.

    What is being sent has no time left for another try.
    """
    await connection.fetch(_SQL["lock_of_people"], pcn_code, list(person_ids))
    await connection.execute(_SQL["end_time_of_people"], pcn_code, list(person_ids), at)
    rows = await connection.fetch(_SQL["suppress_of_people"], pcn_code, list(person_ids), at)
    return [(_intent(row), row["version"]) for row in rows]


async def put_back_intent(
    connection: Connection, intent: Intent, *, next_attempt_at: datetime
) -> bool:
    """Let it wait for another try; False where another try holds it or its time was ended."""
    kept = await connection.fetchval(
        _SQL["put_back_intent"], intent.id, intent.attempts, next_attempt_at, intent.send_until
    )
    return kept is not None


async def waiting_intents(connection: Connection) -> Waiting:
    """Count what waits."""
    row = await connection.fetchrow(_SQL["waiting_intents"])
    return Waiting(0, None) if row is None else Waiting(row["waiting"], row["oldest"])


def _columns(about: AboutReferral | AboutListing) -> tuple[str | UUID | None, ...]:
    """What a message is about, in the order of ``keep_intents``."""
    if isinstance(about, AboutListing):
        return (*_NO_REFERRAL, about.region_code, about.check_id, about.listing_id)
    return (
        about.pcn_code,
        about.practice_code,
        about.referrer_code,
        about.referral_id,
        about.episode_id,
        about.person_id,
        *_NO_LISTING,
    )


def _intent(row: asyncpg.Record) -> Intent:
    kind = AboutListing if row["recipient_kind"] == "owner" else AboutReferral
    return Intent(
        id=row["id"],
        rule=row["rule"],
        event_id=row["event_id"],
        about=kind(**{one.name: row[one.name] for one in fields(kind)}),
        recorded_at=row["recorded_at"],
        send_until=row["send_until"],
        correlation_id=row["correlation_id"],
        traceparent=row["traceparent"],
        attempts=row["attempts"],
    )


def _state(end: End) -> str:
    match end:
        case Sent():
            return "sent"
        case Suppressed():
            return "suppressed"
        case Failed():
            return "failed"


def _reason(end: End) -> str | None:
    return None if isinstance(end, Sent) else end.reason
