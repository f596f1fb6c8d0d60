"""Merges and their traces, and what stops when somebody died."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final
from uuid import UUID

from chassis.database import Connection
from chassis.sql import Queries
from services.referral.domain.episodes import Episode, Referral
from services.referral.domain.merging import Merge
from services.referral.domain.people import Person
from services.referral.store.episodes import episode_of

_SQL: Final = Queries("services.referral")


@dataclass(frozen=True, slots=True)
class MergeMade:
    """A merge as it is stored, with what an answer tells of it."""

    merge: Merge
    row: dict[str, Any]


async def speaks_for_others(connection: Connection, person_id: UUID) -> bool:
    """Tell whether records are merged into this one, whose row is locked."""
    found: bool = await connection.fetchval(_SQL["speaks_for_others"], person_id)
    return found


async def numbered_beside(connection: Connection, person_id: UUID, nhs_number: str) -> UUID | None:
    """Give the record of the same network that holds this number."""
    return await connection.fetchval(_SQL["numbered_beside"], person_id, nhs_number)


async def number_spoken_for(connection: Connection, person_id: UUID) -> str | None:
    """Give the number a person is named by: their own, or one of a record merged into theirs."""
    return await connection.fetchval(_SQL["number_spoken_for"], person_id)


async def latest_merge(connection: Connection, person_id: UUID) -> UUID | None:
    """Give the latest merge into this record that stands."""
    return await connection.fetchval(_SQL["latest_merge"], person_id)


async def merged_into(connection: Connection, person_id: UUID) -> list[UUID]:
    """Give the records that this one speaks for."""
    rows = await connection.fetch(_SQL["merged_into"], person_id)
    return [row["merged_person_id"] for row in rows]


async def load_merge(connection: Connection, merge_id: UUID) -> MergeMade | None:
    """Read a merge; it changes only while both its people are locked."""
    row = await connection.fetchrow(_SQL["load_merge"], merge_id)
    if row is None:
        return None
    made = Merge(
        id=row["id"],
        pcn_code=row["pcn_code"],
        kept_person_id=row["kept_person_id"],
        merged_person_id=row["merged_person_id"],
        closed_episode_id=row["closed_episode_id"],
        closed=tuple(zip(row["closed_referral_ids"], row["closed_statuses"], strict=True)),
        version=row["version"],
        is_undone=row["undone_at"] is not None,
    )
    return MergeMade(made, dict(row))


async def write_merge(
    connection: Connection,
    made: Merge,
    *,
    reason: str,
    event_id: UUID,
    occurred_at: datetime,
    recorded_at: datetime,
) -> None:
    """Let one record speak for another."""
    await connection.execute(
        _SQL["write_merge"],
        made.id,
        made.pcn_code,
        made.kept_person_id,
        made.merged_person_id,
        reason,
        made.closed_episode_id,
        [referral_id for referral_id, _ in made.closed],
        [status for _, status in made.closed],
        event_id,
        occurred_at,
        recorded_at,
    )


async def undo_merge(connection: Connection, made: Merge, *, undone_at: datetime) -> None:
    """Let both records speak for themselves."""
    await connection.execute(
        _SQL["undo_merge"], made.id, made.merged_person_id, undone_at, made.version
    )


async def lock_episodes(connection: Connection, episode_ids: Sequence[UUID]) -> dict[UUID, Episode]:
    """Lock episodes by id."""
    rows = await connection.fetch(_SQL["lock_episodes"], list(episode_ids))
    return {row["id"]: episode_of(row) for row in rows}


async def load_open_referrals(connection: Connection, episode_id: UUID) -> list[Referral]:
    """Read the open referrals of an episode that is locked."""
    rows = await connection.fetch(_SQL["load_open_referrals"], episode_id)
    return [Referral(**dict(row)) for row in rows]


async def write_death(connection: Connection, person: Person, *, died_on: date | None) -> None:
    """Record or take back that a person died."""
    await connection.execute(
        _SQL["write_death"], person.id, person.deceased, died_on, person.version
    )


async def list_episodes_to_settle(connection: Connection, person_id: UUID) -> list[UUID]:
    """Give the episodes in which others were asked to do something, or a visit is planned."""
    rows = await connection.fetch(_SQL["list_episodes_to_settle"], person_id)
    return [row["id"] for row in rows]


async def clear_timers_of_person(connection: Connection, person_id: UUID) -> int:
    """Forget what falls due about a person; give how many timers there were."""
    status: str = await connection.execute(_SQL["clear_timers_of_person"], person_id)
    return int(status.rpartition(" ")[2])
