"""The work that time starts: the search index brought up to its rules, and the runs of feeds."""

import asyncio
import logging
from collections.abc import Sequence
from typing import Final

from chassis.database import Database, DatabaseUnavailable
from chassis.service import Schedule, WorkerContext
from services.directory.use_cases.feed_entries import Check
from services.directory.use_cases.feed_work import FeedWorker
from services.directory.use_cases.search_index import REINDEXED_AT_ONCE_MAX, reindex

REINDEX_PAUSE_SECONDS: Final = 0.2
REINDEX_LOOK_SECONDS: Final = 300.0
FEEDS_LOOK_SECONDS: Final = 1.0
DATABASE_AWAY_PAUSE_SECONDS: Final = 2.0

_LOG = logging.getLogger(__name__)


def schedules(context: WorkerContext, check: Check) -> Sequence[Schedule]:
    """Every schedule of the directory; ``check`` is what each listing of a feed has to pass."""

    async def reindex_all() -> None:
        await reindex_for_ever(context.database)

    async def run_feeds() -> None:
        demo = context.settings.mode == "demo"
        await run_feeds_for_ever(FeedWorker(context.database, check, private_allowed=demo))

    return (Schedule("search index", reindex_all), Schedule("feeds", run_feeds))


async def reindex_for_ever(database: Database) -> None:
    """Index what the index lacks or has by older rules, a piece at a time; then look now and then.

    What is published is indexed as it is published: this is for what was there before.
    """
    while True:
        try:
            indexed = await reindex(database)
            pause_seconds = (
                REINDEX_PAUSE_SECONDS if indexed == REINDEXED_AT_ONCE_MAX else REINDEX_LOOK_SECONDS
            )
        except DatabaseUnavailable:
            _LOG.warning("reindex_waits", extra={"reason": "DatabaseUnavailable"})
            pause_seconds = DATABASE_AWAY_PAUSE_SECONDS
        await asyncio.sleep(pause_seconds)


async def run_feeds_for_ever(worker: FeedWorker) -> None:
    """Work through the runs that wait, and outlast a database that is away."""
    while True:
        try:
            pause_seconds = 0.0 if await worker.work_once() else FEEDS_LOOK_SECONDS
        except DatabaseUnavailable:
            _LOG.warning("feeds_wait", extra={"reason": "DatabaseUnavailable"})
            pause_seconds = DATABASE_AWAY_PAUSE_SECONDS
        await asyncio.sleep(pause_seconds)
