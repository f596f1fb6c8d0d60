"""The events of onward referrals: one for each fact, on the episode's own subject.

Promise    Whoever folds them in order knows for each onward referral who has the ball, or which
           ending it came to, as this service does.
Not here   Notes, and what was shared with the provider: they leave this service by no event.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, cast
from uuid import UUID

from chassis.outbox import NewEvent
from contracts import codes
from contracts.event import EventData
from contracts.referral.v1 import onward as told
from services.referral.domain.episodes import Episode, Referral
from services.referral.domain.ladders import Ladder
from services.referral.domain.onward import Ended, Fact, Held, OnwardReferral, Step
from services.referral.published import Moment

_ANSWERS: Final[dict[Step, codes.OnwardAnswer]] = {
    "accepted": "accepted",
    "refused": "refused",
    "full-until": "full-until",
    "did-not-come": "did-not-come",
    "could-not-reach": "could-not-reach",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """One step as it was taken."""

    onward: OnwardReferral
    """As it stands after the step."""
    fact: Fact
    stage_before: codes.OnwardStage
    nudges_before: int
    first_word: bool
    worker_id: UUID | None
    episode: Episode


def onward_begun(taken: Taken, *, version: int, event_id: UUID, moment: Moment) -> NewEvent:
    """Tell that an onward referral was written, or sent at once."""
    if taken.fact.step == "sent":
        return _event(taken, _sent(taken), version, event_id, moment)
    data = told.OnwardReferralDrafted(
        **_names(taken.onward),
        referral_id=taken.onward.referral_id,
        need=_need(taken),
        worker_id=taken.worker_id,
    )
    return _event(taken, data, version, event_id, moment)


def onward_moved(taken: Taken, *, version: int, event_id: UUID, moment: Moment) -> NewEvent:
    """Tell of one step."""
    return _event(taken, _data(taken), version, event_id, moment)


def placement_failed(
    failure_id: UUID,
    referral: Referral,
    episode: Episode,
    *,
    need: codes.Need,
    reason: codes.PlacementFailure,
    listing_id: UUID | None,
    version: int,
    event_id: UUID,
    moment: Moment,
) -> NewEvent:
    """Tell that nothing could take the person."""
    data = told.PlacementFailed(
        placement_failure_id=failure_id,
        referral_id=referral.id,
        episode_id=episode.id,
        pcn_code=episode.pcn_code,
        practice_code=referral.practice_code,
        need=need,
        reason=reason,
        listing_id=listing_id,
    )
    return _of_episode(data, episode, version, event_id, moment)


def ladder_set(
    pcn_code: str, ladder: Ladder, *, event_id: UUID, version: int, moment: Moment
) -> NewEvent:
    """Tell after how many working days a network nudges whom."""
    data = told.OnwardLadderSet(
        pcn_code=pcn_code,
        provider=list(ladder.provider),
        person=list(ladder.person),
        worker=list(ladder.worker),
    )
    return NewEvent(
        data=data,
        stream=pcn_code,
        subject=f"onward-ladder/{pcn_code}",
        aggregate_version=version,
        occurred_at=moment.occurred_at,
        recorded_at=moment.recorded_at,
        origin=moment.origin,
        event_id=event_id,
    )


def _data(taken: Taken) -> EventData:
    fact, onward = taken.fact, taken.onward
    if fact.step in _ANSWERS:
        return _answered(taken)
    match fact.step:
        case "sent":
            return _sent(taken)
        case "started":
            return told.OnwardReferralStarted(**_names(onward), **_word(taken))
        case "attended":
            return told.OnwardReferralAttended(
                **_names(onward), **_word(taken), referred_at=taken.episode.opened_at
            )
        case "passed-on":
            held = cast("Held", onward.standing)
            return told.OnwardReferralPassedOn(
                **_names(onward), stage=held.stage, holder=held.holder, sent_at=_sent_at(onward)
            )
        case "nudged":
            return _nudged(taken)
        case "listing-gone" | "listing-back":
            return _of_listing(taken)
        case _:
            return _ended(taken)


def _sent(taken: Taken) -> EventData:
    return told.OnwardReferralSent(
        **_names(taken.onward),
        referral_id=taken.onward.referral_id,
        need=_need(taken),
        worker_id=taken.worker_id,
        shares_contact=taken.onward.shares_contact,
        referred_at=taken.episode.opened_at,
    )


def _answered(taken: Taken) -> EventData:
    standing = taken.onward.standing
    ended = isinstance(standing, Ended)
    return told.OnwardReferralAnswered(
        **_names(taken.onward),
        **_word(taken),
        answer=_ANSWERS[taken.fact.step],
        reason=_reason(taken),
        full_until=taken.fact.full_until,
        stage="ended" if ended else standing.stage,
        holder=None if ended else standing.holder,
        ending=standing.ending if ended else None,
    )


def _nudged(taken: Taken) -> EventData:
    onward, held = taken.onward, cast("Held", taken.onward.standing)
    begun_at = onward.sent_at or onward.drafted_at
    return told.OnwardReferralNudgeDue(
        **_names(onward),
        nudged=held.holder,
        silent=held.silent,
        nudge_number=taken.nudges_before + 1,
        age_days=max(0, (taken.fact.occurred_at - begun_at).days),
        stage=held.stage,
        holder=held.holder,
        worker_id=taken.worker_id,
        sent_at=onward.sent_at,
    )


def _of_listing(taken: Taken) -> EventData:
    held = cast("Held", taken.onward.standing)
    known: dict[str, Any] = {
        **_names(taken.onward),
        "stage": held.stage,
        "worker_id": taken.worker_id,
        "sent_at": taken.onward.sent_at,
    }
    if taken.fact.step == "listing-gone":
        return told.OnwardReferralListingGone(**known)
    return told.OnwardReferralListingBack(**known, holder=held.holder)


def _ended(taken: Taken) -> EventData:
    return told.OnwardReferralEnded(
        **_names(taken.onward),
        need=_need(taken),
        ending=cast("Ended", taken.onward.standing).ending,
        reason=_reason(taken),
        stage_before=taken.stage_before,
        told_by=taken.fact.told_by or "worker",
        sent_at=taken.onward.sent_at,
    )


def _names(onward: OnwardReferral) -> dict[str, Any]:
    return {
        "onward_referral_id": onward.id,
        "episode_id": onward.episode_id,
        "person_id": onward.person_id,
        "pcn_code": onward.pcn_code,
        "practice_code": onward.practice_code,
        "listing_id": onward.listing_id,
        "organization_id": onward.organization_id,
    }


def _word(taken: Taken) -> dict[str, Any]:
    return {
        "need": taken.onward.need,
        "told_by": taken.fact.told_by,
        "first_word": taken.first_word,
        "sent_at": _sent_at(taken.onward),
    }


def _sent_at(onward: OnwardReferral) -> datetime:
    return cast("datetime", onward.sent_at)


def _need(taken: Taken) -> codes.Need:
    return cast("codes.Need", taken.onward.need)


def _reason(taken: Taken) -> codes.OnwardReason | None:
    return cast("codes.OnwardReason | None", taken.fact.reason)


def _event(taken: Taken, data: EventData, version: int, event_id: UUID, moment: Moment) -> NewEvent:
    return _of_episode(data, taken.episode, version, event_id, moment)


def _of_episode(
    data: EventData, episode: Episode, version: int, event_id: UUID, moment: Moment
) -> NewEvent:
    return NewEvent(
        data=data,
        stream=episode.pcn_code,
        subject=f"episode/{episode.id}",
        aggregate_version=version,
        occurred_at=moment.occurred_at,
        recorded_at=moment.recorded_at,
        related_subjects=(f"person/{episode.person_id}",),
        origin=moment.origin,
        correlation_id=str(episode.id),
        event_id=event_id,
    )
