"""Somebody who uses a platform in containers: by its published ports, as a member the seed made."""

from __future__ import annotations

from typing import Any

import httpx

from tests.deploy.compose_file import Entry
from tests.live import a_referral, eventually, post

HTTP_TIMEOUT_SECONDS = 15
REPORTED_TIMEOUT_SECONDS = 60


def client(
    issuer: Entry, issuer_url: str, service_url: str, role: str, organisation: str
) -> httpx.Client:
    """An HTTP client that speaks to a service as a demo member."""
    answer = httpx.post(
        f"{issuer_url}/demo/token",
        json={"role": role, "organisation_code": organisation},
        headers={"Authorization": f"Bearer {issuer.environment['WAYMARK_DEMO_SECRET']}"},
        trust_env=False,
    )
    answer.raise_for_status()
    return httpx.Client(
        base_url=service_url,
        headers={"Authorization": f"Bearer {answer.json()['access_token']}"},
        timeout=HTTP_TIMEOUT_SECONDS,
        trust_env=False,
    )


def refer(referrer: httpx.Client, reader: httpx.Client) -> dict[str, Any]:
    """Make a referral at the referral service and wait until reporting tells it."""
    referral = post(referrer, "/referrals", a_referral())
    return eventually(
        "the referral is reported",
        lambda: _found(reader, f"/referrals/{referral['id']}"),
        timeout_seconds=REPORTED_TIMEOUT_SECONDS,
    )


def _found(http: httpx.Client, path: str) -> dict[str, Any] | None:
    answer = http.get(path)
    if answer.status_code == httpx.codes.NOT_FOUND:
        return None
    answer.raise_for_status()
    return answer.json()
