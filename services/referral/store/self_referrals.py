"""What people asked for themselves, under the row policies of their network."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from asyncpg import Record

from chassis.database import Connection
from chassis.sql import Queries

_SQL: Final = Queries("services.referral")


@dataclass(frozen=True, slots=True, kw_only=True)
class HeldBack:
    """What was asked where no referral came of it: nothing else remembers it."""

    needs: Sequence[str]
    words: str | None
    dangers: Sequence[str]
    described: str
    """The person as they described themselves, as JSON."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CameIn:
    """One request at the open door, and what became of it."""

    id: UUID
    receipt: UUID
    pcn_code: str
    practice_code: str
    referral_id: UUID | None
    person_id: UUID | None
    entered_person: bool
    problem: str | None
    messages_consented: bool
    safe_channel: str
    recorded_at: datetime
    held_back: HeldBack | None


async def write(connection: Connection, came: CameIn) -> None:
    """Keep what came in."""
    held = came.held_back
    await connection.execute(
        _SQL["write_self_referral"],
        came.id,
        came.receipt,
        came.pcn_code,
        came.practice_code,
        came.referral_id,
        came.person_id,
        came.entered_person,
        came.problem,
        came.messages_consented,
        came.safe_channel,
        came.recorded_at,
        held.needs if held else None,
        held.words if held else None,
        held.dangers if held else None,
        held.described if held else None,
    )


async def was_held_back(connection: Connection, came: CameIn, *, since: datetime) -> bool:
    """Say whether the same was held back before and nobody has checked it."""
    held = came.held_back
    return held is not None and await connection.fetchval(
        _SQL["was_held_back"],
        came.pcn_code,
        came.practice_code,
        since,
        held.needs,
        held.words,
        held.dangers,
        held.described,
    )


async def lock(connection: Connection, self_referral_id: UUID) -> Record | None:
    """Give one that is to be checked, or was."""
    return await connection.fetchrow(_SQL["lock_self_referral"], self_referral_id)


async def note_checked(
    connection: Connection, self_referral_id: UUID, *, at: datetime, by: str
) -> None:
    """Note that somebody checked who it is."""
    await connection.execute(_SQL["check_self_referral"], self_referral_id, at, by)


async def list_to_check(
    connection: Connection, pcn_codes: Sequence[str], *, after: UUID | None, limit: int
) -> list[Record]:
    """Give a page of what is to be checked."""
    return await connection.fetch(_SQL["list_self_referrals"], list(pcn_codes), after, limit)
