"""What people are referred for: counted once from the events, shown to those who may see it."""

from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import pytest

from chassis.stream.events import Event, EventRefused
from contracts.reading import reader_for
from contracts.referral.v1 import ReferralCreated
from services.directory.consumers import ReferredNeeds
from tests.directory.trial import (
    ANALYST,
    FOREIGN_ANALYST,
    FOREIGN_MANAGER,
    MANAGER,
    OTHER_MANAGER,
    REGISTRAR,
    WORKER,
    Office,
    fill_foreign_region,
)

pytestmark = pytest.mark.postgres


def _created(
    number: int = 1,
    *,
    stream: str = "U99001",
    pcn_code: str = "U99001",
    needs: list[str] | None = None,
    occurred_at: datetime | None = None,
) -> Event:
    data = {
        "referral_id": str(uuid4()),
        "episode_id": str(uuid4()),
        "person_id": str(uuid4()),
        "pcn_code": pcn_code,
        "practice_code": "Y99001",
        "referrer_code": "Y99001",
        "route": "general-practice",
        "needs": needs or ["isolation"],
        "urgency": "routine",
        "opened_episode": True,
        "age_band": "60-74",
        "sex": "female",
        "ethnicity_category": "A",
        "deprivation_decile": 3,
        "language": "en",
        "messages_consented": False,
        "safe_channel": "none",
    }
    (read,) = reader_for(ReferralCreated).validate_python([data], strict=False)
    at = occurred_at or datetime(2026, 6, 3, 9, tzinfo=UTC)
    return Event(
        topic="referral.events.v1",
        stream=stream,
        number=number,
        epoch=1,
        event_id=uuid4(),
        type=ReferralCreated.type,
        subject=f"episode/{data['episode_id']}",
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


async def _apply(office: Office, events: list[Event]) -> None:
    async with office.worker.transaction() as connection:
        await ReferredNeeds().apply(connection, events)


async def test_each_need_of_each_referral_counts_once_in_its_month(office: Office) -> None:
    events = [
        _created(1, needs=["isolation", "money"]),
        _created(2, needs=["isolation"]),
        # Two needs that are unknown here arrive as one word, and are one need of one referral.
        _created(3, needs=["astrology", "alchemy"]),
        # Half an hour into June where people live, though still May by the clock of the machine.
        _created(4, needs=["housing"], occurred_at=datetime(2026, 5, 31, 23, 30, tzinfo=UTC)),
        _created(5, needs=["housing"], occurred_at=datetime(2026, 5, 31, 22, 30, tzinfo=UTC)),
        _created(1, stream="U99002", pcn_code="U99002", needs=["work"]),
    ]

    await _apply(office, events[:2])
    await _apply(office, events[2:])

    counted = {
        (row["stream"], f"{row['month']:%Y-%m}", row["need"]): row["referrals"]
        for row in await office.rows("referred_need")
    }
    assert counted == {
        ("U99001", "2026-06", "isolation"): 2,
        ("U99001", "2026-06", "money"): 1,
        ("U99001", "2026-06", "other"): 1,
        ("U99001", "2026-06", "housing"): 1,
        ("U99001", "2026-05", "housing"): 1,
        ("U99002", "2026-06", "work"): 1,
    }


async def test_an_event_that_speaks_for_another_network_is_refused(office: Office) -> None:
    with pytest.raises(EventRefused):
        await _apply(office, [_created(stream="U99002", pcn_code="U99001")])

    assert await office.rows("referred_need") == []


async def test_managers_see_figures_and_analysts_controlled_ones(office: Office) -> None:
    await fill_foreign_region(office)
    events = [_created(number, needs=["isolation"]) for number in range(1, 14)]
    events += [_created(number, needs=["money"]) for number in range(14, 21)]
    await _apply(office, events)

    exact = await office.found("/pcns/U99001/needs", member=MANAGER)
    controlled = await office.found("/pcns/U99001/needs", member=ANALYST)

    assert exact["exact"] is True
    assert exact["items"] == [
        {
            "month": "2026-06",
            "needs": [
                {"need": "isolation", "referrals": 13},
                {"need": "money", "referrals": 7},
            ],
        }
    ]
    assert controlled["exact"] is False
    assert [need["referrals"] for need in controlled["items"][0]["needs"]] == [15, "*"]
    random = await office.get("/pcns/U98765/needs", member=MANAGER)
    for member in (OTHER_MANAGER, FOREIGN_MANAGER, FOREIGN_ANALYST):
        foreign = await office.get("/pcns/U99001/needs", member=member)
        assert (foreign.status_code, len(foreign.content)) == (404, len(random.content))
    for member in (WORKER, REGISTRAR, "service reporting"):
        assert (await office.get("/pcns/U99001/needs", member=member)).status_code == 403
