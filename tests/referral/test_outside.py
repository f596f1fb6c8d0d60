"""A hospital, a council or a voluntary group refers, and hears what became of its own referrals."""

from typing import Any
from uuid import uuid4

import asyncpg
import pytest

from chassis.access.register import Grant, store_membership
from chassis.access.tokens import member_key
from tests.referral.trial import (
    COUNCIL,
    GROUP,
    GROUP_ID,
    HOSPITAL,
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

KINDS = {COUNCIL: ("901", "council"), HOSPITAL: ("RX901", "hospital")}
CLOSING = {"outcome": "goals-met", "what_next": "carries-on-alone", "summary": "For the network."}


def from_outside(**changes: Any) -> dict[str, Any]:
    return without(a_referral(**changes), "route")


@pytest.mark.parametrize("member", [COUNCIL, HOSPITAL, GROUP])
async def test_a_referral_from_outside_says_what_referred_and_who(
    clinic: Clinic, member: str
) -> None:
    code, kind = KINDS.get(member, (GROUP_ID, "voluntary-sector"))

    made = await clinic.made("/referrals", from_outside(), member=member)

    assert (made["pcn_code"], made["referrer_code"]) == ("U99001", code)
    (told,) = [
        event
        for event in await clinic.events(f"episode/{made['episode_id']}")
        if event["type"] == "waymark.referral-created.v1"
    ]
    assert told["data"]["route"] == kind
    known_by = told["data"]["referrer_code"], told["data"]["referrer_organization_id"]
    assert known_by == (("U99001", GROUP_ID) if member == GROUP else (code, None))
    # It waits in the network's ordinary triage like any other.
    listed = (await clinic.get("/referrals?limit=1")).json()["items"]
    assert listed[0]["id"] == made["id"]
    triage = {"complexity": "low", "confidence": "low"}
    await clinic.made(f"/referrals/{made['id']}/triage", triage, member=WORKER)
    shown = await clinic.get(f"/referrals/{made['id']}/waiting", member=MANAGER)
    assert shown.status_code == 200


async def test_the_network_is_never_guessed(clinic: Clinic) -> None:
    before = await clinic.count("referral")
    for wrong in (
        without(from_outside(), "practice_code"),
        from_outside(practice_code="Y99999"),
    ):
        refused = await clinic.post("/referrals", wrong, member=COUNCIL)

        assert refused.status_code == 422, refused.text
        assert refused.json()["type"].endswith("network-not-known")
        assert refused.json()["errors"][0]["pointer"] == "/practice_code"
    batch = {"items": [{"key": str(uuid4()), **without(from_outside(), "practice_code")}]}
    (item,) = (await clinic.post("/referrals/batch", batch, member=COUNCIL)).json()["items"]
    assert item["problem"]["type"].endswith("network-not-known")
    assert await clinic.count("referral") == before
    # Whoever belongs to a practice is told in the words that were there before.
    own = await clinic.post("/referrals", without(from_outside(), "practice_code"), member=REFERRER)
    assert own.json()["type"].endswith("rule-broken")


async def test_a_batch_from_outside_is_received_as_single_referrals_are(clinic: Clinic) -> None:
    items = [
        {"key": str(uuid4()), **from_outside(practice_code=code)} for code in ("Y99002", "Y99006")
    ]

    told = (await clinic.post("/referrals/batch", {"items": items}, member=GROUP)).json()["items"]

    assert [item["status"] for item in told] == [201, 201]
    assert [item["body"]["pcn_code"] for item in told] == ["U99001", "U99002"]


@pytest.mark.parametrize(
    ("changes", "name"),
    [
        ({"route": "hospital"}, "route-not-yours"),
        ({"referrer_code": "RX901"}, "referrer-not-yours"),
        ({"referrer_code": "Y99001"}, "referrer-not-yours"),
        ({"referrer_organization_id": GROUP_ID}, "referrer-not-yours"),
    ],
)
async def test_nobody_refers_as_somebody_else(
    clinic: Clinic, changes: dict[str, Any], name: str
) -> None:
    refused = await clinic.post("/referrals", {**from_outside(), **changes}, member=COUNCIL)

    assert refused.status_code == 422
    assert refused.json()["type"].endswith(name)


async def test_who_refers_for_two_says_for_which(own_clinic: Clinic) -> None:
    both = "somebody of two organisations"
    key = member_key(MEMBER_KEY_SECRET, own_clinic.issuer.url, both)
    for code in ("901", GROUP_ID):
        grant = Grant(uuid4(), key, "referrer", "organization", code)
        await store_membership(own_clinic.owner, grant)

    unsaid = await own_clinic.post("/referrals", from_outside(), member=both)
    said = await own_clinic.made(
        "/referrals", {**from_outside(), "referrer_organization_id": GROUP_ID}, member=both
    )

    assert unsaid.json()["type"].endswith("referrer-not-named")
    assert said["referrer_code"] == GROUP_ID


async def test_a_referrer_sees_what_became_of_their_own_and_no_other(clinic: Clinic) -> None:
    mine = await clinic.made("/referrals", from_outside(), member=COUNCIL)
    theirs = await clinic.made("/referrals", from_outside(), member=HOSPITAL)
    practices = await clinic.made("/referrals", a_referral(), member=REFERRER)
    path = f"/referrals/{mine['id']}"
    await clinic.made(f"{path}/triage", {"complexity": "low", "confidence": "low"}, member=WORKER)
    await clinic.made(f"{path}/contacts", {"mode": "phone", "note": "Not for them"}, member=WORKER)
    returned = {"status": "returned", "reason": "other", "better_route": "housing-advice"}
    version = (await clinic.get(path, member=WORKER)).json()["version"]
    moved = await clinic.ask(
        "PUT", f"{path}/status", returned, member=WORKER, If_Match=f'"{version}"'
    )
    assert moved.status_code == 200, moved.text

    shown = (await clinic.get(path, member=COUNCIL)).json()

    assert (shown["status"], shown["better_route"]) == ("returned", "housing-advice")
    assert shown["contact_count"] == 1
    assert shown["worker_id"] is None
    assert shown["goals"] == []
    assert "Not for them" not in str(shown)
    listed = (await clinic.get("/referrals?limit=100", member=COUNCIL)).json()["items"]
    assert mine["id"] in {one["id"] for one in listed}
    assert {one["referrer_code"] for one in listed} == {"901"}
    for foreign in (theirs["id"], practices["id"]):
        random = await clinic.get(f"/referrals/{uuid4()}", member=COUNCIL)
        answer = await clinic.get(f"/referrals/{foreign}", member=COUNCIL)
        assert (answer.status_code, len(answer.content)) == (404, len(random.content))
    assert (await clinic.get(f"/people/{mine['person_id']}", member=COUNCIL)).status_code == 404
    assert (await clinic.get(f"{path}/contacts", member=COUNCIL)).status_code == 403


async def test_two_doors_make_one_episode_and_each_referrer_hears_of_theirs(
    clinic: Clinic,
) -> None:
    person = a_person()
    first = await clinic.made("/referrals", a_referral(person=person), member=REFERRER)
    second = await clinic.made(
        "/referrals", from_outside(person=person, note="Met at the desk"), member=COUNCIL
    )
    third = await clinic.made("/referrals", from_outside(person=person), member=GROUP)
    assert {one["episode_id"] for one in (first, second, third)} == {first["episode_id"]}
    assert (second["opened_episode"], third["opened_episode"]) == (False, False)

    closed = await clinic.post(f"/referrals/{first['id']}/closing", CLOSING, member=WORKER)
    assert closed.status_code == 201, closed.text

    for member, code, made in (
        (REFERRER, "Y99001", first),
        (COUNCIL, "901", second),
        (GROUP, GROUP_ID, third),
    ):
        shown = (await clinic.get(f"/referrals/{made['id']}", member=member)).json()
        assert shown["status"] == "closed", member
        path = f"/referrals/{made['id']}/message-back"
        (message,) = (await clinic.get(path, member=member)).json()["items"]
        assert message["recipient_code"] == code
        if member != REFERRER:
            document = message["document"]
            assert [one["referral_id"] for one in document["referrals"]] == [made["id"]]
            assert document["recipient"]["name"]
            assert document["person_demographics"]["nhs_number"] is None
            assert document["closure"]["summary"] is None
            # It has no clinical record that something could be written into.
            assert message["delivery"] is None
    handed = await clinic.rows("writeback_item")
    assert not {row["practice_code"] for row in handed} & {"901", GROUP_ID}


async def test_who_is_no_practice_changes_nothing_on_record(clinic: Clinic) -> None:
    person = without(a_person(), "nhs_number")
    body = a_referral(person=person, messages_consented=False, safe_channel="none")
    first = await clinic.made("/referrals", body, member=REFERRER)
    before = await clinic.one("person", first["person_id"])

    joined = await clinic.made(
        "/referrals",
        from_outside(
            person={**person, "nhs_number": a_person()["nhs_number"]},
            messages_consented=True,
            safe_channel="email",
        ),
        member=GROUP,
    )

    assert joined["person_id"] == first["person_id"]
    assert await clinic.one("person", first["person_id"]) == before


async def test_a_referrer_from_outside_alarms_the_network_about_their_own(clinic: Clinic) -> None:
    mine = await clinic.made("/referrals", from_outside(dangers=["self-harm"]), member=HOSPITAL)
    theirs = await clinic.made("/referrals", from_outside(), member=COUNCIL)
    danger = {"dangers": ["abuse"]}

    raised = await clinic.post(f"/referrals/{mine['id']}/alarms", danger, member=HOSPITAL)
    foreign = await clinic.post(f"/referrals/{theirs['id']}/alarms", danger, member=HOSPITAL)
    random = await clinic.post(f"/referrals/{uuid4()}/alarms", danger, member=HOSPITAL)

    assert raised.status_code == 201, raised.text
    assert (foreign.status_code, len(foreign.content)) == (404, len(random.content))
    alarms = [row for row in await clinic.rows("alarm") if str(row["referral_id"]) == mine["id"]]
    assert len(alarms) == 2
    assert {row["pcn_code"] for row in alarms} == {"U99001"}


async def test_row_policies_show_a_referrer_their_own_referrals_alone(own_clinic: Clinic) -> None:
    mine = await own_clinic.made("/referrals", from_outside(), member=COUNCIL)
    other = await own_clinic.made("/referrals", a_referral(), member=REFERRER)
    for made in (mine, other):
        await own_clinic.made(f"/referrals/{made['id']}/contacts", {"mode": "phone"})
        await own_clinic.made(f"/referrals/{made['id']}/goals", {"need": "money"})
        closed = await own_clinic.post(f"/referrals/{made['id']}/closing", CLOSING)
        assert closed.status_code == 201, closed.text
    steps = [
        row
        for row in await own_clinic.rows("referral_status")
        if str(row["referral_id"]) == mine["id"]
    ]
    assert [row["status"] for row in steps] == ["accepted", "closed"]
    seen = {
        "referral": 1,
        "referral_status": len(steps),
        "contact": 1,
        "message_back": 1,
        "person": 0,
        "episode": 0,
        "goal": 0,
        "closing": 0,
        "waiting": 0,
    }
    connection = await asyncpg.connect(own_clinic.database.api_url)
    try:
        async with connection.transaction():
            await connection.execute("select set_config('app.organisations', '901', true)")
            found = {
                table: await connection.fetchval(f"select count(*) from {table}") for table in seen
            }
            changed = await connection.execute("update contact set note = 'ours'")
    finally:
        await connection.close()

    assert found == seen
    assert changed == "UPDATE 0"


async def test_who_refers_from_a_group_holds_nothing_that_its_providers_hold(
    clinic: Clinic,
) -> None:
    referral = await clinic.made("/referrals", a_referral())
    consent = await clinic.made(
        f"/people/{referral['person_id']}/consents",
        {
            "recipient": {"kind": "organization", "id": GROUP_ID},
            "purpose": "onward-referral",
            "scope": ["contact-details"],
        },
        member=WORKER,
    )

    foreign = await clinic.get(f"/consents/{consent['id']}", member=GROUP)
    random = await clinic.get(f"/consents/{uuid4()}", member=GROUP)

    assert (foreign.status_code, len(foreign.content)) == (404, len(random.content))


async def test_roles_are_compared_for_who_refers_from_outside(clinic: Clinic) -> None:
    shown = await clinic.get("/roles?practice_code=Y99006", member=COUNCIL)

    assert [one["pcn_code"] for one in shown.json()["items"]] == ["U99002"]
