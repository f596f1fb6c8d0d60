"""Machines are told what is alive, what is ready and what is not, role by role."""

import asyncio

import httpx
import pytest
from fastapi import FastAPI

from chassis.web import health
from chassis.web.health import Readiness


async def _well() -> str | None:
    return None


async def _waits() -> str | None:
    return "the register is behind"


async def test_one_roles_trouble_does_not_hide_anothers_readiness(
    app: FastAPI, http: httpx.AsyncClient
) -> None:
    readiness: Readiness = app.state.readiness
    readiness.add("api", "database", _well)
    readiness.add("relay", "kafka", _waits)

    whole = await http.get("/readyz")

    assert whole.status_code == 503
    assert whole.json()["ready"] == {"api": True, "relay": False}
    assert (await http.get("/readyz/api")).status_code == 200
    relay = await http.get("/readyz/relay")
    assert relay.status_code == 503
    assert relay.json()["waiting_for"] == {"relay": {"kafka": "the register is behind"}}
    assert (await http.get("/readyz/nothing")).status_code == 404


async def test_a_check_that_hangs_or_breaks_is_a_reason_and_tells_no_message(
    app: FastAPI, http: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(health, "CHECK_TIMEOUT_SECONDS", 0.02)

    async def hangs() -> str | None:
        await asyncio.Event().wait()
        return None

    async def breaks() -> str | None:
        raise RuntimeError("postgresql://secret@host")

    readiness: Readiness = app.state.readiness
    readiness.add("api", "one", hangs)
    readiness.add("api", "two", breaks)

    answer = await http.get("/readyz/api")

    assert answer.json()["waiting_for"]["api"] == {
        "one": "no answer in time",
        "two": "RuntimeError",
    }


async def test_a_process_says_that_it_lives_and_what_it_is(http: httpx.AsyncClient) -> None:
    assert (await http.get("/livez")).status_code == 200
    assert (await http.get("/version")).json() == {"service": "trial", "release": "1.2.3"}


async def test_requests_are_counted_by_route_template(http: httpx.AsyncClient) -> None:
    await http.get("/notes/17")
    await http.get("/nowhere/Quillfeather")

    page = await http.get("/metrics")

    assert (
        'waymark_http_request_seconds_count{method="GET",route="/notes/{note_id}",status="200"}'
        in page.text
    )
    assert 'route="unknown",status="404"' in page.text
    assert "Quillfeather" not in page.text
    assert "/notes/17" not in page.text


async def test_every_answer_has_the_headers_that_keep_browsers_from_harm(
    http: httpx.AsyncClient,
) -> None:
    for path in ("/livez", "/nowhere", "/docs"):
        headers = (await http.get(path)).headers
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["cache-control"] == "no-store"
        assert "frame-ancestors 'none'" in headers["content-security-policy"]
        assert "unsafe" not in headers["content-security-policy"]
        assert "server" not in headers


async def test_the_reading_pages_ask_no_other_site(http: httpx.AsyncClient) -> None:
    page = (await http.get("/docs")).text
    assets = [(await http.get(f"/docs/{name}")) for name in ("reader.js", "reader.css")]

    assert all(asset.status_code == 200 for asset in assets)
    for text in (page, *(asset.text for asset in assets)):
        assert "http://" not in text
        assert "https://" not in text
    assert (await http.get("/docs/..%2fapp.py")).status_code == 404


async def test_each_problem_has_its_page(http: httpx.AsyncClient) -> None:
    found = await http.get("/problems/reason-required")

    assert found.status_code == 200
    assert "Waymark-Reason" in found.text
    assert (await http.get("/problems/no-such")).status_code == 404
