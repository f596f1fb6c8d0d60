"""What is dangerous reaches a named human at once, and goes on until somebody answers."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from chassis.access.tokens import member_key
from chassis.database import Database
from services.referral.domain.safety import CLOSE_AFTER_HOURS_MAX, ESCALATE_AFTER_MINUTES
from services.referral.schedules import HANDLERS
from services.referral.use_cases.alarms import raise_alarm
from services.referral.use_cases.timers import fire_due
from tests.referral.trial import (
    COLLEAGUE,
    FOREIGN_MANAGER,
    FOREIGN_WORKER,
    MANAGER,
    MEMBER_KEY_SECRET,
    OTHER_PRACTICE,
    REFERRER,
    WORKER,
    Clinic,
    a_person,
    a_referral,
)

pytestmark = pytest.mark.postgres
DANGER = {"dangers": ["self-harm"]}
LEADS = "/pcns/U99001/safeguarding-leads"


async def membership_of(clinic: Clinic, member: str) -> str:
    key = member_key(MEMBER_KEY_SECRET, clinic.issuer.url, member)
    found = await clinic.owner.fetchval(
        "select membership_id from access_membership where member_key = $1", key
    )
    return str(found)


async def name_leads(clinic: Clinic, *members: str, minutes: int = 15) -> list[str]:
    leads = [await membership_of(clinic, member) for member in members]
    shown = await clinic.get("/pcns/U99001/safeguarding")
    answer = await clinic.ask(
        "PUT",
        LEADS,
        {"membership_ids": leads, "escalate_after_minutes": minutes},
        If_Match=shown.headers["ETag"],
    )
    assert answer.status_code == 200, answer.text
    return leads


async def an_alarm(clinic: Clinic, *, member: str = WORKER) -> tuple[dict[str, Any], Any]:
    referral = await clinic.made("/referrals", a_referral())
    return referral, await clinic.made(f"/referrals/{referral['id']}/alarms", DANGER, member=member)


async def told_of(clinic: Clinic, alarm: dict[str, Any]) -> list[dict[str, Any]]:
    return await clinic.events(f"alarm/{alarm['id']}")


@asynccontextmanager
async def worker_of(clinic: Clinic) -> AsyncIterator[Database]:
    database = Database(clinic.database.worker_url, "worker", 2)
    await database.open()
    try:
        yield database
    finally:
        await database.close()


async def let_it_fall_due(clinic: Clinic, alarm: dict[str, Any]) -> None:
    """Bring back in time what an alarm waits for, and fire it as the schedules role does."""
    past = datetime.now(UTC) - timedelta(minutes=1)
    alarm_id = UUID(alarm["id"])
    await clinic.owner.execute(
        "update alarm set escalates_at = $1 where id = $2 and status <> 'closed'", past, alarm_id
    )
    await clinic.owner.execute(
        "update timer set due_at = $1, next_at = $1 where about = $2", past, alarm_id
    )
    async with worker_of(clinic) as database:
        await fire_due(database, HANDLERS, "safety")


async def clocks(clinic: Clinic) -> int:
    rows = await clinic.rows("timer")
    return sum(row["kind"] == "alarm-escalation" for row in rows)


async def test_an_alarm_goes_to_the_first_lead_at_once_on_a_stream_of_its_own(
    clinic: Clinic,
) -> None:
    leads = await name_leads(clinic, COLLEAGUE, WORKER)
    before = datetime.now(UTC)
    referral, alarm = await an_alarm(clinic)
    (event,) = await told_of(clinic, alarm)
    timers = [row for row in await clinic.rows("timer") if str(row["about"]) == alarm["id"]]

    assert event["stream"] == "U99001.safety"
    assert event["type"] == "waymark.safety-alarm-raised.v1"
    assert event["data"]["holder"] == leads[0]
    assert event["data"]["episode_id"] == referral["episode_id"]
    assert event["data"]["dangers"] == ["self-harm"]
    (timer,) = timers
    assert timer["kind"] == "alarm-escalation"
    assert timer["due_at"] >= before + timedelta(minutes=15)
    assert (await clinic.audited(referral["person_id"]))[-1]["action"] == "alarm.raise"


async def test_nobody_named_means_every_manager_at_once(own_clinic: Clinic) -> None:
    _, alarm = await an_alarm(own_clinic)
    (event,) = await told_of(own_clinic, alarm)
    assert event["data"]["holder"] is None
    (shown,) = (await own_clinic.get("/alarms")).json()["items"]
    assert shown["your_turn"] is True
    due = datetime.fromisoformat(shown["escalates_at"]) - datetime.fromisoformat(shown["raised_at"])
    assert due == timedelta(minutes=ESCALATE_AFTER_MINUTES)


async def test_an_alarm_nobody_answers_goes_on_by_itself_until_somebody_does(
    own_clinic: Clinic,
) -> None:
    leads = await name_leads(own_clinic, COLLEAGUE, WORKER)
    _, alarm = await an_alarm(own_clinic)
    for _ in range(3):
        await let_it_fall_due(own_clinic, alarm)
    told = await told_of(own_clinic, alarm)

    assert [one["data"].get("holder") for one in told] == [leads[0], leads[1], None, None]
    assert [one["data"]["level"] for one in told] == [0, 1, 2, 3]
    assert [one["aggregate_version"] for one in told] == [1, 2, 3, 4]
    assert await clocks(own_clinic) == 1

    answer = await own_clinic.post(f"/alarms/{alarm['id']}/acknowledge", {}, member=COLLEAGUE)
    assert answer.status_code == 200, answer.text
    assert len(await told_of(own_clinic, alarm)) == 5


async def test_an_alarm_that_somebody_answered_and_nobody_closed_is_everybodys_again(
    own_clinic: Clinic,
) -> None:
    await name_leads(own_clinic, COLLEAGUE)
    _, alarm = await an_alarm(own_clinic)
    before = datetime.now(UTC)
    path = f"/alarms/{alarm['id']}"

    answered = (await own_clinic.post(f"{path}/acknowledge", {}, member=COLLEAGUE)).json()
    (timer,) = [row for row in await own_clinic.rows("timer") if str(row["about"]) == alarm["id"]]
    await let_it_fall_due(own_clinic, alarm)

    due = datetime.fromisoformat(answered["escalates_at"])
    assert due == timer["due_at"]
    assert due - before >= timedelta(hours=CLOSE_AFTER_HOURS_MAX)
    told = (await told_of(own_clinic, alarm))[-1]
    assert told["type"] == "waymark.safety-alarm-escalated.v1"
    assert (told["data"].get("holder"), told["data"]["level"]) == (None, 1)
    for member in (MANAGER, COLLEAGUE):
        (shown,) = (await own_clinic.get("/alarms", member=member)).json()["items"]
        assert (shown["status"], shown["your_turn"]) == ("raised", True)
        assert (shown["acknowledged_by"], shown["acknowledged_at"]) == (None, None)
    assert await clocks(own_clinic) == 1
    early = await own_clinic.post(f"{path}/close", {"outcome": "person-safe"})
    assert early.json()["type"].endswith("/alarm-not-answered")
    await own_clinic.post(f"{path}/acknowledge", {})
    closed = await own_clinic.post(f"{path}/close", {"outcome": "person-safe"})
    assert (closed.status_code, closed.json()["escalates_at"]) == (200, None)
    assert await clocks(own_clinic) == 0


async def test_the_time_to_close_begins_when_the_answer_comes_in(clinic: Clinic) -> None:
    """A demonstration tells of an answer long ago; its alarm is not everybody's at once."""
    long_ago = datetime.now(UTC) - timedelta(days=30)
    times = {"occurred_at": long_ago.isoformat(), "recorded_at": long_ago.isoformat()}
    referral = await clinic.made("/referrals", a_referral(**times), Waymark_Origin="seed")
    alarm = await clinic.made(
        f"/referrals/{referral['id']}/alarms", {**DANGER, **times}, Waymark_Origin="seed"
    )

    answered = await clinic.post(f"/alarms/{alarm['id']}/acknowledge", times, Waymark_Origin="seed")

    assert answered.status_code == 200, answered.text
    due = datetime.fromisoformat(answered.json()["escalates_at"])
    assert due > datetime.now(UTC) + timedelta(hours=CLOSE_AFTER_HOURS_MAX - 1)


