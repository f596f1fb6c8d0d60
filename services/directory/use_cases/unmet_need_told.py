"""Telling what was not met in months that are over.

Promise    Each need, area and reason is told once for each month, and only where it happened so often
           that nobody is seen in it. It is compared with what was told before: where more became
           known, it is told anew under the same subject, with the next version. What is counted
           again from the beginning, as after a rebuild, tells nothing twice.
Price      What became known to be less than was told is not taken back.
Not here   The views: ``unmet_need``.
"""

from datetime import date, datetime, timedelta
from typing import Final, cast
from uuid import UUID
from zoneinfo import ZoneInfo

from chassis import outbox
from chassis.database import Connection, Database
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
MONTHS_COMPARED: Final = 3
"""How many months that are over are looked at: what becomes known later of an older one is not told."""
_LONDON: Final = ZoneInfo("Europe/London")


async def tell_months(
    database: Database, now: datetime, *, rows_max: int = TOLD_AT_ONCE_MAX
) -> int:
    """Tell a bounded number of what was not met more often than was told; how many were looked at."""
    last = month = _month_before(now.astimezone(_LONDON).date())
    for _ in range(MONTHS_COMPARED - 1):
        month = _month_before(month)
    async with database.transaction() as connection:
        found = await store.to_tell(
            connection, month, last, times_min=statistic_count_min, rows=rows_max
        )
        for one in found:
            await _tell(connection, one, Moment(now, now))
    return len(found)


def _month_before(day: date) -> date:
    return (day.replace(day=1) - timedelta(days=1)).replace(day=1)


async def _tell(connection: Connection, one: ToTell, moment: Moment) -> None:
    """Keep how often it was, and tell it where that is more than whoever listens has heard."""
    event_id = new_id()
    about = one.told_of or event_id
    before = 0 if one.told_times is None else int(controlled_count(one.told_times))
    is_more = int(controlled_count(one.times)) > before
    version = (one.told_version or 0) + is_more
    if await store.keep_told(connection, one, about=about, version=version) and is_more:
        telling = Telling(event_id, version, moment)
        await outbox.record(connection, [_event(telling, one, about)])


def _event(telling: Telling, one: ToTell, about: UUID) -> outbox.NewEvent:
    term = TERMS.get(one.need)
    # A need this version does not know yet is told as another.
    need = cast("codes.Need", "other" if term is None else term.need)
    return evidence_told.need_unmet(
        telling,
        about=about,
        region_code=one.region_code,
        pcn_code=one.pcn_code,
        neighbourhood_code=one.neighbourhood_code or None,
        need=need,
        need_term=None if term is None or term.parent is None else one.need,
        reason=REASONS.get(one.reason, "other"),
        month=one.month,
        times=int(controlled_count(one.times)),
    )
