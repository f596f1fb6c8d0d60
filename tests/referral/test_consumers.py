"""What the referral service makes of the others' events, on a real database."""

from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

import pytest

from chassis.database import Database
from chassis.provisioning import Provisioned
from chassis.stream import Event, EventRefused
from contracts.event import EventData
from contracts.notifications.v1 import MessageFailed, MessageSent, MessageSuppressed
from contracts.register.v1 import PcnRegistered, PracticeRegistered
from contracts.topics import DIRECTORY, NOTIFICATIONS
from services.referral.consumers import ReferralProjection
from tests.referral.trial import REFERRER, Clinic, a_referral

pytestmark = pytest.mark.postgres

AT = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)


def told(data: EventData, number: int, *, topic: str, stream: str) -> Event:
    """An event as the consumer reads it: what was written, through the reader of its type."""
    reader = ReferralProjection().readers[data.type]
    (read,) = reader.validate_json(b"[" + data.model_dump_json().encode() + b"]")
    return Event(
        topic=topic,
        stream=stream,
        number=number,
        epoch=1,
        event_id=uuid4(),
        type=data.type,
        subject="message/1",
        related_subjects=(),
        aggregate_version=number,
        occurred_at=AT,
        recorded_at=AT,
        origin="live",
        correlation_id=None,
        causation_id=None,
        traceparent=None,
        data=read,
    )


def a_message(
    kind: type[MessageSent] | type[MessageSuppressed] | type[MessageFailed],
    referral: dict[str, Any],
    message_id: UUID,
    **more: Any,
) -> EventData:
    return kind(
        message_id=message_id,
        rule="referral-received",
        channel="email",
        recipient_kind="referrer",
        referral_id=UUID(referral["id"]),
        episode_id=UUID(referral["episode_id"]),
        practice_code="Y99001",
        **more,
    )


@pytest.fixture
async def worker(clinic: Clinic) -> AsyncIterator[Database]:
    database = Database(clinic.database.worker_url, "worker", 2)
    await database.open()
    yield database
    await database.close()


async def apply(worker: Database, *events: Event) -> None:
    async with worker.transaction() as connection:
        await ReferralProjection().apply(connection, events)


async def test_a_message_sent_is_noted_on_its_referral(clinic: Clinic, worker: Database) -> None:
    referral = await clinic.made("/referrals", a_referral(), member=REFERRER)
    sent = a_message(MessageSent, referral, uuid4())

    await apply(worker, told(sent, 7, topic=NOTIFICATIONS.name, stream="U99001"))

    seen = (await clinic.get(f"/referrals/{referral['id']}", member=REFERRER)).json()
    assert seen["messages"] == [
        {
            "rule": "referral-received",
            "channel": "email",
            "recipient_kind": "referrer",
            "outcome": "sent",
            "reason": None,
            "occurred_at": "2026-03-02T09:30:00Z",
        }
    ]


async def test_the_latest_word_on_a_message_stands_however_often_it_is_told(
    clinic: Clinic, worker: Database
) -> None:
    referral = await clinic.made("/referrals", a_referral())
    message_id = uuid4()
    failed = a_message(MessageFailed, referral, message_id, reason="mail-server-refused")
    sent = a_message(MessageSent, referral, message_id)
    held_back = a_message(MessageSuppressed, referral, uuid4(), reason="too-late")
    events = [
        told(data, number, topic=NOTIFICATIONS.name, stream="U99001")
        for number, data in enumerate((failed, sent, held_back), start=11)
    ]

    await apply(worker, *events)
    await apply(worker, *events[:1])
    await apply(worker, *events)

    seen = (await clinic.get(f"/referrals/{referral['id']}")).json()
    assert [(message["outcome"], message["reason"]) for message in seen["messages"]] == [
        ("sent", None),
        ("suppressed", "too-late"),
    ]


async def test_a_stream_speaks_for_referrals_of_its_own_network_only(
    clinic: Clinic, worker: Database
) -> None:
    referral = await clinic.made("/referrals", a_referral())
    sent = a_message(MessageSent, referral, uuid4())

    with pytest.raises(EventRefused):
        await apply(worker, told(sent, 1, topic=NOTIFICATIONS.name, stream="U99002"))

    seen = (await clinic.get(f"/referrals/{referral['id']}")).json()
    assert seen["messages"] == []


async def test_the_register_arrives_through_its_own_stream_only(
    make_database: Callable[[str], Awaitable[Provisioned]],
) -> None:
    provisioned = await make_database("referral")
    worker = Database(provisioned.worker_url, "worker", 2)
    await worker.open()
    pcn = PcnRegistered(pcn_code="U99009", region_code="QZZ", name="Nine (synthetic)")
    practice = PracticeRegistered(
        practice_code="Y99099", pcn_code="U99009", name="Practice (synthetic)", from_date=AT.date()
    )

    await apply(
        worker,
        told(pcn, 1, topic=DIRECTORY.name, stream="register"),
        told(practice, 2, topic=DIRECTORY.name, stream="register"),
    )
    with pytest.raises(EventRefused):
        await apply(worker, told(pcn, 3, topic=DIRECTORY.name, stream="QZZ"))

    async with worker.transaction() as connection:
        rows = await connection.fetch(
            "select kind, code, pcn_code from access_organisation order by kind"
        )
    await worker.close()
    assert [tuple(row) for row in rows] == [
        ("pcn", "U99009", "U99009"),
        ("practice", "Y99099", "U99009"),
    ]
