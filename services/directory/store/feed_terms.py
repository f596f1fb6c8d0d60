"""The terms that feeds sort their listings by, and which needs registrars say they speak of."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from chassis.database import Connection
from chassis.sql import Queries
from services.directory.domain.foreign_terms import TermKey
from services.directory.store.feeds import Feed

_SQL = Queries("services.directory")


@dataclass(frozen=True, slots=True, kw_only=True)
class TermMapping:
    """What a registrar said last of the terms of a feed."""

    by_hand: Mapping[TermKey, Sequence[str]]
    version: int
    member_key: str
    occurred_at: datetime
    recorded_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedTerm:
    """A term of a feed as it stood after the last run, and how many listings have it."""

    number: int
    taxonomy: str | None
    term: str | None
    link_type: str
    name: str
    term_uri: str | None
    listings: int


async def term_mapping(connection: Connection, feed_id: UUID) -> TermMapping | None:
    """Read what was set for a feed last; nothing where nothing was."""
    row = await connection.fetchrow(_SQL["term_mapping"], feed_id)
    if row is None:
        return None
    return TermMapping(
        by_hand={
            (one["taxonomy"], one["term"]): tuple(one["needs"]) for one in json.loads(row["items"])
        },
        version=row["version"],
        member_key=row["member_key"],
        occurred_at=row["occurred_at"],
        recorded_at=row["recorded_at"],
    )


async def keep_term_mapping(connection: Connection, feed: Feed, mapping: TermMapping) -> None:
    """Keep what was set for a locked feed, beside what was set before."""
    items = [
        {"taxonomy": taxonomy, "term": term, "needs": list(needs)}
        for (taxonomy, term), needs in mapping.by_hand.items()
    ]
    await connection.execute(
        _SQL["keep_term_mapping"],
        feed.id,
        mapping.version,
        feed.region_code,
        json.dumps(items),
        mapping.member_key,
        mapping.occurred_at,
        mapping.recorded_at,
    )


async def count_feed_terms(connection: Connection, feed: Feed, *, terms_max: int) -> None:
    """Count anew how many listings of a feed have each of its terms."""
    await connection.execute(_SQL["forget_feed_terms"], feed.id)
    await connection.execute(_SQL["count_feed_terms"], feed.id, feed.region_code, terms_max)


async def feed_terms_page(
    connection: Connection, feed_id: UUID, *, after: int, rows: int
) -> list[FeedTerm]:
    """Read terms of a feed, the most used first."""
    found = await connection.fetch(_SQL["feed_terms_page"], feed_id, after, rows)
    return [FeedTerm(**dict(row)) for row in found]
