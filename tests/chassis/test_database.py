"""The one way to Postgres: who may see what, and what happens when it is away."""

import asyncio
import contextlib
from collections.abc import AsyncGenerator

import asyncpg
import pytest

from chassis.database import Database, DatabaseUnavailable, ForeignOrganisation, savepoint
from tests.chassis.events import opened
from tests.waiting import until

pytestmark = pytest.mark.postgres


async def seen_by(database: Database, organisations) -> list[str]:
    async with database.transaction(organisations=organisations) as connection:
        return await connection.fetchval("select visible_organisations()")


async def test_a_transaction_sees_the_organisations_it_names_and_no_longer_than_it_lasts(
    fresh_database,
):
    async with opened(fresh_database, "api", pool_size_max=1) as database:
        assert await seen_by(database, ["U99001", "Y99001"]) == ["U99001", "Y99001"]
        assert await seen_by(database, None) is None
        assert await seen_by(database, []) is None


async def test_rows_under_a_policy_stay_hidden_when_no_organisation_is_named(fresh_database):
    async with opened(fresh_database, "owner") as owner, owner.transaction() as connection:
        await connection.execute(
            """
            create table thing (pcn_code text);
            alter table thing enable row level security;
            alter table thing force row level security;
            create policy own on thing using (pcn_code = any (visible_organisations()));
            grant select, insert on thing to waymark_test_api, waymark_test_worker;
            """
        )
    async with opened(fresh_database) as worker, worker.transaction() as connection:
        await connection.execute("insert into thing values ('U99001'), ('U99002')")
        assert await connection.fetchval("select count(*) from thing") == 2

    async with opened(fresh_database, "api") as api:
        for organisations, expected in [(None, []), (["U99002"], ["U99002"]), (["U9"], [])]:
            async with api.transaction(organisations=organisations) as connection:
                rows = await connection.fetch("select pcn_code from thing")
            assert [row["pcn_code"] for row in rows] == expected
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            async with api.transaction(organisations=["U99002"]) as connection:
                await connection.execute("insert into thing values ('U99001')")


@pytest.mark.parametrize("code", ["U99001,U99002", "U9'", "", "x" * 65, "U 1"])
async def test_a_code_that_could_name_two_organisations_is_refused(fresh_database, code):
    async with opened(fresh_database, "api") as database:
        with pytest.raises(ForeignOrganisation):
            await seen_by(database, [code])


async def test_the_api_role_adds_events_and_neither_reads_nor_numbers_them(fresh_database):
    forbidden = [
        "select * from outbox",
        "delete from outbox",
        "update outbox set data = '{}'",
        "delete from journal",
        "update stream_head set head = 1",
        "insert into stream_head (stream) values ('U99001')",
        "select * from journal_0",
    ]
    async with opened(fresh_database, "api") as database:
        for statement in forbidden:
            with pytest.raises(asyncpg.InsufficientPrivilegeError):
                async with database.transaction() as connection:
                    await connection.execute(statement)


async def test_a_savepoint_undoes_its_own_block_and_no_other(fresh_database):
    async with opened(fresh_database, "owner") as database:
        async with database.transaction() as connection:
            await connection.execute("create table step (name text)")
            await connection.execute("insert into step values ('before')")
            async with savepoint(connection):
                await connection.execute("insert into step values ('outer')")
                with pytest.raises(asyncpg.DivisionByZeroError):  # noqa: PT012 - the block fails
                    async with savepoint(connection):
                        await connection.execute("insert into step values ('inner')")
                        await connection.execute("select 1 / 0")
                await connection.execute("insert into step values ('outer still')")
            with pytest.raises(LookupError):  # noqa: PT012 - the block fails
                async with savepoint(connection):
                    async with savepoint(connection):
                        await connection.execute("insert into step values ('kept by the inner')")
                    raise LookupError
            names = await connection.fetch("select name from step")
        assert [row["name"] for row in names] == ["before", "outer", "outer still"]


async def test_a_block_that_is_cancelled_or_left_unfinished_changes_nothing(fresh_database):
    async with opened(fresh_database, "owner") as owner, owner.transaction() as connection:
        await connection.execute("create table half (done text)")
        await connection.execute("grant all on half to public")

    async with opened(fresh_database, pool_size_max=1) as database:
        begun = asyncio.Event()

        async def cut_off() -> None:
            async with database.transaction(organisations=["U99001"]) as connection:
                await connection.execute("insert into half values ('cancelled')")
                begun.set()
                await connection.execute("select pg_sleep(30)")

        task = asyncio.create_task(cut_off())
        await begun.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

        async def left() -> AsyncGenerator[None]:
            async with database.transaction(organisations=["U99001"]) as connection:
                await connection.execute("insert into half values ('left')")
                yield

        leaving = left()
        await anext(leaving)
        await leaving.aclose()

        # The one connection is lent again, outside any transaction, and sees nobody's rows.
        async with database.transaction() as connection:
            assert await connection.fetchval("select visible_organisations()") is None
            assert await connection.fetchval("select count(*) from half") == 0


async def test_a_failed_block_changes_nothing(fresh_database):
    async with opened(fresh_database) as database:
        with pytest.raises(ZeroDivisionError):  # noqa: PT012 - the block is what fails
            async with database.transaction() as connection:
                await connection.execute("insert into stream_head (stream) values ('U99001')")
                raise ZeroDivisionError
        async with database.transaction() as connection:
            assert await connection.fetchval("select count(*) from stream_head") == 0


