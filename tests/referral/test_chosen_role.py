"""The role that was chosen steers: who is listed for whom, who may have it, and who ends it."""

from collections.abc import AsyncIterator
from typing import Any
from uuid import uuid4

import pytest

from chassis.access.register import Grant, store_membership
from chassis.access.tokens import member_key
from chassis.access.workers import worker_id_of
from chassis.database import Database
from services.referral.schedules import HANDLERS
from services.referral.use_cases.timers import fire_due
from tests.referral.described import a_role, describe, told
from tests.referral.trial import (
    ANOTHER_WORKER,
    COLLEAGUE,
    FOREIGN_MANAGER,
    MANAGER,
    MEMBER_KEY_SECRET,
    NAVIGATOR,
    REFERRER,
    WORKER,
    Clinic,
    a_person,
    a_referral,
    joined,
)

pytestmark = pytest.mark.postgres

CLOSING = {"outcome": "support-complete", "what_next": "carries-on-alone", "loops": "withdraw"}
OTHER_NAVIGATOR = "care-navigator Y99002"


@pytest.fixture
async def worker(own_clinic: Clinic) -> AsyncIterator[Database]:
    """The database as schedules open it."""
    database = Database(own_clinic.database.worker_url, "worker", 3)
    await database.open()
    yield database
    await database.close()


def id_of(clinic: Clinic, member: str) -> str:
    return str(worker_id_of(member_key(MEMBER_KEY_SECRET, clinic.issuer.url, member)))


async def chosen(clinic: Clinic, role: str, **changes: Any) -> dict[str, Any]:
    """A new referral for which a role was chosen."""
    referral = await clinic.made("/referrals", a_referral(**changes))
    path = f"/referrals/{referral['id']}"
    await clinic.made(f"{path}/triage", {"complexity": "medium", "confidence": "low"})
    await clinic.made(f"{path}/role", {"role": role, "reason": "person-wishes"})
    return referral


async def give(clinic: Clinic, referral: dict[str, Any], member: str, **more: Any) -> Any:
    path = f"/referrals/{referral['id']}/worker"
    etag = (await clinic.get(path)).headers["ETag"]
    body = {"worker_id": id_of(clinic, member), **more}
    return await clinic.ask("PUT", path, body, If_Match=etag)


async def kinds(clinic: Clinic, referral: dict[str, Any]) -> list[str]:
    events = await clinic.events(f"episode/{referral['episode_id']}")
    assert [one["aggregate_version"] for one in events] == list(range(1, len(events) + 1))
    return [one["type"].split(".")[1] for one in events]


async def listed(clinic: Clinic, query: str = "") -> dict[str, Any]:
    page = await clinic.get(f"/pcns/U99001/waiting-list{query}")
    assert page.status_code == 200, page.text
    return {one["referral_id"]: one["role"] for one in page.json()["items"]}


async def test_the_waiting_list_shows_the_role_chosen_last_and_is_asked_for_one(
    own_clinic: Clinic,
) -> None:
    nobody_chose = await own_clinic.made("/referrals", a_referral())
    for_coach = await chosen(own_clinic, "health-coach")
    for_worker = await chosen(own_clinic, "link-worker")

    assert await listed(own_clinic) == {
        nobody_chose["id"]: None,
        for_coach["id"]: "health-coach",
        for_worker["id"]: "link-worker",
    }
    assert [*await listed(own_clinic, "?role=health-coach")] == [for_coach["id"]]
    body = {"to_role": "link-worker", "reason": "needs-several-contacts"}
    await own_clinic.made(f"/referrals/{for_coach['id']}/re-route", body)
    assert await listed(own_clinic, "?role=health-coach") == {}
    assert len(await listed(own_clinic, "?role=link-worker")) == 2


async def test_only_who_has_the_chosen_role_is_proposed(own_clinic: Clinic) -> None:
    referral = await chosen(own_clinic, "link-worker")

    shown = (await own_clinic.get(f"/referrals/{referral['id']}/worker")).json()

    assert shown["role"] == "link-worker"
    assert [one["worker_id"] for one in shown["proposed"]] == [id_of(own_clinic, WORKER)]


async def test_another_role_takes_a_reason_which_is_told(own_clinic: Clinic) -> None:
    referral = await chosen(own_clinic, "link-worker")

    refused = await give(own_clinic, referral, COLLEAGUE)
    assert (refused.status_code, refused.json()["type"]) == (
        422,
        "/problems/worker-of-another-role",
    )
    assert (await kinds(own_clinic, referral))[-1] == "role-assigned"
    fitting = await give(own_clinic, referral, WORKER, other_role_reason="capacity")
    another = await give(own_clinic, referral, COLLEAGUE, other_role_reason="capacity")

    assert (fitting.status_code, another.status_code) == (200, 200)
    reasons = [
        one["data"]["other_role_reason"]
        for one in await own_clinic.events(f"episode/{referral['episode_id']}")
        if one["type"] == "waymark.worker-assigned.v1"
    ]
    assert reasons == [None, "capacity"]


