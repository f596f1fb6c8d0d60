"""What the directory shows: the register's lists, workers, listings, and figures of need.

Promise    Rows come out as the queries name them, and no view changes anything.
Not here   Who may see what: the doors name the organisations, the row policies keep to them.
"""

import json
from collections.abc import Mapping
from datetime import date, datetime
from typing import Any
from uuid import UUID

from asyncpg import Record

from chassis.database import Connection
from chassis.disclosure import controlled_count
from chassis.sql import Queries
from contracts import needs
from services.directory.domain.listings import Search, page_of
from services.directory.domain.open_referral import page_document
from services.directory.domain.taxonomy import (
    TAXONOMY_ID,
    found_terms,
    taxonomy,
)
from services.directory.store import listings as listing_store
from services.directory.store import needs as need_store

_SQL = Queries("services.directory")

Shown = dict[str, Any]


async def regions_page(connection: Connection, *, after: str, rows: int) -> list[Shown]:
    """Regions by code."""
    return _all(await connection.fetch(_SQL["regions_page"], after, rows))


async def pcns_page(connection: Connection, *, after: str, rows: int) -> list[Shown]:
    """PCNs by code."""
    return _all(await connection.fetch(_SQL["pcns_page"], after, rows))


async def practices_page(connection: Connection, *, after: str, rows: int) -> list[Shown]:
    """Practices by code, with where they belong now."""
    return _all(await connection.fetch(_SQL["practices_page"], after, rows))


async def referrers_page(connection: Connection, *, after: str, rows: int) -> list[Shown]:
    """Organisations that refer and are no practices."""
    return _all(await connection.fetch(_SQL["referrers_page"], after, rows))


async def referrer(connection: Connection, code: str) -> Shown | None:
    """One organisation that refers and is no practice."""
    return _one(await connection.fetchrow(_SQL["shown_referrer"], code))


async def populations_page(
    connection: Connection, *, after: tuple[str, str, date], rows: int
) -> list[Shown]:
    """Populations by PCN, practice and day."""
    return _all(await connection.fetch(_SQL["populations_page"], *after, rows))


async def workers_page(
    connection: Connection, *, after: tuple[str, UUID], rows: int
) -> list[Shown]:
    """Workers by PCN, with the names and contacts that are kept nowhere else."""
    return _all(await connection.fetch(_SQL["workers_page"], *after, rows))


async def memberships_page(connection: Connection, *, after: UUID, rows: int) -> list[Shown]:
    """The memberships now held."""
    return _all(await connection.fetch(_SQL["memberships_page"], after, rows))


async def drafts_page(connection: Connection, *, after: UUID, rows: int) -> list[Shown]:
    """The listings that wait to be published."""
    return _all(await connection.fetch(_SQL["drafts_page"], after, rows))


async def pcn(connection: Connection, code: str) -> Shown | None:
    """One PCN."""
    return _one(await connection.fetchrow(_SQL["shown_pcn"], code))


async def practice(connection: Connection, code: str) -> Shown | None:
    """One practice."""
    return _one(await connection.fetchrow(_SQL["shown_practice"], code))


async def membership(connection: Connection, membership_id: UUID) -> Shown | None:
    """One membership, held or ended."""
    return _one(await connection.fetchrow(_SQL["shown_membership"], membership_id))


async def worker(connection: Connection, worker_id: UUID) -> Shown | None:
    """One worker, with name and contact."""
    return _one(await connection.fetchrow(_SQL["shown_worker"], worker_id))


async def practice_card(connection: Connection, practice_code: str) -> Shown | None:
    """What a service needs in order to write to a practice."""
    return _one(await connection.fetchrow(_SQL["practice_card"], practice_code))


async def organization(connection: Connection, organization_id: UUID) -> Shown | None:
    """One organisation as entered."""
    row = _one(await connection.fetchrow(_SQL["shown_organization"], organization_id))
    if row is None:
        return None
    content: Mapping[str, Any] = json.loads(row.pop("content"))
    return {**content, **row}


async def regions_of_pcns(connection: Connection, pcn_codes: tuple[str, ...]) -> list[str]:
    """The regions these PCNs belong to."""
    rows = await connection.fetch(_SQL["regions_of_pcns"], list(pcn_codes))
    return [row["region_code"] for row in rows]


async def open_listing(connection: Connection, listing_id: UUID) -> str | None:
    """One published listing, as the JSON that was written when it was published."""
    return await listing_store.open_listing(connection, listing_id)


async def search_listings(
    connection: Connection, search: Search, *, number: int, per_page: int
) -> Shown:
    """One numbered page of the published listings that match."""
    found = await listing_store.search_open_listings(
        connection, search, rows=per_page, rows_before=(number - 1) * per_page
    )
    page = page_of(total_items=found.total_items, number=number, per_page=per_page)
    return page_document(page, [json.loads(summary) for summary in found.contents])


def empty_page(*, number: int) -> Shown:
    """What is found by something that no listing has."""
    return page_document(page_of(total_items=0, number=number, per_page=1), [])


def taxonomies_page(*, words: str | None, number: int, per_page: int) -> Shown:
    """The taxonomies that hold every word: there is one."""
    one = taxonomy()
    told = f"{one['name']} {one['description']}".casefold()
    found = [one] if all(word in told for word in (words or "").casefold().split()) else []
    return _slice(found, number=number, per_page=per_page)


def taxonomy_with_terms() -> Shown:
    """The taxonomy of needs with all its terms."""
    return {**taxonomy(), "taxonomy_terms": found_terms(needs.TERMS)}


def terms_page(
    *,
    words: str | None,
    taxonomy_id: UUID | None,
    parent_id: UUID | None,
    top_only: bool,
    number: int,
    per_page: int,
) -> Shown:
    """The terms of the taxonomy of needs that are asked for."""
    found = (
        found_terms(needs.TERMS, words=words, parent_id=parent_id, top_only=top_only)
        if taxonomy_id in {None, TAXONOMY_ID}
        else []
    )
    return _slice(found, number=number, per_page=per_page)


def _slice(items: list[Shown], *, number: int, per_page: int) -> Shown:
    page = page_of(total_items=len(items), number=number, per_page=per_page)
    start = (number - 1) * per_page
    return page_document(page, items[start : start + per_page])


async def referred_needs(
    connection: Connection, *, pcn_code: str, first_month: date, exact: bool
) -> Shown:
    """What people of a PCN were referred for, month by month, the latest first."""
    counted = await need_store.referred_needs(connection, stream=pcn_code, first_month=first_month)
    months: dict[date, list[Shown]] = {}
    counted_to: datetime | None = None
    for one in counted:
        referrals = one.referrals if exact else controlled_count(one.referrals)
        months.setdefault(one.month, []).append({"need": one.need, "referrals": referrals})
        if counted_to is None or one.last_recorded_at > counted_to:
            counted_to = one.last_recorded_at
    return {
        "id": pcn_code,
        "pcn_code": pcn_code,
        "exact": exact,
        "counted_to": counted_to,
        "items": [{"month": f"{month:%Y-%m}", "needs": needs} for month, needs in months.items()],
        "next": None,
    }


def _all(rows: list[Record]) -> list[Shown]:
    return [dict(row) for row in rows]


def _one(row: Record | None) -> Shown | None:
    return None if row is None else dict(row)
