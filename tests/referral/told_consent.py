"""One event of each type that is told of consents and of risk flags."""

from datetime import timedelta
from uuid import UUID, uuid4

from chassis.outbox import NewEvent
from contracts.event import EventData
from services.referral.domain.consent import Holder, Recipient, SharingConsent
from services.referral.domain.risk import RiskFlag
from services.referral.published import Moment, consent, risk
from services.referral.published.about_person import of_person


def events(person_id: UUID, moment: Moment) -> list[NewEvent]:
    at = moment.occurred_at
    group = Recipient("organization", str(uuid4()))
    agreed = SharingConsent(
        id=uuid4(),
        person_id=person_id,
        pcn_code="U99001",
        recipient=group,
        purpose="onward-referral",
        scope=frozenset({"contact-details", "needs"}),
        expires_on=at.date() + timedelta(days=100),
        given_at=at,
    )
    agreed.holders[group] = Holder(group, agreed.scope, at, at)
    flag = RiskFlag(
        id=uuid4(),
        person_id=person_id,
        pcn_code="U99001",
        kind="animal",
        raised_by=None,
        raised_at=at,
        review_by=at.date(),
    )
    told: list[EventData] = [consent.given(agreed, renewed=False)]
    agreed.narrow(frozenset({"needs"}), agreed.expires_on, at)
    told.append(consent.taken_back(agreed))
    agreed.expire(at + timedelta(days=200))
    told.append(consent.taken_back(agreed))
    agreed.renew(agreed.scope, None, at)
    agreed.revoke(at)
    told.append(consent.taken_back(agreed))
    agreed.acknowledge(group, at)
    told += [
        consent.acknowledged(agreed, group, "revoked", taken_back_at=at, at=at),
        risk.raised(flag, brought_from="U99002"),
        risk.reviewed(flag, was_overdue=False),
        risk.review_due(flag),
    ]
    flag.end("no-longer-holds", at)
    told.append(risk.ended(flag))
    return [of_person(one, "U99001", person_id, 4, moment, event_id=uuid4()) for one in told]
