"""Batches: the same rules in lists, each item answered by itself, for good."""

import asyncio
from typing import Any
from uuid import uuid4

import pytest

from chassis.access.register import Grant, store_membership
from chassis.access.tokens import member_key
from tests.referral.trial import (
    COLLEAGUE,
    FOREIGN_MANAGER,
    MANAGER,
    MEMBER_KEY_SECRET,
    REFERRER,
    WORKER,
    Clinic,
    a_person,
    a_referral,
    without,
)

pytestmark = pytest.mark.postgres


def keyed(body: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"key": str(uuid4()), **body, **more}


async def answers(
    clinic: Clinic, path: str, *items: Any, member: str = MANAGER, **body: Any
) -> list[dict[str, Any]]:
    answer = await clinic.post(path, {"items": list(items), **body}, member=member)
    assert answer.status_code == 200, answer.text
    told = answer.json()["items"]
    assert len(told) == len(items)
    return told


async def test_a_refused_item_does_not_hold_up_the_others(clinic: Clinic) -> None:
    good = keyed(a_referral())
    told = await answers(
        clinic,
        "/referrals/batch",
        good,
        keyed(a_referral(needs=[])),
        keyed(a_referral(practice_code="Y99006")),
        {"key": "no body at all"},
        "not an object",
        keyed({"person_id": str(uuid4()), "needs": ["money"]}),
        keyed(a_referral()),
    )

    assert [item["status"] for item in told] == [201, 422, 422, 422, 422, 404, 201]
    assert [item["key"] for item in told][:1] == [good["key"]]
    assert told[3]["key"] == "no body at all"
    assert told[1]["problem"]["errors"][0]["pointer"] == "/needs"
    assert told[2]["problem"]["errors"][0]["pointer"] == "/practice_code"
    assert told[0]["body"]["id"] != told[6]["body"]["id"]


async def test_a_batch_is_told_as_its_origin(clinic: Clinic) -> None:
    for origin in ("import", "seed", "live"):
        (told,) = await answers(clinic, "/referrals/batch", keyed(a_referral()), origin=origin)
        (event,) = await clinic.events(f"episode/{told['body']['episode_id']}")
        assert event["origin"] == origin


async def test_the_people_of_one_batch_know_each_other(clinic: Clinic) -> None:
    person = a_person()
    unnumbered = without(a_person(), "nhs_number")
    told = await answers(
        clinic,
        "/referrals/batch",
        keyed(a_referral(person=person)),
        keyed(a_referral(person=person, needs=["housing"])),
        keyed(a_referral(person={**person, "birth_date": "1999-09-09"})),
        keyed(a_referral(person=unnumbered)),
        keyed(a_referral(person=unnumbered, messages_consented=True)),
    )

    assert [item["status"] for item in told] == [201, 201, 409, 201, 201]
    first, second, third, fourth = (item["body"] for item in told if "body" in item)
    assert (first["episode_id"], first["opened_episode"]) == (second["episode_id"], True)
    assert second["opened_episode"] is False
    assert third["person_id"] == fourth["person_id"] != first["person_id"]
    events = await clinic.events(f"episode/{first['episode_id']}")
    assert [event["aggregate_version"] for event in events] == [1, 2]
    changes = await clinic.events(f"person/{third['person_id']}")
    assert [event["aggregate_version"] for event in changes] == [1, 2]
    record = await clinic.one("person", third["person_id"])
    assert (record["version"], record["messages_consented"]) == (2, True)


async def test_a_key_answered_before_is_answered_so_again_for_good(clinic: Clinic) -> None:
    item = keyed(a_referral())
    first = await answers(clinic, "/referrals/batch", item)
    before = await clinic.count("referral")

    again, fresh = await answers(clinic, "/referrals/batch", item, keyed(a_referral()))
    (other,) = await answers(clinic, "/referrals/batch", {**item, "needs": ["housing"]})

    assert without(again, "replayed") == first[0]
    assert again["replayed"] is True
    assert "replayed" not in fresh
    assert (other["status"], other["problem"]["type"]) == (422, "/problems/key-reused")
    assert await clinic.count("referral") == before + 1


