"""Where finished spans go, and what they may say when they get there.

Promise    Attributes outside ``telemetry.ATTRIBUTES_ALLOWED``, span events and status texts
           (which is where exception messages travel) never leave the process.
Price      What an instrumentation of a library adds is lost until it is put on the list.
Not here   Making spans: ``chassis.telemetry``, which loads this module only when tracing is on.
"""

import json
import os
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path

from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export import SpanExporter, SpanExportResult
from opentelemetry.trace import Link, Status

EXPORT_TIMEOUT_SECONDS = 5

_FILE_SCHEME = "file:"
_TRACES_PATH = "/v1/traces"


def exporter_for(endpoint: str) -> SpanExporter:
    """Choose by the form of the address: a file of JSON lines, or an OTLP/HTTP receiver."""
    if endpoint.startswith(_FILE_SCHEME):
        return JsonLinesExporter(Path(endpoint.removeprefix(_FILE_SCHEME)))
    address = endpoint.rstrip("/")
    if not address.endswith(_TRACES_PATH):
        address += _TRACES_PATH
    return OTLPSpanExporter(endpoint=address, timeout=EXPORT_TIMEOUT_SECONDS)


class AllowListed(SpanExporter):
    """Hands spans on with what is allowed and nothing else."""

    def __init__(self, exporter: SpanExporter, allowed: frozenset[str]) -> None:
        self._exporter = exporter
        self._allowed = allowed
        self._is_shut = False

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        """Send the spans without what they may not carry."""
        if self._is_shut:
            return SpanExportResult.FAILURE
        return self._exporter.export([self._bare(span) for span in spans])

    def shutdown(self) -> None:
        """Close the way out, and give up what is being sent; once is enough."""
        if not self._is_shut:
            self._is_shut = True
            self._exporter.shutdown()

    def force_flush(self, timeout_millis: int = 30_000) -> bool:
        """Send what the inner exporter still holds."""
        return self._exporter.force_flush(timeout_millis)

    def _bare(self, span: ReadableSpan) -> ReadableSpan:
        return ReadableSpan(
            name=span.name,
            context=span.context,
            parent=span.parent,
            resource=span.resource,
            attributes={
                key: value for key, value in (span.attributes or {}).items() if key in self._allowed
            },
            links=[Link(link.context) for link in span.links],
            kind=span.kind,
            status=Status(span.status.status_code),
            start_time=span.start_time,
            end_time=span.end_time,
            instrumentation_scope=span.instrumentation_scope,
        )


class JsonLinesExporter(SpanExporter):
    """Appends one JSON object per span to a file that several processes may share."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = threading.Lock()

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        """Write the batch with one append, so that lines of two processes never mix."""
        lines = "".join(
            json.dumps(_line(span), separators=(",", ":")) + "\n" for span in spans
        ).encode()
        with self._lock:
            try:
                handle = os.open(self._path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
            except OSError:
                return SpanExportResult.FAILURE
            try:
                os.write(handle, lines)
            except OSError:
                return SpanExportResult.FAILURE
            finally:
                os.close(handle)
        return SpanExportResult.SUCCESS


def _line(span: ReadableSpan) -> Mapping[str, object]:
    context, parent = span.context, span.parent
    return {
        "traceId": f"{context.trace_id:032x}" if context else None,
        "spanId": f"{context.span_id:016x}" if context else None,
        "parentSpanId": f"{parent.span_id:016x}" if parent else None,
        "name": span.name,
        "kind": span.kind.name,
        "service": span.resource.attributes.get("service.name"),
        "startTimeUnixNano": span.start_time,
        "endTimeUnixNano": span.end_time,
        "status": span.status.status_code.name,
        "attributes": dict(span.attributes or {}),
        "links": [
            {"traceId": f"{link.context.trace_id:032x}", "spanId": f"{link.context.span_id:016x}"}
            for link in span.links
        ],
    }
