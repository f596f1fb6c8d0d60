"""Whose fault is a failure: the event's, or the ground's that everything stands on?

Promise    Only what the event itself causes can send it to quarantine; a database, broker
           or owner that is away, slow or not yet migrated never does. A reason says what
           was wrong without quoting any value.
"""

import asyncio
import re
import traceback
from pathlib import PurePath

import asyncpg
import httpx
from aiokafka.errors import KafkaError
from pydantic import ValidationError

from chassis.database import DatabaseUnavailable
from chassis.stream.decisions import Reason
from chassis.stream.events import EventRefused

DETAIL_LENGTH_MAX = 300
FAULTS_TOLD_MAX = 5

_FIELD = re.compile(r"[a-z][a-z0-9_]{0,62}")

# SQLSTATE classes that say nothing about the row: connection, resources, operator, locks,
# rights, missing tables (a deployment half done), transaction rollbacks, the server itself.
_GROUND_CLASSES = frozenset(
    {"08", "25", "26", "28", "3F", "40", "42", "53", "55", "57", "58", "XX"}
)


class OwnerUnavailable(Exception):
    """The service that owns a stream cannot be asked about it now."""


def is_ground(fault: BaseException) -> bool:
    """Whether the failure lies in what everything stands on, so that waiting is the answer."""
    if isinstance(fault, asyncpg.PostgresError):
        return (fault.sqlstate or "XX")[:2] in _GROUND_CLASSES
    if isinstance(fault, asyncpg.DataError | ValueError):
        # asyncpg's own refusal of a query argument is both an interface error and a value
        # error; ``asyncpg.DataError`` names the server's.
        return False
    return isinstance(
        fault,
        asyncio.CancelledError
        | asyncpg.InterfaceError
        | asyncpg.InternalClientError
        | DatabaseUnavailable
        | OwnerUnavailable
        | httpx.TransportError
        | KafkaError
        | OSError
        | TimeoutError
        | MemoryError,
    )


def reason_of(fault: BaseException) -> Reason:
    """The stable name and harmless detail under which a failure is kept."""
    if isinstance(fault, EventRefused):
        return Reason("refused-by-projection", fault.reason[:DETAIL_LENGTH_MAX])
    if isinstance(fault, ValidationError):
        return Reason("invalid-value", _validation_detail(fault))
    if isinstance(fault, asyncpg.PostgresError):
        return Reason("refused-by-database", _database_detail(fault))
    return Reason("projection-failed", f"{type(fault).__name__} at {_place(fault)}")


def _validation_detail(fault: ValidationError) -> str:
    found = fault.errors(include_url=False, include_context=False, include_input=False)
    told = [f"{_path(error['loc'])}: {error['type']}" for error in found[:FAULTS_TOLD_MAX]]
    if len(found) > FAULTS_TOLD_MAX:
        told.append(f"and {len(found) - FAULTS_TOLD_MAX} more")
    return "; ".join(told)[:DETAIL_LENGTH_MAX]


def _path(location: tuple[int | str, ...]) -> str:
    # The first part counts values in the list read; a name that is no field's is a value.
    parts = [
        str(part) if isinstance(part, int) else (part if _FIELD.fullmatch(part) else "…")
        for part in location[1:]
    ]
    return "/".join(parts) or "value"


def _database_detail(fault: asyncpg.PostgresError) -> str:
    named = (fault.sqlstate, fault.table_name, fault.column_name, fault.constraint_name)
    return " ".join(str(part) for part in (type(fault).__name__, *named) if part)


def _place(fault: BaseException) -> str:
    frames = traceback.extract_tb(fault.__traceback__)
    if not frames:
        return "an unknown place"
    last = frames[-1]
    return f"{PurePath(last.filename).name}:{last.lineno}"
