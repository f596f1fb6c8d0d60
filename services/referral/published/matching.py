"""What is told of a person beyond what is known of them: merged, unmerged, died."""

from typing import cast
from uuid import UUID

from chassis.outbox import NewEvent
from contracts import codes
from contracts.event import EventData
from contracts.referral.v1 import (
    PersonDeathWithdrawn,
    PersonDied,
    PersonMerged,
    PersonUnmerged,
)
from services.referral.domain.merging import Merge
from services.referral.domain.people import Person
from services.referral.published import Moment


def person_merged(
    made: Merge, kept: Person, reason: str, *, event_id: UUID, moment: Moment
) -> NewEvent:
    """Tell that one record speaks for another."""
    data = PersonMerged(
        merge_id=made.id,
        person_id=kept.id,
        merged_person_id=made.merged_person_id,
        pcn_code=made.pcn_code,
        reason=cast("codes.MergeReason", reason),
        closed_episode_id=made.closed_episode_id,
    )
    return about_person(data, kept, moment, event_id, related=made.merged_person_id)


def person_unmerged(made: Merge, kept: Person, *, event_id: UUID, moment: Moment) -> NewEvent:
    """Tell that two records speak for themselves again."""
    data = PersonUnmerged(
        merge_id=made.id,
        person_id=kept.id,
        merged_person_id=made.merged_person_id,
        pcn_code=made.pcn_code,
        reopened_episode_id=made.closed_episode_id,
    )
    return about_person(data, kept, moment, event_id, related=made.merged_person_id)


def person_died(person: Person, merged: list[UUID], *, event_id: UUID, moment: Moment) -> NewEvent:
    """Tell that a person died, under every id they are known by."""
    data = PersonDied(
        person_id=person.id,
        pcn_code=person.pcn_code,
        practice_code=person.details.practice_code,
        merged_person_ids=merged,
    )
    return about_person(data, person, moment, event_id)


def person_death_withdrawn(person: Person, *, event_id: UUID, moment: Moment) -> NewEvent:
    """Tell that it was somebody else who died."""
    data = PersonDeathWithdrawn(
        person_id=person.id,
        pcn_code=person.pcn_code,
        practice_code=person.details.practice_code,
    )
    return about_person(data, person, moment, event_id)


def about_person(
    data: EventData,
    person: Person,
    moment: Moment,
    event_id: UUID,
    *,
    related: UUID | None = None,
) -> NewEvent:
    """Make an event of a person's aggregate, in the stream of their network."""
    return NewEvent(
        data=data,
        stream=person.pcn_code,
        subject=f"person/{person.id}",
        aggregate_version=person.version,
        occurred_at=moment.occurred_at,
        recorded_at=moment.recorded_at,
        related_subjects=() if related is None else (f"person/{related}",),
        origin=moment.origin,
        event_id=event_id,
    )
