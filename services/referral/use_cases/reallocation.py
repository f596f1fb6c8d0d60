"""A whole caseload that goes to others, because somebody left or is ill.

Promise    Each open episode is moved once and told once, in batches that go on after any restart;
           whoever takes one on had the least weighted load. What the worker is given meanwhile
           is moved as well.
Price      It goes on after the answer: how far it is, is shown.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from chassis import clock, outbox
from chassis.access.audit import Opened, record_access
from chassis.access.caller import Caller, Membership
from chassis.database import Connection
from chassis.ids import new_id
from chassis.refusals import NothingFound
from services.referral.acting import WORKER_ROLES, Acting, Done, Outcome, refusal_of
from services.referral.commands import happened_at
from services.referral.commands.allocation import NewReallocation
from services.referral.domain.allocation import (
    Caseload,
    Complexity,
    NobodyToTakeOver,
    WorkerNotHere,
    WorkerNotKnown,
    assign,
    share_out,
)
from services.referral.domain.episodes import Episode, check_happened
from services.referral.domain.refusals import Refused
from services.referral.domain.timers import Timer
from services.referral.published import Moment
from services.referral.published.allocation import worker_assigned
from services.referral.store import allocation as store
from services.referral.store import timers
from services.referral.store.allocation import Reallocation
from services.referral.store.episodes import write_episodes
from services.referral.store.triage import list_chosen_roles
from services.referral.store.waiting import lock_episodes
from services.referral.use_cases.caseload_warnings import warn_when_nearly_full

MOVED_BATCH_MAX: Final = 50


async def begin_reallocation(
    connection: Connection,
    acting: Acting,
    pcn_code: str,
    from_worker_id: UUID,
    asked: NewReallocation,
) -> Outcome:
    """Begin to move a worker's open episodes to others."""
    acting.check_form(recorded_at=asked.recorded_at)
    if pcn_code not in acting.caller.pcns:
        raise NothingFound
    occurred_at, recorded_at = happened_at(asked, acting.now)
    workers = await store.list_workers(connection, pcn_code, WORKER_ROLES)
    alike = await _of_their_role(connection, pcn_code, from_worker_id, workers)
    takers = sorted(({*asked.to_worker_ids} or alike) - {from_worker_id})
    job = Reallocation(
        id=new_id(),
        pcn_code=pcn_code,
        from_worker_id=from_worker_id,
        to_worker_ids=takers,
        reason=asked.reason,
        requested_by=acting.caller.member_key,
        occurred_at=occurred_at,
    )
    try:
        check_happened(occurred_at, recorded_at)
        known = from_worker_id in workers
        if not known and not await store.has_worked_in(connection, pcn_code, from_worker_id):
            raise WorkerNotKnown("Nobody of this id works with people here, or ever did.")
        if not takers:
            raise NobodyToTakeOver(
                "There is nobody else of this worker's role. Name who takes it over.",
                "/to_worker_ids",
            )
        if not workers.keys() >= {*takers}:
            raise WorkerNotHere("Somebody of these does not work here.", "/to_worker_ids")
        await store.begin_reallocation(connection, job, recorded_at)
    except Refused as refused:
        return refusal_of(refused)
    await timers.set(
        connection, kind="reallocation", about=job.id, pcn_code=pcn_code, due_at=acting.now
    )
    opened = [Opened(subject=f"reallocation/{job.id}", pcn_code=pcn_code)]
    await record_access(connection, acting.caller, "reallocation.begin", opened)
    return Done(201, await view_reallocation(connection, acting, pcn_code, job.id), 1)


async def _of_their_role(
    connection: Connection,
    pcn_code: str,
    worker_id: UUID,
    workers: Mapping[UUID, frozenset[str]],
) -> set[UUID]:
    """Give who has a role of this worker's, as far as anybody knows which they have or had."""
    theirs = workers.get(worker_id) or await store.list_roles_worked_in(
        connection, pcn_code, worker_id
    )
    theirs = theirs.intersection(WORKER_ROLES)
    return {one for one, held in workers.items() if not theirs or theirs & held}


async def view_reallocation(
    connection: Connection, acting: Acting, pcn_code: str, job_id: UUID
) -> dict[str, Any]:
    """Give how far a reallocation is."""
    row = await store.view_reallocation(connection, job_id)
    if row is None or row["pcn_code"] != pcn_code or pcn_code not in acting.caller.pcns:
        raise NothingFound
    finished = row["finished_at"] is not None
    return {
        **dict(row),
        "waiting": 0 if finished else row["waiting"],
        "status": "done" if finished else "running",
        "version": 2 if finished else 1,
    }


async def reallocation_fell_due(connection: Connection, timer: Timer) -> None:
    """Move a batch of a caseload; come back if there is more."""
    job = await store.lock_reallocation(connection, timer.about)
    if job is None:
        return
    ids = await store.list_episodes_of_worker(
        connection, job.pcn_code, job.from_worker_id, limit=MOVED_BATCH_MAX
    )
    locked = await lock_episodes(connection, ids)
    episodes = {
        episode.id: episode
        for episode in locked.values()
        if episode.worker_id == job.from_worker_id and episode.is_open
    }
    if episodes:
        await _move(connection, job, episodes)
    now = clock.now()
    more = len(ids) == MOVED_BATCH_MAX
    await store.advance_reallocation(
        connection, job.id, moved=len(episodes), finished_at=None if more else now
    )
    if more:
        await timers.set(
            connection, kind=timer.kind, about=job.id, pcn_code=job.pcn_code, due_at=now
        )


async def _move(connection: Connection, job: Reallocation, episodes: dict[UUID, Episode]) -> None:
    now = clock.now()
    known = await store.load_allocations(connection, list(episodes))
    complexities: dict[UUID, Complexity] = {
        episode_id: one.complexity for episode_id, one in known.items()
    }
    chosen = await list_chosen_roles(connection, list(episodes))
    takers = await _takers(connection, job, now)
    given = share_out(list(complexities.items()), takers, chosen)
    moment = Moment(job.occurred_at, now)
    events = [
        worker_assigned(
            episode,
            given[episode.id],
            job.from_worker_id,
            complexities[episode.id],
            reason="reallocated",
            event_id=new_id(),
            version=assign(episode, given[episode.id]),
            moment=moment,
            reallocation_id=job.id,
        )
        for episode in episodes.values()
    ]
    await write_episodes(connection, list(episodes.values()))
    await store.write_allocations(connection, job.pcn_code, complexities, now)
    manager = Membership("pcn-manager", "pcn", job.pcn_code)
    caller = Caller(job.requested_by, None, (), matched=(manager,))
    opened = [
        Opened(subject=f"episode/{episode.id}", pcn_code=job.pcn_code, person_id=episode.person_id)
        for episode in episodes.values()
    ]
    await record_access(connection, caller, "worker.reallocate", opened)
    await outbox.record(connection, events)
    await warn_when_nearly_full(connection, job.pcn_code, given.values(), moment)


async def _takers(connection: Connection, job: Reallocation, now: datetime) -> list[Caseload]:
    """Give the caseloads of who takes over; of who left meanwhile as well, so that nothing stays."""
    loads = await store.count_caseloads(connection, job.pcn_code, WORKER_ROLES, now)
    found = {load.worker_id: load for load in loads}
    return [found.get(one) or Caseload(one, works_here=False) for one in job.to_worker_ids]
