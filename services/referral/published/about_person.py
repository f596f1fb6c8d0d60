"""Facts about a person alone: the one form in which consents and risk flags are told."""

from uuid import UUID

from chassis.outbox import NewEvent
from contracts.event import EventData
from services.referral.published import Moment


def of_person(
    data: EventData,
    pcn_code: str,
    person_id: UUID,
    version: int,
    moment: Moment,
    *,
    event_id: UUID,
) -> NewEvent:
    """Tell something of a person, on the stream of their PCN."""
    return NewEvent(
        data=data,
        stream=pcn_code,
        subject=f"person/{person_id}",
        aggregate_version=version,
        occurred_at=moment.occurred_at,
        recorded_at=moment.recorded_at,
        origin=moment.origin,
        event_id=event_id,
    )
