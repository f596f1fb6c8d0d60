"""Provisioning: roles that can do no more than they must, topics whose keys never move."""

import asyncpg
import pytest

from chassis.provisioning import (
    OtherPartitions,
    Passwords,
    provision_database,
    provision_topics,
    scram_verifier,
    url_of,
)
from tests.environment import TEST_PASSWORDS, TEST_ROLE_PREFIX, unique

pytestmark = [pytest.mark.postgres, pytest.mark.kafka]


async def test_each_role_signs_in_with_its_password_and_row_policies_bind_all_but_the_worker(
    postgres_server, fresh_database
):
    found = {}
    for kind in ["owner", "api", "worker"]:
        connection = await asyncpg.connect(getattr(fresh_database, f"{kind}_url"))
        found[kind] = await connection.fetchrow(
            "select rolsuper, rolcreatedb, rolcreaterole, rolbypassrls from pg_roles where rolname = current_user"
        )
        await connection.close()

    assert {kind: tuple(row) for kind, row in found.items()} == {
        "owner": (False, False, False, False),
        "api": (False, False, False, False),
        "worker": (False, False, False, True),
    }


async def test_a_stranger_cannot_connect_and_only_the_owner_makes_tables(
    postgres_server, fresh_database
):
    stranger = unique("stranger")
    name = fresh_database.owner_url.rpartition("/")[2]
    superuser = await asyncpg.connect(postgres_server)
    await superuser.execute(f"create role {stranger} login password 'stranger'")
    try:
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await asyncpg.connect(url_of(postgres_server, name, stranger, "stranger"))
        api = await asyncpg.connect(fresh_database.api_url)
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await api.execute("create table mine (a int)")
        await api.close()
    finally:
        await superuser.execute(f"drop role {stranger}")
        await superuser.close()


async def test_provisioning_again_changes_nothing(postgres_server, fresh_database):
    name = fresh_database.owner_url.rpartition("/")[2]

    again = await provision_database(
        postgres_server, "chassis", TEST_PASSWORDS, name, role_prefix=TEST_ROLE_PREFIX
    )

    assert again == fresh_database


async def test_a_topic_is_made_once_and_never_gets_other_partitions(kafka_bootstrap):
    topic = unique("t")

    assert await provision_topics(kafka_bootstrap, 3, [topic]) == [topic]
    assert await provision_topics(kafka_bootstrap, 3, [topic]) == []
    with pytest.raises(OtherPartitions):
        await provision_topics(kafka_bootstrap, 6, [topic])


def test_new_passwords_differ_and_do_not_show():
    one, other = Passwords.new(), Passwords.new()

    assert len({one.owner, one.api, one.worker, other.owner, other.api, other.worker}) == 6
    assert one.api not in repr(one)


def test_a_verifier_does_not_hold_the_password():
    assert "sesame" not in scram_verifier("open-sesame")
    assert scram_verifier("a") != scram_verifier("a"), "each has its own salt"


def test_an_address_keeps_its_server_and_quotes_what_it_is_given():
    made = url_of(
        "postgresql://postgres:x@db.example.com:5433/postgres?sslmode=require", "r", "a", "p@/:"
    )

    assert made == "postgresql://a:p%40%2F%3A@db.example.com:5433/r?sslmode=require"
