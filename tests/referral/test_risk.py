"""Risk flags over HTTP: raised, shown before travel, reviewed, ended, and never dropped by time."""

from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from services.referral.api.risk import RiskFlagPage, RiskFlagShown, RiskFlagTold
from services.referral.domain.risk import overdue_from
from services.referral.store.risk import active_risk_flags
from tests.referral.onward_trial import fire, worker_of
from tests.referral.trial import (
    COLLEAGUE,
    FOREIGN_MANAGER,
    FOREIGN_WORKER,
    MANAGER,
    REFERRER,
    WORKER,
    Clinic,
    a_person,
    a_referral,
)

pytestmark = pytest.mark.postgres

WORDS = "a dog called Rex, never in an event"


def in_days(days: int) -> str:
    return (datetime.now(UTC).date() + timedelta(days=days)).isoformat()


async def a_person_on_record(clinic: Clinic) -> str:
    made = await clinic.made("/people", {"practice_code": "Y99001", **a_person()})
    return made["id"]


async def raised(clinic: Clinic, person_id: str, **changes: Any) -> dict[str, Any]:
    body = {"kind": "animal", "review_by": in_days(30), "note": WORDS, **changes}
    return await clinic.made(f"/people/{person_id}/risk-flags", body, member=WORKER)


async def step(
    clinic: Clinic, flag: dict[str, Any], name: str, member: str = WORKER, **body: Any
) -> Any:
    return await clinic.post(
        f"/risk-flags/{flag['id']}/{name}", body, member=member, If_Match=f'"{flag["version"]}"'
    )


async def active(clinic: Clinic, person_id: str) -> list[str]:
    async with worker_of(clinic) as worker, worker.transaction() as connection:
        return [flag.kind for flag in await active_risk_flags(connection, UUID(person_id))]


async def test_a_flag_is_seen_before_travel_until_somebody_ends_it(clinic: Clinic) -> None:
    person_id = await a_person_on_record(clinic)
    flag = await raised(clinic, person_id)
    await raised(clinic, person_id, kind="infection")

    assert await active(clinic, person_id) == ["animal", "infection"]
    reviewed = await step(clinic, flag, "reviews", review_by=in_days(60), note="Still there.")
    assert reviewed.status_code == 201, reviewed.text
    outdated = await step(clinic, flag, "ending", reason="mistaken")
    assert outdated.status_code == 412
    ended = await step(clinic, reviewed.json(), "ending", reason="no-longer-holds")
    assert ended.status_code == 201, ended.text
    RiskFlagTold.model_validate_json(ended.text)

    assert await active(clinic, person_id) == ["infection"]
    _, *told = await clinic.events(f"person/{person_id}")
    assert [event["type"].removeprefix("waymark.") for event in told] == [
        "risk-flag-raised.v1",
        "risk-flag-raised.v1",
        "risk-flag-reviewed.v1",
        "risk-flag-ended.v1",
    ]
    assert [event["aggregate_version"] for event in told] == [2, 3, 4, 5]
    assert {event["data"]["risk_group"] for event in told} == {"surroundings"}
    assert "animal" not in str(told)
    assert "Rex" not in str(told)
    shown = await clinic.get(f"/risk-flags/{flag['id']}")
    history = RiskFlagShown.model_validate_json(shown.text)
    assert [one.step for one in history.steps] == ["raised", "reviewed", "ended"]
    gone = await step(clinic, ended.json(), "reviews", review_by=in_days(90))
    assert (gone.status_code, gone.json()["type"]) == (409, "/problems/risk-flag-ended")


async def test_a_person_has_one_flag_of_a_kind_at_a_time(clinic: Clinic) -> None:
    person_id = await a_person_on_record(clinic)
    flag = await raised(clinic, person_id)
    path = f"/people/{person_id}/risk-flags"
    body = {"kind": "animal", "review_by": in_days(30)}

    again = await clinic.post(path, body, member=WORKER)
    assert (again.status_code, again.json()["type"]) == (409, "/problems/risk-flag-stands")
    await step(clinic, flag, "ending", reason="mistaken")
    assert (await clinic.post(path, body, member=WORKER)).status_code == 201
    far = await clinic.post(path, {"kind": "weapon", "review_by": in_days(400)}, member=WORKER)
    assert (far.status_code, far.json()["type"]) == (422, "/problems/review-day-unfit")


