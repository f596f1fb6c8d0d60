"""The events the referral service tells, built from what its domain has just decided.

Promise    One stream a PCN; ids, codes and coarse bands only: no name, number, address or note
           of anybody can be put into any of them.
Not here   Storing them beside the change: ``chassis.outbox``.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import cast
from uuid import UUID

from chassis.outbox import NewEvent
from contracts import codes
from contracts.event import EventData
from contracts.referral.v1 import (
    GoalSet,
    GoalUpdated,
    PersonRegistered,
    PersonUpdated,
    ReferralCreated,
    ReferralStatusChanged,
)
from services.referral.domain.episodes import Episode, Goal, GoalChange, Referral, StatusChange
from services.referral.domain.outside import as_told
from services.referral.domain.people import Person, age_band


@dataclass(frozen=True, slots=True)
class Moment:
    """When something happened, when it became known, and how it came in."""

    occurred_at: datetime
    recorded_at: datetime
    origin: codes.Origin = "live"


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What a referral asks for, in codes."""

    route: codes.Route
    needs: list[codes.Need]
    urgency: codes.Urgency
    opened_episode: bool


def person_registered(person: Person, moment: Moment) -> NewEvent:
    """Tell that a person entered a PCN's records."""
    return _of_person(PersonRegistered, person, moment)


def person_updated(person: Person, moment: Moment) -> NewEvent:
    """Tell the bands of a person as they now stand."""
    return _of_person(PersonUpdated, person, moment)


def referral_created(
    referral: Referral,
    person: Person,
    asked: Asked,
    *,
    event_id: UUID,
    version: int,
    moment: Moment,
) -> NewEvent:
    """Tell that somebody asked for support for a person."""
    details = person.details
    referrer_code, organization_id = as_told(referral.referrer_code, person.pcn_code)
    data = ReferralCreated(
        referral_id=referral.id,
        episode_id=referral.episode_id,
        person_id=person.id,
        pcn_code=person.pcn_code,
        practice_code=referral.practice_code,
        referrer_code=referrer_code,
        referrer_organization_id=organization_id,
        route=asked.route,
        needs=asked.needs,
        urgency=asked.urgency,
        opened_episode=asked.opened_episode,
        age_band=_band(details.birth_date, moment),
        sex=cast("codes.Sex", details.sex),
        ethnicity_category=cast("codes.EthnicityCategory | None", details.ethnicity_category),
        deprivation_decile=details.deprivation_decile,
        language=details.language,
        messages_consented=person.consent.messages_consented,
        safe_channel=cast("codes.SafeChannel", person.consent.safe_channel),
    )
    return of_episode(
        data,
        person.pcn_code,
        referral.episode_id,
        version,
        moment,
        event_id=event_id,
        related_subjects=(f"person/{person.id}",),
    )


def referral_status_changed(
    referral: Referral,
    episode: Episode,
    change: StatusChange,
    reason: codes.StatusReason | None,
    *,
    event_id: UUID,
    moment: Moment,
    better_route: codes.BetterRoute | None = None,
) -> NewEvent:
    """Tell that a referral moved on."""
    data = ReferralStatusChanged(
        referral_id=referral.id,
        episode_id=episode.id,
        pcn_code=episode.pcn_code,
        practice_code=referral.practice_code,
        status=change.status,
        previous_status=change.previous_status,
        reason=reason,
        better_route=better_route,
    )
    return of_episode(
        data, episode.pcn_code, episode.id, change.aggregate_version, moment, event_id=event_id
    )


def goal_set(
    goal: Goal,
    episode: Episode,
    *,
    need: codes.Need | None,
    target_date: date | None,
    worker_id: UUID | None,
    event_id: UUID,
    version: int,
    moment: Moment,
    review_on: date | None = None,
    steps: int = 0,
    continues_goal_id: UUID | None = None,
) -> NewEvent:
    """Tell that the person set a goal; what it is stays in their record."""
    data = GoalSet(
        goal_id=goal.id,
        referral_id=goal.referral_id,
        episode_id=episode.id,
        pcn_code=episode.pcn_code,
        practice_code=goal.practice_code,
        need=need,
        target_date=target_date,
        worker_id=worker_id,
        review_on=review_on,
        steps=steps,
        continues_goal_id=continues_goal_id,
    )
    return of_episode(data, episode.pcn_code, episode.id, version, moment, event_id=event_id)


def goal_updated(
    goal: Goal,
    episode: Episode,
    change: GoalChange,
    *,
    event_id: UUID,
    moment: Moment,
    changes: Sequence[str] = (),
    target_date: date | None = None,
    review_on: date | None = None,
    need: str | None = None,
    reason: codes.CorrectionReason | None = None,
) -> NewEvent:
    """Tell where a goal stands now, and what of it changed."""
    data = GoalUpdated(
        goal_id=goal.id,
        referral_id=goal.referral_id,
        episode_id=episode.id,
        pcn_code=episode.pcn_code,
        practice_code=goal.practice_code,
        status=change.status,
        previous_status=change.previous_status,
        update_number=change.update_number,
        changes=cast("list[codes.GoalChangeKind]", list(changes)),
        target_date=target_date,
        review_on=review_on,
        need=cast("codes.Need | None", need),
        reason=reason,
    )
    return of_episode(
        data, episode.pcn_code, episode.id, change.aggregate_version, moment, event_id=event_id
    )


def _of_person(
    kind: type[PersonRegistered] | type[PersonUpdated], person: Person, moment: Moment
) -> NewEvent:
    details = person.details
    data = kind(
        person_id=person.id,
        pcn_code=person.pcn_code,
        practice_code=details.practice_code,
        age_band=_band(details.birth_date, moment),
        sex=cast("codes.Sex", details.sex),
        ethnicity_category=cast("codes.EthnicityCategory | None", details.ethnicity_category),
        deprivation_decile=details.deprivation_decile,
        language=details.language,
    )
    return NewEvent(
        data=data,
        stream=person.pcn_code,
        subject=f"person/{person.id}",
        aggregate_version=person.version,
        occurred_at=moment.occurred_at,
        recorded_at=moment.recorded_at,
        origin=moment.origin,
    )


def of_episode(
    data: EventData,
    pcn_code: str,
    episode_id: UUID,
    version: int,
    moment: Moment,
    *,
    event_id: UUID,
    related_subjects: tuple[str, ...] = (),
) -> NewEvent:
    """Tell something of an episode, on the stream of its PCN."""
    return NewEvent(
        data=data,
        stream=pcn_code,
        subject=f"episode/{episode_id}",
        aggregate_version=version,
        occurred_at=moment.occurred_at,
        recorded_at=moment.recorded_at,
        related_subjects=related_subjects,
        origin=moment.origin,
        # An episode is the story its events tell together.
        correlation_id=str(episode_id),
        event_id=event_id,
    )


def _band(birth_date: date, moment: Moment) -> codes.AgeBand:
    return cast("codes.AgeBand", age_band(birth_date, moment.occurred_at.date()))
