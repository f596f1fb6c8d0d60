"""Provisioning: the roles, database and topics a service needs before it starts.

Promise    Run again, nothing changes but passwords; a topic with another number of
           partitions is refused, because keys would move and order would break.
Price      It needs a superuser's address; no service ever holds one.
Not here   Tables and grants inside the database: the migrations.
"""

import base64
import hashlib
import hmac
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlsplit, urlunsplit

import asyncpg
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.errors import TopicAlreadyExistsError, for_code

from chassis.migrations import role_names
from chassis.sql import Queries

CONNECT_TIMEOUT_SECONDS = 10.0
COMMAND_TIMEOUT_SECONDS = 60.0
SCRAM_ITERATIONS = 4096
REQUEST_TIMEOUT_MILLISECONDS = 30_000
TOPIC_CONFIGS = {
    # The journal can refill a topic, but readers should not have to wait for that.
    "retention.ms": "-1",
    "cleanup.policy": "delete",
    # Producers' clocks may be wrong; order never rests on them.
    "message.timestamp.type": "LogAppendTime",
}

_SQL = Queries("chassis")


class OtherPartitions(Exception):
    """A topic exists with a number of partitions that is not the one asked for."""


class UnmadeTopic(Exception):
    """The broker refused to make a topic."""


@dataclass(frozen=True, slots=True)
class Passwords:
    """What the three roles of a database sign in with."""

    owner: str
    api: str
    worker: str

    @classmethod
    def new(cls) -> "Passwords":
        """Make three passwords that nobody has seen."""
        return cls(*(secrets.token_urlsafe(24) for _ in range(3)))

    def __repr__(self) -> str:
        """Show none of them."""
        return "Passwords(…)"


@dataclass(frozen=True, slots=True, repr=False)
class Provisioned:
    """Where the three roles find their database."""

    owner_url: str
    api_url: str
    worker_url: str


async def provision_database(
    superuser_url: str,
    service: str,
    passwords: Passwords,
    database_name: str | None = None,
    *,
    role_prefix: str | None = None,
    template: str = "template1",
) -> Provisioned:
    """Make the roles and the database of ``service`` where they are missing."""
    roles = role_names(role_prefix or service)
    owner, api, worker = roles["owner_role"], roles["api_role"], roles["worker_role"]
    database = database_name or service
    connection = await asyncpg.connect(
        superuser_url, timeout=CONNECT_TIMEOUT_SECONDS, command_timeout=COMMAND_TIMEOUT_SECONDS
    )
    try:
        await connection.execute(_SQL["lock_provisioning"])
        await _role(connection, owner, passwords.owner, bypasses=False)
        await _role(connection, api, passwords.api, bypasses=False)
        await _role(connection, worker, passwords.worker, bypasses=True)
        if not await connection.fetchval(_SQL["database_exists"], database):
            await _execute(connection, "statement_create_database", database, owner, template)
        for row in await connection.fetch(
            _SQL["statements_close_database"], database, [owner, api, worker]
        ):
            await connection.execute(row[0])
    finally:
        await connection.close()
    return Provisioned(
        owner_url=url_of(superuser_url, database, owner, passwords.owner),
        api_url=url_of(superuser_url, database, api, passwords.api),
        worker_url=url_of(superuser_url, database, worker, passwords.worker),
    )


async def provision_topics(
    bootstrap: str,
    partitions: int,
    topics: Sequence[str],
    *,
    replication_factor: int = 1,
) -> list[str]:
    """Make the topics that are missing and return their names."""
    admin = AIOKafkaAdminClient(
        bootstrap_servers=bootstrap, request_timeout_ms=REQUEST_TIMEOUT_MILLISECONDS
    )
    await admin.start()
    try:
        present = set(await admin.list_topics())
        made = [name for name in topics if name not in present]
        if made:
            answer: Any = await admin.create_topics(
                [
                    NewTopic(name, partitions, replication_factor, topic_configs=TOPIC_CONFIGS)
                    for name in made
                ],
                timeout_ms=REQUEST_TIMEOUT_MILLISECONDS,
            )
            errors: list[tuple[str, int]] = [error[:2] for error in answer.topic_errors]
            for name, code in errors:
                if code not in (0, TopicAlreadyExistsError.errno):
                    message = f"{name}: {for_code(code).__name__}"
                    raise UnmadeTopic(message)
        for described in await admin.describe_topics([n for n in topics if n in present]):
            if len(described["partitions"]) != partitions:
                message = (
                    f"{described['topic']} has {len(described['partitions'])} partitions,"
                    f" not {partitions}: a key may never move to another partition"
                )
                raise OtherPartitions(message)
    finally:
        await admin.close()
    return made


def url_of(superuser_url: str, database: str, role: str, password: str) -> str:
    """Return the same server's address for another role and database."""
    parts = urlsplit(superuser_url)
    where = parts.netloc.rpartition("@")[2]
    netloc = f"{quote(role, safe='')}:{quote(password, safe='')}@{where}"
    return urlunsplit((parts.scheme, netloc, f"/{quote(database, safe='')}", parts.query, ""))


def scram_verifier(password: str) -> str:
    """Return what Postgres keeps of a password, so that its log never sees the password."""
    salt = secrets.token_bytes(16)
    salted = hashlib.pbkdf2_hmac("sha256", password.encode(), salt, SCRAM_ITERATIONS)
    client = hmac.digest(salted, b"Client Key", "sha256")
    stored = base64.b64encode(hashlib.sha256(client).digest()).decode()
    server = base64.b64encode(hmac.digest(salted, b"Server Key", "sha256")).decode()
    shown = base64.b64encode(salt).decode()
    return f"SCRAM-SHA-256${SCRAM_ITERATIONS}:{shown}${stored}:{server}"


async def _role(
    connection: "asyncpg.Connection[asyncpg.Record]", role: str, password: str, *, bypasses: bool
) -> None:
    if not await connection.fetchval(_SQL["role_exists"], role):
        await _execute(connection, "statement_create_role", role)
    await _execute(connection, "statement_alter_role", role, scram_verifier(password), bypasses)


async def _execute(
    connection: "asyncpg.Connection[asyncpg.Record]", query: str, *arguments: object
) -> None:
    """Run a statement that takes no parameters: Postgres itself quotes what goes into it."""
    await connection.execute(await connection.fetchval(_SQL[query], *arguments))
