"""Supervision and training: what a worker had, as they or their manager say, and what falls due.

Promise    What a role is entitled to is told as due once when its day is over, and not for a role
           nobody holds any more.
Not here   How often what is owed: ``domain.supervision`` and the network's catalogue.
"""

from typing import Any, Final
from uuid import UUID

from chassis import clock, outbox
from chassis.access.audit import Opened, record_access
from chassis.access.workers import worker_id_of
from chassis.database import Connection
from chassis.ids import new_id
from chassis.refusals import NothingFound
from services.referral.acting import Acting, Done, Outcome, broken, refusal_of
from services.referral.commands.supervision import HadVoiding, NewSupervision, NewTraining
from services.referral.domain.refusals import Refused
from services.referral.domain.supervision import (
    Entitlement,
    HadNot,
    Kind,
    day_of,
    overdue_from,
    owed_to,
    role_named,
)
from services.referral.domain.timers import Kind as TimerKind
from services.referral.domain.timers import Timer
from services.referral.published import Moment
from services.referral.published import supervision as published
from services.referral.store import supervision as store
from services.referral.store import timers
from services.referral.use_cases.about_person import moment_of

TIMER: Final[TimerKind] = "supervision"


async def record_supervision(
    connection: Connection, acting: Acting, worker_id: UUID, asked: NewSupervision
) -> Outcome:
    """Write down that a worker had supervision."""
    return await _record(connection, acting, worker_id, "supervision", asked.supervision, asked)


async def record_training(
    connection: Connection, acting: Acting, worker_id: UUID, asked: NewTraining
) -> Outcome:
    """Write down that a worker completed training."""
    return await _record(connection, acting, worker_id, "training", asked.topic, asked)


async def supervision_fell_due(connection: Connection, timer: Timer) -> None:
    """Tell that what a worker is entitled to is overdue, if they still work here."""
    entitlement = await store.lock(connection, timer.about)
    if entitlement is None:
        return
    roles = (await store.workers_of(connection, entitlement.pcn_code)).get(entitlement.worker_id)
    if roles is None or await _every_weeks(connection, entitlement, roles) is None:
        return
    if not entitlement.fall_due(timer.due_at):
        return
    await store.write(connection, entitlement)
    moment = Moment(timer.due_at, max(clock.now(), timer.due_at))
    event = published.fell_due(entitlement, role_named(roles), event_id=new_id(), moment=moment)
    await outbox.record(connection, [event])


async def _record(
    connection: Connection,
    acting: Acting,
    worker_id: UUID,
    kind: Kind,
    what: str,
    asked: NewSupervision | NewTraining,
) -> Outcome:
    try:
        moment = moment_of(acting, asked)
    except Refused as refused:
        return refusal_of(refused)
    pcn_code, roles = await _network_of(connection, acting, worker_id, asked.pcn_code)
    # How often is not changed meanwhile, so what is entered now goes by what is set now.
    await store.hold_known_rules(connection, pcn_code, acting.now)
    entitlement = await store.hold(connection, pcn_code, worker_id, kind, what)
    known_day = entitlement.next_by
    every_weeks = await _every_weeks(connection, entitlement, roles)
    was_overdue = entitlement.had(day_of(moment.occurred_at), every_weeks)
    event_id = new_id()
    record = {
        "id": new_id(),
        "pcn_code": pcn_code,
        "worker_id": worker_id,
        "entitlement_id": entitlement.id,
        "kind": kind,
        "what": what,
        "minutes": asked.minutes,
        "note": asked.note,
        "recorded_by": acting.worker_id,
        "origin": moment.origin,
        "event_id": event_id,
        "occurred_at": moment.occurred_at,
        "recorded_at": moment.recorded_at,
    }
    await store.write(connection, entitlement, record)
    if entitlement.next_by != known_day:  # else it may have been told already
        await _set_timer(connection, entitlement)
    event = published.had(
        entitlement, role_named(roles), was_overdue=was_overdue, event_id=event_id, moment=moment
    )
    await outbox.record(connection, [event])
    opened = Opened(subject=f"entitlement/{entitlement.id}", pcn_code=pcn_code)
    await record_access(connection, acting.caller, f"{kind}.record", [opened])
    return Done(201, _answer(entitlement, record, was_overdue=was_overdue), entitlement.version)


