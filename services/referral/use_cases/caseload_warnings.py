"""The early warning: that a worker's year has come to be nearly full is told at once, and once.

Promise    Whether it was told is locked before the caseload is counted, so of two who give a worker
           more at the same time one tells it. It is told again after there was room in between.
Price      That there is room again shows when the worker is next given something.
"""

from collections.abc import Iterable, Sequence
from typing import cast
from uuid import UUID

from chassis import outbox
from chassis.database import Connection
from chassis.ids import new_id
from services.referral.acting import WORKER_ROLES, Acting
from services.referral.domain.episodes import Episode
from services.referral.published import Moment
from services.referral.published.allocation import caseload_nearly_full
from services.referral.store import allocation as store


async def warn_who_took_on(
    connection: Connection, episodes: Sequence[Episode], acting: Acting
) -> None:
    """Tell whose year is nearly full now, of those who keep whom they spoke with."""
    moment = Moment(acting.now, acting.now, acting.origin)
    for pcn_code in sorted({one.pcn_code for one in episodes}):
        workers = {one.worker_id for one in episodes if one.pcn_code == pcn_code} - {None}
        await warn_when_nearly_full(connection, pcn_code, cast("set[UUID]", workers), moment)


async def warn_when_nearly_full(
    connection: Connection, pcn_code: str, worker_ids: Iterable[UUID], moment: Moment
) -> None:
    """Tell whose year is nearly full now, of those who were given something."""
    now = moment.recorded_at
    asked = {worker_id: new_id() for worker_id in sorted({*worker_ids})}
    warnings = await store.lock_warnings(connection, pcn_code, asked, now)
    counted = await store.count_caseloads(connection, pcn_code, WORKER_ROLES, now, only=list(asked))
    loads = {one.worker_id: one for one in counted}
    told = [
        caseload_nearly_full(
            pcn_code, warning, loads[warning.worker_id], event_id=new_id(), moment=moment
        )
        for warning in warnings
        if warning.worker_id in loads and warning.look(loads[warning.worker_id])
    ]
    await store.write_warnings(connection, warnings, now)
    await outbox.record(connection, told)
