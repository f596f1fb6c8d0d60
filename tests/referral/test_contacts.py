"""Contacts over HTTP that were not made, or were otherwise than recorded."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from services.referral.api.contacts import ContactAsStands, ContactPutRight, ContactVersions
from tests.referral.trial import (
    COLLEAGUE,
    FOREIGN_MANAGER,
    MANAGER,
    REFERRER,
    WORKER,
    Clinic,
    a_referral,
)

pytestmark = pytest.mark.postgres

REASON = {"Waymark_Reason": "covering while my colleague is away"}


async def a_contact(clinic: Clinic, **body: Any) -> tuple[dict[str, Any], dict[str, Any]]:
    referral = await clinic.made("/referrals", a_referral(), member=REFERRER)
    path = f"/referrals/{referral['id']}/contacts"
    return referral, await clinic.made(path, {"mode": "phone", **body}, member=WORKER)


async def put_right(
    clinic: Clinic,
    contact_id: str,
    what: str,
    body: dict[str, Any],
    *,
    version: int = 1,
    **more: Any,
) -> Any:
    return await clinic.post(
        f"/contacts/{contact_id}/{what}",
        body,
        **{"member": WORKER, **more},
        If_Match=f'"{version}"',
    )


async def test_attempts_and_missed_contacts_are_told_apart_and_not_counted(clinic: Clinic) -> None:
    referral, attempted = await a_contact(clinic, outcome="attempted")
    path = f"/referrals/{referral['id']}"
    missed = await clinic.made(
        f"{path}/contacts",
        {"mode": "home-visit", "outcome": "missed", "missed_reason": "unwell"},
        member=WORKER,
    )
    made = await clinic.made(
        f"{path}/contacts",
        {"mode": "practice", "with_role": "pharmacist", "understanding": "partly"},
        member=WORKER,
    )

    shown = (await clinic.get(path, member=WORKER)).json()
    listed = (await clinic.get(f"{path}/contacts", member=WORKER)).json()["items"]

    assert [one["contact_number"] for one in (attempted, missed, made)] == [None, None, 1]
    assert (shown["contact_count"], shown["first_contact_at"]) == (1, made["occurred_at"])
    assert [one["id"] for one in listed] == [attempted["id"], missed["id"], made["id"]]
    assert [one["outcome"] for one in listed] == ["attempted", "missed", "made"]
    told = (await clinic.events(f"episode/{referral['episode_id']}"))[1:]
    assert [event["type"] for event in told] == [
        "waymark.contact-attempted.v1",
        "waymark.contact-missed.v1",
        "waymark.contact-made.v1",
    ]
    assert told[1]["data"]["missed_reason"] == "unwell"
    assert told[2]["data"]["with_role"] == "pharmacist"
    assert (told[2]["data"]["understanding"], told[2]["data"]["first_contact"]) == ("partly", True)


async def test_an_attempt_leaves_the_person_free_for_another_worker(clinic: Clinic) -> None:
    referral, _ = await a_contact(clinic, outcome="attempted")

    await clinic.made(f"/referrals/{referral['id']}/contacts", {"mode": "phone"}, member=COLLEAGUE)


@pytest.mark.parametrize(
    "body",
    [
        {"outcome": "missed"},
        {"outcome": "made", "missed_reason": "forgot"},
        {"outcome": "attempted", "understanding": "understood"},
    ],
)
async def test_what_does_not_go_together_is_refused(clinic: Clinic, body: dict[str, Any]) -> None:
    referral = await clinic.made("/referrals", a_referral(), member=REFERRER)

    refused = await clinic.post(f"/referrals/{referral['id']}/contacts", {"mode": "phone", **body})

    assert (refused.status_code, refused.json()["type"]) == (422, "/problems/contact-outcome-unfit")
    assert len(await clinic.events(f"episode/{referral['episode_id']}")) == 1


async def test_a_corrected_contact_stands_as_it_was_and_its_history_stays(clinic: Clinic) -> None:
    start = datetime.now(UTC) - timedelta(days=9)
    referral = await clinic.made(
        "/referrals", a_referral(occurred_at=start.isoformat()), member=REFERRER
    )
    contact = await clinic.made(
        f"/referrals/{referral['id']}/contacts",
        {"mode": "phone", "minutes": 35, "note": "The wrong words."},
        member=WORKER,
    )
    body = {
        "reason": "mistyped",
        "occurred_at": (start + timedelta(days=2)).isoformat(),
        "mode": "home-visit",
        "minutes": None,
        "note": "The right words.",
    }

    answer = await put_right(clinic, contact["id"], "corrections", body)

    assert answer.status_code == 201, answer.text
    ContactPutRight.model_validate_json(answer.text)
    assert (answer.json()["version"], answer.json()["supersedes"]) == (2, 1)
    shown = await clinic.get(f"/contacts/{contact['id']}", member=WORKER)
    ContactAsStands.model_validate_json(shown.text)
    assert shown.headers["ETag"] == '"2"'
    assert (shown.json()["mode"], shown.json()["minutes"]) == ("home-visit", None)
    assert shown.json()["note"] == "The right words."
    history = await clinic.get(f"/contacts/{contact['id']}/history", member=WORKER)
    ContactVersions.model_validate_json(history.text)
    (before,) = history.json()["items"]
    assert (before["version"], before["mode"], before["minutes"]) == (1, "phone", 35)
    assert (before["note"], before["reason"], before["voided"]) == (
        "The wrong words.",
        "mistyped",
        False,
    )
    assert before["superseded_by"] == contact["worker_id"]
    told = (await clinic.events(f"episode/{referral['episode_id']}"))[-1]
    assert told["type"] == "waymark.contact-corrected.v1"
    assert (told["aggregate_version"], str(told["event_id"])) == (3, answer.json()["event_id"])
    assert told["data"]["previous_contact_at"] == contact["occurred_at"]
    assert datetime.fromisoformat(told["data"]["contact_at"]) == start + timedelta(days=2)
    assert (told["data"]["was_first"], told["data"]["is_first"]) == (True, True)
    assert "words" not in str(told)
    actions = [entry["action"] for entry in await clinic.audited(referral["person_id"])]
    assert actions[-3:] == ["contact.correct", "contact.read", "contact.history"]


async def test_a_voided_contact_counts_no_more_and_the_next_is_the_first(clinic: Clinic) -> None:
    referral, first = await a_contact(clinic)
    path = f"/referrals/{referral['id']}"
    second = await clinic.made(f"{path}/contacts", {"mode": "phone"}, member=WORKER)

    answer = await put_right(clinic, first["id"], "voiding", {"reason": "wrong-person"})

    assert answer.status_code == 201, answer.text
    ContactPutRight.model_validate_json(answer.text)
    shown = (await clinic.get(path, member=WORKER)).json()
    assert (shown["contact_count"], shown["first_contact_at"]) == (1, second["occurred_at"])
    listed = (await clinic.get(f"{path}/contacts", member=WORKER)).json()["items"]
    assert [one["voided_at"] is None for one in listed] == [False, True]
    told = (await clinic.events(f"episode/{referral['episode_id']}"))[-1]
    assert told["type"] == "waymark.contact-voided.v1"
    assert (told["data"]["was_first"], told["data"]["next_first_number"]) == (True, 2)
    assert told["data"]["next_first_at"] == second["occurred_at"]
    again = await put_right(
        clinic, first["id"], "corrections", {"reason": "other", "minutes": 1}, version=2
    )
    assert (again.status_code, again.json()["type"]) == (409, "/problems/contact-void")
    third = await clinic.made(f"{path}/contacts", {"mode": "phone"}, member=WORKER)
    assert third["contact_number"] == 3


async def test_after_the_only_contact_was_voided_the_next_one_ends_the_wait(clinic: Clinic) -> None:
    referral, first = await a_contact(clinic)
    await put_right(clinic, first["id"], "voiding", {"reason": "did-not-happen"})

    await clinic.made(f"/referrals/{referral['id']}/contacts", {"mode": "phone"}, member=WORKER)
    await clinic.made(f"/referrals/{referral['id']}/contacts", {"mode": "phone"}, member=WORKER)

    told = (await clinic.events(f"episode/{referral['episode_id']}"))[-2:]
    assert [event["data"]["contact_number"] for event in told] == [2, 3]
    assert [event["data"]["first_contact"] for event in told] == [True, False]


async def test_corrections_at_once_are_one_and_a_refusal(clinic: Clinic) -> None:
    referral, contact = await a_contact(clinic)

    told = await asyncio.gather(
        put_right(clinic, contact["id"], "corrections", {"reason": "mistyped", "minutes": 5}),
        put_right(clinic, contact["id"], "voiding", {"reason": "duplicate"}, member=MANAGER),
    )

    assert sorted(answer.status_code for answer in told) == [201, 412]
    assert len(await clinic.events(f"episode/{referral['episode_id']}")) == 3


async def test_a_correction_sent_again_under_its_key_is_made_once(clinic: Clinic) -> None:
    referral, contact = await a_contact(clinic)
    body = {"reason": "mistyped", "minutes": 5}

    told = [
        await put_right(clinic, contact["id"], "corrections", body, key=f"key {contact['id']}")
        for _ in range(2)
    ]

    assert [answer.status_code for answer in told] == [201, 201]
    assert told[0].json() == told[1].json()
    assert len(await clinic.events(f"episode/{referral['episode_id']}")) == 3


async def test_what_cannot_be_put_right_changes_nothing(clinic: Clinic) -> None:
    referral, contact = await a_contact(clinic)
    early = (datetime.now(UTC) - timedelta(days=30)).isoformat()
    asked: list[tuple[dict[str, Any], int, str]] = [
        ({"reason": "other"}, 422, "rule-broken"),
        ({"reason": "other", "mode": None}, 422, "rule-broken"),
        ({"reason": "other", "mode": "phone"}, 422, "nothing-corrected"),
        ({"reason": "other", "outcome": "missed"}, 422, "contact-outcome-unfit"),
        ({"reason": "other", "occurred_at": early}, 422, "occurred-before-referral"),
        ({"reason": "other", "role": "care-coordinator"}, 422, "rule-broken"),
    ]
    for body, status, problem in asked:
        refused = await put_right(clinic, contact["id"], "corrections", body)
        assert (refused.status_code, refused.json()["type"]) == (status, f"/problems/{problem}"), (
            body
        )
    outdated = await put_right(
        clinic, contact["id"], "corrections", {"reason": "other", "minutes": 1}, version=7
    )
    assert outdated.status_code == 412
    assert len(await clinic.events(f"episode/{referral['episode_id']}")) == 2


async def test_a_colleagues_contact_is_put_right_with_a_reason(clinic: Clinic) -> None:
    _, contact = await a_contact(clinic)
    body = {"reason": "mistyped", "minutes": 5}

    without = await put_right(clinic, contact["id"], "corrections", body, member=COLLEAGUE)
    given = await put_right(clinic, contact["id"], "corrections", body, member=COLLEAGUE, **REASON)
    foreign = await put_right(clinic, contact["id"], "corrections", body, member=FOREIGN_MANAGER)

    assert (without.status_code, without.json()["type"]) == (403, "/problems/reason-required")
    assert given.status_code == 201
    assert foreign.status_code == 404


async def test_a_batch_takes_attempts_and_missed_contacts_too(clinic: Clinic) -> None:
    referral = await clinic.made("/referrals", a_referral(), member=REFERRER)
    items = [
        {"key": key, "referral_id": referral["id"], "mode": "phone", **more}
        for key, more in (
            ("one", {"outcome": "attempted"}),
            ("two", {"outcome": "missed"}),
            ("three", {}),
            ("four", {}),
        )
    ]

    told = (await clinic.post("/contacts/batch", {"items": items}, member=WORKER)).json()["items"]

    assert [item["status"] for item in told] == [201, 422, 201, 201]
    events = (await clinic.events(f"episode/{referral['episode_id']}"))[2:]
    assert [event["data"]["first_contact"] for event in events] == [True, False]


async def alarms_of(clinic: Clinic, referral: dict[str, Any]) -> list[dict[str, Any]]:
    rows = await clinic.owner.fetch(
        "select * from alarm where referral_id = $1 order by id", UUID(referral["id"])
    )
    return [dict(row) for row in rows]


async def put_danger_right(
    clinic: Clinic, contact: dict[str, Any], version: int, **body: Any
) -> Any:
    return await clinic.made(
        f"/contacts/{contact['id']}/corrections",
        {"reason": "mistyped", **body},
        member=WORKER,
        If_Match=f'"{version}"',
    )


async def test_a_correction_that_names_a_danger_raises_the_alarm_the_contact_would_have(
    clinic: Clinic,
) -> None:
    referral = await clinic.made("/referrals", a_referral())
    path = f"/referrals/{referral['id']}/contacts"
    contact = await clinic.made(path, {"mode": "phone", "dangers": ["abuse"]}, member=WORKER)
    (first,) = await alarms_of(clinic, referral)

    same = await put_danger_right(clinic, contact, 1, dangers=["abuse"], minutes=20)
    more = await put_danger_right(clinic, contact, 2, dangers=["abuse", "child-at-risk"])

    assert same["alarms_standing"] == [str(first["id"])]
    _, raised = await alarms_of(clinic, referral)
    assert more["alarms_standing"] == [str(first["id"]), str(raised["id"])]
    assert (raised["kind"], raised["dangers"]) == ("danger-named", ["child-at-risk"])
    assert (raised["status"], raised["contact_id"]) == ("raised", UUID(contact["id"]))
    told = await clinic.events(f"alarm/{raised['id']}")
    assert [one["type"] for one in told] == ["waymark.safety-alarm-raised.v1"]
    assert told[0]["stream"] == "U99001.safety"
    timers = await clinic.owner.fetch("select kind from timer where about = $1", raised["id"])
    assert [row["kind"] for row in timers] == ["alarm-escalation"]
    shown = (await clinic.get(f"/contacts/{contact['id']}", member=WORKER)).json()
    assert shown["dangers"] == ["abuse", "child-at-risk"]


async def test_a_danger_taken_back_lowers_no_alarm_and_whoever_answers_sees_it(
    clinic: Clinic,
) -> None:
    referral = await clinic.made("/referrals", a_referral())
    path = f"/referrals/{referral['id']}/contacts"
    body = {"mode": "phone", "dangers": ["abuse", "self-harm"]}
    contact = await clinic.made(path, body, member=WORKER)
    (before,) = await alarms_of(clinic, referral)

    taken_back = await put_danger_right(clinic, contact, 1, dangers=["abuse"])
    nothing = await clinic.post(
        f"/contacts/{contact['id']}/corrections",
        {"reason": "mistyped", "dangers": ["abuse"]},
        member=WORKER,
        If_Match='"2"',
    )

    assert taken_back["dangers"] == ["abuse"]
    assert await alarms_of(clinic, referral) == [before]
    assert nothing.json()["type"] == "/problems/nothing-corrected"
    assert await taken_back_of(clinic, before["id"]) == ["self-harm"]
    versions = (await clinic.get(f"/contacts/{contact['id']}/history", member=WORKER)).json()
    assert [one["dangers"] for one in versions["items"]] == [["abuse", "self-harm"]]

    voiding = {"reason": "mistyped"}
    voided = await clinic.made(
        f"/contacts/{contact['id']}/voiding", voiding, member=WORKER, If_Match='"2"'
    )
    assert voided["alarms_standing"] == [str(before["id"])]
    assert await taken_back_of(clinic, before["id"]) == ["abuse", "self-harm"]
    assert await alarms_of(clinic, referral) == [before]


async def taken_back_of(clinic: Clinic, alarm_id: UUID) -> list[str]:
    """What the list of alarms says was taken back of one."""
    cursor = ""
    while True:
        page = (await clinic.get(f"/alarms?limit=100{cursor}", member=MANAGER)).json()
        for one in page["items"]:
            if one["id"] == str(alarm_id):
                return one["taken_back"]
        cursor = f"&cursor={page['next']}"
        assert page["next"], "the alarm is listed"
