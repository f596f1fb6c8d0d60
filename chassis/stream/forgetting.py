"""What has left quarantine is forgotten in time, and so is who asked for it.

Promise    An entry that was redriven is deleted, and one that was discarded or healed loses its
           contents, ``ENTRIES_KEPT_DAYS`` after it was closed. Carried-out wishes and openings are
           deleted after ``WISHES_KEPT_DAYS``. Nothing open is ever touched, and the counts of the
           conservation law do not change.
Price      Who gave up an event, and why, is kept for good, with the event's id and no contents: an
           event given up has to stay so, also when a table is built anew.
Not here   Closing: ``operations``. The journal and the topics, which keep every event.
"""

import asyncio
import logging
from typing import Final

from chassis.database import Connection, Database, DatabaseUnavailable
from chassis.sql import Queries

ENTRIES_KEPT_DAYS: Final = 90
WISHES_KEPT_DAYS: Final = 365
FORGET_BATCH_SIZE_MAX: Final = 1_000
FORGET_INTERVAL_SECONDS: Final = 3_600.0

_SQL: Final = Queries("chassis.stream")
_FORGOTTEN: Final = (
    ("closed entries", _SQL["forget_closed_entries"], ENTRIES_KEPT_DAYS),
    ("closed wishes", _SQL["forget_closed_wishes"], WISHES_KEPT_DAYS),
    ("openings", _SQL["forget_openings"], WISHES_KEPT_DAYS),
)
_LOG = logging.getLogger(__name__)


async def forget_closed_in_time(database: Database) -> None:
    """Forget what is past its time, every while, until cancelled; any worker role may run it."""
    while True:
        try:
            await forget_closed(database)
        except DatabaseUnavailable:
            _LOG.warning("forgetting_waits")
        await asyncio.sleep(FORGET_INTERVAL_SECONDS)


async def forget_closed(
    database: Database, *, batch_size_max: int = FORGET_BATCH_SIZE_MAX
) -> dict[str, int]:
    """Forget everything past its time, a transaction for each batch; count it by kind."""
    forgotten: dict[str, int] = {}
    for what, query, kept_days in _FORGOTTEN:
        forgotten[what] = 0
        batch = batch_size_max
        while batch == batch_size_max:
            async with database.transaction() as connection:
                batch = await _forget(connection, query, kept_days, batch_size_max)
            forgotten[what] += batch
        if forgotten[what]:
            _LOG.info("forgotten", extra={"what": what, "count": forgotten[what]})
    return forgotten


async def _forget(connection: Connection, query: str, kept_days: int, batch_size_max: int) -> int:
    return await connection.fetchval(query, kept_days, batch_size_max)
