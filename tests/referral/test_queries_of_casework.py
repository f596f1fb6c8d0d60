"""Contacts, visits and reviews are read by index, however many a network has."""

from collections.abc import Awaitable, Callable
from datetime import date
from typing import Any
from uuid import uuid4

import asyncpg
import pytest

from chassis.provisioning import Provisioned
from chassis.sql import Queries

QUERIES = Queries("services.referral")
TABLES = (
    "contact",
    "contact_superseded",
    "visit",
    "plan_version",
    "review",
    "goal_step",
    "episode",
)
FILL = """
    set session_replication_role = replica; -- what hangs on nothing is enough to be looked for
    insert into episode
    select uuidv7(), 'U9900' || n % 3, uuidv7(), now(), null, null, 1, 2, 3
    from generate_series(1, 50000) as n;
    insert into person (
        id, pcn_code, practice_code, given_name, family_name, birth_date, sex, language,
        messages_consented, safe_channel, version, recorded_at
    )
    select person_id, pcn_code, 'Y99001', 'Ada', 'Example', '1951-04-12', 'female', 'en', false, 'none',
        1, now()
    from episode;
    insert into contact (
        id, pcn_code, practice_code, referral_id, episode_id, role, mode, number, place, origin,
        occurred_at, recorded_at
    )
    select uuidv7(), pcn_code, 'Y99001', uuidv7(), id, 'link-worker', 'phone', n, n, 'seed', now(), now()
    from episode, generate_series(1, 2) as n;
    insert into contact_superseded (
        contact_id, version, pcn_code, practice_code, outcome, mode, role, number, occurred_at,
        reason, voided, superseded_at
    )
    select id, 1, pcn_code, 'Y99001', 'made', 'phone', 'link-worker', 1, now(), 'other', false, now()
    from contact;
    insert into visit (
        id, pcn_code, practice_code, referral_id, episode_id, worker_id, planned_for,
        expected_minutes, status, due_back_at, version, origin, recorded_at
    )
    select
        uuidv7(), pcn_code, 'Y99001', uuidv7(), id, uuidv7(), now(), 60,
        case when n % 100 = 0 then 'under-way' else 'ended' end,
        case when n % 100 = 0 then now() - interval '1 hour' end, 1, 'seed', now()
    from (select id, pcn_code, row_number() over () as n from episode) as numbered;
    insert into review
    select id, pcn_code, 'plan', id, uuidv7(), 'Y99001', date '2026-01-01' + (n % 400)::integer
    from (select id, pcn_code, row_number() over () as n from episode) as numbered;
    insert into plan_version (
        episode_id, version, pcn_code, practice_code, referral_id, what_matters, origin, event_id,
        occurred_at, recorded_at
    )
    select id, 1, pcn_code, 'Y99001', uuidv7(), 'a', 'seed', uuidv7(), now(), now() from episode;
    insert into goal_step (
        goal_id, number, pcn_code, practice_code, episode_id, what, version, origin, occurred_at,
        recorded_at
    )
    select uuidv7(), 1, pcn_code, 'Y99001', id, 'a', 1, 'seed', now(), now() from episode;
    analyze;
"""


@pytest.mark.postgres
async def test_what_hangs_on_many_episodes_is_read_by_index(
    make_database: Callable[[str], Awaitable[Provisioned]], postgres_server: str
) -> None:
    database = await make_database("referral")
    name = database.owner_url.rpartition("/")[2]
    owner = await asyncpg.connect(f"{postgres_server.rpartition('/')[0]}/{name}")
    api = await asyncpg.connect(database.api_url)
    some = [uuid4()]
    asked: dict[str, list[Any]] = {
        "lock_episodes_of_contacts": [some],
        "load_contacts": [some],
        "load_first_contacts": [some],
        "write_corrections": ["[]", "[]", some],
        "list_contacts_of_episode": [uuid4(), 1, 51],
        "list_versions_of_contact": [uuid4(), 1, 51],
        "whose_contact": [uuid4()],
        "lock_episode_of_visit": [uuid4()],
        "view_visit": [uuid4()],
        "list_visits_of_episode": [uuid4(), uuid4(), 51],
        "list_overdue_visits": ["U99001", None, None, 51],
        "load_plan": [uuid4()],
        "list_plan_versions": [uuid4(), 9, 51],
        "find_review": [uuid4()],
        "list_reviews_due": ["U99001", date(2026, 1, 20), None, None, None, 51],
        "load_steps_of_goals": [some],
        "view_copy": [uuid4()],
    }
    try:
        await owner.execute(FILL)
        await api.execute("set plan_cache_mode = force_generic_plan")
        await api.execute("select set_config('app.organisations', 'U99001', false)")
        for query, values in asked.items():
            found = await api.fetch(f"explain {QUERIES[query]}", *values)
            plan = "\n".join(row[0] for row in found)
            for table in TABLES:
                assert f"Seq Scan on {table}" not in plan, (query, plan)
        overdue = await api.fetch(QUERIES["list_overdue_visits"], "U99001", None, None, 51)
        due = await api.fetch(
            QUERIES["list_reviews_due"], "U99001", date(2026, 1, 20), None, None, None, 51
        )
        assert (len(overdue), len(due)) == (51, 51)
    finally:
        await owner.close()
        await api.close()
