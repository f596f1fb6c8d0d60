"""Postgres: one pool per process and role, one way in, one refusal when it is away.

Promise    A service starts while Postgres is away and works once it answers; no caller
           waits longer than the limits below; an API transaction sees the organisations
           it named and, naming none, sees no rows.
Price      A transaction is begun and ended by hand, in one round trip each with what it may see:
           within it, ``savepoint`` does what the driver's own nested transaction would.
Not here   Roles and passwords: ``chassis.provisioning``. Row policies: the migrations.
"""

import asyncio
import logging
import random
import re
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Literal, TypeAlias

import asyncpg

from chassis.sql import Queries

if TYPE_CHECKING:
    from asyncpg.pool import PoolConnectionProxy

    Connection: TypeAlias = asyncpg.Connection[asyncpg.Record] | PoolConnectionProxy[asyncpg.Record]
else:
    # Only the stubs know that connections are generic.
    Connection = asyncpg.Connection

Role: TypeAlias = Literal["api", "worker", "owner"]

ACQUIRE_TIMEOUT_SECONDS = 2.0
CONNECT_TIMEOUT_SECONDS = 5.0
COMMAND_TIMEOUT_SECONDS = 5.0
IDLE_IN_TRANSACTION_TIMEOUT_SECONDS = 60
OPEN_BACKOFF_FIRST_SECONDS = 0.1
OPEN_BACKOFF_MAX_SECONDS = 2.0
POOL_SIZE_MAX = 10
ORGANISATIONS_MAX = 2_000

_SQL = Queries("chassis")
_LOG = logging.getLogger(__name__)
_ORGANISATION = re.compile(r"[A-Za-z0-9_-]{1,64}")

_AWAY = (
    ConnectionError,
    TimeoutError,
    asyncpg.PostgresConnectionError,
    asyncpg.InternalClientError,
    asyncpg.OperatorInterventionError,
    asyncpg.InsufficientResourcesError,
    asyncpg.ReadOnlySQLTransactionError,
    asyncpg.IdleInTransactionSessionTimeoutError,
    # Nothing is wrong with what was asked: asked again it will do.
    asyncpg.TransactionRollbackError,
    asyncpg.LockNotAvailableError,
)
_NOT_YET = (*_AWAY, OSError, asyncpg.PostgresError, asyncpg.InterfaceError)


class DatabaseUnavailable(Exception):
    """Postgres cannot be reached, is too slow, may only be read, or gave up a transaction."""


class ForeignOrganisation(ValueError):
    """An organisation code has a form that no code has."""


