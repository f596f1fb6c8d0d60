"""Handing support over to another network, returning it, and opening it there in the background.

Promise    Closing here, the handover and its timer commit together. Opening there, with what goes
           along, happens once for a handover, whatever is tried again: under the handover's lock,
           and by a reference that the other network's records know it by. What its rules refuse
           is shown to both networks, and told in the stream of the one that gave. A parent's or
           guardian's word goes along, and somebody under 18 whom one network helps is not refused
           in the next for want of it.
Price      The person is matched there by what is known of them, as for any referral, so two
           people with one number are entered as two.
Not here   What goes along (``bringing``), when it is opened (``timers``), a whole practice
           (``practice_moves``).
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any, Final, cast
from uuid import UUID

from chassis import clock, outbox
from chassis.access.caller import Caller
from chassis.database import Connection
from chassis.ids import new_id
from chassis.outbox import NewEvent
from chassis.refusals import Refusal, RegisterBehind
from contracts import codes
from services.referral.acting import Acting, Done, Outcome, Places, broken, refusal_of
from services.referral.commands.handover import HandedOver, HandoverReturn, NewHandover
from services.referral.domain.bringing import DIRECT_CARE, RECORD
from services.referral.domain.consent import ConsentEnded, Recipient, agreed
from services.referral.domain.episodes import Episode
from services.referral.domain.handover import Handover, NotHandedOver
from services.referral.domain.people import Person
from services.referral.domain.refusals import EpisodeNotOpen, PersonHasDied, Refused
from services.referral.domain.timers import Timer
from services.referral.published import Moment
from services.referral.published import handover as published
from services.referral.store import episodes as episode_store
from services.referral.store import handover as store
from services.referral.store import matching, timers
from services.referral.store.consent import messages_said
from services.referral.use_cases.about_person import AboutPerson, lock_who_is_referred
from services.referral.use_cases.alive import check_lives, who_died
from services.referral.use_cases.bringing import Bringing
from services.referral.use_cases.casework import open_referrals
from services.referral.use_cases.consent import Agreement, agree_with_it
from services.referral.use_cases.ending import close_referrals
from services.referral.use_cases.identity import lock_known_people
from services.referral.use_cases.people_record import fields_of
from services.referral.use_cases.referrals import receive_referrals
from services.referral.use_cases.visits import call_off_planned
from services.referral.use_cases.waits_together import look_again_since_when, waits_since

TIMER: Final = "handover"
NEEDS_MAX: Final = 10
# The background step acts in nobody's name: the audit shows this client and this key.
STEP_CLIENT: Final = "handover"
STEP_KEY: Final = "0" * 32
_PRESSING: Final = ("routine", "soon", "urgent")


async def hand_over(
    connection: Connection, acting: Acting, referral_id: UUID, asked: NewHandover
) -> Outcome:
    """Close a referral's episode here, so that it goes on in another network."""
    try:
        record = await lock_who_is_referred(connection, referral_id) if asked.with_record else None
        casework = await open_referrals(connection, acting, [referral_id])
        referral, episode = casework.referral(referral_id)
        acting.check_form(recorded_at=asked.recorded_at)
        moment = casework.moment(asked, episode)
        _check_open(episode)
        check_lives(await who_died(connection, casework), episode.person_id)
        _check_place(acting, asked)
        needs, urgency = await asked_for(connection, episode.id)
        made = Handover(
            id=new_id(),
            pcn_code=episode.pcn_code,
            practice_code=referral.practice_code,
            to_pcn_code=asked.to_pcn_code,
            to_practice_code=asked.practice_code,
            person_id=episode.person_id,
            episode_id=episode.id,
            reason=asked.reason,
            needs=needs,
            urgency=urgency,
            with_record=asked.with_record,
        )
        if record is not None:
            about = AboutPerson(record, moment, new_id())
            await agree_with_it(connection, acting, about, _with_record(made))
    except Refused as refused:
        return refusal_of(refused)
    event_id, told = await close_to_hand_over(connection, episode, made, moment)
    casework.events.extend(told[:-1])
    casework.tell(episode, told[-1], subject=f"referral/{referral_id}")
    await casework.tell_all(connection, "episode.hand-over")
    return Done(201, _answer(made, moment, event_id), made.version)


