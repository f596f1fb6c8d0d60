"""Home visits: planned, begun, ended; told if one is not begun, an alarm if one does not end.

Promise    The time at which somebody is alarmed is stored with the check-in, so it survives
           whatever runs here; when it passes, the fact is looked at again under its lock.
Price      A step is guarded by where the visit stands and not by a version: a worker on a
           doorstep who checks out must not be refused because somebody else looked.
"""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, Final
from uuid import UUID

from chassis import outbox
from chassis.database import Connection
from chassis.ids import new_id
from chassis.outbox import NewEvent
from chassis.refusals import NothingFound
from services.referral.acting import WORKER_ROLES, Acting, Done, Outcome, broken
from services.referral.commands import Timed
from services.referral.commands.visits import NewVisit, VisitExtension, VisitStep
from services.referral.domain.allocation import WorkerNotHere
from services.referral.domain.episodes import Episode
from services.referral.domain.refusals import ReferralNotOpen
from services.referral.domain.risk import GROUPS
from services.referral.domain.timers import Kind, Timer
from services.referral.domain.visits import (
    Visit,
    VisitChange,
    begin_by,
    check_planned_for,
    is_alarming,
)
from services.referral.domain.waiting import LATE_AFTER_IMPORT
from services.referral.published import Moment
from services.referral.published.visits import (
    visit_not_begun,
    visit_planned,
    visit_status_changed,
)
from services.referral.store import timers
from services.referral.store import visits as store
from services.referral.store.allocation import list_workers
from services.referral.store.episodes import write_episodes
from services.referral.store.risk import active_risk_flags
from services.referral.use_cases.alarms import raise_alarm
from services.referral.use_cases.alive import check_lives, who_died
from services.referral.use_cases.casework import Casework, open_referrals
from services.referral.use_cases.timers import moment_due

TIMER: Final[Kind] = "lone-worker"
BEGIN_TIMER: Final[Kind] = "visit-begin"


async def plan_visit(
    connection: Connection, acting: Acting, referral_id: UUID, asked: NewVisit
) -> Outcome:
    """Plan to visit the person at home."""
    casework = await open_referrals(connection, acting, [referral_id])
    workers = await _workers(connection, casework)
    died = await who_died(connection, casework)
    planned: list[dict[str, Any]] = []

    def decide(asked: NewVisit) -> Done:
        acting.check_form(recorded_at=asked.recorded_at)
        referral, episode = casework.referral(referral_id)
        moment = casework.moment(asked, episode)
        worker_id = _who_goes(acting, asked, episode.pcn_code, workers)
        planned_for = (asked.planned_for or moment.occurred_at).astimezone(UTC)
        check_planned_for(planned_for, moment.recorded_at)
        if not referral.is_open:
            raise ReferralNotOpen(f"This referral is {referral.status}.")
        check_lives(died, episode.person_id)
        visit = Visit(
            id=new_id(),
            episode_id=episode.id,
            referral_id=referral.id,
            practice_code=referral.practice_code,
            worker_id=worker_id,
            planned_for=planned_for,
            expected_minutes=asked.expected_minutes,
            begin_by=begin_by(planned_for, moment.recorded_at),
        )
        event_id, version = new_id(), episode.next_version()
        event = visit_planned(visit, episode, event_id=event_id, version=version, moment=moment)
        casework.tell(episode, event, subject=f"visit/{visit.id}")
        planned.append(_row(visit, episode, asked, moment))
        return _done(201, visit, episode, moment, event_id)

    (outcome,) = casework.decide([asked], decide)
    for row in planned:
        await write_episodes(connection, list(casework.changed.values()))
        await store.insert_visit(connection, row)
        await _await_beginning(connection, acting, row)
    await casework.tell_all(connection, "visit.plan")
    return outcome


async def check_in(
    connection: Connection, acting: Acting, visit_id: UUID, asked: VisitStep
) -> Outcome:
    """Say that the worker is at the door."""
    return await _step(connection, acting, visit_id, asked, Visit.check_in, "visit.check-in")


