"""One trace goes from the click through outbox and consumer, and carries nothing of a person."""

import asyncio
import json
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Iterator, Sequence
from pathlib import Path
from typing import Any

import httpx
import pytest
from fastapi import APIRouter, FastAPI
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import get_tracer
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from chassis import telemetry
from chassis.web.app import bare_app
from chassis.web.health import Readiness
from tests.issuer import serve

CANARY = "Quillfeather"
CLICK = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
CLICK_TRACE = int(CLICK.split("-")[1], 16)


@pytest.fixture
def spans() -> Iterator[InMemorySpanExporter]:
    exporter = InMemorySpanExporter()
    telemetry.set_up("trial", None, exporter=exporter)
    yield exporter
    telemetry.shut_down()


@pytest.fixture
def app() -> FastAPI:
    router = APIRouter()

    @router.get("/people/{person_id}")
    async def person(person_id: str) -> dict[str, str | None]:
        with telemetry.span("work", attributes={"waymark.stream": "U99001", "name": person_id}):
            return {"traceparent": telemetry.current_traceparent()}

    @router.get("/breaks/{person_id}")
    async def breaks(person_id: str) -> None:
        with telemetry.span("work"):
            raise RuntimeError(person_id)

    return bare_app(service="trial", release="1", routers=[router], readiness=Readiness())


