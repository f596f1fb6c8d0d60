"""Needs for which no place was found, so that what is missing can be counted where it is missed."""

from typing import Any
from uuid import UUID

from chassis.database import Connection
from chassis.ids import new_id
from chassis.refusals import Refusal
from services.referral.acting import Acting, Done, Outcome, refusal_of
from services.referral.commands.onward import NewPlacementFailure
from services.referral.domain.episodes import Episode, Referral
from services.referral.domain.onward import check_may_begin
from services.referral.domain.refusals import Refused
from services.referral.published import Moment
from services.referral.published.onward import placement_failed
from services.referral.store import episodes as episode_store
from services.referral.store import onward as store
from services.referral.use_cases.casework import Casework, open_referrals
from services.referral.use_cases.listings import known_listing


async def record_placement_failure(
    connection: Connection, acting: Acting, referral_id: UUID, asked: NewPlacementFailure
) -> Outcome:
    """Write down that no place was found for a need."""
    casework = await open_referrals(connection, acting, [referral_id])
    try:
        acting.check_form(recorded_at=asked.recorded_at)
        referral, episode = casework.referral(referral_id)
        moment = casework.moment(asked, episode)
        check_may_begin(referral)
        if asked.listing_id is not None:
            await known_listing(connection, asked.listing_id)
    except Refused as refused:
        return refusal_of(refused)
    except Refusal as refusal:
        return refusal
    return await _store(connection, casework, referral, episode, asked, moment)


async def _store(
    connection: Connection,
    casework: Casework,
    referral: Referral,
    episode: Episode,
    asked: NewPlacementFailure,
    moment: Moment,
) -> Done:
    event_id = new_id()
    fact: dict[str, Any] = {
        "id": new_id(),
        "referral_id": referral.id,
        "episode_id": episode.id,
        "pcn_code": episode.pcn_code,
        "practice_code": referral.practice_code,
        "need": asked.need,
        "reason": asked.reason,
        "listing_id": asked.listing_id,
        "occurred_at": moment.occurred_at,
        "recorded_at": moment.recorded_at,
    }
    await store.write_placement_failure(
        connection,
        {
            **fact,
            "note": asked.note,
            "worker_id": casework.acting.worker_id,
            "origin": moment.origin,
        },
    )
    event = placement_failed(
        fact["id"],
        referral,
        episode,
        need=asked.need,
        reason=asked.reason,
        listing_id=asked.listing_id,
        version=episode.next_version(),
        event_id=event_id,
        moment=moment,
    )
    await episode_store.write_episodes(connection, [episode])
    casework.tell(episode, event, subject=f"placement-failure/{fact['id']}")
    await casework.tell_all(connection, "placement-failure.create")
    answer = {**fact, "person_id": episode.person_id, "version": 1, "event_id": event_id}
    return Done(201, answer, 1)