async def test_roles_that_are_one_post_stand_in_for_each_other(own_clinic: Clinic) -> None:
    coach = a_role("health-coach", combined_with=["link-worker"])
    await describe(own_clinic, told(a_role(combined_with=["health-coach"]), 5), told(coach, 6))
    referral = await chosen(own_clinic, "link-worker")

    assert (await give(own_clinic, referral, COLLEAGUE)).status_code == 200


async def test_a_caseload_goes_to_the_same_role_and_each_episode_to_the_role_chosen_for_it(
    own_clinic: Clinic, worker: Database
) -> None:
    plain = await own_clinic.made("/referrals", a_referral())
    await give(own_clinic, plain, WORKER)
    path = f"/pcns/U99001/workers/{id_of(own_clinic, WORKER)}/reallocations"
    alone = await own_clinic.post(path, {"reason": "ill"})
    assert (alone.status_code, alone.json()["type"]) == (422, "/problems/nobody-to-take-over")

    await joined(own_clinic, ANOTHER_WORKER)
    begun = await own_clinic.made(path, {"reason": "ill"})
    assert begun["to_worker_ids"] == [id_of(own_clinic, ANOTHER_WORKER)]
    await fire_due(worker, HANDLERS, "ordinary")
    shown = (await own_clinic.get(f"/referrals/{plain['id']}/worker")).json()
    assert shown["worker_id"] == id_of(own_clinic, ANOTHER_WORKER)

    for_coach = await chosen(own_clinic, "health-coach")
    await give(own_clinic, for_coach, WORKER, other_role_reason="knows-worker")
    named = [id_of(own_clinic, one) for one in (ANOTHER_WORKER, COLLEAGUE)]
    await own_clinic.made(path, {"reason": "left", "to_worker_ids": named})
    await fire_due(worker, HANDLERS, "ordinary")
    shown = (await own_clinic.get(f"/referrals/{for_coach['id']}/worker")).json()
    assert shown["worker_id"] == id_of(own_clinic, COLLEAGUE)


async def test_a_year_is_judged_by_what_the_network_says_of_the_role(own_clinic: Clinic) -> None:
    async def years() -> dict[str, Any]:
        page = (await own_clinic.get("/pcns/U99001/caseloads")).json()["items"]
        return {one["worker_id"]: (one["full_year"], one["room"]) for one in page}

    me, coach = id_of(own_clinic, WORKER), id_of(own_clinic, COLLEAGUE)
    assert await years() == {me: ([200, 250], "room"), coach: (None, "not-said")}

    of_coaches = a_role("health-coach", caseload_min=1, caseload_max=2)
    of_workers = a_role(caseload_min=150, caseload_max=180)
    await describe(own_clinic, told(of_workers, 5), told(of_coaches, 6))
    await give(own_clinic, await own_clinic.made("/referrals", a_referral()), COLLEAGUE)

    assert await years() == {me: ([150, 180], "room"), coach: ([1, 2], "full")}


async def test_a_wrong_roles_worker_is_off_the_episode_once_another_role_is_to_help(
    own_clinic: Clinic,
) -> None:
    referral = await chosen(own_clinic, "link-worker")
    path = f"/referrals/{referral['id']}"
    await own_clinic.made(f"{path}/contacts", {"mode": "phone"}, member=WORKER)
    before = (await own_clinic.get(f"{path}/worker")).headers["ETag"]

    body = {"to_role": "health-coach", "reason": "health-goals"}
    await own_clinic.made(f"{path}/re-route", body, member=WORKER)

    assert (await kinds(own_clinic, referral))[-2:] == ["referral-re-routed", "worker-taken-off"]
    (event,) = (await own_clinic.events(f"episode/{referral['episode_id']}"))[-1:]
    assert event["data"]["previous_worker_id"] == id_of(own_clinic, WORKER)
    shown = await own_clinic.get(f"{path}/worker")
    assert shown.json()["worker_id"] is None
    assert shown.headers["ETag"] != before
    found = (await own_clinic.get("/referrals?without_worker=true&role=health-coach")).json()
    assert [one["id"] for one in found["items"]] == [referral["id"]]
    assert (await give(own_clinic, referral, COLLEAGUE)).status_code == 200
    found = (await own_clinic.get("/referrals?without_worker=true")).json()
    assert found["items"] == []


async def test_whoever_another_referral_of_the_episode_was_chosen_for_stays(
    own_clinic: Clinic,
) -> None:
    person = a_person()
    first = await chosen(own_clinic, "link-worker", person=person)
    await give(own_clinic, first, WORKER)
    second = await chosen(own_clinic, "health-coach", person=person)

    body = {"to_role": "care-coordinator", "reason": "care-to-coordinate"}
    await own_clinic.made(f"/referrals/{second['id']}/re-route", body)

    assert second["episode_id"] == first["episode_id"]
    assert "worker-taken-off" not in await kinds(own_clinic, first)


