"""Events about listings, as the directory's consumers are given them."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

from chassis.stream.events import Event
from contracts.event import event_types
from contracts.reading import reader_for
from services.directory.consumers import ListingEvidence
from tests.directory.trial import Office

AT = datetime(2026, 6, 3, 9, tzinfo=UTC)
_LAST_NUMBERS: dict[str, int] = {}

_SAID: dict[str, dict[str, Any]] = {
    "onward-referral-sent": {
        "referral_id": uuid4(),
        "need": "isolation",
        "worker_id": None,
        "shares_contact": True,
        "referred_at": AT,
    },
    "onward-referral-answered": {
        "need": "isolation",
        "answer": "accepted",
        "reason": None,
        "full_until": None,
        "told_by": "provider",
        "first_word": True,
        "stage": "accepted",
        "holder": "person",
        "ending": None,
        "sent_at": AT,
    },
    "onward-referral-started": {
        "need": "isolation",
        "told_by": "provider",
        "first_word": False,
        "sent_at": AT,
    },
    "onward-referral-attended": {
        "need": "isolation",
        "told_by": "provider",
        "first_word": False,
        "sent_at": AT,
        "referred_at": AT,
    },
    "onward-referral-ended": {
        "need": "isolation",
        "ending": "declined-by-person",
        "reason": None,
        "stage_before": "sent",
        "told_by": "worker",
        "sent_at": AT,
    },
    "onward-referral-nudge-due": {
        "nudged": "provider",
        "silent": "provider",
        "nudge_number": 1,
        "age_days": 5,
        "stage": "sent",
        "holder": "provider",
        "worker_id": None,
        "sent_at": AT,
    },
    "onward-referral-listing-gone": {"stage": "sent", "worker_id": None, "sent_at": AT},
    "placement-failed": {"need": "isolation", "reason": "full", "listing_id": None},
    "listing-check-sent": {"rule": "listing-check", "channel": "email"},
    "listing-check-failed": {
        "rule": "listing-check",
        "channel": "email",
        "reason": "address-refused",
    },
}


def told(
    kind: str,
    listing_id: UUID | str | None,
    *,
    at: datetime = AT,
    stream: str | None = None,
    number: int | None = None,
    organization_id: UUID | str | None = None,
    **said: Any,
) -> Event:
    """One event of this kind about a listing; its number is the next of the test's run."""
    is_question = kind.startswith("listing-check")
    stream = stream or ("QZZ" if is_question else "U99001")
    if number is None:
        number = _LAST_NUMBERS[stream] = _LAST_NUMBERS.get(stream, 0) + 1
    model = event_types()[f"waymark.{kind}.v1"]
    ids = {
        "onward_referral_id": uuid4(),
        "placement_failure_id": uuid4(),
        "message_id": uuid4(),
        "referral_id": uuid4(),
        "episode_id": uuid4(),
        "person_id": uuid4(),
        "pcn_code": stream,
        "region_code": stream,
        "check_id": uuid4(),
        "practice_code": "Y99001",
        "organization_id": organization_id or uuid4(),
    }
    data = {name: value for name, value in ids.items() if name in model.model_fields}
    data |= _SAID[kind] | {"listing_id": listing_id} | said
    (read,) = reader_for(model).validate_python([data], strict=False)
    topic = "notifications" if is_question else "referral"
    return Event(
        topic=f"{topic}.events.v1",
        stream=stream,
        number=number,
        epoch=1,
        event_id=uuid4(),
        type=model.type,
        subject=f"episode/{ids['episode_id']}",
        related_subjects=(),
        aggregate_version=1,
        occurred_at=at,
        recorded_at=at,
        origin="live",
        correlation_id=None,
        causation_id=None,
        traceparent=None,
        data=dict[str, Any](read),
    )


async def apply(office: Office, events: Sequence[Event]) -> None:
    """Apply these in a transaction of their own, as the consumer does."""
    async with office.worker.transaction() as connection:
        await ListingEvidence().apply(connection, events)


async def a_question(office: Office, listing_id: str) -> dict[str, Any]:
    """Put a question to the owner of a listing and give the link, as notifications gets it."""
    check_id = uuid4()
    await office.owner.execute(
        """
        insert into listing_check (id, listing_id, organization_id, region_code, reason, asked_at,
            answer_until, event_id)
        select $1, id, organization_id, region_code, 'nothing-heard', now(),
            now() + interval '21 days', $1
        from listing
        where id = $2
        """,
        check_id,
        UUID(listing_id),
    )
    return await a_link(office, check_id)


async def a_link(office: Office, check_id: UUID) -> dict[str, Any]:
    """Give the link to a question, as whoever sends it gets it."""
    answer = await office.post(
        f"/internal/regions/QZZ/listing-checks/{check_id}/link", member="service notifications"
    )
    assert answer.status_code == 200, answer.text
    return dict(answer.json())
