"""Names, numbers and notes put into every field of every request come out in no event, log, trace or metric.

The requests are the interface's own: each operation's example, with something to recognise in every
text that is not a code, sent again and again until no operation is left that could not be reached.
"""

import io
import json
import logging
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from chassis import telemetry
from chassis.logs import JsonLines
from tests.referral.trial import Clinic
from tests.referral.walk import CANARY, walk

pytestmark = pytest.mark.postgres

BETRAYING = re.compile("quillfeather|9990000018|qf1 ?9qf|07700 ?900742", re.IGNORECASE)
REACHED_SHARE_MIN = 0.6


async def test_what_is_told_of_anybody_names_nobody(own_clinic: Clinic) -> None:
    async with _everything_said() as said:
        walked = await walk(own_clinic)
        said.append((await own_clinic.http.get("/metrics")).text)

    # The test is worth something only as long as it gets far into the interface.
    assert len(walked.reached) >= REACHED_SHARE_MIN * walked.operations, sorted(walked.reached)
    stored = json.dumps(await own_clinic.rows("person"), default=str)
    assert CANARY in stored, "what was planted was not even stored"
    events = await own_clinic.rows("outbox", "position")
    assert len({event["type"] for event in events}) >= 15
    betraying = [
        (event["type"], found[0])
        for event in events
        if (found := BETRAYING.search(json.dumps(event, default=str)))
    ]
    assert betraying == []
    assert [text for text in said if BETRAYING.search(text)] == []


@asynccontextmanager
async def _everything_said() -> AsyncIterator[list[str]]:
    """Logs and traces of this service, as texts, complete when the block ends."""
    lines = io.StringIO()
    handler = logging.StreamHandler(lines)
    handler.setFormatter(JsonLines("referral"))
    root = logging.getLogger()
    before = root.level
    root.addHandler(handler)
    root.setLevel(logging.INFO)
    exporter = InMemorySpanExporter()
    telemetry.set_up("trial", None, exporter=exporter)
    said: list[str] = []
    try:
        yield said
    finally:
        telemetry.shut_down()
        root.removeHandler(handler)
        root.setLevel(before)
    logged = lines.getvalue()
    assert '"request"' in logged
    assert exporter.get_finished_spans()
    said += logged.splitlines()
    said += [span.to_json() for span in exporter.get_finished_spans()]
