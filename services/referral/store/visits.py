"""Home visits as rows, read and written under the lock of their episode."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from chassis.database import Connection
from chassis.sql import Queries
from services.referral.domain.episodes import Episode
from services.referral.domain.visits import Visit
from services.referral.store.episodes import episode_of
from services.referral.store.people import as_rows

_SQL: Final = Queries("services.referral")


@dataclass(frozen=True, slots=True)
class LockedVisit:
    """A visit under the lock of its episode."""

    episode: Episode
    visit: Visit
    present: datetime
    """By the clock that will say who is overdue, which need not be ours."""


async def lock_visit(connection: Connection, visit_id: UUID) -> LockedVisit | None:
    """Lock the episode of a visit and read the visit as it stands."""
    row = await connection.fetchrow(_SQL["lock_episode_of_visit"], visit_id)
    visit = await connection.fetchrow(_SQL["load_visit"], visit_id) if row else None
    if row is None or visit is None:
        return None
    return LockedVisit(episode_of(row), Visit(**dict(visit)), row["present"])


async def load_planned(connection: Connection, episode_id: UUID) -> list[Visit]:
    """Read the visits of a locked episode that nobody has begun."""
    rows = await connection.fetch(_SQL["load_planned_visits"], episode_id)
    return [Visit(**dict(row)) for row in rows]


async def insert_visit(connection: Connection, visit: Mapping[str, Any]) -> None:
    """Store a visit that was planned."""
    await connection.execute(_SQL["insert_visit"], as_rows([visit]))


async def update_visit(connection: Connection, visit: Visit) -> None:
    """Store a visit as it now stands."""
    await connection.execute(
        _SQL["update_visit"],
        visit.id,
        visit.status,
        visit.checked_in_at,
        visit.due_back_at,
        visit.checked_out_at,
        visit.version,
    )


async def note_late_told(connection: Connection, visit_id: UUID) -> None:
    """Keep that it was told that nobody began a visit."""
    await connection.execute(_SQL["note_late_told"], visit_id)


async def note_alarm(connection: Connection, visit_id: UUID, alarm_id: UUID) -> None:
    """Keep which alarm was raised for a visit."""
    await connection.execute(_SQL["note_alarm_of_visit"], visit_id, alarm_id)
