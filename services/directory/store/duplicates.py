"""Pairs of listings that may be one, and what stood before they were merged."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from chassis.database import Connection
from chassis.sql import Queries

_SQL = Queries("services.directory")

DuplicateState = Literal["proposed", "merged", "apart"]


@dataclass(frozen=True, slots=True)
class ToCompare:
    """A change of a listing that waits to be compared, and whether the listing can still be found."""

    id: int
    listing_id: UUID
    is_there: bool


@dataclass(frozen=True, slots=True)
class AlikePair:
    """Two listings with how alike they are."""

    new_id: UUID
    old_id: UUID
    region_code: str
    name_likeness: float
    organization_likeness: float
    metres: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Duplicate:
    """Two listings that may be one; ``before`` is what a merge changed."""

    id: UUID
    region_code: str
    first_id: UUID
    second_id: UUID
    score: int
    reasons: Sequence[str]
    state: DuplicateState
    kept_id: UUID | None
    before: Mapping[str, Any] | None
    version: int
    occurred_at: datetime
    recorded_at: datetime


async def want_compared(connection: Connection, listing_ids: Sequence[UUID]) -> None:
    """Note that listings are to be compared with those that are there."""
    await connection.execute(_SQL["want_compared"], list(listing_ids))


async def listings_to_compare(
    connection: Connection, *, changed_until: datetime, rows: int
) -> list[ToCompare]:
    """Read changes that wait to be compared since this time or before."""
    found = await connection.fetch(_SQL["listings_to_compare"], changed_until, rows)
    return [ToCompare(**dict(row)) for row in found]


async def were_compared(connection: Connection, compared: Sequence[ToCompare]) -> None:
    """Forget changes that were compared."""
    await connection.execute(_SQL["were_compared"], [one.id for one in compared])


async def pairs_alike(
    connection: Connection,
    listing_ids: Sequence[UUID],
    *,
    degrees: float,
    name_likeness: float,
    looked_at: int,
    pairs: int,
) -> list[AlikePair]:
    """Find what may be the same as these listings."""
    rows = await connection.fetch(
        _SQL["pairs_alike"], list(listing_ids), degrees, name_likeness, looked_at, pairs
    )
    return [AlikePair(**dict(row)) for row in rows]


async def propose_duplicates(
    connection: Connection, duplicates: Sequence[Duplicate], now: datetime
) -> None:
    """Propose pairs that were not proposed before."""
    if not duplicates:
        return
    await connection.execute(
        _SQL["propose_duplicates"],
        [one.id for one in duplicates],
        [one.region_code for one in duplicates],
        [one.first_id for one in duplicates],
        [one.second_id for one in duplicates],
        [one.score for one in duplicates],
        [json.dumps(list(one.reasons)) for one in duplicates],
        now,
    )


async def lock_duplicate(connection: Connection, duplicate_id: UUID) -> Duplicate | None:
    """Hold one pair until the transaction ends."""
    row = await connection.fetchrow(_SQL["lock_duplicate"], duplicate_id)
    if row is None:
        return None
    values = dict(row)
    before = values.pop("before")
    return Duplicate(**values, before=json.loads(before) if before else None)


async def decide_duplicate(connection: Connection, duplicate: Duplicate, member_key: str) -> int:
    """Note what was decided on a locked pair; its next version."""
    before = None if duplicate.before is None else json.dumps(duplicate.before)
    return await connection.fetchval(
        _SQL["decide_duplicate"],
        duplicate.id,
        duplicate.state,
        duplicate.kept_id,
        before,
        member_key,
        duplicate.occurred_at,
        duplicate.recorded_at,
    )


async def point_feeds_at(
    connection: Connection, *, listing_id: UUID, other_id: UUID
) -> list[tuple[UUID, str]]:
    """Let feeds that tell of one listing tell of another; which rows were moved."""
    rows = await connection.fetch(_SQL["point_feeds_at"], listing_id, other_id)
    return [(row["feed_id"], row["foreign_id"]) for row in rows]


async def point_feeds_back(
    connection: Connection, *, listing_id: UUID, moved: Sequence[tuple[UUID, str]]
) -> None:
    """Let rows of feeds tell again of the listing they told of."""
    await connection.execute(
        _SQL["point_feeds_back"],
        listing_id,
        [feed_id for feed_id, _ in moved],
        [foreign_id for _, foreign_id in moved],
    )
