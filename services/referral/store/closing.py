"""Closings, reopenings and messages back as rows, and the records a message is made of."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from asyncpg import Record

from chassis.database import Connection
from chassis.sql import Queries
from services.referral.domain.episodes import Referral
from services.referral.domain.message_back import GOALS_MAX, MEASURES_MAX, ONWARD_MAX
from services.referral.store.people import as_rows

_SQL: Final = Queries("services.referral")


@dataclass(frozen=True, slots=True)
class Counts:
    """What had happened in an episode by its closing."""

    contacts_made: int
    first_at: datetime | None
    last_at: datetime | None
    goals_set: int
    goals_met: int
    goals_dropped: int
    closings: int


async def load_referrals_of_episode(connection: Connection, episode_id: UUID) -> list[Referral]:
    """Read every referral of a locked episode, in the order in which they came."""
    rows = await connection.fetch(_SQL["load_referrals_of_episode"], episode_id)
    return [Referral(**dict(row)) for row in rows]


async def count(connection: Connection, episode_id: UUID) -> Counts:
    """Count what a closing tells of."""
    row = await connection.fetchrow(_SQL["count_for_closing"], episode_id)
    return Counts(**dict(row or {}))


async def write_closing(connection: Connection, closing: Mapping[str, Any]) -> None:
    """Keep how an episode ended."""
    await connection.execute(_SQL["write_closing"], as_rows([closing]))


async def write_reopening(connection: Connection, reopening: Mapping[str, Any]) -> None:
    """Keep that an episode goes on."""
    await connection.execute(_SQL["write_reopening"], as_rows([reopening]))


async def lock_person_of_referral(connection: Connection, referral_id: UUID) -> UUID | None:
    """Lock the person a referral is about, before their episode."""
    return await connection.fetchval(_SQL["lock_person_of_referral"], referral_id)


async def has_open_episode(connection: Connection, person_id: UUID | None) -> bool:
    """Say whether a person, who is locked, has an open episode under any record of theirs."""
    return await connection.fetchval(_SQL["has_newer_open_episode"], person_id)


async def comes_back_unmerged(connection: Connection, person_id: UUID) -> bool:
    """Say whether undoing a merge of this record reopens support of it."""
    return await connection.fetchval(_SQL["comes_back_unmerged"], person_id)


async def read_person(connection: Connection, person_id: UUID) -> Record:
    """Give what a message back says of the person and their practice."""
    row = await connection.fetchrow(_SQL["read_person_for_message"], person_id)
    if row is None:
        raise LookupError(person_id)
    return row


async def list_referrals(connection: Connection, episode_id: UUID) -> list[Record]:
    """Give the referrals of an episode with who made them."""
    return await connection.fetch(_SQL["list_referrals_for_message"], episode_id)


async def list_goals(connection: Connection, episode_id: UUID) -> list[Record]:
    """Give the goals of an episode, oldest first."""
    return await connection.fetch(_SQL["list_goals_for_message"], episode_id, GOALS_MAX)


async def read_plan(connection: Connection, episode_id: UUID) -> Record | None:
    """Give what an episode's plan says in the person's words, if there is one."""
    return await connection.fetchrow(_SQL["read_plan_for_message"], episode_id)


async def list_measures(connection: Connection, episode_id: UUID) -> list[Record]:
    """Give the measures of an episode that stand."""
    return await connection.fetch(_SQL["list_measures_for_message"], episode_id, MEASURES_MAX)


async def list_onward(connection: Connection, episode_id: UUID) -> list[Record]:
    """Give where an episode's person was sent on to, oldest first."""
    return await connection.fetch(_SQL["list_onward_for_message"], episode_id, ONWARD_MAX)


async def write_messages(connection: Connection, messages: Sequence[Mapping[str, Any]]) -> None:
    """Keep messages as they were written."""
    await connection.execute(_SQL["write_messages_back"], as_rows(messages))