async def test_a_lead_who_left_is_passed_over_and_shown(own_clinic: Clinic) -> None:
    leads = await name_leads(own_clinic, COLLEAGUE, WORKER)
    _, before = await an_alarm(own_clinic)
    ended = UUID(leads[0])
    await own_clinic.owner.execute("delete from access_membership where membership_id = $1", ended)

    _, after = await an_alarm(own_clinic)
    listed = (await own_clinic.get("/alarms")).json()["items"]
    await let_it_fall_due(own_clinic, before)

    (raised,) = await told_of(own_clinic, after)
    assert raised["data"]["holder"] == leads[1]
    turns = {item["id"]: item["your_turn"] for item in listed}
    assert turns == {before["id"]: True, after["id"]: False}
    assert (await told_of(own_clinic, before))[-1]["data"]["holder"] == leads[1]
    shown = (await own_clinic.get("/pcns/U99001/safeguarding")).json()
    assert shown["membership_ids"] == leads
    assert shown["left_membership_ids"] == [leads[0]]


async def test_a_timer_that_fires_late_for_a_closed_alarm_changes_nothing(
    own_clinic: Clinic,
) -> None:
    _, alarm = await an_alarm(own_clinic)
    (timer,) = [row for row in await own_clinic.rows("timer") if row["kind"] == "alarm-escalation"]
    await own_clinic.post(f"/alarms/{alarm['id']}/acknowledge", {})
    await own_clinic.post(f"/alarms/{alarm['id']}/close", {"outcome": "person-safe"})
    columns = ", ".join(timer)
    places = ", ".join(f"${place + 1}" for place in range(len(timer)))
    await own_clinic.owner.execute(
        f"insert into timer ({columns}) values ({places})", *timer.values()
    )
    before = await told_of(own_clinic, alarm)

    await let_it_fall_due(own_clinic, alarm)

    assert await told_of(own_clinic, alarm) == before
    assert await clocks(own_clinic) == 0


