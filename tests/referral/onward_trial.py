"""What tests of onward referrals share: listings that are known, providers, and time that passes."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from chassis.access.register import Grant, store_membership
from chassis.access.tokens import member_key
from chassis.database import Database
from contracts.directory.v1 import ListingPublished, ListingWithdrawn
from contracts.topics import DIRECTORY
from services.referral.consumers import ReferralProjection
from services.referral.schedules import HANDLERS
from services.referral.use_cases.timers import fire_due
from tests.referral.test_consumers import told
from tests.referral.trial import MANAGER, MEMBER_KEY_SECRET, Clinic, a_referral

_NUMBERS = iter(range(1, 1_000_000))


def days_ago(days: float) -> str:
    return (datetime.now(UTC) - timedelta(days=days)).isoformat()


@asynccontextmanager
async def worker_of(clinic: Clinic) -> AsyncIterator[Database]:
    database = Database(clinic.database.worker_url, "worker", 4)
    await database.open()
    try:
        yield database
    finally:
        await database.close()


async def publish(
    clinic: Clinic, *, listing_id: UUID | None = None, organization_id: UUID | None = None
) -> tuple[str, str]:
    """Tell this service of a listing, as the directory does; give its id and its owner's."""
    data = ListingPublished(
        listing_id=listing_id or uuid4(),
        organization_id=organization_id or uuid4(),
        region_code="QZZ",
        needs=["isolation"],
    )
    await _tell(clinic, data)
    return str(data.listing_id), str(data.organization_id)


async def withdraw(clinic: Clinic, listing_id: str, organization_id: str) -> None:
    await _tell(
        clinic,
        ListingWithdrawn(
            listing_id=UUID(listing_id), organization_id=UUID(organization_id), region_code="QZZ"
        ),
    )


async def _tell(clinic: Clinic, data: ListingPublished | ListingWithdrawn) -> None:
    event = told(data, next(_NUMBERS), topic=DIRECTORY.name, stream="QZZ")
    async with worker_of(clinic) as worker, worker.transaction() as connection:
        await ReferralProjection().apply(connection, [event])


async def provider_of(clinic: Clinic, organization_id: str) -> str:
    """Make a member of a listing's organisation."""
    member = f"provider {organization_id}"
    key = member_key(MEMBER_KEY_SECRET, clinic.issuer.url, member)
    grant = Grant(uuid4(), key, "provider", "organization", organization_id)
    await store_membership(clinic.owner, grant)
    return member


async def sent_on(clinic: Clinic, *, member: str = MANAGER, **changes: Any) -> dict[str, Any]:
    """Refer somebody and send them on to a listing of its own."""
    listing_id, organization_id = await publish(clinic)
    referral = await clinic.made(
        "/referrals", a_referral(occurred_at=changes.pop("referred_at", None)), member=MANAGER
    )
    body = {"listing_id": listing_id, "need": "isolation", **changes}
    made = await clinic.made(f"/referrals/{referral['id']}/onward-referrals", body, member=member)
    return {**made, "organization_id": organization_id}


async def step(
    clinic: Clinic, onward: Mapping[str, Any], name: str, *, member: str = MANAGER, **more: Any
) -> Any:
    """Take a step on the version that was seen last."""
    return await clinic.made(
        f"/onward-referrals/{onward['id']}/steps",
        {"step": name, **more},
        member=member,
        If_Match=f'"{onward["version"]}"',
    )


async def fire(clinic: Clinic) -> int:
    """Fire what is due, until nothing is."""
    fired = 0
    async with worker_of(clinic) as worker:
        while True:
            now = await fire_due(worker, HANDLERS, "ordinary")
            fired += now
            if now == 0:
                return fired
