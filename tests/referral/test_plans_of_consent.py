"""Consents, risk flags, measures and supervision are read by index, however many there are."""

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
    "consent",
    "consent_holder",
    "consent_step",
    "risk_flag",
    "risk_flag_step",
    "measure",
    "measure_superseded",
    "entitlement",
    "entitlement_record",
    "person",
    "person_merge",
    "episode",
)
FILL = """
    set session_replication_role = replica; -- what hangs on nothing is enough to be looked for
    insert into person (
        id, pcn_code, practice_code, given_name, family_name, birth_date, sex, language,
        messages_consented, safe_channel, version, recorded_at
    )
    select
        uuidv7(), 'U9900' || n % 3, 'Y99001', 'Ada', 'Example', '1951-04-12', 'female', 'en', false,
        'none', 1, now()
    from generate_series(1, 12000) as n;
    insert into episode
    select uuidv7(), pcn_code, id, now(), null, null, 1, 0, 1 from person;
    insert into person_merge
    select
        uuidv7(), pcn_code, id, uuidv7(), 'duplicate-record', null, '{}', '{}', 1, uuidv7(), now(),
        now(), null
    from person;
    insert into consent
    select
        uuidv7(), pcn_code, id, 'organization', uuidv7()::text, 'onward-referral', '{needs}', null,
        now(), 'given', null, 1
    from person;
    insert into consent_holder
    select id, 'organization', recipient_id, pcn_code, '{needs}', now(), now(), null, null, null
    from consent;
    insert into consent_step
    select
        uuidv7(), pcn_code, id, 1, 'given', '{needs}', null, 'spoken', null, null, null, null,
        'seed', uuidv7(), now(), now()
    from consent;
    insert into risk_flag
    select
        uuidv7(), pcn_code, id, 'animal', null, null, now(),
        date '2026-01-01' + (row_number() over ())::integer % 400, null, null, null, 'seed', now(), 1
    from person;
    insert into risk_flag_step
    select
        uuidv7(), pcn_code, id, 1, 'raised', review_by, null, null, null, 'seed', uuidv7(), now(),
        now()
    from risk_flag;
    insert into measure
    select
        uuidv7(), pcn_code, 'Y99001', uuidv7(), id, 'ons4', 1, 'baseline', null, 'person', '{}',
        '[]', '[]', false, null, null, 'seed', now(), now(), 2, 1, null
    from episode;
    insert into measure_superseded
    select
        id, 1, pcn_code, 'person', '{}', '[]', false, null, now(), 'mistyped', false, now(), null
    from measure;
    insert into entitlement
    select uuidv7(), pcn_code, uuidv7(), 'supervision', 'clinical', now(), now(), 1 from person;
    insert into entitlement_record
    select
        uuidv7(), pcn_code, worker_id, id, kind, what, 60, null, null, 'seed', uuidv7(), now(), now()
    from entitlement;
    analyze;
"""


@pytest.mark.postgres
async def test_what_is_kept_of_many_people_and_workers_is_read_by_index(
    make_database: Callable[[str], Awaitable[Provisioned]], postgres_server: str
) -> None:
    database = await make_database("referral")
    name = database.owner_url.rpartition("/")[2]
    owner = await asyncpg.connect(f"{postgres_server.rpartition('/')[0]}/{name}")
    api = await asyncpg.connect(database.api_url)
    one, some = uuid4(), [uuid4()]
    asked: dict[str, list[Any]] = {
        "lock_person_record": [one],
        "whose_person": [one],
        "share_lock_consents": [some, "organization", str(one), "onward-referral"],
        "find_consent": [one],
        "lock_consent": [one],
        "lock_consent_for": [one, "organization", str(one), "onward-referral"],
        "load_consent_holders": [one],
        "consent_taken_back_at": [one],
        "list_consents_of_person": [one, one, 51],
        "list_steps_of_consent": [one, 51],
        "when_person_took_back": [some],
        "list_consents_held": [["organization"], [str(one)], True, one, 51],
        "list_active_risk_flags": [one],
        "has_risk_flag": [one, "animal"],
        "list_risk_flags_of_person": [one, one, 51],
        "list_steps_of_risk_flag": [one, 51],
        "list_risk_flags_to_review": ["U99001", date(2026, 1, 20), date(2026, 1, 2), one, 51],
        "lock_episode_of_measure": [one],
        "load_measures_of_episode": [one],
        "list_measures_of_episode": [one, 1, 51],
        "view_measure": [one],
        "whose_measure": [one],
        "list_versions_of_measure": [one, 51],
        "lock_entitlement_of_worker": ["U99001", one, "supervision", "clinical"],
        "list_entitlements_of_network": ["U99001", some],
        "list_records_of_worker": [["U99001"], one, one, 51],
    }
    try:
        await owner.execute(FILL)
        await api.execute("set plan_cache_mode = force_generic_plan")
        await api.execute("select set_config('app.organisations', 'U99001', false)")
        for query, values in asked.items():
            found = await api.fetch(f"explain {QUERIES[query]}", *values)
            plan = "\n".join(row[0] for row in found)
            for table in TABLES:
                assert f"Seq Scan on {table} " not in f"{plan} ", (query, plan)
        due = await api.fetch(
            QUERIES["list_risk_flags_to_review"], "U99001", date(2026, 1, 20), None, None, 51
        )
        assert len(due) == 51
    finally:
        await owner.close()
        await api.close()
