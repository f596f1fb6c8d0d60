"""Searches as the database answers them, and the counts of those that found nothing."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final, NamedTuple
from uuid import UUID

from chassis.database import Connection
from chassis.sql import Queries
from services.directory.domain.places import Box, box_around
from services.directory.domain.search import (
    DISTANCE_HALVED_METRES,
    REMOTE_NEARNESS,
    Asked,
    Wanted,
)
from services.directory.domain.wording import CONCEPTS_MAX

_SQL = Queries("services.directory")

WORD_SIMILARITY_MIN: Final = 0.25
WORDS_LIKE_MAX: Final = 30
_NOWHERE: Final = Box(0, 0, 0, 0)


class Lexeme(NamedTuple):
    """A word cut down, and whether any listing holds it."""

    word: str
    lexeme: str
    is_known: bool


class After(NamedTuple):
    """The last listing of the page before."""

    score: int
    listing_id: UUID


@dataclass(frozen=True, slots=True)
class FoundListing:
    """A listing that meets a search, with the parts of its score."""

    listing_id: UUID
    score: int
    fit: float
    distance: float | None
    freshness: float
    capacity: float
    distance_metres: float | None
    serves: str | None
    need_terms: list[str]
    days: list[str]
    is_free: bool
    in_person: bool
    remote: bool
    needs: list[str]
    summary: str
    room: str | None
    """What is told of its room, as the public reads it; None where nothing is."""
    words_found: list[bool]


async def lexemes_of(connection: Connection, words: Sequence[str]) -> list[Lexeme]:
    """Cut these words down; those that say nothing in English are left out."""
    rows = await connection.fetch(_SQL["lexemes_of"], list(words))
    return [Lexeme(**dict(row)) for row in rows]


async def words_like(connection: Connection, word: str, *, synonyms: Sequence[str]) -> list[str]:
    """Read words spelt much like this one, of listings and of the synonyms."""
    await connection.execute(_SQL["set_word_similarity"], str(WORD_SIMILARITY_MIN))
    rows = await connection.fetch(_SQL["words_like"], word, list(synonyms), WORDS_LIKE_MAX)
    return [row["word"] for row in rows]


async def search_listings(
    connection: Connection,
    wanted: Wanted,
    asked: Sequence[Asked],
    query: str | None,
    *,
    today: date,
    after: After | None,
    rows: int,
    candidates: int | None = None,
) -> list[FoundListing]:
    """Read the listings that meet a search after this one, the best first.

    With ``candidates`` only so many are looked at, those of the best standing: for a search that
    nothing else puts in order.
    """
    near, reach = wanted.near, wanted.reach_metres
    box = _NOWHERE if near is None or reach is None else box_around(near.point, reach)
    padding = [None] * (CONCEPTS_MAX - len(asked))
    found = await connection.fetch(
        _SQL["search_listings"],
        query,
        [*(one.meant for one in asked), *padding],
        [*(one.near for one in asked), *padding],
        [*(one.words for one in asked), *padding],
        [one.weight for one in asked],
        None if near is None else near.point.latitude,
        None if near is None else near.point.longitude,
        reach,
        *box,
        wanted.takes_remote,
        wanted.day,
        None if wanted.hours is None else wanted.hours.begins,
        None if wanted.hours is None else wanted.hours.ends,
        today,
        wanted.age,
        wanted.free,
        wanted.language,
        list(wanted.access),
        wanted.attendance == "in-person",
        wanted.attendance == "remote",
        wanted.accepting,
        list(wanted.weights),
        DISTANCE_HALVED_METRES,
        REMOTE_NEARNESS,
        None if after is None else after.score,
        None if after is None else after.listing_id,
        rows,
        sorted(wanted.areas.keys),
        wanted.leaves_out_others,
        wanted.takes_from_afar,
        candidates,
        wanted.areas.codes_known,
        wanted.areas.names_known_in,
    )
    return [FoundListing(**dict(row)) for row in found]


async def count_unmet_search(
    connection: Connection,
    *,
    month: date,
    need_terms: Sequence[str],
    neighbourhood_code: str,
    reason: str,
) -> None:
    """Count a search that found nothing, once for each need."""
    await connection.execute(
        _SQL["count_unmet_search"], month, list(need_terms), neighbourhood_code, reason
    )


async def count_search_without_place(
    connection: Connection,
    *,
    month: date,
    need_terms: Sequence[str],
    region_code: str,
    pcn_code: str,
    reason: str,
) -> None:
    """Count a search that found nothing and named no small area, once for each need."""
    await connection.execute(
        _SQL["count_search_without_place"],
        month,
        list(need_terms),
        region_code,
        pcn_code,
        reason,
    )
