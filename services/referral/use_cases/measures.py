"""Measures: recorded with their scores, linked to their baseline, put right where they were wrong.

Promise    What is stored, shown and told of a measure was reckoned from its answers by the version
           of the instrument it names. A correction keeps what it puts aside.
Not here   How a score is reckoned: ``domain.measures``.
"""

from collections.abc import Mapping
from datetime import UTC
from typing import Any
from uuid import UUID

from chassis import outbox
from chassis.access.audit import Opened, record_access
from chassis.database import Connection
from chassis.ids import new_id
from chassis.refusals import NothingFound, Refusal
from chassis.web.etags import check_version
from services.referral.acting import Acting, Done, Outcome, refusal_of
from services.referral.commands.measures import MeasureCorrection, NewMeasure
from services.referral.domain.episodes import Episode, check_happened
from services.referral.domain.measures import (
    MeasureHeld,
    MeasureVoided,
    baseline_for,
    check_may_record,
    check_place_in_time,
    concerns_named,
    instrument_of,
    score,
)
from services.referral.domain.refusals import NothingCorrected, Refused
from services.referral.published import Moment
from services.referral.published.measures import measure_corrected, measure_recorded
from services.referral.store import episodes as episode_store
from services.referral.store import measures as store
from services.referral.use_cases.casework import open_referrals


async def record_measure(
    connection: Connection, acting: Acting, referral_id: UUID, asked: NewMeasure
) -> Outcome:
    """Score what was answered, link it to its baseline and record it."""
    casework = await open_referrals(connection, acting, [referral_id])
    try:
        acting.check_form(recorded_at=asked.recorded_at)
        referral, episode = casework.referral(referral_id)
        moment = casework.moment(asked, episode)
        instrument = instrument_of(asked.instrument, asked.version)
        known = await store.load_baselines(connection, episode.id)
        check_may_record(referral, instrument, asked.occasion, known)
        baseline = baseline_for(
            instrument, asked.occasion, asked.baseline_id, moment.occurred_at, known
        )
        concerns = concerns_named(instrument, asked.occasion, len(asked.concerns), baseline)
        scored = score(instrument, asked.answers, concerns=concerns)
    except Refused as refused:
        return refusal_of(refused)
    except Refusal as refusal:
        return refusal
    held = MeasureHeld(
        id=new_id(),
        practice_code=referral.practice_code,
        referral_id=referral.id,
        episode_id=episode.id,
        instrument=instrument.code,
        instrument_version=instrument.version,
        occasion=asked.occasion,
        baseline_id=baseline.id if baseline else None,
        answered_by=asked.answered_by,
        answers=asked.answers,
        concerns=[one.model_dump() for one in asked.concerns],
        scores=scored.scores,
        complete=scored.complete,
        note=asked.note,
        occurred_at=moment.occurred_at,
    )
    event_id, version = new_id(), episode.next_version()
    await episode_store.write_episodes(connection, [episode])
    await store.insert(connection, _row(held, episode, acting, moment))
    event = measure_recorded(
        held,
        episode,
        worker_id=acting.worker_id,
        event_id=event_id,
        version=version,
        moment=moment,
    )
    await _tell(connection, acting, episode, event, "measure.create", held)
    return Done(201, _answer(held, episode, moment, event_id), held.version)


async def correct_measure(
    connection: Connection,
    acting: Acting,
    measure_id: UUID,
    expected_version: int,
    asked: MeasureCorrection,
) -> Outcome:
    """Let a measure stand as it really was, or not at all; what it said stays readable."""
    try:
        episode = await store.lock_episode(connection, measure_id)
        held = await store.load(connection, measure_id) if episode else None
        if episode is None or held is None:
            raise NothingFound
        acting.check_may_open(episode)
        check_version(expected_version, held.version)
        acting.check_form(recorded_at=asked.recorded_at)
        # A correction happens when it becomes known; the measure has a time of its own.
        known_at = (asked.recorded_at or acting.now).astimezone(UTC)
        moment = Moment(known_at, known_at, acting.origin)
        before = store.content(held)
        await _put_right(connection, episode, held, asked, moment)
        if not asked.voided and store.content(held) == {**before, "version": held.version}:
            raise NothingCorrected("This is what stands already.")
    except Refused as refused:
        return refusal_of(refused)
    except Refusal as refusal:
        return refusal
    put_aside = {
        "measure_id": held.id,
        "pcn_code": episode.pcn_code,
        **before,
        "reason": asked.reason,
        "voided": held.voided_at is not None,
        "superseded_at": moment.recorded_at,
        "superseded_by": acting.worker_id,
    }
    event_id, version = new_id(), episode.next_version()
    await episode_store.write_episodes(connection, [episode])
    await store.supersede(connection, held, put_aside)
    event = measure_corrected(
        held, episode, reason=asked.reason, event_id=event_id, version=version, moment=moment
    )
    await _tell(connection, acting, episode, event, "measure.correct", held)
    return Done(201, _answer(held, episode, moment, event_id), held.version)


