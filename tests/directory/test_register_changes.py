"""What changes in the register: practices that leave, PCNs that merge, roles in place of others."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from chassis.access.tokens import member_key
from services.directory.use_cases.merging import go_on_with_merges
from tests.directory.trial import (
    ANALYST,
    MANAGER,
    MEMBER_KEY_SECRET,
    REGISTRAR,
    WORKER,
    Office,
    a_membership,
)

pytestmark = pytest.mark.postgres

TO_COME = (datetime.now(UTC) + timedelta(days=2)).date().isoformat()


def key_of(office: Office, subject: str) -> str:
    return member_key(MEMBER_KEY_SECRET, office.issuer.url, subject)


async def _networks(office: Office, practice: str, member: str = REGISTRAR) -> Any:
    shown = await office.found(f"/register/practices/{practice}/networks", member=member)
    return [(one["pcn_code"], one["from_date"], one["until_date"]) for one in shown["items"]]


async def _merge(office: Office, **changes: Any) -> Any:
    body = {"into_pcn_code": "U99002", "merged_on": "2025-04-01", "memberships": "carried"}
    return await office.post("/register/pcns/U99001/merge-into", {**body, **changes})


async def test_a_practice_leaves_and_its_history_is_read(office: Office) -> None:
    left = await office.post("/register/practices/Y99001/leave", {"until_date": "2025-04-01"})
    again = await office.post("/register/practices/Y99001/leave", {"until_date": "2025-04-01"})

    assert (left.status_code, left.json()["version"]) == (200, 2)
    assert again.json() == left.json()
    (told,) = await office.events("practice-left")
    assert (told["subject"], told["aggregate_version"]) == ("organisation/Y99001", 2)
    assert told["data"] == {
        "practice_code": "Y99001",
        "pcn_code": "U99001",
        "until_date": "2025-04-01",
    }
    assert await _networks(office, "Y99001", ANALYST) == [("U99001", "2024-04-01", "2025-04-01")]
    shown = await office.found("/register/practices/Y99001")
    assert (shown["pcn_code"], shown["from_date"]) == (None, None)
    # Nobody is without a network meanwhile: who looks after its people goes on.
    (known,) = [row for row in await office.rows("access_organisation") if row["code"] == "Y99001"]
    assert known["pcn_code"] == "U99001"


async def test_a_practice_that_left_joins_again_on_that_day_or_later(office: Office) -> None:
    await office.post("/register/practices/Y99001/leave", {"until_date": "2025-04-01"})
    entry = {"practice_code": "Y99001", "pcn_code": "U99002", "name": "Y99001 Surgery (synthetic)"}

    for day in ("2024-04-01", "2025-03-31"):
        refused = await office.post("/register/practices", {**entry, "from_date": day})
        assert refused.status_code == 422, refused.text
        assert refused.json()["errors"][0]["pointer"] == "/from_date"
    joined = await office.post("/register/practices", {**entry, "from_date": "2025-04-01"})

    assert joined.status_code == 200, joined.text
    assert await _networks(office, "Y99001") == [
        ("U99001", "2024-04-01", "2025-04-01"),
        ("U99002", "2025-04-01", None),
    ]
    page = await office.found("/register/pcns/U99001/practices", params={"limit": 1})
    rest = await office.found(
        "/register/pcns/U99001/practices", params={"limit": 1, "cursor": page["next"]}
    )
    assert [(one["practice_code"], one["until_date"]) for one in page["items"] + rest["items"]] == [
        ("Y99001", "2025-04-01"),
        ("Y99002", None),
    ]


async def test_a_practice_leaves_once_in_order_and_not_on_a_day_to_come(office: Office) -> None:
    told = len(await office.events())
    for day in ("2024-04-01", "2023-01-01", TO_COME):
        refused = await office.post("/register/practices/Y99001/leave", {"until_date": day})
        assert refused.status_code == 422
        assert refused.json()["errors"][0]["pointer"] == "/until_date"
    assert len(await office.events()) == told

    await office.post("/register/practices/Y99001/leave", {"until_date": "2025-04-01"})
    other = await office.post("/register/practices/Y99001/leave", {"until_date": "2025-05-01"})

    assert (other.status_code, other.json()["type"]) == (409, "/problems/practice-left-already")


async def test_a_merge_moves_every_practice_and_carries_what_people_held(office: Office) -> None:
    worker = {"pcn_code": "U99001", "name": "Robin Quillfeather", "email": "robin@pcn.example.org",
              "roles": ["link-worker"], "subject": WORKER}  # fmt: skip
    entered = await office.made("/register/workers", worker)

    merged = await _merge(office)
    again = await _merge(office)

    assert merged.status_code == 201, merged.text
    body = merged.json()
    counts = ("practices_moved", "memberships_carried", "memberships_ended", "workers_carried")
    assert body["state"] == "done"
    assert [body[name] for name in counts] == [2, 2, 0, 1]
    assert (again.status_code, again.json()) == (200, body)
    for practice in ("Y99001", "Y99002"):
        assert (await _networks(office, practice))[-1] == ("U99002", "2025-04-01", None)
    assert (await office.get("/suggestions", member=MANAGER)).status_code == 200
    assert (await office.found(f"/workers/{entered['id']}", member=MANAGER))["name"]
    held = (await office.found("/register/memberships"))["items"]
    assert "U99001" not in {one["organisation_code"] for one in held}
    carried = {one["role"]: one for one in held if one["replaces_membership_id"]}
    assert set(carried) == {"pcn-manager", "link-worker"}
    for one in carried.values():
        assert (one["granted_by"], one["granted_by_role"]) == (
            key_of(office, REGISTRAR),
            "registrar",
        )
    kinds = [event["type"].split(".")[1] for event in await office.events()]
    since = kinds[kinds.index("worker-registered") + 1 :]
    assert since == [
        "practice-registered",
        "practice-registered",
        "worker-registered",
        "membership-ended",
        "membership-granted",
        "membership-ended",
        "membership-granted",
        "pcn-merged",
    ]
    assert "Quillfeather" not in str(await office.events())
    (told,) = await office.events("pcn-merged")
    assert str(told["event_id"]) == body["event_id"]
    assert told["data"] == {
        "pcn_code": "U99001",
        "into_pcn_code": "U99002",
        "merged_on": "2025-04-01",
        "memberships": "carried",
    }


async def test_a_merge_may_end_what_people_held(office: Office) -> None:
    merged = await _merge(office, memberships="ended")

    body = merged.json()
    assert (body["memberships_ended"], body["memberships_carried"], body["workers_carried"]) == (
        2,
        0,
        0,
    )
    assert (await office.get("/suggestions", member=MANAGER)).status_code == 403
    assert len(await office.events("membership-ended")) == 2


async def test_a_merge_that_is_cut_off_goes_on_where_it_stood(empty_office: Office) -> None:
    office = empty_office
    for code in ("U99001", "U99002"):
        pcn = {"pcn_code": code, "region_code": "QZZ", "name": code}
        await office.made("/register/pcns", pcn)
    for number in range(60):
        practice = {"practice_code": f"Y97{number:03}", "pcn_code": "U99001", "name": "P",
                    "from_date": "2024-04-01"}  # fmt: skip
        await office.made("/register/practices", practice)
    for number in range(60):
        membership = a_membership("link-worker U99001", subject=f"worker {number}")
        await office.made("/register/memberships", membership)

    merged = (await _merge(office)).json()
    assert (merged["state"], merged["practices_moved"], merged["memberships_carried"]) == (
        "going-on",
        60,
        40,
    )
    refused = await office.post(
        "/register/practices", {"practice_code": "Y96001", "pcn_code": "U99001", "name": "Late"}
    )
    assert refused.json()["errors"][0]["pointer"] == "/pcn_code"
    steps = 0
    while await go_on_with_merges(office.worker, facts_max=7):
        steps += 1

    done = await office.found("/register/pcns/U99001/merge-into")
    assert (done["state"], done["memberships_carried"], steps) == ("done", 60, 3)
    granted = [
        event["data"]["member_key"]
        for event in await office.events("membership-granted")
        if event["data"]["organisation_code"] == "U99002"
    ]
    assert len(granted) == len(set(granted)) == 60
    assert len(await office.events("membership-ended")) == 60
    assert len(await office.events("pcn-merged")) == 1


async def test_a_merge_that_is_refused_for_now_holds_up_no_other_and_goes_on_later(
    office: Office,
) -> None:
    for code, name in (("U99003", "Third"), ("U99004", "Fourth")):
        pcn = {"pcn_code": code, "region_code": "QZZ", "name": f"{name} PCN (synthetic)"}
        await office.made("/register/pcns", pcn)
    practices = [f"Y97{number:03}" for number in range(101)]
    for number, code in enumerate((*practices, *(f"Y96{one:03}" for one in range(101)))):
        pcn_code = "U99003" if number < len(practices) else "U99004"
        entry = {
            "practice_code": code,
            "pcn_code": pcn_code,
            "name": "P",
            "from_date": "2024-04-01",
        }
        await office.made("/register/practices", entry)
    body = {"into_pcn_code": "U99002", "merged_on": "2025-04-01", "memberships": "ended"}
    for code in ("U99003", "U99004"):
        merge = await office.made(f"/register/pcns/{code}/merge-into", body)
        assert merge["state"] == "going-on"
    set_day = "update pcn_merge set merged_on = $1 where pcn_code = 'U99003'"
    await office.owner.execute(set_day, datetime.fromisoformat(TO_COME).date())

    assert await go_on_with_merges(office.worker) == 1
    refused = await office.found("/register/pcns/U99003/merge-into")
    other = await office.found("/register/pcns/U99004/merge-into")
    await office.owner.execute(set_day, datetime(2025, 4, 1, tzinfo=UTC).date())
    assert await go_on_with_merges(office.worker) == 1
    done = await office.found("/register/pcns/U99003/merge-into")

    assert (refused["state"], refused["practices_moved"]) == ("going-on", 100)
    assert (other["state"], other["practices_moved"]) == ("done", 101)
    assert (done["state"], done["practices_moved"]) == ("done", 101)


async def test_a_merge_that_cannot_be_changes_nothing(office: Office) -> None:
    told = len(await office.events())
    cases = [
        ({"into_pcn_code": "U99001"}, "/into_pcn_code"),
        ({"into_pcn_code": "U98765"}, "/into_pcn_code"),
        ({"merged_on": TO_COME}, "/merged_on"),
        ({"merged_on": "2024-04-01"}, "/merged_on"),
        ({"memberships": "lost"}, "/memberships"),
    ]
    for changes, pointer in cases:
        refused = await _merge(office, **changes)
        assert refused.status_code == 422, refused.text
        assert refused.json()["errors"][0]["pointer"] == pointer
    assert len(await office.events()) == told

    await _merge(office)
    other = await _merge(office, memberships="ended")
    back = {"into_pcn_code": "U99001", "memberships": "ended"}
    returned = await office.post("/register/pcns/U99002/merge-into", back)

    assert other.json()["type"] == "/problems/pcn-merged-already"
    assert returned.json()["errors"][0]["pointer"] == "/into_pcn_code"


async def test_a_role_is_changed_by_one_membership_in_place_of_another(office: Office) -> None:
    newcomer = {**a_membership("pcn-manager U99002"), "subject": "newcomer"}
    granted = await office.made("/register/memberships", newcomer)
    path = f"/register/memberships/{granted['id']}/role"
    assert (await office.get("/suggestions", member="newcomer")).status_code == 200

    changed = await office.post(path, {"role": "link-worker"})
    again = await office.post(path, {"role": "link-worker"})

    assert (changed.status_code, changed.json()["role"]) == (201, "link-worker")
    assert (again.status_code, again.json()) == (200, changed.json())
    assert (await office.get("/suggestions", member="newcomer")).status_code == 403
    ended, new = (await office.events("membership-"))[-2:]
    assert (ended["type"], ended["subject"]) == (
        "waymark.membership-ended.v1",
        f"membership/{granted['id']}",
    )
    assert new["data"]["replaces_membership_id"] == granted["id"]
    assert (new["data"]["granted_by"], new["data"]["granted_by_role"]) == (
        key_of(office, REGISTRAR),
        "registrar",
    )
    listed = (await office.found("/register/memberships?ended=true&limit=100"))["items"]
    (was,) = [one for one in listed if one["id"] == granted["id"]]
    assert was["ended_by"] == key_of(office, REGISTRAR)
    held = (await office.found("/register/memberships?limit=100"))["items"]
    assert granted["id"] not in {one["id"] for one in held}


async def test_a_role_that_does_not_fit_or_is_over_is_not_changed(office: Office) -> None:
    granted = await office.made(
        "/register/memberships", a_membership("pcn-manager U99002", subject="newcomer")
    )
    path = f"/register/memberships/{granted['id']}"

    for role, pointer in (("registrar", "/organisation_kind"), ("service", "/role")):
        refused = await office.post(f"{path}/role", {"role": role})
        assert refused.status_code == 422
        assert refused.json()["errors"][0]["pointer"] == pointer
    assert (await office.get("/suggestions", member="newcomer")).status_code == 200
    await office.ask("DELETE", path)
    over = await office.post(f"{path}/role", {"role": "link-worker"})

    assert (over.status_code, over.json()["type"]) == (409, "/problems/membership-over")


async def test_the_last_registrar_cannot_become_something_else(office: Office) -> None:
    held = (await office.found("/register/memberships"))["items"]
    (registrar,) = [one for one in held if one["role"] == "registrar"]

    refused = await office.post(
        f"/register/memberships/{registrar['id']}/role", {"role": "region-analyst"}
    )

    assert refused.json()["type"] == "/problems/last-registrar"
    assert (await office.get("/register/memberships")).status_code == 200
