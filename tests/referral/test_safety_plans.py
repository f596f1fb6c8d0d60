"""Alarms and roles are found by index, however many there have ever been."""

from collections.abc import Awaitable, Callable
from typing import Any
from uuid import uuid4

import asyncpg
import pytest

from chassis.provisioning import Provisioned
from chassis.sql import Queries

QUERIES = Queries("services.referral")


@pytest.mark.postgres
async def test_the_few_open_alarms_are_found_among_many_closed_ones(
    make_database: Callable[[str], Awaitable[Provisioned]], postgres_server: str
) -> None:
    database = await make_database("referral")
    name = database.owner_url.rpartition("/")[2]
    owner = await asyncpg.connect(f"{postgres_server.rpartition('/')[0]}/{name}")
    api = await asyncpg.connect(database.api_url)
    try:
        await owner.execute(
            """
            insert into alarm (
                id, pcn_code, kind, dangers, episode_id, raised_at, recorded_at, status, level,
                acknowledged_at, closed_at, origin, version
            )
            select
                uuidv7(), 'U9900' || n % 3, 'danger-named', '{abuse}', uuidv7(), now(), now(),
                'closed', 0, now(), now(), 'live', 3
            from generate_series(1, 30000) as n
            """
        )
        await owner.execute(
            "insert into safeguarding_lead values ('U99001', 1, uuidv7()), ('U99002', 1, uuidv7())"
        )
        await owner.execute("analyze alarm, safeguarding_lead")
        await api.execute("set plan_cache_mode = force_generic_plan")
        await api.execute("select set_config('app.organisations', 'U99001', false)")
        asked: dict[str, list[Any]] = {
            "list_alarms": [["U99001"], None, 101],
            "list_all_alarms": [["U99001"], None, 101],
            "lock_alarm": [uuid4()],
        }
        for query, values in asked.items():
            found = await api.fetch(f"explain {QUERIES[query]}", *values)
            plan = "\n".join(row[0] for row in found)
            assert "Seq Scan on alarm" not in plan, (query, plan)
    finally:
        await owner.close()
        await api.close()