async def check_out(
    connection: Connection, acting: Acting, visit_id: UUID, asked: VisitStep
) -> Outcome:
    """Say that the worker has left and is safe."""
    return await _step(connection, acting, visit_id, asked, Visit.check_out, "visit.check-out")


async def cancel_visit(
    connection: Connection, acting: Acting, visit_id: UUID, asked: VisitStep
) -> Outcome:
    """Say that the visit does not take place."""
    return await _step(
        connection, acting, visit_id, asked, lambda visit, _: visit.cancel(), "visit.cancel"
    )


async def extend_visit(
    connection: Connection, acting: Acting, visit_id: UUID, asked: VisitExtension
) -> Outcome:
    """Say that the visit takes longer."""
    return await _step(
        connection,
        acting,
        visit_id,
        asked,
        lambda visit, at: visit.extend(asked.minutes, at),
        "visit.extend",
    )


async def lone_worker_fell_due(connection: Connection, timer: Timer) -> None:
    """Nobody checked out in time: alarm somebody, unless it has turned out otherwise since."""
    locked = await store.lock_visit(connection, timer.about)
    if locked is None:
        return
    episode, visit = locked.episode, locked.visit
    if not visit.is_overdue(timer.due_at):
        return
    await _alarm(connection, visit, episode, await moment_due(connection, timer))


async def visit_begin_fell_due(connection: Connection, timer: Timer) -> None:
    """Nobody checked in at the door: tell it once; alarm somebody where those who go are warned."""
    locked = await store.lock_visit(connection, timer.about)
    if locked is None:
        return
    episode, visit = locked.episode, locked.visit
    if visit.late_told or not visit.is_not_begun(timer.due_at) or not episode.is_open:
        return
    moment = await moment_due(connection, timer)
    flags = await active_risk_flags(connection, episode.person_id)
    alarmed = is_alarming(GROUPS.get(flag.kind, "other") for flag in flags)
    event_id, version = new_id(), episode.next_version()
    await write_episodes(connection, [episode])
    await store.note_late_told(connection, visit.id)
    event = visit_not_begun(
        visit, episode, alarmed=alarmed, event_id=event_id, version=version, moment=moment
    )
    await outbox.record(connection, [event])
    if not alarmed:
        return
    await _alarm(connection, visit, episode, moment)


async def call_off_planned(
    connection: Connection, episode: Episode, moment: Moment
) -> list[NewEvent]:
    """Call off what nobody has begun of a locked episode's visits; give what is to be told.

    The caller stores the episode afterwards. A worker who is inside is left to come out.
    """
    events: list[NewEvent] = []
    for visit in await store.load_planned(connection, episode.id):
        change = visit.cancel()
        await store.update_visit(connection, visit)
        await timers.clear(connection, kind=BEGIN_TIMER, about=visit.id)
        events.append(
            visit_status_changed(
                visit,
                episode,
                change,
                event_id=new_id(),
                version=episode.next_version(),
                moment=moment,
            )
        )
    return events


async def _alarm(connection: Connection, visit: Visit, episode: Episode, moment: Moment) -> None:
    """Raise an alarm for a worker who went, or did not get there."""
    alarm, _ = await raise_alarm(
        connection,
        None,
        kind="lone-worker-overdue",
        pcn_code=episode.pcn_code,
        practice_code=visit.practice_code,
        referral_id=visit.referral_id,
        episode_id=episode.id,
        person_id=episode.person_id,
        moment=moment,
        visit_id=visit.id,
        worker_id=visit.worker_id,
    )
    await store.note_alarm(connection, visit.id, alarm.id)


