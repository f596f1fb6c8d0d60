"""Who holds different roles in two networks holds in each what they hold there, and no more."""

from typing import Any
from uuid import uuid4

import pytest

from chassis.access.register import Grant, store_membership
from chassis.access.tokens import member_key
from chassis.access.workers import worker_id_of
from tests.referral.trial import (
    COLLEAGUE,
    FOREIGN_MANAGER,
    FOREIGN_REFERRER,
    FOREIGN_WORKER,
    MEMBER_KEY_SECRET,
    REFERRER,
    WORKER,
    Clinic,
    a_referral,
)

pytestmark = pytest.mark.postgres

BOTH = "manages U99001, visits people of U99002"
COACH = "coaches in U99001, is link worker of U99002"
_KINDS = {"U": "pcn", "Y": "practice"}


async def grant(clinic: Clinic, member: str, *held: str) -> str:
    """Let a member hold these roles, and give the worker they are."""
    key = member_key(MEMBER_KEY_SECRET, clinic.issuer.url, member)
    for one in held:
        role, code = one.split()
        await store_membership(clinic.owner, Grant(uuid4(), key, role, _KINDS[code[0]], code))
    return str(worker_id_of(key))


def worker_of(clinic: Clinic, member: str) -> str:
    return str(worker_id_of(member_key(MEMBER_KEY_SECRET, clinic.issuer.url, member)))


async def manager_of_one(clinic: Clinic) -> str:
    return await grant(clinic, BOTH, "pcn-manager U99001", "link-worker U99002")


async def a_colleagues(clinic: Clinic, *, member: str = FOREIGN_WORKER) -> dict[str, Any]:
    """A referral of the second network, whose episode is a worker's there."""
    referral = await clinic.made(
        "/referrals", a_referral(practice_code="Y99006"), member=FOREIGN_REFERRER
    )
    await clinic.made(f"/referrals/{referral['id']}/contacts", {"mode": "phone"}, member=member)
    return referral


async def test_a_manager_of_one_network_opens_a_colleagues_episode_of_another_with_a_reason(
    own_clinic: Clinic,
) -> None:
    clinic = own_clinic
    await manager_of_one(clinic)
    referral = await a_colleagues(clinic)
    path = f"/referrals/{referral['id']}"

    shown = await clinic.get(path, member=BOTH)
    written = await clinic.post(f"{path}/contacts", {"mode": "phone"}, member=BOTH)
    reasoned = await clinic.get(path, member=BOTH, Waymark_Reason="covering for my colleague")

    assert (shown.status_code, written.status_code) == (403, 403), shown.text
    assert shown.json()["type"].endswith("reason-required")
    assert reasoned.status_code == 200


async def test_a_manager_still_opens_everything_of_the_network_they_manage(
    own_clinic: Clinic,
) -> None:
    clinic = own_clinic
    await manager_of_one(clinic)
    referral = await clinic.made("/referrals", a_referral(), member=REFERRER)
    await clinic.made(f"/referrals/{referral['id']}/contacts", {"mode": "phone"}, member=WORKER)

    shown = await clinic.get(f"/referrals/{referral['id']}", member=BOTH)

    assert shown.status_code == 200, shown.text


async def test_a_manager_of_one_network_reads_and_writes_no_supervision_in_another(
    own_clinic: Clinic,
) -> None:
    clinic = own_clinic
    await manager_of_one(clinic)
    colleague = worker_of(clinic, FOREIGN_WORKER)
    own_network = worker_of(clinic, COLLEAGUE)
    path, mentored = f"/workers/{colleague}/supervisions", {"supervision": "clinical"}
    await clinic.made(path, mentored, member=FOREIGN_MANAGER)

    read = await clinic.get(path, member=BOTH)
    wrote = await clinic.post(path, mentored, member=BOTH)
    board = (await clinic.get("/pcns/U99002/supervision", member=BOTH)).json()["items"]

    assert (read.status_code, wrote.status_code) == (404, 404)
    assert [one["worker_id"] for one in board] == [worker_of(clinic, BOTH)]
    kept = await clinic.post(
        f"/workers/{own_network}/supervisions", {"supervision": "mentoring"}, member=BOTH
    )
    assert kept.status_code == 201, kept.text


