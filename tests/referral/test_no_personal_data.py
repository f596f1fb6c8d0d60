"""Names, numbers and notes put into every field of every request come out in no event, log, trace or metric.

The requests are the interface's own: each operation's example, with something to recognise in every
text that is not a code, sent again and again until no operation is left that could not be reached.
"""

import copy
import io
import json
import logging
import re
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from chassis import telemetry
from chassis.logs import JsonLines
from tests.referral.trial import ANALYST, COLLEAGUE, MANAGER, REFERRER, REGISTRAR, WORKER, Clinic

pytestmark = pytest.mark.postgres

CANARY = "Quillfeather"
PLANTED = {
    "nhs_number": "9990000018",
    "postcode": "QF1 9QF",
    "email": "quillfeather@people.example.org",
    "address": "quillfeather@people.example.org",
    "phone": "07700900742",
}
BETRAYING = re.compile("quillfeather|9990000018|qf1 ?9qf|07700 ?900742", re.IGNORECASE)
NOT_TEXT = ("format", "enum", "const", "pattern")
ROUNDS_MAX = 3
REACHED_SHARE_MIN = 0.6
KNOWN = {"pcn_code": "U99001", "practice_code": "Y99001", "number": "1", "day": "2026-12-24"}
# What ends a story is sent after what needs it open.
ENDING = re.compile(
    r"closing|death|handover|merge|void|revoc|ending|cancel|check-out|status|re-?open"
)
IN_PATH = re.compile(r"\{(\w+)\}")


async def test_what_is_told_of_anybody_names_nobody(own_clinic: Clinic) -> None:
    document = (await own_clinic.http.get("/openapi.json")).json()
    operations = list(_operations(document))
    operations.sort(key=lambda one: bool(ENDING.search(one[1])))
    reached: set[str] = set()
    async with _everything_said() as said:
        for _ in range(ROUNDS_MAX):
            known = dict(KNOWN)  # each round is about a story of its own
            for method, path, operation in operations:
                if await _sent(own_clinic, document, method, path, operation, known):
                    reached.add(f"{method} {path}")
        said.append((await own_clinic.http.get("/metrics")).text)

    # The test is worth something only as long as it gets far into the interface.
    assert len(reached) >= REACHED_SHARE_MIN * len(operations), sorted(reached)
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


async def _sent(
    clinic: Clinic,
    document: dict[str, Any],
    method: str,
    path: str,
    operation: dict[str, Any],
    known: dict[str, str],
) -> bool:
    """Send one request, if what its path names is known by now; remember what it made."""
    if not all(name in known for name in IN_PATH.findall(path)):
        return False
    content = operation.get("requestBody", {}).get("content", {}).get("application/json", {})
    body = _planted(document, content.get("schema", {}), content.get("example"))
    address = IN_PATH.sub(lambda match: known[match[1]], path)
    for version in ("0", "1", "2", "3", "4", "5", "6"):
        headers = {"If_Match": f'"{version}"', "Waymark_Reason": CANARY}
        answer = await clinic.ask(method, address, body, member=_member(operation), **headers)
        if answer.status_code not in {412, 428}:
            break
    assert answer.status_code < 500, (method, path, body, answer.text)
    if answer.is_success and answer.headers.get("content-type", "").startswith("application/json"):
        _remember(path, answer.json(), known)
    return answer.is_success


def _remember(path: str, answer: Any, known: dict[str, str]) -> None:
    if not isinstance(answer, dict):
        return
    for name, value in answer.items():
        if name.endswith("_id") and isinstance(value, str):
            known.setdefault(name, value)
    if isinstance(answer.get("id"), str):
        # `/referrals/{referral_id}/contacts` makes a contact: its id is `contact_id` elsewhere.
        kind = path.rstrip("/").rpartition("/")[2].removesuffix("s").replace("-", "_")
        kind = {"people": "person", "people/merge": "merge"}.get(kind, kind)
        known.setdefault(f"{kind}_id", answer["id"])


def _operations(document: dict[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            if method in {"post", "put", "patch"} and "service" not in operation["x-roles"]:
                yield method.upper(), path, operation


def _member(operation: dict[str, Any]) -> str:
    roles = operation["x-roles"]
    members = (MANAGER, WORKER, COLLEAGUE, REFERRER, REGISTRAR, ANALYST)
    demo = f"{operation.get('x-demo-role')} {operation.get('x-demo-organisation')}"
    if demo in members:
        return demo
    return next((member for member in members if member.split()[0] in roles), MANAGER)


def _planted(document: dict[str, Any], schema: dict[str, Any], example: Any) -> Any:
    """The example with something to recognise wherever its schema takes any text."""
    schema = _resolved(document, schema, example)
    if isinstance(example, dict):
        fields = schema.get("properties", {})
        planted = {
            name: PLANTED[name]
            if name in PLANTED and value is not None
            else _planted(document, fields.get(name, {}), value)
            for name, value in example.items()
        }
        for name, field in fields.items():
            if name not in planted and _is_text(_resolved(document, field, "")):
                planted[name] = PLANTED.get(name, CANARY)
        return planted
    if isinstance(example, list):
        return [_planted(document, schema.get("items", {}), one) for one in example]
    if isinstance(example, str) and _is_text(schema):
        return CANARY[: schema.get("maxLength", len(CANARY))]
    return copy.deepcopy(example)


def _is_text(schema: dict[str, Any]) -> bool:
    return schema.get("type") == "string" and not any(name in schema for name in NOT_TEXT)


def _resolved(document: dict[str, Any], schema: dict[str, Any], value: Any) -> dict[str, Any]:
    """The part of a schema that is about a value like this one."""
    while "$ref" in schema:
        schema = document["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
    kind = {str: "string", dict: "object", list: "array"}.get(type(value))
    for one in [*schema.get("anyOf", ()), *schema.get("oneOf", ()), *schema.get("allOf", ())]:
        part = _resolved(document, one, value)
        if part.get("type") == kind:
            return part
    return schema
