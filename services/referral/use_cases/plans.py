"""The plan: agreed, looked at again, and asked for when its day has come; goals' days likewise."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from chassis import clock, outbox
from chassis.database import Connection
from chassis.ids import new_id
from chassis.web.etags import check_version
from services.referral.acting import Acting, Done, Outcome
from services.referral.commands.plans import PlanAsAgreed
from services.referral.domain.episodes import Episode, Referral
from services.referral.domain.plans import Agreement, Review, check_review_on, due_at
from services.referral.domain.timers import Timer
from services.referral.published import Moment
from services.referral.published.plans import plan_agreed, review_due
from services.referral.store import plans as store
from services.referral.store.episodes import write_episodes
from services.referral.use_cases.alive import check_lives, who_died
from services.referral.use_cases.casework import open_referrals


async def agree_plan(
    connection: Connection,
    acting: Acting,
    referral_id: UUID,
    expected_version: int,
    asked: PlanAsAgreed,
) -> Outcome:
    """Agree the plan of a referral's episode; from the second time on it is a review."""
    casework = await open_referrals(connection, acting, [referral_id])
    died = await who_died(connection, casework)
    plans = {one: await store.load_plan(connection, one) for one in casework.episodes}
    agreed: list[tuple[Agreement, Referral, Episode]] = []

    def decide(asked: PlanAsAgreed) -> Done:
        acting.check_form(recorded_at=asked.recorded_at)
        referral, episode = casework.referral(referral_id)
        plan = plans[episode.id]
        check_version(expected_version, plan.version)
        moment = casework.moment(asked, episode)
        check_review_on(asked.review_on, moment.occurred_at)
        episode.check_open()
        check_lives(died, episode.person_id)
        agreement = plan.agree(asked.what_matters, asked.support, asked.review_on)
        event_id, version = new_id(), episode.next_version()
        event = plan_agreed(
            agreement,
            referral,
            episode,
            acting.worker_id,
            event_id=event_id,
            version=version,
            moment=moment,
        )
        casework.tell(episode, event, subject=f"referral/{referral.id}")
        row = _row(agreement, referral, episode, acting, moment, event_id)
        casework.rows.append(row)
        agreed.append((agreement, referral, episode))
        answer = {key: row[key] for key in row if key != "origin"}
        body = {**answer, "person_id": episode.person_id, "first": agreement.first}
        return Done(200, body, agreement.plan.version)

    (outcome,) = casework.decide([asked], decide)
    for agreement, referral, episode in agreed:
        known_day = plans[episode.id].review_on
        await write_episodes(connection, [episode])
        await store.insert_version(connection, casework.rows[0])
        if agreement.plan.review_on != known_day:  # else it may have been told already
            await _store_review(connection, agreement, referral, episode)
    await casework.tell_all(connection, "plan.agree")
    return outcome


async def review_fell_due(connection: Connection, timer: Timer) -> None:
    """The day came to look again: say so, unless the day moved or the support has ended."""
    review = await store.find_review(connection, timer.about)
    if review is None:
        return
    episode = await store.lock_episode(connection, review.episode_id)
    # Read again under the lock: it may have moved while we waited.
    review = await store.find_review(connection, timer.about)
    if review is None or episode is None or not episode.is_open:
        return
    if due_at(review.review_on) > timer.due_at or review.is_told():
        return
    known_at = max(clock.now(), timer.due_at)
    moment = Moment(_utc(timer.due_at), known_at)
    event_id, version = new_id(), episode.next_version()
    await write_episodes(connection, [episode])
    await store.note_told(connection, review)
    event = review_due(review, episode, event_id=event_id, version=version, moment=moment)
    await outbox.record(connection, [event])


async def _store_review(
    connection: Connection, agreement: Agreement, referral: Referral, episode: Episode
) -> None:
    review_on = agreement.plan.review_on
    if review_on is None:
        await store.clear_reviews(connection, [episode.id])
        return
    review = Review(episode.id, "plan", episode.id, referral.id, referral.practice_code, review_on)
    await store.set_reviews(connection, {episode.id: episode.pcn_code}, [review])


def _row(
    agreement: Agreement,
    referral: Referral,
    episode: Episode,
    acting: Acting,
    moment: Moment,
    event_id: UUID,
) -> dict[str, Any]:
    plan = agreement.plan
    return {
        "episode_id": episode.id,
        "version": plan.version,
        "pcn_code": episode.pcn_code,
        "practice_code": referral.practice_code,
        "referral_id": referral.id,
        "worker_id": acting.worker_id,
        "what_matters": plan.what_matters,
        "support": plan.support,
        "review_on": plan.review_on,
        "origin": moment.origin,
        "event_id": event_id,
        "occurred_at": moment.occurred_at,
        "recorded_at": moment.recorded_at,
    }


def _utc(at: datetime) -> datetime:
    return at.astimezone(UTC)