async def test_a_manager_of_one_network_sends_no_worker_of_another_on_a_visit(
    own_clinic: Clinic,
) -> None:
    clinic = own_clinic
    await manager_of_one(clinic)
    referral = await a_colleagues(clinic)

    sent = await clinic.post(
        f"/referrals/{referral['id']}/visits",
        {"worker_id": worker_of(clinic, FOREIGN_WORKER)},
        member=BOTH,
        Waymark_Reason="covering for my colleague",
    )

    assert sent.status_code == 422, sent.text
    assert sent.json()["errors"][0]["pointer"] == "/worker_id"


async def test_a_manager_sends_nobody_who_does_not_work_in_the_network(own_clinic: Clinic) -> None:
    clinic = own_clinic
    referral = await a_colleagues(clinic)

    sent = await clinic.post(
        f"/referrals/{referral['id']}/visits",
        {"worker_id": worker_of(clinic, WORKER)},
        member=FOREIGN_MANAGER,
    )

    assert (sent.status_code, sent.json()["type"].rpartition("/")[2]) == (422, "worker-not-here")


async def test_a_manager_of_one_network_gives_no_episode_of_another_to_a_colleague(
    own_clinic: Clinic,
) -> None:
    clinic = own_clinic
    await manager_of_one(clinic)
    referral = await clinic.made(
        "/referrals", a_referral(practice_code="Y99006"), member=FOREIGN_REFERRER
    )

    given = await clinic.ask(
        "PUT",
        f"/referrals/{referral['id']}/worker",
        {"worker_id": worker_of(clinic, FOREIGN_WORKER)},
        member=BOTH,
        If_Match='"0"',
    )

    assert given.status_code == 422, given.text
    assert given.json()["errors"][0]["pointer"] == "/worker_id"


async def test_a_contact_of_a_manager_who_works_elsewhere_makes_no_episode_theirs(
    own_clinic: Clinic,
) -> None:
    clinic = own_clinic
    await manager_of_one(clinic)
    referral = await clinic.made("/referrals", a_referral(), member=REFERRER)

    contact = await clinic.made(
        f"/referrals/{referral['id']}/contacts", {"mode": "phone"}, member=BOTH
    )

    assert (contact["worker_id"], contact["role"]) == (None, "other")
    assert (await clinic.one("episode", referral["episode_id"]))["worker_id"] is None


async def test_the_role_spoken_in_is_the_one_held_where_the_episode_is(own_clinic: Clinic) -> None:
    clinic = own_clinic
    await grant(clinic, COACH, "health-coach U99001", "link-worker U99002")
    first = await clinic.made("/referrals", a_referral(), member=REFERRER)
    await clinic.ask(
        "PATCH",
        f"/referrals/{first['id']}",
        {"status": "accepted"},
        member=WORKER,
        If_Match='"1"',
    )
    contacts = f"/referrals/{first['id']}/contacts"

    spoken = await clinic.made(contacts, {"mode": "phone"}, member=COACH)
    claimed = await clinic.post(contacts, {"mode": "phone", "role": "link-worker"}, member=COACH)
    other = await a_colleagues(clinic, member=COACH)
    coded = await clinic.owner.fetch("select code, referral_id::text from writeback_item")

    assert spoken["role"] == "health-coach"
    assert (claimed.status_code, claimed.json()["errors"][0]["pointer"]) == (422, "/role")
    (there,) = [
        one for one in await clinic.rows("contact") if str(one["referral_id"]) == other["id"]
    ]
    assert there["role"] == "link-worker"
    assert first["id"] not in {
        one["referral_id"] for one in coded if one["code"] == "871731000000106"
    }