async def test_of_two_who_answer_at_once_one_has_it_and_the_other_is_told(clinic: Clinic) -> None:
    await name_leads(clinic, COLLEAGUE)
    _, alarm = await an_alarm(clinic)
    answers = await asyncio.gather(
        *(
            clinic.post(f"/alarms/{alarm['id']}/acknowledge", {}, member=member)
            for member in (MANAGER, COLLEAGUE)
        )
    )

    assert sorted(answer.status_code for answer in answers) == [200, 409]
    (refused,) = (answer.json() for answer in answers if answer.status_code == 409)
    assert refused["type"].endswith("/alarm-answered")
    row = await clinic.one("alarm", alarm["id"])
    winner = MANAGER if answers[0].status_code == 200 else COLLEAGUE
    assert str(row["acknowledged_by"]) == await membership_of(clinic, winner)


async def test_an_alarm_is_closed_once_by_those_who_act_after_it_was_answered(
    clinic: Clinic,
) -> None:
    _, alarm = await an_alarm(clinic)
    end = {"outcome": "person-safe", "note": "Rang back, all well."}
    early = await clinic.post(f"/alarms/{alarm['id']}/close", end)
    await clinic.post(f"/alarms/{alarm['id']}/acknowledge", {})
    closed = await clinic.post(f"/alarms/{alarm['id']}/close", end)
    again = await clinic.post(f"/alarms/{alarm['id']}/close", end)

    assert early.json()["type"].endswith("/alarm-not-answered")
    assert closed.json()["status"] == "closed"
    assert (again.status_code, again.json()["type"][-12:]) == (409, "alarm-closed")
    told = await told_of(clinic, alarm)
    assert told[-1]["data"]["outcome"] == "person-safe"
    assert "Rang back" not in str(told)


