"""What one part promised holds when another has its say: death, merges, endings and what falls due."""

from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from services.referral.schedules import HANDLERS
from services.referral.use_cases.timers import fire_due
from tests.referral.onward_trial import publish, step, worker_of
from tests.referral.test_closing import CLOSING
from tests.referral.test_handover import given, listed
from tests.referral.test_matching import merged, referred, two_records
from tests.referral.trial import WORKER, Clinic, a_referral

pytestmark = pytest.mark.postgres

REOPENING = {"reason": "needs-returned"}


async def closed(clinic: Clinic, referral: dict[str, Any], **changes: Any) -> Any:
    return await clinic.made(f"/referrals/{referral['id']}/closing", {**CLOSING, **changes})


async def reopen(clinic: Clinic, referral: dict[str, Any]) -> Any:
    return await clinic.post(f"/referrals/{referral['id']}/reopening", REOPENING)


async def let_it_fall_due(clinic: Clinic, about: str) -> None:
    """Whatever is timed about a thing, and nothing else, falls due now."""
    past = datetime.now(UTC) - timedelta(minutes=1)
    await clinic.owner.execute(
        "update timer set due_at = $1, next_at = $1 where about = $2", past, UUID(about)
    )
    async with worker_of(clinic) as worker:
        while await fire_due(worker, HANDLERS, "ordinary"):
            pass


async def let_everything_about_it_fall_due(clinic: Clinic, about: str) -> None:
    """The same, with what concerns somebody's safety."""
    await let_it_fall_due(clinic, about)
    async with worker_of(clinic) as worker:
        while await fire_due(worker, HANDLERS, "safety"):
            pass


async def types(clinic: Clinic, episode_id: str) -> list[str]:
    return [one["type"].split(".")[1] for one in await clinic.events(f"episode/{episode_id}")]


async def test_nobody_is_told_as_late_who_died(own_clinic: Clinic) -> None:
    referral = await own_clinic.made("/referrals", a_referral())
    path = f"/referrals/{referral['id']}"
    spoken = await own_clinic.made(f"{path}/contacts", {"mode": "phone"}, member=WORKER)
    await own_clinic.made(f"/people/{referral['person_id']}/death", {})
    voided = await own_clinic.post(
        f"/contacts/{spoken['id']}/voiding",
        {"reason": "did-not-happen"},
        member=WORKER,
        If_Match='"1"',
    )
    assert voided.is_success, voided.text
    await own_clinic.owner.execute(
        "update waiting set due_on = $1, due_at = $2 where episode_id = $3",
        date(2026, 1, 5),
        datetime(2026, 1, 6, tzinfo=UTC),
        UUID(referral["episode_id"]),
    )

    await let_it_fall_due(own_clinic, referral["episode_id"])

    assert "first-contact-overdue" not in await types(own_clinic, referral["episode_id"])


@pytest.mark.parametrize("merged_first", [False, True])
async def test_nothing_is_looked_at_again_of_who_died(
    own_clinic: Clinic, merged_first: bool
) -> None:
    kept, other = await two_records(own_clinic)
    referral = await referred(own_clinic, other["id"])
    goal = await own_clinic.made(
        f"/referrals/{referral['id']}/goals", {"review_on": "2030-03-01"}, member=WORKER
    )
    if merged_first:
        await merged(own_clinic, kept["id"], other["id"])
    # Nobody knows the day.
    await own_clinic.made(f"/people/{other['id']}/death", {})
    await own_clinic.owner.execute(
        "update review set review_on = '2026-01-05' where about = $1", UUID(goal["id"])
    )

    listed_due = await own_clinic.get("/pcns/U99001/reviews/due?until=2026-02-01")
    await let_it_fall_due(own_clinic, goal["id"])

    assert listed_due.json()["items"] == []
    assert "review-due" not in await types(own_clinic, referral["episode_id"])


async def test_what_was_closed_as_a_duplicate_comes_back_by_undoing_the_merge_alone(
    clinic: Clinic,
) -> None:
    kept, other = await two_records(clinic)
    earlier = await referred(clinic, other["id"])
    await closed(clinic, earlier)
    mine = await referred(clinic, kept["id"])
    theirs = await referred(clinic, other["id"])
    made = await merged(clinic, kept["id"], other["id"])
    await closed(clinic, mine)

    refused = [await reopen(clinic, one) for one in (theirs, earlier)]
    undone = await clinic.post(f"/people/merges/{made['id']}/undo", {})

    assert [one.json()["type"] for one in refused] == ["/problems/closed-as-duplicate"] * 2
    assert undone.status_code == 200, undone.text
    shown = (await clinic.get(f"/people/{other['id']}")).json()
    assert shown["episode_id"] == theirs["episode_id"]
    (episode,) = [
        row for row in await clinic.rows("episode") if str(row["id"]) == theirs["episode_id"]
    ]
    assert episode["open_referrals"] == 1


