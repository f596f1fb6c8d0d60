"""Supervision and training over HTTP: had, due, overdue, told once, and nobody else's to see."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest

from chassis.access.tokens import member_key
from chassis.access.workers import worker_id_of
from services.referral.api.supervision import HadPage, HadTold, SupervisionPage
from services.referral.domain.supervision import overdue_from
from tests.referral.onward_trial import days_ago, fire
from tests.referral.trial import (
    COLLEAGUE,
    FOREIGN_MANAGER,
    FOREIGN_WORKER,
    MANAGER,
    MEMBER_KEY_SECRET,
    NAVIGATOR,
    OTHER_PRACTICE,
    REFERRER,
    WORKER,
    Clinic,
)

pytestmark = pytest.mark.postgres

BOARD = "/pcns/U99001/supervision"


def worker_of(clinic: Clinic, member: str) -> str:
    return str(worker_id_of(member_key(MEMBER_KEY_SECRET, clinic.issuer.url, member)))


async def had(clinic: Clinic, worker_id: str, member: str = MANAGER, **body: Any) -> dict[str, Any]:
    kind = "trainings" if "topic" in body else "supervisions"
    return await clinic.made(f"/workers/{worker_id}/{kind}", body, member=member)


async def board(clinic: Clinic, member: str = MANAGER) -> dict[str, dict[str, Any]]:
    answer = await clinic.get(f"{BOARD}?limit=100", member=member)
    SupervisionPage.model_validate_json(answer.text)
    return {
        item["worker_id"]: {one["what"]: one for one in item["owed"]}
        for item in answer.json()["items"]
    }


async def test_what_was_had_is_told_and_the_next_is_due_by_the_role(own_clinic: Clinic) -> None:
    clinic = own_clinic
    worker_id = worker_of(clinic, WORKER)
    made = await had(
        clinic, worker_id, supervision="clinical", minutes=60, note="never in an event"
    )

    HadTold.model_validate(made, strict=False)
    today = datetime.now(UTC).date()
    assert made["next_by"] == (today + timedelta(weeks=4)).isoformat()
    (event,) = [
        one for one in await clinic.rows("outbox", "position") if "supervision" in one["type"]
    ]
    data = json.loads(event["data"])
    assert event["type"] == "waymark.supervision-held.v1"
    assert event["subject"] == f"entitlement/{data['entitlement_id']}"
    assert (event["stream"], event["aggregate_version"]) == ("U99001", 1)
    assert (data["worker_id"], data["role"], data["supervision"], data["was_overdue"]) == (
        worker_id,
        "link-worker",
        "clinical",
        False,
    )
    assert "never" not in str(event)
    states = {what: one["state"] for what, one in (await board(clinic))[worker_id].items()}
    assert states == {"clinical": "done", "emotional": "never", "safeguarding": "never"}


async def test_what_is_overdue_is_told_once_and_shown_until_it_is_had(own_clinic: Clinic) -> None:
    clinic = own_clinic
    worker_id = worker_of(clinic, WORKER)
    await had(clinic, worker_id, WORKER, supervision="clinical", occurred_at=days_ago(60))
    await had(clinic, worker_id, WORKER, supervision="emotional", occurred_at=days_ago(20))

    await fire(clinic)
    await fire(clinic)

    told = [
        one
        for one in await clinic.rows("outbox", "position")
        if one["type"] == "waymark.supervision-due.v1"
    ]
    (due,) = told
    due_by = datetime.now(UTC).date() - timedelta(days=60) + timedelta(weeks=4)
    assert due["occurred_at"] == overdue_from(due_by)
    data = json.loads(due["data"])
    assert (data["kind"], data["what"], data["due_by"]) == (
        "supervision",
        "clinical",
        due_by.isoformat(),
    )
    owed = (await board(clinic))[worker_id]
    assert (owed["clinical"]["state"], owed["emotional"]["state"]) == ("overdue", "due")

    again = await had(clinic, worker_id, supervision="clinical")
    assert again["was_overdue"] is True
    late = await had(clinic, worker_id, supervision="clinical", occurred_at=days_ago(90))
    assert late["next_by"] == again["next_by"]
    assert (await board(clinic))[worker_id]["clinical"]["state"] == "done"
    await fire(clinic)
    assert await clinic.count("timer") == 2


async def test_nothing_is_due_to_who_left_or_whose_role_owes_it_no_more(
    own_clinic: Clinic,
) -> None:
    clinic = own_clinic
    worker_id, colleague = worker_of(clinic, WORKER), worker_of(clinic, COLLEAGUE)
    await had(clinic, worker_id, supervision="clinical", occurred_at=days_ago(60))
    await had(clinic, colleague, supervision="mentoring", occurred_at=days_ago(60))
    await clinic.owner.execute(
        "delete from access_membership where member_key = $1",
        member_key(MEMBER_KEY_SECRET, clinic.issuer.url, WORKER),
    )
    await clinic.owner.execute(
        "insert into known_role values ('U99001', 'health-coach', $1, 1, now())",
        json.dumps({"supervision": [{"kind": "peer", "every_weeks": 8}]}),
    )

    await fire(clinic)

    types = {one["type"] for one in await clinic.rows("outbox", "position")}
    assert types == {"waymark.supervision-held.v1"}
    shown = await board(clinic)
    assert worker_id not in shown
    assert set(shown[colleague]) == {"peer", "safeguarding"}


async def test_a_navigator_enters_their_own_training(own_clinic: Clinic) -> None:
    clinic = own_clinic
    worker_id = worker_of(clinic, NAVIGATOR)
    made = await had(clinic, worker_id, NAVIGATOR, topic="local-resources", minutes=120)

    assert (made["pcn_code"], made["kind"]) == ("U99001", "training")
    listed = await clinic.get(f"/workers/{worker_id}/supervisions", member=NAVIGATOR)
    page = HadPage.model_validate_json(listed.text)
    assert [(one.what, one.minutes) for one in page.items] == [("local-resources", 120)]
    owed = (await board(clinic))[worker_id]
    assert owed["local-resources"]["state"] == "done"
    assert owed["risk"]["state"] == "never"
    (event,) = await clinic.rows("outbox", "position")
    assert event["type"] == "waymark.training-completed.v1"


async def test_a_worker_sees_themselves_and_the_manager_everybody_in_pages(
    own_clinic: Clinic,
) -> None:
    clinic = own_clinic
    everybody = {worker_of(clinic, one) for one in (WORKER, COLLEAGUE, NAVIGATOR)}

    assert set(await board(clinic)) == everybody
    assert set(await board(clinic, WORKER)) == {worker_of(clinic, WORKER)}
    first = (await clinic.get(f"{BOARD}?limit=2")).json()
    second = (await clinic.get(f"{BOARD}?limit=2&cursor={first['next']}")).json()
    listed = [item["worker_id"] for item in (*first["items"], *second["items"])]
    assert listed == sorted(everybody)
    assert second["next"] is None


async def test_another_worker_answers_as_one_who_does_not_exist(own_clinic: Clinic) -> None:
    clinic = own_clinic
    worker_id = worker_of(clinic, WORKER)
    await had(clinic, worker_id, supervision="clinical")
    for member in (COLLEAGUE, FOREIGN_WORKER, FOREIGN_MANAGER, REFERRER, OTHER_PRACTICE):
        for kind, body in (
            ("supervisions", {"supervision": "clinical"}),
            ("trainings", {"topic": "risk"}),
        ):
            own = await clinic.post(f"/workers/{worker_id}/{kind}", body, member=member)
            random = await clinic.post(f"/workers/{uuid4()}/{kind}", body, member=member)
            assert (own.status_code, random.status_code) == (404, 404), member
            assert len(own.content) == len(random.content)
        for one in (worker_id, str(uuid4())):
            listed = await clinic.get(f"/workers/{one}/supervisions", member=member)
            assert listed.status_code == 404
    for path in (BOARD, "/pcns/U99099/supervision"):
        assert (await clinic.get(path, member=FOREIGN_MANAGER)).status_code == 404
    assert await clinic.count("entitlement_record") == 1


async def test_the_examples_hold(own_clinic: Clinic) -> None:
    clinic = own_clinic
    document = (await clinic.http.get("/openapi.json")).json()["paths"]
    for kind in ("supervisions", "trainings"):
        path = f"/workers/{{worker_id}}/{kind}"
        body = document[path]["post"]["requestBody"]["content"]["application/json"]["example"]
        for _ in range(2):
            await clinic.made(path.format(worker_id=worker_of(clinic, WORKER)), body)
