"""Telling what was not met in a month that is over.

Promise    Each need, area and reason is told once for each month, and only where it happened so often
           that nobody is seen in it. What becomes known later changes the views and is not told again.
Not here   The views: ``unmet_need``.
"""

from datetime import date, datetime, timedelta
from typing import Final, cast
from zoneinfo import ZoneInfo

from chassis import outbox
from chassis.database import Database
from chassis.disclosure import controlled_count, statistic_count_min
from chassis.ids import new_id
from contracts import codes
from contracts.needs import TERMS
from services.directory.domain.register import Moment
from services.directory.domain.unmet_need import REASONS
from services.directory.published import Telling
from services.directory.published import evidence as evidence_told
from services.directory.store import unmet_need as store
from services.directory.store.unmet_need import ToTell

TOLD_AT_ONCE_MAX: Final = 200
_LONDON: Final = ZoneInfo("Europe/London")


async def tell_last_month(
    database: Database, now: datetime, *, rows_max: int = TOLD_AT_ONCE_MAX
) -> int:
    """Tell a bounded number of what was not met in the month before; how many."""
    month = (now.astimezone(_LONDON).date().replace(day=1) - timedelta(days=1)).replace(day=1)
    async with database.transaction() as connection:
        found = await store.to_tell(connection, month, times_min=statistic_count_min, rows=rows_max)
        for one in found:
            event_id = new_id()
            if await store.keep_told(connection, one, month=month, event_id=event_id):
                telling = Telling(event_id, 1, Moment(now, now))
                await outbox.record(connection, [_event(telling, one, month)])
    return len(found)


def _event(telling: Telling, one: ToTell, month: date) -> outbox.NewEvent:
    term = TERMS.get(one.need)
    # A need this version does not know yet is told as another.
    need = cast("codes.Need", "other" if term is None else term.need)
    return evidence_told.need_unmet(
        telling,
        region_code=one.region_code,
        pcn_code=one.pcn_code,
        neighbourhood_code=one.neighbourhood_code or None,
        need=need,
        need_term=None if term is None or term.parent is None else one.need,
        reason=REASONS.get(one.reason, "other"),
        month=month,
        times=int(controlled_count(one.times)),
    )
