"""The work that time starts: the search index, feeds, pairs that may be one, weighing, what is
lacking, PCNs that merge, agreements that end.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from typing import Final

from chassis import clock
from chassis.database import Database, DatabaseUnavailable
from chassis.service import Schedule, WorkerContext
from services.directory.use_cases.duplicates import COMPARED_AT_ONCE_MAX, compare_listings
from services.directory.use_cases.feed_entries import Check
from services.directory.use_cases.feed_work import FeedWorker
from services.directory.use_cases.lacking import reckon_due
from services.directory.use_cases.merging import go_on_with_merges
from services.directory.use_cases.relations import AGREEMENTS_AT_ONCE_MAX, tell_agreements_ending
from services.directory.use_cases.search_index import REINDEXED_AT_ONCE_MAX, reindex
from services.directory.use_cases.standing import WEIGHED_AT_ONCE_MAX, weigh_due
from services.directory.use_cases.unmet_need_told import tell_months

REINDEX_PAUSE_SECONDS: Final = 0.2
REINDEX_LOOK_SECONDS: Final = 300.0
MERGE_PAUSE_SECONDS: Final = 0.1
MERGE_LOOK_SECONDS: Final = 5.0
AGREEMENT_PAUSE_SECONDS: Final = 0.1
AGREEMENT_LOOK_SECONDS: Final = 60.0
WEIGH_PAUSE_SECONDS: Final = 0.2
WEIGH_LOOK_SECONDS: Final = 5.0
FEEDS_LOOK_SECONDS: Final = 1.0
COMPARE_PAUSE_SECONDS: Final = 0.2
COMPARE_LOOK_SECONDS: Final = 5.0
LACKING_PAUSE_SECONDS: Final = 1.0
LACKING_LOOK_SECONDS: Final = 10.0
DATABASE_AWAY_PAUSE_SECONDS: Final = 2.0

_LOG = logging.getLogger(__name__)


def schedules(context: WorkerContext, check: Check) -> Sequence[Schedule]:
    """Every schedule of the directory; ``check`` is what each listing of a feed has to pass."""

    async def reindex_all() -> None:
        await reindex_for_ever(context.database)

    async def run_feeds() -> None:
        demo = context.settings.mode == "demo"
        await run_feeds_for_ever(FeedWorker(context.database, check, private_allowed=demo))

    async def compare() -> None:
        await compare_for_ever(context.database)

    async def reckon() -> None:
        await reckon_for_ever(context.database)

    async def merge() -> None:
        await merge_for_ever(context.database)

    async def warn() -> None:
        await warn_for_ever(context.database)

    async def weigh() -> None:
        await weigh_for_ever(context.database)

    return (
        Schedule("search index", reindex_all),
        Schedule("feeds", run_feeds),
        Schedule("duplicates", compare),
        Schedule("freshness and capacity", weigh),
        Schedule("what is lacking", reckon),
        Schedule("pcn merges", merge),
        Schedule("agreements that end", warn),
    )


async def warn_for_ever(database: Database) -> None:
    """Tell of agreements whose end came near, a piece at a time; then look now and then."""

    async def once() -> float:
        told = await tell_agreements_ending(database, clock.now())
        return AGREEMENT_PAUSE_SECONDS if told == AGREEMENTS_AT_ONCE_MAX else AGREEMENT_LOOK_SECONDS

    await _for_ever(once, waits="agreements_wait")


async def merge_for_ever(database: Database) -> None:
    """Go on with PCNs that become part of others, a step of each at a time."""

    async def once() -> float:
        going_on = await go_on_with_merges(database)
        return MERGE_PAUSE_SECONDS if going_on else MERGE_LOOK_SECONDS

    await _for_ever(once, waits="merge_waits")


async def reckon_for_ever(database: Database) -> None:
    """Reckon what regions lack in which something changed, one at a time; then look now and then."""

    async def once() -> float:
        reckoned = await reckon_due(database, clock.now())
        return LACKING_PAUSE_SECONDS if reckoned else LACKING_LOOK_SECONDS

    await _for_ever(once, waits="reckoning_waits")


async def weigh_for_ever(database: Database) -> None:
    """Weigh listings whose turn it is, a piece at a time; then look for more every while.

    Beside that, what was not met in months that are over is told, a piece at a time too.
    """

    async def once() -> float:
        weighed = await weigh_due(database, clock.now())
        await tell_months(database, clock.now())
        return WEIGH_PAUSE_SECONDS if weighed == WEIGHED_AT_ONCE_MAX else WEIGH_LOOK_SECONDS

    await _for_ever(once, waits="weighing_waits")


async def reindex_for_ever(database: Database) -> None:
    """Index what the index lacks or has by older rules, a piece at a time; then look now and then.

    What is published is indexed as it is published: this is for what was there before.
    """

    async def once() -> float:
        indexed = await reindex(database)
        return REINDEX_PAUSE_SECONDS if indexed == REINDEXED_AT_ONCE_MAX else REINDEX_LOOK_SECONDS

    await _for_ever(once, waits="reindex_waits")


async def compare_for_ever(database: Database) -> None:
    """Compare what people entered and changed with what is there, a piece at a time."""

    async def once() -> float:
        compared = await compare_listings(database, clock.now())
        return COMPARE_PAUSE_SECONDS if compared == COMPARED_AT_ONCE_MAX else COMPARE_LOOK_SECONDS

    await _for_ever(once, waits="comparing_waits")


async def run_feeds_for_ever(worker: FeedWorker) -> None:
    """Work through the runs that wait."""

    async def once() -> float:
        return 0.0 if await worker.work_once() else FEEDS_LOOK_SECONDS

    await _for_ever(once, waits="feeds_wait")


async def _for_ever(once: Callable[[], Awaitable[float]], *, waits: str) -> None:
    """Do a piece, rest for the seconds it asks for, and outlast a database that is away.

    ``waits`` is what is logged while the database is away.
    """
    while True:
        try:
            pause_seconds = await once()
        except DatabaseUnavailable:
            _LOG.warning(waits, extra={"reason": "DatabaseUnavailable"})
            pause_seconds = DATABASE_AWAY_PAUSE_SECONDS
        await asyncio.sleep(pause_seconds)
