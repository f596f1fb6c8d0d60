"""Handovers and practices that move: rows that both networks see."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from asyncpg import Record

from chassis.database import Connection
from chassis.sql import Queries
from services.referral.domain.handover import Handover, HandoverStatus
from services.referral.store.people import as_rows

_SQL: Final = Queries("services.referral")
_ROW: Final = (
    "id",
    "pcn_code",
    "practice_code",
    "to_pcn_code",
    "to_practice_code",
    "person_id",
    "episode_id",
    "reason",
    "needs",
    "urgency",
    "returns_id",
    "to_person_id",
    "move_id",
    "with_record",
    "waiting_since",
    "status",
    "version",
)

_DECIDED: Final = ("problem", "opened_referral_id", "opened_episode_id", "opened_new_episode")


@dataclass(slots=True)
class PracticeMove:
    """A practice that belongs to another network now, and how far its people have followed."""

    id: UUID
    practice_code: str
    pcn_code: str
    to_pcn_code: str
    after_person_id: UUID | None
    moved: int
    status: str
    noted_at: datetime


async def write_handover(
    connection: Connection,
    made: Handover,
    *,
    event_id: UUID,
    occurred_at: datetime,
    recorded_at: datetime,
) -> None:
    """Note a handover that is to be opened."""
    row = {name: getattr(made, name) for name in _ROW}
    row |= {"event_id": event_id, "occurred_at": occurred_at, "recorded_at": recorded_at}
    # One row in the brackets of a list: the statement takes the row alone.
    await connection.execute(_SQL["write_handover"], as_rows([row])[1:-1])


async def lock_handover(
    connection: Connection, handover_id: UUID
) -> tuple[Handover, datetime] | None:
    """Give a handover, and when it happened, for the one that opens it."""
    row = await connection.fetchrow(_SQL["lock_handover"], handover_id)
    return None if row is None else (_handover(row), row["occurred_at"])


async def find_handover_of_referral(
    connection: Connection, referral_id: UUID
) -> tuple[Handover, bool] | None:
    """Give the handover that opened a referral, and whether it was returned."""
    row = await connection.fetchrow(_SQL["find_handover_of_referral"], referral_id)
    return None if row is None else (_handover(row), row["returned"])


async def goes_on_elsewhere(connection: Connection, episode_id: UUID) -> bool:
    """Say whether an episode, which is locked, was handed over to another network."""
    return await connection.fetchval(_SQL["goes_on_elsewhere"], episode_id)


async def decide_handover(connection: Connection, made: Handover, *, at: datetime) -> None:
    """Say what became of a handover."""
    await connection.execute(
        _SQL["decide_handover"],
        made.id,
        made.status,
        made.problem,
        made.opened_referral_id,
        made.opened_episode_id,
        made.opened_new_episode,
        made.version,
        at,
    )


async def what_open_referrals_ask(
    connection: Connection, episode_id: UUID
) -> list[tuple[list[str], str]]:
    """Give the needs and the urgency of each open referral of an episode."""
    rows = await connection.fetch(_SQL["what_open_referrals_ask"], episode_id)
    return [(row["needs"], row["urgency"]) for row in rows]


async def guardian_word(
    connection: Connection, episode_id: UUID
) -> tuple[datetime | None, str | None]:
    """Give when a parent or guardian agreed to an episode's support, and who said so."""
    row = await connection.fetchrow(_SQL["guardian_word"], episode_id)
    return (None, None) if row is None else (row[0], row[1])


async def clear_timers_of_episode(connection: Connection, episode_id: UUID) -> None:
    """Forget what falls due about an episode that ended."""
    await connection.execute(_SQL["clear_timers_of_episode"], episode_id)


async def list_handovers(
    connection: Connection,
    pcn_codes: Sequence[str],
    *,
    status: HandoverStatus | None,
    after: UUID | None,
    limit: int,
) -> list[Record]:
    """Give a page of what networks gave and took."""
    return await connection.fetch(_SQL["list_handovers"], list(pcn_codes), after, status, limit)


async def list_practice_moves(
    connection: Connection, pcn_codes: Sequence[str], *, after: UUID | None, limit: int
) -> list[Record]:
    """Give a page of the practices that came or left."""
    return await connection.fetch(_SQL["list_practice_moves"], list(pcn_codes), after, limit)


async def note_practice_move(
    connection: Connection, move_id: UUID, practice_code: str, left: str, joined: str
) -> None:
    """Note that a practice belongs to another network now."""
    await connection.execute(_SQL["note_practice_move"], move_id, practice_code, left, joined)


async def lock_practice_move(connection: Connection, move_id: UUID) -> PracticeMove | None:
    """Give a move, for the one that goes on with it."""
    row = await connection.fetchrow(_SQL["lock_practice_move"], move_id)
    return None if row is None else PracticeMove(**dict(row))


async def next_people_of_practice(
    connection: Connection, move: PracticeMove, *, limit: int
) -> list[UUID]:
    """Give the next people who follow their practice."""
    rows = await connection.fetch(
        _SQL["next_people_of_practice"],
        move.practice_code,
        move.pcn_code,
        move.after_person_id,
        limit,
    )
    return [row["id"] for row in rows]


async def go_on_with_practice_move(connection: Connection, move: PracticeMove) -> None:
    """Remember how far a move has come."""
    await connection.execute(
        _SQL["go_on_with_practice_move"], move.id, move.after_person_id, move.moved, move.status
    )


async def known_pcns(connection: Connection, practice_codes: Sequence[str]) -> dict[str, str]:
    """Give the networks these practices belonged to so far."""
    rows = await connection.fetch(_SQL["known_pcns_of_practices"], list(practice_codes))
    return {row["code"]: row["pcn_code"] for row in rows}


def _handover(row: Mapping[str, Any] | Record) -> Handover:
    fields: dict[str, Any] = {name: row[name] for name in (*_ROW, *_DECIDED)}
    fields["needs"] = tuple(row["needs"])
    return Handover(**fields)