async def test_a_refused_item_may_be_sent_again_under_its_key(clinic: Clinic) -> None:
    item = keyed(a_referral(practice_code="Y99006"))
    await answers(clinic, "/referrals/batch", item)

    (told,) = await answers(clinic, "/referrals/batch", {**item, "practice_code": "Y99001"})

    assert told["status"] == 201


async def test_a_key_stands_for_one_item_of_a_batch(clinic: Clinic) -> None:
    item = keyed(a_referral())
    first, second = await answers(clinic, "/referrals/batch", item, item)

    assert (first["status"], second["status"]) == (201, 422)
    assert second["problem"]["errors"][0]["pointer"] == "/key"


async def test_an_import_run_again_doubles_nothing(clinic: Clinic) -> None:
    rows = [
        a_referral(reference="import/1", fingerprint="a1" * 32),
        a_referral(fingerprint="b2" * 32),
        a_referral(reference="import/1"),
        a_referral(fingerprint="b2" * 32),
    ]

    async def imported(member: str) -> list[dict[str, Any]]:
        items = [keyed(row) for row in rows]
        return await answers(clinic, "/referrals/batch", *items, member=member, origin="import")

    first = await imported(REFERRER)
    before = await clinic.count("referral")
    second = await imported(REFERRER)
    third = await imported(MANAGER)

    assert [item["status"] for item in first] == [201, 201, 200, 200]
    ids = [item["body"]["id"] for item in first]
    assert ids[:2] == ids[2:]
    for run in (second, third):
        assert [item["status"] for item in run] == [200] * 4
        assert all(item["body"]["already"] for item in run)
        assert [item["body"]["id"] for item in run] == ids
    assert await clinic.count("referral") == before


async def test_imports_of_one_file_at_once_make_each_referral_once(clinic: Clinic) -> None:
    rows = [a_referral(fingerprint=uuid4().hex * 2) for _ in range(20)]

    async def imported(order: int) -> list[dict[str, Any]]:
        items = [keyed(row) for row in rows][::order]
        return await answers(clinic, "/referrals/batch", *items, origin="import")

    runs = await asyncio.gather(imported(1), imported(-1), imported(1))

    made = [item for run in runs for item in run if item["status"] == 201]
    assert len(made) == 20
    assert {item["status"] for run in runs for item in run} == {200, 201}
    assert len({item["body"]["id"] for run in runs for item in run}) == 20


async def test_casework_in_lists_keeps_the_order_of_each_episode(clinic: Clinic) -> None:
    first, second = await answers(
        clinic, "/referrals/batch", keyed(a_referral()), keyed(a_referral())
    )
    one, two = first["body"]["id"], second["body"]["id"]
    accepted = await answers(
        clinic,
        "/referrals/status/batch",
        keyed({"status": "accepted"}, referral_id=one),
        keyed({"status": "closed"}, referral_id=two),  # support ends by its closing
    )
    contacts = await answers(
        clinic,
        "/contacts/batch",
        keyed({"mode": "phone"}, referral_id=one),
        keyed({"mode": "phone"}, referral_id=two),
        keyed({"mode": "video"}, referral_id=one),
        keyed({"mode": "video"}, referral_id=str(uuid4())),
        member=WORKER,
    )
    goals = await answers(
        clinic,
        "/goals/batch",
        keyed({"need": "money"}, referral_id=one),
        keyed({"need": "housing"}, referral_id=one),
        member=WORKER,
    )
    goal = goals[0]["body"]["id"]
    updates = await answers(
        clinic,
        "/goals/updates/batch",
        keyed({"status": "progressing"}, goal_id=goal),
        keyed({"status": "met"}, goal_id=goal),
        keyed({"status": "dropped"}, goal_id=goal),
        keyed({"status": "met"}, goal_id=str(uuid4())),
        member=WORKER,
    )
    closing = {"outcome": "goals-met", "what_next": "nothing-further"}
    await clinic.made(f"/referrals/{one}/closing", closing)

    assert [item["status"] for item in accepted] == [200, 409]
    assert [item["status"] for item in contacts] == [201, 201, 201, 404]
    numbers = [item["body"]["contact_number"] for item in contacts[:3]]
    assert numbers == [1, 1, 2]
    assert [item["status"] for item in updates] == [201, 201, 409, 404]
    told = await clinic.events(f"episode/{first['body']['episode_id']}")
    assert [event["aggregate_version"] for event in told] == list(range(1, 11))
    assert [event["type"].split(".")[1] for event in told] == [
        "referral-created",
        "referral-status-changed",
        "contact-made",
        "contact-made",
        "goal-set",
        "goal-set",
        "goal-updated",
        "goal-updated",
        "referral-status-changed",
        "episode-closed",
    ]
    assert (await clinic.one("goal", goal))["status"] == "met"