async def test_only_leads_and_managers_see_alarms(clinic: Clinic) -> None:
    await name_leads(clinic, COLLEAGUE)
    _, alarm = await an_alarm(clinic)
    by_lead = (await clinic.get("/alarms?limit=100", member=COLLEAGUE)).json()["items"]
    by_worker = await clinic.get("/alarms", member=WORKER)
    answered = await clinic.post(f"/alarms/{alarm['id']}/acknowledge", {}, member=WORKER)

    assert alarm["id"] in {item["id"] for item in by_lead}
    assert {by_worker.status_code, answered.status_code} == {403}
    mine = next(item for item in by_lead if item["id"] == alarm["id"])
    assert mine["your_turn"] is True


async def test_another_networks_alarm_answers_as_one_that_is_not_there(clinic: Clinic) -> None:
    _, alarm = await an_alarm(clinic)
    for path in ("acknowledge", "close"):
        body = {} if path == "acknowledge" else {"outcome": "other"}
        foreign, random = [
            await clinic.post(f"/alarms/{one}/{path}", body, member=FOREIGN_MANAGER)
            for one in (alarm["id"], uuid4())
        ]
        assert foreign.status_code == random.status_code == 404
        assert len(foreign.content) == len(random.content)
    assert (await clinic.get("/alarms", member=FOREIGN_MANAGER)).json()["items"] == []
    assert (await clinic.get("/alarms", member=FOREIGN_WORKER)).status_code == 403
    for method, path, body in (
        ("GET", "/pcns/U99001/safeguarding", None),
        ("PUT", LEADS, {"membership_ids": []}),
        ("PUT", "/pcns/U99001/under-18-rule", {"rule": "accept"}),
    ):
        answer = await clinic.ask(method, path, body, member=FOREIGN_MANAGER, If_Match='"0"')
        assert answer.status_code == 404, path


async def test_a_practice_raises_an_alarm_of_its_own_referral_and_of_no_other(
    clinic: Clinic,
) -> None:
    referral, alarm = await an_alarm(clinic, member=REFERRER)
    assert alarm["status"] == "raised"
    other = await clinic.post(f"/referrals/{referral['id']}/alarms", DANGER, member=OTHER_PRACTICE)
    random = await clinic.post(f"/referrals/{uuid4()}/alarms", DANGER, member=OTHER_PRACTICE)
    assert other.status_code == random.status_code == 404
    assert len(other.content) == len(random.content)


async def test_a_lead_is_somebody_of_the_network(clinic: Clinic) -> None:
    shown = await clinic.get("/pcns/U99001/safeguarding")
    for stranger in (FOREIGN_WORKER, REFERRER):
        answer = await clinic.ask(
            "PUT",
            LEADS,
            {"membership_ids": [await membership_of(clinic, stranger)]},
            If_Match=shown.headers["ETag"],
        )
        assert (answer.status_code, answer.json()["type"][-12:]) == (422, "lead-unknown")


async def test_of_two_managers_who_name_leads_at_once_one_reads_again(own_clinic: Clinic) -> None:
    answers = await asyncio.gather(
        *(own_clinic.ask("PUT", LEADS, {"membership_ids": []}, If_Match='"0"') for _ in range(2))
    )
    assert sorted(answer.status_code for answer in answers) == [200, 412]
    assert len(await own_clinic.events("safeguarding/U99001")) == 1


async def test_time_itself_can_raise_an_alarm(own_clinic: Clinic) -> None:
    referral = await own_clinic.made("/referrals", a_referral())
    async with worker_of(own_clinic) as database, database.transaction() as connection:
        alarm, event_id = await raise_alarm(
            connection,
            None,
            kind="lone-worker-overdue",
            pcn_code="U99001",
            episode_id=UUID(referral["episode_id"]),
            person_id=UUID(referral["person_id"]),
        )
    (event,) = await own_clinic.events(f"alarm/{alarm.id}")
    assert event["event_id"] == event_id
    assert event["data"]["kind"] == "lone-worker-overdue"


async def test_help_in_a_crisis_is_shown_without_signing_in(clinic: Clinic) -> None:
    answer = await clinic.http.get("/public/crisis-help")
    assert answer.status_code == 200
    assert {one["number"] for one in answer.json()["contacts"]} == {"999", "111", "116 123"}


