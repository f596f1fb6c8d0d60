"""What is lacking where: reckoned over every listing of a region when one has changed, shown in pages.

Promise    Whatever changes a listing is told by an event of its region's stream, and a region whose
           stream has gone on is reckoned again, as is one whose places or areas were loaded. Reckoned
           again from the same, the rows are the same. A reader reads a page of them and no listing.
Price      What a reader sees is as old as it says: while a region changes, a little over a minute. For
           50,000 listings it took two seconds of a processor, a third of them the database's, in
           pieces beside whatever else the process does.
Not here   When an area lacks something: ``domain.unmet_need``. What was asked for: ``unmet_need``.
"""

import asyncio
import logging
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, Final, NamedTuple
from uuid import UUID

from chassis.database import Connection, Database
from contracts.needs import FINER, TERMS
from services.directory.domain.unmet_need import (
    Area,
    Lack,
    LackKey,
    NetworkLack,
    Reach,
    Scope,
    Settlement,
    lacks,
    lacks_of_networks,
)
from services.directory.store import lacking as store
from services.directory.store.unmet_need import region_networks

LISTINGS_AT_ONCE_MAX: Final = 500
REST_SECONDS: Final = 60.0
"""However much changes in a region, what it lacks is not reckoned again sooner."""
_TERMS: Final = tuple(term.code for term in FINER)
_LOG = logging.getLogger(__name__)

Shown = dict[str, Any]


class Known(NamedTuple):
    """What the lack of a region is reckoned from."""

    areas: Sequence[Area]
    settlements: Sequence[Settlement]
    listings: Sequence[Reach]
    pcn_codes: Sequence[str]


async def reckon_due(
    database: Database, now: datetime, *, rest_seconds: float = REST_SECONDS
) -> bool:
    """Reckon what one region lacks, if something of it changed; whether there was one."""
    rested = now - timedelta(seconds=rest_seconds)
    async with database.transaction() as connection:
        region = await store.region_to_reckon(connection, resting_since=rested)
        if region is None:
            return False
        known = Known(
            await store.areas(connection, region.region_code),
            await store.settlements(connection, region.region_code),
            await _reaches(connection, region.region_code),
            await region_networks(connection, region.region_code),
        )
    # Nothing is held while it is reckoned.
    lacking, of_networks = await asyncio.to_thread(_reckoned, known)
    async with database.transaction() as connection:
        await store.put_lacking(connection, region, lacking, of_networks, now=now)
    _LOG.info("lacking_reckoned", extra={"count": len(lacking)})
    return True


def _reckoned(known: Known) -> tuple[list[Lack], dict[str, NetworkLack]]:
    return (
        lacks(known.areas, known.listings, _TERMS),
        lacks_of_networks(known.settlements, known.listings, known.pcn_codes),
    )


async def _reaches(connection: Connection, region_code: str) -> list[Reach]:
    found: list[Reach] = []
    after: UUID | None = UUID(int=0)
    while after is not None:
        piece, after = await store.reaches(
            connection, region_code, after=after, rows=LISTINGS_AT_ONCE_MAX
        )
        found += piece
    return found


async def lacking_page(
    connection: Connection, scope: Scope, *, after: LackKey, rows: int
) -> list[Shown]:
    """What small areas lack: why, how many listings serve them, how far the nearest one is."""
    found = await store.lacking_page(
        connection, scope.region_code, _only(scope), after=after, rows=rows
    )
    for row in found:
        row["need"] = TERMS[row["need_term"]].need
        row["nearest_km"] = None if row["nearest_km"] is None else round(row["nearest_km"], 1)
    return found


async def networks_page(
    connection: Connection, scope: Scope, *, after: str, rows: int
) -> list[Shown]:
    """Which languages nobody in a network speaks, and whether all is held in working hours."""
    return await store.networks_lacking_page(
        connection, scope.region_code, _only(scope), after=after, rows=rows
    )


async def reckoned_at(connection: Connection, scope: Scope) -> datetime | None:
    """How old what is said to be lacking is; nothing where it was never reckoned."""
    return await store.reckoned_at(connection, scope.region_code)


def _only(scope: Scope) -> str | None:
    return None if scope.is_region else scope.pcn_codes[0]
