"""The rows of triage: proposals and choices, read and written under the episode's lock."""

from collections.abc import Mapping, Sequence
from typing import Any, Final
from uuid import UUID

from asyncpg import Record

from chassis.database import Connection
from chassis.sql import Queries
from services.referral.domain.triage import Helping
from services.referral.store.people import as_rows

_SQL: Final = Queries("services.referral")


async def load_helping(
    connection: Connection, referral_id: UUID
) -> tuple[Helping, list[str], str] | None:
    """Read how far choosing has come, and what the referral asks for and how soon."""
    row = await connection.fetchrow(_SQL["load_helping"], referral_id)
    if row is None:
        return None
    helping = Helping(
        triage_count=row["triage_count"],
        proposed=row["proposed"],
        role=row["re_routed"] or row["chosen"],
        re_routed=row["re_routed"] is not None,
    )
    return helping, list(row["needs"]), row["urgency"]


async def insert_triage(connection: Connection, row: Mapping[str, Any]) -> None:
    """Keep what the rules proposed."""
    await connection.execute(_SQL["insert_triage"], as_rows([row]))


async def insert_role_choice(connection: Connection, row: Mapping[str, Any]) -> None:
    """Keep who was chosen to help."""
    await connection.execute(_SQL["insert_role_choice"], as_rows([row]))


async def list_chosen_roles(connection: Connection, episode_ids: Sequence[UUID]) -> dict[UUID, str]:
    """Read which role was chosen last for each of these episodes, where one was."""
    rows = await connection.fetch(_SQL["list_chosen_roles"], list(episode_ids))
    return {row["episode_id"]: row["role"] for row in rows}


async def list_roles_also_chosen(
    connection: Connection, episode_id: UUID, referral_id: UUID
) -> frozenset[str]:
    """Read which roles other open referrals of a locked episode are for."""
    rows = await connection.fetch(_SQL["list_roles_also_chosen"], episode_id, referral_id)
    return frozenset(row["role"] for row in rows)


async def is_for_role(connection: Connection, referral_id: UUID, role: str) -> bool:
    """Say whether a role is the one that was chosen last for a referral."""
    return await connection.fetchval(_SQL["is_for_role"], referral_id, role)


async def is_for_role_alone(connection: Connection, episode_id: UUID, role: str) -> bool:
    """Say whether a role was chosen for every open referral of a locked episode."""
    return await connection.fetchval(_SQL["is_for_role_alone"], episode_id, role)


async def list_triages(connection: Connection, referral_id: UUID, *, limit: int) -> list[Record]:
    """Read what the rules proposed, the latest first."""
    return await connection.fetch(_SQL["list_triages"], referral_id, limit)


async def list_role_choices(connection: Connection, referral_id: UUID) -> list[Record]:
    """Read who was chosen, in order."""
    return await connection.fetch(_SQL["list_role_choices"], referral_id)


async def find_better_route(connection: Connection, referral_id: UUID) -> str | None:
    """Read where a returned referral is better placed."""
    return await connection.fetchval(_SQL["find_better_route"], referral_id)


async def find_whose(connection: Connection, referral_id: UUID) -> Record | None:
    """Read whose a referral is."""
    return await connection.fetchrow(_SQL["whose_triage"], referral_id)


async def helped_by(connection: Connection, referral_id: UUID) -> dict[str, Any]:
    """Read in short which role helps, and what the referrer is told of it."""
    choices = await list_role_choices(connection, referral_id)
    wrong = next((row for row in choices if row["step"] == "re-routed"), None)
    told = ("previous_role", "role", "reason", "note", "occurred_at")
    return {
        "role": choices[-1]["role"] if choices else None,
        "wrong_role": None if wrong is None else {name: wrong[name] for name in told},
        "better_route": await find_better_route(connection, referral_id),
    }
