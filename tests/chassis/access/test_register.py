"""The register's events become the access tables, and changes hold within the bound."""

import asyncio
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any
from uuid import UUID, uuid4

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from chassis.access import memberships as memberships_module
from chassis.access.memberships import Memberships
from chassis.access.register import (
    Grant,
    RegisterFold,
    end_membership,
    find_organisation,
    store_membership,
)
from chassis.database import Database
from contracts.register import v1
from tests.chassis.access.trial import fill_register
from tests.waiting import until

pytestmark = pytest.mark.postgres


@dataclass
class Told:
    """One register event as the consumer hands it over."""

    type: str
    data: dict[str, Any] = field(default_factory=dict[str, Any])


def _granted(membership_id: UUID, key: str = "ab" * 16, role: str = "referrer") -> Told:
    return Told(v1.MembershipGranted.type, {
        "membership_id": membership_id, "member_key": key, "role": role,
        "organisation_kind": "practice", "organisation_code": "Y99001", "granted_by": key,
    })  # fmt: skip


def _ended(membership_id: UUID) -> Told:
    return Told(v1.MembershipEnded.type, {"membership_id": membership_id})


async def test_the_fold_tells_organisations_and_memberships(worker_database: Database) -> None:
    membership_id, key = uuid4(), uuid4().hex
    events = [
        Told(v1.RegionRegistered.type, {"region_code": "QZZ", "name": "Wayford"}),
        Told(v1.PcnRegistered.type, {"pcn_code": "U99001", "region_code": "QZZ", "name": "One"}),
        Told(v1.PracticeRegistered.type, {"practice_code": "Y99001", "pcn_code": "U99001", "name": "P", "from_date": None}),
        Told(v1.PopulationRecorded.type, {"pcn_code": "U99001"}),
        _granted(membership_id, key),
    ]  # fmt: skip

    async with worker_database.transaction() as connection:
        await RegisterFold().apply(connection, events)

    async with worker_database.transaction() as connection:
        practice = await find_organisation(connection, "practice", "Y99001")
        pcn = await find_organisation(connection, "pcn", "U99001")
    assert practice is not None
    assert practice.pcn_code == "U99001"
    assert pcn is not None
    assert pcn.region_code == "QZZ"
    held = await Memberships(worker_database).of_member(key)
    assert [(one.role, one.organisation_code) for one in held] == [("referrer", "Y99001")]


async def test_an_organisation_that_refers_is_known_with_what_it_is(
    worker_database: Database,
) -> None:
    told = {
        "organisation_code": "RX9",
        "referrer_kind": "hospital",
        "region_code": "QZZ",
        "name": "Wayford Infirmary (synthetic)",
    }
    async with worker_database.transaction() as connection:
        await RegisterFold().apply(
            connection, [Told(v1.ReferringOrganisationRegistered.type, told)]
        )
        found = await find_organisation(connection, "organization", "RX9")

    assert found is not None
    assert (found.region_code, found.pcn_code, found.referrer_kind) == ("QZZ", None, "hospital")


@settings(
    max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    steps=st.lists(st.tuples(st.integers(0, 3), st.booleans()), max_size=12),
    cuts=st.sets(st.integers(1, 11)),
)
async def test_the_tables_are_the_same_however_the_events_are_batched(
    worker_database: Database, steps: list[tuple[int, bool]], cuts: set[int]
) -> None:
    ids = [uuid4() for _ in range(4)]
    key = uuid4().hex
    expected: set[UUID] = set()
    events: list[Told] = []
    for which, is_grant in steps:
        events.append(_granted(ids[which], key) if is_grant else _ended(ids[which]))
        (expected.add if is_grant else expected.discard)(ids[which])

    bounds = [0, *sorted(cut for cut in cuts if cut < len(events)), len(events)]
    for first, last in pairwise(bounds):
        async with worker_database.transaction() as connection:
            await RegisterFold().apply(connection, events[first:last])

    held = await Memberships(worker_database).of_member(key)
    assert {one.membership_id for one in held} == expected


