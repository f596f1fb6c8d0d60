"""Who holds what at one organisation is found there, however many members a region has."""

import json
from typing import Any

import pytest

from chassis.database import Database
from chassis.sql import Queries

pytestmark = pytest.mark.postgres

MEMBERS = 40_000
PCNS = 1_250
FILL = """
    insert into access_membership
    select
        gen_random_uuid(), 'plan-' || n, (array['link-worker', 'pcn-manager'])[1 + n % 2],
        'pcn', 'U' || lpad((n % $2)::text, 5, '0')
    from generate_series(1, $1) as n
"""
ASKED: dict[str, list[Any]] = {
    "list_workers_of_network": ["U00007", ["link-worker"]],
    "list_supervised_members": ["U00007", ["link-worker"], ["care-navigator"], 500],
}


@pytest.mark.parametrize("name", ASKED)
async def test_members_of_one_organisation_are_read_by_index(
    worker_database: Database, name: str
) -> None:
    statement = Queries("services.referral")[name]
    async with worker_database.transaction() as connection:
        await connection.execute(FILL, MEMBERS, PCNS)
        await connection.execute("set local plan_cache_mode = force_generic_plan")
        text = await connection.fetchval(f"explain (format json) {statement}", *ASKED[name])
        # Other tests share the database.
        await connection.execute("delete from access_membership where member_key like 'plan-%'")

    scanned = list(_scans(json.loads(text)[0]["Plan"]))
    assert ("Seq Scan", "access_membership") not in scanned
    assert any(table == "access_membership" for _, table in scanned), scanned


def _scans(plan: dict[str, Any]) -> Any:
    if "Relation Name" in plan:
        yield plan["Node Type"], plan["Relation Name"]
    for inner in plan.get("Plans", ()):
        yield from _scans(inner)
