"""Firing what is due: each timer in a transaction of its own, once, in order.

Promise    A timer's effects and its end commit together: after any restart, and with any number of
           schedulers, it has fired once or will. What is about one thing fires in the order in
           which it fell due, unless one of it failed. One that fails is tried again, later each
           time, and holds up nothing else.
Price      At least once a timer is looked at: a handler decides by the facts it finds under the
           lock of its aggregate, and a fact that changed is no fault.
Not here   What fires and who handles it: ``schedules.HANDLERS``.

A request locks its aggregate before it touches a timer; here the timer is taken before its
handler locks the aggregate. So that neither waits for the other for long, the wait for a lock is
short here, and a timer whose aggregate is busy is taken again in the next round.
"""

import logging
from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime
from typing import Final, TypeAlias
from uuid import UUID

from asyncpg import DeadlockDetectedError, LockNotAvailableError
from prometheus_client import Counter, Gauge

from chassis import clock
from chassis.database import Connection, Database, DatabaseUnavailable
from chassis.metrics import REGISTRY
from services.referral.domain.clocks import known_at
from services.referral.domain.timers import (
    ALARM_ATTEMPTS,
    KINDS,
    Kind,
    Lane,
    Timer,
    lane_of,
    retry_after_seconds,
)
from services.referral.published import Moment
from services.referral.store import timers as store

BATCH_TIMERS_MAX: Final = 50
LOCK_WAIT_MILLISECONDS_MAX: Final = 300  # below the second after which Postgres looks for deadlocks

Handler: TypeAlias = Callable[[Connection, Timer], Awaitable[None]]
Handlers: TypeAlias = Mapping[Kind, Handler]

_LOG = logging.getLogger(__name__)

_fired = Counter("waymark_timers_fired", "Timers that fired.", ["kind"], registry=REGISTRY)
_failed = Counter(
    "waymark_timers_failed", "Times a timer failed and was put off.", ["kind"], registry=REGISTRY
)
_busy = Counter(
    "waymark_timers_busy",
    "Times a timer was left for the next round because what it is about was locked.",
    ["kind"],
    registry=REGISTRY,
)
_due = Gauge("waymark_timers_due", "Timers that are due now.", ["kind"], registry=REGISTRY)
_failing = Gauge(
    "waymark_timers_failing",
    "Timers that failed and wait to be tried again.",
    ["kind"],
    registry=REGISTRY,
)
_oldest = Gauge(
    "waymark_timers_oldest_seconds",
    "How long the oldest timer that is due has been due.",
    ["kind"],
    registry=REGISTRY,
)


class _Busy(Exception):
    """What the timer is about is locked by a request."""


async def fire_due(database: Database, handlers: Handlers, lane: Lane) -> int:
    """Fire one batch of what is due in a lane; give how many fired."""
    kinds: list[Kind] = [kind for kind in handlers if lane_of(kind) == lane]
    async with database.transaction() as connection:
        due = await store.list_due(connection, lane=lane, kinds=kinds, limit=BATCH_TIMERS_MAX)
    fired = 0
    for timer_id in due:
        fired += await fire(database, handlers, timer_id)
    return fired


async def moment_due(connection: Connection, timer: Timer) -> Moment:
    """Give when something fell due and when that becomes known, by the clock that sets what follows."""
    known = known_at(timer.due_at, min(clock.now(), await store.present(connection)))
    return Moment(min(timer.due_at, known), known)


async def observe(database: Database) -> None:
    """Bring the gauges up to date."""
    async with database.transaction() as connection:
        found = {row["kind"]: row for row in await store.observe(connection)}
    for kind in KINDS:
        row = found.get(kind)
        _due.labels(kind).set(row["due"] if row else 0)
        _failing.labels(kind).set(row["failing"] if row else 0)
        _oldest.labels(kind).set(row["oldest_seconds"] if row else 0)


async def fire(
    database: Database, handlers: Handlers, timer_id: UUID, *, by: datetime | None = None
) -> bool:
    """Fire one timer, if it is still to be fired, now or ``by`` an earlier clock; say whether it was."""
    timer: Timer | None = None
    try:
        async with database.transaction() as connection:
            timer = await store.take(
                connection,
                timer_id,
                kinds=list(handlers),
                lock_wait_ms=LOCK_WAIT_MILLISECONDS_MAX,
                by=by,
            )
            if timer is None:
                return False
            try:
                await handlers[timer.kind](connection, timer)
            except (LockNotAvailableError, DeadlockDetectedError) as fault:
                raise _Busy from fault
    except _Busy:
        if timer is not None:
            _busy.labels(timer.kind).inc()
        return False
    except Exception as fault:
        if timer is None:
            raise
        # Noting it down fails as well if it is the database that is away: then nobody is to blame.
        await _put_off(database, timer, fault)
        return False
    _fired.labels(timer.kind).inc()
    return True


async def _put_off(database: Database, timer: Timer, fault: Exception) -> None:
    async with database.transaction() as connection:
        attempts = await store.postpone(
            connection, timer.id, seconds=retry_after_seconds(timer.attempts + 1)
        )
    if attempts is None:
        return
    cause = fault.__cause__ if isinstance(fault, DatabaseUnavailable) else fault
    _failed.labels(timer.kind).inc()
    level = logging.ERROR if attempts >= ALARM_ATTEMPTS else logging.WARNING
    _LOG.log(
        level,
        "timer_failed",
        exc_info=cause,
        extra={"what": timer.kind, "attempt": attempts},
    )