async def test_events_that_change_nothing_here_forget_nothing(worker_database: Database) -> None:
    async with worker_database.transaction() as connection:
        before = await connection.fetchval("select version from access_version")
        await RegisterFold().apply(connection, [Told(v1.PopulationRecorded.type)])
        after = await connection.fetchval("select version from access_version")

    assert after == before


async def test_a_membership_that_ends_ends_here_within_the_bound(
    worker_database: Database, api_database: Database
) -> None:
    memory = Memberships(api_database, staleness_seconds=0.2)
    granted = Grant(uuid4(), "cd" * 16, "referrer", "practice", "Y99001")
    async with worker_database.transaction() as connection:
        await store_membership(connection, granted)
    assert await memory.of_member(granted.member_key)

    async with worker_database.transaction() as connection:
        await end_membership(connection, granted.membership_id)

    async def is_gone() -> bool:
        return not await memory.of_member(granted.member_key)

    await until(is_gone, what="the membership ends")
    assert memberships_module.STALENESS_SECONDS_MAX <= 1.0


async def test_a_role_that_changes_changes_here_within_the_bound(
    worker_database: Database, api_database: Database
) -> None:
    memory = Memberships(api_database, staleness_seconds=0.2)
    before, after, key = uuid4(), uuid4(), uuid4().hex
    async with worker_database.transaction() as connection:
        await RegisterFold().apply(connection, [_granted(before, key, "referrer")])
    assert [one.role for one in await memory.of_member(key)] == ["referrer"]

    changed = _granted(after, key, "care-navigator")
    changed.data["replaces_membership_id"] = before
    async with worker_database.transaction() as connection:
        await RegisterFold().apply(connection, [_ended(before), changed])

    async def is_another() -> bool:
        return [one.role for one in await memory.of_member(key)] == ["care-navigator"]

    await until(is_another, what="the role changes")


async def test_a_practice_that_leaves_stays_where_it_is_known_until_it_joins_another(
    worker_database: Database,
) -> None:
    joined = {"practice_code": "Y99001", "pcn_code": "U99001", "name": "P", "from_date": None}
    left = {"practice_code": "Y99001", "pcn_code": "U99001", "until_date": None}
    async with worker_database.transaction() as connection:
        await RegisterFold().apply(
            connection, [Told(v1.PracticeRegistered.type, joined), Told(v1.PracticeLeft.type, left)]
        )
        found = await find_organisation(connection, "practice", "Y99001")

    assert found is not None
    assert found.pcn_code == "U99001"


async def test_while_nothing_changes_a_member_costs_no_query(
    worker_database: Database, api_database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with worker_database.transaction() as connection:
        await fill_register(connection)
    memory = Memberships(api_database, staleness_seconds=60)
    await memory.of_member("ef" * 16)
    await memory.pcns_of_region("QZZ")

    def refuse(**_: object) -> None:
        raise AssertionError("a query was made")

    monkeypatch.setattr(api_database, "transaction", refuse)
    assert await memory.of_member("ef" * 16) == ()
    assert await memory.pcns_of_region("QZZ") == ("U99001", "U99002")
    assert await memory.pcns_of_region("QXX") == ()


async def test_many_requests_at_once_look_once(
    api_database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    memory = Memberships(api_database)
    asked = 0
    transaction = api_database.transaction

    def counted(**given: Any) -> Any:
        nonlocal asked
        asked += 1
        return transaction(**given)

    monkeypatch.setattr(api_database, "transaction", counted)
    await asyncio.gather(*(memory._check() for _ in range(50)))

    assert asked == 1


async def test_the_api_role_cannot_grant_itself_anything(api_database: Database) -> None:
    import asyncpg

    granted = Grant(uuid4(), "cd" * 16, "registrar", "region", "QZZ")
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        async with api_database.transaction() as connection:
            await store_membership(connection, granted)
