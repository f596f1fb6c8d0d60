"""What is agreed of goals and the steps towards them, read and written under their episodes' locks."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from typing import Any, Final
from uuid import UUID

from chassis.database import Connection
from chassis.sql import Queries
from services.referral.domain.episodes import Episode, Goal
from services.referral.domain.goals import GoalTerms, Step
from services.referral.store.episodes import episode_rows
from services.referral.store.people import as_rows

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
