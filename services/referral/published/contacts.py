"""What is told of contacts beside those made: attempts, missed ones, and what was put right."""

from typing import cast
from uuid import UUID

from chassis.outbox import NewEvent
from contracts import codes
from contracts.referral.v1 import (
    ContactAttempted,
    ContactCorrected,
    ContactMade,
    ContactMissed,
    ContactVoided,
)
from services.referral.domain.contacts import Contact, Supersession
from services.referral.domain.episodes import Episode
from services.referral.published import Moment, of_episode


def contact_recorded(
    contact: Contact,
    episode: Episode,
    *,
    first: bool,
    event_id: UUID,
    version: int,
    moment: Moment,
) -> NewEvent:
    """Tell that a worker and the person spoke, or why they did not."""
    if contact.number is not None:
        data = _made(contact, contact.number, episode, first=first)
    elif contact.fact.outcome == "missed":
        data = _missed(contact, episode)
    else:
        data = _attempted(contact, episode)
    return of_episode(data, episode.pcn_code, episode.id, version, moment, event_id=event_id)


def contact_corrected(
    contact: Contact,
    episode: Episode,
    change: Supersession,
    reason: codes.CorrectionReason,
    *,
    event_id: UUID,
    moment: Moment,
) -> NewEvent:
    """Tell the whole of a contact as it now stands, and what that puts aside."""
    fact, following = contact.fact, change.next_first
    data = ContactCorrected(
        contact_id=contact.id,
        referral_id=contact.referral_id,
        episode_id=episode.id,
        person_id=episode.person_id,
        pcn_code=episode.pcn_code,
        practice_code=contact.practice_code,
        outcome=fact.outcome,
        missed_reason=cast("codes.MissedReason | None", fact.missed_reason),
        contact_at=fact.occurred_at,
        mode=cast("codes.ContactMode", fact.mode),
        minutes=fact.minutes,
        role=cast("codes.WorkerRole", fact.role),
        with_role=cast("codes.TeamRole | None", fact.with_role),
        worker_id=contact.worker_id,
        understanding=cast("codes.Understanding | None", fact.understanding),
        contact_number=contact.number,
        referred_at=episode.opened_at,
        supersedes=change.supersedes,
        reason=reason,
        previous_outcome=change.previous.outcome,
        previous_contact_at=change.previous.occurred_at,
        previous_contact_number=change.previous_number,
        was_first=change.was_first,
        is_first=change.is_first,
        next_first_number=following.number if following else None,
        next_first_at=following.occurred_at if following else None,
        next_first_practice_code=following.practice_code if following else None,
    )
    return of_episode(
        data, episode.pcn_code, episode.id, change.aggregate_version, moment, event_id=event_id
    )


def contact_voided(
    contact: Contact,
    episode: Episode,
    change: Supersession,
    reason: codes.CorrectionReason,
    *,
    event_id: UUID,
    moment: Moment,
) -> NewEvent:
    """Tell that a contact never was."""
    following = change.next_first
    data = ContactVoided(
        contact_id=contact.id,
        referral_id=contact.referral_id,
        episode_id=episode.id,
        person_id=episode.person_id,
        pcn_code=episode.pcn_code,
        practice_code=contact.practice_code,
        referred_at=episode.opened_at,
        supersedes=change.supersedes,
        reason=reason,
        previous_outcome=change.previous.outcome,
        previous_contact_at=change.previous.occurred_at,
        previous_contact_number=change.previous_number,
        was_first=change.was_first,
        next_first_number=following.number if following else None,
        next_first_at=following.occurred_at if following else None,
        next_first_practice_code=following.practice_code if following else None,
    )
    return of_episode(
        data, episode.pcn_code, episode.id, change.aggregate_version, moment, event_id=event_id
    )


def _made(contact: Contact, number: int, episode: Episode, *, first: bool) -> ContactMade:
    fact = contact.fact
    return ContactMade(
        contact_id=contact.id,
        referral_id=contact.referral_id,
        episode_id=episode.id,
        person_id=episode.person_id,
        pcn_code=episode.pcn_code,
        practice_code=contact.practice_code,
        mode=cast("codes.ContactMode", fact.mode),
        minutes=fact.minutes,
        role=cast("codes.WorkerRole", fact.role),
        worker_id=contact.worker_id,
        contact_number=number,
        referred_at=episode.opened_at,
        with_role=cast("codes.TeamRole | None", fact.with_role),
        understanding=cast("codes.Understanding | None", fact.understanding),
        first_contact=first,
    )


def _missed(contact: Contact, episode: Episode) -> ContactMissed:
    fact = contact.fact
    return ContactMissed(
        contact_id=contact.id,
        referral_id=contact.referral_id,
        episode_id=episode.id,
        person_id=episode.person_id,
        pcn_code=episode.pcn_code,
        practice_code=contact.practice_code,
        mode=cast("codes.ContactMode", fact.mode),
        minutes=fact.minutes,
        role=cast("codes.WorkerRole", fact.role),
        with_role=cast("codes.TeamRole | None", fact.with_role),
        worker_id=contact.worker_id,
        missed_reason=cast("codes.MissedReason", fact.missed_reason),
    )


def _attempted(contact: Contact, episode: Episode) -> ContactAttempted:
    fact = contact.fact
    return ContactAttempted(
        contact_id=contact.id,
        referral_id=contact.referral_id,
        episode_id=episode.id,
        person_id=episode.person_id,
        pcn_code=episode.pcn_code,
        practice_code=contact.practice_code,
        mode=cast("codes.ContactMode", fact.mode),
        minutes=fact.minutes,
        role=cast("codes.WorkerRole", fact.role),
        with_role=cast("codes.TeamRole | None", fact.with_role),
        worker_id=contact.worker_id,
    )
