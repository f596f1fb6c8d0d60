"""A request costs at most its limits in bytes, depth and time."""

import asyncio
import time
from collections.abc import AsyncIterator, MutableMapping
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from hypothesis import given, settings
from hypothesis import strategies as st

from chassis.web import limits
from chassis.web.limits import Limits, is_too_deep
from tests.issuer import serve

JSON = {"content-type": "application/json"}


def _note_of(size_bytes: int) -> bytes:
    start, end = b'{"name": "A", "text": "', b'"}'
    return start + b"x" * (size_bytes - len(start) - len(end)) + end


async def test_a_body_at_the_limit_is_read_and_one_byte_more_is_not(
    http: httpx.AsyncClient,
) -> None:
    at_limit = await http.post("/notes", content=_note_of(limits.BODY_SIZE_MAX_BYTES), headers=JSON)
    beyond = await http.post(
        "/notes", content=_note_of(limits.BODY_SIZE_MAX_BYTES + 1), headers=JSON
    )

    assert at_limit.status_code == 422  # read, and found too long for its field
    assert beyond.status_code == 413
    assert beyond.json()["type"] == "/problems/too-large"


async def test_a_batch_may_be_larger(http: httpx.AsyncClient) -> None:
    filler = b" " * (limits.BODY_SIZE_MAX_BYTES * 2)
    answer = await http.post("/notes/batch", content=b"[" + filler + b"]", headers=JSON)
    beyond = await http.post(
        "/notes/batch", content=b" " * (limits.BATCH_BODY_SIZE_MAX_BYTES + 1), headers=JSON
    )

    assert answer.json() == {"count": 0}
    assert beyond.status_code == 413


@pytest.mark.loopback
async def test_a_body_that_hides_its_size_is_cut_off_at_the_limit(app: FastAPI) -> None:
    sent = 0

    async def endless() -> AsyncIterator[bytes]:
        nonlocal sent
        while sent < limits.BODY_SIZE_MAX_BYTES * 8:
            sent += 16_384
            yield b" " * 16_384

    async with serve(app) as url, httpx.AsyncClient() as client:
        try:
            answer = await client.post(f"{url}/notes", content=endless(), headers=JSON)
        except httpx.TransportError:
            return  # the connection was closed on the sender, which is as good
    assert answer.status_code == 413


async def test_a_body_that_never_ends_is_given_up(app: FastAPI) -> None:
    answered: list[MutableMapping[str, Any]] = []

    async def receive() -> MutableMapping[str, Any]:
        await asyncio.Event().wait()
        return {}

    async def send(message: MutableMapping[str, Any]) -> None:
        answered.append(message)

    scope = {"type": "http", "method": "POST", "path": "/notes", "query_string": b"", "headers": []}
    await Limits(app, body_timeout_seconds=0.02)(scope, receive, send)

    assert answered[0]["status"] == 408


async def test_work_beyond_the_deadline_is_stopped_and_told(app: FastAPI) -> None:
    short = Limits(app, deadline_seconds=0.05)
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(app=short), base_url="http://t"
    ) as client:
        answer = await client.get("/slow")

    assert answer.status_code == 503
    assert answer.json()["type"] == "/problems/deadline-passed"
    assert int(answer.headers["retry-after"]) > 0


@pytest.mark.parametrize("opening", ["[", '{"a":'])
async def test_deep_json_is_refused_unread(http: httpx.AsyncClient, opening: str) -> None:
    answer = await http.post("/notes", content=(opening * 50_000).encode(), headers=JSON)

    assert answer.status_code == 413 if len(opening) * 50_000 > limits.BODY_SIZE_MAX_BYTES else 400
    deep = await http.post("/notes", content=(opening * 40).encode(), headers=JSON)
    assert deep.json()["type"] == "/problems/too-deep"


def test_looking_at_the_depth_of_hostile_bytes_takes_linear_time() -> None:
    hostile = [
        b'["' + b"\\" * 1_000_000,
        b'"' * 1_000_000 + b"[" * 40,
        b"[" * 33 + b'"' + b"a" * 1_000_000,
    ]

    started_at = time.process_time()
    for body in hostile:
        is_too_deep(body)

    assert time.process_time() - started_at < 2


@settings(max_examples=40, deadline=None)
@given(
    st.recursive(
        st.none() | st.text(), lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner)
    )
)
def test_depth_is_judged_as_a_parser_would(value: Any) -> None:
    import json

    def depth(part: Any) -> int:
        if isinstance(part, dict):
            return 1 + max(map(depth, part.values()), default=0)
        if isinstance(part, list):
            return 1 + max(map(depth, part), default=0)
        return 0

    wrapped = value
    for _ in range(limits.JSON_DEPTH_MAX - depth(value)):
        wrapped = [wrapped]

    assert not is_too_deep(json.dumps(wrapped).encode())
    assert is_too_deep(json.dumps([wrapped]).encode())


@pytest.mark.parametrize("path", ["/notes/%00", "/pages?cursor=%00", "/pages?other=a%00b"])
async def test_a_null_character_in_an_address_is_refused(
    http: httpx.AsyncClient, path: str
) -> None:
    answer = await http.get(path)

    assert answer.status_code == 400
    assert answer.json()["type"] == "/problems/unreadable"
