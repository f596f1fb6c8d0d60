"""A network's own days: its target for first contacts, its closures, and what moves with them.

Promise    When a closure is set or lifted, every deadline of those who wait moves with it, in
           batches that go on after any restart. A new target holds for episodes that open from
           then on: nobody's deadline is moved to make it look kept.
Price      For as long as processes remember the rules of before, what they counted is recounted.
"""

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any, Final

from chassis import clock, outbox
from chassis.access.audit import Opened, record_access
from chassis.database import Connection
from chassis.ids import new_id
from chassis.outbox import NewEvent
from chassis.refusals import NothingFound
from chassis.web.etags import check_version
from services.referral.acting import Acting, Done, Outcome, refusal_of
from services.referral.commands.waiting import FirstContactTarget, NewClosure
from services.referral.domain.calendar import ENGLAND_VERSION
from services.referral.domain.refusals import Refused
from services.referral.domain.timers import Timer
from services.referral.domain.waiting import WEIGHTS, WaitingRules
from services.referral.published import Moment
from services.referral.published import waiting as published
from services.referral.store import rules as store
from services.referral.store import timers
from services.referral.store import waiting as waits

RECOUNT_BATCH_MAX: Final = 200
SETTLING: Final = timedelta(seconds=2 * store.REMEMBERED_SECONDS_MAX + 20)
"""Until then somebody may still count by what was remembered when a request began."""


async def set_target(
    connection: Connection,
    acting: Acting,
    pcn_code: str,
    expected_version: int,
    asked: FirstContactTarget,
) -> Outcome:
    """Say within how many working days the network means to speak with somebody first."""
    rules = await _hold(connection, acting, pcn_code, expected_version)
    rules.set_target(asked.first_contact_working_days)
    event_id, moment = new_id(), Moment(acting.now, acting.now)
    event = published.target_set(rules, event_id=event_id, moment=moment)
    await _store(connection, acting, rules, event)
    return Done(200, {**_shown(rules), "event_id": event_id}, rules.version)


async def set_closure(
    connection: Connection,
    acting: Acting,
    pcn_code: str,
    day: date,
    expected_version: int,
    asked: NewClosure,
) -> Outcome:
    """Say that the network does not work on a day."""

    def tell(rules: WaitingRules, moment: Moment) -> NewEvent:
        return published.closure_set(rules, day, asked.reason, event_id=new_id(), moment=moment)

    rules = await _hold(connection, acting, pcn_code, expected_version)
    try:
        is_new = rules.close_on(day)
    except Refused as refused:
        return refusal_of(refused)
    if is_new:
        await store.set_closure(connection, pcn_code, day, asked.reason, acting.now)
    return await _recounted(connection, acting, rules, day, tell if is_new else None)


async def lift_closure(
    connection: Connection, acting: Acting, pcn_code: str, day: date, expected_version: int
) -> Outcome:
    """Say that the network works on a day after all."""

    def tell(rules: WaitingRules, moment: Moment) -> NewEvent:
        return published.closure_lifted(rules, day, event_id=new_id(), moment=moment)

    rules = await _hold(connection, acting, pcn_code, expected_version)
    if not rules.open_on(day):
        raise NothingFound
    await store.lift_closure(connection, pcn_code, day)
    # A nudge may be due a day earlier now; one that is due later finds out when it fires.
    await timers.look_again(connection, kind="no-answer", pcn_code=pcn_code, now=acting.now)
    return await _recounted(connection, acting, rules, day, tell)


async def view_rules(connection: Connection, acting: Acting, pcn_code: str) -> dict[str, Any]:
    """Give by which rules people wait in a network."""
    if pcn_code not in acting.caller.pcns:
        raise NothingFound
    return _shown((await store.load_rules(connection, [pcn_code]))[pcn_code])