async def test_a_seed_says_whose_contact_it_was_and_when_it_became_known(clinic: Clinic) -> None:
    times = {"occurred_at": "2024-05-01T10:00:00Z", "recorded_at": "2024-05-01T10:00:00Z"}
    (referral,) = await answers(
        clinic, "/referrals/batch", keyed(a_referral(**times)), origin="seed"
    )
    worker_id = str(uuid4())
    contact = {"mode": "phone", "role": "health-coach", "worker_id": worker_id, **times}
    item = keyed(contact, referral_id=referral["body"]["id"])

    (live,) = await answers(clinic, "/contacts/batch", item)
    (seeded,) = await answers(clinic, "/contacts/batch", item, origin="seed")

    assert live["problem"]["errors"][0]["pointer"] == "/worker_id"
    assert (seeded["body"]["worker_id"], seeded["body"]["role"]) == (worker_id, "health-coach")
    episode = await clinic.one("episode", referral["body"]["episode_id"])
    assert str(episode["worker_id"]) == worker_id
    _, told = await clinic.events(f"episode/{referral['body']['episode_id']}")
    assert (told["origin"], told["recorded_at"].year) == ("seed", 2024)


async def test_a_colleague_gives_one_reason_for_a_batch(clinic: Clinic) -> None:
    referral = await clinic.made("/referrals", a_referral())
    await clinic.made(f"/referrals/{referral['id']}/contacts", {"mode": "phone"}, member=WORKER)
    items = [keyed({"mode": "phone"}, referral_id=referral["id"])]

    refused = await clinic.post("/contacts/batch", {"items": items}, member=COLLEAGUE)
    taken = await clinic.post(
        "/contacts/batch", {"items": items}, member=COLLEAGUE, Waymark_Reason="covering this week"
    )

    assert refused.json()["items"][0]["problem"]["type"] == "/problems/reason-required"
    assert taken.json()["items"][0]["status"] == 201


@pytest.mark.parametrize("items", [[], [{"key": "1"}] * 501])
async def test_a_batch_holds_one_to_five_hundred(clinic: Clinic, items: list[Any]) -> None:
    assert (await clinic.post("/referrals/batch", {"items": items})).status_code == 422


async def test_batches_that_cross_wait_for_each_other_and_end(clinic: Clinic) -> None:
    """The same episodes in opposite orders, many times: a circle of waiting would show here."""
    referrals = await answers(clinic, "/referrals/batch", *(keyed(a_referral()) for _ in range(12)))
    ids = [item["body"]["id"] for item in referrals]

    async def contacts(order: list[str]) -> list[dict[str, Any]]:
        items = [keyed({"mode": "text"}, referral_id=referral_id) for referral_id in order]
        return await answers(clinic, "/contacts/batch", *items, member=WORKER)

    async def goals(order: list[str]) -> list[dict[str, Any]]:
        items = [keyed({"need": "money"}, referral_id=referral_id) for referral_id in order]
        return await answers(clinic, "/goals/batch", *items, member=WORKER)

    orders = [ids, ids[::-1], ids[6:] + ids[:6]]
    told = await asyncio.gather(
        *(contacts(order) for order in orders), *(goals(order) for order in orders)
    )

    assert {item["status"] for run in told for item in run} == {201}
    for referral in referrals:
        events = await clinic.events(f"episode/{referral['body']['episode_id']}")
        assert [event["aggregate_version"] for event in events] == list(range(1, 8))


