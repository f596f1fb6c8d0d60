"""A listing is said to be gone: its owner is asked by mail, taps the link, and the listing stands again."""

from __future__ import annotations

import asyncio
import re
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import httpx
import pytest

from tests.live import LivePlatform, eventually, post

pytestmark = [
    pytest.mark.platform,
    pytest.mark.xdist_group("platform"),
    pytest.mark.timeout(600),  # the first test of a run waits for the platform and its seed
]


def test_the_owner_is_asked_once_and_the_answer_stands_with_day_and_source(
    live: LivePlatform,
) -> None:
    address = f"{uuid4().hex}@groups.example.org"
    listing_id = _a_listing(live, address)

    # The mail server is away, and the sender dies over it: the question waits, under its one name.
    with live.without("mail"):
        _say_it_is_gone(live, listing_id)
        eventually("the sender has tried", lambda: _tries(live, listing_id))
        live.verb("kill", "notifications")
        live.verb("start", "notifications")
    message = eventually(
        "the question arrives", lambda: _messages(live, address), timeout_seconds=120.0
    )[0]
    (link,) = re.findall(r"https?://\S+", message["text"])

    with httpx.Client(trust_env=False, follow_redirects=True) as browser:
        asked = browser.get(link)
        assert _state(live, listing_id) == "doubted", "looking answers nothing"
        answered = browser.post(link, data={"answer": "runs"})

    assert link.startswith(live.url("console"))
    assert "Is this listing still right?" in asked.text
    assert "Thank you" in answered.text
    with live.client("directory", "link-worker", pcn="U99001") as worker:
        shown = worker.get(f"/services/{listing_id}/freshness").raise_for_status().json()
    latest = shown["parts"][0]
    assert (latest["kind"], latest["source"]) == ("confirmed", "owner")
    assert latest["day"] == f"{datetime.now(UTC):%Y-%m-%d}"
    assert (shown["state"], shown["last_question"]["answer"]) == ("published", "runs")
    _is_asked_once_though_everything_is_read_again(live, address)


def _is_asked_once_though_everything_is_read_again(live: LivePlatform, address: str) -> None:
    """What is asked after everything was read again arrives, and nothing before it does again."""
    live.verb("replay", "notifications")
    other = f"{uuid4().hex}@groups.example.org"
    _say_it_is_gone(live, _a_listing(live, other))
    eventually("the next question arrives", lambda: _messages(live, other), timeout_seconds=120.0)

    names = [one["headers"]["Message-ID"] for one in _messages(live, address)]
    assert len(names) == 1


def _a_listing(live: LivePlatform, address: str) -> str:
    body = {
        "organization": {
            "name": f"Group {address[:8]} (synthetic)",
            "description": "A group.",
            "email": address,
        },
        "name": f"Meeting of {address[:8]}",
        "description": "Tea in good company.",
        "needs": ["isolation"],
    }
    with live.client("directory", "pcn-manager", pcn="U99001") as manager:
        return str(post(manager, "/services", body)["id"])


def _say_it_is_gone(live: LivePlatform, listing_id: str) -> None:
    with live.client("directory", "link-worker", pcn="U99001") as worker:
        marked = worker.post(f"/services/{listing_id}/marks", json={"kind": "no-longer-runs"})
    assert marked.status_code == httpx.codes.ACCEPTED, marked.text


def _tries(live: LivePlatform, listing_id: str) -> int:
    sql = "select attempts from intent where listing_id = $1::uuid"
    rows = asyncio.run(live.rows("notifications", sql, listing_id))
    return rows[0]["attempts"] if rows else 0


def _messages(live: LivePlatform, address: str) -> list[dict[str, Any]]:
    mail = live.status()["mail"]["http"]
    answer = httpx.get(f"{mail}/messages", params={"to": address}, trust_env=False)
    return list(answer.raise_for_status().json())


def _state(live: LivePlatform, listing_id: str) -> str:
    with live.client("directory", "link-worker", pcn="U99001") as worker:
        shown = worker.get(f"/services/{listing_id}/freshness").raise_for_status().json()
    return str(shown["state"])