async def test_what_fell_due_while_it_was_a_duplicate_is_told_once_the_merge_is_undone(
    own_clinic: Clinic,
) -> None:
    clinic = own_clinic
    kept, other = await two_records(clinic)
    day = (datetime.now(UTC) + timedelta(days=30)).date().isoformat()
    soon = (datetime.now(UTC) + timedelta(days=2)).isoformat()
    await referred(clinic, kept["id"])
    referral = await referred(clinic, other["id"])
    path = f"/referrals/{referral['id']}"
    goal = await clinic.made(f"{path}/goals", {"review_on": day}, member=WORKER)
    visit = await clinic.made(f"{path}/visits", {"planned_for": soon}, member=WORKER)
    merge = await merged(clinic, kept["id"], other["id"])
    await clinic.owner.execute(
        "update visit set begin_by = now() - interval '1 hour' where id = $1", UUID(visit["id"])
    )
    await clinic.owner.execute("update review set review_on = current_date - 3")
    for about in (goal["id"], visit["id"]):
        await let_everything_about_it_fall_due(clinic, about)
    asleep = await types(clinic, referral["episode_id"])

    undone = await clinic.post(f"/people/merges/{merge['id']}/undo", {})
    for about in (goal["id"], visit["id"]):
        await let_everything_about_it_fall_due(clinic, about)

    assert undone.status_code == 200, undone.text
    due = {"review-due", "visit-not-begun"}
    assert not due & set(asleep)
    told = await types(clinic, referral["episode_id"])
    assert [told.count(one) for one in sorted(due)] == [1, 1]


async def test_support_under_one_record_is_not_taken_up_beside_that_under_the_other(
    clinic: Clinic,
) -> None:
    kept, other = await two_records(clinic)
    theirs = await referred(clinic, other["id"])
    await closed(clinic, theirs)
    mine = await referred(clinic, kept["id"])
    await merged(clinic, kept["id"], other["id"])

    beside = await reopen(clinic, theirs)
    await closed(clinic, mine)
    after = await reopen(clinic, theirs)

    assert beside.json()["type"] == "/problems/newer-episode-open", beside.text
    # It is the support of the one person then, and whoever refers either record joins it.
    assert after.status_code == 201, after.text
    assert (await referred(clinic, kept["id"]))["episode_id"] == theirs["episode_id"]
    again = await reopen(clinic, mine)
    assert again.json()["type"] == "/problems/newer-episode-open", again.text


async def test_a_draft_is_not_sent_from_a_referral_that_has_ended(clinic: Clinic) -> None:
    listing_id, _ = await publish(clinic)
    referral = await clinic.made("/referrals", a_referral())
    draft = await clinic.made(
        f"/referrals/{referral['id']}/onward-referrals",
        {"listing_id": listing_id, "need": "isolation", "draft": True},
    )
    await closed(clinic, referral, loops="keep")

    refused = await clinic.post(
        f"/onward-referrals/{draft['id']}/steps", {"step": "sent"}, If_Match='"1"'
    )

    assert (refused.status_code, refused.json()["type"]) == (409, "/problems/referral-not-open")
    shown = (await clinic.get(f"/onward-referrals/{draft['id']}")).json()
    assert (shown["stage"], shown["version"]) == ("draft", 1)
    ended = await step(clinic, shown, "withdrawn", reason="moved")
    assert ended["ending"] == "withdrawn"


async def test_who_died_on_the_way_to_another_network_is_not_opened_there(
    own_clinic: Clinic,
) -> None:
    referral = await own_clinic.made("/referrals", a_referral())
    made = await given(own_clinic, referral["id"])
    await own_clinic.made(f"/people/{referral['person_id']}/death", {})

    await let_it_fall_due(own_clinic, made["id"])

    shown = await listed(own_clinic, made["id"])
    assert (shown["status"], shown["problem"]) == ("refused", "person-has-died")
    assert len(await own_clinic.rows("person")) == 1


async def test_nothing_new_is_written_on_a_record_that_another_speaks_for(clinic: Clinic) -> None:
    kept, other = await two_records(clinic)
    consent = {
        "recipient": {"kind": "practice", "id": "Y99001"},
        "purpose": "feedback",
        "scope": ["needs", "goals"],
    }
    flag = {"kind": "animal", "review_by": (date.today() + timedelta(days=9)).isoformat()}  # noqa: DTZ011
    before = await clinic.made(f"/people/{other['id']}/consents", consent, member=WORKER)
    stands = await clinic.made(f"/people/{other['id']}/risk-flags", flag, member=WORKER)
    await merged(clinic, kept["id"], other["id"])
    told = await clinic.count("outbox")

    wider = {**consent, "scope": ["needs", "goals", "plan"]}
    refused = [
        await clinic.post(f"/people/{other['id']}/consents", wider, member=WORKER),
        await clinic.post(
            f"/people/{other['id']}/risk-flags", {**flag, "kind": "falls"}, member=WORKER
        ),
    ]

    for one in refused:
        assert (one.status_code, one.json()["type"]) == (409, "/problems/person-merged"), one.text
        assert kept["id"] in one.json()["detail"]
    assert await clinic.count("outbox") == told
    # What stood before can be taken back, whoever speaks for the record now.
    revoked = await clinic.post(f"/consents/{before['id']}/revocation", {}, If_Match='"1"')
    ended = await clinic.post(
        f"/risk-flags/{stands['id']}/ending", {"reason": "mistaken"}, If_Match='"1"'
    )
    assert revoked.is_success, revoked.text
    assert ended.is_success, ended.text
    await clinic.made(f"/people/{kept['id']}/consents", consent, member=WORKER)
