"""Who helps: proposed with reasons, chosen by a human, put right once, told to the referrer."""

import asyncio
from typing import Any
from uuid import UUID, uuid4

import pytest

from tests.referral.described import a_role, describe, told
from tests.referral.trial import (
    COLLEAGUE,
    FOREIGN_WORKER,
    MANAGER,
    OTHER_PRACTICE,
    REFERRER,
    WORKER,
    Clinic,
    a_referral,
)

pytestmark = pytest.mark.postgres

UNSURE = {"complexity": "medium", "confidence": "low"}
SURE = {"complexity": "low", "confidence": "high", "needs": ["money"]}
RE_ROUTE = {"to_role": "care-navigator", "reason": "needs-signposting-only", "note": "Thank you."}


async def a_triaged(clinic: Clinic, asked: dict[str, Any] | None = None) -> dict[str, Any]:
    referral = await clinic.made("/referrals", a_referral(), member=REFERRER)
    await clinic.made(f"/referrals/{referral['id']}/triage", asked or UNSURE, member=WORKER)
    return referral


async def kinds(clinic: Clinic, referral: dict[str, Any]) -> list[str]:
    events = await clinic.events(f"episode/{referral['episode_id']}")
    assert [one["aggregate_version"] for one in events] == list(range(1, len(events) + 1))
    return [one["type"].split(".")[1] for one in events]


async def test_the_rules_propose_with_their_reasons_and_decide_nothing(clinic: Clinic) -> None:
    referral = await clinic.made("/referrals", a_referral())
    triaged = await clinic.made(f"/referrals/{referral['id']}/triage", SURE, member=WORKER)
    event = (await clinic.events(f"episode/{referral['episode_id']}"))[-1]
    shown = (await clinic.get(f"/referrals/{referral['id']}/triage", member=WORKER)).json()

    assert triaged["proposed_role"] == "care-navigator"
    assert triaged["reasons"][0]["rule"] == "finds-own-way"
    assert triaged["reasons"][0]["words"]
    assert event["type"] == "waymark.referral-triaged.v1"
    assert event["data"]["rule_version"] == triaged["rule_version"]
    assert event["data"]["rules"] == [one["rule"] for one in triaged["reasons"]]
    assert (shown["role"], shown["triages"][0]["reasons"]) == (None, triaged["reasons"])
    assert (await clinic.audited(referral["person_id"]))[-2]["action"] == "referral.triage"


async def test_an_old_proposal_is_shown_in_the_words_it_was_made_with(clinic: Clinic) -> None:
    referral = await a_triaged(clinic)
    path = f"/referrals/{referral['id']}/triage"
    (before,) = (await clinic.get(path, member=WORKER)).json()["triages"]
    # Since then the rule got another name and other words.
    renamed = [f"once-{one['rule']}" for one in before["reasons"]]
    await clinic.owner.execute(
        "update triage set rules = $2 where referral_id = $1", UUID(referral["id"]), renamed
    )

    (shown,) = (await clinic.get(path, member=WORKER)).json()["triages"]

    assert [one["rule"] for one in shown["reasons"]] == renamed
    words = [one["words"] for one in before["reasons"]]
    assert [one["words"] for one in shown["reasons"]] == words
    assert all(words)


async def test_a_proposal_keeps_to_the_roles_the_network_has(own_clinic: Clinic) -> None:
    await describe(own_clinic, told(a_role(), 5))
    referral = await own_clinic.made("/referrals", a_referral())
    path = f"/referrals/{referral['id']}"
    triaged = await own_clinic.made(f"{path}/triage", SURE)
    refused = await own_clinic.post(
        f"{path}/role", {"role": "health-coach", "reason": "person-wishes"}
    )

    assert (triaged["proposed_role"], triaged["not_here"]) == ("link-worker", ["care-navigator"])
    assert (refused.status_code, refused.json()["type"][-13:]) == (422, "role-not-here")


async def test_a_human_takes_the_proposal_or_says_why_not(clinic: Clinic) -> None:
    taken, other = await a_triaged(clinic), await a_triaged(clinic)
    chosen = await clinic.made(f"/referrals/{taken['id']}/role", {"role": "link-worker"})
    silent = await clinic.post(f"/referrals/{other['id']}/role", {"role": "health-coach"})
    reasoned = await clinic.made(
        f"/referrals/{other['id']}/role", {"role": "health-coach", "reason": "person-wishes"}
    )

    assert (chosen["overridden"], chosen["reason"]) == (False, None)
    assert (silent.status_code, silent.json()["type"][-19:]) == (422, "choice-needs-reason")
    assert (reasoned["overridden"], reasoned["reason"]) == (True, "person-wishes")
    assert (await kinds(clinic, other))[-2:] == ["referral-triaged", "role-assigned"]
    again = await clinic.post(f"/referrals/{taken['id']}/triage", UNSURE)
    assert (again.status_code, again.json()["type"][-11:]) == (409, "role-chosen")


