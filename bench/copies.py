"""Making a large directory of a small one: every listing copied until there are enough.

Copied in the database, since entering tens of thousands through the doors measures the doors. The
copies lie all over a region of fifty kilometres and say the same, so words and needs keep their
shares and no town holds more than its own.
"""

from __future__ import annotations

from typing import Final

import asyncpg

from chassis.sql import Queries

COPY_TIMEOUT_SECONDS: Final = 600.0
_SQL: Final = Queries("bench")
_COPIED: Final = (
    "copy_listings",
    "copy_open_listings",
    "copy_listing_searches",
    "copy_listing_points",
    "copy_listing_times",
    "copy_listing_versions",
    "copy_listing_freshness",
)
_TABLES: Final = (
    "listing",
    "open_listing",
    "listing_search",
    "listing_point",
    "listing_time",
    "listing_version",
    "listing_freshness",
)


async def copy_until(superuser: asyncpg.Connection[asyncpg.Record], listings: int) -> int:
    """Copy the published listings until there are this many; how many searches look in then."""
    # In one transaction: a schedule that saw a copy without its past would ask after it.
    async with superuser.transaction():
        await superuser.execute(
            "create temporary table copied_listing (original uuid, copy bigint, id uuid)"
        )
        copies = await superuser.fetch(_SQL["plan_copies"], listings)
        await superuser.copy_records_to_table(
            "copied_listing", records=[tuple(row) for row in copies]
        )
        for query in _COPIED:
            await superuser.execute(_SQL[query], timeout=COPY_TIMEOUT_SECONDS)
    for table in _TABLES:
        await superuser.execute(f"vacuum analyze {table}", timeout=COPY_TIMEOUT_SECONDS)
    await superuser.execute("drop table copied_listing")
    return await superuser.fetchval(_SQL["count_listing_searches"])