async def return_handover(
    connection: Connection, acting: Acting, referral_id: UUID, asked: HandoverReturn
) -> Outcome:
    """Hand what came by a handover back to the network it came from."""
    try:
        record = await lock_who_is_referred(connection, referral_id)
        casework = await open_referrals(connection, acting, [referral_id])
        _, episode = casework.referral(referral_id)
        acting.check_form(recorded_at=asked.recorded_at)
        moment = casework.moment(asked, episode)
        _check_open(episode)
        check_lives(await who_died(connection, casework), episode.person_id)
        found = await store.find_handover_of_referral(connection, referral_id)
        if found is None or found[0].to_pcn_code != episode.pcn_code:
            raise NotHandedOver("This referral did not come by a handover.")
        came, returned = found
        needs, urgency = await asked_for(connection, episode.id)
        made = came.give_back(
            new_id(),
            reason="returned",
            needs=needs,
            urgency=urgency,
            returned=returned,
            with_record=asked.with_record,
        )
        # It goes back to the one it came from, from whoever they are here.
        made.person_id = episode.person_id
        if made.with_record:
            about = AboutPerson(record, moment, new_id())
            try:
                await agree_with_it(connection, acting, about, _with_record(made))
            except ConsentEnded:
                # What was agreed to on the way there was taken back since; it goes back without.
                if asked.with_record:
                    raise
                made.with_record = False
    except Refused as refused:
        return refusal_of(refused)
    event_id, told = await close_to_hand_over(connection, episode, made, moment)
    casework.events.extend(told[:-1])
    casework.tell(episode, told[-1], subject=f"referral/{referral_id}")
    await casework.tell_all(connection, "episode.return")
    return Done(201, _answer(made, moment, event_id), made.version)


async def close_to_hand_over(
    connection: Connection, episode: Episode, made: Handover, moment: Moment
) -> tuple[UUID, list[NewEvent]]:
    """Close a locked episode and note where it goes on; give what is to be told."""
    event_id = new_id()
    made.waiting_since = await waits_since(connection, episode.id)
    referrals = await matching.load_open_referrals(connection, episode.id)
    told = await close_referrals(connection, episode, referrals, "moved-away", moment)
    told += await call_off_planned(connection, episode, moment)
    version = episode.next_version()
    await episode_store.write_episodes(connection, [episode])
    await store.write_handover(
        connection,
        made,
        event_id=event_id,
        occurred_at=moment.occurred_at,
        recorded_at=moment.recorded_at,
    )
    await store.clear_timers_of_episode(connection, episode.id)
    await timers.set(
        connection, kind=TIMER, about=made.id, pcn_code=made.pcn_code, due_at=clock.now()
    )
    told.append(
        published.episode_handed_over(
            made, episode, event_id=event_id, version=version, moment=moment
        )
    )
    return event_id, told


async def handover_fell_due(connection: Connection, timer: Timer) -> None:
    """Open, once, what was handed over."""
    found = await store.lock_handover(connection, timer.about)
    if found is None or not found[0].is_pending:
        return
    made, happened_at = found
    now = clock.now()
    person = await _whoever_speaks(connection, made.person_id)
    try:
        person.check_alive()
        outcome = await _receive(connection, made, person, happened_at, now)
    except PersonHasDied as refused:
        outcome = refusal_of(refused)
    if isinstance(outcome, Refusal):
        if made.refuse(outcome.name):
            await store.decide_handover(connection, made, at=now)
            await _tell_refused(connection, made, at=Moment(now, now))
        return
    body = outcome.body
    opened = bool(body["opened_episode"])
    if made.open(body["id"], body["episode_id"], new_episode=opened):
        await store.decide_handover(connection, made, at=now)
        await _tell_continued(connection, made, opened=opened, at=Moment(happened_at, now))


async def _whoever_speaks(connection: Connection, person_id: UUID) -> Person:
    """Give the person as they are named now: a merged record is spoken for by another."""
    known = await lock_known_people(connection, ids=[person_id])
    person = known.by_id(person_id)
    if person is None:
        raise LookupError(person_id)
    number = await matching.number_spoken_for(connection, person.id)
    return replace(person, details=replace(person.details, nhs_number=number))


async def _receive(
    connection: Connection, made: Handover, person: Person, happened_at: datetime, now: datetime
) -> Outcome:
    """Refer the person in the other network, as any referral is received there."""
    acting = _step(made, now)
    consented_at, consented_by = await store.guardian_word(connection, made.episode_id)
    said = (await messages_said(connection, [person.id])).get(person.id)
    may_be_sent = not said or agreed(said, now) is not None
    outcome: Outcome | None = None
    for described in _descriptions(made, person):
        asked = HandedOver(
            practice_code=None if "person_id" in described else made.to_practice_code,
            referrer_code=made.pcn_code,
            route="handover",
            needs=cast("list[codes.Need]", list(made.needs)),
            urgency=cast("codes.Urgency", made.urgency),
            messages_consented=person.consent.messages_consented and may_be_sent,
            safe_channel=cast("codes.SafeChannel", person.consent.safe_channel),
            reference=f"handover-{made.id}",
            occurred_at=happened_at,
            guardian_consented_at=consented_at,
            guardian_consented_by=consented_by,
            returned=made.returns_id is not None,
            **described,
        )
        (outcome,) = await receive_referrals(connection, acting, [asked], made_here=True)
        if isinstance(outcome, Done):
            return outcome
    if outcome is None:
        raise LookupError(made.id)
    return outcome


