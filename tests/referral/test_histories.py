"""What happened during an episode, read back in pages by those who work on it."""

import pytest

from tests.referral.trial import COLLEAGUE, MANAGER, REFERRER, WORKER, Clinic, a_referral

pytestmark = pytest.mark.postgres

REASON = {"Waymark_Reason": "covering while my colleague is away"}


async def walked(clinic: Clinic, path: str, *, member: str = WORKER) -> list[dict]:
    """Every item of a list, two on a page."""
    items: list[dict] = []
    cursor = ""
    while True:
        page = await clinic.get(f"{path}?limit=2{cursor}", member=member)
        assert page.status_code == 200, page.text
        told = page.json()
        assert len(told["items"]) <= 2
        items += told["items"]
        if told["next"] is None:
            return items
        cursor = f"&cursor={told['next']}"


async def test_an_episodes_contacts_goals_and_updates_are_walked_in_order(clinic: Clinic) -> None:
    referral = await clinic.made("/referrals", a_referral(), member=REFERRER)
    path = f"/referrals/{referral['id']}"
    contacts = [
        await clinic.made(f"{path}/contacts", {"mode": "phone", "note": note}, member=WORKER)
        for note in ("one", "two", "three", "four", "five")
    ]
    goals = [
        await clinic.made(f"{path}/goals", {"reference": name}, member=WORKER)
        for name in ("a", "b", "c")
    ]
    updates = [
        await clinic.made(f"/goals/{goals[1]['id']}/updates", {"status": status}, member=WORKER)
        for status in ("progressing", "changed", "met")
    ]

    listed_contacts = await walked(clinic, f"{path}/contacts")
    listed_goals = await walked(clinic, f"{path}/goals")
    listed_updates = await walked(clinic, f"/goals/{goals[1]['id']}/updates")

    assert [one["id"] for one in listed_contacts] == [one["id"] for one in contacts]
    assert [one["number"] for one in listed_contacts] == [1, 2, 3, 4, 5]
    assert [one["note"] for one in listed_contacts] == ["one", "two", "three", "four", "five"]
    assert [one["id"] for one in listed_goals] == [one["id"] for one in goals]
    assert [one["reference"] for one in listed_goals] == ["a", "b", "c"]
    assert [one["update_count"] for one in listed_goals] == [0, 3, 0]
    assert [one["id"] for one in listed_updates] == [one["id"] for one in updates]
    assert [one["previous_status"] for one in listed_updates] == ["set", "progressing", "changed"]


async def test_a_referral_that_joined_shows_its_whole_episode(clinic: Clinic) -> None:
    body = a_referral()
    first = await clinic.made("/referrals", body)
    second = await clinic.made("/referrals", body)
    for referral in (first, second):
        await clinic.made(f"/referrals/{referral['id']}/contacts", {"mode": "phone"})

    listed = [await walked(clinic, f"/referrals/{one['id']}/contacts") for one in (first, second)]

    assert listed[0] == listed[1]
    assert [one["referral_id"] for one in listed[0]] == [first["id"], second["id"]]


async def test_a_colleague_reads_with_a_reason_a_practice_not_at_all_and_each_read_is_audited(
    clinic: Clinic,
) -> None:
    referral = await clinic.made("/referrals", a_referral(), member=REFERRER)
    path = f"/referrals/{referral['id']}"
    await clinic.made(f"{path}/contacts", {"mode": "phone"}, member=WORKER)
    goal = await clinic.made(f"{path}/goals", {}, member=WORKER)
    paths = (f"{path}/contacts", f"{path}/goals", f"/goals/{goal['id']}/updates")
    before = len(await clinic.audited(referral["person_id"]))

    for one in paths:
        refused = await clinic.get(one, member=COLLEAGUE)
        assert (refused.status_code, refused.json()["type"]) == (403, "/problems/reason-required")
        assert (await clinic.get(one, member=REFERRER)).status_code == 403
        assert (await clinic.get(one, member=COLLEAGUE, **REASON)).status_code == 200
        assert (await clinic.get(one, member=MANAGER)).status_code == 200

    audited = (await clinic.audited(referral["person_id"]))[before:]
    assert [row["action"] for row in audited] == [
        name for name in ("contact.list", "goal.list", "goal.read") for _ in range(2)
    ]
    assert [row["reason"] for row in audited] == [REASON["Waymark_Reason"], None] * 3


async def test_a_cursor_opens_no_other_episode(clinic: Clinic) -> None:
    paths: list[str] = []
    for _ in range(2):
        referral = await clinic.made("/referrals", a_referral())
        paths.append(f"/referrals/{referral['id']}/contacts")
        for _ in range(2):
            await clinic.made(paths[-1], {"mode": "phone"})
    page = await clinic.get(f"{paths[0]}?limit=1")

    stolen = await clinic.get(f"{paths[1]}?limit=1&cursor={page.json()['next']}")

    assert stolen.status_code == 422
