"""The rows of terms of other taxonomies, and of the listings that bear them."""

import json
from collections.abc import Mapping, Sequence
from typing import NamedTuple, cast
from uuid import UUID

from asyncpg import Record

from chassis.database import Connection
from chassis.sql import Queries
from services.directory.domain.open_terms import OpenTerm
from services.directory.store.open_copies import Found

_SQL = Queries("services.directory")


class OpenTaxonomy(NamedTuple):
    """A taxonomy whose terms listings bear."""

    id: UUID
    name: str | None


async def bear_terms(connection: Connection, borne: Mapping[UUID, Sequence[OpenTerm]]) -> None:
    """Note which terms each of these listings bears now, and that it bears no others."""
    told = {term.wording: term.document for terms in borne.values() for term in terms}
    known = await connection.fetch(_SQL["known_wordings"], list(told))
    fresh = told.keys() - {row["wording"] for row in known}
    if fresh:
        rows = [
            {
                "wording": str(wording),
                "id": document["id"],
                "taxonomy_id": document.get("taxonomy_id"),
                "parent_id": document.get("parent_id"),
                "document": document,
            }
            for wording, document in told.items()
            if wording in fresh
        ]
        await connection.execute(_SQL["keep_open_terms"], json.dumps(rows))
    pairs = [(term.wording, listing_id) for listing_id, terms in borne.items() for term in terms]
    await connection.execute(
        _SQL["bear_open_terms"],
        list(borne),
        [wording for wording, _ in pairs],
        [listing_id for _, listing_id in pairs],
    )


async def open_terms_found(
    connection: Connection,
    *,
    words: Sequence[str] = (),
    taxonomy_id: UUID | None = None,
    parent_id: UUID | None = None,
    top_only: bool = False,
    rows: int,
    rows_before: int = 0,
) -> Found:
    """Read a piece of the terms that match, in the order of their ids."""
    row = await connection.fetchrow(
        _SQL["page_of_open_terms"],
        list(words),
        taxonomy_id,
        parent_id,
        top_only,
        rows,
        rows_before,
    )
    there = cast("Record", row)
    return Found(there["total_items"], there["contents"])


async def open_term(connection: Connection, term_id: UUID) -> str | None:
    """Read a term that a listing bears, as JSON."""
    return await connection.fetchval(_SQL["open_term"], term_id)


async def open_taxonomies(
    connection: Connection, taxonomy_id: UUID | None = None, *, rows: int
) -> list[OpenTaxonomy]:
    """Read the taxonomies whose terms listings bear, or the one of this id, in the order of ids."""
    found = await connection.fetch(_SQL["open_taxonomies"], taxonomy_id, rows)
    return [OpenTaxonomy(row["taxonomy_id"], row["name"]) for row in found]