async def _put_right(
    connection: Connection,
    episode: Episode,
    held: MeasureHeld,
    asked: MeasureCorrection,
    moment: Moment,
) -> None:
    if held.voided_at is not None:
        raise MeasureVoided("Nothing of this measure stands. Record another.")
    held.version += 1
    if asked.voided:
        held.voided_at = moment.recorded_at
        return
    known = await store.load_baselines(connection, held.episode_id)
    if asked.occurred_at is not None:
        held.occurred_at = asked.occurred_at.astimezone(UTC)
        check_happened(held.occurred_at, moment.recorded_at)
        episode.check_began_before(held.occurred_at)
    instrument = instrument_of(held.instrument, held.instrument_version)
    if asked.baseline_id is not None:
        named = baseline_for(instrument, held.occasion, asked.baseline_id, held.occurred_at, known)
        held.baseline_id = named.id if named else None
    followed = next((one for one in known if one.id == held.baseline_id), None)
    if asked.occurred_at is not None:
        check_place_in_time(held, followed, known)
    if asked.answers is not None or asked.baseline_id is not None:
        held.answers = held.answers if asked.answers is None else asked.answers
        of = held.baseline_id or held.id
        concerns = next((one.concerns for one in known if one.id == of), 0)
        scored = score(instrument, held.answers, concerns=concerns)
        held.scores, held.complete = scored.scores, scored.complete
    if asked.answered_by is not None:
        held.answered_by = asked.answered_by
    if "note" in asked.model_fields_set:
        held.note = asked.note


async def _tell(
    connection: Connection,
    acting: Acting,
    episode: Episode,
    event: outbox.NewEvent,
    action: str,
    held: MeasureHeld,
) -> None:
    opened = Opened(
        subject=f"measure/{held.id}", pcn_code=episode.pcn_code, person_id=episode.person_id
    )
    await record_access(connection, acting.caller, action, [opened], reason=acting.reason)
    await outbox.record(connection, [event])


def _row(held: MeasureHeld, episode: Episode, acting: Acting, moment: Moment) -> dict[str, Any]:
    return {
        **_identity(held, episode),
        "baseline_id": held.baseline_id,
        "concerns": held.concerns,
        "worker_id": acting.worker_id,
        "origin": moment.origin,
        "recorded_at": moment.recorded_at,
        "place": episode.version,
        **store.content(held),
    }


def _identity(held: MeasureHeld, episode: Episode) -> dict[str, Any]:
    return {
        "id": held.id,
        "referral_id": held.referral_id,
        "episode_id": episode.id,
        "pcn_code": episode.pcn_code,
        "practice_code": held.practice_code,
        "instrument": held.instrument,
        "instrument_version": held.instrument_version,
        "occasion": held.occasion,
    }


def _answer(
    held: MeasureHeld, episode: Episode, moment: Moment, event_id: UUID
) -> Mapping[str, Any]:
    return {
        **_identity(held, episode),
        "person_id": episode.person_id,
        "baseline_id": held.baseline_id,
        "answered_by": held.answered_by,
        "scores": [store.score_row(one) for one in held.scores],
        "complete": held.complete,
        "occurred_at": held.occurred_at,
        "recorded_at": moment.recorded_at,
        "voided_at": held.voided_at,
        "version": held.version,
        "event_id": event_id,
    }
