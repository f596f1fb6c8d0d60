"""A hundred thousand onward referrals of one network: what a request waits for is read by index."""

from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import asyncpg
import pytest

from chassis.provisioning import Provisioned
from chassis.sql import Queries

pytestmark = pytest.mark.postgres

QUERIES = Queries("services.referral")
ROWS = 100_000
NOW = datetime.now(UTC)
LEDGER: dict[str, list[Any]] = {
    "count_open_loops": ["U99001", [NOW - timedelta(days=days) for days in (56, 28, 14, 7)]],
    "count_ended_loops": ["U99001", NOW - timedelta(days=91)],
    "list_open_loops": ["U99001", None, None, None, None, 101],
    "list_silent_loops": ["U99001", None, None, None, 101],
}
AFTER: dict[str, list[Any]] = {
    "list_open_loops": ["U99001", NOW - timedelta(days=60), uuid4(), "person", None, 101],
    "list_silent_loops": ["U99001", NOW - timedelta(days=60), uuid4(), "provider", 101],
    "list_onward_referrals_of_episode": [uuid4(), None, 101],
    "list_onward_referrals_of_provider": [[uuid4()], None, True, 101],
    "view_onward_referral": [uuid4()],
    "list_steps_of_onward_referral": [uuid4(), 200],
    "load_onward_referral": [uuid4()],
    "lock_episode_of_onward_referral": [uuid4()],
    "list_open_onward_referrals_of_episode": [uuid4()],
    "list_open_of_changed_listings": [[uuid4()]],
}


@pytest.fixture
async def api(
    make_database: Callable[[str], Awaitable[Provisioned]], postgres_server: str
) -> AsyncIterator["asyncpg.Connection[asyncpg.Record]"]:
    database = await make_database("referral")
    name = database.owner_url.rpartition("/")[2]
    owner = await asyncpg.connect(f"{postgres_server.rpartition('/')[0]}/{name}")
    try:
        await fill(owner)
    finally:
        await owner.close()
    api = await asyncpg.connect(database.api_url)
    await api.execute("select set_config('app.organisations', 'U99001', false)")
    yield api
    await api.close()


async def fill(owner: "asyncpg.Connection[asyncpg.Record]") -> None:
    """Two of five have ended; of the open ones a third is silent."""
    await owner.execute("set session_replication_role = replica")
    await owner.execute(
        """
        insert into onward_referral
        select
            gen_random_uuid(), case when n % 20 = 0 then 'U99002' else 'U99001' end, 'Y99001', uuidv7(),
            uuidv7(), uuidv7(), gen_random_uuid(), gen_random_uuid(), 'isolation', false, null, uuidv7(), 'sent',
            case when n % 5 < 2 then null when n % 3 = 0 then 'worker' when n % 7 < 3 then 'person'
                else 'provider' end,
            now() - make_interval(hours => n % 2000), 0,
            case when n % 5 >= 2 and n % 3 = 0 then 'provider' end, false, null, false,
            case when n % 5 < 2 then 'attended' end, null,
            case when n % 5 < 2 then now() - make_interval(hours => n % 9000) end,
            now() - make_interval(hours => n % 3000), now() - make_interval(hours => n % 3000),
            null, 1, 'live', now()
        from generate_series(1, $1::integer) as n
        """,
        ROWS,
    )
    await owner.execute("analyze onward_referral")
    await owner.execute("vacuum onward_referral")


async def test_the_ledger_is_counted_from_its_index_and_nothing_reads_a_whole_table(
    api: "asyncpg.Connection[asyncpg.Record]",
) -> None:
    await api.execute("set plan_cache_mode = force_generic_plan")
    for name, values in AFTER.items():
        found = await api.fetch(f"explain {QUERIES[name]}", *values)
        plan = "\n".join(row[0] for row in found)
        assert "Seq Scan on onward_referral" not in plan, (name, plan)
        assert "Seq Scan on onward_step" not in plan, (name, plan)
        assert "Seq Scan on episode" not in plan, (name, plan)
    await api.execute("reset plan_cache_mode")
    for name, values in LEDGER.items():
        found = await api.fetch(f"explain {QUERIES[name]}", *values)
        plan = "\n".join(row[0] for row in found)
        assert "Seq Scan" not in plan, (name, plan)
        assert name.startswith("list") or "Index Only Scan" in plan, (name, plan)
