"""Supervision and training over HTTP: had, due, overdue, told once, and nobody else's to see."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest

from chassis.access.tokens import member_key
from chassis.access.workers import worker_id_of
from services.referral.api.supervision import (
    HadPage,
    HadTold,
    IntervalsSet,
    SupervisionPage,
)
from services.referral.domain.supervision import overdue_from
from tests.referral.described import a_role, describe, told
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
            made = await clinic.made(path.format(worker_id=worker_of(clinic, WORKER)), body)
            voiding = "/workers/{worker_id}/supervisions/{record_id}/voiding"
            asked = document[voiding]["post"]["requestBody"]["content"]["application/json"]
            filled = voiding.format(worker_id=made["worker_id"], record_id=made["id"])
            await clinic.made(filled, asked["example"])


INTERVALS = "/pcns/U99001/supervision-intervals"


def every(weeks: int, **changes: Any) -> dict[str, Any]:
    return {
        "role": "link-worker",
        "kind": "supervision",
        "what": "clinical",
        "every_weeks": weeks,
        **changes,
    }


async def set_to(
    clinic: Clinic, version: int, *intervals: dict[str, Any], member: str = MANAGER
) -> Any:
    return await clinic.ask(
        "PUT",
        INTERVALS,
        {"intervals": list(intervals)},
        member=member,
        If_Match=f'"{version}"',
    )


async def due_of(clinic: Clinic, worker_id: str) -> tuple[str | None, datetime | None]:
    shown = (await board(clinic))[worker_id]["clinical"]["next_by"]
    due_at = await clinic.owner.fetchval(
        "select timer.due_at from timer join entitlement on entitlement.id = timer.about "
        "where entitlement.what = 'clinical' and entitlement.worker_id::text = $1",
        worker_id,
    )
    return shown, due_at


async def test_a_network_sets_how_often_and_what_is_due_moves_with_its_timer(
    own_clinic: Clinic,
) -> None:
    clinic, worker_id = own_clinic, worker_of(own_clinic, WORKER)
    await had(clinic, worker_id, supervision="clinical")
    await had(clinic, worker_id, supervision="emotional")
    today = datetime.now(UTC).date()

    changed = await set_to(clinic, 0, every(6))

    IntervalsSet.model_validate_json(changed.text)
    assert (changed.json()["version"], changed.json()["moved"]) == (1, 1)
    by_six = today + timedelta(weeks=6)
    assert await due_of(clinic, worker_id) == (by_six.isoformat(), overdue_from(by_six))
    said = {
        (one["role"], one["what"]): (one["every_weeks"], one["said_by"])
        for one in (await clinic.get(INTERVALS, member=WORKER)).json()["intervals"]
    }
    assert said["link-worker", "clinical"] == (6, "network")
    assert said["link-worker", "emotional"] == (4, "role")
    (event,) = [
        one for one in await clinic.rows("outbox", "position") if "intervals-set" in one["type"]
    ]
    assert (event["subject"], event["aggregate_version"]) == ("supervision-rules/U99001", 1)
    assert json.loads(event["data"])["intervals"] == [every(6)]

    # Left out, it follows the catalogue of roles again.
    back = await set_to(clinic, 1)

    assert (back.json()["version"], back.json()["moved"]) == (2, 1)
    by_four = today + timedelta(weeks=4)
    assert await due_of(clinic, worker_id) == (by_four.isoformat(), overdue_from(by_four))


async def test_a_shorter_interval_makes_overdue_and_a_longer_one_due_again_later(
    own_clinic: Clinic,
) -> None:
    clinic, worker_id = own_clinic, worker_of(own_clinic, WORKER)
    await had(clinic, worker_id, supervision="clinical", occurred_at=days_ago(10))
    await fire(clinic)
    assert await told_due(clinic) == 0

    await set_to(clinic, 0, every(1))
    await fire(clinic)
    assert await told_due(clinic) == 1
    assert (await board(clinic))[worker_id]["clinical"]["state"] == "overdue"

    await set_to(clinic, 1, every(8))
    await fire(clinic)
    assert await told_due(clinic) == 1
    assert (await board(clinic))[worker_id]["clinical"]["state"] == "done"


async def told_due(clinic: Clinic) -> int:
    told = [one["type"] for one in await clinic.rows("outbox", "position")]
    return told.count("waymark.supervision-due.v1")


async def test_a_catalogue_that_changes_moves_what_is_due_but_for_what_the_network_set(
    own_clinic: Clinic,
) -> None:
    clinic, worker_id = own_clinic, worker_of(own_clinic, WORKER)
    await had(clinic, worker_id, supervision="clinical")
    eight = [{"kind": "clinical", "every_weeks": 8}]
    await describe(clinic, told(a_role(supervision=eight), 5))
    by_eight = datetime.now(UTC).date() + timedelta(weeks=8)
    assert await due_of(clinic, worker_id) == (by_eight.isoformat(), overdue_from(by_eight))

    await set_to(clinic, 0, every(6))
    await describe(clinic, told(a_role(supervision=[{"kind": "clinical", "every_weeks": 2}]), 6))

    by_six = datetime.now(UTC).date() + timedelta(weeks=6)
    assert await due_of(clinic, worker_id) == (by_six.isoformat(), overdue_from(by_six))


async def test_how_often_is_set_for_what_a_role_is_entitled_to_by_who_saw_it(
    own_clinic: Clinic,
) -> None:
    clinic = own_clinic
    for intervals, name in (
        ([every(6, what="peer")], "not-owed-to-role"),
        ([every(6), every(7)], "interval-set-twice"),
        ([every(6, role="other")], "not-owed-to-role"),
    ):
        refused = await set_to(clinic, 0, *intervals)
        assert (refused.status_code, refused.json()["type"]) == (422, f"/problems/{name}")
    assert (await set_to(clinic, 0, every(0))).status_code == 422
    assert (await set_to(clinic, 3, every(6))).status_code == 412
    assert (await set_to(clinic, 0, every(6), member=WORKER)).status_code == 403
    for path in (INTERVALS, "/pcns/U98765/supervision-intervals"):
        assert (await clinic.get(path, member=FOREIGN_MANAGER)).status_code == 404
    assert (await set_to(clinic, 0, member=FOREIGN_MANAGER)).status_code == 404
    assert await clinic.count("supervision_rules") == 0
