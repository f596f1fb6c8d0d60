"""Alarms about somebody's safety: raised at once, escalating by themselves, answered by name.

Promise    An alarm commits with what it is about, with its clock and its event. Until somebody
           closes it, its timer never ends without setting the next: a missed deadline, a restart
           or a slow scheduler delays an escalation and never loses it. Whoever left the network
           is nobody's turn.
Price      Who may act is read when it matters: an alarm has no list of its own.
Not here   What an alarm is: ``domain.safety``. Telling the one whose turn it is: notifications.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from chassis import clock, outbox
from chassis.access.audit import Opened, record_access
from chassis.database import Connection
from chassis.ids import new_id
from chassis.refusals import NothingFound, NotPermitted
from contracts import codes
from services.referral.acting import Acting, Done, Outcome, refusal_of
from services.referral.commands import happened_at
from services.referral.commands.safety import AlarmAnswer, AlarmEnd, NewAlarm
from services.referral.domain.episodes import CLOCK_LEEWAY_SECONDS, check_happened
from services.referral.domain.refusals import OccurredTooEarly, Refused
from services.referral.domain.safety import Alarm
from services.referral.domain.timers import Kind, Timer
from services.referral.published import Moment
from services.referral.published import safety as published
from services.referral.store import safety as store
from services.referral.store import timers
from services.referral.use_cases.timers import moment_due

TIMER: Final[Kind] = "alarm-escalation"
_NOT_YOURS: Final = "Alarms are for the safeguarding leads and managers of a network."


async def raise_alarm(
    connection: Connection,
    acting: Acting | None,
    *,
    kind: codes.AlarmKind,
    pcn_code: str,
    episode_id: UUID | None = None,
    person_id: UUID | None = None,
    referral_id: UUID | None = None,
    practice_code: str | None = None,
    dangers: Sequence[codes.Danger] = (),
    moment: Moment | None = None,
    contact_id: UUID | None = None,
    visit_id: UUID | None = None,
    worker_id: UUID | None = None,
) -> tuple[Alarm, UUID]:
    """Raise an alarm in the caller's transaction; the alarm and the id of its event.

    ``acting`` is None where time is the door. The clock of an alarm starts when it becomes known;
    what an import tells of the past has none.
    """
    known_at = moment.recorded_at if moment else clock.now()
    moment = moment or Moment(known_at, known_at)
    ladder = await store.load_ladder(connection, pcn_code)
    alarm = Alarm(
        id=new_id(),
        pcn_code=pcn_code,
        kind=kind,
        dangers=tuple(dangers),
        practice_code=practice_code,
        referral_id=referral_id,
        episode_id=episode_id,
        person_id=person_id,
        visit_id=visit_id,
        worker_id=worker_id,
        raised_at=known_at,
    )
    alarm.sound(ladder, known_at, chases=moment.origin != "import")
    await store.insert_alarm(
        connection, alarm, recorded_at=known_at, origin=moment.origin, contact_id=contact_id
    )
    await _set_clock(connection, alarm)
    event_id = new_id()
    await outbox.record(
        connection, [published.alarm_raised(alarm, event_id=event_id, moment=moment)]
    )
    if acting is not None:
        await _audit(connection, acting, "alarm.raise", [alarm])
    return alarm, event_id


@dataclass(frozen=True, slots=True, kw_only=True)
class Named:
    """Dangers that something recorded on a referral named, and whose they are."""

    dangers: Sequence[codes.Danger]
    pcn_code: str
    practice_code: str
    referral_id: UUID
    episode_id: UUID
    person_id: UUID
    moment: Moment
    contact_id: UUID | None = None
    """The contact that named them, if one did."""


async def raise_named(connection: Connection, acting: Acting, named: Sequence[Named]) -> None:
    """Raise an alarm for each of a list that named dangers."""
    for one in named:
        await raise_alarm(
            connection,
            acting,
            kind="danger-named",
            pcn_code=one.pcn_code,
            practice_code=one.practice_code,
            referral_id=one.referral_id,
            episode_id=one.episode_id,
            person_id=one.person_id,
            dangers=one.dangers,
            moment=one.moment,
            contact_id=one.contact_id,
        )


async def alarm_escalation_fell_due(connection: Connection, timer: Timer) -> None:
    """Nobody answered in time, or nobody closed it: tell the next, and set the clock again."""
    alarm = await store.lock_alarm(connection, timer.about)
    if alarm is None:
        return
    ladder = await store.load_ladder(connection, alarm.pcn_code)
    moment = await moment_due(connection, timer)
    due_by = max(moment.recorded_at, timer.due_at)
    if not alarm.escalate(ladder, due_by, counted_from=moment.recorded_at):
        if alarm.escalates_at is not None:
            await _set_clock(connection, alarm)
        return
    await store.write_alarm(connection, alarm)
    await _set_clock(connection, alarm)
    await outbox.record(
        connection, [published.alarm_escalated(alarm, event_id=new_id(), moment=moment)]
    )


async def networks_of_referral(connection: Connection, referral_id: UUID) -> list[str]:
    """Give the network of a referral that the transaction sees: where its alarm is heard."""
    row = await store.find_alarmed_referral(connection, referral_id)
    return [] if row is None else [row["pcn_code"]]


async def raise_alarm_of_referral(
    connection: Connection, acting: Acting, referral_id: UUID, asked: NewAlarm
) -> Outcome:
    """Say that somebody who was referred may be in danger."""
    acting.check_form(recorded_at=asked.recorded_at)
    row = await store.find_alarmed_referral(connection, referral_id)
    if row is None or not any(
        acting.caller.may_see(row[code]) for code in ("pcn_code", "practice_code", "referrer_code")
    ):
        raise NothingFound
    try:
        moment = _moment(acting, asked)
    except Refused as refused:
        return refusal_of(refused)
    alarm, event_id = await raise_alarm(
        connection,
        acting,
        kind="danger-named",
        pcn_code=row["pcn_code"],
        practice_code=row["practice_code"],
        referral_id=row["id"],
        episode_id=row["episode_id"],
        person_id=row["person_id"],
        dangers=asked.dangers,
        moment=moment,
    )
    return _done(201, alarm, event_id, moment)


async def acknowledge_alarm(
    connection: Connection, acting: Acting, alarm_id: UUID, asked: AlarmAnswer
) -> Outcome:
    """Answer an alarm by name: the one who answers acts on it, and has time to close it."""
    acting.check_form(recorded_at=asked.recorded_at)
    alarm = await _open_alarm(connection, acting, alarm_id)
    try:
        moment = _moment(acting, asked, alarm.raised_at)
        seconds = alarm.acknowledge(
            _membership(acting, alarm.pcn_code), moment.recorded_at, now=acting.now
        )
    except Refused as refused:
        return refusal_of(refused)
    await store.write_alarm(connection, alarm)
    await _set_clock(connection, alarm)
    event_id = new_id()
    event = published.alarm_acknowledged(
        alarm, seconds_waited=seconds, event_id=event_id, moment=moment
    )
    await outbox.record(connection, [event])
    await _audit(connection, acting, "alarm.acknowledge", [alarm])
    return _done(200, alarm, event_id, moment)


async def close_alarm(
    connection: Connection, acting: Acting, alarm_id: UUID, asked: AlarmEnd
) -> Outcome:
    """Say what came of an alarm that somebody answered."""
    acting.check_form(recorded_at=asked.recorded_at)
    alarm = await _open_alarm(connection, acting, alarm_id)
    try:
        moment = _moment(acting, asked, alarm.raised_at)
        alarm.close(moment.recorded_at)
    except Refused as refused:
        return refusal_of(refused)
    await store.write_alarm(connection, alarm, outcome=asked.outcome, note=asked.note)
    await timers.clear(connection, kind=TIMER, about=alarm.id)
    event_id = new_id()
    event = published.alarm_closed(alarm, outcome=asked.outcome, event_id=event_id, moment=moment)
    await outbox.record(connection, [event])
    await _audit(connection, acting, "alarm.close", [alarm])
    return _done(200, alarm, event_id, moment)


async def list_alarms(
    connection: Connection, acting: Acting, *, closed: bool, after: UUID | None, limit: int
) -> list[dict[str, Any]]:
    """Give the alarms the caller is to act on, oldest first."""
    pcn_codes = await networks_to_act_in(connection, acting)
    if not pcn_codes:
        raise NotPermitted(_NOT_YOURS)
    rows = await store.list_alarms(connection, pcn_codes, closed=closed, after=after, limit=limit)
    mine = {one.membership_id for one in acting.caller.matched}
    await record_access(
        connection,
        acting.caller,
        "alarm.list",
        [
            Opened(
                subject=f"alarm/{row['id']}", pcn_code=row["pcn_code"], person_id=row["person_id"]
            )
            for row in rows
        ],
        reason=acting.reason,
    )
    return [
        {name: value for name, value in row.items() if name != "holder_left"}
        | {"your_turn": _is_turn(row, mine)}
        for row in rows
    ]


async def networks_to_act_in(connection: Connection, acting: Acting) -> list[str]:
    """Give the networks whose alarms the caller may act on: as a manager, or as a named lead."""
    matched = acting.caller.matched
    manages = [one.organisation_code for one in matched if one.role == "pcn-manager"]
    held = [one.membership_id for one in matched if one.membership_id is not None]
    leads = await store.list_ladders_with(connection, held)
    return list(dict.fromkeys([*manages, *leads]))


async def _open_alarm(connection: Connection, acting: Acting, alarm_id: UUID) -> Alarm:
    pcn_codes = await networks_to_act_in(connection, acting)
    if not pcn_codes:
        raise NotPermitted(_NOT_YOURS)
    alarm = await store.lock_alarm(connection, alarm_id)
    if alarm is None or alarm.pcn_code not in pcn_codes:
        raise NothingFound
    return alarm


def _membership(acting: Acting, pcn_code: str) -> UUID | None:
    """By which membership the caller acts in a network."""
    held = [one for one in acting.caller.matched if one.organisation_code == pcn_code]
    return held[0].membership_id if held else None


def _is_turn(row: Any, mine: set[UUID | None]) -> bool:
    anybodys = row["holder"] is None or row["holder_left"]
    return row["status"] == "raised" and (anybodys or row["holder"] in mine)


def _moment(
    acting: Acting, asked: NewAlarm | AlarmAnswer | AlarmEnd, began: datetime | None = None
) -> Moment:
    moment = Moment(*happened_at(asked, acting.now), acting.origin)
    check_happened(moment.occurred_at, moment.recorded_at)
    if began is not None and moment.occurred_at < began - timedelta(seconds=CLOCK_LEEWAY_SECONDS):
        raise OccurredTooEarly("This is before the alarm was raised.", "/occurred_at")
    return moment


async def _set_clock(connection: Connection, alarm: Alarm) -> None:
    if alarm.escalates_at is not None:
        await timers.set(
            connection,
            kind=TIMER,
            about=alarm.id,
            pcn_code=alarm.pcn_code,
            due_at=alarm.escalates_at,
        )


async def _audit(
    connection: Connection, acting: Acting, action: str, alarms: Sequence[Alarm]
) -> None:
    opened = [
        Opened(subject=f"alarm/{one.id}", pcn_code=one.pcn_code, person_id=one.person_id)
        for one in alarms
    ]
    await record_access(connection, acting.caller, action, opened, reason=acting.reason)


def _done(status: int, alarm: Alarm, event_id: UUID, moment: Moment) -> Done:
    body = {
        "id": alarm.id,
        "pcn_code": alarm.pcn_code,
        "kind": alarm.kind,
        "status": alarm.status,
        "level": alarm.level,
        "escalates_at": alarm.escalates_at,
        "version": alarm.version,
        "event_id": event_id,
        "occurred_at": moment.occurred_at,
        "recorded_at": moment.recorded_at,
    }
    return Done(status, body, alarm.version)