class Database:
    """A pool of connections under one role of one database."""

    def __init__(
        self,
        url: str,
        role: Role,
        pool_size_max: int = POOL_SIZE_MAX,
        *,
        command_timeout_seconds: float = COMMAND_TIMEOUT_SECONDS,
    ) -> None:
        self._url = url
        self.role: Role = role
        self.pool_size_max = pool_size_max
        self._command_timeout_seconds = command_timeout_seconds
        self._pool: asyncpg.Pool[asyncpg.Record] | None = None
        self.last_fault: str | None = None

    async def open(self) -> None:
        """Return once Postgres has answered, however long that takes."""
        backoff_seconds = OPEN_BACKOFF_FIRST_SECONDS
        while self._pool is None:
            try:
                self._pool = await asyncpg.create_pool(
                    self._url,
                    min_size=1,
                    max_size=self.pool_size_max,
                    timeout=CONNECT_TIMEOUT_SECONDS,
                    command_timeout=self._command_timeout_seconds,
                    server_settings=self._server_settings(),
                    init=_know_arrays,
                    reset=_leave_as_it_is,
                )
            except _NOT_YET as fault:
                reason = type(fault).__name__
                if reason != self.last_fault:
                    _LOG.warning("database_not_reached", extra={"reason": reason})
                self.last_fault = reason
                # Jitter keeps a fleet from knocking in step.
                await asyncio.sleep(backoff_seconds * random.uniform(0.5, 1.0))  # noqa: S311
                backoff_seconds = min(backoff_seconds * 2, OPEN_BACKOFF_MAX_SECONDS)
        self.last_fault = None

    async def close(self) -> None:
        """Give back every connection."""
        pool, self._pool = self._pool, None
        if pool is not None:
            try:
                async with asyncio.timeout(COMMAND_TIMEOUT_SECONDS):
                    await pool.close()
            except TimeoutError:
                pool.terminate()

    @property
    def is_open(self) -> bool:
        """Say whether Postgres has answered since the start."""
        return self._pool is not None

    @property
    def connections_in_use(self) -> int:
        """Count the connections now lent out, for the pool's gauge."""
        return 0 if self._pool is None else self._pool.get_size() - self._pool.get_idle_size()

    @asynccontextmanager
    async def transaction(
        self, *, organisations: Sequence[str] | None = None, durable: bool = True
    ) -> AsyncGenerator[Connection, None]:
        """Lend a connection inside a transaction that commits when the block ends well.

        ``organisations`` are the codes whose rows the API role may see in it. Where it is not
        ``durable``, a crash of Postgres may take back what was committed less than a second ago,
        all of it and everything after it: only for what is told again where it is missing.
        """
        pool = self._pool
        if pool is None:
            message = "the database has not answered yet"
            raise DatabaseUnavailable(message)
        begin = _beginning(_checked(organisations), durable=durable)
        connection: Connection | None = None
        try:
            async with (
                pool.acquire(timeout=ACQUIRE_TIMEOUT_SECONDS) as connection,
                _begun(connection, begin),
            ):
                yield connection
        except asyncpg.ReadOnlySQLTransactionError as fault:
            # The pool is glued to a server that was demoted: let go of all of it.
            await pool.expire_connections()
            raise self._unavailable(fault) from fault
        except _AWAY as fault:
            raise self._unavailable(fault) from fault
        except asyncpg.InterfaceError as fault:
            # Also how asyncpg says that a value does not fit its parameter: no outage.
            if isinstance(fault, ValueError) or not _is_gone(connection):
                raise
            raise self._unavailable(fault) from fault
        self.last_fault = None

    async def is_writable(self) -> bool:
        """Probe for readiness: Postgres answers, and not as a read-only stand-by."""
        try:
            async with self.transaction() as connection:
                return bool(await connection.fetchval(_SQL["is_writable"]))
        except DatabaseUnavailable:
            return False

    async def connect(
        self, *, silence_max_seconds: int = 0
    ) -> "asyncpg.Connection[asyncpg.Record]":
        """Open a connection of its own, outside the pool, for locks and LISTEN.

        Postgres ends it, and its locks, once it was silent for longer; 0 means never.
        """
        try:
            return await asyncpg.connect(
                self._url,
                timeout=CONNECT_TIMEOUT_SECONDS,
                command_timeout=self._command_timeout_seconds,
                server_settings={
                    "application_name": f"waymark-{self.role}-dedicated",
                    "idle_session_timeout": f"{silence_max_seconds}s",
                    # A peer that vanished without a word must be noticed.
                    "tcp_keepalives_idle": "5",
                    "tcp_keepalives_interval": "2",
                    "tcp_keepalives_count": "3",
                },
            )
        except _NOT_YET as fault:
            raise self._unavailable(fault) from fault

    def _unavailable(self, fault: BaseException) -> DatabaseUnavailable:
        self.last_fault = type(fault).__name__
        return DatabaseUnavailable(self.last_fault)

    def _server_settings(self) -> dict[str, str]:
        return {
            "application_name": f"waymark-{self.role}",
            # Compiling plans costs more than our short statements do.
            "jit": "off",
            "timezone": "UTC",
            "idle_in_transaction_session_timeout": f"{IDLE_IN_TRANSACTION_TIMEOUT_SECONDS}s",
        }


@asynccontextmanager
async def savepoint(connection: Connection) -> AsyncGenerator[None, None]:
    """Undo what the block did, and nothing before it, when the block fails.

    They may stand in each other: Postgres takes the innermost of a name.
    """
    await connection.execute(_SQL["set_savepoint"])
    try:
        yield
    except BaseException:
        await connection.execute(_SQL["return_to_savepoint"])
        raise
    await connection.execute(_SQL["release_savepoint"])


def _beginning(visible: str, *, durable: bool) -> str:
    if visible:
        # Whatever the codes are, their form leaves nothing that could end the text they stand in.
        return _SQL["begin_seeing"].replace("{organisations}", visible)
    return _SQL["begin"] if durable else _SQL["begin_without_waiting"]


@asynccontextmanager
async def _begun(connection: Connection, begin: str) -> AsyncGenerator[None, None]:
    """Begin in one round trip; commit, or roll back what failed."""
    await connection.execute(begin)
    try:
        yield
    except GeneratorExit:
        # Nobody waits for this block any more: giving back the connection rolls it back.
        raise
    except BaseException:
        await connection.execute(_SQL["roll_back"])
        raise
    await connection.execute(_SQL["commit"])


async def _know_arrays(connection: Connection) -> None:
    """Let the driver learn at once what it would otherwise stop for in many statements."""
    await connection.prepare(_SQL["know_arrays"])


async def _leave_as_it_is(_connection: Connection) -> None:
    """Save the round trip that would reset a session before it is lent again.

    Whatever is set, locked or opened here ends with its transaction, and a transaction ends
    before its connection goes back; what needs a session of its own uses ``connect``.
    """


def _is_gone(connection: Connection | None) -> bool:
    try:
        return connection is None or connection.is_closed()
    except asyncpg.InterfaceError:
        return True


def _checked(organisations: Sequence[str] | None) -> str:
    codes = tuple(organisations or ())
    if len(codes) > ORGANISATIONS_MAX:
        message = f"more than {ORGANISATIONS_MAX} organisations in one transaction"
        raise ForeignOrganisation(message)
    if not all(_ORGANISATION.fullmatch(code) for code in codes):
        message = "an organisation code may hold letters, digits, '-' and '_' only"
        raise ForeignOrganisation(message)
    return ",".join(codes)
