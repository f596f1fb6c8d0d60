"""One place sees each request begin and end: its span, its metric, its log line, its headers.

Promise    A request is known by method, route template, status, time and trace id, and by nothing
           it held. A fault of ours is logged as its class and the places it passed, without its
           message, and answered as a problem, or with the application's own page.
Not here   What may be logged at all: ``chassis.logs``.
"""

import logging
import time
from collections.abc import MutableMapping
from typing import Any

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from chassis import metrics, telemetry
from chassis.logs import places
from chassis.web.limits import ClientLeft
from chassis.web.problems import answer_status

UNKNOWN_ROUTE = "unknown"
CLIENT_LEFT_STATUS = 499
# Asked every second or so by machines: they would fill the log and say nothing.
QUIET_ROUTES = frozenset({"/livez", "/readyz", "/readyz/{role}", "/metrics", "/internal/streams"})

METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})

SECURITY_HEADERS: tuple[tuple[bytes, bytes], ...] = (
    (b"x-content-type-options", b"nosniff"),
    (b"x-frame-options", b"DENY"),
    (b"referrer-policy", b"no-referrer"),
    (b"cross-origin-resource-policy", b"same-origin"),
    (b"strict-transport-security", b"max-age=31536000; includeSubDomains"),
)
API_POLICY = (b"content-security-policy", b"default-src 'none'; frame-ancestors 'none'")
NOT_KEPT = (b"cache-control", b"no-store")

_LOG = logging.getLogger(__name__)


class Observation:
    """The outermost layer: nothing a request does passes it unseen or raises through it."""

    def __init__(self, app: ASGIApp, *, fault_page: ASGIApp | None = None) -> None:
        """``fault_page`` is what people see of a fault instead of a problem."""
        self._app = app
        self._fault_page = fault_page

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Run the request and record what became of it."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        method: str = scope["method"] if scope["method"] in METHODS else "OTHER"
        traceparent = _traceparent(scope)
        telemetry.begin_request(traceparent)
        span = telemetry.start_server_span(method, traceparent)
        trace_id = telemetry.current_trace_id() or ""
        answer = _Answer(send, trace_id)
        started_at = time.perf_counter()
        metrics.requests_running.inc()
        try:
            with telemetry.running(span):
                await self._guarded(scope, receive, answer)
        finally:
            seconds = time.perf_counter() - started_at
            route = route_template(scope)
            metrics.requests_running.dec()
            metrics.observe_request(method, route, answer.status, seconds)
            telemetry.end_server_span(span, method=method, route=route, status=answer.status)
            if route not in QUIET_ROUTES:
                _LOG.info(
                    "request",
                    extra={
                        "method": method,
                        "route": route,
                        "status": answer.status,
                        "milliseconds": round(seconds * 1_000, 2),
                        "trace_id": trace_id,
                    },
                )

    async def _guarded(self, scope: Scope, receive: Receive, answer: "_Answer") -> None:
        try:
            await self._app(scope, receive, answer)
        except ClientLeft:
            answer.status = CLIENT_LEFT_STATUS
        except Exception as fault:  # noqa: BLE001 - the last line of defence
            _log_fault(fault, scope)
            await self._answer_fault(scope, receive, answer)

    async def _answer_fault(self, scope: Scope, receive: Receive, answer: "_Answer") -> None:
        if self._fault_page is not None and not answer.started:
            try:
                await self._fault_page(scope, receive, answer)
            except Exception as fault:  # noqa: BLE001 - the page may be what is broken
                _log_fault(fault, scope)
            else:
                return
        if answer.started:
            # Half an answer is out: only closing the connection tells the client.
            raise _AnswerBroken from None
        await answer_status(500)(scope, receive, answer)


def _log_fault(fault: Exception, scope: Scope) -> None:
    _LOG.error(
        "fault",
        extra={
            "fault": type(fault).__name__,
            "places": places(fault),
            "route": route_template(scope),
            "trace_id": telemetry.current_trace_id(),
        },
    )


class _AnswerBroken(Exception):
    """An answer failed after its first byte; carries nothing of what went wrong."""


class _Answer:
    """Passes the answer on with the headers each answer has, and remembers its status."""

    __slots__ = ("_send", "_trace_id", "started", "status")

    def __init__(self, send: Send, trace_id: str) -> None:
        self._send = send
        self._trace_id = trace_id
        self.started = False
        self.status = 500

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.started = True
            self.status = message["status"]
            _complete(message, self._trace_id)
        await self._send(message)


def _complete(message: MutableMapping[str, Any], trace_id: str) -> None:
    headers = list(message.get("headers", ()))
    given = {name.lower() for name, _ in headers}
    headers.extend(header for header in SECURITY_HEADERS if header[0] not in given)
    if API_POLICY[0] not in given:
        headers.append(API_POLICY)
    if NOT_KEPT[0] not in given:
        headers.append(NOT_KEPT)
    headers.append((b"waymark-trace-id", trace_id.encode("ascii")))
    message["headers"] = headers


def route_template(scope: Scope) -> str:
    """Give the matched route's template, prefix and all; never the path itself."""
    context = scope.get("fastapi", {}).get("effective_route_context")
    template = getattr(context, "path_format", None)
    if template is None:
        template = getattr(scope.get("route"), "path_format", None)
    return template if isinstance(template, str) else UNKNOWN_ROUTE


def _traceparent(scope: Scope) -> str | None:
    for name, value in scope["headers"]:
        if name == b"traceparent":
            return value.decode("latin-1")
    return None
