"""Measures as rows: what stands of each, and the versions that were put aside."""

import json
from collections.abc import Mapping
from decimal import Decimal
from typing import Any, Final
from uuid import UUID

from asyncpg import Record

from chassis.database import Connection
from chassis.sql import Queries
from services.referral.domain.episodes import Episode
from services.referral.domain.measures import Baseline, MeasureHeld, Score
from services.referral.store.episodes import episode_of
from services.referral.store.people import as_rows

_SQL: Final = Queries("services.referral")
_JSON: Final = ("answers", "concerns", "scores", "baseline_scores", "baseline_concerns")


async def lock_episode(connection: Connection, measure_id: UUID) -> Episode | None:
    """Lock the episode of a measure."""
    row = await connection.fetchrow(_SQL["lock_episode_of_measure"], measure_id)
    return episode_of(row) if row else None


async def load_baselines(connection: Connection, episode_id: UUID) -> list[Baseline]:
    """Read what could be followed up in a locked episode, the latest first."""
    rows = await connection.fetch(_SQL["load_measures_of_episode"], episode_id)
    return [Baseline(**dict(row)) for row in rows]


async def load(connection: Connection, measure_id: UUID) -> MeasureHeld | None:
    """Read one measure whose episode is locked."""
    row = await connection.fetchrow(_SQL["load_measure"], measure_id)
    if row is None:
        return None
    fields = as_read(row)
    fields["scores"] = [score_of(one) for one in fields["scores"]]
    return MeasureHeld(**fields)


async def insert(connection: Connection, row: Mapping[str, Any]) -> None:
    """Enter a measure."""
    await connection.execute(_SQL["insert_measure"], as_rows([row]))


async def supersede(
    connection: Connection, held: MeasureHeld, put_aside: Mapping[str, Any]
) -> None:
    """Let a measure stand as it now does, and keep the version put aside."""
    await connection.execute(
        _SQL["supersede_measure"],
        as_rows([{"id": held.id, "voided_at": held.voided_at, **content(held)}]),
        as_rows([put_aside]),
    )


def content(held: MeasureHeld) -> dict[str, Any]:
    """Give what a correction can change, by column."""
    return {
        "version": held.version,
        "answered_by": held.answered_by,
        "answers": held.answers,
        "scores": [score_row(one) for one in held.scores],
        "complete": held.complete,
        "note": held.note,
        "occurred_at": held.occurred_at,
        "baseline_id": held.baseline_id,
    }


def score_row(score: Score) -> dict[str, Any]:
    """Give a score as it is stored and shown; its two decimals survive being a number."""
    return {
        "name": score.name,
        "value": None if score.value is None else float(score.value),
        "band": score.band,
        "missing": score.missing,
    }


def score_of(row: Mapping[str, Any]) -> Score:
    """Read a score as it was stored."""
    value = None if row["value"] is None else Decimal(str(row["value"]))
    return Score(row["name"], value, row["band"], row["missing"])


def as_read(row: Record) -> dict[str, Any]:
    """Read a row whose answers, concerns and scores are stored as JSON."""
    fields: dict[str, Any] = dict(row)
    for name in _JSON:
        if isinstance(fields.get(name), str):
            fields[name] = json.loads(fields[name])
    return fields