async def test_a_danger_named_in_a_referral_alarms_somebody_as_it_is_received(
    clinic: Clinic,
) -> None:
    referral = await clinic.made(
        "/referrals", a_referral(dangers=["abuse", "child-at-risk"]), member=REFERRER
    )
    (alarm,) = [
        row for row in await clinic.rows("alarm") if str(row["referral_id"]) == referral["id"]
    ]
    (event,) = await clinic.events(f"alarm/{alarm['id']}")

    assert alarm["dangers"] == ["abuse", "child-at-risk"]
    assert str(alarm["episode_id"]) == referral["episode_id"]
    assert event["data"]["practice_code"] == "Y99001"
    told = await clinic.events(f"episode/{referral['episode_id']}")
    assert "abuse" not in str(told)


async def test_a_referral_told_again_alarms_nobody_again(clinic: Clinic) -> None:
    before = await clinic.count("alarm")
    body = a_referral(dangers=["neglect"], reference=str(uuid4()))
    await clinic.made("/referrals", body)
    assert (await clinic.post("/referrals", body)).json()["already"] is True
    assert await clinic.count("alarm") == before + 1


async def test_a_refused_referral_of_a_batch_alarms_nobody(clinic: Clinic) -> None:
    before = await clinic.count("alarm")
    items = [
        {"key": "no", **a_referral(dangers=["suicide"], practice_code="Y99999")},
        {"key": "yes", **a_referral(dangers=["suicide"])},
    ]
    answer = await clinic.post("/referrals/batch", {"items": items})
    assert [item["status"] for item in answer.json()["items"]] == [422, 201]
    assert await clinic.count("alarm") == before + 1


async def test_a_danger_is_named_once(clinic: Clinic) -> None:
    answer = await clinic.post("/referrals", a_referral(dangers=["abuse", "abuse"]))
    assert answer.status_code == 422


def a_child(**changes: Any) -> dict[str, Any]:
    born = datetime.now(UTC).date() - timedelta(days=15 * 365)
    return a_person(birth_date=born.isoformat(), **changes)


async def test_people_under_18_are_taken_as_their_network_says(own_clinic: Clinic) -> None:
    async def say(rule: str, **more: str) -> None:
        shown = await own_clinic.get("/pcns/U99001/safeguarding")
        answer = await own_clinic.ask(
            "PUT",
            "/pcns/U99001/under-18-rule",
            {"rule": rule, **more},
            If_Match=shown.headers["ETag"],
        )
        assert answer.status_code == 200, answer.text

    async def asked(**changes: Any) -> tuple[int, str]:
        answer = await own_clinic.post(
            "/referrals", a_referral(person=changes.pop("person", a_child()), **changes)
        )
        return answer.status_code, answer.json().get("type", "").rpartition("/")[2]

    known = a_child()
    assert await asked() == (422, "guardian-consent-needed")
    assert (await asked(guardian_consented=True, person=known))[0] == 201
    await say("not-accepted", better_route="children-and-young-people")
    assert await asked(guardian_consented=True) == (422, "too-young")
    assert await asked(person=known, guardian_consented=True) == (422, "too-young")
    assert (await asked(person=a_person()))[0] == 201
    await say("accept")
    assert (await asked())[0] == 201
    told = [one["data"]["rule"] for one in await own_clinic.events("safeguarding/U99001")]
    assert told == ["not-accepted", "accept"]
    assert len(await own_clinic.rows("person")) == 3


async def test_what_an_import_tells_of_the_past_chases_nobody(own_clinic: Clinic) -> None:
    items = [{"key": "old", **a_referral(dangers=["neglect"])}]
    answer = await own_clinic.post("/referrals/batch", {"origin": "import", "items": items})
    (told,) = answer.json()["items"]
    assert told["status"] == 201, told

    (alarm,) = (await own_clinic.get("/alarms")).json()["items"]
    assert (alarm["status"], alarm["your_turn"], alarm["escalates_at"]) == ("raised", True, None)
    assert await clocks(own_clinic) == 0
    (event,) = await told_of(own_clinic, alarm)
    assert event["origin"] == "import"
    waiting = (await own_clinic.get("/pcns/U99001/waiting-list")).json()["items"]
    assert [one["episode_id"] for one in waiting] == [told["body"]["episode_id"]]
    answered = await own_clinic.post(f"/alarms/{alarm['id']}/acknowledge", {})
    assert (answered.status_code, await clocks(own_clinic)) == (200, 1)
    assert (await own_clinic.get("/pcns/U99001/waiting-list")).json()["items"] == []


