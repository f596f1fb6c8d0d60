"""Searching the listings in plain words, and what is done when a search finds nothing.

Promise    The same search over the same listings is answered alike. A search that finds nothing is
           counted as unmet need, by need, neighbourhood, month and reason: its words, and who
           asked, are kept nowhere: of who is signed in no more than their network, and that only
           where no place was named. Each alternative gives up one filter and says which.
Price      What is found is ordered anew for every page: a listing whose score changes between two
           pages can be met twice or not at all.
Not here   The order and the reasons: ``domain.search``. Filling the index: ``search_index``.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any, Final, Literal, NamedTuple
from uuid import UUID
from zoneinfo import ZoneInfo

from chassis import clock
from chassis.database import Connection
from contracts.needs import TERMS
from services.directory.domain.places import Place, name_key
from services.directory.domain.search import (
    FEW_RESULTS,
    NOTHING_THERE,
    REASONS,
    SAID_OF_WORDS,
    WEIGHTS,
    Asked,
    Relaxable,
    Wanted,
    asked_of,
    broad_lexeme,
    said_of,
    term_lexeme,
)
from services.directory.domain.search_filters import filter_query
from services.directory.domain.search_reason import FoundBecause, reason_of
from services.directory.domain.unmet_need import Home
from services.directory.domain.wording import (
    Concept,
    concepts_of,
    content_words,
    is_worth_correcting,
    nearest_word,
)
from services.directory.store import search as store
from services.directory.store.search import After, FoundListing
from services.directory.use_cases.wording import wording

ALTERNATIVES_MAX: Final = 3
CORRECTIONS_MAX: Final = 4
ALTERNATIVE_LISTINGS_MAX: Final = 3
CANDIDATES_MAX: Final = 1_000
"""How many listings of the best standing a search without words looks at before it goes by its
filters: what many meet is found among them."""
_NAMES: Final[Mapping[str, str]] = {code: term.name for code, term in TERMS.items()}
_PARENTS: Final[Mapping[str, str | None]] = {code: term.parent for code, term in TERMS.items()}
_LONDON: Final = ZoneInfo("Europe/London")
_NOT_UNDERSTOOD: Final = ""
_NOWHERE: Final = ""

Width = Literal["meant", "near", "part"]
"""What a listing has to meet: all that was meant, or what lies near it, or a part of that."""
WIDTHS: Final[tuple[Width, ...]] = ("meant", "near", "part")

Shown = dict[str, Any]
PlainKey = tuple[str | int | None, ...]


@dataclass(frozen=True, slots=True)
class Read:
    """What words came to: the things asked for, and the words that were read as others."""

    concepts: tuple[Concept, ...] = ()
    asked: tuple[Asked, ...] = ()
    corrected: tuple[tuple[str, str], ...] = ()
    has_words: bool = False


class Key(NamedTuple):
    """Where a page goes on: how wide the search is, and the last listing."""

    width: Width = "meant"
    after: After | None = None


class Page(NamedTuple):
    """One page of what was found, each with the key to go on after it, and what else there is."""

    items: Sequence[tuple[PlainKey, Shown]]
    width: Width
    alternatives: Sequence[Shown]
    reach_metres: float | None
    in_vain: "InVain | None" = None
    """What is to be counted of a search that found nothing."""


class InVain(NamedTuple):
    """A search that found nothing, as it is counted."""

    need_terms: Sequence[str]
    reason: str
    near: Place | None
    today: date

    @property
    def is_placed(self) -> bool:
        """Whether its place lies in one small area, and so says where it counts."""
        return self.near is not None and self.near.neighbourhood_code is not None


async def read_words(connection: Connection, text: str | None) -> Read:
    """Read what somebody typed: the needs it speaks of, the words, and those that were misspelt."""
    if text is None or not name_key(text):
        return Read()
    known = wording()
    words = content_words(known, text)
    lexemes = {one.word: one for one in await store.lexemes_of(connection, words)}
    foreign = [word for word, one in lexemes.items() if not one.is_known]
    corrected = await _corrected(connection, [word for word in foreign if word not in known.words])
    if corrected:
        words = content_words(known, " ".join(corrected.get(word, word) for word in words))
        lexemes = {one.word: one for one in await store.lexemes_of(connection, words)}
    cut = {word: one.lexeme for word, one in lexemes.items()}
    silent = [word for word in words if word not in cut]
    pairs = [
        (concept, asked)
        for concept in concepts_of(known, words, silent=silent)
        if (asked := asked_of(concept, cut, _PARENTS)) is not None
    ]
    return Read(
        tuple(concept for concept, _ in pairs),
        tuple(asked for _, asked in pairs),
        tuple(corrected.items()),
        has_words=True,
    )


async def _corrected(connection: Connection, foreign: Sequence[str]) -> dict[str, str]:
    """The neighbours of words that stand nowhere, for as many as are looked up for one search."""
    synonyms = sorted(wording().words)
    meant: dict[str, str] = {}
    for word in list(filter(is_worth_correcting, foreign))[:CORRECTIONS_MAX]:
        alike = await store.words_like(connection, word, synonyms=synonyms)
        if (nearest := nearest_word(word, alike)) is not None:
            meant[word] = nearest
    return meant


def query_of(read: Read, need: str | None, width: Width) -> str | None:
    """What has to stand in a listing, as a text query; nothing where nothing is asked."""
    parts = [f"({one.itself if width == 'meant' else one.any})" for one in read.asked]
    query = (" | " if width == "part" else " & ").join(parts)
    if need is None:
        return query or None
    lexeme = broad_lexeme(need) if _PARENTS[need] is None else term_lexeme(need)
    return f"'{lexeme}' & ({query})" if query else f"'{lexeme}'"


def key_of_page(plain: PlainKey | None) -> Key:
    """Read the key that a page was given; none is the first page's."""
    if plain is None:
        return Key()
    width, score, listing_id = plain
    return Key(WIDTHS[int(width or 0)], After(int(score or 0), UUID(str(listing_id))))


