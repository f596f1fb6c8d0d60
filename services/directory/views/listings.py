"""Listings as those who keep them see them: as entered, version by version, and what waits."""

import json
from typing import Any
from uuid import UUID

from asyncpg import Record

from chassis.database import Connection
from chassis.sql import Queries
from services.directory.domain.listing_changes import Facts, changed_content, differences

_SQL = Queries("services.directory")

Shown = dict[str, Any]


async def entered_listing(connection: Connection, listing_id: UUID) -> Shown | None:
    """One listing as it stands, whatever its state."""
    row = await connection.fetchrow(_SQL["entered_listing"], listing_id)
    if row is None:
        return None
    shown = dict(row)
    return {
        **json.loads(shown.pop("content")),
        **shown,
        "field_sources": json.loads(shown["field_sources"]),
    }


async def entered_facts(
    connection: Connection, listing_id: UUID
) -> tuple[dict[str, Any], dict[str, dict[str, str]]] | None:
    """What a listing says, fact by fact, and who says it."""
    row = await connection.fetchrow(_SQL["entered_listing"], listing_id)
    if row is None:
        return None
    facts = Facts(json.loads(row["content"]), tuple(row["needs"]), tuple(row["need_terms"]))
    return facts.by_name(), json.loads(row["field_sources"])


async def history_page(
    connection: Connection, listing_id: UUID, *, before: int, rows: int
) -> list[Shown]:
    """The versions of a listing, the latest first, with what each made different."""
    found = await connection.fetch(_SQL["history_page"], listing_id, before, rows)
    return [_version(row) for row in found]


async def suggestions_page(
    connection: Connection, *, state: str, after: UUID, rows: int
) -> list[Shown]:
    """What is suggested, with what would be different."""
    found = await connection.fetch(_SQL["suggestions_page"], state, after, rows)
    return [_suggestion(row) for row in found]


async def remarks_page(
    connection: Connection, listing_id: UUID, *, after: UUID, rows: int
) -> list[Shown]:
    """What was remarked on a listing."""
    return [
        dict(row) for row in await connection.fetch(_SQL["remarks_page"], listing_id, after, rows)
    ]


async def listing_rule(connection: Connection, region_code: str) -> Shown:
    """What holds for listings in a region; version 0 where nobody has said anything."""
    row = await connection.fetchrow(_SQL["shown_listing_rule"], region_code)
    said = {"own_changes_wait": False, "version": 0} if row is None else dict(row)
    return {"id": region_code, "region_code": region_code, **said}


def _facts(row: Record, suffix: str) -> dict[str, Any]:
    content = row[f"content{suffix}"]
    if content is None:
        return {}
    facts = Facts(
        json.loads(content), tuple(row[f"needs{suffix}"]), tuple(row[f"need_terms{suffix}"])
    )
    return {"state": row[f"state{suffix}"], **facts.by_name()}


def _version(row: Record) -> Shown:
    told = (
        "version", "step", "state", "reason", "member_key", "source", "approved_by", "note",
        "event_id", "occurred_at", "recorded_at",
    )  # fmt: skip
    changed = differences(_facts(row, "_before"), _facts(row, ""))
    return {
        **{name: row[name] for name in told},
        "differences": [
            {"field": one.field, "before": one.before, "after": one.after, "words": one.words}
            for one in changed
        ],
    }


def _suggestion(row: Record) -> Shown:
    shown = dict(row)
    changes = json.loads(shown.pop("changes"))
    content = json.loads(shown.pop("content"))
    now = Facts(content, tuple(shown.pop("needs")), tuple(shown.pop("need_terms"))).by_name()
    wanted = changed_content(now, changes)
    return {
        **shown,
        "differences": [
            {"field": one.field, "before": one.before, "after": one.after, "words": one.words}
            for one in differences(now, wanted)
        ],
    }
