"""Write-back items as rows: asked for, claimed, settled and counted."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, cast
from uuid import UUID

from asyncpg import Record

from chassis.database import Connection
from chassis.sql import Queries
from contracts import codes
from services.referral.domain.coding import Cause, EpisodeFacts, Standing
from services.referral.domain.writeback import Delivery, Failure, Gap, Item
from services.referral.store.people import as_rows

_SQL: Final = Queries("services.referral")
_IMPORTED: Final = "import"
_ITEM: Final = tuple(Item.__dataclass_fields__)


@dataclass(frozen=True, slots=True)
class CodedEpisode:
    """What bears on the codes of one episode, and whose they are."""

    episode_id: UUID
    person_id: UUID
    practice_code: str
    facts: EpisodeFacts


@dataclass(frozen=True, slots=True)
class HeldItem:
    """A locked item, with what an item that takes it back is made of."""

    item: Item
    person_id: UUID
    worker_id: UUID | None
    origin: codes.Origin
    occurred_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Settled:
    """How an item stands after a step."""

    item: Item
    failure: Failure | None = None
    due_in_seconds: float | None = None
    went_over: bool = False


@dataclass(frozen=True, slots=True)
class Counted:
    """A practice whose counts are to be compared."""

    pcn_code: str
    practice_code: str
    gap: Gap | None


@dataclass(frozen=True, slots=True)
class HandedOver:
    """What went over for a practice, by our count."""

    ours: int
    under_way: int
    unheard: int


async def read_facts(
    connection: Connection, episode_ids: Sequence[UUID], own_reasons: Sequence[str]
) -> list[CodedEpisode]:
    """Read what bears on the codes of locked episodes."""
    rows = await connection.fetch(_SQL["read_coding_facts"], list(episode_ids), list(own_reasons))
    return [
        CodedEpisode(
            row["episode_id"],
            row["person_id"],
            row["practice_code"],
            EpisodeFacts(row["accepted"], _spoken(row), _declined(row)),
        )
        for row in rows
    ]


async def list_standing(
    connection: Connection, episode_ids: Sequence[UUID]
) -> dict[UUID, list[Standing]]:
    """Give the codes that were asked for and not taken back, by episode."""
    found: dict[UUID, list[Standing]] = {}
    for row in await connection.fetch(_SQL["list_standing_codes"], list(episode_ids)):
        standing = Standing(row["id"], row["code"], row["cause_id"], row["occurred_at"])
        found.setdefault(row["episode_id"], []).append(standing)
    return found


async def write_items(connection: Connection, items: Sequence[Mapping[str, Any]]) -> None:
    """Ask for items."""
    await connection.execute(_SQL["write_writeback_items"], as_rows(items))


async def lock_items(connection: Connection, ids: Sequence[UUID]) -> list[HeldItem]:
    """Lock items and read them as they stand."""
    rows = await connection.fetch(_SQL["lock_writeback_items"], list(ids))
    return [
        HeldItem(
            Item(**{name: row[name] for name in _ITEM}),
            row["person_id"],
            row["worker_id"],
            cast("codes.Origin", row["origin"]),
            row["occurred_at"],
        )
        for row in rows
    ]


async def settle(connection: Connection, settled: Sequence[Settled], known_at: datetime) -> None:
    """Let items stand as they now do."""
    if not settled:
        return
    await connection.execute(
        _SQL["settle_writeback_items"],
        [one.item.id for one in settled],
        [one.item.state for one in settled],
        [one.item.version for one in settled],
        [one.failure for one in settled],
        [one.due_in_seconds for one in settled],
        [one.went_over for one in settled],
        known_at,
    )


async def claim_due(connection: Connection, *, lease_seconds: float, limit: int) -> list[UUID]:
    """Take items that are due, for as long as handing them over can last."""
    rows = await connection.fetch(_SQL["claim_writeback_items"], lease_seconds, limit)
    return [row["id"] for row in rows]


async def read_deliveries(connection: Connection, ids: Sequence[UUID]) -> list[Delivery]:
    """Give what is handed over of items."""
    rows = await connection.fetch(_SQL["read_deliveries"], list(ids))
    return [Delivery(**dict(row)) for row in rows]


async def note_practices(connection: Connection, places: Sequence[tuple[str, str]]) -> None:
    """Remember whose receiver is to be asked for its count."""
    await connection.execute(
        _SQL["note_writeback_practices"],
        [pcn_code for pcn_code, _ in places],
        [practice_code for _, practice_code in places],
    )


async def claim_to_count(
    connection: Connection, *, next_in_seconds: float, limit: int
) -> list[Counted]:
    """Take practices whose counts are to be compared."""
    rows = await connection.fetch(_SQL["claim_practices_to_count"], next_in_seconds, limit)
    return [
        Counted(
            row["pcn_code"],
            row["practice_code"],
            Gap(row["gap_count"], row["gap_since"], row["again_before"])
            if row["gap_count"]
            else None,
        )
        for row in rows
    ]


async def count_handed_over(connection: Connection, practice_code: str) -> HandedOver:
    """Count what went over for a practice, what may be going over now, and what went unheard."""
    row = await connection.fetchrow(_SQL["count_handed_over"], practice_code)
    return HandedOver(**dict(row or {}))


async def note_count(
    connection: Connection, practice_code: str, *, ours: int, theirs: int, gap: Gap | None
) -> None:
    """Keep how the counts of a practice compare."""
    await connection.execute(
        _SQL["note_count"],
        practice_code,
        ours,
        theirs,
        gap.count if gap else 0,
        gap.since if gap else None,
        gap.again_before if gap else None,
    )


async def list_acknowledged(
    connection: Connection,
    practice_code: str,
    *,
    before: datetime,
    after: datetime | None,
    limit: int,
) -> list[UUID]:
    """Lock acknowledged items of a practice that went over in this time."""
    rows = await connection.fetch(
        _SQL["list_acknowledged_items"], practice_code, before, after, limit
    )
    return [row["id"] for row in rows]


async def send_again(
    connection: Connection, practice_code: str, gap: Gap, *, seconds_ago: float, limit: int
) -> None:
    """Let what a gap puts in doubt go over again, if it went over some time ago."""
    await connection.execute(
        _SQL["send_items_again"],
        practice_code,
        seconds_ago,
        gap.again_before,
        list(gap.in_doubt),
        limit,
    )


async def observe(connection: Connection) -> list[Record]:
    """Count items by state where something is still to come."""
    return await connection.fetch(_SQL["observe_writeback"])


def _spoken(row: Record) -> Cause | None:
    # What came from another system was coded by that one.
    if row["contact_id"] is None or row["spoken_origin"] == _IMPORTED:
        return None
    return Cause(row["contact_id"], row["contact_referral_id"], row["spoken_at"], row["worker_id"])


def _declined(row: Record) -> Cause | None:
    if row["declined_referral_id"] is None or row["declined_origin"] == _IMPORTED:
        return None
    return Cause(row["declined_referral_id"], row["declined_referral_id"], row["declined_at"])
