"""Supervision and training over HTTP: had, due, overdue, told once, and nobody else's to see."""

import asyncio
import json
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any
from uuid import UUID, uuid4

import pytest

from chassis.access.register import Grant, store_membership
from chassis.access.tokens import member_key
from chassis.access.workers import worker_id_of
from contracts.register.v1 import MembershipEnded, MembershipGranted
from services.referral.api.supervision import (
    HadNotTold,
    HadPage,
    HadTold,
    IntervalsSet,
    SupervisionPage,
)
from services.referral.domain.supervision import overdue_from
from tests.referral.described import AT, a_role, describe, told
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
from tests.waiting import until

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


async def test_an_older_one_tells_no_second_time_that_the_next_is_overdue(
    own_clinic: Clinic,
) -> None:
    clinic, worker_id = own_clinic, worker_of(own_clinic, WORKER)
    await had(clinic, worker_id, supervision="clinical", occurred_at=days_ago(60))
    await fire(clinic)

    await had(clinic, worker_id, supervision="clinical", occurred_at=days_ago(90))
    await fire(clinic)

    assert await told_due(clinic) == 1


async def void(
    clinic: Clinic, worker_id: str, record: dict[str, Any], member: str = MANAGER
) -> Any:
    path = f"/workers/{worker_id}/supervisions/{record['id']}/voiding"
    return await clinic.post(path, {"reason": "wrong-person"}, member=member)


async def test_what_was_not_so_is_put_aside_and_the_next_is_due_by_what_stands(
    own_clinic: Clinic,
) -> None:
    clinic, worker_id = own_clinic, worker_of(own_clinic, WORKER)
    older = await had(clinic, worker_id, supervision="clinical", occurred_at=days_ago(20))
    wrong = await had(clinic, worker_id, supervision="clinical")

    voided = await void(clinic, worker_id, wrong)
    again = await void(clinic, worker_id, wrong)

    assert voided.status_code == 201, voided.text
    HadNotTold.model_validate_json(voided.text)
    by = datetime.now(UTC).date() - timedelta(days=20) + timedelta(weeks=4)
    assert (voided.json()["next_by"], older["next_by"]) == (by.isoformat(), by.isoformat())
    assert await due_of(clinic, worker_id) == (by.isoformat(), overdue_from(by))
    assert (again.status_code, again.json()["type"]) == (409, "/problems/had-not")
    told = (await clinic.rows("outbox", "position"))[-1]
    data = json.loads(told["data"])
    assert (told["type"], told["aggregate_version"]) == ("waymark.supervision-voided.v1", 3)
    assert (data["voided_event_id"], data["reason"]) == (wrong["event_id"], "wrong-person")
    listed = await clinic.get(f"/workers/{worker_id}/supervisions")
    page = HadPage.model_validate_json(listed.text)
    assert [one.void_reason for one in page.items] == ["wrong-person", None]

    # Where nothing stands any more, nothing has a day.
    assert (await void(clinic, worker_id, older)).json()["next_by"] is None
    assert (await board(clinic))[worker_id]["clinical"]["state"] == "never"


async def test_a_record_is_put_aside_by_its_worker_or_their_manager_alone(
    own_clinic: Clinic,
) -> None:
    clinic, worker_id = own_clinic, worker_of(own_clinic, WORKER)
    record = await had(clinic, worker_id, supervision="clinical")

    for member in (COLLEAGUE, FOREIGN_MANAGER, REFERRER):
        assert (await void(clinic, worker_id, record, member)).status_code == 404, member
    unknown = await void(clinic, worker_id, {"id": str(uuid4())})

    assert unknown.status_code == 404
    assert (await void(clinic, worker_id, record, WORKER)).status_code == 201


def granted(clinic: Clinic, member: str, role: str, membership_id: UUID) -> MembershipGranted:
    return MembershipGranted(
        membership_id=membership_id,
        member_key=member_key(MEMBER_KEY_SECRET, clinic.issuer.url, member),
        role=role,  # pyright: ignore[reportArgumentType]
        organisation_kind="pcn",
        organisation_code="U99001",
        granted_by="registrar",
    )


def ended(clinic: Clinic, member: str, role: str, membership_id: UUID) -> MembershipEnded:
    had = granted(clinic, member, role, membership_id).model_dump(
        include=set(MembershipEnded.model_fields)
    )
    return MembershipEnded(**had)


NEWCOMER = "somebody new in U99001"


