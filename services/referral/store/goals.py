"""What is agreed of goals and the steps towards them, read and written under their episodes' locks."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from asyncpg import Record

from chassis.database import Connection
from chassis.sql import Queries
from services.referral.domain.episodes import Episode, Goal
from services.referral.domain.goals import GoalTerms, Step
from services.referral.store.episodes import episode_rows
from services.referral.store.people import as_rows

EARLIER_STEPS_SHOWN_MAX: Final = 10  # of one step

_SQL: Final = Queries("services.referral")


async def load_terms(connection: Connection, goal_ids: Iterable[UUID]) -> dict[UUID, GoalTerms]:
    """Read what is agreed of goals."""
    rows = await connection.fetch(_SQL["load_terms_of_goals"], list(goal_ids))
    terms = [dict(row) for row in rows]
    return {one.pop("id"): GoalTerms(**one) for one in terms}


async def load_steps(connection: Connection, goal_ids: Iterable[UUID]) -> dict[UUID, list[Step]]:
    """Read the steps towards goals, in their order."""
    steps: dict[UUID, list[Step]] = {}
    for row in await connection.fetch(_SQL["load_steps_of_goals"], list(goal_ids)):
        steps.setdefault(row["goal_id"], []).append(Step(**dict(row)))
    return steps


async def load_earlier_steps(
    connection: Connection, goal_ids: Iterable[UUID]
) -> dict[tuple[UUID, int], list[Record]]:
    """Read what steps said before they were changed, the latest first, by goal and number."""
    found: dict[tuple[UUID, int], list[Record]] = {}
    for row in await connection.fetch(
        _SQL["list_earlier_steps_of_goals"], list(goal_ids), EARLIER_STEPS_SHOWN_MAX
    ):
        found.setdefault((row["goal_id"], row["number"]), []).append(row)
    return found


async def supersede_step(
    connection: Connection, before: Step, goal: Goal, pcn_code: str, superseded_at: datetime
) -> None:
    """Keep what a step said before it was changed."""
    await connection.execute(
        _SQL["supersede_step"],
        goal.id,
        before.number,
        before.version,
        pcn_code,
        goal.practice_code,
        before.what,
        superseded_at,
    )


async def write_goal_updates(
    connection: Connection,
    *,
    episodes: Sequence[Episode],
    goals: Sequence[tuple[Goal, GoalTerms]],
    updates: Sequence[Mapping[str, Any]],
) -> None:
    """Move goals on."""
    rows = [
        {
            "id": goal.id,
            "status": goal.status,
            **asdict(terms),
            "update_count": goal.update_count,
            "version": goal.version,
        }
        for goal, terms in goals
    ]
    await connection.execute(
        _SQL["write_goal_updates"],
        episode_rows(episodes),
        as_rows(rows),
        as_rows(updates),
        [episode.id for episode in episodes],
        [goal.id for goal, _ in goals],
    )


async def write_steps(connection: Connection, steps: Sequence[Mapping[str, Any]]) -> None:
    """Store steps as they now stand."""
    if steps:
        await connection.execute(_SQL["write_steps"], as_rows(steps))