def _descriptions(made: Handover, person: Person) -> Sequence[dict[str, Any]]:
    """Give how the person is described there, the best first."""
    if made.to_person_id is not None:
        return ({"person_id": made.to_person_id},)
    known = fields_of(person)
    if known.nhs_number is None:
        return ({"person": known},)
    # Where the number is on record there of somebody else, they enter without it.
    return ({"person": known}, {"person": known.model_copy(update={"nhs_number": None})})


def _step(made: Handover, now: datetime) -> Acting:
    """Act in the other network for this one handover.

    The network that gives is the referrer there, so the register's place for it is lent.
    """
    pcns = {made.to_practice_code: made.to_pcn_code, made.pcn_code: made.to_pcn_code}
    caller = Caller(STEP_KEY, STEP_CLIENT, (), (), (made.to_pcn_code,))
    return Acting(caller=caller, now=now, demo=False, places=Places(pcns))


async def _tell_refused(connection: Connection, made: Handover, *, at: Moment) -> None:
    """Tell the network that gave, which alone can go on with it."""
    episode = (await matching.lock_episodes(connection, [made.episode_id]))[made.episode_id]
    version = episode.next_version()
    await episode_store.write_episodes(connection, [episode])
    told = published.handover_refused(made, episode, event_id=new_id(), version=version, moment=at)
    await outbox.record(connection, [told])


async def _tell_continued(
    connection: Connection, made: Handover, *, opened: bool, at: Moment
) -> None:
    episode_id, referral_id = made.opened_episode_id, made.opened_referral_id
    if episode_id is None or referral_id is None:
        return
    episode = (await matching.lock_episodes(connection, [episode_id]))[episode_id]
    version = episode.next_version()
    await episode_store.write_episodes(connection, [episode])
    await look_again_since_when(connection, episode_id)
    told = published.episode_continued(
        made,
        episode,
        referral_id,
        opened=opened,
        event_id=new_id(),
        version=version,
        moment=replace(at, occurred_at=max(at.occurred_at, episode.opened_at)),
    )
    await outbox.record(connection, [told])
    bringing = Bringing(made, episode, referral_id, made.to_practice_code, at, str(told.event_id))
    await bringing.bring_over(connection)


def _with_record(made: Handover) -> Agreement:
    """What the person agreed to who goes with their record: asked again when it goes."""
    return Agreement(Recipient("pcn", made.to_pcn_code), DIRECT_CARE, RECORD)


async def asked_for(connection: Connection, episode_id: UUID) -> tuple[tuple[str, ...], str]:
    """Give what an episode's open referrals ask for together, and how soon."""
    rows = await store.what_open_referrals_ask(connection, episode_id)
    needs = dict.fromkeys(need for named, _ in rows for need in named)
    urgency = max((one for _, one in rows), key=_PRESSING.index, default="routine")
    return tuple(needs)[:NEEDS_MAX], urgency


def _check_open(episode: Episode) -> None:
    if not episode.is_open:
        raise EpisodeNotOpen("This support has ended. A new referral begins a new one.")


def _check_place(acting: Acting, asked: NewHandover) -> None:
    """The practice must be one of the network that goes on."""
    known = acting.places.pcns.get(asked.practice_code)
    if known is None and acting.places.behind:
        raise RegisterBehind
    if known != asked.to_pcn_code:
        raise broken("/practice_code", "must be a practice of that network")


def _answer(made: Handover, moment: Moment, event_id: UUID) -> dict[str, Any]:
    return {
        "id": made.id,
        "pcn_code": made.pcn_code,
        "practice_code": made.practice_code,
        "to_pcn_code": made.to_pcn_code,
        "to_practice_code": made.to_practice_code,
        "episode_id": made.episode_id,
        "reason": made.reason,
        "returns_id": made.returns_id,
        "with_record": made.with_record,
        "status": made.status,
        "version": made.version,
        "event_id": event_id,
        "occurred_at": moment.occurred_at,
        "recorded_at": moment.recorded_at,
    }
