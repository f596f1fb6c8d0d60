"""What anybody may read, as Open Referral UK pages it."""

import json
from typing import Any, Final, Literal
from uuid import UUID

from chassis.database import Connection
from contracts import needs
from services.directory.domain.open_referral import (
    in_short,
    page_document,
    service_at_location,
)
from services.directory.domain.open_terms import foreign_taxonomy
from services.directory.domain.paging import Search, page_of
from services.directory.domain.taxonomy import (
    TAXONOMY_ID,
    code_of,
    found_terms,
    taxonomy,
    taxonomy_term,
)
from services.directory.store import open_copies as store
from services.directory.store import open_terms
from services.directory.store.open_copies import Found

Shown = dict[str, Any]
Form = Literal["minimal", "list", "full"]

ORGANIZATION_LISTINGS_MAX: Final = 500
FOREIGN_TAXONOMIES_MAX: Final = 5_000
TAXONOMY_TERMS_MAX: Final = 10_000
_MINIMAL: Final = ("id", "name", "status", "last_modified")


async def service(connection: Connection, listing_id: UUID) -> str | None:
    """One listing, as the JSON that was written when it was published or taken away."""
    return await store.open_listing(connection, listing_id)


async def services_page(
    connection: Connection, search: Search, *, form: Form, number: int, per_page: int
) -> Shown:
    """One numbered page of the listings that match."""
    found = await store.listings_found(
        connection,
        search,
        rows=per_page,
        rows_before=(number - 1) * per_page,
        whole=form == "full",
    )
    contents = [json.loads(one) for one in found.contents]
    if form == "minimal":
        contents = [{name: one[name] for name in _MINIMAL} for one in contents]
    return _page(found, contents, number=number, per_page=per_page)


async def service_at_location_shown(connection: Connection, location_id: UUID) -> Shown | None:
    """One listing at one of its places."""
    found = await store.open_location(connection, location_id)
    return None if found is None else _location_at(found)


async def locations_page(
    connection: Connection, search: Search, *, form: Form, number: int, per_page: int
) -> Shown:
    """One numbered page of the places of the listings that match."""
    found = await store.locations_found(
        connection,
        search,
        rows=per_page,
        rows_before=(number - 1) * per_page,
        whole=form == "full",
    )
    shown = [_location_at(one) for one in found.contents]
    contents = shown if form == "full" else [in_short(one) for one in shown]
    return _page(found, contents, number=number, per_page=per_page)


async def organization(connection: Connection, organization_id: UUID) -> str | None:
    """One organisation with its listings, as JSON."""
    return await store.open_organization(
        connection, organization_id, listings_max=ORGANIZATION_LISTINGS_MAX
    )


async def organizations_page(
    connection: Connection, *, words: str | None, form: Form, number: int, per_page: int
) -> Shown:
    """One numbered page of the organisations whose name holds the words."""
    found = await store.organizations_found(
        connection,
        words=words,
        rows=per_page,
        rows_before=(number - 1) * per_page,
        whole=form == "full",
        listings_max=ORGANIZATION_LISTINGS_MAX,
    )
    contents = [json.loads(one) for one in found.contents]
    if form != "full":
        contents = [
            {name: value for name, value in one.items() if not isinstance(value, list | dict)}
            for one in contents
        ]
    return _page(found, contents, number=number, per_page=per_page)


async def region_of(connection: Connection, listing_id: UUID) -> tuple[str, UUID] | None:
    """The region and organisation of a listing that the public finds."""
    return await store.open_listing_region(connection, listing_id)


def empty_page(*, number: int) -> Shown:
    """What is found by something that no listing has."""
    return page_document(page_of(total_items=0, number=number, per_page=1), [])


async def taxonomies_page(
    connection: Connection, *, words: str | None, number: int, per_page: int
) -> Shown:
    """The taxonomies that hold every word: ours, then those of other directories."""
    others = await open_terms.open_taxonomies(connection, rows=FOREIGN_TAXONOMIES_MAX)
    shown = [
        taxonomy(),
        *(foreign_taxonomy(one.id, one.name) for one in others if one.id != TAXONOMY_ID),
    ]
    found = [
        one
        for one in shown
        if all(
            word in f"{one['name']} {one['description']}".casefold()
            for word in (words or "").casefold().split()
        )
    ]
    return _slice(found, number=number, per_page=per_page)


async def taxonomy_with_terms(connection: Connection, taxonomy_id: UUID) -> Shown | None:
    """A taxonomy with all its terms; none where listings bear none of them."""
    if taxonomy_id == TAXONOMY_ID:
        shown, own = taxonomy(), found_terms(needs.TERMS)
    else:
        named = await open_terms.open_taxonomies(connection, taxonomy_id, rows=1)
        if not named:
            return None
        shown, own = foreign_taxonomy(taxonomy_id, named[0].name), []
    others = await open_terms.open_terms_found(
        connection, taxonomy_id=taxonomy_id, rows=TAXONOMY_TERMS_MAX
    )
    return {**shown, "taxonomy_terms": [*own, *map(json.loads, others.contents)]}


async def term(connection: Connection, term_id: UUID) -> Shown | None:
    """A need, or a term of another taxonomy that a listing bears."""
    need = code_of(needs.TERMS, term_id)
    if need is not None:
        return taxonomy_term(needs.TERMS[need])
    found = await open_terms.open_term(connection, term_id)
    return None if found is None else json.loads(found)


async def terms_page(
    connection: Connection,
    *,
    words: str | None,
    taxonomy_id: UUID | None,
    parent_id: UUID | None,
    top_only: bool,
    number: int,
    per_page: int,
) -> Shown:
    """The terms that are asked for: ours, then those of other taxonomies that listings bear."""
    own = (
        found_terms(needs.TERMS, words=words, parent_id=parent_id, top_only=top_only)
        if taxonomy_id in {None, TAXONOMY_ID}
        else []
    )
    start = (number - 1) * per_page
    shown = own[start : start + per_page]
    others = await open_terms.open_terms_found(
        connection,
        words=(words or "").lower().split(),
        taxonomy_id=taxonomy_id,
        parent_id=parent_id,
        top_only=top_only,
        rows=per_page - len(shown),
        rows_before=max(0, start - len(own)),
    )
    found = Found(len(own) + others.total_items, others.contents)
    contents = [*shown, *map(json.loads, others.contents)]
    return _page(found, contents, number=number, per_page=per_page)


def _location_at(found: str) -> Shown:
    row: Shown = json.loads(found)
    return service_at_location(
        row["document"], row["service"], place_of_service=row["id"], gone=row["gone"]
    )


def _page(found: Found, contents: list[Shown], *, number: int, per_page: int) -> Shown:
    page = page_of(total_items=found.total_items, number=number, per_page=per_page)
    return page_document(page, contents)


def _slice(items: list[Shown], *, number: int, per_page: int) -> Shown:
    page = page_of(total_items=len(items), number=number, per_page=per_page)
    start = (number - 1) * per_page
    return page_document(page, items[start : start + per_page])
