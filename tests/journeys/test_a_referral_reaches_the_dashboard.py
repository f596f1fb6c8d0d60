"""The platform's main job, end to end, in real processes and across all four services."""

from __future__ import annotations

import json
from typing import Any

import httpx
import pytest

from tests.live import LivePlatform, a_referral, eventually, post

pytestmark = [
    pytest.mark.platform,
    pytest.mark.xdist_group("platform"),
    pytest.mark.timeout(600),  # the first test of a run waits for the platform and its seed
]


def test_a_referral_its_contact_and_its_goal_are_seen_by_those_who_may(
    live: LivePlatform,
) -> None:
    before = _figure(live, "referrals")

    body = a_referral(messages_consented=True, safe_channel="email")
    with live.client("referral", "referrer", practice="Y99001") as referrer:
        referral = post(referrer, "/referrals", body)
    with live.client("referral", "link-worker", pcn="U99001") as worker:
        path = f"/referrals/{referral['id']}"
        post(worker, f"{path}/contacts", {"mode": "phone", "minutes": 30})
        goal = post(worker, f"{path}/goals", {"need": "isolation"})
        post(worker, f"/goals/{goal['id']}/updates", {"status": "progressing"})

    with live.client("reporting", "link-worker", pcn="U99001") as reader:
        fact = eventually(
            "the referral's contact and goal are reported",
            lambda: _counted(reader, referral["id"]),
        )
    assert fact["contacts"] == 1
    assert fact["goals"] == 1
    assert _figure(live, "referrals") == before + 1


def test_the_referrer_is_told_and_nothing_in_the_message_names_the_person(
    live: LivePlatform,
) -> None:
    body = a_referral(practice="Y99002")
    with live.client("referral", "referrer", practice="Y99002") as referrer:
        post(referrer, "/referrals", body)

    mail = live.status()["mail"]["http"]
    # What was to be sent about other referrals goes before it, at the pace of a mail server.
    message = eventually(
        "a message to the practice",
        lambda: _message_to(mail, "y99002@practice.example.org"),
        timeout_seconds=90.0,
    )
    text = json.dumps(message)
    assert body["person"]["family_name"] not in text
    assert body["person"]["given_name"] not in text


def test_one_trace_goes_from_the_click_to_the_report(live: LivePlatform) -> None:
    trace_id = "0af7651916cd43dd8448eb211c80319c"
    with live.client("referral", "referrer", practice="Y99003") as referrer:
        referrer.headers["traceparent"] = f"00-{trace_id}-b7ad6b7169203331-01"
        post(referrer, "/referrals", a_referral(practice="Y99003"))

    spans = eventually(
        "spans of the click in the services that heard of it",
        lambda: _spans_of(live, trace_id, {"referral", "reporting", "notifications"}),
    )
    assert trace_id in spans


def test_the_same_request_again_makes_no_second_referral(live: LivePlatform) -> None:
    body = a_referral()
    with live.client("referral", "referrer", practice="Y99001") as referrer:
        first = post(referrer, "/referrals", body, key="journey-once")
        again = referrer.post("/referrals", json=body, headers={"Idempotency-Key": "journey-once"})
        other = referrer.post(
            "/referrals", json=a_referral(), headers={"Idempotency-Key": "journey-once"}
        )

    assert again.json()["id"] == first["id"]
    assert other.status_code == httpx.codes.UNPROCESSABLE_ENTITY


def _figure(live: LivePlatform, definition_id: str) -> int:
    with live.client("reporting", "pcn-manager", pcn="U99001") as manager:
        answer = manager.get("/pcns/U99001/summary")
    figures = answer.raise_for_status().json()["figures"]
    return next(f["value"] for f in figures if f["definition_id"] == definition_id)


def _counted(reader: httpx.Client, referral_id: str) -> dict[str, Any] | None:
    answer = reader.get(
        f"/referrals/{referral_id}", headers={"Waymark-Reason": "journey through the platform"}
    )
    if answer.status_code != httpx.codes.OK:
        return None
    fact = answer.json()
    return fact if fact["contacts"] and fact["goals"] else None


def _message_to(mail_url: str, address: str) -> dict[str, Any] | None:
    found = httpx.get(f"{mail_url}/messages", trust_env=False).json()
    items = found["items"] if isinstance(found, dict) else found
    return next((one for one in items if address in json.dumps(one["to"])), None)


def _spans_of(live: LivePlatform, trace_id: str, services: set[str]) -> str | None:
    """The trace's spans as text, once each of these services has added one."""
    lines = [
        line
        for file in live.state.glob("spans.jsonl*")
        for line in file.read_text(encoding="utf-8").splitlines()
        if trace_id in line
    ]
    text = "\n".join(lines)
    return text if all(service in text for service in services) else None