async def test_a_child_in_danger_is_not_sent_away_for_want_of_a_guardian(
    own_clinic: Clinic,
) -> None:
    for rule in (None, "not-accepted"):
        if rule is not None:
            await own_clinic.ask(
                "PUT", "/pcns/U99001/under-18-rule", {"rule": rule}, If_Match='"0"'
            )
        made = await own_clinic.made(
            "/referrals", a_referral(person=a_child(), dangers=["child-at-risk"]), member=REFERRER
        )
        assert (await own_clinic.one("referral", made["id"]))["guardian_consented_at"] is None
        assert made["id"] in {str(row["referral_id"]) for row in await own_clinic.rows("alarm")}


async def test_a_danger_named_in_a_contact_alarms_somebody_as_it_is_recorded(
    clinic: Clinic,
) -> None:
    referral = await clinic.made("/referrals", a_referral())
    contact = {"mode": "phone", "note": "They spoke of harm.", "dangers": ["domestic-abuse"]}
    await clinic.made(f"/referrals/{referral['id']}/contacts", contact, member=WORKER)
    (alarm,) = [
        row for row in await clinic.rows("alarm") if str(row["referral_id"]) == referral["id"]
    ]
    (event,) = await clinic.events(f"alarm/{alarm['id']}")
    assert event["data"]["dangers"] == ["domestic-abuse"]
    assert event["data"]["person_id"] == referral["person_id"]
    assert "harm" not in str(event)


async def test_whom_an_alarm_is_about_waits_in_no_ordinary_list_until_it_is_closed(
    own_clinic: Clinic,
) -> None:
    async def waiting() -> set[str]:
        answer = await own_clinic.get("/pcns/U99001/waiting-list", member=MANAGER)
        assert answer.status_code == 200, answer.text
        return {item["episode_id"] for item in answer.json()["items"]}

    calm = await own_clinic.made("/referrals", a_referral())
    urgent = await own_clinic.made("/referrals", a_referral(dangers=["suicide"]))
    assert await waiting() == {calm["episode_id"]}
    (alarm,) = (await own_clinic.get("/alarms")).json()["items"]
    await own_clinic.post(f"/alarms/{alarm['id']}/acknowledge", {})
    assert await waiting() == {calm["episode_id"]}
    await own_clinic.post(f"/alarms/{alarm['id']}/close", {"outcome": "person-safe"})
    assert await waiting() == {calm["episode_id"], urgent["episode_id"]}


async def test_every_example_of_safety_is_accepted_as_it_stands(own_clinic: Clinic) -> None:
    paths = (await own_clinic.http.get("/openapi.json")).json()["paths"]
    referral = await own_clinic.made("/referrals", a_referral())
    ids = {"referral_id": referral["id"], "pcn_code": "U99001"}
    for method, path in (
        ("post", "/referrals/{referral_id}/alarms"),
        ("post", "/alarms/{alarm_id}/acknowledge"),
        ("post", "/alarms/{alarm_id}/close"),
        ("put", "/pcns/{pcn_code}/safeguarding-leads"),
        ("put", "/pcns/{pcn_code}/under-18-rule"),
    ):
        operation = paths[path][method]
        example = operation["requestBody"]["content"]["application/json"]["example"]
        member = f"{operation['x-demo-role']} {operation['x-demo-organisation']}"
        shown = await own_clinic.get("/pcns/U99001/safeguarding")
        answer = await own_clinic.ask(
            method.upper(),
            path.format(**ids),
            example,
            member=member,
            If_Match=shown.headers["ETag"],
        )
        assert answer.is_success, (path, answer.text)
        if path.endswith("/alarms"):
            ids["alarm_id"] = answer.json()["id"]
