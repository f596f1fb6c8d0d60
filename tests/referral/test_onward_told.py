"""What is told of onward referrals rebuilds them, and what the directory tells reaches each of them."""

import asyncio
from random import Random
from typing import Any
from uuid import UUID, uuid4

import pytest

from chassis.stream import EventRefused
from contracts.directory.v1 import ListingHidden, ListingPublished, ListingWithdrawn
from contracts.topics import DIRECTORY
from services.referral.consumers import ReferralProjection
from tests.referral.onward_trial import days_ago, fire, publish, sent_on, withdraw, worker_of
from tests.referral.test_consumers import told
from tests.referral.trial import Clinic, a_referral

pytestmark = pytest.mark.postgres

STEPS: tuple[dict[str, Any], ...] = (
    {"step": "accepted"},
    {"step": "full-until", "full_until": "2030-01-01"},
    {"step": "refused", "reason": "full"},
    {"step": "started"},
    {"step": "did-not-come"},
    {"step": "could-not-reach"},
    {"step": "passed-on", "passed_to": "person"},
    {"step": "passed-on", "passed_to": "provider"},
    {"step": "unreachable"},
    {"step": "declined"},
    {"step": "attended"},
    {"step": "withdrawn", "reason": "entered-in-error"},
)
Known = tuple[str, str | None, str | None]  # stage, holder, ending


def fold(known: Known | None, type_: str, data: dict[str, Any]) -> Known:
    """What a reader of the events knows, who has read nothing but their descriptions."""
    name = type_.removeprefix("waymark.onward-referral-").removesuffix(".v1")
    match name:
        case "drafted":
            return "draft", "worker", None
        case "sent":
            return "sent", "provider", None
        case "started":
            return "started", "person", None
        case "attended":
            return "ended", None, "attended"
        case "ended":
            return "ended", None, data["ending"]
        case "listing-gone":
            return data["stage"], "worker", None
        case "answered":
            return data["stage"], data["holder"], data["ending"]
        case "passed-on" | "nudge-due" | "listing-back":
            return data["stage"], data["holder"], None
        case _:
            raise AssertionError((name, known))


@pytest.mark.parametrize("seed", range(12))
async def test_the_events_alone_rebuild_who_has_the_ball_at_every_point(
    clinic: Clinic, seed: int
) -> None:
    random = Random(seed)
    made = await sent_on(
        clinic,
        draft=seed % 3 == 0,
        occurred_at=days_ago(90),
        referred_at=days_ago(95),
    )
    path = f"/onward-referrals/{made['id']}"
    points: dict[int, Known] = {}

    async def stand() -> None:
        row = await clinic.one("onward_referral", made["id"])
        stage = row["stage"] if row["ending"] is None else "ended"
        points[row["version"]] = (stage, row["holder"], row["ending"])
        assert (row["holder"] is None) is (row["ending"] is not None)

    await stand()
    steps = [random.choice(STEPS) for _ in range(8)]
    if seed % 3 == 0:
        steps.insert(0, {"step": "sent"})
    for body in steps:
        version = max(points)
        await clinic.post(f"{path}/steps", body, If_Match=f'"{version}"')
        await stand()
        if random.random() < 0.4:
            await fire(clinic)
            await stand()

    known: Known | None = None
    events = [
        event
        for event in await clinic.events(f"episode/{made['episode_id']}")
        if event["data"].get("onward_referral_id") == made["id"]
    ]
    assert len(events) == max(points)
    for version, event in enumerate(events, start=1):
        known = fold(known, event["type"], event["data"])
        if version in points:
            assert known == points[version], (version, event["type"])


GONE = {
    "withdrawn": lambda names: ListingWithdrawn(**names),
    "hidden": lambda names: ListingHidden(**names, reason="no-longer-runs"),
}


@pytest.mark.parametrize("how", GONE)
async def test_listings_told_again_or_out_of_order_leave_the_latest_word(
    clinic: Clinic, how: str
) -> None:
    listing_id, organization_id = uuid4(), uuid4()
    names = {"listing_id": listing_id, "organization_id": organization_id, "region_code": "QZZ"}
    published = told(
        ListingPublished(**names, needs=["money"]), 900_001, topic=DIRECTORY.name, stream="QZZ"
    )
    gone = told(GONE[how](names), 900_002, topic=DIRECTORY.name, stream="QZZ")
    for batch in ([published, gone], [published], [gone, published]):
        async with worker_of(clinic) as worker, worker.transaction() as connection:
            await ReferralProjection().apply(connection, batch)

        row = await clinic.owner.fetchrow(
            "select published, needs, number from known_listing where listing_id = $1", listing_id
        )
        assert row is not None
        assert (row["published"], row["number"]) == (False, 900_002)


async def test_a_region_speaks_for_its_own_listings_only(clinic: Clinic) -> None:
    event = told(
        ListingPublished(
            listing_id=uuid4(), organization_id=uuid4(), region_code="QZZ", needs=["money"]
        ),
        1,
        topic=DIRECTORY.name,
        stream="QYY",
    )
    with pytest.raises(EventRefused):
        async with worker_of(clinic) as worker, worker.transaction() as connection:
            await ReferralProjection().apply(connection, [event])


async def test_whoever_was_sent_before_a_withdrawal_is_seen_to_and_nobody_is_sent_after(
    clinic: Clinic,
) -> None:
    listing_id, organization_id = await publish(clinic)
    referrals = [await clinic.made("/referrals", a_referral()) for _ in range(12)]
    body = {"listing_id": listing_id, "need": "isolation"}

    *answers, _ = await asyncio.gather(
        *(clinic.post(f"/referrals/{one['id']}/onward-referrals", body) for one in referrals),
        withdraw(clinic, listing_id, organization_id),
    )
    await fire(clinic)

    assert {answer.status_code for answer in answers} <= {201, 409}
    rows = await clinic.owner.fetch(
        "select holder, listing_gone from onward_referral where listing_id = $1", UUID(listing_id)
    )
    assert len(rows) == sum(answer.status_code == 201 for answer in answers)
    assert {(row["holder"], row["listing_gone"]) for row in rows} <= {("worker", True)}
    late = await clinic.post(f"/referrals/{referrals[0]['id']}/onward-referrals", body)
    assert late.status_code == 409
