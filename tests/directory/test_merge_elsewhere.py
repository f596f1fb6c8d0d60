"""What the directory's register tells of moves is what the referral service moves people by."""

import json
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import pytest

from chassis.access.register import RegisterFold, find_organisation
from chassis.database import Database
from chassis.provisioning import Provisioned
from chassis.stream import Event
from contracts.topics import DIRECTORY
from services.referral.consumers import ReferralProjection
from services.referral.use_cases.practice_moves import note_practice_moves
from tests.chassis.events import opened
from tests.directory.trial import Office

pytestmark = pytest.mark.postgres


@pytest.fixture
async def referral(
    make_database: Callable[[str], Awaitable[Provisioned]],
) -> AsyncIterator[Database]:
    """The database of the referral service, as its worker sees it."""
    async with opened(await make_database("referral"), "worker") as database:
        yield database


async def tell(office: Office, referral: Database, *, at_once: int) -> None:
    """Give the referral service the register as it stands in the outbox, so many events at once."""
    readers = ReferralProjection().readers
    rows = [row for row in await office.events() if row["stream"] == "register"]
    told = [
        _event(number, row) for number, row in enumerate(rows, start=1) if row["type"] in readers
    ]
    for first in range(0, len(told), at_once):
        batch = told[first : first + at_once]
        async with referral.transaction() as connection:
            await note_practice_moves(connection, [(event.type, event.data) for event in batch])
            await RegisterFold().apply(connection, batch)


def _event(number: int, row: dict[str, Any]) -> Event:
    reader = ReferralProjection().readers[row["type"]]
    (read,) = reader.validate_json(b"[" + json.dumps(row["data"]).encode() + b"]")
    return Event(
        topic=DIRECTORY.name,
        stream="register",
        number=number,
        epoch=1,
        event_id=row["event_id"],
        type=row["type"],
        subject=row["subject"],
        related_subjects=(),
        aggregate_version=row["aggregate_version"],
        occurred_at=row["occurred_at"],
        recorded_at=row["recorded_at"],
        origin=row["origin"],
        correlation_id=None,
        causation_id=None,
        traceparent=None,
        data=read,
    )


async def _moves(referral: Database) -> list[tuple[str, str, str]]:
    async with referral.transaction() as connection:
        rows = await connection.fetch(
            "select practice_code, pcn_code, to_pcn_code from practice_move order by practice_code"
        )
    return [tuple(row) for row in rows]


@pytest.mark.parametrize("at_once", [1, 1_000])
async def test_each_practice_of_a_merged_network_is_moved_once(
    office: Office, referral: Database, at_once: int
) -> None:
    body = {"into_pcn_code": "U99002", "merged_on": "2025-04-01", "memberships": "carried"}
    await office.made("/register/pcns/U99001/merge-into", body)

    await tell(office, referral, at_once=at_once)

    assert await _moves(referral) == [
        ("Y99001", "U99001", "U99002"),
        ("Y99002", "U99001", "U99002"),
    ]
    async with referral.transaction() as connection:
        held = await connection.fetch(
            "select role from access_membership where organisation_code = $1", "U99001"
        )
        carried = await connection.fetch(
            "select role from access_membership where organisation_code = $1", "U99002"
        )
    assert (len(held), len(carried)) == (0, 4)


async def test_a_practice_that_left_is_moved_when_it_joins_another_network(
    office: Office, referral: Database
) -> None:
    await office.post("/register/practices/Y99001/leave", {"until_date": "2025-04-01"})
    await tell(office, referral, at_once=1_000)
    assert await _moves(referral) == []
    async with referral.transaction() as connection:
        known = await find_organisation(connection, "practice", "Y99001")
    assert known is not None
    assert known.pcn_code == "U99001"

    await office.post(
        "/register/practices",
        {"practice_code": "Y99001", "pcn_code": "U99002", "name": "Y99001 Surgery (synthetic)",
         "from_date": "2025-06-01"},
    )  # fmt: skip
    await tell(office, referral, at_once=1_000)

    assert await _moves(referral) == [("Y99001", "U99001", "U99002")]
