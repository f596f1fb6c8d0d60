"""The seeded demonstration takes every example of the referral API as it stands."""

from __future__ import annotations

import pytest

from tests.live import LivePlatform

pytestmark = [
    pytest.mark.platform,
    pytest.mark.xdist_group("platform"),
    pytest.mark.timeout(600),  # the first test of a run waits for the platform and its seed
]
PLACES = {"Y": "practice", "U": "pcn", "Q": "region"}


def test_every_example_of_the_referral_api_is_done_and_not_only_taken(live: LivePlatform) -> None:
    with live.client("referral", "operator", region="QZZ") as anybody:
        description = anybody.get("/openapi.json").json()
    tried: list[str] = []
    for path, operations in description["paths"].items():
        for method, operation in operations.items():
            if "requestBody" not in operation or "{" in path or "service" in operation["x-roles"]:
                continue  # what has an id in its address is tried where ids are made
            example = operation["requestBody"]["content"]["application/json"]["example"]
            place = operation.get("x-demo-organisation", "Y99001")
            role = operation["x-demo-role"]
            role = "referrer" if role == "anyone" else role  # whoever asks, signed in or not
            with live.client("referral", role, **{PLACES[place[0]]: place}) as http:
                answer = http.request(method, path, json=example)
            assert answer.is_success, (path, answer.text)
            if path.endswith("/batch"):
                assert [item["status"] // 100 for item in answer.json()["items"]] == [2], (
                    answer.text
                )
            tried.append(path)
    assert len(tried) >= 9, tried
