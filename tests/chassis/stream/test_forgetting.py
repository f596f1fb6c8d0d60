"""What left quarantine long ago is forgotten in batches, and what is open never."""

from uuid import uuid4

import asyncpg
import pytest

from chassis.database import Database
from chassis.stream import forgetting
from chassis.stream.forgetting import ENTRIES_KEPT_DAYS, WISHES_KEPT_DAYS, forget_closed

pytestmark = pytest.mark.postgres

ENTRY = """
insert into quarantine (
    id, consumer, topic, kind, state, stream, number, epoch, record_partition, record_offset,
    headers, value, value_size, from_journal, reason, detail, closed_at
)
select
    $1, 'ledger', 'topic', $2, $3, 'U99001', n, 1, 0, n, '{"ce_id": "1"}', '{"a": 1}', 8, false,
    'projection-failed', '', case when $3 <> 'open' then now() - make_interval(days => $4) end
from (select coalesce(max(number), 0) + 1 as n from quarantine) as next
"""
WISH = """
insert into stream_wish (
    id, consumer, action, quarantine_id, topic, stream, member_key, reason, outcome, carried_out_at
)
values (
    $1, 'ledger', $2, $1, 'topic', 'U99001', 'a member', 'because', $3::text,
    case when $3::text is not null then now() - make_interval(days => $4) end
)
"""
OPENING = """
insert into quarantine_opening (id, quarantine_id, member_key, reason, opened_at)
values ($1, $1, 'a member', 'because', now() - make_interval(days => $2))
"""


@pytest.fixture
async def owner(houses):
    """A superuser's view of the reader's database, with nothing in quarantine."""
    connection = await asyncpg.connect(houses.readers.owner_url)
    await connection.execute("truncate quarantine, stream_wish, quarantine_opening")
    yield connection
    await connection.close()


@pytest.fixture
def worker(houses) -> Database:
    return houses.reader_worker


async def add(owner, sql: str, *values: object):
    added = uuid4()
    await owner.execute(sql, added, *values)
    return added


async def test_redriven_entries_go_and_what_was_given_up_stays_without_its_contents(owner, worker):
    long_ago, lately = ENTRIES_KEPT_DAYS + 1, ENTRIES_KEPT_DAYS - 1
    gone = await add(owner, ENTRY, "failed", "redriven", long_ago)
    emptied = [
        await add(owner, ENTRY, "failed", "discarded", long_ago),
        await add(owner, ENTRY, "unreadable", "discarded", long_ago),
        await add(owner, ENTRY, "unreadable", "healed", long_ago),
    ]
    whole = [
        await add(owner, ENTRY, "failed", "redriven", lately),
        await add(owner, ENTRY, "failed", "discarded", lately),
        await add(owner, ENTRY, "failed", "open", 0),
        await add(owner, ENTRY, "unreadable", "open", 0),
    ]

    forgotten = await forget_closed(worker)
    again = await forget_closed(worker)

    rows = {row["id"]: row for row in await owner.fetch("select * from quarantine")}
    assert gone not in rows
    assert set(rows) == {*emptied, *whole}
    for entry in emptied:
        assert (rows[entry]["value"], rows[entry]["headers"]) == (None, "{}")
        assert rows[entry]["emptied_at"] is not None
        assert rows[entry]["number"] is not None
    for entry in whole:
        assert rows[entry]["value"] is not None
        assert rows[entry]["emptied_at"] is None
    assert forgotten["closed entries"] == 4
    assert again["closed entries"] == 0


async def test_a_record_whose_entry_was_emptied_is_still_known(owner, worker):
    await add(owner, ENTRY, "unreadable", "discarded", ENTRIES_KEPT_DAYS + 1)
    await forget_closed(worker)

    with pytest.raises(asyncpg.UniqueViolationError, match="quarantine_unreadable_record"):
        await owner.execute(
            "insert into quarantine select (jsonb_populate_record(q, jsonb_build_object("
            "'id', uuidv7(), 'state', 'open', 'closed_at', null))).* from quarantine as q"
        )


async def test_wishes_and_openings_go_but_not_why_an_event_was_given_up(owner, worker):
    long_ago, lately = WISHES_KEPT_DAYS + 1, WISHES_KEPT_DAYS - 1
    for action, outcome in (
        ("redrive", "done"),
        ("redrive", "still-failing"),
        ("discard", "nothing-to-do"),
        ("resume", "done"),
    ):
        await add(owner, WISH, action, outcome, long_ago)
    kept = {
        await add(owner, WISH, "discard", "done", long_ago),
        await add(owner, WISH, "redrive", "done", lately),
        await add(owner, WISH, "resume", None, 0),
    }
    await add(owner, OPENING, long_ago)
    opening = await add(owner, OPENING, lately)

    forgotten = await forget_closed(worker)

    assert forgotten == {"closed entries": 0, "closed wishes": 4, "openings": 1}
    assert {row["id"] for row in await owner.fetch("select id from stream_wish")} == kept
    assert await owner.fetchval("select id from quarantine_opening") == opening


async def test_much_is_forgotten_in_batches_of_a_bounded_size(owner, worker, monkeypatch):
    for _ in range(7):
        await add(owner, ENTRY, "failed", "redriven", ENTRIES_KEPT_DAYS + 1)
    sizes: list[int] = []
    forget = forgetting._forget

    async def counted(connection, query, *limits):
        batch = await forget(connection, query, *limits)
        sizes.append(batch)
        return batch

    monkeypatch.setattr(forgetting, "_forget", counted)
    forgotten = await forget_closed(worker, batch_size_max=3)

    assert forgotten["closed entries"] == 7
    assert sizes == [3, 3, 1, 0, 0]
    assert await owner.fetchval("select count(*) from quarantine") == 0