async def test_a_wrong_role_is_put_right_once_and_the_referrer_reads_why(clinic: Clinic) -> None:
    referral = await a_triaged(clinic)
    path = f"/referrals/{referral['id']}"
    early = await clinic.post(f"{path}/re-route", RE_ROUTE)
    await clinic.made(f"{path}/role", {"role": "link-worker", "note": "among us"})
    moved = await clinic.made(f"{path}/re-route", RE_ROUTE)
    again = await clinic.post(f"{path}/re-route", {**RE_ROUTE, "to_role": "health-coach"})
    event = (await clinic.events(f"episode/{referral['episode_id']}"))[-1]
    by_referrer = (await clinic.get(f"{path}/triage", member=REFERRER)).json()

    assert (early.status_code, early.json()["type"][-15:]) == (409, "role-not-chosen")
    assert (moved["previous_role"], moved["role"]) == ("link-worker", "care-navigator")
    assert (again.status_code, again.json()["type"][-17:]) == (409, "re-routed-already")
    assert event["type"] == "waymark.referral-re-routed.v1"
    assert event["data"]["practice_code"] == "Y99001"
    assert event["data"]["reason"] == "needs-signposting-only"
    assert "Thank you" not in str(event)
    assert by_referrer["role"] == "care-navigator"
    assert by_referrer["triages"] == []
    referral_shown = (await clinic.get(path, member=REFERRER)).json()
    assert referral_shown["role"] == "care-navigator"
    assert referral_shown["wrong_role"]["note"] == "Thank you."
    assert [(one["step"], one["note"]) for one in by_referrer["choices"]] == [
        ("chosen", None),
        ("re-routed", "Thank you."),
    ]


async def test_of_two_who_choose_at_once_one_has_chosen(clinic: Clinic) -> None:
    referral = await a_triaged(clinic)
    answers = await asyncio.gather(
        *(
            clinic.post(f"/referrals/{referral['id']}/role", {"role": "link-worker"}, member=one)
            for one in (WORKER, COLLEAGUE, MANAGER)
        )
    )
    assert sorted(one.status_code for one in answers) == [201, 409, 409]
    assert (await kinds(clinic, referral)).count("role-assigned") == 1


async def test_nothing_is_chosen_on_a_referral_that_has_ended(clinic: Clinic) -> None:
    referral = await a_triaged(clinic)
    await clinic.ask(
        "PUT", f"/referrals/{referral['id']}/status", {"status": "declined"}, If_Match='"1"'
    )
    refused = await clinic.post(f"/referrals/{referral['id']}/role", {"role": "link-worker"})
    assert (refused.status_code, refused.json()["type"][-17:]) == (409, "referral-not-open")


async def test_a_choice_sent_again_under_its_key_is_answered_as_before(clinic: Clinic) -> None:
    referral = await a_triaged(clinic)
    path, key = f"/referrals/{referral['id']}/role", str(uuid4())
    first = await clinic.post(path, {"role": "link-worker"}, key=key)
    again = await clinic.post(path, {"role": "link-worker"}, key=key)
    assert first.json() == again.json()
    assert first.status_code == again.status_code == 201


@pytest.mark.parametrize("member", [FOREIGN_WORKER, OTHER_PRACTICE])
async def test_others_learn_nothing_of_a_triage(clinic: Clinic, member: str) -> None:
    referral = await a_triaged(clinic)
    asked: list[tuple[str, str, Any, int]] = [("GET", "triage", None, 404)]
    if member == FOREIGN_WORKER:
        asked += [
            ("POST", "triage", UNSURE, 404),
            ("POST", "role", {"role": "link-worker"}, 404),
            ("POST", "re-route", RE_ROUTE, 404),
        ]
    for method, step, body, status in asked:
        own, random = [
            await clinic.ask(method, f"/referrals/{one}/{step}", body, member=member)
            for one in (referral["id"], uuid4())
        ]
        assert own.status_code == random.status_code == status, (method, step)
        assert len(own.content) == len(random.content)


async def test_a_practice_asks_no_rules_and_chooses_no_role(clinic: Clinic) -> None:
    referral = await a_triaged(clinic)
    for step, body in (
        ("triage", UNSURE),
        ("role", {"role": "link-worker"}),
        ("re-route", RE_ROUTE),
    ):
        answer = await clinic.post(f"/referrals/{referral['id']}/{step}", body, member=REFERRER)
        assert answer.status_code == 403, step


async def test_the_rules_are_shown_to_anybody(clinic: Clinic) -> None:
    shown = (await clinic.http.get("/triage/rules")).json()
    assert shown["rules"][-1]["asks"] == []
    assert all(one["words"] for one in shown["rules"])
    assert shown["version"] >= 1


async def test_a_referral_is_returned_with_a_better_route(clinic: Clinic) -> None:
    referral = await clinic.made("/referrals", a_referral(), member=REFERRER)
    path = f"/referrals/{referral['id']}"
    returned = {"status": "returned", "reason": "not-suitable", "better_route": "housing-advice"}
    wrong = await clinic.ask(
        "PUT", f"{path}/status", {**returned, "status": "accepted"}, If_Match='"1"'
    )
    answer = await clinic.ask("PUT", f"{path}/status", returned, If_Match='"1"')
    event = (await clinic.events(f"episode/{referral['episode_id']}"))[-1]
    shown = (await clinic.get(path, member=REFERRER)).json()
    told = (await clinic.get(f"{path}/triage", member=REFERRER)).json()

    assert wrong.status_code == 422
    assert answer.json()["better_route"] == "housing-advice"
    assert event["data"]["better_route"] == "housing-advice"
    assert shown["better_route"] == "housing-advice"
    assert "housing advice" in told["better_route_words"]


async def test_every_example_of_triage_is_accepted_as_it_stands(clinic: Clinic) -> None:
    paths = (await clinic.http.get("/openapi.json")).json()["paths"]
    referral = await clinic.made("/referrals", a_referral())
    for step in ("triage", "role", "re-route"):
        operation = paths[f"/referrals/{{referral_id}}/{step}"]["post"]
        example = operation["requestBody"]["content"]["application/json"]["example"]
        member = f"{operation['x-demo-role']} {operation['x-demo-organisation']}"
        await clinic.made(f"/referrals/{referral['id']}/{step}", example, member=member)
