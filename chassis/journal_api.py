"""The journal over HTTP, for the platform's own services: every head, and any range.

Promise    A range holds the headers and values that the topic holds, byte for byte, and
           nothing the broker has not acknowledged; a reader that lost records heals here.
Price      A page is bounded by count and by size, so a long range takes several requests.
Not here   Who follows what: readers ask, the owner keeps no list of them.
"""

import json
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Annotated

from fastapi import APIRouter, Depends, Path, Query
from starlette.responses import Response

from chassis.access.caller import Caller
from chassis.access.requirement import require
from chassis.database import Connection, Database
from chassis.journal import EVENTS_PAGE_MAX, HEADS_PAGE_MAX, Entry, published_heads, published_range
from chassis.sql import Queries
from contracts.envelope import NUMBER_MAX

PAGE_SIZE_MAX_BYTES = 4 * 1024 * 1024
FETCH_ROWS_MAX = 250

_SQL = Queries("chassis")

StreamName = Annotated[str, Path(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$")]
ServiceCaller = Annotated[Caller, Depends(require("service"))]


def journal_router(database: Database) -> APIRouter:
    """Make the routes that serve the journal of ``database``, opened under the api role."""
    router = APIRouter(prefix="/internal/streams", tags=["internal"])

    @router.get("", summary="How far each stream is published")
    async def read_heads(  # pyright: ignore[reportUnusedFunction]
        _caller: ServiceCaller,
        after: Annotated[str, Query(max_length=64, description="`next` of the last page.")] = "",
        limit: Annotated[int, Query(ge=1, le=HEADS_PAGE_MAX)] = HEADS_PAGE_MAX,
    ) -> Response:
        async with _serving(database) as connection:
            heads = await published_heads(connection, after=after, limit=limit)
        items = [
            {
                "stream": head.stream,
                "epoch": head.epoch,
                "head": head.number,
                "event_id": None if head.event_id is None else str(head.event_id),
                "numbered": head.numbered,
            }
            for head in heads
        ]
        return _page(items, heads[-1].stream if len(heads) == limit else None)

    @router.get("/{stream}/events", summary="A range of one stream, as the topic holds it")
    async def read_range(  # pyright: ignore[reportUnusedFunction]
        _caller: ServiceCaller,
        stream: StreamName,
        after: Annotated[int, Query(ge=0, le=NUMBER_MAX)] = 0,
        limit: Annotated[int, Query(ge=1, le=EVENTS_PAGE_MAX)] = EVENTS_PAGE_MAX,
    ) -> Response:
        async with _serving(database) as connection:
            entries, is_cut = await _bounded_range(connection, stream, after, limit)
        items = [
            {
                "number": entry.number,
                "headers": {name: value.decode() for name, value in entry.headers},
                "value": entry.value.decode(),
            }
            for entry in entries
        ]
        return _page(items, entries[-1].number if is_cut else None)

    return router


@asynccontextmanager
async def _serving(database: Database) -> AsyncGenerator[Connection, None]:
    async with database.transaction() as connection:
        await connection.execute(_SQL["serve_journal"])
        yield connection


async def _bounded_range(
    connection: Connection, stream: str, after: int, limit: int
) -> tuple[list[Entry], bool]:
    """Return the range and whether more follows it."""
    entries: list[Entry] = []
    size_bytes = 0
    while len(entries) < limit and size_bytes < PAGE_SIZE_MAX_BYTES:
        wanted = min(FETCH_ROWS_MAX, limit - len(entries))
        found = await published_range(connection, stream, after=after, limit=wanted)
        for entry in found:
            entries.append(entry)
            size_bytes += len(entry.value)
            if size_bytes >= PAGE_SIZE_MAX_BYTES:
                return entries, True
        if len(found) < wanted:
            return entries, False
        after = found[-1].number
    return entries, bool(entries)


def _page(items: Sequence[Mapping[str, object]], following: str | int | None) -> Response:
    # Written by hand: a page of a thousand events would spend its time in re-validation.
    body = json.dumps({"items": items, "next": following}, separators=(",", ":"))
    return Response(body, media_type="application/json")
