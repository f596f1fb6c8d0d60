"""What falls due fires once, in order, whatever dies, whoever else fires and whatever clocks do."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import asyncpg
import pytest

from chassis.database import Connection, Database, DatabaseUnavailable
from chassis.ids import new_id
from chassis.provisioning import Provisioned
from services.referral.domain.timers import KINDS, OF_SAFETY, Kind, Timer
from services.referral.schedules import fire_for_ever
from services.referral.store import timers
from services.referral.use_cases.timers import BATCH_TIMERS_MAX, Handlers, fire_due, observe
from tests.waiting import until

pytestmark = pytest.mark.postgres

NOW = datetime.now(UTC)
EARLIER = NOW - timedelta(hours=1)
PCN = "U99001"


class Tower:
    """A database with timers, and a table into which their handlers write."""

    def __init__(self, database: Database, owner: "asyncpg.Connection[asyncpg.Record]") -> None:
        self.database = database
        self.owner = owner

    async def set(self, about: UUID, due_at: datetime, kind: Kind = "first-contact") -> None:
        async with self.database.transaction() as connection:
            await timers.set(connection, kind=kind, about=about, pcn_code=PCN, due_at=due_at)

    async def set_many(self, wanted: Sequence[tuple[UUID, datetime, Kind]]) -> None:
        async with self.database.transaction() as connection:
            await timers.set_many(
                connection,
                [
                    timers.NewTimer(kind=kind, about=about, pcn_code=PCN, due_at=due_at)
                    for about, due_at, kind in wanted
                ],
            )

    async def fired(self) -> list[tuple[UUID, str]]:
        rows = await self.owner.fetch("select about, kind from rung order by position")
        return [(row["about"], row["kind"]) for row in rows]

    async def waiting(self) -> int:
        return await self.owner.fetchval("select count(*) from timer")

    async def fire_all(self, handlers: Handlers) -> int:
        fired = 0
        while round_fired := await fire_due(self.database, handlers, "ordinary"):
            fired += round_fired
        return fired


async def ring(connection: Connection, timer: Timer) -> None:
    """Lock what the timer is about, and write down that it fired."""
    await connection.execute("select pg_advisory_xact_lock(hashtext($1))", str(timer.about))
    await connection.execute(
        "insert into rung (about, kind, due_at) values ($1, $2, $3)",
        timer.about,
        timer.kind,
        timer.due_at,
    )


RING: Handlers = {kind: ring for kind in KINDS if kind not in OF_SAFETY}


@pytest.fixture
async def tower(
    make_database: Callable[[str], Awaitable[Provisioned]], postgres_server: str
) -> AsyncIterator[Tower]:
    provisioned = await make_database("referral")
    name = provisioned.owner_url.rpartition("/")[2]
    owner = await asyncpg.connect(f"{postgres_server.rpartition('/')[0]}/{name}")
    await owner.execute(
        """
        create table rung (
            position bigint generated always as identity, about uuid, kind text,
            due_at timestamptz
        );
        grant select, insert on rung to public;
        """
    )
    database = Database(provisioned.worker_url, "worker", 4)
    await database.open()
    yield Tower(database, owner)
    await database.close()
    await owner.close()


async def test_what_is_due_fires_once_in_the_order_in_which_it_fell_due(tower: Tower) -> None:
    abouts = [uuid4() for _ in range(BATCH_TIMERS_MAX + 5)]
    await tower.set_many(
        [
            (about, EARLIER - timedelta(seconds=place), "first-contact")
            for place, about in enumerate(abouts)
        ]
    )
    await tower.set(uuid4(), NOW + timedelta(hours=1))

    assert await tower.fire_all(RING) == len(abouts)

    assert [about for about, _ in await tower.fired()] == abouts[::-1]
    assert await tower.waiting() == 1
    assert await tower.fire_all(RING) == 0


async def test_setting_a_timer_again_moves_it_and_clearing_it_ends_it(tower: Tower) -> None:
    moved, cleared, brought_forward = uuid4(), uuid4(), uuid4()
    await tower.set_many(
        [
            (moved, EARLIER, "first-contact"),
            (cleared, EARLIER, "first-contact"),
            (brought_forward, NOW + timedelta(days=1), "first-contact"),
        ]
    )
    await tower.set(moved, NOW + timedelta(days=1))
    await tower.set(brought_forward, EARLIER)
    async with tower.database.transaction() as connection:
        await timers.clear(connection, kind="first-contact", about=cleared)

    await tower.fire_all(RING)

    assert await tower.fired() == [(brought_forward, "first-contact")]
    assert await tower.waiting() == 1


async def test_a_timer_may_be_told_to_wait_beyond_the_time_at_which_it_is_due(
    tower: Tower,
) -> None:
    about = uuid4()
    async with tower.database.transaction() as connection:
        await timers.set(
            connection,
            kind="review",
            about=about,
            pcn_code=PCN,
            due_at=EARLIER,
            not_before=NOW + timedelta(hours=1),
        )

    assert await tower.fire_all(RING) == 0
    assert await tower.waiting() == 1


async def test_schedulers_at_once_fire_everything_once_and_what_is_about_one_thing_in_order(
    tower: Tower,
) -> None:
    abouts = [uuid4() for _ in range(40)]
    kinds: tuple[Kind, ...] = ("first-contact", "review", "no-answer", "handover")
    await tower.set_many(
        [
            (about, EARLIER + timedelta(seconds=place), kind)
            for about in abouts
            for place, kind in enumerate(kinds)
        ]
    )

    all_fired = asyncio.Event()

    async def scheduler() -> None:
        while not all_fired.is_set():
            await fire_due(tower.database, RING, "ordinary")

    async def watcher() -> None:
        await until(_nothing_waits, what="everything fires")
        all_fired.set()

    async def _nothing_waits() -> bool:
        return await tower.waiting() == 0

    async with asyncio.timeout(60), asyncio.TaskGroup() as group:
        group.create_task(watcher())
        for _ in range(3):
            group.create_task(scheduler())

    fired = await tower.fired()
    assert len(fired) == len(abouts) * len(kinds)
    for about in abouts:
        assert tuple(kind for which, kind in fired if which == about) == kinds


async def test_a_scheduler_killed_while_it_fires_leaves_the_timer_to_the_next(
    tower: Tower,
) -> None:
    first, second = uuid4(), uuid4()
    await tower.set_many([(first, EARLIER, "review"), (second, NOW, "review")])
    at_work = asyncio.Event()

    async def never_ends(connection: Connection, timer: Timer) -> None:
        await ring(connection, timer)
        at_work.set()
        await asyncio.Event().wait()

    killed = asyncio.create_task(fire_for_ever(tower.database, {"review": never_ends}, "ordinary"))
    await asyncio.wait_for(at_work.wait(), 10)
    assert await tower.fired() == []
    killed.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await killed

    assert await tower.fire_all(RING) == 2
    assert [about for about, _ in await tower.fired()] == [first, second]


async def test_a_database_that_ends_the_connection_loses_no_timer_and_blames_none(
    tower: Tower,
) -> None:
    about = uuid4()
    await tower.set(about, EARLIER)
    ended = 0

    async def cut_off_once(connection: Connection, timer: Timer) -> None:
        nonlocal ended
        await ring(connection, timer)
        if ended == 0:
            ended += 1
            await connection.execute("select pg_terminate_backend(pg_backend_pid())")

    handlers: Handlers = {"first-contact": cut_off_once}
    running = asyncio.create_task(fire_for_ever(tower.database, handlers, "ordinary"))
    try:
        await until(tower.fired, what="the timer fires")
    finally:
        running.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await running
    assert await tower.fired() == [(about, "first-contact")]
    assert await tower.waiting() == 0


async def test_one_that_fails_is_put_off_and_holds_up_nothing_else(tower: Tower) -> None:
    broken, sound = uuid4(), uuid4()
    await tower.set_many(
        [
            (broken, EARLIER, "first-contact"),
            (broken, NOW, "review"),
            (sound, NOW, "first-contact"),
        ]
    )
    whole = False

    async def breaks(connection: Connection, timer: Timer) -> None:
        await ring(connection, timer)
        if timer.about == broken and timer.kind == "first-contact" and not whole:
            raise LookupError

    handlers: Handlers = {"first-contact": breaks, "review": breaks}
    await tower.fire_all(handlers)

    assert {*await tower.fired()} == {(broken, "review"), (sound, "first-contact")}
    (left,) = await tower.owner.fetch("select attempts, next_at > now() as later from timer")
    assert tuple(left) == (1, True)

    whole = True
    await until(lambda: tower.fire_all(handlers), what="the one that failed is tried again")
    assert (await tower.fired())[-1] == (broken, "first-contact")


async def test_one_whose_statements_are_too_slow_is_put_off_as_any_other_that_fails(
    tower: Tower,
) -> None:
    await tower.set(uuid4(), EARLIER)

    async def times_out(_connection: Connection, _timer: Timer) -> None:
        raise TimeoutError

    assert await fire_due(tower.database, {"first-contact": times_out}, "ordinary") == 0
    assert await tower.owner.fetchval("select attempts from timer") == 1


async def test_a_request_that_holds_what_a_timer_is_about_is_never_waited_for_in_a_circle(
    tower: Tower,
) -> None:
    about = uuid4()
    await tower.set(about, EARLIER)
    locked = asyncio.Event()

    async def request() -> None:
        async with tower.database.transaction() as connection:
            await connection.execute("select pg_advisory_xact_lock(hashtext($1))", str(about))
            locked.set()
            # The timer is taken by now, and its handler waits for the lock held here.
            await until(_someone_waits, what="the handler waits for the lock")
            await timers.set(
                connection,
                kind="first-contact",
                about=about,
                pcn_code=PCN,
                due_at=NOW + timedelta(days=1),
            )

    async def _someone_waits() -> bool:
        return await tower.owner.fetchval(
            "select count(*) > 0 from pg_stat_activity where wait_event_type = 'Lock'"
        )

    asking = asyncio.create_task(request())
    await locked.wait()
    assert await fire_due(tower.database, RING, "ordinary") == 0
    await asyncio.wait_for(asking, 10)

    assert await tower.fire_all(RING) == 0
    assert await tower.fired() == []
    assert await tower.owner.fetchval("select due_at from timer") == NOW + timedelta(days=1)
    assert await tower.owner.fetchval("select attempts from timer") == 0


async def test_a_handler_may_set_the_next_timer_of_its_kind(tower: Tower) -> None:
    about = uuid4()
    await tower.set(about, EARLIER)

    async def again(connection: Connection, timer: Timer) -> None:
        await ring(connection, timer)
        await timers.set(
            connection,
            kind=timer.kind,
            about=timer.about,
            pcn_code=timer.pcn_code,
            due_at=timer.due_at + timedelta(days=1),
        )

    assert await tower.fire_all({"first-contact": again}) == 1
    assert await tower.owner.fetchval("select due_at from timer") == EARLIER + timedelta(days=1)


async def test_a_clock_that_jumps_fires_nothing_twice_and_nothing_never(
    tower: Tower, make_database: Callable[[str], Awaitable[Provisioned]]
) -> None:
    # The server's clock as timers see it, from here on: what the search path finds first.
    await tower.owner.execute(
        """
        create schema jumping;
        create table jumping.clock (at timestamptz);
        insert into jumping.clock select pg_catalog.now();
        create function jumping.now() returns timestamptz stable language sql
            as 'select at from jumping.clock';
        grant usage on schema jumping to public;
        grant select on jumping.clock to public;
        """
    )
    name = await tower.owner.fetchval("select current_database()")
    worker = await _role(tower.database)
    await tower.owner.execute(
        f'alter role "{worker}" in database "{name}" set search_path = jumping, pg_catalog, public'
    )
    await tower.database.close()
    await tower.database.open()
    today, tomorrow = uuid4(), uuid4()
    await tower.set_many(
        [(today, EARLIER, "review"), (tomorrow, NOW + timedelta(days=1), "review")]
    )

    await tower.fire_all(RING)
    assert [about for about, _ in await tower.fired()] == [today]

    await tower.owner.execute("update jumping.clock set at = at - interval '2 days'")
    await tower.fire_all(RING)
    assert [about for about, _ in await tower.fired()] == [today]

    await tower.owner.execute("update jumping.clock set at = at + interval '4 days'")
    await tower.fire_all(RING)
    assert [about for about, _ in await tower.fired()] == [today, tomorrow]

    await tower.owner.execute("update jumping.clock set at = at - interval '3 days'")
    await tower.fire_all(RING)
    assert [about for about, _ in await tower.fired()] == [today, tomorrow]
    assert await tower.waiting() == 0


async def _role(database: Database) -> str:
    async with database.transaction() as connection:
        return await connection.fetchval("select current_user")


async def test_what_concerns_safety_waits_for_nothing_ordinary(tower: Tower) -> None:
    ordinary, urgent = uuid4(), uuid4()
    await tower.set_many([(ordinary, EARLIER, "review"), (urgent, NOW, "lone-worker")])

    handlers: Handlers = {**RING, "lone-worker": ring}
    assert await fire_due(tower.database, handlers, "safety") == 1
    assert await tower.fired() == [(urgent, "lone-worker")]


async def test_a_kind_that_nobody_handles_yet_waits_and_holds_up_nothing(tower: Tower) -> None:
    about = uuid4()
    await tower.set_many([(about, EARLIER, "reallocation"), (about, NOW, "review")])

    assert await tower.fire_all({"review": ring}) == 1
    assert await tower.waiting() == 1


async def test_the_gauges_say_what_is_due_and_what_failed(tower: Tower) -> None:
    from services.referral.use_cases import timers as firing

    await tower.set_many([(uuid4(), EARLIER, "review"), (uuid4(), EARLIER, "review")])

    async def breaks(_connection: Connection, _timer: Timer) -> None:
        raise LookupError

    await fire_due(tower.database, {"review": breaks}, "ordinary")
    await tower.set(uuid4(), EARLIER, "review")
    await observe(tower.database)

    assert firing._due.labels("review")._value.get() == 3
    assert firing._failing.labels("review")._value.get() == 2
    assert firing._oldest.labels("review")._value.get() >= 3600


async def test_a_database_that_is_away_is_told_and_waited_for(tower: Tower) -> None:
    away = Database("postgresql://nobody@127.0.0.1:9/none", "worker")
    with pytest.raises(DatabaseUnavailable):
        await fire_due(away, RING, "ordinary")


async def test_timers_are_read_by_index_however_many_there_are(
    make_database: Callable[[str], Awaitable[Provisioned]], postgres_server: str
) -> None:
    from chassis.sql import Queries

    queries = Queries("services.referral")
    provisioned = await make_database("referral")
    name = provisioned.owner_url.rpartition("/")[2]
    owner = await asyncpg.connect(f"{postgres_server.rpartition('/')[0]}/{name}")
    worker = await asyncpg.connect(provisioned.worker_url)
    try:
        await owner.execute(
            """
            insert into timer
            select
                uuidv7(), 'first-contact', gen_random_uuid(), 'U99001', 'ordinary',
                now() + make_interval(mins => n), now() + make_interval(mins => n)
            from generate_series(-100, 100000) as n
            """
        )
        await owner.execute("analyze timer")
        await worker.execute("set plan_cache_mode = force_generic_plan")
        one = new_id()
        for query, values in {
            "list_due_timers": ["ordinary", ["first-contact"], 50],
            "take_timer": [one, ["first-contact"], "300ms", None],
            "list_standing_timers": ["safety", 5_000],
            "list_standing_timers_of": [[one]],
            "postpone_timer": [one, 5],
            "observe_timers": [900],
            "clear_timers": [["first-contact"], [one]],
        }.items():
            found = await worker.fetch(f"explain {queries[query]}", *values)
            plan = "\n".join(row[0] for row in found)
            assert "Seq Scan on timer" not in plan, plan
    finally:
        await owner.close()
        await worker.close()