async def recount_what_is_outdated(connection: Connection) -> int:
    """Have deadlines recounted that another version of bank holidays or weights counted.

    Asked when the role schedules starts, which is when there can be another version. Gives how
    many networks that concerns; one that never said anything of its waiting is among them.
    """
    now = clock.now()
    outdated = await waits.list_outdated_networks(connection, ENGLAND_VERSION)
    for pcn_code in outdated:
        rules = await store.hold_rules(connection, pcn_code, now)
        if rules.id is not None:
            await timers.set(
                connection, kind="calendar", about=rules.id, pcn_code=pcn_code, due_at=now
            )
    return len(outdated)


async def calendar_fell_due(connection: Connection, timer: Timer) -> None:
    """Recount a batch of deadlines by the calendar that now holds."""
    rules = await store.find_rules(connection, timer.about)
    if rules is None:
        return
    outdated = await waits.list_outdated(
        connection, rules.pcn_code, rules.calendar.version, limit=RECOUNT_BATCH_MAX
    )
    await waits.lock_episodes(connection, outdated)
    held = await waits.load_waits(connection, outdated)
    now = clock.now()
    for wait in held.values():
        wait.count(rules.calendar, now)
    if held:
        await waits.write_waits(connection, list(held.values()))
    settled_at = rules.changed_at + SETTLING if rules.changed_at else now
    if len(outdated) == RECOUNT_BATCH_MAX or now < settled_at:
        again = now if len(outdated) == RECOUNT_BATCH_MAX else settled_at
        await timers.set(
            connection, kind=timer.kind, about=timer.about, pcn_code=rules.pcn_code, due_at=again
        )


async def _hold(
    connection: Connection, acting: Acting, pcn_code: str, expected_version: int
) -> WaitingRules:
    if pcn_code not in acting.caller.pcns:
        raise NothingFound
    rules = await store.hold_rules(connection, pcn_code, acting.now)
    check_version(expected_version, rules.version)
    return rules


async def _recounted(
    connection: Connection,
    acting: Acting,
    rules: WaitingRules,
    day: date,
    tell: Callable[[WaitingRules, Moment], NewEvent] | None,
) -> Done:
    event = None
    if tell is not None and rules.id is not None:
        event = tell(rules, Moment(acting.now, acting.now))
        await _store(connection, acting, rules, event)
        await timers.set(
            connection,
            kind="calendar",
            about=rules.id,
            pcn_code=rules.pcn_code,
            due_at=acting.now,
        )
    body = {
        "id": rules.pcn_code,
        "pcn_code": rules.pcn_code,
        "day": day,
        "closed": day in rules.calendar.closures,
        "calendar_version": rules.calendar.version,
        "version": rules.version,
        "event_id": event.event_id if event else None,
    }
    return Done(200, body, rules.version)


async def _store(
    connection: Connection, acting: Acting, rules: WaitingRules, event: NewEvent
) -> None:
    await store.write_rules(connection, rules, acting.now)
    await outbox.record(connection, [event])
    opened = [Opened(subject=f"waiting-rules/{rules.pcn_code}", pcn_code=rules.pcn_code)]
    await record_access(connection, acting.caller, "waiting-rules.change", opened)


def _shown(rules: WaitingRules) -> dict[str, Any]:
    return {
        "id": rules.pcn_code,
        "pcn_code": rules.pcn_code,
        "first_contact_working_days": rules.target_days,
        "calendar_version": rules.calendar.version,
        "bank_holidays_version": ENGLAND_VERSION,
        "weights_version": WEIGHTS.version,
        "weights": {
            "urgency": dict(WEIGHTS.urgency),
            "each_further_need": WEIGHTS.further_need,
            "further_needs_counted": WEIGHTS.further_needs_max,
            "deprivation_decile": {
                str(decile): points for decile, points in WEIGHTS.deprivation.items()
            },
            "deprivation_unknown": WEIGHTS.deprivation_unknown,
            "day_waited": 1,
            "overdue": WEIGHTS.overdue,
        },
        "version": rules.version,
    }
