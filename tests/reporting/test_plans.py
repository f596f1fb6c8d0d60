"""How figures are found among a year of a region: by index, and in the time a page may take."""

import asyncpg
import pytest

from chassis.database import Connection, Database
from chassis.provisioning import Provisioned
from chassis.sql import Queries
from services.reporting import views
from services.reporting.figures import Period
from services.reporting.gateways import Heads
from services.reporting.views import summary_of_region
from tests.reporting.story import BEGINNING

pytestmark = pytest.mark.postgres

PCNS = 30
REFERRALS = 29_000
YEAR = Period(BEGINNING.date().replace(month=1, day=1), BEGINNING.date().replace(month=12, day=31))
QUERIES = Queries("services.reporting")
EVERY_PCN = [f"U99{number:03}" for number in range(PCNS)]

FILL = f"""
    insert into region_place values ('QZZ', 'Wayford (synthetic)', 1);
    insert into pcn_place
    select 'U99' || lpad(n::text, 3, '0'), '2024-01-01', 'QZZ', 'PCN ' || n || ' (synthetic)', n
    from generate_series(0, {PCNS - 1}) as n;
    create temporary table told as
    select gen_random_uuid() as referral_id, gen_random_uuid() as episode_id,
        gen_random_uuid() as person_id, 'U99' || lpad((n % {PCNS})::text, 3, '0') as stream,
        'Y99' || lpad((n % 160)::text, 3, '0') as practice_code,
        timestamptz '2026-01-01' + n * interval '18 minutes' as at, n
    from generate_series(1, {REFERRALS}) as n;
    insert into referral_fact
    select referral_id, stream, episode_id, person_id, practice_code, practice_code, 'self',
        '{{money}}', 'routine', true, '60-74', 'female', null, 3, 'en', 'received', null, 'seed',
        at, at, at::date, n, 1
    from told;
    insert into contact_fact
    select episode_id, stream, c, gen_random_uuid(), referral_id, practice_code, 'telephone', 30,
        'link-worker', null, 'seed', at, at, at::date, n, c + 1, c = 1
    from told, generate_series(1, 5) as c where n % 10 > 0;
    insert into referral_count
    select stream, practice_code, 'self', '', '60-74', at::date, at::date, count(*)
    from told group by 1, 2, 6;
    insert into referral_count
    select stream, practice_code, '', 'money', '', at::date, at::date, count(*)
    from told group by 1, 2, 6;
    insert into activity_count
    select stream, practice_code, at::date, at::date, 5 * count(*), 1, 2, 1
    from told group by 1, 2, 3;
    insert into wait_count
    select stream, practice_code, n % 40, at::date, at::date, count(*)
    from told group by 1, 2, 3, 4;
    insert into cohort_member_fact
    select stream, episode_id, person_id, practice_code, at::date, n, 'waiting', 1
    from told where n % 4 = 0;
    analyze;
"""


async def _fill(url: str) -> None:
    connection = await asyncpg.connect(url)
    try:
        await connection.execute(FILL)
    finally:
        await connection.close()


async def _plan(connection: Connection, name: str, *arguments: object) -> str:
    rows = await connection.fetch(f"explain {QUERIES[name]}", *arguments)
    return "\n".join(row[0] for row in rows)


async def test_a_year_of_a_region_is_read_by_index_and_drawn_in_time(
    api: Database, reporting: Provisioned, postgres_server: str
) -> None:
    name = reporting.owner_url.rpartition("/")[2]
    await _fill(f"{postgres_server.rpartition('/')[0]}/{name}")

    async with api.transaction(organisations=["U99007"]) as connection:
        span = (["U99007"], YEAR.first, YEAR.last)
        for query in (
            "sum_referrals",
            "sum_activity",
            "sum_waits",
            "count_people",
            "count_cohort_members",
        ):
            plan = await _plan(connection, query, *span)
            # A handful of merges is read whole, and rightly.
            read_whole = plan.replace("Seq Scan on merged_person", "")
            assert "Seq Scan" not in read_whole, (query, plan)
        plan = await _plan(connection, "count_open_episodes", ["U99007"])
        assert "Seq Scan" not in plan, plan
        one = await connection.fetchval("select referral_id from referral_fact limit 1")
        plan = await _plan(connection, "load_referral", one)
        assert "Seq Scan on referral_fact" not in plan, plan
        assert "Seq Scan on contact_fact" not in plan, plan
        seen = await views.referral(connection, one)
        assert seen is not None
        assert seen.pcn_code == "U99007"

    # The command timeout of the api role is what "in time" means: a slower query is refused.
    async with api.transaction(organisations=EVERY_PCN) as connection:
        summary = await summary_of_region(connection, "QZZ", YEAR, Heads({}, ()))
    assert summary is not None
    figures = {figure.definition.id: figure for figure in summary.figures}
    assert figures["referrals"].amount.exact == REFERRALS
    assert figures["people-referred"].amount.exact == REFERRALS
    assert figures["referrals-contacted"].amount.exact == REFERRALS * 9 // 10
    assert figures["contacts"].amount.exact == REFERRALS * 5
    assert figures["first-contact-wait-median"].amount.exact == 19
