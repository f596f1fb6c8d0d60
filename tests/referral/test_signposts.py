"""Signposts: one call that names nobody, asked about once, and never counted as a referral."""

from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import pytest

from tests.referral.onward_trial import days_ago, fire, publish, withdraw
from tests.referral.trial import (
    ANALYST,
    FOREIGN_REFERRER,
    MANAGER,
    NAVIGATOR,
    OTHER_PRACTICE,
    REFERRER,
    WORKER,
    Clinic,
)

pytestmark = pytest.mark.postgres

PHONE = "07700 900451"
ECHO = {"echo": {"channel": "sms", "phone": PHONE}}


async def test_one_call_without_a_name_logs_a_signpost(clinic: Clinic) -> None:
    people, referrals = await clinic.count("person"), await clinic.count("referral")

    made = await clinic.made("/signposts", {"need": "money"}, member=NAVIGATOR)

    assert (made["practice_code"], made["role"]) == ("Y99001", "care-navigator")
    (told,) = await clinic.events(f"signpost/{made['id']}")
    assert told["type"] == "waymark.signpost-logged.v1"
    assert told["stream"] == "U99001"
    assert told["data"] == {
        "signpost_id": made["id"],
        "pcn_code": "U99001",
        "practice_code": "Y99001",
        "need": "money",
        "listing_id": None,
        "role": "care-navigator",
        "echo_asked": False,
    }
    assert (await clinic.count("person"), await clinic.count("referral")) == (people, referrals)


async def test_a_worker_names_the_practice_and_nobody_anothers(clinic: Clinic) -> None:
    body = {"need": "money", "practice_code": "Y99002"}

    own = await clinic.post("/signposts", body, member=WORKER)
    unnamed = await clinic.post("/signposts", {"need": "money"}, member=WORKER)
    foreign = await clinic.post(
        "/signposts", {"need": "money", "practice_code": "Y99006"}, member=NAVIGATOR
    )

    assert own.status_code == 201
    assert (unnamed.status_code, foreign.status_code) == (422, 422)
    assert (await clinic.post("/signposts", body, member=ANALYST)).status_code == 403


async def test_nobody_is_told_to_turn_where_nothing_is(clinic: Clinic) -> None:
    listing_id, organization_id = await publish(clinic)
    body = {"need": "money", "listing_id": listing_id}

    known = await clinic.post("/signposts", body, member=NAVIGATOR)
    await withdraw(clinic, listing_id, organization_id)
    gone = await clinic.post("/signposts", body, member=NAVIGATOR)
    unknown = await clinic.post(
        "/signposts", {**body, "listing_id": str(uuid4())}, member=NAVIGATOR
    )

    assert known.status_code == 201
    assert gone.json()["type"] == "/problems/listing-withdrawn"
    assert unknown.json()["type"] == "/problems/listing-not-known"


async def test_after_two_weeks_who_agreed_is_asked_and_their_answer_forgets_the_address(
    clinic: Clinic,
) -> None:
    made = await clinic.made(
        "/signposts", {"need": "money", "occurred_at": days_ago(15), **ECHO}, member=NAVIGATOR
    )
    address = f"/internal/signposts/{made['id']}/echo"
    early = await clinic.get(address, member="service notifications")

    await fire(clinic)

    asked = await clinic.get(address, member="service notifications")
    hidden = await clinic.get(address, member=MANAGER)
    heard = await clinic.made(
        f"/signposts/{made['id']}/echo-answer",
        {"answer": "got-there"},
        member="service notifications",
    )
    again = await clinic.post(
        f"/signposts/{made['id']}/echo-answer", {"answer": "did-not"}, member=NAVIGATOR
    )
    assert (early.status_code, hidden.status_code) == (404, 403)
    assert asked.json()["address"] == PHONE
    assert (heard["answer"], heard["version"]) == ("got-there", 3)
    assert (again.status_code, again.json()["type"]) == (409, "/problems/echo-already-answered")
    assert (await clinic.get(address, member="service notifications")).status_code == 404
    kept = await clinic.owner.fetchval(
        "select count(*) from signpost_address where signpost_id = $1", UUID(made["id"])
    )
    assert kept == 0
    told = await clinic.events(f"signpost/{made['id']}")
    assert [one["type"] for one in told] == [
        "waymark.signpost-logged.v1",
        "waymark.signpost-echo-due.v1",
        "waymark.signpost-echoed.v1",
    ]
    assert [one["aggregate_version"] for one in told] == [1, 2, 3]
    assert told[1]["data"]["channel"] == "sms"
    assert "07700" not in str(told)


