"""Keeping what searches look in: one row for each listing that the public finds, and its foreign terms.

Promise    It changes in the transaction that shows or hides the listing, holds no contact
           details, and can be derived again from the listings at any time, a bounded piece at a time.
Not here   Searching: ``search`` beside this. Freshness and capacity, which others reckon.
"""

import logging
from collections.abc import Sequence
from typing import Final
from uuid import UUID

from chassis.database import Connection, Database
from contracts.needs import TERMS
from services.directory.domain.listing_facts import facts_of
from services.directory.domain.open_terms import open_terms
from services.directory.domain.search import broad_lexeme, term_lexeme
from services.directory.domain.search_filters import filter_lexemes
from services.directory.domain.taxonomy import term_id
from services.directory.store import search_index as store
from services.directory.store.lacking import mark_due
from services.directory.store.open_terms import bear_terms
from services.directory.store.search_index import Derived, IndexedListing
from services.directory.store.standing import put_standing_in_search
from services.directory.use_cases.wording import wording

REINDEXED_AT_ONCE_MAX: Final = 200
WORD_LENGTH_MIN: Final = 3
WORD_LENGTH_MAX: Final = 40

_OUR_TERMS: Final = frozenset(str(term_id(code)) for code in TERMS)

_LOG = logging.getLogger(__name__)


async def index_listing(connection: Connection, listing: IndexedListing) -> None:
    """Let searches find this listing by what it says now."""
    await index_listings(connection, [listing])


async def index_listings(connection: Connection, listings: Sequence[IndexedListing]) -> None:
    """Let searches find these listings by what they say now."""
    derived = [_derived(listing) for listing in listings]
    await store.index_listings(connection, derived)
    await bear_terms(
        connection, {one.id: open_terms(one.content, ours=_OUR_TERMS) for one in listings}
    )
    await put_standing_in_search(connection, [one.listing.id for one in derived])
    said = [
        word
        for one in derived
        for word in f"{one.facts.name} {one.facts.description} {one.facts.other_words}".split()
    ]
    await store.note_words(connection, sorted({word for word in said if _is_noted(word)}))


def _derived(listing: IndexedListing) -> Derived:
    codes = list(dict.fromkeys((*listing.needs, *listing.need_terms)))
    terms = [TERMS[code] for code in codes if code in TERMS]
    facts = facts_of(
        listing.content,
        organization_name=listing.organization_name,
        need_names=[term.name for term in terms],
        wording=wording(),
    )
    # A broad need that finer terms stand below is told by them: by name stands what was named.
    told_by_finer = {term.parent for term in terms if term.parent is not None}
    lexemes = [
        *(term_lexeme(term.code) for term in terms if term.code not in told_by_finer),
        *(broad_lexeme(need) for need in dict.fromkeys(term.need for term in terms)),
        *filter_lexemes(facts),
    ]
    return Derived(listing, facts, lexemes)


def _is_noted(word: str) -> bool:
    return WORD_LENGTH_MIN <= len(word) <= WORD_LENGTH_MAX and not word.isdigit()


async def unindex_listing(connection: Connection, listing_id: UUID) -> None:
    """Let searches find this listing no longer."""
    await store.unindex_listing(connection, listing_id)


async def place_listings(
    connection: Connection, region_code: str, postcodes: Sequence[str]
) -> None:
    """Put listings that name these postcodes where they lie, now that it is known."""
    moved = await store.place_points(connection, region_code, postcodes)
    if moved:
        await store.settle_points(connection, moved)


async def reindex(database: Database, *, rows_max: int = REINDEXED_AT_ONCE_MAX) -> int:
    """Derive a bounded number of listings that the index lacks or has by older rules; how many.

    Each piece is a transaction of its own: cut off at any point, the next call goes on after it.
    """
    async with database.transaction() as connection:
        listings = await store.listings_to_index(connection, rows=rows_max)
        await index_listings(connection, listings)
        # No event tells that a listing is read by other rules now.
        await mark_due(connection, sorted({one.region_code for one in listings}))
    if listings:
        _LOG.info("listings_indexed_again", extra={"count": len(listings)})
    return len(listings)
