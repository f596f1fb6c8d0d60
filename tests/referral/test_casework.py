"""Casework over HTTP: statuses, contacts, goals, and who may open what."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from chassis.access.tokens import member_key
from chassis.access.workers import worker_id_of
from tests.referral.trial import (
    COLLEAGUE,
    MANAGER,
    MEMBER_KEY_SECRET,
    REFERRER,
    WORKER,
    Clinic,
    a_referral,
    without,
)

pytestmark = pytest.mark.postgres

REASON = {"Waymark_Reason": "covering while my colleague is away"}


async def test_a_contact_is_counted_and_told(clinic: Clinic) -> None:
    referral = await clinic.made("/referrals", a_referral(), member=REFERRER)

    first = await clinic.made(
        f"/referrals/{referral['id']}/contacts",
        {"mode": "phone", "minutes": 35, "note": "Rang and listened."},
        member=WORKER,
    )
    second = await clinic.made(
        f"/referrals/{referral['id']}/contacts", {"mode": "home-visit"}, member=WORKER
    )

    assert (first["contact_number"], second["contact_number"]) == (1, 2)
    assert first["worker_id"] == second["worker_id"]
    assert first["role"] == "link-worker"
    _, told, _ = await clinic.events(f"episode/{referral['episode_id']}")
    assert told["type"] == "waymark.contact-made.v1"
    assert (told["aggregate_version"], str(told["event_id"])) == (2, first["event_id"])
    assert told["data"] == {
        "contact_id": first["id"],
        "referral_id": referral["id"],
        "episode_id": referral["episode_id"],
        "person_id": referral["person_id"],
        "pcn_code": "U99001",
        "practice_code": "Y99001",
        "mode": "phone",
        "minutes": 35,
        "role": "link-worker",
        "worker_id": first["worker_id"],
        "contact_number": 1,
        "referred_at": referral["occurred_at"],
        "with_role": None,
        "understanding": None,
        "first_contact": True,
    }


async def test_the_first_worker_to_speak_keeps_the_person_and_a_colleague_gives_a_reason(
    clinic: Clinic,
) -> None:
    referral = await clinic.made("/referrals", a_referral())
    contacts, goals = f"/referrals/{referral['id']}/contacts", f"/referrals/{referral['id']}/goals"
    before = await clinic.get(f"/referrals/{referral['id']}", member=COLLEAGUE)
    await clinic.made(contacts, {"mode": "phone"}, member=WORKER)
    goal = await clinic.made(goals, {"need": "money"}, member=WORKER)

    asked = [
        await clinic.post(contacts, {"mode": "phone"}, member=COLLEAGUE),
        await clinic.post(goals, {"need": "money"}, member=COLLEAGUE),
        await clinic.post(f"/goals/{goal['id']}/updates", {"status": "met"}, member=COLLEAGUE),
        await clinic.ask(
            "PUT",
            f"/referrals/{referral['id']}/status",
            {"status": "accepted"},
            member=COLLEAGUE,
            If_Match='"1"',
        ),
        await clinic.get(f"/referrals/{referral['id']}", member=COLLEAGUE),
        await clinic.get(f"/people/{referral['person_id']}", member=COLLEAGUE),
        await clinic.ask(
            "PATCH",
            f"/people/{referral['person_id']}",
            {"language": "pl"},
            member=COLLEAGUE,
            If_Match='"1"',
        ),
    ]
    with_reason = await clinic.made(contacts, {"mode": "phone"}, member=COLLEAGUE, **REASON)
    opened = await clinic.get(f"/referrals/{referral['id']}", member=COLLEAGUE, **REASON)

    assert before.status_code == 200
    assert [answer.status_code for answer in asked] == [403] * len(asked)
    assert {answer.json()["type"] for answer in asked} == {"/problems/reason-required"}
    assert with_reason["contact_number"] == 2
    assert opened.json()["worker_id"] != with_reason["worker_id"]
    assert (await clinic.get(f"/referrals/{referral['id']}", member=WORKER)).status_code == 200
    assert (await clinic.get(f"/referrals/{referral['id']}", member=MANAGER)).status_code == 200
    given = [entry["reason"] for entry in await clinic.audited(referral["person_id"])]
    assert given.count("covering while my colleague is away") == 2


async def test_a_workers_work_is_told_under_the_id_every_service_derives(clinic: Clinic) -> None:
    referral = await clinic.made("/referrals", a_referral())
    contact = await clinic.made(
        f"/referrals/{referral['id']}/contacts", {"mode": "phone"}, member=WORKER
    )

    key = member_key(MEMBER_KEY_SECRET, clinic.issuer.url, WORKER)
    assert contact["worker_id"] == str(worker_id_of(key))


async def test_a_role_spoken_in_is_one_the_worker_holds(clinic: Clinic) -> None:
    referral = await clinic.made("/referrals", a_referral())
    contacts = f"/referrals/{referral['id']}/contacts"

    wrong = await clinic.post(contacts, {"mode": "phone", "role": "health-coach"}, member=WORKER)
    for_others = await clinic.made(contacts, {"mode": "phone", "role": "health-coach"})
    nobody = await clinic.made(contacts, {"mode": "phone"})

    assert wrong.status_code == 422
    assert wrong.json()["errors"][0]["pointer"] == "/role"
    assert (for_others["role"], for_others["worker_id"]) == ("health-coach", None)
    assert nobody["role"] == "other"


async def test_contacts_at_once_are_numbered_one_by_one(clinic: Clinic) -> None:
    referral = await clinic.made("/referrals", a_referral())

    answers = await asyncio.gather(
        *(
            clinic.post(f"/referrals/{referral['id']}/contacts", {"mode": "text"}, member=WORKER)
            for _ in range(8)
        )
    )

    assert sorted(answer.json()["contact_number"] for answer in answers) == list(range(1, 9))
    told = (await clinic.events(f"episode/{referral['episode_id']}"))[1:]
    assert [event["data"]["contact_number"] for event in told] == list(range(1, 9))
    assert [event["aggregate_version"] for event in told] == list(range(2, 10))


async def test_a_contact_is_not_made_before_the_referral(clinic: Clinic) -> None:
    referral = await clinic.made("/referrals", a_referral(occurred_at="2026-03-02T09:00:00Z"))
    contacts = f"/referrals/{referral['id']}/contacts"

    early = {"mode": "phone", "occurred_at": "2026-03-02T08:00:00Z"}
    answer = await clinic.post(contacts, early)

    assert answer.status_code == 422
    assert answer.json()["type"] == "/problems/occurred-before-referral"
    assert answer.json()["errors"][0]["pointer"] == "/occurred_at"
    assert await clinic.made(contacts, {**early, "occurred_at": "2026-03-02T09:00:00Z"})


@pytest.mark.parametrize(
    ("status", "reason"),
    [("declined", "not-wanted"), ("returned", "not-suitable"), ("accepted", None)],
)
async def test_a_referral_moves_on_with_a_reason(
    clinic: Clinic, status: str, reason: str | None
) -> None:
    referral = await clinic.made("/referrals", a_referral(), member=REFERRER)

    moved = await clinic.ask(
        "PUT",
        f"/referrals/{referral['id']}/status",
        {"status": status, "reason": reason},
        member=WORKER,
        If_Match='"1"',
    )

    assert (moved.status_code, moved.headers["ETag"]) == (200, '"2"')
    body = moved.json()
    assert (body["status"], body["previous_status"], body["version"]) == (status, "received", 2)
    assert body["closed_episode"] is (status != "accepted")
    _, told = await clinic.events(f"episode/{referral['episode_id']}")
    assert told["type"] == "waymark.referral-status-changed.v1"
    assert told["data"] == {
        "referral_id": referral["id"],
        "episode_id": referral["episode_id"],
        "pcn_code": "U99001",
        "practice_code": "Y99001",
        "status": status,
        "previous_status": "received",
        "reason": reason,
        "better_route": None,
    }
    seen = await clinic.get(f"/referrals/{referral['id']}", member=REFERRER)
    assert (seen.json()["status"], seen.json()["reason"]) == (status, reason)


async def test_a_change_names_the_version_it_is_a_change_of(clinic: Clinic) -> None:
    referral = await clinic.made("/referrals", a_referral())
    path = f"/referrals/{referral['id']}/status"

    blind = await clinic.ask("PUT", path, {"status": "accepted"})
    accepted = await clinic.ask("PUT", path, {"status": "accepted"}, If_Match='"1"')
    outdated = await clinic.ask("PUT", path, {"status": "closed"}, If_Match='"1"')

    assert [blind.status_code, accepted.status_code, outdated.status_code] == [428, 200, 412]
    assert (await clinic.one("referral", referral["id"]))["status"] == "accepted"


async def test_a_status_that_cannot_follow_is_refused_by_name(clinic: Clinic) -> None:
    referral = await clinic.made("/referrals", a_referral())
    path = f"/referrals/{referral['id']}/status"
    await clinic.ask("PUT", path, {"status": "accepted"}, If_Match='"1"')

    answer = await clinic.ask("PUT", path, {"status": "declined"}, If_Match='"2"')

    assert answer.status_code == 409
    assert answer.json()["type"] == "/problems/status-cannot-follow"


async def test_support_ends_by_its_closing_and_not_by_a_status(clinic: Clinic) -> None:
    referral = await clinic.made("/referrals", a_referral())
    path = f"/referrals/{referral['id']}"
    await clinic.ask("PUT", f"{path}/status", {"status": "accepted"}, If_Match='"1"')
    told = await clinic.count("outbox")

    refused = await clinic.ask("PUT", f"{path}/status", {"status": "closed"}, If_Match='"2"')

    assert (refused.status_code, refused.json()["type"]) == (409, "/problems/ends-by-closing")
    assert "/closing" in refused.json()["detail"]
    assert await clinic.count("outbox") == told
    assert (await clinic.one("referral", referral["id"]))["status"] == "accepted"
    # What an import tells of the past may have ended without anybody knowing what came of it.
    imported = await clinic.post(
        "/referrals/status/batch",
        {
            "origin": "import",
            "items": [{"key": "one", "referral_id": referral["id"], "status": "closed"}],
        },
    )
    assert [item["status"] for item in imported.json()["items"]] == [200], imported.text


async def test_nothing_is_recorded_on_a_referral_that_is_not_open(clinic: Clinic) -> None:
    referral = await clinic.made("/referrals", a_referral())
    goal = await clinic.made(f"/referrals/{referral['id']}/goals", {"need": "money"})
    path = f"/referrals/{referral['id']}"
    await clinic.ask("PUT", f"{path}/status", {"status": "declined"}, If_Match='"1"')

    contact = await clinic.post(f"{path}/contacts", {"mode": "phone"})
    another = await clinic.post(f"{path}/goals", {"need": "money"})
    update = await clinic.post(f"/goals/{goal['id']}/updates", {"status": "met"})

    assert [a.status_code for a in (contact, another, update)] == [409] * 3
    assert contact.json()["type"] == another.json()["type"] == "/problems/referral-not-open"
    assert update.json()["type"] == "/problems/episode-not-open"


async def test_a_goal_is_set_updated_and_ended(clinic: Clinic) -> None:
    referral = await clinic.made("/referrals", a_referral())
    goal = await clinic.made(
        f"/referrals/{referral['id']}/goals",
        {"need": "isolation", "description": "The gardening group", "target_date": "2030-06-30"},
        member=WORKER,
    )
    updates = f"/goals/{goal['id']}/updates"

    progressing = await clinic.made(updates, {"status": "progressing", "note": "Went once."})
    met = await clinic.made(updates, {"status": "met"})
    after = await clinic.post(updates, {"status": "progressing"})

    assert (goal["status"], goal["version"]) == ("set", 1)
    assert (progressing["update_number"], met["update_number"]) == (1, 2)
    assert (met["previous_status"], met["status"], met["version"]) == ("progressing", "met", 3)
    assert after.status_code == 409
    assert after.json()["type"] == "/problems/goal-ended"
    _, was_set, first, second = await clinic.events(f"episode/{referral['episode_id']}")
    assert was_set["data"] == {
        "goal_id": goal["id"],
        "referral_id": referral["id"],
        "episode_id": referral["episode_id"],
        "pcn_code": "U99001",
        "practice_code": "Y99001",
        "need": "isolation",
        "target_date": "2030-06-30",
        "worker_id": goal["worker_id"],
        "review_on": None,
        "steps": 0,
        "continues_goal_id": None,
    }
    assert first["data"]["update_number"] == 1
    assert second["data"] == {
        "goal_id": goal["id"],
        "referral_id": referral["id"],
        "episode_id": referral["episode_id"],
        "pcn_code": "U99001",
        "practice_code": "Y99001",
        "status": "met",
        "previous_status": "progressing",
        "update_number": 2,
        "changes": [],
        "target_date": "2030-06-30",
        "review_on": None,
        "need": "isolation",
        "reason": None,
    }


async def test_an_update_sent_again_is_counted_once(clinic: Clinic) -> None:
    referral = await clinic.made("/referrals", a_referral())
    goal = await clinic.made(f"/referrals/{referral['id']}/goals", {"need": "money"})
    updates = f"/goals/{goal['id']}/updates"

    first = await clinic.post(updates, {"status": "progressing"}, key="once")
    again = await clinic.post(updates, {"status": "progressing"}, key="once")

    assert first.text == again.text
    assert (await clinic.one("goal", goal["id"]))["update_count"] == 1


async def test_a_practice_sees_what_became_of_its_referral(clinic: Clinic) -> None:
    referral = await clinic.made("/referrals", a_referral(note="Lives alone."), member=REFERRER)
    path = f"/referrals/{referral['id']}"
    spoke_at = (datetime.now(UTC)).replace(microsecond=0)
    await clinic.made(
        f"{path}/contacts", {"mode": "phone", "occurred_at": spoke_at.isoformat()}, member=WORKER
    )
    goal = await clinic.made(f"{path}/goals", {"need": "money"}, member=WORKER)

    seen = await clinic.get(path, member=REFERRER)

    assert (seen.status_code, seen.headers["ETag"]) == (200, '"1"')
    body = seen.json()
    assert body["contact_count"] == 1
    assert datetime.fromisoformat(body["first_contact_at"]) == spoke_at
    assert [shown["id"] for shown in body["goals"]] == [goal["id"]]
    assert body["note"] == "Lives alone."
    assert body["messages"] == []


async def test_lists_walk_every_referral_once_and_only_ones_own(own_clinic: Clinic) -> None:
    made = [await own_clinic.made("/referrals", a_referral(), member=REFERRER) for _ in range(5)]
    other = await own_clinic.made("/referrals", a_referral(practice_code="Y99002"))
    path = f"/referrals/{made[0]['id']}/status"
    await own_clinic.ask("PUT", path, {"status": "accepted"}, If_Match='"1"')

    async def walk(member: str, query: str = "") -> list[str]:
        found: list[str] = []
        cursor = ""
        while True:
            page = (
                await own_clinic.get(f"/referrals?limit=2{query}{cursor}", member=member)
            ).json()
            found += [item["id"] for item in page["items"]]
            if page["next"] is None:
                return found
            cursor = f"&cursor={page['next']}"

    newest_first = [referral["id"] for referral in reversed(made)]
    assert await walk(REFERRER) == newest_first
    assert await walk(WORKER) == [other["id"], *newest_first]
    assert await walk(REFERRER, "&status=accepted") == [made[0]["id"]]


async def test_a_late_entry_within_the_minute_two_clocks_may_differ_is_taken(
    clinic: Clinic,
) -> None:
    referral = await clinic.made("/referrals", a_referral())
    just_before = datetime.fromisoformat(referral["occurred_at"]) - timedelta(seconds=30)

    contact = await clinic.made(
        f"/referrals/{referral['id']}/contacts",
        {"mode": "phone", "occurred_at": just_before.isoformat()},
    )

    assert without(contact, "note")["occurred_at"] < referral["occurred_at"]
