"""Logs are JSON lines of allow-listed fields: what is not on the list stays in the process.

Promise    Personal data cannot reach a log by accident: messages are fixed event names, an unknown
           field is dropped and counted, an exception is its class and the places it passed, and a
           library's free text is reduced to its logger's name. Control characters are escaped.
Price      A new field has to be put on the list to be seen.
Not here   What is worth logging: each part says it in one call with a fixed name.
"""

import json
import logging
import re
import sys
import traceback
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TextIO

from chassis import metrics, telemetry

VALUE_LENGTH_MAX = 300
LIST_LENGTH_MAX = 20
PLACES_MAX = 12

CHATTY = ("httpx", "httpcore", "asyncio", "aiokafka", "faststream")
"""Libraries that tell of each call at info."""

FIELDS_ALLOWED = frozenset(
    {
        "attempt",
        "batch",
        "component",
        "consumer",
        "count",
        "database_role",
        "epoch",
        "event_id",
        "event_type",
        "fault",
        "head",
        "host",
        "http_port",
        "level",
        "logger",
        "method",
        "migration",
        "milliseconds",
        "number",
        "offset",
        "partition",
        "places",
        "position",
        "reason",
        "release",
        "role",
        "route",
        "rule",
        "schedule",
        "seconds",
        "service",
        "signal",
        "state",
        "status",
        "stream",
        "time",
        "topic",
        "trace_id",
        "what",
    }
)
"""Names of fields a line may have. Their values are codes, counts, names of parts and templates."""

_EVENT_NAME = re.compile(r"[a-z][a-z0-9_]{0,63}", re.ASCII)
_OTHERS_EVENT = "library_message"

_STANDARD = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName"}


def set_up(service: str, level: str = "info", *, stream: TextIO | None = None) -> None:
    """Send every log of this process, ours and the libraries', through the allow-list."""
    handler = logging.StreamHandler(stream or sys.stdout)
    handler.setFormatter(JsonLines(service))
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level.upper())
    for name in ("uvicorn", "uvicorn.error", "uvicorn.access"):
        library = logging.getLogger(name)
        library.handlers.clear()
        library.propagate = True
    # Our own request line replaces this one, which holds the path and the query.
    logging.getLogger("uvicorn.access").disabled = True
    for name in CHATTY:
        logging.getLogger(name).setLevel(logging.WARNING)


class JsonLines(logging.Formatter):
    """Writes one record as one JSON object, from the allow-list only."""

    def __init__(self, service: str) -> None:
        super().__init__()
        self._service = service

    def format(self, record: logging.LogRecord) -> str:
        """Give the line."""
        line: dict[str, Any] = {
            "time": _time(record),
            "level": record.levelname.lower(),
            "event": _event_name(record),
            "service": self._service,
            "logger": record.name,
        }
        line |= allowed(_given(record))
        if "trace_id" not in line and (trace_id := telemetry.current_trace_id()):
            line["trace_id"] = trace_id
        if record.exc_info and record.exc_info[1] is not None:
            line |= _fault(record.exc_info[1])
        return json.dumps(line, default=str)


def _time(record: logging.LogRecord) -> str:
    return datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")


def _event_name(record: logging.LogRecord) -> str:
    """Give the fixed name of the event; a library's sentence may hold anything, so is not told."""
    message = record.msg if isinstance(record.msg, str) else ""
    if not record.args and _EVENT_NAME.fullmatch(message):
        return message
    return _OTHERS_EVENT


def _given(record: logging.LogRecord) -> dict[str, Any]:
    return {name: value for name, value in vars(record).items() if name not in _STANDARD}


def allowed(fields: Mapping[str, Any]) -> dict[str, Any]:
    """Keep the fields that are on the list, each bounded; count the others."""
    kept = {name: _bounded(value) for name, value in fields.items() if name in FIELDS_ALLOWED}
    if len(kept) < len(fields):
        metrics.logs_refused.inc(len(fields) - len(kept))
    return kept


def _bounded(value: Any) -> Any:
    if value is None or isinstance(value, bool | int | float):
        return value
    if isinstance(value, list | tuple):
        return [_bounded(one) for one in value[:LIST_LENGTH_MAX]]  # pyright: ignore[reportUnknownVariableType, reportUnknownArgumentType]
    return str(value)[:VALUE_LENGTH_MAX]


def _fault(exception: BaseException) -> dict[str, Any]:
    # Messages quote values: a class and the places it passed are enough to find the line.
    return {"fault": type(exception).__name__, "places": places(exception)}


def places(fault: BaseException) -> list[str]:
    """Give where a fault passed, newest last, without any value."""
    frames = traceback.extract_tb(fault.__traceback__)[-PLACES_MAX:]
    return [f"{Path(frame.filename).name}:{frame.lineno} {frame.name}" for frame in frames]