async def test_items_name_what_they_are_about_by_the_senders_own_references(
    clinic: Clinic,
) -> None:
    reference = str(uuid4())
    about = {"referrer_code": "Y99001", "referral_reference": reference}
    (made,) = await answers(
        clinic, "/referrals/batch", keyed(a_referral(reference=reference)), member=REFERRER
    )

    moved = await answers(clinic, "/referrals/status/batch", keyed({"status": "accepted"}, **about))
    contacts = await answers(
        clinic,
        "/contacts/batch",
        keyed({"mode": "phone"}, **about),
        keyed({"mode": "video"}, referral_id=made["body"]["id"]),
        keyed({"mode": "phone"}, **{**about, "referral_reference": "unheard of"}),
    )
    goals = await answers(
        clinic,
        "/goals/batch",
        keyed({"reference": "first"}, **about),
        keyed({"reference": "second"}, **about),
        keyed({"reference": "first"}, **about),
        keyed({}, **about),
    )
    updates = await answers(
        clinic,
        "/goals/updates/batch",
        keyed({"status": "met", "goal_reference": "second"}, **about),
        keyed({"status": "met", "goal_reference": "third"}, **about),
    )

    assert [item["status"] for item in moved] == [200]
    assert [item["status"] for item in contacts] == [201, 201, 404]
    assert {item["body"]["referral_id"] for item in contacts[:2]} == {made["body"]["id"]}
    assert [item["status"] for item in goals] == [201, 201, 409, 201]
    assert goals[2]["problem"]["type"] == "/problems/goal-reference-used"
    assert [item["status"] for item in updates] == [201, 404]
    assert updates[0]["body"]["goal_id"] == goals[1]["body"]["id"]


@pytest.mark.parametrize(
    ("path", "item"),
    [
        ("/contacts/batch", {"mode": "phone"}),
        ("/contacts/batch", {"mode": "phone", "referral_reference": "a"}),
        (
            "/contacts/batch",
            {"mode": "phone", "referral_id": str(uuid4()), "referrer_code": "Y99001"},
        ),
        (
            "/goals/updates/batch",
            {"status": "met", "referrer_code": "Y99001", "goal_reference": "a"},
        ),
        ("/goals/updates/batch", {"status": "met", "goal_id": str(uuid4()), "goal_reference": "a"}),
    ],
)
async def test_an_item_that_names_nothing_or_two_things_is_refused(
    clinic: Clinic, path: str, item: dict[str, Any]
) -> None:
    (told,) = await answers(clinic, path, keyed(item))

    assert told["status"] == 422
    assert "must hold either" in told["problem"]["errors"][0]["rule"]


async def test_a_reference_that_two_networks_of_a_caller_know_names_neither(
    own_clinic: Clinic,
) -> None:
    key = member_key(MEMBER_KEY_SECRET, own_clinic.issuer.url, MANAGER)
    await store_membership(own_clinic.owner, Grant(uuid4(), key, "pcn-manager", "pcn", "U99002"))
    # As it stands after a practice has moved: its old network keeps the referrals it had.
    reference = "known to both"
    for practice, member in (("Y99001", MANAGER), ("Y99006", FOREIGN_MANAGER)):
        body = a_referral(practice_code=practice, reference=reference)
        await own_clinic.made("/referrals", body, member=member)
    await own_clinic.owner.execute("update referral set referrer_code = 'Y99001'")
    about = {"referrer_code": "Y99001", "referral_reference": reference}

    (told,) = await answers(own_clinic, "/contacts/batch", keyed({"mode": "phone"}, **about))

    assert told["status"] == 404
