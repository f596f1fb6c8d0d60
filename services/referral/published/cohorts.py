"""What is told of cohorts: that they were named, whom support is offered, what they answered."""

from typing import cast
from uuid import UUID

from chassis.outbox import NewEvent
from contracts import codes
from contracts.event import EventData
from contracts.referral.v1 import CohortCreated, OfferAnswered, SupportOffered
from services.referral.domain.cohorts import Cohort, Member
from services.referral.published import Moment


def cohort_created(cohort: Cohort, *, event_id: UUID, version: int, moment: Moment) -> NewEvent:
    """Tell that people at risk were named."""
    data = CohortCreated(
        cohort_id=cohort.id,
        pcn_code=cohort.pcn_code,
        practice_code=cohort.practice_code,
        reason=cast("codes.CohortReason", cohort.reason),
    )
    return _of_cohort(data, cohort, version, moment, event_id)


def support_offered(
    cohort: Cohort, member: Member, mode: str, *, event_id: UUID, version: int, moment: Moment
) -> NewEvent:
    """Tell that a person is offered support."""
    data = SupportOffered(
        cohort_id=cohort.id,
        person_id=member.person_id,
        pcn_code=cohort.pcn_code,
        practice_code=cohort.practice_code,
        mode=cast("codes.OfferMode", mode),
    )
    return _of_cohort(data, cohort, version, moment, event_id, member.person_id)


def answer_kept(
    cohort: Cohort,
    member: Member,
    previous: codes.OfferAnswer | None,
    referral_id: UUID | None,
    *,
    event_id: UUID,
    version: int,
    moment: Moment,
) -> NewEvent:
    """Tell what a person answered."""
    data = OfferAnswered(
        cohort_id=cohort.id,
        person_id=member.person_id,
        pcn_code=cohort.pcn_code,
        practice_code=cohort.practice_code,
        answer=cast("codes.OfferAnswer", member.answer),
        previous_answer=previous,
        referral_id=referral_id,
    )
    return _of_cohort(data, cohort, version, moment, event_id, member.person_id)


def _of_cohort(
    data: EventData,
    cohort: Cohort,
    version: int,
    moment: Moment,
    event_id: UUID,
    person_id: UUID | None = None,
) -> NewEvent:
    return NewEvent(
        data=data,
        stream=cohort.pcn_code,
        subject=f"cohort/{cohort.id}",
        aggregate_version=version,
        occurred_at=moment.occurred_at,
        recorded_at=moment.recorded_at,
        related_subjects=() if person_id is None else (f"person/{person_id}",),
        origin=moment.origin,
        event_id=event_id,
    )
