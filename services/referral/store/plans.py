"""Versions of plans, and the days on which plans and goals are to be looked at again."""

from collections.abc import Mapping, Sequence
from typing import Any, Final
from uuid import UUID

from chassis.database import Connection
from chassis.sql import Queries
from services.referral.domain.episodes import Episode
from services.referral.domain.plans import Plan, Review, due_at
from services.referral.domain.timers import Kind
from services.referral.store import timers
from services.referral.store.episodes import episode_of
from services.referral.store.people import as_rows
from services.referral.store.timers import NewTimer

_SQL: Final = Queries("services.referral")
TIMER: Final[Kind] = "review"


async def load_plan(connection: Connection, episode_id: UUID) -> Plan:
    """Read the plan of a locked episode; version 0 where none was agreed."""
    row = await connection.fetchrow(_SQL["load_plan"], episode_id)
    return Plan(**dict(row)) if row else Plan(episode_id)


async def insert_version(connection: Connection, version: Mapping[str, Any]) -> None:
    """Keep a version of a plan."""
    await connection.execute(_SQL["insert_plan_version"], as_rows([version]))


async def set_reviews(
    connection: Connection, pcn_codes: Mapping[UUID, str], wanted: Sequence[Review]
) -> None:
    """Keep the days and set their timers; ``pcn_codes`` by episode."""
    if not wanted:
        return
    rows = [
        {
            "about": one.about,
            "pcn_code": pcn_codes[one.episode_id],
            "kind": one.kind,
            "episode_id": one.episode_id,
            "referral_id": one.referral_id,
            "practice_code": one.practice_code,
            "review_on": one.review_on,
        }
        for one in wanted
    ]
    await connection.execute(_SQL["set_reviews"], as_rows(rows))
    await timers.set_many(
        connection,
        [
            NewTimer(
                kind=TIMER,
                about=one.about,
                pcn_code=pcn_codes[one.episode_id],
                due_at=due_at(one.review_on),
            )
            for one in wanted
        ],
    )


async def clear_reviews(connection: Connection, unwanted: Sequence[UUID]) -> None:
    """Forget the days and their timers."""
    if unwanted:
        await connection.execute(_SQL["clear_reviews"], list(unwanted))
        await timers.clear_many(connection, [(TIMER, about) for about in unwanted])


async def find_review(connection: Connection, about: UUID) -> Review | None:
    """Find what is to be looked at again, before its episode is locked."""
    row = await connection.fetchrow(_SQL["find_review"], about)
    return Review(**dict(row)) if row else None


async def load_reviews(connection: Connection, episode_ids: Sequence[UUID]) -> list[Review]:
    """Read what of locked episodes is to be looked at again."""
    rows = await connection.fetch(_SQL["load_reviews_of_episodes"], list(episode_ids))
    return [Review(**dict(row)) for row in rows]


async def note_told(connection: Connection, review: Review) -> None:
    """Keep that it was told that its day came."""
    await connection.execute(_SQL["note_review_told"], review.about, review.review_on)


async def lock_episode(connection: Connection, episode_id: UUID) -> Episode | None:
    """Lock one episode."""
    row = await connection.fetchrow(_SQL["lock_episode"], episode_id)
    return episode_of(row) if row else None
