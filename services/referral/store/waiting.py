"""Waits' rows: read and written under the lock of their episodes."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final
from uuid import UUID

from asyncpg import Record

from chassis.database import Connection
from chassis.sql import Queries
from services.referral.domain.episodes import Episode
from services.referral.domain.waiting import WEIGHTS, Pause, Pressing, Wait
from services.referral.store.episodes import episode_of
from services.referral.store.people import as_rows
from services.referral.store.rules import wait_row

_SQL: Final = Queries("services.referral")


async def lock_episodes(connection: Connection, episode_ids: Sequence[UUID]) -> dict[UUID, Episode]:
    """Lock episodes by their ids."""
    rows = await connection.fetch(_SQL["lock_waiting_episodes"], list(episode_ids))
    return {row["id"]: episode_of(row) for row in rows}


async def load_waits(connection: Connection, episode_ids: Sequence[UUID]) -> dict[UUID, Wait]:
    """Read how episodes that are locked wait, with their pauses."""
    rows = await connection.fetch(_SQL["load_waits"], list(episode_ids))
    waits = {row["episode_id"]: _wait(row) for row in rows}
    for episode_id, pauses in (await load_pauses(connection, list(waits))).items():
        waits[episode_id].pauses = pauses
    return waits


async def load_pauses(
    connection: Connection, episode_ids: Sequence[UUID]
) -> dict[UUID, list[Pause]]:
    """Read the pauses of episodes, oldest first."""
    found: dict[UUID, list[Pause]] = {}
    for row in await connection.fetch(_SQL["load_pauses"], list(episode_ids)):
        found.setdefault(row["episode_id"], []).append(
            Pause(row["id"], row["reason"], row["started_at"], row["ended_at"])
        )
    return found


async def write_waits(connection: Connection, waits: Sequence[Wait]) -> None:
    """Store waits as they now stand, with their timers."""
    await connection.execute(
        _SQL["write_waits"],
        as_rows([wait_row(wait) for wait in waits]),
        [wait.episode_id for wait in waits],
    )


async def what_waits_together(
    connection: Connection, episode_id: UUID
) -> tuple[datetime | None, list[Pressing]]:
    """Read since when the person of a locked episode waits, and what their referrals ask for."""
    since = await connection.fetchval(_SQL["since_when_waited"], episode_id)
    rows = await connection.fetch(_SQL["what_presses_together"], episode_id)
    return since, [Pressing(row["urgency"], row["needs"]) for row in rows]


async def begin_pause(
    connection: Connection, wait: Wait, pause: Pause, *, referral_id: UUID, recorded_at: datetime
) -> None:
    """Store that the service's clock of a wait stands still."""
    await connection.execute(
        _SQL["begin_pause"],
        pause.id,
        wait.pcn_code,
        wait.practice_code,
        wait.episode_id,
        referral_id,
        pause.reason,
        pause.started_at,
        recorded_at,
    )


async def end_pause(connection: Connection, pause: Pause) -> None:
    """Store that the service's clock goes on."""
    await connection.execute(_SQL["end_pause"], pause.id, pause.ended_at)


async def list_outdated(
    connection: Connection, pcn_code: str, calendar_version: str, *, limit: int
) -> list[UUID]:
    """Give episodes that wait by another calendar or other weights than now hold."""
    rows = await connection.fetch(
        _SQL["list_outdated_waits"], pcn_code, calendar_version, WEIGHTS.version, limit
    )
    return [row["episode_id"] for row in rows]


async def list_outdated_networks(connection: Connection, england_version: str) -> list[str]:
    """Give networks in which somebody waits by other bank holidays or weights than now hold."""
    rows = await connection.fetch(_SQL["list_outdated_networks"], england_version, WEIGHTS.version)
    return [row["pcn_code"] for row in rows]


async def list_waiting(
    connection: Connection,
    pcn_code: str,
    *,
    role: str | None,
    after: tuple[datetime, UUID] | None,
    limit: int,
) -> list[Record]:
    """Give a page of who waits in a network, for one role or any, who comes next first."""
    place, episode_id = after or (None, None)
    if role is not None:
        return await connection.fetch(
            _SQL["list_waiting_for_role"], pcn_code, place, episode_id, limit, role
        )
    return await connection.fetch(_SQL["list_waiting"], pcn_code, place, episode_id, limit)


async def view_wait(connection: Connection, episode_id: UUID) -> Record | None:
    """Give how one episode waits or waited."""
    return await connection.fetchrow(_SQL["view_wait"], episode_id)


def _wait(row: Record) -> Wait:
    return Wait(
        episode_id=row["episode_id"],
        referral_id=row["referral_id"],
        pcn_code=row["pcn_code"],
        practice_code=row["practice_code"],
        opened_at=row["opened_at"],
        pressing=Pressing(row["urgency"], row["needs"]),
        deprivation_decile=row["deprivation_decile"],
        target_days=row["target_days"],
        calendar_version=row["calendar_version"],
        due_on=row["due_on"],
        overdue=row["overdue"],
        waits=row["waits"],
        paused_days=row["paused_days"],
        waiting_since=row["waiting_since"],
    )
