"""Traces from the click to the dashboard: the one module that knows the tracing SDK.

Promise    A trace that starts at an HTTP request goes on through outbox, topic and consumer.
           A span carries allow-listed attributes only, whoever made it. Off, every helper
           here is one comparison.
Price      Spans wait in memory (at most ``QUEUE_SIZE_MAX``) and are dropped, never waited for,
           when their receiver is away.
Not here   Metrics (``chassis.metrics``) and logs (``chassis.logs``). Sampling: the SDK's own
           OTEL_TRACES_SAMPLER variables, read as its documentation says.
"""

import os
import re
import threading
from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING

from opentelemetry import trace
from opentelemetry.trace import (
    Link,
    NonRecordingSpan,
    Span,
    SpanContext,
    SpanKind,
    StatusCode,
    TraceFlags,
    Tracer,
)

if TYPE_CHECKING:
    from opentelemetry.context import Context
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import SpanExporter

    from chassis.telemetry_export import AllowListed

Attributes = Mapping[str, str | int | bool]

LINKS_MAX = 128
CONTINUED_SPANS_MAX = 128
QUEUE_SIZE_MAX = 4_096
EXPORT_BATCH_SIZE_MAX = 512
EXPORT_DELAY_SECONDS = 1.0
FLUSH_TIMEOUT_SECONDS = 3

ATTRIBUTES_ALLOWED = frozenset(
    {
        "http.request.method",
        "http.response.status_code",
        "http.route",
        "messaging.batch.message_count",
        "messaging.consumer.group.name",
        "messaging.destination.name",
        "messaging.operation.type",
        "messaging.system",
        "url.scheme",
        "waymark.event_type",
        "waymark.origin",
        "waymark.role",
        "waymark.schedule",
        "waymark.stream",
    }
)
"""Codes, counts and templates. No id of a person or of anything about one, no URL, no text."""

_TRACEPARENT = re.compile(r"[0-9a-f]{2}-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})", re.ASCII)

_request_trace_id: ContextVar[str | None] = ContextVar("request_trace_id", default=None)


class _State:
    """What ``set_up`` changes: nothing is traced while there is no tracer."""

    tracer: Tracer | None = None
    provider: "TracerProvider | None" = None
    way_out: "AllowListed | None" = None


def is_on() -> bool:
    """Whether spans are made in this process."""
    return _State.tracer is not None


def set_up(
    service: str,
    endpoint: str | None,
    *,
    release: str = "",
    exporter: "SpanExporter | None" = None,
) -> None:
    """Start tracing when there is somewhere to send spans; otherwise stay off.

    ``endpoint`` is an OTLP/HTTP address (``http://collector:4318``) or ``file:PATH``, which
    appends one JSON object per span, so that a trace can be followed without a collector.
    """
    shut_down()
    if exporter is None and not endpoint:
        return
    # The SDK costs 20 MB and 0.3 s: it is loaded by those who use it.
    from opentelemetry.sdk.resources import Resource
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import BatchSpanProcessor

    from chassis.telemetry_export import AllowListed, exporter_for

    provider = TracerProvider(
        resource=Resource.create({"service.name": service, "service.version": release}),
        shutdown_on_exit=False,
    )
    way_out = AllowListed(exporter or exporter_for(endpoint or ""), ATTRIBUTES_ALLOWED)
    provider.add_span_processor(
        BatchSpanProcessor(
            way_out,
            max_queue_size=QUEUE_SIZE_MAX,
            max_export_batch_size=EXPORT_BATCH_SIZE_MAX,
            schedule_delay_millis=EXPORT_DELAY_SECONDS * 1_000,
        )
    )
    _State.provider = provider
    _State.way_out = way_out
    _State.tracer = provider.get_tracer("waymark")


def shut_down() -> None:
    """Send what waits, for at most ``FLUSH_TIMEOUT_SECONDS``, and stop tracing."""
    provider, way_out = _State.provider, _State.way_out
    _State.provider = _State.way_out = _State.tracer = None
    if provider is None or way_out is None:
        return
    # The SDK's own time limits do not reach a retry that is under way; closing its way out does.
    enough = threading.Timer(FLUSH_TIMEOUT_SECONDS, way_out.shutdown)
    enough.daemon = True
    enough.start()
    provider.shutdown()
    enough.cancel()


def flush() -> None:
    """Send what waits, however long that takes; an orderly end is ``shut_down``."""
    if _State.provider is not None:
        _State.provider.force_flush()


def current_traceparent() -> str | None:
    """Give the W3C header that continues the running trace; None when nothing is traced."""
    if _State.tracer is None:
        return None
    context = trace.get_current_span().get_span_context()
    if not context.is_valid:
        return None
    return f"00-{context.trace_id:032x}-{context.span_id:016x}-{context.trace_flags:02x}"


def current_trace_id() -> str | None:
    """Give the id under which this request is logged, traced or not."""
    return _request_trace_id.get()


