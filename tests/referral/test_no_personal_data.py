"""Names, numbers and notes put into every field of every request come out in no record, log, trace or metric.

The requests are the interface's own: each operation's example, with something to recognise in every
text that is not a code, in keys and in addresses, sent again and again until no operation is left that
could not be reached. Then everything that is due falls due, and what was told goes to a topic.
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
from chassis.relay import Relay
from services.referral.domain.timers import LANES
from services.referral.schedules import HANDLERS
from services.referral.use_cases.timers import fire_due
from tests.chassis.events import is_all_published, read_topic, running
from tests.referral.onward_trial import worker_of
from tests.referral.trial import Clinic
from tests.referral.walk import CANARY, walk
from tests.waiting import until

pytestmark = [pytest.mark.postgres, pytest.mark.kafka]

BETRAYING = re.compile("quillfeather|9990000018|qf1 ?9qf|07700 ?900742", re.IGNORECASE)
# What the walk cannot do, and why; whatever else it cannot do is a fault of the walk.
OUT_OF_REACH = {
    "POST /writeback/items/{writeback_id}/retry": "nothing is handed over here, so nothing failed",
    "GET /internal/signposts/{signpost_id}/echo": "who answered the echo, walked before, is forgotten",
    "POST /people/{person_id}/merges": "the walk is about one person, who has one record",
    "POST /people/merges/{merge_id}/undo": "nothing was merged",
    "POST /referrals/{referral_id}/handover/return": "nobody of another network walks",
    "POST /visits/{visit_id}/cancellation": "the visit has begun by then",
}


async def test_what_is_told_of_anybody_names_nobody(
    own_clinic: Clinic, make_topic, kafka_bootstrap: str
) -> None:
    async with _everything_said() as said:
        walked = await walk(own_clinic)
        fired = await _everything_falls_due(own_clinic)
        said.append((await own_clinic.http.get("/metrics")).text)

    # The test is worth something only as long as it gets everywhere in the interface.
    missed = {name: why for name, why in walked.missed.items() if name not in OUT_OF_REACH}
    assert missed == {}
    assert OUT_OF_REACH.keys() <= walked.missed.keys(), "reached by now: take it off the list"
    assert fired >= 5
    stored = json.dumps(await own_clinic.rows("person"), default=str)
    assert CANARY in stored, "what was planted was not even stored"
    told = await _everything_told(own_clinic, await make_topic(), kafka_bootstrap)
    assert len({kind for kind, _ in told}) >= 55
    assert [one for one in told if BETRAYING.search(one[1])] == []
    assert [text for text in said if BETRAYING.search(text)] == []


async def _everything_falls_due(clinic: Clinic) -> int:
    """Let whatever waits for its time fire now; give how many did."""
    await clinic.owner.execute("update timer set due_at = now() - interval '1 minute'")
    fired = 0
    async with worker_of(clinic) as worker:
        for lane in LANES:
            while now := await fire_due(worker, HANDLERS, lane):
                fired += now
    return fired


async def _everything_told(
    clinic: Clinic, topic: str, kafka_bootstrap: str
) -> list[tuple[str, str]]:
    """Publish what was told, and give each record of the topic: its type, and all of it as text."""
    count = await clinic.count("outbox")
    async with worker_of(clinic) as worker, running(Relay(worker, kafka_bootstrap, topic)):
        await until(
            lambda: is_all_published(worker, count), timeout_seconds=30, what="all is published"
        )
    records = await read_topic(kafka_bootstrap, topic)
    assert len(records) >= count
    return [
        (
            dict(one.headers)["ce_type"].decode(),
            repr((one.key, one.headers, one.value.decode())),
        )
        for one in records
    ]


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
