"""Onward referrals: sending a person on to a listing, and every step until it is known what came.

Promise    Each step is decided under the episode's lock, stored, told once and audited together,
           and whoever has the next move then has a timer.
Price      A provider's request locks an episode it may see nothing of.
Not here   What happens when nobody answers: ``use_cases.silence``. Who sees what: ``views.onward``.
"""

from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from chassis import outbox
from chassis.access.audit import Opened, record_access
from chassis.database import Connection
from chassis.ids import new_id
from chassis.refusals import NothingFound, Refusal
from chassis.web.etags import check_version
from contracts import codes
from services.referral.acting import Acting, Done, Outcome, refusal_of
from services.referral.commands import Timed, happened_at
from services.referral.commands.onward import (
    NewOnwardReferral,
    OnwardAnswer,
    OnwardStep,
)
from services.referral.domain.consent import Recipient
from services.referral.domain.episodes import Episode, check_happened
from services.referral.domain.onward import (
    MAY_TELL,
    PURPOSE,
    SHARED,
    Ended,
    Fact,
    OnwardReferral,
    begin,
    check_may_begin,
)
from services.referral.domain.refusals import PersonHasDied, Refused
from services.referral.published import Moment
from services.referral.published.onward import Taken, onward_begun, onward_moved
from services.referral.store import episodes as episode_store
from services.referral.store import onward as store
from services.referral.store.about_person import PersonRecord
from services.referral.store.onward import Loaded
from services.referral.use_cases.about_person import (
    AboutPerson,
    lock_who_is_referred,
    lock_who_speaks,
)
from services.referral.use_cases.casework import open_referrals
from services.referral.use_cases.consent import Agreement, agree_with_it
from services.referral.use_cases.listings import organization_of
from services.referral.use_cases.nudging import set_nudge

_WORD_OF_PROVIDER: Final = "provider"


@dataclass(frozen=True, slots=True)
class Told:
    """One step to store and tell: what, when, in whose name, and with which words."""

    fact: Fact
    moment: Moment
    note: str | None = None


async def begin_onward_referral(
    connection: Connection, acting: Acting, referral_id: UUID, asked: NewOnwardReferral
) -> Outcome:
    """Write an onward referral, and send it at once unless it is a draft."""
    sharing = asked.shares_contact and not asked.draft
    record = await lock_who_is_referred(connection, referral_id) if sharing else None
    casework = await open_referrals(connection, acting, [referral_id])
    try:
        acting.check_form(recorded_at=asked.recorded_at)
        referral, episode = casework.referral(referral_id)
        moment = casework.moment(asked, episode)
        check_may_begin(referral)
        organization_id = await organization_of(connection, asked.listing_id)
        await _check_alive(connection, acting, episode.person_id)
        if record is not None:
            await _agree_to_share(connection, acting, record, organization_id, moment)
    except Refused as refused:
        return refusal_of(refused)
    except Refusal as refusal:
        return refusal
    fact = Fact("drafted" if asked.draft else "sent", moment.occurred_at, told_by="worker")
    onward = OnwardReferral(
        id=new_id(),
        referral_id=referral.id,
        episode_id=episode.id,
        person_id=episode.person_id,
        pcn_code=episode.pcn_code,
        practice_code=referral.practice_code,
        listing_id=asked.listing_id,
        organization_id=organization_id,
        need=asked.need,
        shares_contact=asked.shares_contact,
        standing=begin(fact),
        drafted_at=moment.occurred_at,
        sent_at=None if asked.draft else moment.occurred_at,
    )
    loaded = Loaded(onward, acting.worker_id, None, moment.origin, moment.recorded_at)
    event_id = new_id()
    told = Told(fact, moment, asked.note)
    row = {**_row(loaded), **_identity(loaded), "shared_note": asked.shared_note}
    await store.write_new(connection, row, _step_row(onward, told, event_id))
    await set_nudge(connection, onward)
    event = onward_begun(
        _taken(loaded, episode, fact, stage_before="draft", nudges_before=0, first_word=False),
        version=episode.next_version(),
        event_id=event_id,
        moment=moment,
    )
    await episode_store.write_episodes(connection, [episode])
    await _audit(connection, acting, "onward.create", onward)
    await outbox.record(connection, [event])
    return Done(201, answer_of(onward, told, event_id), onward.version)


