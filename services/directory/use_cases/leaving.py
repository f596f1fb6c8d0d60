"""A practice that belongs to its PCN no longer, and to no other yet.

Promise    Told once, by an event of its own; entered again, it changes nothing.
Price      Until the practice joins another PCN, support of its people goes on where it is, and
           whoever sends somebody reaches the PCN it left: nobody is without a network meanwhile.
Not here   A practice that goes straight to another PCN: ``organisations.register_practice``.
"""

from datetime import date

from chassis import outbox
from chassis.database import Connection
from chassis.ids import new_id
from chassis.refusals import BrokenRule, NothingFound, Refusal, RuleBroken
from services.directory import published
from services.directory.domain.register import (
    Moment,
    StillBelongs,
    local_day,
    require_left_in_order,
)
from services.directory.published import Telling
from services.directory.store import belonging as store
from services.directory.store import register as register_store
from services.directory.use_cases.outcome import Outcome, entered, known


async def leave_pcn(
    connection: Connection, practice_code: str, until_date: date | None, moment: Moment
) -> Outcome:
    """End where a practice belongs; without a day, on the day it is entered for."""
    practice = await register_store.lock_organisation(connection, "practice", practice_code)
    last = await store.last_belonging(connection, practice_code)
    if practice is None or last is None:
        raise NothingFound
    day = until_date or local_day(moment.occurred_at)
    about: dict[str, object] = {
        "id": practice_code,
        "practice_code": practice_code,
        "pcn_code": last.pcn_code,
        "from_date": last.from_date,
        "until_date": last.until_date or day,
    }
    if last.until_date is not None:
        if until_date is not None and until_date != last.until_date:
            raise Refusal(409, "practice-left-already", "It left its PCN on another day.")
        return known(practice.announced, about)
    try:
        require_left_in_order(last.from_date, day, moment.recorded_at)
    except StillBelongs:
        raise RuleBroken(
            BrokenRule("/until_date", "must be after the day it joined, and not lie in the future")
        ) from None
    await register_store.end_belonging(connection, practice_code, day)
    event_id = new_id()
    version = await register_store.rename_organisation(
        connection,
        kind="practice",
        code=practice_code,
        name=practice.name,
        event_id=event_id,
        moment=moment,
    )
    telling = Telling(event_id, version, moment)
    event = published.practice_left(
        telling, practice_code=practice_code, pcn_code=last.pcn_code, until_date=day
    )
    await outbox.record(connection, [event])
    return entered(telling, about, created=False)
