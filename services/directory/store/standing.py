"""The rows of how fresh listings are and what room they have."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import NamedTuple
from uuid import UUID

from chassis.database import Connection
from chassis.sql import Queries
from services.directory.domain.capacity import Answer, Estimate, Status, Word
from services.directory.domain.freshness import Happening
from services.directory.domain.listings import ListingState
from services.directory.domain.register import Moment

_SQL = Queries("services.directory")


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a listing stands, for whoever weighs it."""

    id: UUID
    organization_id: UUID
    region_code: str
    name: str
    state: ListingState
    email: str | None
    organization_email: str | None
    taken_by_evidence: bool
    is_asked: bool


class Told(NamedTuple):
    """What was last told of the room of a listing."""

    listing_id: UUID
    status: Status | None
    source: str
    confidence: float
    room: float
    as_of: datetime | None
    version: int


class SaidWord(NamedTuple):
    """What was last said of the room of a listing, with its version."""

    status: Status
    told_by: str
    until_date: date | None
    version: int
    occurred_at: datetime
    recorded_at: datetime


class Score(NamedTuple):
    """How fresh a listing is, and whose it is."""

    listing_id: UUID
    organization_id: UUID
    region_code: str
    score: float


async def listings_to_weigh(
    connection: Connection, *, weighed_until: datetime, rules_version: int, rows: int
) -> list[UUID]:
    """Read a bounded number of listings whose turn it is."""
    found = await connection.fetch(_SQL["listings_to_weigh"], weighed_until, rules_version, rows)
    return [row["listing_id"] for row in found]


async def strike_off(connection: Connection, listing_ids: Sequence[UUID]) -> None:
    """Strike listings off those that are to be weighed."""
    await connection.execute(_SQL["struck_off"], list(listing_ids))


async def standings(connection: Connection, listing_ids: Sequence[UUID]) -> list[Standing]:
    """Read where these listings stand; drafts and what was withdrawn are not among them."""
    found = await connection.fetch(_SQL["weighed_listings"], list(listing_ids))
    return [Standing(**dict(row)) for row in found]


async def happenings(
    connection: Connection, listing_ids: Sequence[UUID], *, of_each_kind: int
) -> Mapping[UUID, list[Happening]]:
    """Read what happened to these listings, the latest few of each kind."""
    by_listing: dict[UUID, list[Happening]] = {one: [] for one in listing_ids}
    for row in await connection.fetch(_SQL["happenings"], list(listing_ids), of_each_kind):
        by_listing[row["listing_id"]].append(
            Happening(row["kind"], row["occurred_at"], row["source"])
        )
    return by_listing


async def answers(
    connection: Connection, listing_ids: Sequence[UUID], *, of_each: int
) -> Mapping[UUID, list[Answer]]:
    """Read what says something about the room of these listings."""
    by_listing: dict[UUID, list[Answer]] = {one: [] for one in listing_ids}
    for row in await connection.fetch(_SQL["answers_of"], list(listing_ids), of_each):
        by_listing[row["listing_id"]].append(
            Answer(row["kind"], row["occurred_at"], row["waited_days"], row["full_until"])
        )
    return by_listing


async def words(connection: Connection, listing_ids: Sequence[UUID]) -> Mapping[UUID, Word]:
    """Read what was said of the room of these listings."""
    found = await connection.fetch(_SQL["capacity_words"], list(listing_ids))
    return {
        row["listing_id"]: Word(
            row["status"], row["occurred_at"], row["told_by"], row["until_date"]
        )
        for row in found
    }


async def lock_word(connection: Connection, listing_id: UUID) -> SaidWord | None:
    """Read and lock what was last said of the room of a listing."""
    row = await connection.fetchrow(_SQL["lock_capacity_word"], listing_id)
    return None if row is None else SaidWord(**dict(row))


async def say_capacity(
    connection: Connection,
    standing: Standing,
    word: Word,
    *,
    member_key: str,
    moment: Moment,
) -> int:
    """Keep what is said of the room of a listing; its next version."""
    return await connection.fetchval(
        _SQL["say_capacity"],
        standing.id,
        standing.organization_id,
        standing.region_code,
        word.status,
        word.told_by,
        word.until,
        member_key,
        moment.occurred_at,
        moment.recorded_at,
    )


async def told_capacities(
    connection: Connection, listing_ids: Sequence[UUID]
) -> Mapping[UUID, Told]:
    """Read what was last told of the room of these listings."""
    found = await connection.fetch(_SQL["told_capacities"], list(listing_ids))
    return {row["listing_id"]: Told(**dict(row)) for row in found}


async def keep_capacity(
    connection: Connection,
    standing: Standing,
    found: Estimate,
    *,
    rules_version: int,
    event_id: UUID,
    now: datetime,
) -> int:
    """Keep what is told of the room of a listing; its next version."""
    return await connection.fetchval(
        _SQL["keep_capacity"],
        standing.id,
        standing.organization_id,
        standing.region_code,
        found.status,
        found.source,
        found.confidence,
        found.room,
        found.as_of,
        rules_version,
        event_id,
        now,
    )


async def keep_scores(
    connection: Connection, scores: Sequence[Score], *, rules_version: int, now: datetime
) -> None:
    """Keep how fresh these listings are."""
    await connection.execute(
        _SQL["keep_scores"], *map(list, zip(*scores, strict=True)), rules_version, now
    )


async def put_in_search(connection: Connection, rows: Iterable[tuple[UUID, float, float]]) -> None:
    """Put how fresh these are and the room they have, each from 0 to 1, where searches look."""
    await connection.execute(_SQL["put_in_search"], *map(list, zip(*rows, strict=True)))


async def put_standing_in_search(connection: Connection, listing_ids: Sequence[UUID]) -> None:
    """Put what is kept of these listings where searches look, as they were indexed anew."""
    await connection.execute(_SQL["put_standing_in_search"], list(listing_ids))
