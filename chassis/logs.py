"""Logs are JSON lines of allow-listed fields: what is not on the list stays in the process.

Promise    Personal data cannot reach a log by accident: messages are fixed event names, an unknown
           field is dropped and counted, an exception is its class and the places it passed, and a
           library's free text is reduced to its logger's name. Control characters are escaped.
Price      A new field has to be put on the list to be seen.
Not here   What is worth logging: each part says it in one call with a fixed name.
"""

import logging
import re
import sys
from collections.abc import MutableMapping
from typing import Any, TextIO

import structlog

from chassis import metrics, telemetry

VALUE_LENGTH_MAX = 300
LIST_LENGTH_MAX = 20

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
    handler.setFormatter(_JsonLines(service))
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level.upper())
    for name in ("uvicorn", "uvicorn.error", "uvicorn.access"):
        library = logging.getLogger(name)
        library.handlers.clear()
        library.propagate = name != "uvicorn.access"
    # Our own request line replaces uvicorn's, which holds the path and the query.
    logging.getLogger("uvicorn.access").disabled = True
    for name in ("httpx", "httpcore", "asyncio", "aiokafka", "faststream"):
        logging.getLogger(name).setLevel(logging.WARNING)
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            structlog.stdlib.add_log_level,
            structlog.stdlib.add_logger_name,
            _hand_over,
        ],
        wrapper_class=structlog.stdlib.BoundLogger,
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=False,
    )


def _hand_over(
    _logger: Any, _method: str, event: MutableMapping[str, Any]
) -> tuple[tuple[str], dict[str, Any]]:
    """Give a structlog event to the standard logger, fields aside from its name."""
    name = str(event.pop("event"))
    failed = event.pop("exc_info", None)
    event.pop("level", None)
    event.pop("logger", None)
    return (name,), {"extra": {"fields_of_line": dict(event)}, "exc_info": failed}


class _JsonLines(logging.Formatter):
    """Writes one record as one JSON object, from the allow-list only."""

    def __init__(self, service: str) -> None:
        super().__init__()
        self._service = service
        self._render = structlog.processors.JSONRenderer(sort_keys=False)

    def format(self, record: logging.LogRecord) -> str:
        """Give the line."""
        line: dict[str, Any] = {
            "time": self.formatTime(record),
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
        rendered = self._render(None, "", line)
        return rendered if isinstance(rendered, str) else rendered.decode()

    def formatTime(self, record: logging.LogRecord, datefmt: str | None = None) -> str:  # noqa: ARG002, N802 - the library's name
        """Give the time in UTC with its offset."""
        stamp = structlog.processors.TimeStamper(fmt="iso", utc=True)
        return str(stamp(None, "", {})["timestamp"])


def _event_name(record: logging.LogRecord) -> str:
    """Give the fixed name of the event; a library's sentence may hold anything, so is not told."""
    message = record.msg if isinstance(record.msg, str) else ""
    if not record.args and _EVENT_NAME.fullmatch(message):
        return message
    return _OTHERS_EVENT


def _given(record: logging.LogRecord) -> dict[str, Any]:
    extra = {name: value for name, value in vars(record).items() if name not in _STANDARD}
    extra |= extra.pop("fields_of_line", {})
    return extra


def allowed(fields: MutableMapping[str, Any]) -> dict[str, Any]:
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
    from chassis.web.observation import places  # noqa: PLC0415

    return {"fault": type(exception).__name__, "places": places(exception)}
