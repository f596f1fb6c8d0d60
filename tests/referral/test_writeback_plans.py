"""What the end of support and write-back wait for is read by index, however much went before."""

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import asyncpg
import pytest

from chassis.provisioning import Provisioned
from chassis.sql import Queries

QUERIES = Queries("services.referral")
KNOWN = (
    "writeback_item",
    "message_back",
    "referral",
    "referral_status",
    "contact",
    "episode",
    "person",
)


@pytest.mark.postgres
async def test_a_long_history_of_items_is_read_by_index(
    make_database: Callable[[str], Awaitable[Provisioned]], postgres_server: str
) -> None:
    database = await make_database("referral")
    name = database.owner_url.rpartition("/")[2]
    owner = await asyncpg.connect(f"{postgres_server.rpartition('/')[0]}/{name}")
    worker = await asyncpg.connect(database.worker_url)
    api = await asyncpg.connect(database.api_url)
    try:
        await owner.execute(_HISTORY)
        await owner.execute("analyze")
        await api.execute("select set_config('app.organisations', 'U99001', false)")
        some, now = [uuid4()], datetime.now(UTC)
        by_worker: dict[str, list[Any]] = {
            "lock_writeback_items": [some],
            "settle_writeback_items": [some, ["sent"], [2], [None], [60.0], [True], now],
            "claim_writeback_items": [30.0, 8],
            "read_deliveries": [some],
            "count_handed_over": ["Y99001"],
            "list_acknowledged_items": ["Y99001", now, None, 500],
            "send_items_again": ["Y99001", 60.0, now, ["sent"], 200],
            "observe_writeback": [],
        }
        by_api: dict[str, list[Any]] = {
            "read_coding_facts": [some, ["not-wanted"]],
            "list_standing_codes": [some],
            "list_writeback_items": [["U99001"], "failed", None, 51],
            "load_referrals_of_episode": [some[0]],
            "count_for_closing": [some[0]],
            "list_goals_for_message": [some[0], 100],
            "list_onward_for_message": [some[0], 100],
            "list_measures_for_message": [some[0], 100],
            "read_plan_for_message": [some[0]],
            "list_messages_back": [some[0], None, 50],
            "read_person_for_message": [some[0]],
            "list_referrals_for_message": [some[0]],
        }
        for connection, asked in ((worker, by_worker), (api, by_api)):
            await connection.execute("set plan_cache_mode = force_generic_plan")
            for query, values in asked.items():
                found = await connection.fetch(f"explain {QUERIES[query]}", *values)
                plan = "\n".join(row[0] for row in found)
                for table in KNOWN:
                    assert f"Seq Scan on {table} " not in plan, f"{query}\n{plan}"
    finally:
        await owner.close()
        await worker.close()
        await api.close()


# 300 practices of ten networks, of whose items one in a hundred still has something to come.
_HISTORY = """
insert into person (
    id, pcn_code, practice_code, given_name, family_name, birth_date, sex, language,
    messages_consented, safe_channel, version, recorded_at
)
select
    uuidv7(), 'U9900' || n % 10, 'Y' || 10000 + n % 300, 'Ada', 'Example', date '1951-04-12',
    'female', 'en', false, 'none', 1, now()
from generate_series(1, 30000) as n;
insert into episode
select uuidv7(), pcn_code, id, now(), null, null, 1, 0, 1 from person;
insert into referral (
    id, pcn_code, practice_code, referrer_code, episode_id, person_id, route, urgency, needs,
    messages_consented, safe_channel, opened_episode, status, version, event_id, origin,
    occurred_at, recorded_at
)
select
    uuidv7(), pcn_code, 'Y10001', 'Y10001', id, person_id, 'general-practice', 'routine',
    array['money'], false, 'none', true, 'accepted', 2, uuidv7(), 'live', now(), now()
from episode;
insert into referral_status
select
    uuidv7(), pcn_code, practice_code, id, 'received', 'accepted', null, 'live', now(), now()
from referral;
insert into contact (
    id, pcn_code, practice_code, referral_id, episode_id, role, mode, number, place, origin,
    occurred_at, recorded_at
)
select
    uuidv7(), pcn_code, practice_code, id, episode_id, 'link-worker', 'phone', 1, 1, 'live',
    now(), now()
from referral;
insert into closing (
    id, pcn_code, practice_code, episode_id, referral_id, number, outcome, what_next,
    contacts_made, days_open, goals_set, goals_met, goals_dropped, loops_withdrawn, loops_kept,
    event_id, origin, occurred_at, recorded_at
)
select
    uuidv7(), pcn_code, practice_code, episode_id, id, 1, 'goals-met', 'other', 1, 1, 0, 0, 0, 0,
    0, uuidv7(), 'live', now(), now()
from referral;
insert into message_back
select
    uuidv7(), pcn_code, episode_id, id, 'practice', practice_code, 'message-back/1', '{}',
    repeat('0', 64), now()
from closing;
insert into writeback_item (
    id, pcn_code, practice_code, kind, code, referral_id, episode_id, person_id, state, version,
    origin, occurred_at, requested_at, due_at, sent_at, handed_at
)
select
    uuidv7(), pcn_code, 'Y' || 10000 + n % 300, 'code', '871731000000106', id, episode_id,
    person_id, case when n % 100 = 0 then 'requested' else 'reconciled' end, 4, 'live', now(),
    now(), case when n % 100 = 0 then now() end, case when n % 100 > 0 then now() end,
    case when n % 100 > 0 then now() end
from (select *, row_number() over () as n from referral) as numbered;
"""
