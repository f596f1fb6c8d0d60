"""Migrations: once each, whole or not at all, and never over a database that says otherwise."""

import asyncio

import asyncpg
import pytest

from chassis.migrations import (
    ChangedMigration,
    Component,
    MalformedMigration,
    NewerDatabase,
    UnownedRole,
    components_of,
    migrate,
    role_names,
)
from tests.environment import TEST_ROLE_PREFIX

pytestmark = pytest.mark.postgres


@pytest.fixture
async def owner_url(make_database) -> str:
    return (await make_database("chassis")).owner_url


@pytest.fixture
def component(tmp_path) -> Component:
    (tmp_path / "0001_first.sql").write_text("create table first (a int);\n")
    (tmp_path / "0002_second.sql").write_text(
        "create table second (a int);\ngrant select on second to {api_role};\n"
    )
    return Component("trial", tmp_path)


async def run(owner_url: str, component: Component) -> list[str]:
    return await migrate(owner_url, "trial", components=[component], role_prefix=TEST_ROLE_PREFIX)


async def tables(owner_url: str) -> set[str]:
    connection = await asyncpg.connect(owner_url)
    rows = await connection.fetch(
        "select relname from pg_class where relname in ('first', 'second')"
    )
    await connection.close()
    return {row["relname"] for row in rows}


async def test_what_is_missing_is_applied_in_order_and_only_once(owner_url, component):
    assert await run(owner_url, component) == ["trial/0001_first", "trial/0002_second"]
    assert await run(owner_url, component) == []
    assert await tables(owner_url) == {"first", "second"}


async def test_placeholders_stand_for_this_databases_roles(owner_url, component):
    await run(owner_url, component)

    connection = await asyncpg.connect(owner_url)
    may = await connection.fetchval(
        "select has_table_privilege($1, 'second', 'select')", f"{TEST_ROLE_PREFIX}_api"
    )
    await connection.close()
    assert may


async def test_a_migration_that_fails_leaves_nothing_of_itself(owner_url, component):
    broken = component.directory / "0002_second.sql"
    broken.write_text("create table second (a int);\nselect 1 / 0;\n")

    with pytest.raises(asyncpg.DivisionByZeroError):
        await run(owner_url, component)

    assert await tables(owner_url) == {"first"}
    broken.write_text("create table second (a int);\n")
    assert await run(owner_url, component) == ["trial/0002_second"]


async def test_an_edited_migration_is_refused_before_anything_is_applied(owner_url, component):
    (component.directory / "0002_second.sql").rename(component.directory / "later")
    await run(owner_url, component)
    (component.directory / "later").rename(component.directory / "0002_second.sql")
    (component.directory / "0001_first.sql").write_text("create table first (a bigint);\n")

    with pytest.raises(ChangedMigration):
        await run(owner_url, component)
    assert await tables(owner_url) == {"first"}


async def test_a_database_newer_than_the_code_is_refused(owner_url, component):
    await run(owner_url, component)
    (component.directory / "0002_second.sql").unlink()

    with pytest.raises(NewerDatabase):
        await run(owner_url, component)


async def test_a_migration_that_cannot_have_its_lock_gives_up(owner_url, component, monkeypatch):
    monkeypatch.setattr("chassis.migrations.LOCK_TIMEOUT_SECONDS", 1)
    await run(owner_url, component)
    (component.directory / "0003_third.sql").write_text("alter table first add column b int;\n")
    holder = await asyncpg.connect(owner_url)
    async with holder.transaction():
        await holder.execute("lock table first in access share mode")
        with pytest.raises(asyncpg.LockNotAvailableError):
            await run(owner_url, component)
    await holder.close()


async def test_two_migrators_at_once_apply_each_file_once(owner_url, component):
    done = await asyncio.gather(run(owner_url, component), run(owner_url, component))

    assert sorted(map(len, done)) == [0, 2]


@pytest.mark.parametrize("name", ["1_short.sql", "0003-dash.sql", "0001_again.sql"])
def test_a_file_whose_name_breaks_the_rule_is_refused(component, name):
    (component.directory / name).write_text("select 1;\n")

    with pytest.raises(MalformedMigration):
        component.migrations()


def test_every_component_of_the_platform_can_be_read():
    for service in ["referral", "directory", "notifications", "reporting"]:
        assert components_of(service)[0].migrations()


@pytest.mark.parametrize("prefix", ["", "Referral", "a b", "x'; drop role", "1st"])
def test_a_role_prefix_that_is_not_a_plain_name_is_refused(prefix):
    with pytest.raises(UnownedRole):
        role_names(prefix)