@pytest.fixture
async def http(app: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
    transport = httpx.ASGITransport(app=app)
    async with httpx.AsyncClient(transport=transport, base_url="http://trial") as client:
        yield client


def _finished(exporter: InMemorySpanExporter) -> dict[str, ReadableSpan]:
    telemetry.flush()
    return {span.name: span for span in exporter.get_finished_spans()}


async def test_a_request_continues_the_callers_trace_and_hands_it_on(
    http: httpx.AsyncClient, spans: InMemorySpanExporter
) -> None:
    answer = await http.get(f"/people/{CANARY}?name={CANARY}", headers={"traceparent": CLICK})

    found = _finished(spans)
    server, work = found["GET /people/{person_id}"], found["work"]
    assert server.context.trace_id == CLICK_TRACE
    assert server.parent is not None
    assert server.parent.span_id == 0xB7AD6B7169203331
    assert work.parent is not None
    assert work.parent.span_id == server.context.span_id
    assert answer.json()["traceparent"] == f"00-{CLICK_TRACE:032x}-{work.context.span_id:016x}-01"
    assert answer.headers["waymark-trace-id"] == f"{CLICK_TRACE:032x}"


async def test_no_span_carries_what_is_not_on_the_list(
    http: httpx.AsyncClient, spans: InMemorySpanExporter
) -> None:
    await http.get(f"/people/{CANARY}?q={CANARY}")
    await http.get(f"/breaks/{CANARY}")
    await http.get(f"/nowhere/{CANARY}")

    telemetry.flush()
    finished = spans.get_finished_spans()
    assert len(finished) == 5
    assert CANARY not in "".join(span.to_json() for span in finished)
    for span in finished:
        assert set(span.attributes or {}) <= telemetry.ATTRIBUTES_ALLOWED
        assert span.events == ()
    assert finished[0].attributes == {"waymark.stream": "U99001"}


async def test_requests_at_once_do_not_share_a_trace(
    http: httpx.AsyncClient, spans: InMemorySpanExporter
) -> None:
    answers = await asyncio.gather(*(http.get(f"/people/{number}") for number in range(20)))

    traces = {answer.json()["traceparent"].split("-")[1] for answer in answers}
    assert len(traces) == 20


def test_a_batch_links_to_its_clicks_and_each_click_gets_its_own_span(
    spans: InMemorySpanExporter,
) -> None:
    unsampled = CLICK[:-1] + "0"
    parents = [CLICK, None, unsampled, "nonsense"]
    started = time.time_ns()
    with telemetry.batch_span(
        group="reporting", topic="referral.events.v1", message_count=4,
        traceparents=[parent for parent in parents if parent],
    ):  # fmt: skip
        telemetry.continue_traces(
            [(parent, "waymark.referral-created.v1") for parent in parents],
            group="reporting",
            topic="referral.events.v1",
            started_at_ns=started,
            ended_at_ns=time.time_ns(),
        )

    telemetry.flush()
    applied, batch = spans.get_finished_spans()
    assert applied.name == "apply waymark.referral-created.v1"
    assert applied.context.trace_id == CLICK_TRACE
    assert applied.start_time == started
    assert batch.context.trace_id != CLICK_TRACE
    assert [link.context.trace_id for link in batch.links] == [CLICK_TRACE]
    assert [link.context.span_id for link in applied.links] == [batch.context.span_id]


def test_links_and_continued_spans_are_bounded(spans: InMemorySpanExporter) -> None:
    parents = [f"00-{number:032x}-{number:016x}-01" for number in range(1, 1_001)]
    with telemetry.batch_span(group="g", topic="t", message_count=1_000, traceparents=parents):
        telemetry.continue_traces(
            [(parent, "e") for parent in parents],
            group="g", topic="t", started_at_ns=1, ended_at_ns=2,
        )  # fmt: skip

    telemetry.flush()
    *applied, batch = spans.get_finished_spans()
    assert len(batch.links) == telemetry.LINKS_MAX
    assert len(applied) == telemetry.CONTINUED_SPANS_MAX


def test_what_the_library_itself_puts_on_a_span_is_kept_in(spans: InMemorySpanExporter) -> None:
    assert telemetry.is_on()
    with telemetry.span("work", attributes={"db.statement": f"select '{CANARY}'"}):
        pass

    assert dict(_finished(spans)["work"].attributes or {}) == {}


async def test_off_nothing_is_traced_and_a_request_still_has_an_id(http: httpx.AsyncClient) -> None:
    telemetry.shut_down()

    answer = await http.get("/people/1", headers={"traceparent": CLICK})

    assert not telemetry.is_on()
    assert answer.json()["traceparent"] is None
    assert answer.headers["waymark-trace-id"] == CLICK.split("-")[1]
    assert telemetry.current_traceparent() is None


def test_off_the_tracing_sdk_is_not_even_loaded() -> None:
    code = (
        "import sys; from chassis import telemetry; telemetry.set_up('x', None)\n"
        "import chassis.web.app\n"
        "assert 'opentelemetry.sdk.trace' not in sys.modules, 'loaded'"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=False, timeout=60
    )
    assert done.returncode == 0, done.stderr


def test_off_a_helper_costs_next_to_nothing() -> None:
    telemetry.shut_down()
    started_at = time.process_time()
    for _ in range(100_000):
        telemetry.current_traceparent()
        telemetry.start_server_span("GET", CLICK)

    # 0.1 µs each here; the bound leaves room for a slow machine and none for making spans.
    assert time.process_time() - started_at < 1.0


def test_spans_go_to_a_file_as_one_json_object_a_line(tmp_path: Path) -> None:
    target = tmp_path / "spans.jsonl"
    telemetry.set_up("trial", f"file:{target}")
    with telemetry.span("outer", attributes={"waymark.stream": "U99001"}), telemetry.span("inner"):
        pass
    telemetry.shut_down()

    inner, outer = (json.loads(line) for line in target.read_text().splitlines())
    assert inner["parentSpanId"] == outer["spanId"]
    assert inner["traceId"] == outer["traceId"]
    assert outer["service"] == "trial"
    assert outer["attributes"] == {"waymark.stream": "U99001"}
    assert target.stat().st_mode & 0o077 == 0


class Collector:
    """A receiver of OTLP over HTTP."""

    def __init__(self) -> None:
        self.received: list[ExportTraceServiceRequest] = []

    async def take(self, request: Request) -> Response:
        found = ExportTraceServiceRequest()
        body = await request.body()
        if request.headers.get("content-encoding") == "gzip":
            import gzip

            body = gzip.decompress(body)
        found.ParseFromString(body)
        self.received.append(found)
        return Response(b"", media_type="application/x-protobuf")


@pytest.mark.loopback
async def test_spans_reach_a_collector_over_otlp() -> None:
    collector = Collector()
    app = Starlette(routes=[Route("/v1/traces", collector.take, methods=["POST"])])
    async with serve(app) as url:
        telemetry.set_up("trial", url, release="1.2.3")
        with telemetry.span("work", attributes={"waymark.stream": "U99001", "name": CANARY}):
            pass
        await asyncio.to_thread(telemetry.shut_down)

    (request,) = collector.received
    resource = request.resource_spans[0]
    names = {one.key: one.value.string_value for one in resource.resource.attributes}
    assert names["service.name"] == "trial"
    span: Any = resource.scope_spans[0].spans[0]
    assert span.name == "work"
    assert [one.key for one in span.attributes] == ["waymark.stream"]


@pytest.mark.loopback
async def test_a_collector_that_is_away_holds_nothing_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(telemetry, "FLUSH_TIMEOUT_SECONDS", 0.5)
    telemetry.set_up("trial", "http://127.0.0.1:9")
    for _ in range(telemetry.QUEUE_SIZE_MAX * 2):
        with telemetry.span("work"):
            pass
    made_at = time.monotonic()
    await asyncio.to_thread(telemetry.shut_down)

    # Left to itself, the exporter tries each of the eight full batches for its whole five seconds.
    assert time.monotonic() - made_at < 15


def test_another_tracer_of_the_process_is_left_alone(spans: InMemorySpanExporter) -> None:
    with get_tracer("somebody").start_as_current_span("theirs"):
        pass

    assert _names(spans) == []


def _names(exporter: InMemorySpanExporter) -> Sequence[str]:
    telemetry.flush()
    return [span.name for span in exporter.get_finished_spans()]
