"""Onward referrals' rows: how each stands, and every step that led there."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from asyncpg import Record
from pydantic_core import to_json

from chassis.database import Connection
from chassis.sql import Queries
from contracts import codes
from services.referral.domain.episodes import Episode
from services.referral.domain.ladders import DEFAULT_LADDER, Ladder
from services.referral.domain.onward import Ended, Fact, Held, OnwardReferral, Standing

_SQL: Final = Queries("services.referral")


@dataclass(slots=True)
class Loaded:
    """An onward referral with what its rules do not need to know."""

    onward: OnwardReferral
    worker_id: UUID | None
    first_word_at: datetime | None
    origin: codes.Origin
    recorded_at: datetime


@dataclass(frozen=True, slots=True)
class Whose:
    """Whose an onward referral is; none of it ever changes."""

    pcn_code: str
    episode_id: UUID
    person_id: UUID
    organization_id: UUID


async def find_whose(connection: Connection, onward_referral_id: UUID) -> Whose | None:
    """Say whose an onward referral is, to who may see it."""
    row = await connection.fetchrow(_SQL["find_onward_referral_of_pcn"], onward_referral_id)
    return Whose(**dict(row)) if row else None


async def lock_episode(connection: Connection, onward_referral_id: UUID) -> Episode | None:
    """Lock the episode of an onward referral."""
    row = await connection.fetchrow(_SQL["lock_episode_of_onward_referral"], onward_referral_id)
    return Episode(**dict(row)) if row else None


async def load(connection: Connection, onward_referral_id: UUID) -> Loaded | None:
    """Read an onward referral whose episode is locked."""
    row = await connection.fetchrow(_SQL["load_onward_referral"], onward_referral_id)
    return _loaded(row) if row else None


async def list_open_of_episode(connection: Connection, episode_id: UUID) -> list[UUID]:
    """Give the open onward referrals of a locked episode."""
    rows = await connection.fetch(_SQL["list_open_onward_referrals_of_episode"], episode_id)
    return [row["id"] for row in rows]


async def is_deceased(connection: Connection, person_id: UUID) -> bool:
    """Say whether a person died."""
    return bool(await connection.fetchval(_SQL["is_deceased"], person_id))


async def write_new(
    connection: Connection, onward: Mapping[str, Any], step: Mapping[str, Any]
) -> None:
    """Enter an onward referral with its first step."""
    await connection.execute(_SQL["write_onward_referral"], _row(onward), _row(step))


async def write_step(
    connection: Connection,
    onward_referral_id: UUID,
    onward: Mapping[str, Any],
    step: Mapping[str, Any],
) -> None:
    """Move an onward referral on."""
    await connection.execute(
        _SQL["write_onward_step"], onward_referral_id, _row(onward), _row(step)
    )


async def list_facts(connection: Connection, onward_referral_id: UUID) -> list[Fact]:
    """Give everything that became known of an onward referral, in that order."""
    rows = await connection.fetch(_SQL["list_facts_of_onward_referral"], onward_referral_id)
    return [Fact(**dict(row)) for row in rows]


async def claim_answer(
    connection: Connection,
    *,
    event_id: UUID,
    pcn_code: str,
    onward_referral_id: UUID,
    outcome: str,
    recorded_at: datetime,
) -> bool:
    """Take an answer that came as an event; False where it was taken before."""
    claimed = await connection.fetchval(
        _SQL["claim_answer"], event_id, pcn_code, onward_referral_id, outcome, recorded_at
    )
    return claimed is not None


async def read_ladder(connection: Connection, pcn_code: str) -> tuple[Ladder, int]:
    """Give a network's ladder and its version, 0 where it set none of its own."""
    row = await connection.fetchrow(_SQL["read_ladder"], pcn_code)
    if row is None:
        return DEFAULT_LADDER, 0
    rungs = (row["provider_days"], row["person_days"], row["worker_days"])
    return Ladder(*(tuple(days) for days in rungs)), row["version"]


async def set_ladder(
    connection: Connection, pcn_code: str, ladder: Ladder, *, version_seen: int
) -> int | None:
    """Set a network's ladder; None where somebody set another meanwhile."""
    return await connection.fetchval(
        _SQL["set_ladder"],
        pcn_code,
        list(ladder.provider),
        list(ladder.person),
        list(ladder.worker),
        version_seen,
    )


async def write_placement_failure(connection: Connection, failure: Mapping[str, Any]) -> None:
    """Store that nothing could take the person."""
    await connection.execute(_SQL["write_placement_failure"], _row(failure))


def standing_row(standing: Standing) -> dict[str, Any]:
    """Give the columns that say how an onward referral stands."""
    if isinstance(standing, Ended):
        return {
            "stage": standing.stage,
            "holder": None,
            "held_since": standing.at,
            "nudges": 0,
            "silent": None,
            "unreached": False,
            "full_until": None,
            "listing_gone": False,
            "ending": standing.ending,
            "ending_reason": standing.reason,
            "ended_at": standing.at,
        }
    return {
        "stage": standing.stage,
        "holder": standing.holder,
        "held_since": standing.since,
        "nudges": standing.nudges,
        "silent": standing.silent,
        "unreached": standing.unreached,
        "full_until": standing.full_until,
        "listing_gone": standing.listing_gone,
        "ending": None,
        "ending_reason": None,
        "ended_at": None,
    }


def standing_of(row: Record | Mapping[str, Any]) -> Standing:
    """Read back how an onward referral stands."""
    if row["ending"] is not None:
        return Ended(row["ending"], row["ending_reason"], row["ended_at"], row["stage"])
    return Held(
        row["stage"],
        row["holder"],
        row["held_since"],
        row["nudges"],
        row["silent"],
        row["unreached"],
        row["full_until"],
        row["listing_gone"],
    )


def _loaded(row: Record) -> Loaded:
    onward = OnwardReferral(
        id=row["id"],
        referral_id=row["referral_id"],
        episode_id=row["episode_id"],
        person_id=row["person_id"],
        pcn_code=row["pcn_code"],
        practice_code=row["practice_code"],
        listing_id=row["listing_id"],
        organization_id=row["organization_id"],
        need=row["need"],
        shares_contact=row["shares_contact"],
        standing=standing_of(row),
        drafted_at=row["drafted_at"],
        sent_at=row["sent_at"],
        version=row["version"],
    )
    return Loaded(onward, row["worker_id"], row["first_word_at"], row["origin"], row["recorded_at"])


def _row(values: Mapping[str, Any]) -> str:
    return to_json(values).decode()
