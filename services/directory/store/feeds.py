"""The rows of feeds, of their runs, and of what waits to be applied."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Final, Literal
from uuid import UUID

from asyncpg import Record

from chassis.database import Connection
from chassis.sql import Queries

_SQL = Queries("services.directory")

UNLISTED_HASH: Final = bytes(32)
"""Stands where a feed's word of a listing stood once the feed lists it no longer; nothing hashes to it."""

RunKind = Literal["feed", "upload"]
RunState = Literal["waiting", "reading", "applying", "done", "stopped"]
RowState = Literal["staged", "gone", "same", "refused"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Feed:
    """Another directory whose listings come to a region of ours."""

    id: UUID
    region_code: str
    name: str
    base_url: str | None
    every_hours: int | None
    corrections_url: str | None
    content_hash: bytes
    version: int
    read_until: datetime | None
    occurred_at: datetime
    recorded_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """One reading of a feed, or of an upload, as far as it has come."""

    id: UUID
    feed_id: UUID
    region_code: str
    kind: RunKind
    state: RunState
    begun_at: datetime
    next_page: int = 1
    pages_told: int | None = None
    items_told: int | None = None
    pages: int = 0
    bytes: int = 0
    listings: int = 0
    added: int = 0
    changed: int = 0
    same: int = 0
    refused: int = 0
    withdrawn: int = 0
    modified_after: datetime | None = None
    whole_lists: bool | None = None
    ended_at: datetime | None = None
    reason: str | None = None
    detail: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """A listing of a run as it was read."""

    number: int
    foreign_id: str | None
    state: RowState
    entry: Mapping[str, Any] | None = None
    said_hash: bytes | None = None
    organization_key: str | None = None
    parent_key: str | None = None
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class Lease:
    """Who holds a run, and until when."""

    held_by: UUID
    until: datetime
    now: datetime = field(kw_only=True)


async def enter_feed(connection: Connection, feed: Feed) -> int | None:
    """Register it and return its version; nothing where the region has one of that name."""
    return await connection.fetchval(
        _SQL["enter_feed"],
        feed.id,
        feed.region_code,
        feed.name,
        feed.base_url,
        feed.every_hours,
        feed.corrections_url,
        feed.content_hash,
        feed.occurred_at,
        feed.recorded_at,
    )


async def feed_by_name(connection: Connection, *, region_code: str, name: str) -> Feed | None:
    """Read a region's feed of this name."""
    return _feed(await connection.fetchrow(_SQL["feed_by_name"], region_code, name))


async def feed_by_id(connection: Connection, feed_id: UUID) -> Feed | None:
    """Read one feed."""
    return _feed(await connection.fetchrow(_SQL["feed_by_id"], feed_id))


async def lock_feed(connection: Connection, feed_id: UUID) -> Feed | None:
    """Hold one feed until the transaction ends."""
    return _feed(await connection.fetchrow(_SQL["lock_feed"], feed_id))


async def feed_read_until(connection: Connection, run: Run, until: datetime) -> None:
    """Note up to when a feed was read whole, if this run read it by the rules that hold now."""
    await connection.execute(_SQL["feed_read_until"], run.feed_id, until, run.begun_at)


async def feed_read_anew(connection: Connection, feed_id: UUID) -> None:
    """Let the next run of a feed read everything."""
    await connection.execute(_SQL["feed_read_anew"], feed_id)


async def ask_for_run(
    connection: Connection,
    *,
    run_id: UUID,
    feed: Feed,
    kind: RunKind,
    state: RunState,
    now: datetime,
    modified_after: datetime | None = None,
) -> bool:
    """Ask for a run; false where one of this feed goes on."""
    asked = await connection.fetchval(
        _SQL["ask_for_run"], run_id, feed.id, feed.region_code, kind, state, modified_after, now
    )
    return asked is not None


@dataclass(frozen=True, slots=True)
class Unfinished:
    """A run that has not ended."""

    id: UUID
    kind: RunKind
    state: RunState


async def unfinished_runs(connection: Connection, feed_id: UUID) -> list[Unfinished]:
    """Read the runs of a feed that have not ended."""
    rows = await connection.fetch(_SQL["unfinished_runs"], feed_id)
    return [Unfinished(**dict(row)) for row in rows]


async def ask_for_runs_due(connection: Connection, now: datetime) -> None:
    """Ask for a run of each feed whose time has come."""
    await connection.execute(_SQL["ask_for_runs_due"], now)


async def claim_run(connection: Connection, lease: Lease) -> Run | None:
    """Take hold of the run that waits longest."""
    return _run(await connection.fetchrow(_SQL["claim_run"], lease.held_by, lease.now, lease.until))


async def give_turn(connection: Connection, run_id: UUID, lease: Lease) -> bool:
    """Let go of a run that is being read, if another waits for its turn; whether it was let go."""
    given = await connection.fetchval(_SQL["give_turn"], run_id, lease.held_by, lease.now)
    return given is not None


async def hold_run(connection: Connection, run_id: UUID, lease: Lease) -> Run | None:
    """Lock a run that this worker still holds; nothing where somebody else does."""
    return _run(await connection.fetchrow(_SQL["hold_run"], run_id, lease.held_by, lease.until))


async def run_went_on(connection: Connection, run: Run) -> None:
    """Note how far a held run has come."""
    await connection.execute(
        _SQL["run_went_on"],
        run.id,
        run.state,
        run.next_page,
        run.pages_told,
        run.items_told,
        run.pages,
        run.bytes,
        run.listings,
        run.added,
        run.changed,
        run.same,
        run.refused,
        run.withdrawn,
        run.modified_after,
        run.whole_lists,
        run.ended_at,
        run.reason,
        run.detail,
    )


async def forget_rows(connection: Connection, run_id: UUID, *, up_to: int) -> None:
    """Forget rows that need no more be applied."""
    await connection.execute(_SQL["forget_rows"], run_id, up_to)


async def forget_earlier_rows(connection: Connection, run: Run) -> None:
    """Forget what was refused in earlier runs of this feed."""
    await connection.execute(_SQL["forget_earlier_rows"], run.feed_id, run.id)


async def rows_known(connection: Connection, run_id: UUID, foreign_ids: Sequence[str]) -> set[str]:
    """Read which of these a run has met already."""
    rows = await connection.fetch(_SQL["rows_known"], run_id, list(foreign_ids))
    return {row["foreign_id"] for row in rows}


async def said_hashes(
    connection: Connection, feed_id: UUID, foreign_ids: Sequence[str]
) -> dict[str, bytes]:
    """Read what a feed's listings were known by when they were applied last."""
    rows = await connection.fetch(_SQL["said_hashes"], feed_id, list(foreign_ids))
    return {row["foreign_id"]: row["said_hash"] for row in rows}


async def keep_rows(connection: Connection, run: Run, rows: Sequence[Row]) -> None:
    """Keep rows until all of the run was read."""
    await connection.execute(
        _SQL["keep_rows"],
        run.id,
        run.region_code,
        [row.number for row in rows],
        [row.foreign_id for row in rows],
        [row.state for row in rows],
        [None if row.entry is None else json.dumps(row.entry) for row in rows],
        [row.said_hash for row in rows],
        [row.organization_key for row in rows],
        [row.parent_key for row in rows],
        [row.reason for row in rows],
    )


async def count_unlisted(connection: Connection, run: Run) -> tuple[int, int]:
    """How many listings a feed told of before, and how many of them a whole run did not meet."""
    (row,) = await connection.fetch(_SQL["count_unlisted"], run.id, run.feed_id, UNLISTED_HASH)
    return row["known"], row["unlisted"]


async def keep_unlisted(connection: Connection, run: Run, *, reason: str | None, day: date) -> None:
    """Keep a row for each listing that a whole run did not meet: gone, or refused for a reason."""
    await connection.execute(
        _SQL["keep_unlisted"],
        run.id,
        run.feed_id,
        UNLISTED_HASH,
        run.region_code,
        run.listings,
        "gone" if reason is None else "refused",
        None if reason is not None else json.dumps({"said_on": day.isoformat()}),
        reason,
    )


async def organization_parents(connection: Connection, run: Run) -> dict[str, str]:
    """Read which organisation of a feed stands below which, once this run is applied."""
    rows = await connection.fetch(_SQL["organization_parents"], run.id, run.feed_id)
    return {row["organization_key"]: row["parent_key"] for row in rows}


async def rows_to_apply(connection: Connection, run_id: UUID, *, rows: int) -> list[Row]:
    """Read the next rows to apply."""
    found = await connection.fetch(_SQL["rows_to_apply"], run_id, rows)
    return [
        Row(
            number=row["number"],
            foreign_id=row["foreign_id"],
            state=row["state"],
            entry=json.loads(row["entry"]) if row["entry"] else None,
            said_hash=row["said_hash"],
            organization_key=row["organization_key"],
            parent_key=row["parent_key"],
        )
        for row in found
    ]


async def refuse_row(connection: Connection, run_id: UUID, number: int, reason: str) -> None:
    """Note that a row cannot be applied."""
    await connection.execute(_SQL["refuse_row"], run_id, number, reason)


def _feed(row: Record | None) -> Feed | None:
    return None if row is None else Feed(**dict(row))


def _run(row: Record | None) -> Run | None:
    return None if row is None else Run(**dict(row))


async def corrections_sent_before(connection: Connection, feed_id: UUID) -> bytes | None:
    """Read what was sent back to a feed last, by its hash."""
    return await connection.fetchval(_SQL["corrections_sent_before"], feed_id)


async def corrections_were_sent(
    connection: Connection, feed_id: UUID, sent: bytes, now: datetime
) -> None:
    """Note what was sent back to a feed."""
    await connection.execute(_SQL["corrections_were_sent"], feed_id, sent, now)


async def upload_was_read(connection: Connection, run: Run) -> None:
    """Note what the rows of an upload came to."""
    await connection.execute(
        _SQL["upload_was_read"], run.id, run.listings, run.same, run.refused, run.begun_at
    )