async def _step(
    connection: Connection,
    acting: Acting,
    visit_id: UUID,
    asked: Timed,
    move: Callable[[Visit, datetime], VisitChange],
    action: str,
) -> Outcome:
    locked = await store.lock_visit(connection, visit_id)
    casework = Casework(acting, {locked.episode.id: locked.episode} if locked else {}, {})
    moved: list[Visit] = []

    def decide(asked: Timed) -> Done:
        acting.check_form(recorded_at=asked.recorded_at)
        if locked is None:
            raise NothingFound
        visit, episode = locked.visit, casework.admitted(locked.episode.id)
        moment = casework.moment(asked, episode)
        # Where our clock runs ahead of the one that fires the alarm, it must not be later for it.
        change = move(visit, min(moment.occurred_at, locked.present))
        event_id, version = new_id(), episode.next_version()
        event = visit_status_changed(
            visit, episode, change, event_id=event_id, version=version, moment=moment
        )
        casework.tell(episode, event, subject=f"visit/{visit.id}")
        moved.append(visit)
        return _done(200, visit, episode, moment, event_id)

    (outcome,) = casework.decide([asked], decide)
    for visit in moved:
        await write_episodes(connection, list(casework.changed.values()))
        await store.update_visit(connection, visit)
        await _set_clock(connection, acting, visit, casework.episodes[visit.episode_id].pcn_code)
    await casework.tell_all(connection, action)
    return outcome


async def _await_beginning(connection: Connection, acting: Acting, row: dict[str, Any]) -> None:
    """Look again when it should have begun."""
    await timers.set(
        connection,
        kind=BEGIN_TIMER,
        about=row["id"],
        pcn_code=row["pcn_code"],
        due_at=row["begin_by"],
        # What tells of the past tells in a moment that the worker went.
        not_before=None if acting.origin == "live" else acting.now + LATE_AFTER_IMPORT,
    )


async def _set_clock(connection: Connection, acting: Acting, visit: Visit, pcn_code: str) -> None:
    if visit.status != "planned":
        await timers.clear(connection, kind=BEGIN_TIMER, about=visit.id)
    due_at = visit.due_back_at
    if due_at is None:
        await timers.clear(connection, kind=TIMER, about=visit.id)
        return
    if acting.origin != "live":
        # What tells of the past tells in a moment that the worker left.
        due_at = max(due_at, acting.now + LATE_AFTER_IMPORT)
    await timers.set(connection, kind=TIMER, about=visit.id, pcn_code=pcn_code, due_at=due_at)


async def _workers(connection: Connection, casework: Casework) -> frozenset[UUID]:
    """Give who works with people where this episode is."""
    found: set[UUID] = set()
    for pcn_code in {one.pcn_code for one in casework.episodes.values()}:
        found.update(await list_workers(connection, pcn_code, WORKER_ROLES))
    return frozenset(found)


def _who_goes(acting: Acting, asked: NewVisit, pcn_code: str, workers: frozenset[UUID]) -> UUID:
    """Give the worker who goes: the caller, unless a manager names somebody."""
    own = acting.worker_id_in(pcn_code)
    if asked.worker_id is not None and asked.worker_id != own:
        if not acting.manages(pcn_code):
            raise broken("/worker_id", "must be you, unless you manage the network")
        if asked.worker_id not in workers:
            raise WorkerNotHere("Nobody of this id works with people here.", "/worker_id")
        return asked.worker_id
    if own is None:
        raise broken("/worker_id", "must say who goes")
    return own


def _row(visit: Visit, episode: Episode, asked: NewVisit, moment: Moment) -> dict[str, Any]:
    return {
        **_told(visit, episode),
        "note": asked.note,
        "origin": moment.origin,
        "recorded_at": moment.recorded_at,
    }


def _told(visit: Visit, episode: Episode) -> dict[str, Any]:
    return {
        "id": visit.id,
        "pcn_code": episode.pcn_code,
        "practice_code": visit.practice_code,
        "referral_id": visit.referral_id,
        "episode_id": episode.id,
        "worker_id": visit.worker_id,
        "planned_for": visit.planned_for,
        "expected_minutes": visit.expected_minutes,
        "status": visit.status,
        "checked_in_at": visit.checked_in_at,
        "due_back_at": visit.due_back_at,
        "checked_out_at": visit.checked_out_at,
        "begin_by": visit.begin_by,
        "version": visit.version,
    }


def _done(status: int, visit: Visit, episode: Episode, moment: Moment, event_id: UUID) -> Done:
    body = {
        **_told(visit, episode),
        "person_id": episode.person_id,
        "occurred_at": moment.occurred_at,
        "recorded_at": moment.recorded_at,
        "event_id": event_id,
    }
    return Done(status, body, visit.version)