async def test_an_overdue_review_is_told_once_and_listed_until_somebody_looks(
    own_clinic: Clinic,
) -> None:
    clinic = own_clinic
    ago = (datetime.now(UTC) - timedelta(days=60)).isoformat()
    people = [await a_person_on_record(clinic) for _ in range(3)]
    flags = [
        await raised(clinic, person_id, review_by=in_days(-days), occurred_at=ago)
        for person_id, days in zip(people, (20, 30, 10), strict=True)
    ]
    later = await raised(clinic, people[0], kind="falls", review_by=in_days(5))

    await fire(clinic)
    await fire(clinic)

    (*_, told) = await clinic.events(f"person/{people[1]}")
    assert told["type"] == "waymark.risk-flag-review-due.v1"
    assert told["occurred_at"] == overdue_from(date.fromisoformat(in_days(-30)))
    assert len(await clinic.events(f"person/{people[1]}")) == 3
    path = "/pcns/U99001/risk-flags"
    first = RiskFlagPage.model_validate_json((await clinic.get(f"{path}?limit=2")).text)
    second = await clinic.get(f"{path}?limit=2&cursor={first.next}")
    rest = RiskFlagPage.model_validate_json(second.text)
    listed = [str(one.id) for one in (*first.items, *rest.items)]
    assert listed == [flags[1]["id"], flags[0]["id"], flags[2]["id"]]
    assert all(one.overdue for one in first.items)
    soon = await clinic.get(f"{path}?until={in_days(7)}")
    assert later["id"] in {item["id"] for item in soon.json()["items"]}

    reviewed = await step(clinic, flags[1], "reviews", review_by=in_days(90))
    assert reviewed.status_code == 201, reviewed.text
    (*_, told) = await clinic.events(f"person/{people[1]}")
    assert told["data"]["was_overdue"] is True
    remaining = (await clinic.get(path)).json()["items"]
    assert flags[1]["id"] not in {item["id"] for item in remaining}


async def test_a_colleague_sees_a_flag_without_a_reason_and_changes_it_with_one(
    clinic: Clinic,
) -> None:
    referral = await clinic.made("/referrals", a_referral())
    await clinic.made(f"/referrals/{referral['id']}/contacts", {"mode": "phone"}, member=WORKER)
    flag = await raised(clinic, referral["person_id"])
    path = f"/people/{referral['person_id']}/risk-flags"

    listed = await clinic.get(path, member=COLLEAGUE)
    assert [item["note"] for item in listed.json()["items"]] == [WORDS]
    RiskFlagPage.model_validate_json(listed.text)
    without = await step(clinic, flag, "ending", COLLEAGUE, reason="mistaken")
    assert without.status_code == 403
    assert (await clinic.audited(referral["person_id"]))[-1]["action"] == "risk-flag.list"


async def test_a_flag_on_a_merged_record_is_seen_before_travel_too(clinic: Clinic) -> None:
    kept, other = [await a_person_on_record(clinic) for _ in range(2)]
    await raised(clinic, kept)
    await raised(clinic, other, kind="infection")

    merge = await clinic.made(
        f"/people/{kept}/merges", {"person_id": other, "numbers_checked": True}
    )

    for person_id in (kept, other):
        assert await active(clinic, person_id) == ["animal", "infection"]
        listed = (await clinic.get(f"/people/{person_id}/risk-flags")).json()["items"]
        assert [item["kind"] for item in listed] == ["animal", "infection"]
    undone = await clinic.post(f"/people/merges/{merge['id']}/undo", {})
    assert undone.status_code == 200, undone.text
    assert await active(clinic, kept) == ["animal"]
    assert await active(clinic, other) == ["infection"]


