"""Whatever goes wrong is one problem, and none of it repeats what was sent."""

import io
import json
import logging
from typing import get_args

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError
from pydantic_core import core_schema

from chassis import logs
from chassis.web import problems
from tests.chassis.web.trial import CANARY, Note

BREACHES = [
    ("missing", {}, "/name", "is required"),
    ("unknown field", {"name": "A", CANARY: 1}, "", "holds a field that is not known here"),
    ("unknown field named like ours", {"name": "A", "quillfeather": 1}, "", "holds a field that is not known here"),
    ("free name", {"name": "A", "weights": {CANARY: "x"}}, "/weights", "must be a whole number"),
    ("wrong type", {"name": [CANARY]}, "/name", "must be text"),
    ("too long", {"name": CANARY * 3}, "/name", "must be at most 40 characters long"),
    ("control character", {"name": f"{CANARY}\x07x"}, "/name", "must be one line without control characters"),
    ("end of line", {"name": f"{CANARY}\u2028x"}, "/name", "must be one line without control characters"),
    ("NUL", {"name": f"{CANARY}\x00"}, "/name", "must be one line without control characters"),
    ("NUL in prose", {"name": "A", "text": f"{CANARY}\x00"}, "/text", "must not hold control characters"),
    ("check digit", {"name": "A", "nhs_number": "9990000001"}, "/nhs_number", "must be an NHS number whose check digit fits"),
    ("digits of another script", {"name": "A", "nhs_number": "٩٩٩٠٠٠٠٠٠٠"}, "/nhs_number", "must be an NHS number of ten digits"),
    ("in the future", {"name": "A", "occurred_at": "2999-01-01T00:00:00Z"}, "/occurred_at", "must not lie in the future"),
    ("without offset", {"name": "A", "occurred_at": "2020-01-01T00:00:00"}, "/occurred_at", "must say its offset from UTC"),
    ("inside a list", {"name": "A", "needs": [{"code": "a"}, {"code": "b", "weight": 9}]}, "/needs/1/weight", "must be 5 or less"),
    ("whole body", [CANARY], "", "must be an object"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("body", "pointer", "rule"), [case[1:] for case in BREACHES], ids=[case[0] for case in BREACHES]
)
async def test_a_broken_rule_is_told_with_its_place_and_without_its_value(
    http: httpx.AsyncClient, body: object, pointer: str, rule: str
) -> None:
    answer = await http.post("/notes", json=body)

    assert answer.status_code == 422
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["type"] == "/problems/rule-broken"
    assert answer.json()["errors"] == [{"in": "body", "pointer": pointer, "rule": rule}]
    assert CANARY not in answer.text
    assert "quillfeather" not in answer.text


async def test_a_lone_surrogate_breaks_a_rule_instead_of_the_database(
    http: httpx.AsyncClient,
) -> None:
    answer = await http.post(
        "/notes", content=rb'{"name": "A\ud800"}', headers={"content-type": "application/json"}
    )

    assert answer.status_code == 422
    assert answer.json()["errors"][0]["pointer"] == "/name"


@pytest.mark.parametrize(
    ("method", "path", "status", "name"),
    [
        ("GET", f"/nowhere/{CANARY}", 404, "not-found"),
        ("GET", "/notes/101", 404, "not-found"),
        ("DELETE", "/notes", 405, "method-not-allowed"),
        ("BREW", "/notes", 405, "method-not-allowed"),
        ("GET", f"/notes/{CANARY}", 422, "rule-broken"),
        ("GET", "/refused", 409, "still-running"),
        ("GET", "/away", 503, "unavailable"),
        ("PUT", "/notes/1", 428, "version-required"),
        ("GET", "/pages?limit=101", 422, "rule-broken"),
        ("GET", f"/pages?cursor={CANARY}", 422, "rule-broken"),
    ],
)
async def test_every_refusal_is_a_problem(
    http: httpx.AsyncClient, method: str, path: str, status: int, name: str
) -> None:
    answer = await http.request(method, path)

    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"
    found = answer.json()
    assert found["type"] == f"/problems/{name}"
    assert found["status"] == status
    assert found["trace_id"] == answer.headers["waymark-trace-id"]
    assert CANARY not in answer.text


async def test_a_405_says_what_is_allowed_and_a_503_when_to_return(http: httpx.AsyncClient) -> None:
    assert (await http.delete("/notes")).headers["allow"] == "POST"
    assert int((await http.get("/away")).headers["retry-after"]) > 0


@pytest.mark.parametrize("content", [b"{", b"", b'{"name": "A"} x', b"\xff\xfe", b"nonsense"])
async def test_what_is_not_json_is_refused(http: httpx.AsyncClient, content: bytes) -> None:
    answer = await http.post(
        "/notes", content=content, headers={"content-type": "application/json"}
    )

    assert answer.status_code in {400, 422}
    assert answer.headers["content-type"] == "application/problem+json"


async def test_another_media_type_is_told_so(http: httpx.AsyncClient) -> None:
    answer = await http.post("/notes", content=b"name=A", headers={"content-type": "text/plain"})

    assert answer.status_code == 415
    assert answer.json()["type"] == "/problems/not-json"


async def test_a_fault_tells_neither_the_client_nor_the_log_what_was_sent(
    http: httpx.AsyncClient,
) -> None:
    written = io.StringIO()
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    logs.set_up("trial", stream=written)
    try:
        answer = await http.post("/fault", json={"name": CANARY})
    finally:
        root.handlers[:], root.level = handlers, level

    assert answer.status_code == 500
    assert answer.json()["type"] == "/problems/fault"
    lines = [json.loads(line) for line in written.getvalue().splitlines()]
    fault = next(line for line in lines if line["event"] == "fault")
    assert fault["fault"] == "RuntimeError"
    assert fault["places"][-1].startswith("trial.py:")
    assert fault["trace_id"] == answer.json()["trace_id"]
    request = next(line for line in lines if line["event"] == "request")
    assert (request["route"], request["status"]) == ("/fault", 500)
    assert CANARY not in answer.text
    assert "Quillfeather" not in written.getvalue()


@settings(deadline=None)
@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
        lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
        max_leaves=8,
    )
)
async def test_no_json_value_makes_a_fault(value: object) -> None:
    try:
        Note.model_validate(value)
    except ValidationError as broken:
        rules = problems.broken_rules([dict(error) for error in broken.errors()])
        assert rules
        assert all(rule.rule for rule in rules)


@pytest.mark.parametrize("rule", sorted(problems.RULES))
def test_each_rule_is_one_pydantic_knows(rule: str) -> None:
    assert rule in get_args(core_schema.ErrorType)