async def void_record(
    connection: Connection, acting: Acting, worker_id: UUID, record_id: UUID, asked: HadVoiding
) -> Outcome:
    """Write down that a worker did not have something after all; what is due follows what stands."""
    try:
        moment = moment_of(acting, asked)
        held = await store.hold_had(connection, record_id, worker_id)
        if held is None:
            raise NothingFound
        entitlement, had = held
        _, roles = await _network_of(connection, acting, worker_id, entitlement.pcn_code)
        if had.voided_at is not None:
            raise HadNot("It was said already that this was not so.")
    except Refused as refused:
        return refusal_of(refused)
    await store.void_had(
        connection, record_id, at=moment.recorded_at, reason=asked.reason, by=acting.worker_id
    )
    last = await store.last_that_stands(connection, entitlement.id)
    known_day = entitlement.next_by
    every_weeks = await _every_weeks(connection, entitlement, roles)
    entitlement.had_not(day_of(last) if last else None, every_weeks)
    await store.write(connection, entitlement)
    if entitlement.next_by != known_day:
        await _set_timer(connection, entitlement)
    event_id = new_id()
    event = published.voided(
        entitlement, role_named(roles), had.event_id, asked.reason, event_id=event_id, moment=moment
    )
    await outbox.record(connection, [event])
    opened = Opened(subject=f"entitlement/{entitlement.id}", pcn_code=entitlement.pcn_code)
    await record_access(connection, acting.caller, f"{entitlement.kind}.void", [opened])
    body = {
        "id": record_id,
        "pcn_code": entitlement.pcn_code,
        "worker_id": worker_id,
        "kind": entitlement.kind,
        "what": entitlement.what,
        "last_on": entitlement.last_on,
        "next_by": entitlement.next_by,
        "version": entitlement.version,
        "event_id": event_id,
        "occurred_at": moment.occurred_at,
        "recorded_at": moment.recorded_at,
    }
    return Done(201, body, entitlement.version)


async def _network_of(
    connection: Connection, acting: Acting, worker_id: UUID, named: str | None
) -> tuple[str, tuple[str, ...]]:
    """Give the network in which the caller may speak for this worker, and the worker's roles."""
    caller = acting.caller
    is_self = worker_id_of(caller.member_key) == worker_id
    shared: dict[str, tuple[str, ...]] = {}
    managed = [one for one in caller.pcns if acting.manages(one)]
    own = {*caller.pcns, *acting.places.pcns.values()} if is_self else set[str]()
    for pcn_code in sorted({*managed, *own}):
        roles = (await store.workers_of(connection, pcn_code)).get(worker_id)
        if roles is not None and named in {None, pcn_code}:
            shared[pcn_code] = roles
    if not shared:
        raise NothingFound
    if len(shared) > 1:
        raise broken("/pcn_code", "must say in which of your networks it was")
    ((pcn_code, roles),) = shared.items()
    return pcn_code, roles


async def _every_weeks(
    connection: Connection, entitlement: Entitlement, roles: tuple[str, ...]
) -> int | None:
    entitled = await store.entitled_in(connection, entitlement.pcn_code)
    for owed in owed_to(roles, entitled.catalogue, entitled.own):
        if (owed.kind, owed.what) == (entitlement.kind, entitlement.what):
            return owed.every_weeks
    return None


async def _set_timer(connection: Connection, entitlement: Entitlement) -> None:
    if entitlement.next_by is None:
        await timers.clear(connection, kind=TIMER, about=entitlement.id)
    else:
        await timers.set(
            connection,
            kind=TIMER,
            about=entitlement.id,
            pcn_code=entitlement.pcn_code,
            due_at=overdue_from(entitlement.next_by),
        )


def _answer(
    entitlement: Entitlement, record: dict[str, Any], *, was_overdue: bool
) -> dict[str, Any]:
    told = ("id", "pcn_code", "worker_id", "kind", "what", "minutes", "event_id")
    return {
        **{name: record[name] for name in told},
        "last_on": entitlement.last_on,
        "next_by": entitlement.next_by,
        "was_overdue": was_overdue,
        "version": entitlement.version,
        "occurred_at": record["occurred_at"],
        "recorded_at": record["recorded_at"],
    }
