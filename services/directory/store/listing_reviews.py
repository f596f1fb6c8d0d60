"""The rows that wait for somebody's judgement: suggestions, remarks, and the rule of a region."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from asyncpg import Record

from chassis.database import Connection
from chassis.sql import Queries
from services.directory.domain.listings import Source
from services.directory.domain.register import Moment

_SQL = Queries("services.directory")

ReviewState = Literal["waiting", "accepted", "rejected"]


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A change that waits until somebody approves it."""

    id: UUID
    listing_id: UUID
    organization_id: UUID
    region_code: str
    base_version: int
    changes: Mapping[str, Any]
    note: str | None
    member_key: str
    source: Source
    state: ReviewState
    occurred_at: datetime
    recorded_at: datetime


@dataclass(frozen=True, slots=True)
class Remark:
    """What somebody told of a listing without signing in."""

    id: UUID
    listing_id: UUID
    organization_id: UUID
    region_code: str
    kind: str
    words: str | None
    state: ReviewState
    recorded_at: datetime


@dataclass(frozen=True, slots=True)
class Decision:
    """What somebody decided, and why."""

    state: ReviewState
    decided_by: str
    why: str | None
    decided_at: datetime


@dataclass(frozen=True, slots=True)
class ListingRule:
    """What holds for listings in a region."""

    own_changes_wait: bool
    version: int
    occurred_at: datetime
    recorded_at: datetime


async def own_changes_wait(connection: Connection, region_code: str) -> bool:
    """Whether a group's own changes wait for approval in this region."""
    return await connection.fetchval(_SQL["own_changes_wait"], region_code)


async def lock_listing_rule(connection: Connection, region_code: str) -> ListingRule | None:
    """Hold the rule of a region, where it has set one."""
    row = await connection.fetchrow(_SQL["lock_listing_rule"], region_code)
    if row is None:
        return None
    return ListingRule(**dict(row))


async def set_listing_rule(
    connection: Connection,
    region_code: str,
    *,
    own_changes_wait: bool,
    moment: Moment,
) -> int:
    """Set the rule of a region; its version."""
    return await connection.fetchval(
        _SQL["set_listing_rule"],
        region_code,
        own_changes_wait,
        moment.occurred_at,
        moment.recorded_at,
    )


async def suggestions_waiting(connection: Connection, listing_id: UUID) -> int:
    """How many suggestions wait for one listing."""
    return await connection.fetchval(_SQL["suggestions_waiting"], listing_id)


async def keep_suggestion(connection: Connection, suggestion: Suggestion) -> None:
    """Keep a suggestion until somebody decides it."""
    await connection.execute(
        _SQL["keep_suggestion"],
        suggestion.id,
        suggestion.listing_id,
        suggestion.organization_id,
        suggestion.region_code,
        suggestion.base_version,
        json.dumps(suggestion.changes),
        suggestion.note,
        suggestion.member_key,
        suggestion.source,
        suggestion.occurred_at,
        suggestion.recorded_at,
    )


async def lock_suggestion(connection: Connection, suggestion_id: UUID) -> Suggestion | None:
    """Hold one suggestion until the transaction ends."""
    row = await connection.fetchrow(_SQL["lock_suggestion"], suggestion_id)
    if row is None:
        return None
    return Suggestion(**{**dict(row), "changes": json.loads(row["changes"])})


async def decide_suggestion(
    connection: Connection, suggestion_id: UUID, decision: Decision
) -> None:
    """Note what became of a suggestion."""
    await connection.execute(_SQL["decide_suggestion"], suggestion_id, *_decided(decision))


async def remarks_waiting(connection: Connection, listing_id: UUID) -> int:
    """How many remarks on one listing nobody has judged."""
    return await connection.fetchval(_SQL["remarks_waiting"], listing_id)


async def keep_remark(connection: Connection, remark: Remark) -> None:
    """Keep what somebody remarked."""
    await connection.execute(
        _SQL["keep_remark"],
        remark.id,
        remark.listing_id,
        remark.organization_id,
        remark.region_code,
        remark.kind,
        remark.words,
        remark.recorded_at,
    )


async def lock_remark(connection: Connection, remark_id: UUID) -> Remark | None:
    """Hold one remark until the transaction ends."""
    row: Record | None = await connection.fetchrow(_SQL["lock_remark"], remark_id)
    return None if row is None else Remark(**dict(row))


async def decide_remark(connection: Connection, remark_id: UUID, decision: Decision) -> None:
    """Note what became of a remark."""
    await connection.execute(_SQL["decide_remark"], remark_id, *_decided(decision))


def _decided(decision: Decision) -> tuple[object, ...]:
    return (decision.state, decision.decided_by, decision.why, decision.decided_at)
