"""Plans, goals with steps, reviews and the person's own copy, over HTTP."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from chassis.database import Database
from services.referral.api import goals_answers
from services.referral.api.copies import CopyShown
from services.referral.api.plans import (
    PlanAgreed,
    PlanShown,
    PlanVersions,
    ReviewPage,
    StepStands,
)
from services.referral.domain.copies import spoken
from services.referral.schedules import HANDLERS
from services.referral.use_cases.timers import fire_due
from tests.referral.described import a_role, describe, told
from tests.referral.trial import (
    COLLEAGUE,
    FOREIGN_MANAGER,
    MANAGER,
    REFERRER,
    WORKER,
    Clinic,
    a_person,
    a_referral,
)

pytestmark = pytest.mark.postgres

REASON = {"Waymark_Reason": "covering while my colleague is away"}
PLAN = {"what_matters": "To see my «canary» sister.", "support": "We «canary» go together."}
LATER = date(2030, 3, 1)


async def begun(clinic: Clinic, **person: Any) -> tuple[dict[str, Any], str]:
    """A referral whose person a worker has spoken with."""
    ago = (datetime.now(UTC) - timedelta(days=40)).isoformat()
    body = a_referral(person=a_person(**person), occurred_at=ago)
    referral = await clinic.made("/referrals", body, member=REFERRER)
    path = f"/referrals/{referral['id']}"
    await clinic.made(f"{path}/contacts", {"mode": "phone"}, member=WORKER)
    return referral, path


async def agree(
    clinic: Clinic, path: str, version: int, *, member: str = WORKER, **body: Any
) -> Any:
    return await clinic.ask(
        "PUT", f"{path}/plan", {**PLAN, **body}, member=member, If_Match=f'"{version}"'
    )


async def mark(clinic: Clinic, goal: Any, number: int, version: int, **body: Any) -> Any:
    return await clinic.ask(
        "PUT",
        f"/goals/{goal['id']}/steps/{number}",
        body,
        member=WORKER,
        If_Match=f'"{version}"',
    )


@asynccontextmanager
async def schedules_of(clinic: Clinic) -> AsyncIterator[Database]:
    database = Database(clinic.database.worker_url, "worker", 2)
    await database.open()
    try:
        yield database
    finally:
        await database.close()


async def let_the_day_come(clinic: Clinic, about: str) -> None:
    """Bring the day of a review back in time, and fire it as the schedules role does."""
    past = date.today() - timedelta(days=3)  # noqa: DTZ011 - any day that has passed
    await clinic.owner.execute(
        "update review set review_on = $1 where about = $2", past, UUID(about)
    )
    await clinic.owner.execute(
        "update timer set due_at = $1, next_at = $1 where about = $2",
        datetime.combine(past, datetime.min.time(), tzinfo=UTC) + timedelta(hours=12),
        UUID(about),
    )
    async with schedules_of(clinic) as database:
        while await fire_due(database, {"review": HANDLERS["review"]}, "ordinary"):
            pass


async def test_a_plan_is_agreed_then_reviewed_and_every_version_stays(clinic: Clinic) -> None:
    referral, path = await begun(clinic)
    none = await clinic.get(f"{path}/plan", member=WORKER)

    first = await agree(clinic, path, 0, review_on="2030-03-01")
    again = await agree(clinic, path, 1, what_matters="To see my «canary» sister and her dog.")

    PlanShown.model_validate_json(none.text)
    assert (none.headers["ETag"], none.json()["what_matters"]) == ('"0"', None)
    for answer in (first, again):
        assert answer.status_code == 200, answer.text
        PlanAgreed.model_validate_json(answer.text)
    assert [answer.headers["ETag"] for answer in (first, again)] == ['"1"', '"2"']
    shown = await clinic.get(f"{path}/plan", member=WORKER)
    assert shown.json()["what_matters"].endswith("her dog.")
    history = await clinic.get(f"{path}/plan/history", member=WORKER)
    PlanVersions.model_validate_json(history.text)
    assert [one["version"] for one in history.json()["items"]] == [2, 1]
    told = (await clinic.events(f"episode/{referral['episode_id']}"))[2:]
    assert [event["type"] for event in told] == [
        "waymark.plan-agreed.v1",
        "waymark.plan-reviewed.v1",
    ]
    assert told[0]["data"]["review_on"] == "2030-03-01"
    assert told[1]["data"]["words_changed"] is True
    assert "canary" not in str(told)
    actions = [entry["action"] for entry in await clinic.audited(referral["person_id"])]
    assert actions[-4:] == ["plan.agree", "plan.agree", "plan.read", "plan.history"]


async def test_two_who_agree_a_plan_at_once_are_one_and_a_refusal(clinic: Clinic) -> None:
    referral, path = await begun(clinic)

    told = await asyncio.gather(agree(clinic, path, 0), agree(clinic, path, 0, member=MANAGER))

    assert sorted(answer.status_code for answer in told) == [200, 412]
    assert len(await clinic.events(f"episode/{referral['episode_id']}")) == 3


async def test_a_plan_is_for_those_who_work_with_the_person(clinic: Clinic) -> None:
    _, path = await begun(clinic)

    refused = await agree(clinic, path, 0, member=COLLEAGUE)
    foreign = await agree(clinic, path, 0, member=FOREIGN_MANAGER)
    practice = await clinic.get(f"{path}/plan", member=REFERRER)
    given = await clinic.ask(
        "PUT", f"{path}/plan", PLAN, member=COLLEAGUE, If_Match='"0"', **REASON
    )

    assert [one.status_code for one in (refused, foreign, practice, given)] == [403, 404, 403, 200]


async def test_a_plan_of_support_that_ended_is_refused(clinic: Clinic) -> None:
    _, path = await begun(clinic)
    await clinic.ask("PUT", f"{path}/status", {"status": "declined"}, If_Match='"1"')

    refused = await agree(clinic, path, 0)

    assert (refused.status_code, refused.json()["type"]) == (409, "/problems/episode-not-open")


async def test_a_review_day_must_lie_ahead(clinic: Clinic) -> None:
    _, path = await begun(clinic)

    plan = await agree(clinic, path, 0, review_on="2020-01-01")
    goal = await clinic.post(f"{path}/goals", {"review_on": "2020-01-01"}, member=WORKER)

    for refused in (plan, goal):
        assert (refused.status_code, refused.json()["type"]) == (
            422,
            "/problems/review-day-unlikely",
        )


async def test_a_goal_begins_with_a_measure_and_steps_that_are_taken_one_by_one(
    clinic: Clinic,
) -> None:
    referral, path = await begun(clinic)
    goal = await clinic.made(
        f"{path}/goals",
        {
            "description": "Join the «canary» group.",
            "measure": "I «canary» go.",
            "steps": ["Ring «canary» them.", "Go once."],
            "target_date": "2030-06-30",
        },
        member=WORKER,
    )
    added = await clinic.made(f"/goals/{goal['id']}/steps", {"what": "Go again."}, member=WORKER)
    done = await mark(clinic, goal, 1, 1, done=True)

    StepStands.model_validate(added)
    assert (added["number"], added["version"]) == (3, 1)
    assert done.status_code == 200, done.text
    StepStands.model_validate_json(done.text)
    assert (done.json()["steps"], done.json()["steps_done"]) == (3, 1)
    listed = await clinic.get(f"{path}/goals", member=WORKER)
    goals_answers.GoalPage.model_validate_json(listed.text)
    (shown,) = listed.json()["items"]
    assert shown["measure"] == "I «canary» go."
    assert [step["done_at"] is None for step in shown["steps"]] == [False, True, True]
    told = (await clinic.events(f"episode/{referral['episode_id']}"))[2:]
    assert [event["type"] for event in told] == [
        "waymark.goal-set.v1",
        *["waymark.goal-steps-changed.v1"] * 2,
    ]
    assert told[0]["data"]["steps"] == 2
    assert (told[2]["data"]["step_number"], told[2]["data"]["steps_done"]) == (1, 1)
    assert "canary" not in str(told)


async def test_a_step_is_changed_by_who_saw_it_last(clinic: Clinic) -> None:
    _, path = await begun(clinic)
    goal = await clinic.made(f"{path}/goals", {"steps": ["Ring."]}, member=WORKER)

    told = await asyncio.gather(*(mark(clinic, goal, 1, 1, done=True) for _ in range(2)))
    again = await mark(clinic, goal, 1, 2, done=True)
    unknown = await mark(clinic, goal, 9, 1, done=True)
    await clinic.made(f"/goals/{goal['id']}/updates", {"status": "met"}, member=WORKER)
    ended = await mark(clinic, goal, 1, 2, done=False)

    assert sorted(answer.status_code for answer in told) == [200, 412]
    assert (again.status_code, again.json()["type"]) == (409, "/problems/step-stands-so")
    assert unknown.status_code == 404
    assert (ended.status_code, ended.json()["type"]) == (409, "/problems/goal-ended")


async def test_a_changed_goal_says_what_changed(clinic: Clinic) -> None:
    referral, path = await begun(clinic)
    goal = await clinic.made(
        f"{path}/goals", {"description": "Swim.", "target_date": "2030-01-01"}, member=WORKER
    )
    updates = f"/goals/{goal['id']}/updates"

    refused = await clinic.post(
        updates, {"status": "progressing", "target_date": "2030-02-01"}, member=WORKER
    )
    changed = await clinic.made(
        updates,
        {"status": "changed", "target_date": "2030-02-01", "measure": "Ten lengths."},
        member=WORKER,
    )

    assert refused.status_code == 422
    assert changed["changes"] == ["measure", "target-date"]
    told = (await clinic.events(f"episode/{referral['episode_id']}"))[-1]["data"]
    assert (told["changes"], told["target_date"]) == (["measure", "target-date"], "2030-02-01")
    (shown,) = (await clinic.get(f"{path}/goals", member=WORKER)).json()["items"]
    assert (shown["description"], shown["target_date"]) == ("Swim.", "2030-02-01")
    (update,) = (await clinic.get(updates, member=WORKER)).json()["items"]
    assert update["changes"] == ["measure", "target-date"]


async def test_what_is_to_be_looked_at_again_is_listed_and_told_once_on_its_day(
    own_clinic: Clinic,
) -> None:
    referral, path = await begun(own_clinic)
    await agree(own_clinic, path, 0, review_on=LATER.isoformat())
    goal = await own_clinic.made(f"{path}/goals", {"review_on": LATER.isoformat()}, member=WORKER)
    before = await own_clinic.get("/pcns/U99001/reviews/due", member=WORKER)
    ahead = await own_clinic.get(f"/pcns/U99001/reviews/due?until={LATER}&mine=true", member=WORKER)

    for about in (referral["episode_id"], goal["id"]):
        await let_the_day_come(own_clinic, about)

    assert before.json()["items"] == []
    managers = await own_clinic.get(f"/pcns/U99001/reviews/due?until={LATER}&mine=true")
    assert managers.json()["items"] == [], "a manager has nothing of their own"
    ReviewPage.model_validate_json(ahead.text)
    assert {item["kind"] for item in ahead.json()["items"]} == {"plan", "goal"}
    due = [
        event["data"]
        for event in await own_clinic.events(f"episode/{referral['episode_id']}")
        if event["type"] == "waymark.review-due.v1"
    ]
    assert [(one["kind"], one["goal_id"]) for one in due] == [("plan", None), ("goal", goal["id"])]
    # It stays on the list until somebody has looked.
    page = await own_clinic.get("/pcns/U99001/reviews/due?limit=1", member=MANAGER)
    following = await own_clinic.get(
        f"/pcns/U99001/reviews/due?limit=1&cursor={page.json()['next']}", member=MANAGER
    )
    listed = [*page.json()["items"], *following.json()["items"]]
    assert {item["about"] for item in listed} == {referral["episode_id"], goal["id"]}
    await own_clinic.made(f"/goals/{goal['id']}/updates", {"status": "met"}, member=WORKER)
    await agree(own_clinic, path, 1)
    after = await own_clinic.get("/pcns/U99001/reviews/due", member=MANAGER)
    assert after.json()["items"] == []
    assert not [row for row in await own_clinic.rows("timer") if row["kind"] == "review"]


async def test_saying_how_a_goal_stands_tells_its_day_no_second_time(own_clinic: Clinic) -> None:
    referral, path = await begun(own_clinic)
    goal = await own_clinic.made(f"{path}/goals", {"review_on": LATER.isoformat()}, member=WORKER)
    await let_the_day_come(own_clinic, goal["id"])
    await own_clinic.owner.execute(
        "update goal set review_on = (select review_on from review where about = id)"
    )
    updates = f"/goals/{goal['id']}/updates"

    for body in ({"status": "progressing"}, {"status": "changed", "measure": "Ten lengths."}):
        await own_clinic.made(updates, body, member=WORKER)
        async with schedules_of(own_clinic) as database:
            await fire_due(database, {"review": HANDLERS["review"]}, "ordinary")

    told = await own_clinic.events(f"episode/{referral['episode_id']}")
    assert [one["type"] for one in told].count("waymark.review-due.v1") == 1
    assert not [row for row in await own_clinic.rows("timer") if row["kind"] == "review"]
    # Naming another day sets it again.
    await own_clinic.made(updates, {"status": "progressing", "review_on": "2031-01-01"})
    assert [row for row in await own_clinic.rows("timer") if row["kind"] == "review"]


async def test_what_a_goal_said_before_stays_in_its_history(clinic: Clinic) -> None:
    referral, path = await begun(clinic)
    before = {"description": "Swim «canary».", "measure": "Ten lengths.", "need": "isolation"}
    goal = await clinic.made(f"{path}/goals", before, member=WORKER)
    updates = f"/goals/{goal['id']}/updates"

    await clinic.made(updates, {"status": "progressing"}, member=WORKER)
    await clinic.made(
        updates, {"status": "changed", "description": "Dance.", "need": "money"}, member=WORKER
    )

    shown = await clinic.get(updates, member=WORKER)
    goals_answers.GoalUpdatePage.model_validate_json(shown.text)
    first, second = shown.json()["items"]
    assert first["put_aside"] is None
    assert second["put_aside"] == {**before, "target_date": None, "review_on": None}
    told = (await clinic.events(f"episode/{referral['episode_id']}"))[-1]
    assert told["data"]["need"] == "money"
    assert "canary" not in str(told)


async def test_two_who_change_a_goal_they_saw_are_one_and_a_refusal(clinic: Clinic) -> None:
    _, path = await begun(clinic)
    goal = await clinic.made(f"{path}/goals", {"description": "Swim."}, member=WORKER)
    updates = f"/goals/{goal['id']}/updates"

    told = await asyncio.gather(
        *(
            clinic.post(
                updates, {"status": "changed", "description": words}, member=WORKER, If_Match='"1"'
            )
            for words in ("Dance.", "Sing.")
        )
    )
    unseen = await clinic.post(updates, {"status": "progressing"}, member=WORKER)

    assert sorted(answer.status_code for answer in told) == [201, 412]
    assert (unseen.status_code, unseen.headers["ETag"]) == (201, '"3"')


async def test_what_a_step_said_before_is_shown_with_it(clinic: Clinic) -> None:
    _, path = await begun(clinic)
    goal = await clinic.made(f"{path}/goals", {"steps": ["Ring.", "Go."]}, member=WORKER)

    await mark(clinic, goal, 1, 1, done=False, what="Write.")
    await mark(clinic, goal, 1, 2, done=True)
    await mark(clinic, goal, 1, 3, done=True, what="Write twice.")

    listed = await clinic.get(f"{path}/goals", member=WORKER)
    goals_answers.GoalPage.model_validate_json(listed.text)
    first, second = listed.json()["items"][0]["steps"]
    assert (first["what"], [one["what"] for one in first["earlier"]]) == (
        "Write twice.",
        ["Write.", "Ring."],
    )
    assert second["earlier"] == []


async def test_a_goal_that_ended_by_mistake_goes_on_with_a_reason(clinic: Clinic) -> None:
    referral, path = await begun(clinic)
    goal = await clinic.made(f"{path}/goals", {}, member=WORKER)
    updates = f"/goals/{goal['id']}/updates"
    early = await clinic.post(
        updates, {"status": "progressing", "reason": "mistyped"}, member=WORKER
    )
    await clinic.made(updates, {"status": "met"}, member=WORKER)

    unsaid = await clinic.post(updates, {"status": "progressing"}, member=WORKER)
    other = await clinic.post(updates, {"status": "dropped", "reason": "mistyped"}, member=WORKER)
    right = await clinic.made(
        updates, {"status": "progressing", "reason": "mistyped"}, member=WORKER
    )

    assert (early.status_code, early.json()["type"]) == (422, "/problems/nothing-corrected")
    assert (unsaid.status_code, unsaid.json()["type"]) == (409, "/problems/goal-ended")
    assert other.status_code == 422
    assert (right["previous_status"], right["status"]) == ("met", "progressing")
    told = (await clinic.events(f"episode/{referral['episode_id']}"))[-1]["data"]
    assert (told["previous_status"], told["status"], told["reason"]) == (
        "met",
        "progressing",
        "mistyped",
    )
    assert (await clinic.one("goal", goal["id"]))["status"] == "progressing"
    (shown,) = [
        one
        for one in (await clinic.get(updates, member=WORKER)).json()["items"]
        if one["reason"] is not None
    ]
    assert shown["number"] == 2


async def test_a_day_that_moved_support_that_ended_or_a_death_makes_no_review_due(
    own_clinic: Clinic,
) -> None:
    moved, path = await begun(own_clinic)
    await agree(own_clinic, path, 0, review_on=LATER.isoformat())
    past = datetime.now(UTC) - timedelta(days=1)
    # As if a scheduler had taken the timer before the day moved.
    await own_clinic.owner.execute(
        "update timer set due_at = $1, next_at = $1 where about = $2",
        past,
        UUID(moved["episode_id"]),
    )
    async with schedules_of(own_clinic) as database:
        await fire_due(database, {"review": HANDLERS["review"]}, "ordinary")
    ended, path = await begun(own_clinic)
    await agree(own_clinic, path, 0, review_on=LATER.isoformat())
    await own_clinic.ask("PUT", f"{path}/status", {"status": "declined"}, If_Match='"1"')
    await let_the_day_come(own_clinic, ended["episode_id"])
    dead, path = await begun(own_clinic)
    goal = await own_clinic.made(f"{path}/goals", {"review_on": LATER.isoformat()}, member=WORKER)
    await own_clinic.owner.execute(
        "update person set deceased = true, died_on = '2026-01-01' where id = $1",
        UUID(dead["person_id"]),
    )
    await let_the_day_come(own_clinic, goal["id"])

    for referral in (moved, ended, dead):
        told = await own_clinic.events(f"episode/{referral['episode_id']}")
        assert "waymark.review-due.v1" not in {event["type"] for event in told}
    listed = await own_clinic.get(f"/pcns/U99001/reviews/due?until={LATER}", member=MANAGER)
    assert {item["about"] for item in listed.json()["items"]} == {moved["episode_id"]}


async def test_the_copy_names_whom_was_chosen_as_the_network_calls_them(
    own_clinic: Clinic,
) -> None:
    title = "Wellbeing guide"
    await describe(
        own_clinic,
        told(a_role(), 5),
        told(a_role("health-coach", local_title=title), 6),
    )
    _, path = await begun(own_clinic)
    await own_clinic.made(
        f"{path}/triage", {"complexity": "low", "confidence": "high"}, member=WORKER
    )
    chosen = {"role": "health-coach", "reason": "person-wishes"}
    await own_clinic.made(f"{path}/role", chosen, member=WORKER)
    # A colleague of another role rings once: they do not become whoever helps.
    await own_clinic.made(f"{path}/contacts", {"mode": "phone"}, member=WORKER)

    shown = await own_clinic.get(f"{path}/copy", member=WORKER)

    assert shown.json()["who_helps"] == "a Wellbeing guide"
    assert shown.json()["what_they_do"].startswith("They help you build the skills")


async def test_the_copy_says_while_they_wait_by_when_or_why_not_yet(clinic: Clinic) -> None:
    referral = await clinic.made("/referrals", a_referral())
    path = f"/referrals/{referral['id']}"

    async def said() -> str | None:
        shown = await clinic.get(f"{path}/copy", member=WORKER)
        CopyShown.model_validate_json(shown.text)
        return shown.json()["while_you_wait"]

    due_on = date.fromisoformat((await clinic.get(f"{path}/waiting")).json()["due_on"])
    assert await said() == f"We want to speak with you by {spoken(due_on)}."
    await clinic.made(f"{path}/pauses", {"reason": "person-away"}, member=WORKER)
    assert await said() == "You told us that you are away. Tell us when you want to go on."
    page = await clinic.get(f"{path}/copy?as=text", member=WORKER)
    assert "While you wait\n--------------\nYou told us that you are away." in page.text
    await clinic.made(f"{path}/contacts", {"mode": "phone"}, member=WORKER)
    assert await said() is None


async def test_the_person_gets_their_own_copy_as_data_and_on_a_page(clinic: Clinic) -> None:
    referral, path = await begun(clinic, given_name="Adelaide")
    await agree(clinic, path, 0, review_on="2030-03-01")
    goal = await clinic.made(
        f"{path}/goals", {"description": "Swim.", "steps": ["Buy a costume."]}, member=WORKER
    )
    await mark(clinic, goal, 1, 1, done=True)
    dropped = await clinic.made(f"{path}/goals", {"description": "Run."}, member=WORKER)
    await clinic.made(f"/goals/{dropped['id']}/updates", {"status": "dropped"}, member=WORKER)
    at = datetime.now(UTC) + timedelta(days=3)
    await clinic.made(f"{path}/visits", {"planned_for": at.isoformat()}, member=WORKER)

    shown = await clinic.get(f"{path}/copy", member=WORKER)
    page = await clinic.get(f"{path}/copy?as=text", member=WORKER)

    CopyShown.model_validate_json(shown.text)
    assert shown.json()["who_helps"] == "a link worker"
    assert [one["description"] for one in shown.json()["goals"]] == ["Swim."]
    assert shown.json()["goals"][0]["steps"] == [{"what": "Buy a costume.", "done": True}]
    assert datetime.fromisoformat(shown.json()["next_visit_at"]) == at
    assert page.headers["content-type"].startswith("text/plain")
    assert page.text.startswith("My plan: Adelaide\n")
    for words in ("To see my «canary» sister.", "[x] Buy a costume.", "Friday 1 March 2030"):
        assert words in page.text
    actions = [entry["action"] for entry in await clinic.audited(referral["person_id"])]
    assert actions[-2:] == ["copy.read", "copy.read"]