async def test_a_service_starts_while_the_database_is_away_and_works_once_it_answers(
    fresh_database,
):
    host, port = fresh_database.api_url.rpartition("@")[2].partition("/")[0].split(":")
    proxy_url = fresh_database.api_url.replace(f"{host}:{port}", "127.0.0.1:{port}")
    async with a_proxy(host, int(port)) as proxy:
        database = Database(proxy_url.replace("{port}", str(proxy.port)), "api")
        opening = asyncio.create_task(database.open())
        await until(lambda: database.last_fault, what="the first knock fails")
        with pytest.raises(DatabaseUnavailable):
            async with database.transaction():
                pass

        await proxy.let_in()
        await asyncio.wait_for(opening, 10)
        assert await database.is_writable()

        await proxy.cut()
        with pytest.raises(DatabaseUnavailable):
            async with database.transaction() as connection:
                await connection.fetchval("select 1")
        assert not await database.is_writable()

        await proxy.let_in()
        await until(database.is_writable, what="it works again by itself")
        await database.close()


async def test_a_command_that_takes_too_long_and_a_pool_that_is_empty_are_unavailability(
    fresh_database, monkeypatch
):
    monkeypatch.setattr("chassis.database.ACQUIRE_TIMEOUT_SECONDS", 0.1)
    async with opened(
        fresh_database, "api", pool_size_max=1, command_timeout_seconds=0.2
    ) as database:
        with pytest.raises(DatabaseUnavailable):
            async with database.transaction() as connection:
                await connection.execute("select pg_sleep(5)")
        async with database.transaction():
            with pytest.raises(DatabaseUnavailable):
                async with database.transaction():
                    pass


async def test_a_commit_waits_for_the_disk_unless_its_transaction_says_otherwise(fresh_database):
    async with opened(fresh_database, pool_size_max=1) as database:
        asked = "select current_setting('synchronous_commit')"
        async with database.transaction(durable=False) as connection:
            assert await connection.fetchval(asked) == "off"
        async with database.transaction() as connection:
            assert await connection.fetchval(asked) == "on"


async def test_a_value_that_does_not_fit_is_no_outage(fresh_database):
    async with opened(fresh_database) as database:
        for statement, value in [
            ("select $1::bigint", 2**80),
            ("select $1::int", "many"),
            ("select $1::json", "{"),
            ("select 1 / $1::int", 0),
        ]:
            with pytest.raises((asyncpg.InterfaceError, asyncpg.PostgresError)):
                async with database.transaction() as connection:
                    await connection.fetchval(statement, value)
        assert await database.is_writable()


async def test_a_connection_cut_in_the_middle_and_a_deadlock_are_unavailability(
    fresh_database, postgres_server
):
    async with opened(fresh_database) as database:
        with pytest.raises(DatabaseUnavailable):  # noqa: PT012 - the block is what fails
            async with database.transaction() as connection:
                pid = await connection.fetchval("select pg_backend_pid()")
                superuser = await asyncpg.connect(postgres_server)
                await superuser.execute("select pg_terminate_backend($1)", pid)
                await superuser.close()
                await until(connection.is_closed, what="the cut is noticed")
                await connection.execute("select 1")

        met = asyncio.Barrier(2)

        async def lock(first: int, second: int) -> None:
            async with database.transaction() as connection:
                await connection.execute("select pg_advisory_xact_lock($1)", first)
                await met.wait()
                await connection.execute("select pg_advisory_xact_lock($1)", second)

        ends = await asyncio.gather(lock(1, 2), lock(2, 1), return_exceptions=True)
        assert [type(end) for end in ends if end] == [DatabaseUnavailable]


async def test_a_server_that_may_only_be_read_is_unavailability(fresh_database):
    async with opened(fresh_database, pool_size_max=1) as database:
        with pytest.raises(DatabaseUnavailable):  # noqa: PT012 - as above
            async with database.transaction() as connection:
                await connection.execute("set transaction read only")
                await connection.execute("insert into stream_head (stream) values ('U99001')")
        assert await database.is_writable(), "the next connection is a new one"


class Proxy:
    """A door to Postgres that a test can shut."""

    def __init__(self, host: str, port: int) -> None:
        self._target = host, port
        self._serving: set[asyncio.Task[None]] = set()
        self._server: asyncio.Server | None = None
        self.port = 0

    async def reserve(self) -> None:
        server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.port = server.sockets[0].getsockname()[1]
        server.close()
        await server.wait_closed()

    async def let_in(self) -> None:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", self.port)

    async def cut(self) -> None:
        if self._server is not None:
            self._server.close()
        for task in self._serving:
            task.cancel()
        await asyncio.gather(*self._serving, return_exceptions=True)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._serving.add(task)
        task.add_done_callback(self._serving.discard)
        async with contextlib.AsyncExitStack() as both:
            both.callback(writer.transport.abort)
            inner_reader, inner_writer = await asyncio.open_connection(*self._target)
            both.callback(inner_writer.transport.abort)
            await asyncio.gather(_copy(reader, inner_writer), _copy(inner_reader, writer))


async def _copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with contextlib.suppress(ConnectionError):
        while chunk := await reader.read(65_536):
            writer.write(chunk)
            await writer.drain()
    writer.close()


@contextlib.asynccontextmanager
async def a_proxy(host: str, port: int):
    proxy = Proxy(host, port)
    await proxy.reserve()
    try:
        yield proxy
    finally:
        await proxy.cut()
