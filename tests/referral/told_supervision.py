"""One event of each type that is told of supervision and training."""

from datetime import timedelta
from uuid import uuid4

from chassis.outbox import NewEvent
from services.referral.domain.supervision import Entitlement, Interval, Kind
from services.referral.published import Moment
from services.referral.published.supervision import fell_due, had, intervals_set, voided


def events(moment: Moment) -> list[NewEvent]:
    at = moment.occurred_at
    supervised = _entitlement("supervision", "clinical")
    trained = _entitlement("training", "communication")
    told: list[NewEvent] = []
    for one in (supervised, trained):
        was_overdue = one.had(at.date(), 4)
        one.version = 9
        told.append(
            had(one, "link-worker", was_overdue=was_overdue, event_id=uuid4(), moment=moment)
        )
    supervised.fall_due(at + timedelta(weeks=6))
    supervised.version = 9
    told.append(fell_due(supervised, "link-worker", event_id=uuid4(), moment=moment))
    told.append(
        voided(supervised, "link-worker", uuid4(), "mistyped", event_id=uuid4(), moment=moment)
    )
    often = Interval("link-worker", "supervision", "clinical", 6)
    told.append(
        intervals_set("U99001", [often], moved=3, event_id=uuid4(), version=9, moment=moment)
    )
    return told


def _entitlement(kind: Kind, what: str) -> Entitlement:
    return Entitlement(id=uuid4(), pcn_code="U99001", worker_id=uuid4(), kind=kind, what=what)