async def test_an_address_nobody_answered_at_is_forgotten_after_its_time(clinic: Clinic) -> None:
    made = await clinic.made(
        "/signposts",
        {
            "need": "money",
            "occurred_at": days_ago(40),
            "recorded_at": days_ago(39),
            "echo": {"channel": "email", "email": "ada@people.example.org"},
        },
        member=NAVIGATOR,
    )

    await fire(clinic)

    kept = await clinic.owner.fetch(
        "select * from signpost_address where signpost_id = $1", UUID(made["id"])
    )
    timers = await clinic.owner.fetch("select * from timer where about = $1", UUID(made["id"]))
    assert (kept, timers) == ([], [])
    # Who comes back and tells may still be heard.
    await clinic.made(
        f"/signposts/{made['id']}/echo-answer", {"answer": "did-not"}, member=NAVIGATOR
    )


async def test_who_did_not_agree_is_not_asked(clinic: Clinic) -> None:
    made = await clinic.made("/signposts", {"need": "money"}, member=NAVIGATOR)

    answer = await clinic.post(
        f"/signposts/{made['id']}/echo-answer", {"answer": "did-not"}, member=NAVIGATOR
    )

    assert (answer.status_code, answer.json()["type"]) == (409, "/problems/echo-not-agreed")
    timers = await clinic.owner.fetch("select * from timer where about = $1", UUID(made["id"]))
    assert timers == []


async def test_a_signpost_is_its_networks_and_its_practices(clinic: Clinic) -> None:
    made = await clinic.made("/signposts", {"need": "money", **ECHO}, member=NAVIGATOR)
    path = f"/signposts/{made['id']}/echo-answer"
    for member in (OTHER_PRACTICE, FOREIGN_REFERRER):
        foreign = await clinic.post(path, {"answer": "other"}, member=member)
        random = await clinic.post(
            f"/signposts/{uuid4()}/echo-answer", {"answer": "other"}, member=member
        )
        assert foreign.status_code == random.status_code == 404
        assert len(foreign.content) == len(random.content)

    for member, sees in ((REFERRER, True), (MANAGER, True), (FOREIGN_REFERRER, False)):
        listed = (await clinic.get("/signposts?limit=100", member=member)).json()["items"]
        assert (made["id"] in {one["id"] for one in listed}) is sees


async def test_the_echo_is_asked_two_weeks_after_it_happened(clinic: Clinic) -> None:
    made = await clinic.made("/signposts", {"need": "money", **ECHO}, member=NAVIGATOR)

    due_at = await clinic.owner.fetchval(
        "select due_at from timer where about = $1", UUID(made["id"])
    )

    happened_at = datetime.fromisoformat(made["occurred_at"])
    assert due_at - happened_at == timedelta(days=14)
    assert due_at > datetime.now(UTC)


async def test_an_address_of_another_channel_is_refused(clinic: Clinic) -> None:
    for echo in ({"channel": "sms", "email": "ada@people.example.org"}, {"channel": "email"}):
        answer = await clinic.post("/signposts", {"need": "money", "echo": echo}, member=NAVIGATOR)
        assert answer.status_code == 422
        assert "ada@" not in answer.text


async def test_nothing_came_of_it_before_they_were_told(clinic: Clinic) -> None:
    made = await clinic.made("/signposts", {"need": "money", **ECHO}, member=NAVIGATOR)
    before = datetime.fromisoformat(made["occurred_at"]) - timedelta(days=1)
    path, heard = f"/signposts/{made['id']}/echo-answer", {"answer": "got-there"}

    refused = await clinic.post(
        path, {**heard, "occurred_at": before.isoformat()}, member=NAVIGATOR
    )

    assert refused.json()["type"] == "/problems/occurred-before-referral"
    assert refused.json()["errors"][0]["pointer"] == "/occurred_at"
    assert (await clinic.post(path, heard, member=NAVIGATOR)).status_code == 201
