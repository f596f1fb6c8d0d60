"""Waiting for a first contact: its pauses, and the day on which it is late.

Promise    A first contact that is late is told once for each deadline it had, as of the moment the
           day was over; a contact, a pause or a deadline that moved in the meantime is found under
           the episode's lock, and nothing is told.
Not here   How a wait begins: ``intake_waits``. How it ends: the rows themselves, in migration 0012.
"""

from typing import Any
from uuid import UUID

from chassis import clock, outbox
from chassis.database import Connection
from chassis.ids import new_id
from chassis.refusals import NothingFound
from services.referral.acting import Acting, Done, Outcome, refusal_of
from services.referral.commands.waiting import NewPause, PauseEnd
from services.referral.domain.episodes import Episode
from services.referral.domain.refusals import Refused
from services.referral.domain.timers import Timer
from services.referral.domain.waiting import PAUSE_WORDS, NotWaiting, Pause, Wait
from services.referral.published import Moment
from services.referral.published import waiting as published
from services.referral.store import waiting as store
from services.referral.store.episodes import write_episodes
from services.referral.store.onward import is_deceased
from services.referral.store.rules import load_rules
from services.referral.use_cases.casework import Casework, open_referrals


async def pause_wait(
    connection: Connection, acting: Acting, referral_id: UUID, asked: NewPause
) -> Outcome:
    """Stop the service's clock, with a reason that the person may see."""
    acting.check_form(recorded_at=asked.recorded_at)
    casework, wait, episode = await _open(connection, acting, referral_id)
    try:
        moment = casework.moment(asked, episode)
        pause = Pause(new_id(), asked.reason, moment.occurred_at)
        wait.pause(pause)
    except Refused as refused:
        return refusal_of(refused)
    event_id, version = new_id(), episode.next_version()
    casework.tell(
        episode,
        published.wait_paused(
            wait, pause, episode, event_id=event_id, version=version, moment=moment
        ),
        subject=f"referral/{referral_id}",
    )
    await store.begin_pause(
        connection, wait, pause, referral_id=referral_id, recorded_at=moment.recorded_at
    )
    await _store(connection, casework, wait, "wait.pause")
    return Done(201, _answer(wait, pause, episode, referral_id, moment, event_id), 1)


async def resume_wait(
    connection: Connection, acting: Acting, referral_id: UUID, pause_id: UUID, asked: PauseEnd
) -> Outcome:
    """Let the service's clock go on; the deadline moves by the working days paused."""
    acting.check_form(recorded_at=asked.recorded_at)
    casework, wait, episode = await _open(connection, acting, referral_id)
    if all(pause.id != pause_id for pause in wait.pauses):
        raise NothingFound
    rules = (await load_rules(connection, [episode.pcn_code]))[episode.pcn_code]
    try:
        moment = casework.moment(asked, episode)
        pause = wait.resume_from(pause_id, moment.occurred_at, rules.calendar)
    except Refused as refused:
        return refusal_of(refused)
    event_id, version = new_id(), episode.next_version()
    casework.tell(
        episode,
        published.wait_resumed(
            wait, pause, episode, event_id=event_id, version=version, moment=moment
        ),
        subject=f"referral/{referral_id}",
    )
    await store.end_pause(connection, pause)
    await _store(connection, casework, wait, "wait.resume")
    return Done(200, _answer(wait, pause, episode, referral_id, moment, event_id), 2)


async def first_contact_fell_due(connection: Connection, timer: Timer) -> None:
    """Tell that a first contact is late, if it is."""
    episode = (await store.lock_episodes(connection, [timer.about])).get(timer.about)
    wait = (await store.load_waits(connection, [timer.about])).get(timer.about)
    if episode is None or wait is None or wait.overdue or not wait.is_overdue_at(timer.due_at):
        return
    if await is_deceased(connection, episode.person_id):
        return
    wait.overdue = True
    moment = Moment(timer.due_at, max(clock.now(), timer.due_at))
    event = published.first_contact_overdue(
        wait, episode, event_id=new_id(), version=episode.next_version(), moment=moment
    )
    await store.write_waits(connection, [wait])
    await write_episodes(connection, [episode])
    await outbox.record(connection, [event])


async def _open(
    connection: Connection, acting: Acting, referral_id: UUID
) -> tuple[Casework, Wait, Episode]:
    casework = await open_referrals(connection, acting, [referral_id])
    try:
        _, episode = casework.referral(referral_id)
    except Refused as refused:
        raise refusal_of(refused) from None
    wait = (await store.load_waits(connection, [episode.id])).get(episode.id)
    if wait is None:
        raise refusal_of(NotWaiting("Nobody waits here."))
    return casework, wait, episode


async def _store(connection: Connection, casework: Casework, wait: Wait, action: str) -> None:
    await store.write_waits(connection, [wait])
    await write_episodes(connection, list(casework.changed.values()))
    await casework.tell_all(connection, action)


def _answer(
    wait: Wait, pause: Pause, episode: Episode, referral_id: UUID, moment: Moment, event_id: UUID
) -> dict[str, Any]:
    ended = pause.ended_at is not None
    return {
        "id": pause.id,
        "referral_id": referral_id,
        "episode_id": episode.id,
        "person_id": episode.person_id,
        "pcn_code": wait.pcn_code,
        "practice_code": wait.practice_code,
        "reason": pause.reason,
        "words": PAUSE_WORDS[pause.reason],
        "started_at": pause.started_at,
        "ended_at": pause.ended_at,
        "due_on": wait.due_on if ended else None,
        "calendar_version": wait.calendar_version,
        "version": 2 if ended else 1,
        "occurred_at": moment.occurred_at,
        "recorded_at": moment.recorded_at,
        "event_id": event_id,
    }