async def test_a_navigator_finds_speaks_with_and_closes_what_was_chosen_for_them(
    own_clinic: Clinic,
) -> None:
    referral = await chosen(own_clinic, "care-navigator")
    await chosen(own_clinic, "link-worker")
    path = f"/referrals/{referral['id']}"
    found = await own_clinic.get("/referrals?role=care-navigator", member=NAVIGATOR)
    assert [one["id"] for one in found.json()["items"]] == [referral["id"]]

    spoken = await own_clinic.made(f"{path}/contacts", {"mode": "phone"}, member=NAVIGATOR)
    await own_clinic.made(f"{path}/closing", CLOSING, member=NAVIGATOR)

    assert (spoken["role"], spoken["worker_id"]) == ("care-navigator", None)
    assert referral["id"] not in await listed(own_clinic)
    shown = (await own_clinic.get(path, member=NAVIGATOR)).json()
    assert (shown["status"], shown["role"]) == ("closed", "care-navigator")
    assert (await kinds(own_clinic, referral))[-1] == "episode-closed"


async def test_a_navigator_returns_what_was_chosen_for_them(own_clinic: Clinic) -> None:
    referral = await chosen(own_clinic, "care-navigator")
    body = {"status": "returned", "reason": "not-suitable", "better_route": "money-advice"}

    answer = await own_clinic.ask(
        "PUT", f"/referrals/{referral['id']}/status", body, member=NAVIGATOR, If_Match='"1"'
    )

    assert answer.status_code == 200, answer.text
    assert answer.json()["closed_episode"] is True


async def test_a_navigator_leaves_alone_what_was_chosen_for_others(own_clinic: Clinic) -> None:
    person = a_person()
    for_worker = await chosen(own_clinic, "link-worker", person=person)
    beside = await chosen(own_clinic, "care-navigator", person=person)
    contact, close = {"mode": "phone"}, CLOSING
    for referral in (for_worker, beside):
        path = f"/referrals/{referral['id']}"
        for what, body in (("contacts", contact), ("closing", close)):
            answer = await own_clinic.post(f"{path}/{what}", body, member=NAVIGATOR)
            assert (answer.status_code, answer.json()["type"]) == (
                409,
                "/problems/chosen-for-another-role",
            ), what
    assert len(await listed(own_clinic)) == 1


async def test_who_is_a_navigator_and_works_elsewhere_has_the_rights_of_one_at_a_time(
    own_clinic: Clinic,
) -> None:
    """A worker of one network who navigates at a practice of another one."""
    key = member_key(MEMBER_KEY_SECRET, own_clinic.issuer.url, WORKER)
    grant = Grant(uuid4(), key, "care-navigator", "practice", "Y99006")
    await store_membership(own_clinic.owner, grant)
    contact = {"mode": "phone"}

    async def there(role: str) -> dict[str, Any]:
        body = a_referral(practice_code="Y99006")
        referral = await own_clinic.made("/referrals", body, member=FOREIGN_MANAGER)
        path = f"/referrals/{referral['id']}"
        facts = {"complexity": "medium", "confidence": "low"}
        await own_clinic.made(f"{path}/triage", facts, member=FOREIGN_MANAGER)
        choice = {"role": role, "reason": "person-wishes"}
        await own_clinic.made(f"{path}/role", choice, member=FOREIGN_MANAGER)
        return referral

    theirs = await there("care-navigator")
    spoken = await own_clinic.made(f"/referrals/{theirs['id']}/contacts", contact, member=WORKER)
    assert (spoken["role"], spoken["worker_id"]) == ("care-navigator", None)
    others = await there("link-worker")
    refused = await own_clinic.post(f"/referrals/{others['id']}/contacts", contact, member=WORKER)
    assert refused.json()["type"] == "/problems/chosen-for-another-role"
    elsewhere = await own_clinic.made("/referrals", a_referral(practice_code="Y99002"))
    await give(own_clinic, elsewhere, COLLEAGUE)
    path = f"/referrals/{elsewhere['id']}/contacts"
    colleagues = await own_clinic.post(path, contact, member=WORKER)
    assert (colleagues.status_code, colleagues.json()["type"]) == (403, "/problems/reason-required")
    with_reason = await own_clinic.made(path, contact, member=WORKER, Waymark_Reason="cover")
    assert with_reason["role"] == "link-worker"


async def test_another_practices_navigator_finds_nothing_there(own_clinic: Clinic) -> None:
    await joined(own_clinic, OTHER_NAVIGATOR)
    referral = await chosen(own_clinic, "care-navigator")
    path = f"/referrals/{referral['id']}"

    for what, body in (("contacts", {"mode": "phone"}), ("closing", CLOSING)):
        theirs = await own_clinic.post(f"{path}/{what}", body, member=OTHER_NAVIGATOR)
        nobodys = await own_clinic.post(
            f"/referrals/{referral['episode_id']}/{what}", body, member=OTHER_NAVIGATOR
        )
        assert theirs.status_code == nobodys.status_code == 404
        assert len(theirs.text) == len(nobodys.text)
        assert (await own_clinic.post(f"{path}/{what}", body, member=REFERRER)).status_code == 403
    assert (await own_clinic.get(path, member=MANAGER)).json()["status"] == "received"
