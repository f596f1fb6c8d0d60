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


async def memberships_page(
    connection: Connection, *, after: UUID, rows: int, ended: bool
) -> list[Shown]:
    """The memberships now held, and with ``ended`` those that were."""
    return _all(await connection.fetch(_SQL["memberships_page"], after, rows, ended))


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
    return {**content, **row, "field_sources": json.loads(row["field_sources"])}


async def regions_of_pcns(connection: Connection, pcn_codes: tuple[str, ...]) -> list[str]:
    """The regions these PCNs belong to."""
    rows = await connection.fetch(_SQL["regions_of_pcns"], list(pcn_codes))
    return [row["region_code"] for row in rows]


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
