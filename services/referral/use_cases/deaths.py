"""That a person died, or that it was somebody else.

Promise    With a death, in one transaction: what others were asked to do is withdrawn, visits that
           nobody has begun are called off, and everything that falls due about the person is
           forgotten. Who writes to them learns of it by the event and from the card.
Price      Taking a death back brings no onward referral and no visit back: whoever works with the
           person does. What is to be looked at again, and a first contact, are due as before. A
           consent still ends on its day, for its holders have to know.
"""

from dataclasses import replace
from datetime import date
from typing import Any
from uuid import UUID

from chassis import outbox
from chassis.access.audit import Opened, record_access
from chassis.database import Connection
from chassis.ids import new_id
from chassis.refusals import NothingFound
from services.referral.acting import Acting, Done, Outcome, broken, refusal_of
from services.referral.commands.people_record import DeathWithdrawing, NewDeath
from services.referral.domain.people import Person
from services.referral.domain.refusals import Refused
from services.referral.domain.risk import overdue_from
from services.referral.published import Moment
from services.referral.published import matching as published
from services.referral.store import matching, timers
from services.referral.store.episodes import lock_open_episodes, write_episodes
from services.referral.store.risk import active_risk_flags
from services.referral.use_cases.falling_due import falls_due_again
from services.referral.use_cases.identity import lock_known_people
from services.referral.use_cases.matching import moment_of
from services.referral.use_cases.silence import withdraw_open
from services.referral.use_cases.visits import call_off_planned


async def record_death(
    connection: Connection, acting: Acting, person_id: UUID, asked: NewDeath
) -> Outcome:
    """Record that a person died; nothing falls due about them any more."""
    try:
        moment = moment_of(acting, asked)
        if asked.died_on is not None and asked.died_on > moment.recorded_at.date():
            raise broken("/died_on", "must not lie in the future")
        person = await _lock(connection, person_id)
        person.die()
    except Refused as refused:
        return refusal_of(refused)
    event_id = new_id()
    merged = await matching.merged_into(connection, person.id)
    await matching.write_death(connection, person, died_on=asked.died_on)
    await _audit(connection, acting, "person.death", person)
    told = published.person_died(person, merged, event_id=event_id, moment=moment)
    await outbox.record(connection, [told])
    await _settle(connection, person.id, event_id, moment)
    return Done(201, _answer(person, asked.died_on, moment, event_id), person.version)


async def withdraw_death(
    connection: Connection, acting: Acting, person_id: UUID, asked: DeathWithdrawing
) -> Outcome:
    """Record that it was somebody else who died."""
    try:
        moment = moment_of(acting, asked)
        person = await _lock(connection, person_id)
        person.live()
    except Refused as refused:
        return refusal_of(refused)
    event_id = new_id()
    await matching.write_death(connection, person, died_on=None)
    await _look_again(connection, person)
    await _audit(connection, acting, "person.death-withdrawn", person)
    told = published.person_death_withdrawn(person, event_id=event_id, moment=moment)
    await outbox.record(connection, [told])
    return Done(200, _answer(person, None, moment, event_id), person.version)


async def _settle(connection: Connection, person_id: UUID, event_id: UUID, moment: Moment) -> None:
    """End what others were asked to do, call off what was planned, and forget what falls due."""
    # Whoever works on open support holds its lock: what they began is seen only after the wait.
    await lock_open_episodes(connection, [person_id])
    ids = await matching.list_episodes_to_settle(connection, person_id)
    for episode in (await matching.lock_episodes(connection, ids)).values():
        await withdraw_open(connection, episode, "died", moment)
        called_off = await call_off_planned(connection, episode, moment)
        await write_episodes(connection, [episode])
        caused = [replace(event, causation_id=str(event_id)) for event in called_off]
        await outbox.record(connection, caused)
    await matching.clear_timers_of_person(connection, person_id)


async def _look_again(connection: Connection, person: Person) -> None:
    """Somebody else died: what is to be looked at again of who lives falls due as before."""
    episodes = await lock_open_episodes(connection, [person.id])
    await falls_due_again(connection, list(episodes.values()))
    for flag in await active_risk_flags(connection, person.id):
        await timers.set(
            connection,
            kind="risk-review",
            about=flag.id,
            pcn_code=flag.pcn_code,
            due_at=overdue_from(flag.review_by),
        )


async def _lock(connection: Connection, person_id: UUID) -> Person:
    known = await lock_known_people(connection, ids=[person_id])
    person = known.by_id(person_id)
    if person is None:
        raise NothingFound
    return person


async def _audit(connection: Connection, acting: Acting, action: str, person: Person) -> None:
    opened = Opened(subject=f"person/{person.id}", pcn_code=person.pcn_code, person_id=person.id)
    await record_access(connection, acting.caller, action, [opened], reason=acting.reason)


def _answer(person: Person, died_on: date | None, moment: Moment, event_id: UUID) -> dict[str, Any]:
    return {
        "id": person.id,
        "pcn_code": person.pcn_code,
        "practice_code": person.details.practice_code,
        "deceased": person.deceased,
        "died_on": died_on,
        "version": person.version,
        "event_id": event_id,
        "occurred_at": moment.occurred_at,
        "recorded_at": moment.recorded_at,
    }