async def text_query(connection: Connection, text: str) -> str | None:
    """What has to stand in a listing for these words, nothing lying near; None: nothing can.

    For lists in an order of their own, where what fits a little would stand before what fits.
    """
    read = await read_words(connection, text)
    return " & ".join(f"({one.itself})" for one in read.asked) or None


async def search(
    connection: Connection, wanted: Wanted, read: Read, key: Key, *, rows: int
) -> Page:
    """Find a page of listings; the first page decides whether a part of what is asked is enough."""
    wanted = replace(wanted, concepts=read.concepts)
    today = clock.now().astimezone(_LONDON).date()
    reach = wanted.reach_metres
    if read.has_words and not read.asked:
        return Page((), key.width, (), reach)
    found = await _find(connection, wanted, read, key, today=today, rows=rows)
    if key.after is None:
        for width in _wider(read):
            if len(found) >= (rows if key.width == "meant" else min(FEW_RESULTS, rows)):
                break
            key = Key(width)
            found = await _find(connection, wanted, read, key, today=today, rows=rows)
    if found or key.after is not None:
        items = [
            ((WIDTHS.index(key.width), one.score, str(one.listing_id)), shown_listing(one, wanted))
            for one in found
        ]
        return Page(items, key.width, (), reach)
    alternatives, reason = await _alternatives(connection, wanted, read, today=today)
    terms = wanted.need_terms or (_NOT_UNDERSTOOD,)
    in_vain = InVain(terms, reason, wanted.near, today)
    return Page((), key.width, alternatives, reach, in_vain)


def _wider(read: Read) -> Iterator[Width]:
    """How a search is widened where it does not fill its page: by needs near, then by parts."""
    if any(one.near is not None and one.near != one.broad for one in read.asked):
        yield "near"
    if len(read.asked) > 1:
        yield "part"


async def _find(
    connection: Connection, wanted: Wanted, read: Read, key: Key, *, today: date, rows: int
) -> list[FoundListing]:
    if wanted.is_by_standing:
        found = await store.search_listings(
            connection, wanted, (), None, today=today, after=key.after, rows=rows,
            candidates=CANDIDATES_MAX,
        )  # fmt: skip
        if len(found) == rows:
            return found
        # They are too rare to stand among the first: their words are looked up instead.
        query = filter_query(wanted)
    else:
        query = query_of(read, wanted.need, key.width)
        filters = filter_query(wanted)
        if query is not None and filters is not None:
            # The same index leaves out most of what the filters would: no row of it is looked at.
            query = f"({query}) & {filters}"
    return await store.search_listings(
        connection, wanted, read.asked, query, today=today, after=key.after, rows=rows
    )