async def test_days_follow_somebody_who_takes_on_another_role(own_clinic: Clinic) -> None:
    clinic, worker_id = own_clinic, worker_of(own_clinic, NEWCOMER)
    first, second = uuid4(), uuid4()
    await describe(clinic, told(granted(clinic, NEWCOMER, "care-coordinator", first), 5))
    await had(clinic, worker_id, supervision="clinical")
    today = datetime.now(UTC).date()
    assert (await due_of(clinic, worker_id))[0] == (today + timedelta(weeks=6)).isoformat()

    await describe(
        clinic,
        told(ended(clinic, NEWCOMER, "care-coordinator", first), 6),
        told(granted(clinic, NEWCOMER, "link-worker", second), 7),
    )

    by_four = today + timedelta(weeks=4)
    assert await due_of(clinic, worker_id) == (by_four.isoformat(), overdue_from(by_four))
    # Who leaves is owed nothing any more.
    await describe(clinic, told(ended(clinic, NEWCOMER, "link-worker", second), 8))
    assert await clinic.count("timer") == 0


async def test_who_never_had_any_is_told_counted_from_when_they_came(own_clinic: Clinic) -> None:
    clinic, worker_id = own_clinic, worker_of(own_clinic, NEWCOMER)
    came = told(granted(clinic, NEWCOMER, "care-coordinator", uuid4()), 5)
    await describe(clinic, came)
    await describe(clinic, came)
    by = AT.date() + timedelta(weeks=6)
    assert (await board(clinic))[worker_id]["clinical"]["next_by"] == by.isoformat()

    await fire(clinic)

    due = [
        json.loads(one["data"])
        for one in await clinic.rows("outbox", "position")
        if one["type"] == "waymark.supervision-due.v1"
    ]
    assert [(one["what"], one["due_by"]) for one in due] == [("clinical", by.isoformat())]
    assert (await board(clinic))[worker_id]["clinical"]["state"] == "overdue"


async def test_a_navigator_sees_what_they_are_due_and_nobody_elses(own_clinic: Clinic) -> None:
    clinic = own_clinic

    assert set(await board(clinic, NAVIGATOR)) == {worker_of(clinic, NAVIGATOR)}
    assert set(await board(clinic, REFERRER)) == set()
    foreign = await clinic.get("/pcns/U99002/supervision", member=NAVIGATOR)
    assert foreign.status_code == 404


async def test_of_two_networks_each_ones_records_are_listed(own_clinic: Clinic) -> None:
    clinic = own_clinic
    key = member_key(MEMBER_KEY_SECRET, clinic.issuer.url, WORKER)
    await store_membership(clinic.owner, Grant(uuid4(), key, "link-worker", "pcn", "U99002"))
    worker_id = worker_of(clinic, WORKER)
    for pcn_code in ("U99001", "U99002"):
        await had(clinic, worker_id, WORKER, supervision="clinical", pcn_code=pcn_code)

    path = f"/workers/{worker_id}/supervisions"
    both = (await clinic.get(path, member=WORKER)).json()["items"]
    one = (await clinic.get(f"{path}?pcn_code=U99002", member=WORKER)).json()["items"]
    none = await clinic.get(f"{path}?pcn_code=U99003", member=WORKER)

    assert [item["pcn_code"] for item in both] == ["U99002", "U99001"]
    assert [item["pcn_code"] for item in one] == ["U99002"]
    assert none.status_code == 404
    (managed,) = (await clinic.get(path, member=FOREIGN_MANAGER)).json()["items"]
    assert managed["pcn_code"] == "U99002"


async def test_what_is_entered_while_how_often_changes_goes_by_the_change(
    own_clinic: Clinic,
) -> None:
    clinic, worker_id = own_clinic, worker_of(own_clinic, WORKER)
    await set_to(clinic, 0, every(6))

    async with clinic.owner.transaction():
        await clinic.owner.execute("select from supervision_rules for update")
        entering = asyncio.create_task(had(clinic, worker_id, supervision="clinical"))
        await until(partial(somebody_waits, clinic), what="the record waits for the rules")
        await clinic.owner.execute("update supervision_interval set every_weeks = 8")
    made = await entering

    by_eight = datetime.now(UTC).date() + timedelta(weeks=8)
    assert made["next_by"] == by_eight.isoformat()


async def somebody_waits(clinic: Clinic) -> bool:
    return await clinic.owner.fetchval(
        "select exists (select from pg_stat_activity where wait_event_type = 'Lock' "
        "and datname = current_database())"
    )
