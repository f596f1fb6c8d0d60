"""Who works with whom: one episode at a time, and how complex it is.

Not here   Whole caseloads: ``reallocation``.
"""

from typing import Any
from uuid import UUID

from chassis.database import Connection
from chassis.ids import new_id
from chassis.web.etags import check_version
from services.referral.acting import WORKER_ROLES, Acting, Done, Outcome, broken, refusal_of
from services.referral.commands import Timed
from services.referral.commands.allocation import NewComplexity, NewWorker
from services.referral.domain.allocation import (
    Complexity,
    WorkerNotHere,
    assign,
    check_role,
    comes_off,
    set_complexity,
    take_off,
    version_of,
)
from services.referral.domain.episodes import Episode
from services.referral.domain.refusals import Refused
from services.referral.published import Moment
from services.referral.published import allocation as published
from services.referral.store import allocation as store
from services.referral.store.allocation import Allocation
from services.referral.store.episodes import write_episodes
from services.referral.store.triage import list_chosen_roles, list_roles_also_chosen
from services.referral.use_cases.caseload_warnings import warn_when_nearly_full
from services.referral.use_cases.casework import Casework, open_referrals


async def assign_worker(
    connection: Connection,
    acting: Acting,
    referral_id: UUID,
    expected_version: int,
    asked: NewWorker,
) -> Outcome:
    """Make an episode a worker's: a manager anybody's, a worker their own."""
    casework, episode, known = await _open(connection, acting, referral_id, expected_version, asked)
    manages = acting.manages(episode.pcn_code)
    worker_id = asked.worker_id or acting.worker_id_in(episode.pcn_code)
    if worker_id is None or (not manages and worker_id != acting.worker_id):
        return broken("/worker_id", "must be yourself, unless you manage the network")
    workers = await store.list_choosable(connection, episode.pcn_code, WORKER_ROLES)
    chosen = (await list_chosen_roles(connection, [episode.id])).get(episode.id)
    previous, why = episode.worker_id, asked.other_role_reason
    try:
        moment = casework.moment(asked, episode)
        if worker_id not in workers:
            raise WorkerNotHere("Nobody of this id works with people here.", "/worker_id")
        another = check_role(chosen, workers[worker_id], has_reason=why is not None)
        version = assign(episode, worker_id)
    except Refused as refused:
        return refusal_of(refused)
    event_id = new_id()
    event = published.worker_assigned(
        episode,
        worker_id,
        previous,
        known.complexity,
        reason="assigned" if manages else "taken-on",
        event_id=event_id,
        version=version,
        moment=moment,
        other_role_reason=why if another else None,
    )
    casework.tell(episode, event, subject=f"referral/{referral_id}")
    await _store(connection, casework, episode, known.complexity, "worker.assign")
    await warn_when_nearly_full(connection, episode.pcn_code, [worker_id], moment)
    return _done(referral_id, episode, known.complexity, known.changes + 1, moment, event_id)


async def change_complexity(
    connection: Connection,
    acting: Acting,
    referral_id: UUID,
    expected_version: int,
    asked: NewComplexity,
) -> Outcome:
    """Write down how complex an episode is."""
    casework, episode, known = await _open(connection, acting, referral_id, expected_version, asked)
    try:
        moment = casework.moment(asked, episode)
        version = set_complexity(episode, known.complexity, asked.complexity)
    except Refused as refused:
        return refusal_of(refused)
    event_id = new_id()
    event = published.complexity_set(
        episode,
        asked.complexity,
        known.complexity,
        source="manager" if acting.manages(episode.pcn_code) else "worker",
        event_id=event_id,
        version=version,
        moment=moment,
    )
    casework.tell(episode, event, subject=f"referral/{referral_id}")
    await _store(connection, casework, episode, asked.complexity, "complexity.change")
    return _done(referral_id, episode, asked.complexity, known.changes + 1, moment, event_id)


async def take_wrong_role_off(
    connection: Connection,
    casework: Casework,
    episode: Episode,
    referral_id: UUID,
    role: str,
    moment: Moment,
) -> None:
    """Take whoever has a locked episode off it, where another role than theirs is to help now."""
    previous = episode.worker_id
    if previous is None:
        return
    workers = await store.list_choosable(connection, episode.pcn_code, WORKER_ROLES)
    held = workers.get(previous, frozenset[str]())
    also = await list_roles_also_chosen(connection, episode.id, referral_id)
    if not comes_off(role, held, also):
        return
    known = (await store.load_allocations(connection, [episode.id]))[episode.id]
    event = published.worker_taken_off(
        episode, previous, event_id=new_id(), version=take_off(episode), moment=moment
    )
    casework.tell(episode, event, subject=f"referral/{referral_id}")
    await store.write_allocations(
        connection, episode.pcn_code, {episode.id: known.complexity}, casework.acting.now
    )


async def note_complexity(
    connection: Connection, acting: Acting, episode: Episode, complexity: Complexity
) -> None:
    """Keep what a triage, which tells it itself, says of an episode that is locked."""
    known = (await store.load_allocations(connection, [episode.id]))[episode.id]
    if known.complexity != complexity:
        await store.write_allocations(
            connection, episode.pcn_code, {episode.id: complexity}, acting.now
        )


async def _open(
    connection: Connection,
    acting: Acting,
    referral_id: UUID,
    expected_version: int,
    asked: Timed,
) -> tuple[Casework, Episode, Allocation]:
    acting.check_form(recorded_at=asked.recorded_at)
    casework = await open_referrals(connection, acting, [referral_id])
    try:
        _, episode = casework.referral(referral_id)
    except Refused as refused:
        raise refusal_of(refused) from None
    known = (await store.load_allocations(connection, [episode.id]))[episode.id]
    check_version(expected_version, version_of(known.changes, episode.worker_id))
    return casework, episode, known


async def _store(
    connection: Connection,
    casework: Casework,
    episode: Episode,
    complexity: Complexity,
    action: str,
) -> None:
    await store.write_allocations(
        connection, episode.pcn_code, {episode.id: complexity}, casework.acting.now
    )
    await write_episodes(connection, [episode])
    await casework.tell_all(connection, action)


def _done(
    referral_id: UUID,
    episode: Episode,
    complexity: Complexity,
    changes: int,
    moment: Moment,
    event_id: UUID,
) -> Done:
    version = version_of(changes, episode.worker_id)
    body: dict[str, Any] = {
        "id": referral_id,
        "referral_id": referral_id,
        "episode_id": episode.id,
        "person_id": episode.person_id,
        "pcn_code": episode.pcn_code,
        "worker_id": episode.worker_id,
        "complexity": complexity,
        "version": version,
        "occurred_at": moment.occurred_at,
        "recorded_at": moment.recorded_at,
        "event_id": event_id,
    }
    return Done(200, body, version)
