"""Timers' rows: set and cleared under the lock of what they are about, taken when they are due.

Promise    A thing has one timer of a kind: setting it again moves it. A timer set or cleared in
           a transaction is so if, and only if, that transaction commits.
Not here   Firing them: ``use_cases.timers``.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from asyncpg import Record

from chassis.database import Connection
from chassis.ids import new_id
from chassis.sql import Queries
from services.referral.domain.timers import RETRY_MAX_SECONDS, Kind, Lane, Timer, lane_of

_SQL: Final = Queries("services.referral")


@dataclass(frozen=True, slots=True, kw_only=True)
class NewTimer:
    """A timer to set; ``not_before`` lets it wait beyond ``due_at``, as imports do."""

    kind: Kind
    about: UUID
    pcn_code: str
    due_at: datetime
    not_before: datetime | None = None


async def set(  # noqa: A001 - it is read as timers.set
    connection: Connection,
    *,
    kind: Kind,
    about: UUID,
    pcn_code: str,
    due_at: datetime,
    not_before: datetime | None = None,
) -> None:
    """Set this kind's timer of this thing, in place of the one it had."""
    await set_many(
        connection,
        [NewTimer(kind=kind, about=about, pcn_code=pcn_code, due_at=due_at, not_before=not_before)],
    )


async def set_many(connection: Connection, wanted: Sequence[NewTimer]) -> None:
    """Set many timers in one statement; of several of one kind about one thing, the last counts."""
    timers = list({(one.about, one.kind): one for one in wanted}.values())
    if not timers:
        return
    await connection.execute(
        _SQL["set_timers"],
        [new_id() for _ in timers],
        [one.kind for one in timers],
        [one.about for one in timers],
        [one.pcn_code for one in timers],
        [lane_of(one.kind) for one in timers],
        [one.due_at for one in timers],
        [one.not_before for one in timers],
    )


async def look_again(connection: Connection, *, kind: Kind, pcn_code: str, now: datetime) -> None:
    """Let a network's timers of a kind be looked at now, because they may be due earlier."""
    await connection.execute(_SQL["look_again_at_timers"], kind, pcn_code, now)


async def clear(connection: Connection, *, kind: Kind, about: UUID) -> None:
    """Forget this kind's timer of this thing, if it has one."""
    await clear_many(connection, [(kind, about)])


async def clear_many(connection: Connection, unwanted: Sequence[tuple[Kind, UUID]]) -> None:
    """Forget many timers in one statement."""
    if unwanted:
        await connection.execute(
            _SQL["clear_timers"],
            [kind for kind, _ in unwanted],
            [about for _, about in unwanted],
        )


async def resume_first_contacts(connection: Connection, episode_ids: Sequence[UUID]) -> None:
    """Let first contacts of these episodes be late on their day again, where somebody waits."""
    await connection.execute(_SQL["resume_first_contacts"], list(episode_ids))


async def list_due(
    connection: Connection, *, lane: Lane, kinds: Sequence[Kind], limit: int
) -> list[UUID]:
    """Give what is due in a lane, in the order in which it fell due."""
    rows = await connection.fetch(_SQL["list_due_timers"], lane, list(kinds), limit)
    return [row["id"] for row in rows]


async def present(connection: Connection) -> datetime:
    """Give the time by the clock that says what is due."""
    return await connection.fetchval(_SQL["read_clock"])


@dataclass(frozen=True, slots=True)
class Standing:
    """A timer that waits, as it was set."""

    id: UUID
    next_at: datetime


async def list_standing(connection: Connection, *, lane: Lane, limit: int) -> list[Standing]:
    """Give what waits in a lane, the next to fall due first."""
    rows = await connection.fetch(_SQL["list_standing_timers"], lane, limit)
    return [Standing(**dict(row)) for row in rows]


async def list_standing_of(connection: Connection, timer_ids: Sequence[UUID]) -> list[Standing]:
    """Give those of these timers that still wait."""
    rows = await connection.fetch(_SQL["list_standing_timers_of"], list(timer_ids))
    return [Standing(**dict(row)) for row in rows]


async def take(
    connection: Connection,
    timer_id: UUID,
    *,
    kinds: Sequence[Kind],
    lock_wait_ms: int,
    by: datetime | None = None,
) -> Timer | None:
    """Take a timer for good, unless it is not due, taken or not the next about its thing.

    It is due by now, or ``by`` what an earlier clock said. Until the transaction ends, no lock is
    waited for longer than ``lock_wait_ms``.
    """
    row = await connection.fetchrow(
        _SQL["take_timer"], timer_id, list(kinds), f"{lock_wait_ms}ms", by
    )
    if row is None:
        return None
    return Timer(
        id=row["id"],
        kind=row["kind"],
        about=row["about"],
        pcn_code=row["pcn_code"],
        due_at=row["due_at"],
        attempts=row["attempts"],
    )


async def postpone(connection: Connection, timer_id: UUID, *, seconds: int) -> int | None:
    """Try a timer that failed again later; give how often it failed, None if it is gone."""
    return await connection.fetchval(_SQL["postpone_timer"], timer_id, seconds)


async def observe(connection: Connection) -> list[Record]:
    """Count by kind what is due and what failed."""
    return await connection.fetch(_SQL["observe_timers"], RETRY_MAX_SECONDS)