async def take_step(
    connection: Connection,
    acting: Acting,
    onward_referral_id: UUID,
    asked: OnwardStep,
    expected_version: int,
) -> Outcome:
    """Enter what happened next, as the network knows it."""
    try:
        whose = await store.find_whose(connection, onward_referral_id)
        if whose is None:
            raise NothingFound
        sends = asked.step == "sent"
        record = await lock_who_speaks(connection, whose.person_id) if sends else None
        episode, loaded = await open_onward_referral(connection, onward_referral_id)
        acting.check_may_open(episode)
        check_version(expected_version, loaded.onward.version)
        acting.check_form(recorded_at=asked.recorded_at)
        if asked.step == "sent":
            known = await episode_store.load_referrals(connection, [loaded.onward.referral_id])
            check_may_begin(known[loaded.onward.referral_id])
            await organization_of(connection, loaded.onward.listing_id)
            await _check_alive(connection, acting, loaded.onward.person_id)
        fact = Fact(
            asked.step,
            (moment := _moment(acting, asked)).occurred_at,
            told_by=asked.told_by or MAY_TELL[asked.step][0],
            reason=asked.reason,
            full_until=asked.full_until,
            passed_to=asked.passed_to,
        )
        told = Told(fact, moment, asked.note)
        loaded.onward.check(fact)
        if record is not None and loaded.onward.shares_contact:
            await _agree_to_share(connection, acting, record, whose.organization_id, moment)
        event_id = await move(connection, episode, loaded, told)
    except Refused as refused:
        return refusal_of(refused)
    except Refusal as refusal:
        return refusal
    await _audit(connection, acting, "onward.step", loaded.onward)
    return Done(201, answer_of(loaded.onward, told, event_id), loaded.onward.version)


async def answer_as_provider(
    connection: Connection, acting: Acting, onward_referral_id: UUID, asked: OnwardAnswer
) -> Outcome:
    """Enter what the provider of the listing says, who sees nothing else of the episode."""
    try:
        episode, loaded = await open_onward_referral(connection, onward_referral_id)
        # Seeing the network's rows is for the lock; the answer is to one's own listing alone.
        if not acting.caller.may_see(str(loaded.onward.organization_id)):
            raise NothingFound
        acting.check_form(recorded_at=asked.recorded_at)
        fact = fact_of_answer(asked, moment := _moment(acting, asked))
        told = Told(fact, moment, asked.note)
        event_id = await move(connection, episode, loaded, told)
    except Refused as refused:
        return refusal_of(refused)
    except Refusal as refusal:
        return refusal
    await _audit(connection, acting, "onward.answer", loaded.onward)
    shown = answer_of(loaded.onward, told, event_id)
    for hidden in ("referral_id", "episode_id", "person_id", "pcn_code", "practice_code"):
        del shown[hidden]
    return Done(201, shown, loaded.onward.version)


async def _check_alive(connection: Connection, acting: Acting, person_id: UUID) -> None:
    """Nobody is sent on after their death; what was kept elsewhere may still be imported."""
    if acting.origin == "live" and await store.is_deceased(connection, person_id):
        raise PersonHasDied("It is on record that this person died.")


async def _agree_to_share(
    connection: Connection,
    acting: Acting,
    record: PersonRecord,
    organization_id: UUID,
    moment: Moment,
) -> None:
    """Write down, with the sending, that the person agreed that the provider knows who they are."""
    provider = Recipient("organization", str(organization_id))
    about = AboutPerson(record, moment, new_id())
    await agree_with_it(connection, acting, about, Agreement(provider, PURPOSE, SHARED))


async def open_onward_referral(
    connection: Connection, onward_referral_id: UUID
) -> tuple[Episode, Loaded]:
    """Lock the episode of an onward referral and read it as it stands."""
    episode = await store.lock_episode(connection, onward_referral_id)
    loaded = await store.load(connection, onward_referral_id) if episode else None
    if episode is None or loaded is None:
        raise NothingFound
    return episode, loaded


async def move(connection: Connection, episode: Episode, loaded: Loaded, told: Told) -> UUID:
    """Take one step: decide, store, set the timer of whoever has the next move, and tell."""
    onward, fact = loaded.onward, told.fact
    before = onward.standing
    nudges_before = 0 if isinstance(before, Ended) else before.nudges
    onward.take(fact)
    is_first_word = loaded.first_word_at is None and fact.told_by == _WORD_OF_PROVIDER
    if is_first_word:
        loaded.first_word_at = fact.occurred_at
    event_id = new_id()
    await store.write_step(connection, onward.id, _row(loaded), _step_row(onward, told, event_id))
    version = episode.next_version()
    await episode_store.write_episodes(connection, [episode])
    await set_nudge(connection, onward)
    taken = _taken(
        loaded,
        episode,
        fact,
        stage_before="ended" if isinstance(before, Ended) else before.stage,
        nudges_before=nudges_before,
        first_word=is_first_word,
    )
    event = onward_moved(taken, version=version, event_id=event_id, moment=told.moment)
    await outbox.record(connection, [event])
    return event_id