async def test_a_flag_has_an_author_whoever_of_the_network_raised_it(clinic: Clinic) -> None:
    person_id = await a_person_on_record(clinic)
    body = {"kind": "weapon", "review_by": in_days(30)}

    flag = await clinic.made(f"/people/{person_id}/risk-flags", body, member=MANAGER)

    assert flag["raised_by"] is not None
    (_, told) = await clinic.events(f"person/{person_id}")
    assert told["type"] == "waymark.risk-flag-raised.v1"


async def test_a_flag_is_not_looked_at_or_ended_before_it_was_raised(clinic: Clinic) -> None:
    flag = await raised(clinic, await a_person_on_record(clinic))
    before = (datetime.now(UTC) - timedelta(days=2)).isoformat()

    reviewed = await step(clinic, flag, "reviews", review_by=in_days(9), occurred_at=before)
    ended = await step(clinic, flag, "ending", reason="mistaken", occurred_at=before)

    for answer in (reviewed, ended):
        assert (answer.status_code, answer.json()["type"]) == (422, "/problems/before-risk-flag")


async def test_no_review_falls_due_of_somebody_who_died(clinic: Clinic) -> None:
    person_id = await a_person_on_record(clinic)
    before = await raised(clinic, person_id)
    await clinic.made(f"/people/{person_id}/death", {})

    after = await raised(clinic, person_id, kind="infection")
    reviewed = await step(clinic, before, "reviews", review_by=in_days(60))

    assert reviewed.status_code == 201
    set_ = "select from timer where about = any ($1::uuid[])"
    flags = [UUID(before["id"]), UUID(after["id"])]
    assert await clinic.owner.fetch(set_, flags) == []
    withdrawn = await clinic.post(f"/people/{person_id}/death/withdrawal", {})
    assert withdrawn.is_success, withdrawn.text
    assert len(await clinic.owner.fetch(set_, flags)) == 2


async def test_a_foreign_flag_answers_as_a_random_one_does(clinic: Clinic) -> None:
    person_id = await a_person_on_record(clinic)
    flag = await raised(clinic, person_id)
    for member, status in ((FOREIGN_MANAGER, 404), (FOREIGN_WORKER, 404), (REFERRER, 403)):
        for name, body in (
            ("reviews", {"review_by": in_days(60)}),
            ("ending", {"reason": "mistaken"}),
        ):
            own = await step(clinic, flag, name, member, **body)
            random = await step(clinic, {**flag, "id": str(uuid4())}, name, member, **body)
            assert (own.status_code, random.status_code) == (status, status)
            assert len(own.content) == len(random.content)
        for place, other in (
            (f"/people/{person_id}/risk-flags", f"/people/{uuid4()}/risk-flags"),
            (f"/risk-flags/{flag['id']}", f"/risk-flags/{uuid4()}"),
            ("/pcns/U99001/risk-flags", "/pcns/U99099/risk-flags"),
        ):
            answers = [await clinic.get(one, member=member) for one in (place, other)]
            assert [one.status_code for one in answers] == [status, status], place
    assert await active(clinic, person_id) == ["animal"]


async def test_the_examples_hold(clinic: Clinic) -> None:
    document = (await clinic.http.get("/openapi.json")).json()["paths"]

    def example(path: str) -> Any:
        body = document[path]["post"]["requestBody"]["content"]["application/json"]
        return body["example"]

    path = "/people/{person_id}/risk-flags"
    person_id = await a_person_on_record(clinic)
    flag = await clinic.made(path.replace("{person_id}", person_id), example(path), member=WORKER)
    reviewed = await step(clinic, flag, "reviews", **example("/risk-flags/{risk_flag_id}/reviews"))
    ended = await step(
        clinic, reviewed.json(), "ending", **example("/risk-flags/{risk_flag_id}/ending")
    )
    assert [one.status_code for one in (reviewed, ended)] == [201, 201]
    assert (await clinic.get(f"/risk-flags/{flag['id']}", member=MANAGER)).status_code == 200