def begin_request(traceparent: str | None) -> str:
    """Remember the id of the request now running: the caller's trace id or a new one."""
    found = _TRACEPARENT.fullmatch(traceparent) if traceparent else None
    trace_id = found[1] if found and found[1] != "0" * 32 else os.urandom(16).hex()
    _request_trace_id.set(trace_id)
    return trace_id


def start_server_span(method: str, traceparent: str | None) -> Span | None:
    """Start the span of one request, continuing the caller's trace; None when off."""
    tracer = _State.tracer
    if tracer is None:
        return None
    span = tracer.start_span(method, context=_context_of(traceparent), kind=SpanKind.SERVER)
    context = span.get_span_context()
    if context.is_valid:
        _request_trace_id.set(f"{context.trace_id:032x}")
    return span


@contextmanager
def running(span: Span | None) -> Generator[None]:
    """Make the span the current one, so that what is recorded within continues it."""
    if span is None:
        yield
        return
    with trace.use_span(
        span, end_on_exit=False, record_exception=False, set_status_on_exception=False
    ):
        yield


def end_server_span(span: Span | None, *, method: str, route: str, status: int) -> None:
    """Name the span by its route's template, never by its path, and end it."""
    if span is None:
        return
    span.update_name(f"{method} {route}")
    span.set_attributes(
        {"http.request.method": method, "http.route": route, "http.response.status_code": status}
    )
    if status >= 500:
        span.set_status(StatusCode.ERROR)
    span.end()


@contextmanager
def span(
    name: str,
    *,
    kind: SpanKind = SpanKind.INTERNAL,
    attributes: Attributes | None = None,
    traceparents: Sequence[str] = (),
    continues: str | None = None,
) -> Generator[None]:
    """Trace one piece of work, linked to at most ``LINKS_MAX`` traces that led to it.

    ``continues`` is the trace it belongs to where another process began it.
    """
    tracer = _State.tracer
    if tracer is None:
        yield
        return
    links = [Link(context) for context in map(_remote, traceparents[:LINKS_MAX]) if context]
    with tracer.start_as_current_span(
        name,
        context=_context_of(continues),
        kind=kind,
        attributes=attributes,
        links=links,
        record_exception=False,
    ):
        yield


@contextmanager
def batch_span(
    *, group: str, topic: str, message_count: int, traceparents: Sequence[str]
) -> Generator[None]:
    """Trace the handling of one batch of a topic; the batch links to the clicks in it."""
    if _State.tracer is None:
        yield
        return
    with span(
        f"process {topic}",
        kind=SpanKind.CONSUMER,
        attributes={
            "messaging.system": "kafka",
            "messaging.operation.type": "process",
            "messaging.destination.name": topic,
            "messaging.consumer.group.name": group,
            "messaging.batch.message_count": message_count,
        },
        traceparents=sampled(traceparents),
    ):
        yield


def sampled(traceparents: Sequence[str]) -> list[str]:
    """Keep those whose trace is recorded, at most ``LINKS_MAX``, each once."""
    return list(dict.fromkeys(parent for parent in traceparents if parent.endswith("1")))[
        :LINKS_MAX
    ]


def continue_traces(
    applied: Sequence[tuple[str | None, str]],
    *,
    group: str,
    topic: str,
    started_at_ns: int,
    ended_at_ns: int,
) -> None:
    """Give each sampled event of a batch a short span in the trace of its own click.

    ``applied`` holds (traceparent, event type); it is called after the batch committed.
    """
    tracer = _State.tracer
    if tracer is None:
        return
    here = Link(trace.get_current_span().get_span_context())
    made = 0
    for traceparent, event_type in applied:
        remote = _remote(traceparent)
        if remote is None or not remote.trace_flags.sampled:
            continue
        tracer.start_span(
            f"apply {event_type}",
            context=trace.set_span_in_context(NonRecordingSpan(remote)),
            kind=SpanKind.CONSUMER,
            attributes={
                "messaging.system": "kafka",
                "messaging.destination.name": topic,
                "messaging.consumer.group.name": group,
                "waymark.event_type": event_type,
            },
            links=[here] if here.context.is_valid else [],
            start_time=started_at_ns,
        ).end(ended_at_ns)
        made += 1
        if made == CONTINUED_SPANS_MAX:
            return


def _remote(traceparent: str | None) -> SpanContext | None:
    found = _TRACEPARENT.fullmatch(traceparent) if traceparent else None
    if found is None:
        return None
    context = SpanContext(
        trace_id=int(found[1], 16),
        span_id=int(found[2], 16),
        is_remote=True,
        trace_flags=TraceFlags(int(found[3], 16)),
    )
    return context if context.is_valid else None


def _context_of(traceparent: str | None) -> "Context | None":
    remote = _remote(traceparent)
    return None if remote is None else trace.set_span_in_context(NonRecordingSpan(remote))