def fact_of_answer(asked: OnwardAnswer, moment: Moment) -> Fact:
    """Give the fact a provider's answer is."""
    return Fact(
        asked.answer,
        moment.occurred_at,
        told_by=_WORD_OF_PROVIDER,
        reason=asked.reason,
        full_until=asked.full_until,
    )


def answer_of(onward: OnwardReferral, told: Told, event_id: UUID) -> dict[str, Any]:
    """Give what whoever took a step is told."""
    standing = onward.standing
    ended = isinstance(standing, Ended)
    return {
        "id": onward.id,
        "referral_id": onward.referral_id,
        "episode_id": onward.episode_id,
        "person_id": onward.person_id,
        "pcn_code": onward.pcn_code,
        "practice_code": onward.practice_code,
        "listing_id": onward.listing_id,
        "organization_id": onward.organization_id,
        "need": onward.need,
        "step": told.fact.step,
        "stage": "ended" if ended else standing.stage,
        "holder": None if ended else standing.holder,
        "ending": standing.ending if ended else None,
        "reason": told.fact.reason,
        "full_until": told.fact.full_until,
        "version": onward.version,
        "event_id": event_id,
        "occurred_at": told.moment.occurred_at,
        "recorded_at": told.moment.recorded_at,
    }


def _taken(
    loaded: Loaded,
    episode: Episode,
    fact: Fact,
    *,
    stage_before: codes.OnwardStage,
    nudges_before: int,
    first_word: bool,
) -> Taken:
    return Taken(
        onward=loaded.onward,
        fact=fact,
        stage_before=stage_before,
        nudges_before=nudges_before,
        first_word=first_word,
        worker_id=episode.worker_id or loaded.worker_id,
        episode=episode,
    )


def _moment(acting: Acting, asked: Timed) -> Moment:
    moment = Moment(*happened_at(asked, acting.now), acting.origin)
    check_happened(moment.occurred_at, moment.recorded_at)
    return moment


def _identity(loaded: Loaded) -> dict[str, Any]:
    onward = loaded.onward
    return {
        "id": onward.id,
        "pcn_code": onward.pcn_code,
        "practice_code": onward.practice_code,
        "referral_id": onward.referral_id,
        "episode_id": onward.episode_id,
        "person_id": onward.person_id,
        "listing_id": onward.listing_id,
        "organization_id": onward.organization_id,
        "need": onward.need,
        "shares_contact": onward.shares_contact,
        "worker_id": loaded.worker_id,
        "drafted_at": onward.drafted_at,
        "origin": loaded.origin,
        "recorded_at": loaded.recorded_at,
    }


def _row(loaded: Loaded) -> dict[str, Any]:
    return {
        **store.standing_row(loaded.onward.standing),
        "sent_at": loaded.onward.sent_at,
        "first_word_at": loaded.first_word_at,
        "version": loaded.onward.version,
    }


def _step_row(onward: OnwardReferral, told: Told, event_id: UUID) -> dict[str, Any]:
    fact, moment = told.fact, told.moment
    return {
        "id": new_id(),
        "pcn_code": onward.pcn_code,
        "practice_code": onward.practice_code,
        "onward_referral_id": onward.id,
        "number": onward.version,
        "step": fact.step,
        "told_by": fact.told_by,
        "reason": fact.reason,
        "full_until": fact.full_until,
        "passed_to": fact.passed_to,
        "note": told.note,
        "origin": moment.origin,
        "event_id": event_id,
        "occurred_at": moment.occurred_at,
        "recorded_at": moment.recorded_at,
    }


async def _audit(
    connection: Connection, acting: Acting, action: str, onward: OnwardReferral
) -> None:
    opened = Opened(
        subject=f"onward-referral/{onward.id}",
        pcn_code=onward.pcn_code,
        person_id=onward.person_id,
    )
    await record_access(connection, acting.caller, action, [opened], reason=acting.reason)
