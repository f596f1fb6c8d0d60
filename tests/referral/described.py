"""The roles of a network as the register tells them, for tests that need some."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

from chassis.database import Database
from chassis.stream import Event
from contracts.event import EventData
from contracts.register.v1 import RoleDescribed, RoleWithdrawn
from contracts.topics import DIRECTORY, REGISTER_STREAM
from services.referral.consumers import ReferralProjection
from tests.referral.trial import Clinic

AT = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)


def a_role(role: str = "link-worker", **changes: Any) -> RoleDescribed:
    said: dict[str, Any] = {
        "pcn_code": "U99001",
        "role": role,
        "local_title": f"Our {role.replace('-', ' ')}",
        "combined_with": [],
        "purpose": "Helps people.",
        "does": ["Listens", "Knows the groups nearby."],
        "does_not": ["Treats nobody"],
        "contacts_min": 6,
        "contacts_max": 12,
        "contact_minutes": 45,
        "home_visits": role == "link-worker",
        "caseload_min": 200,
        "caseload_max": 250,
        "supervision": [{"kind": "clinical", "every_weeks": 4}],
        "clinical_codes": ["871731000000106"] if role == "link-worker" else [],
        "explanations": [
            {"language": "en", "words": "You have time to talk."},
            {"language": "pl", "words": "Masz czas, aby porozmawiać."},
        ],
        **changes,
    }
    return RoleDescribed.model_validate(said)


def withdrawn(role: str, pcn_code: str = "U99001") -> RoleWithdrawn:
    return RoleWithdrawn.model_validate({"pcn_code": pcn_code, "role": role})


def told(data: EventData, number: int, *, stream: str = REGISTER_STREAM) -> Event:
    reader = ReferralProjection().readers[data.type]
    (read,) = reader.validate_json(b"[" + data.model_dump_json().encode() + b"]")
    return Event(
        topic=DIRECTORY.name,
        stream=stream,
        number=number,
        epoch=1,
        event_id=uuid4(),
        type=data.type,
        subject="organisation/U99001",
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


@asynccontextmanager
async def worker_of(clinic: Clinic) -> AsyncIterator[Database]:
    database = Database(clinic.database.worker_url, "worker", 2)
    await database.open()
    try:
        yield database
    finally:
        await database.close()


async def describe(clinic: Clinic, *events: Event) -> None:
    """Let the register tell roles to the service."""
    async with worker_of(clinic) as database, database.transaction() as connection:
        await ReferralProjection().apply(connection, events)
