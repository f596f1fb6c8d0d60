"""When somebody died, nothing goes on by itself: not with others, not on a doorstep, not by time."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from chassis import clock
from chassis.access.caller import Caller, Membership
from chassis.database import Database
from services.referral.acting import Acting, Done, Places
from services.referral.commands.visits import NewVisit
from services.referral.use_cases.visits import plan_visit
from tests.referral.onward_trial import publish, sent_on
from tests.referral.trial import WORKER, Clinic, a_person, a_referral
from tests.waiting import until

pytestmark = pytest.mark.postgres

DAY = (datetime.now(UTC) + timedelta(days=30)).date().isoformat()


async def someone_in_the_middle(clinic: Clinic) -> dict[str, Any]:
    """Somebody with something of everything that can fall due."""
    onward = await sent_on(clinic)
    path = f"/referrals/{onward['referral_id']}"
    listing_id, _ = await publish(clinic)
    draft = {"listing_id": listing_id, "need": "isolation", "draft": True}
    drafted = await clinic.post(f"{path}/onward-referrals", draft)
    planned = await clinic.made(
        f"{path}/visits",
        {"planned_for": (datetime.now(UTC) + timedelta(days=2)).isoformat()},
        member=WORKER,
    )
    inside = await clinic.made(f"{path}/visits", {}, member=WORKER)
    assert (await clinic.post(f"/visits/{inside['id']}/check-in", {}, member=WORKER)).is_success
    goal = await clinic.made(f"{path}/goals", {"review_on": DAY}, member=WORKER)
    flag = await clinic.made(
        f"/people/{onward['person_id']}/risk-flags",
        {"kind": "falls", "review_by": DAY},
        member=WORKER,
    )
    return {
        "onward": onward,
        "drafted": drafted.json().get("id"),
        "planned": planned,
        "inside": inside,
        "goal": goal,
        "flag": flag,
        "path": path,
        "person_id": onward["person_id"],
        "episode_id": onward["episode_id"],
    }


async def test_a_death_taken_back_lets_everything_be_due_as_before(clinic: Clinic) -> None:
    referral = await clinic.made("/referrals", a_referral())
    path = f"/referrals/{referral['id']}"
    goal = await clinic.made(f"{path}/goals", {"review_on": DAY})
    ids = (referral["episode_id"], goal["id"])
    due = {"first-contact", "review"}
    assert await timers_about(clinic, *ids) == due

    await clinic.made(f"/people/{referral['person_id']}/death", {})
    assert await timers_about(clinic, *ids) == set()
    back = await clinic.post(f"/people/{referral['person_id']}/death/withdrawal", {})

    assert back.status_code == 200, back.text
    assert await timers_about(clinic, *ids) == due


async def timers_about(clinic: Clinic, *ids: str | None) -> set[str]:
    wanted = [UUID(one) for one in ids if one]
    rows = await clinic.owner.fetch("select kind from timer where about = any ($1)", wanted)
    return {row["kind"] for row in rows}


async def test_a_death_ends_what_others_do_and_calls_off_what_nobody_began(clinic: Clinic) -> None:
    known = await someone_in_the_middle(clinic)
    ids = [
        known["onward"]["id"],
        known["drafted"],
        known["planned"]["id"],
        known["goal"]["id"],
        known["flag"]["id"],
        known["episode_id"],
        known["onward"]["referral_id"],
        known["person_id"],
    ]
    assert {"no-answer", "visit-begin", "review", "risk-review"} <= await timers_about(clinic, *ids)

    died = await clinic.made(f"/people/{known['person_id']}/death", {})

    assert await timers_about(clinic, *ids) == set()
    assert await timers_about(clinic, known["inside"]["id"]) == {"lone-worker"}
    loops = await clinic.owner.fetch(
        "select ending, ended_at from onward_referral where episode_id = $1",
        UUID(known["episode_id"]),
    )
    assert {row["ending"] for row in loops} == {"withdrawn"}
    visits = {row["id"]: row["status"] for row in await clinic.rows("visit")}
    assert visits[UUID(known["planned"]["id"])] == "cancelled"
    assert visits[UUID(known["inside"]["id"])] == "under-way"
    told = await clinic.events(f"episode/{known['episode_id']}", f"person/{known['person_id']}")
    since = told[[one["type"] for one in told].index("waymark.person-died.v1") :]
    assert since[0]["event_id"] == UUID(died["event_id"])
    reasons = {
        one["data"]["reason"] for one in since if one["type"] == "waymark.onward-referral-ended.v1"
    }
    assert reasons == {"died"}
    (called_off,) = [one for one in since if one["type"] == "waymark.visit-status-changed.v1"]
    assert called_off["data"]["status"] == "cancelled"
    assert called_off["causation_id"] == died["event_id"]
    of_episode = [one for one in told if one["subject"].startswith("episode/")]
    assert [one["aggregate_version"] for one in of_episode] == list(range(1, len(of_episode) + 1))


async def test_a_death_taken_back_brings_back_what_keeps_people_safe_and_nothing_else(
    clinic: Clinic,
) -> None:
    known = await someone_in_the_middle(clinic)
    await clinic.made(f"/people/{known['person_id']}/death", {})

    await clinic.post(f"/people/{known['person_id']}/death/withdrawal", {})

    assert await timers_about(clinic, known["flag"]["id"]) == {"risk-review"}
    assert await timers_about(clinic, known["onward"]["id"], known["planned"]["id"]) == set()


async def test_a_death_reaches_what_hangs_on_a_record_that_was_merged(clinic: Clinic) -> None:
    known = await someone_in_the_middle(clinic)
    kept = await clinic.made("/referrals", a_referral())
    body = {"person_id": known["person_id"], "numbers_checked": True}
    await clinic.made(f"/people/{kept['person_id']}/merges", body)

    await clinic.made(f"/people/{kept['person_id']}/death", {})

    assert await timers_about(clinic, known["onward"]["id"], known["planned"]["id"]) == set()
    row = await clinic.one("onward_referral", known["onward"]["id"])
    assert row["ending"] == "withdrawn"


@pytest.mark.parametrize(
    ("path", "body"),
    [("visits", {}), ("goals", {"need": "money"})],
)
async def test_nothing_new_begins_for_who_died_and_what_was_is_still_told(
    clinic: Clinic, path: str, body: dict[str, Any]
) -> None:
    referral = await clinic.made("/referrals", a_referral())
    of_it = f"/referrals/{referral['id']}"
    await clinic.made(f"/people/{referral['person_id']}/death", {})

    refused = await clinic.post(f"{of_it}/{path}", body, member=WORKER)

    assert (refused.status_code, refused.json()["type"]) == (409, "/problems/person-has-died")
    # With the family, for instance.
    await clinic.made(f"{of_it}/contacts", {"mode": "phone"}, member=WORKER)
    await clinic.made(f"{of_it}/closing", {"outcome": "died", "what_next": "nothing-further"})


async def test_support_of_who_died_goes_on_nowhere_neither_here_nor_elsewhere(
    clinic: Clinic,
) -> None:
    there = {"to_pcn_code": "U99002", "practice_code": "Y99006"}
    referral = await clinic.made("/referrals", a_referral())
    of_it = f"/referrals/{referral['id']}"
    await clinic.made(f"/people/{referral['person_id']}/death", {})

    handed = await clinic.post(f"{of_it}/handover", there)
    await clinic.made(f"{of_it}/closing", {"outcome": "died", "what_next": "nothing-further"})
    reopened = await clinic.post(f"{of_it}/reopening", {"reason": "closed-by-mistake"})

    for refused in (handed, reopened):
        assert (refused.status_code, refused.json()["type"]) == (409, "/problems/person-has-died")
    assert (
        await clinic.owner.fetchval(
            "select count(*) from handover where episode_id = $1", UUID(referral["episode_id"])
        )
        == 0
    )


async def test_no_plan_is_agreed_for_who_died_under_a_record_that_was_merged(
    clinic: Clinic,
) -> None:
    referral = await clinic.made("/referrals", a_referral())
    kept = await clinic.made("/people", {"practice_code": "Y99001", **a_person()})
    merging = {"person_id": referral["person_id"], "numbers_checked": True}
    await clinic.made(f"/people/{kept['id']}/merges", merging)
    await clinic.made(f"/people/{kept['id']}/death", {})

    refused = await clinic.ask(
        "PUT",
        f"/referrals/{referral['id']}/plan",
        {"what_matters": "The garden"},
        If_Match='"0"',
    )

    assert (refused.status_code, refused.json()["type"]) == (409, "/problems/person-has-died")


async def test_a_visit_that_is_planned_while_a_death_is_recorded_is_called_off(
    clinic: Clinic,
) -> None:
    referral = await clinic.made("/referrals", a_referral())
    database = Database(clinic.database.api_url, "api", 2)
    await database.open()
    try:
        async with database.transaction(organisations=["U99001"]) as connection:
            planned = await plan_visit(
                connection, _a_worker(), UUID(referral["id"]), NewVisit.model_validate({})
            )
            dying = asyncio.create_task(clinic.made(f"/people/{referral['person_id']}/death", {}))
            await until(lambda: _somebody_waits(clinic, dying), what="the death waits its turn")
        await dying
    finally:
        await database.close()

    assert isinstance(planned, Done)
    visit = await clinic.one("visit", str(planned.body["id"]))
    assert visit["status"] == "cancelled"


def _a_worker() -> Acting:
    works = (Membership("link-worker", "pcn", "U99001"),)
    caller = Caller("1" * 32, None, works, works, ("U99001",))
    return Acting(caller=caller, now=clock.now(), demo=True, places=Places({}))


async def _somebody_waits(clinic: Clinic, dying: "asyncio.Task[Any]") -> bool:
    """Whether a lock is waited for in this database, or nobody had to wait."""
    waiting = await clinic.owner.fetchval(
        """
        select count(*)
        from pg_locks as wanted
        join pg_stat_activity as busy on busy.pid = wanted.pid
        where not wanted.granted and busy.datname = current_database()
        """
    )
    return waiting > 0 or dying.done()