async def _alternatives(
    connection: Connection, wanted: Wanted, read: Read, *, today: date
) -> tuple[list[Shown], str]:
    """The nearest there is, one filter given up at a time; and what it failed by first."""
    found: list[Shown] = []
    reasons: list[str] = []
    for given_up in wanted.filters:
        less = wanted.without(given_up)
        key = Key("part")
        listings = await _find(
            connection, less, read, key, today=today, rows=ALTERNATIVE_LISTINGS_MAX
        )
        if listings:
            found.append(_alternative(given_up, said_of(given_up), listings, less))
            reasons.append(REASONS[given_up])
        if len(found) == ALTERNATIVES_MAX:
            break
    if not found and wanted.near is not None and read.asked:
        # Near somewhere the last resort is what there is, whatever it is.
        less = wanted.without_words
        listings = await _find(
            connection, less, Read(), Key(), today=today, rows=ALTERNATIVE_LISTINGS_MAX
        )
        if listings:
            found.append(_alternative("words", SAID_OF_WORDS, listings, less))
    return found, reasons[0] if reasons else NOTHING_THERE


def _alternative(
    given_up: Relaxable | Literal["words"],
    said: str,
    listings: Sequence[FoundListing],
    less: Wanted,
) -> Shown:
    return {
        "given_up": given_up,
        "said": said,
        "items": [shown_listing(one, less) for one in listings],
    }


def counted_under(in_vain: InVain, home: Home) -> Home:
    """Under whom a search is counted whose place lies in no one small area.

    The place says more than who searches: they may look for somebody of another region.
    """
    place = in_vain.near
    if place is None or home.region_code == place.region_code:
        return home
    return Home(place.region_code)


async def count_in_vain(connection: Connection, in_vain: InVain, under: Home | None) -> None:
    """Count a search that found nothing: in its small area, else under a network or region.

    One that nobody knows anything of is counted as well, and stands in nobody's figures.
    """
    month = in_vain.today.replace(day=1)
    if under is not None and under.region_code is not None:
        await store.count_search_without_place(
            connection,
            month=month,
            need_terms=in_vain.need_terms,
            region_code=under.region_code,
            pcn_code=under.pcn_code or _NOWHERE,
            reason=in_vain.reason,
        )
        return
    await store.count_unmet_search(
        connection,
        month=month,
        need_terms=in_vain.need_terms,
        neighbourhood_code=(in_vain.near and in_vain.near.neighbourhood_code) or _NOWHERE,
        reason=in_vain.reason,
    )


def shown_listing(found: FoundListing, wanted: Wanted) -> Shown:
    """A listing that was found, with the parts of its score and why."""
    because = FoundBecause(
        need_terms=found.need_terms,
        broad_needs=found.needs,
        words_found=found.words_found,
        distance_metres=found.distance_metres,
        serves=found.serves if wanted.near is not None else None,
        days=found.days,
        is_free=found.is_free,
        in_person=found.in_person,
        remote=found.remote,
    )
    parts = {
        "fit": found.fit,
        "distance": found.distance,
        "freshness": found.freshness,
        "capacity": found.capacity,
    }
    return {
        "id": found.listing_id,
        "service_id": found.listing_id,
        "score": found.score / 1e6,
        "parts": {
            name: None if parts[name] is None else round(parts[name] or 0.0, 4) for name in WEIGHTS
        },
        "distance_metres": _whole(found.distance_metres),
        "reason": reason_of(because, wanted, _NAMES),
        "capacity": _room(found.room),
        "service": json.loads(found.summary),
    }


def _room(told: str | None) -> Shown | None:
    """What is told of the room of a listing, as it stands in the whole of it too."""
    if told is None:
        return None
    document = json.loads(told)
    return {
        "status": document["status"],
        "source": document["source"],
        "confidence": document["confidence"],
        "as_of": document["updated"],
    }


def _whole(metres: float | None) -> int | None:
    return None if metres is None else round(metres)
