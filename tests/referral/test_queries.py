"""What a request waits for is read by index, however many people a network has."""

from collections.abc import Awaitable, Callable
from datetime import date
from typing import Any
from uuid import uuid4

import asyncpg
import pytest

from chassis.provisioning import Provisioned
from chassis.sql import Queries

QUERIES = Queries("services.referral")


@pytest.mark.postgres
async def test_a_network_of_many_people_is_searched_by_index(
    make_database: Callable[[str], Awaitable[Provisioned]], postgres_server: str
) -> None:
    database = await make_database("referral")
    name = database.owner_url.rpartition("/")[2]
    owner = await asyncpg.connect(f"{postgres_server.rpartition('/')[0]}/{name}")
    api = await asyncpg.connect(database.api_url)
    try:
        await owner.execute(
            """
            insert into person
            select
                uuidv7(), 'U9900' || n % 3, 'Y9900' || n % 3, (9990000000 + n)::text, 'Ada',
                'Example', date '1930-01-01' + n % 20000, 'female', 'A', 3, 'en', 'ZZ1 1AA', null,
                null, false, 'none', md5(n::text), 1, now()
            from generate_series(1, 50000) as n
            """
        )
        await owner.execute(
            """
            insert into episode
            select uuidv7(), pcn_code, id, now(), null, null, 1, 0, 1 from person
            """
        )
        await owner.execute("analyze person, episode")
        await api.execute("set plan_cache_mode = force_generic_plan")
        await api.execute("select set_config('app.organisations', 'U99001', false)")
        asked: dict[str, list[Any]] = {
            "lock_people": [
                [uuid4()],
                ["U99001"],
                ["9990000018"],
                ["U99001"],
                ["a"],
                ["U99001"],
                ["b"],
            ],
            "view_person": [uuid4()],
            "view_card": [uuid4()],
            "find_numbered": [["U99001"], "9990000018", 500],
            "find_candidates": [["U99001"], [date(1951, 4, 12)] * 40, date(1951, 4, 12), 500],
            "describe_person": [uuid4()],
            "numbered_beside": [uuid4(), "9990000018"],
            "clear_timers_of_person": [uuid4()],
            "merged_into": [uuid4()],
        }
        some = [uuid4()]
        for query in ("write_contacts", "write_goals"):
            asked[query] = ["[]", "[]", some]
        for query in ("write_statuses", "write_goal_updates"):
            asked[query] = ["[]", "[]", "[]", some, some]
        asked["write_intake"] = ["[]", "[]", "[]", "[]", "[]", some, some, "[]", "[]", None]
        asked["lock_open_episodes"] = [some]
        asked["lock_episodes_of_referrals"] = [some]
        asked["lock_episodes_of_goals"] = [some]
        for query in ("whose_referral", "whose_goal"):
            asked[query] = [uuid4()]
        for query, values in asked.items():
            found = await api.fetch(f"explain {QUERIES[query]}", *values)
            plan = "\n".join(row[0] for row in found)
            assert "Seq Scan on person" not in plan, plan
            assert "Seq Scan on episode" not in plan, plan
        # What a function asks is in no plan of ours: the server counts how it read the table.
        async with api.transaction():
            await api.fetchval(
                QUERIES["is_anyone_known"],
                [1, 2],
                ["U99001", "U99001"],
                ["9990000018", None],
                ["a", "b"],
            )
            read = await api.fetchval(
                "select seq_scan from pg_stat_xact_user_tables where relname = 'person'"
            )
        assert read == 0
    finally:
        await owner.close()
        await api.close()
