"""Every door of contacts, visits, plans and goals: its example holds, and foreign ids are unknown."""

import re
from typing import Any
from uuid import uuid4

import pytest

from tests.referral.trial import (
    COLLEAGUE,
    FOREIGN_MANAGER,
    FOREIGN_WORKER,
    MANAGER,
    OTHER_PRACTICE,
    REFERRER,
    WORKER,
    Clinic,
    a_referral,
)

pytestmark = pytest.mark.postgres

# In an order in which each can follow on the one before; the version that was seen where one is asked.
CHANGES: tuple[tuple[str, str, int], ...] = (
    ("POST", "/contacts/{contact_id}/corrections", 1),
    ("POST", "/contacts/{contact_id}/voiding", 2),
    ("POST", "/referrals/{referral_id}/visits", 1),
    ("POST", "/visits/{visit_id}/check-in", 1),
    ("POST", "/visits/{visit_id}/extension", 1),
    ("POST", "/visits/{visit_id}/check-out", 1),
    ("POST", "/visits/{planned_id}/cancellation", 1),
    ("PUT", "/referrals/{referral_id}/plan", 0),
    ("POST", "/goals/{goal_id}/steps", 1),
    ("PUT", "/goals/{goal_id}/steps/1", 1),
)
READS = (
    "/contacts/{contact_id}",
    "/contacts/{contact_id}/history",
    "/visits/{visit_id}",
    "/referrals/{referral_id}/visits",
    "/referrals/{referral_id}/plan",
    "/referrals/{referral_id}/plan/history",
    "/referrals/{referral_id}/copy",
)


async def held(clinic: Clinic) -> dict[str, str]:
    """One referral with everything that hangs on it."""
    referral = await clinic.made("/referrals", a_referral(), member=REFERRER)
    path = f"/referrals/{referral['id']}"
    contact = await clinic.made(f"{path}/contacts", {"mode": "phone", "minutes": 35}, member=WORKER)
    goal = await clinic.made(f"{path}/goals", {}, member=WORKER)
    visit, planned = [await clinic.made(f"{path}/visits", {}, member=WORKER) for _ in range(2)]
    return {
        "referral_id": referral["id"],
        "contact_id": contact["id"],
        "goal_id": goal["id"],
        "visit_id": visit["id"],
        "planned_id": planned["id"],
    }


def example_of(document: dict[str, Any], method: str, template: str) -> tuple[dict[str, Any], str]:
    path = template.replace("{planned_id}", "{visit_id}").replace("/steps/1", "/steps/{number}")
    operation = document["paths"][path][method.lower()]
    member = f"{operation['x-demo-role']} {operation['x-demo-organisation']}"
    return operation["requestBody"]["content"]["application/json"]["example"], member


def filled(template: str, ids: dict[str, str] | None) -> str:
    return re.sub(r"\{(\w+)\}", lambda found: ids[found[1]] if ids else str(uuid4()), template)


async def told(
    clinic: Clinic, method: str, path: str, body: Any, member: str, version: int, **more: str
) -> tuple[int, str]:
    answer = await clinic.ask(method, path, body, member=member, If_Match=f'"{version}"', **more)
    return answer.status_code, re.sub(r'"trace_id": "[0-9a-f]{32}"', '"trace_id": "-"', answer.text)


async def test_each_example_is_taken_as_it_stands(clinic: Clinic) -> None:
    document = (await clinic.http.get("/openapi.json")).json()
    ids = await held(clinic)
    for method, template, version in CHANGES:
        example, member = example_of(document, method, template)
        status, text = await told(clinic, method, filled(template, ids), example, member, version)
        assert status in {200, 201}, (template, text)
    for template in READS:
        answer = await clinic.get(filled(template, ids), member=WORKER)
        assert answer.status_code == 200, (template, answer.text)


@pytest.mark.parametrize("member", [FOREIGN_WORKER, FOREIGN_MANAGER, OTHER_PRACTICE, REFERRER])
async def test_what_others_hold_answers_as_what_does_not_exist(clinic: Clinic, member: str) -> None:
    document = (await clinic.http.get("/openapi.json")).json()
    ids = await held(clinic)
    expected = 404 if member in {FOREIGN_WORKER, FOREIGN_MANAGER} else 403
    for method, template, version in CHANGES:
        example, _ = example_of(document, method, template)
        own, random = [
            await told(clinic, method, filled(template, one), example, member, version)
            for one in (ids, None)
        ]
        assert own == random, template
        assert own[0] == expected, (template, own)
    for template in READS:
        own, random = [
            await told(clinic, "GET", filled(template, one), None, member, 1) for one in (ids, None)
        ]
        assert own == random, template
        assert own[0] == expected, (template, own)


async def test_a_colleague_comes_in_with_a_reason_and_a_manager_without(clinic: Clinic) -> None:
    document = (await clinic.http.get("/openapi.json")).json()
    reason = {"Waymark_Reason": "covering while my colleague is away"}
    for member, more in ((COLLEAGUE, reason), (MANAGER, {})):
        ids = await held(clinic)
        for method, template, version in CHANGES:
            example, _ = example_of(document, method, template)
            path = filled(template, ids)
            if member == MANAGER and template.endswith("/visits"):
                continue  # a manager says who goes: tried where visits are
            without = await told(clinic, method, path, example, COLLEAGUE, version)
            status, text = await told(clinic, method, path, example, member, version, **more)
            assert without[0] == 403, (template, without)
            assert "reason-required" in without[1]
            assert status in {200, 201}, (template, text)
