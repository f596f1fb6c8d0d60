"""What is shown of supervision and training: done, due, overdue, by worker, and what each had."""

from datetime import date
from typing import Any
from uuid import UUID

from asyncpg import Record

from chassis.access.workers import worker_id_of
from chassis.database import Connection
from chassis.refusals import NothingFound
from services.referral.acting import Acting
from services.referral.domain.supervision import Entitlement, Owed, day_of, owed_to, state_of
from services.referral.store import supervision as store


async def list_supervision(
    connection: Connection, acting: Acting, pcn_code: str, *, after: UUID | None, limit: int
) -> list[dict[str, Any]]:
    """Give a page of a network's workers with what they are owed; a worker sees themselves alone."""
    caller = acting.caller
    if pcn_code not in {*caller.pcns, *acting.places.pcns.values()}:
        raise NothingFound
    workers = await store.workers_of(connection, pcn_code)
    wanted = sorted(workers)
    if not acting.manages(pcn_code):
        wanted = [one for one in wanted if one == worker_id_of(caller.member_key)]
    page = [one for one in wanted if after is None or one > after][:limit]
    entitled = await store.entitled_in(connection, pcn_code)
    had = await store.list_entitlements(connection, pcn_code, page)
    today = day_of(acting.now)
    return [
        {
            "worker_id": worker_id,
            "pcn_code": pcn_code,
            "roles": list(workers[worker_id]),
            "owed": [
                _owed(one, had.get(worker_id, []), today)
                for one in owed_to(workers[worker_id], entitled.catalogue, entitled.own)
            ],
        }
        for worker_id in page
    ]


async def list_records(
    connection: Connection,
    acting: Acting,
    worker_id: UUID,
    *,
    pcn_code: str | None,
    after: UUID | None,
    limit: int,
) -> list[Record]:
    """Give a page of what a worker had, to themselves and their networks' managers."""
    caller = acting.caller
    is_self = worker_id_of(caller.member_key) == worker_id
    managed = [one for one in caller.pcns if acting.manages(one)]
    own = (*caller.pcns, *acting.places.pcns.values()) if is_self else ()
    shared = [
        one
        for one in dict.fromkeys((*managed, *own))
        if pcn_code in {None, one} and worker_id in await store.workers_of(connection, one)
    ]
    if not shared:
        raise NothingFound
    return await store.list_records(connection, shared, worker_id, after=after, limit=limit)


def _owed(owed: Owed, had: list[Entitlement], today: date) -> dict[str, Any]:
    known = next((one for one in had if (one.kind, one.what) == (owed.kind, owed.what)), None)
    last_on, next_by = (known.last_on, known.next_by) if known else (None, None)
    return {
        "kind": owed.kind,
        "what": owed.what,
        "every_weeks": owed.every_weeks,
        "last_on": last_on,
        "next_by": next_by,
        "state": state_of(next_by, last_on, today),
    }
