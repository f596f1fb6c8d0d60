"""The rows of intents, by one typed function per query."""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from chassis.database import Connection
from chassis.sql import Queries
from services.notifications.domain import End, Failed, Intent, Sent, Suppressed

_SQL = Queries("services.notifications")


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
            intent.pcn_code,
            intent.practice_code,
            intent.referrer_code,
            intent.referral_id,
            intent.episode_id,
            intent.person_id,
            intent.event_id,
            intent.correlation_id,
            intent.traceparent,
            intent.recorded_at,
            intent.send_until,
        )
        for intent in intents
    ]
    await connection.execute(_SQL["keep_intents"], *map(list, zip(*rows, strict=True)))


async def claim_intents(
    connection: Connection, *, now: datetime, lease_until: datetime, per_pcn: int, rows: int
) -> list[Intent]:
    """Claim what is due."""
    found = await connection.fetch(_SQL["claim_intents"], now, lease_until, per_pcn, rows)
    return [Intent(**dict(row)) for row in found]


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
    ended: list[tuple[Intent, int]] = []
    for row in rows:
        fields = dict(row)
        version = fields.pop("version")
        ended.append((Intent(**fields), version))
    return ended


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
