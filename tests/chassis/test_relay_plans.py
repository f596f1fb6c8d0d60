"""The relay's questions to Postgres stay index scans when the tables are long."""

import json

import pytest

from chassis.sql import Queries
from tests.chassis.events import fill_outbox, opened

pytestmark = pytest.mark.postgres

SQL = Queries("chassis.relay")
ROWS = 50_000
STREAMS = 50


async def nodes(connection, name: str, *arguments) -> list[tuple[str, str]]:
    """Return the kind and the table of every step of a query's plan."""
    await connection.execute("set local plan_cache_mode = force_generic_plan")
    text = await connection.fetchval(f"explain (format json) {SQL[name]}", *arguments)
    found: list[tuple[str, str]] = []

    def walk(plan: dict) -> None:
        found.append((plan["Node Type"], plan.get("Relation Name", "")))
        for inner in plan.get("Plans", []):
            walk(inner)

    walk(json.loads(text)[0]["Plan"])
    return found


def scanned_whole(found: list[tuple[str, str]]) -> list[str]:
    return [table for kind, table in found if kind == "Seq Scan" and table]


async def test_numbering_walks_the_index_however_long_the_outbox_is(fresh_database):
    async with opened(fresh_database) as database:
        for number in range(STREAMS):
            await fill_outbox(database, f"U99{number:03}", ROWS // STREAMS)
        async with database.transaction() as connection:
            found = await nodes(connection, "number_events", "", 500, 2_000)

    assert scanned_whole(found) == []
    assert ("Tid Scan", "outbox") in found


async def test_publishing_reads_no_more_of_the_journal_than_it_tells(fresh_database):
    async with opened(fresh_database) as database:
        async with database.transaction() as connection:
            await connection.execute(
                """
                insert into journal
                select
                    'U99' || lpad((n % $2)::text, 3, '0'), 1 + n / $2, 1, gen_random_uuid(),
                    'waymark.goal-updated.v1', '/referral', 'https://example.org/x', 'episode/x',
                    '', 1, now(), now(), 'live', null, null, null, '{}'
                from generate_series(0, $1 - 1) as n
                """,
                ROWS,
                STREAMS,
            )
            await connection.execute(
                """
                insert into stream_head (stream, head, published)
                select stream, max(number), max(number) / 2 from journal group by stream
                """
            )
        async with opened(fresh_database, "owner") as owner, owner.transaction() as connection:
            await connection.execute("analyze journal, stream_head")
        async with database.transaction() as connection:
            found = await nodes(connection, "unpublished_events", "", 2_000, 500, 2_000, [])

    assert [table for table in scanned_whole(found) if table.startswith("journal")] == []
    assert any(
        kind in {"Index Scan", "Bitmap Heap Scan"} and table.startswith("journal")
        for kind, table in found
    )


async def test_a_range_of_one_stream_is_an_index_scan_of_one_partition(fresh_database):
    text = Queries("chassis")["published_range"]
    async with opened(fresh_database, "owner") as owner, owner.transaction() as connection:
        lines = await connection.fetch(f"explain {text}", "U99001", 10, 1_000)
    plan = "\n".join(line[0] for line in lines)
    assert plan.count("on journal_") == plan.count("_pkey on journal_") >= 1
    assert "Seq Scan" not in plan
