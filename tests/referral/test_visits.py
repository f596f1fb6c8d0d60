"""Home visits over HTTP, and the alarm when a worker does not come out in time."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from chassis.database import Connection, Database
from services.referral.api.safety_answers import AlarmShown
from services.referral.api.visits import OverduePage, VisitMoved, VisitPage, VisitShown
from services.referral.schedules import HANDLERS
from services.referral.store import timers
from services.referral.use_cases.clock_steps import EarlierClock
from services.referral.use_cases.timers import fire_due
from tests.referral.trial import (
    COLLEAGUE,
    FOREIGN_MANAGER,
    MANAGER,
    REFERRER,
    WORKER,
    Clinic,
    a_referral,
)

pytestmark = pytest.mark.postgres

OVERDUE = "/pcns/U99001/visits/overdue"


async def a_visit(clinic: Clinic, **body: Any) -> tuple[dict[str, Any], dict[str, Any]]:
    ago = (datetime.now(UTC) - timedelta(days=2)).isoformat()
    referral = await clinic.made("/referrals", a_referral(occurred_at=ago), member=REFERRER)
    path = f"/referrals/{referral['id']}/visits"
    return referral, await clinic.made(path, {"expected_minutes": 30, **body}, member=WORKER)


async def step(clinic: Clinic, visit: dict[str, Any], name: str, **body: Any) -> Any:
    return await clinic.post(f"/visits/{visit['id']}/{name}", body, member=WORKER)


async def overdue(clinic: Clinic, member: str = COLLEAGUE) -> dict[str, Any]:
    answer = await clinic.get(f"{OVERDUE}?limit=100", member=member)
    assert answer.status_code == 200, answer.text
    OverduePage.model_validate_json(answer.text)
    return {item["id"]: item for item in answer.json()["items"]}


@asynccontextmanager
async def schedules_of(clinic: Clinic) -> AsyncIterator[Database]:
    database = Database(clinic.database.worker_url, "worker", 2)
    await database.open()
    try:
        yield database
    finally:
        await database.close()


async def alarms_of(clinic: Clinic, visit: dict[str, Any]) -> list[dict[str, Any]]:
    rows = await clinic.owner.fetch(
        "select data::jsonb as data, type, stream, occurred_at from outbox "
        "where stream = 'U99001.safety' and data::jsonb ->> 'referral_id' = $1 order by position",
        visit["referral_id"],
    )
    return [dict(row) for row in rows]


async def test_a_visit_is_planned_begun_and_ended_and_each_is_told(clinic: Clinic) -> None:
    referral, visit = await a_visit(clinic, note="Ring twice.")

    checked_in = await step(clinic, visit, "check-in")
    longer = await step(clinic, visit, "extension", minutes=60)
    checked_out = await step(clinic, visit, "check-out")

    for answer in (checked_in, longer, checked_out):
        assert answer.status_code == 200, answer.text
        VisitMoved.model_validate_json(answer.text)
    begun = datetime.fromisoformat(checked_in.json()["checked_in_at"])
    assert datetime.fromisoformat(checked_in.json()["due_back_at"]) == begun + timedelta(minutes=45)
    assert longer.json()["due_back_at"] > checked_in.json()["due_back_at"]
    assert (checked_out.json()["status"], checked_out.json()["due_back_at"]) == ("ended", None)
    told = (await clinic.events(f"episode/{referral['episode_id']}"))[1:]
    assert [event["type"] for event in told] == [
        "waymark.visit-planned.v1",
        *["waymark.visit-status-changed.v1"] * 3,
    ]
    assert [event["aggregate_version"] for event in told] == [2, 3, 4, 5]
    assert [event["data"].get("status") for event in told[1:]] == [
        "under-way",
        "under-way",
        "ended",
    ]
    assert "Ring twice" not in str(told)
    listed = await clinic.get(f"/referrals/{referral['id']}/visits", member=WORKER)
    VisitPage.model_validate_json(listed.text)
    assert [item["note"] for item in listed.json()["items"]] == ["Ring twice."]
    assert not [row for row in await clinic.rows("timer") if str(row["about"]) == visit["id"]]


async def test_steps_that_cannot_follow_change_nothing(clinic: Clinic) -> None:
    referral, visit = await a_visit(clinic)

    refused = [
        await step(clinic, visit, "check-out"),
        await step(clinic, visit, "extension", minutes=30),
    ]
    await step(clinic, visit, "cancellation")
    refused += [await step(clinic, visit, "check-in"), await step(clinic, visit, "cancellation")]

    assert {answer.status_code for answer in refused} == {409}
    assert {answer.json()["type"] for answer in refused} == {"/problems/visit-cannot-follow"}
    assert len(await clinic.events(f"episode/{referral['episode_id']}")) == 3


async def test_two_who_check_in_at_once_are_one_and_a_refusal(clinic: Clinic) -> None:
    _, visit = await a_visit(clinic)

    told = await asyncio.gather(*(step(clinic, visit, "check-in") for _ in range(2)))

    assert sorted(answer.status_code for answer in told) == [200, 409]


async def test_whoever_does_not_come_out_in_time_is_listed_at_once_and_somebody_is_alarmed(
    clinic: Clinic,
) -> None:
    _, visit = await a_visit(clinic)
    begun = datetime.now(UTC) - timedelta(hours=2)
    await step(clinic, visit, "check-in", occurred_at=begun.isoformat())

    # The list asks the rows: no timer has fired yet.
    listed = (await overdue(clinic))[visit["id"]]
    assert (listed["minutes_overdue"], listed["alarm_id"]) == (75, None)
    assert await alarms_of(clinic, visit) == []

    async with schedules_of(clinic) as database:
        await fire_due(database, HANDLERS, "safety")
        await fire_due(database, HANDLERS, "safety")

    (alarm,) = await alarms_of(clinic, visit)
    assert alarm["type"] == "waymark.safety-alarm-raised.v1"
    assert '"kind": "lone-worker-overdue"' in alarm["data"]
    assert alarm["occurred_at"] == begun + timedelta(minutes=45)
    assert (await overdue(clinic, MANAGER))[visit["id"]]["alarm_id"] is not None

    ended = await step(clinic, visit, "check-out")
    assert ended.status_code == 200
    assert visit["id"] not in await overdue(clinic)


async def test_a_worker_who_checked_out_or_asked_for_longer_alarms_nobody(clinic: Clinic) -> None:
    _, ended = await a_visit(clinic)
    _, longer = await a_visit(clinic)
    begun = (datetime.now(UTC) - timedelta(hours=2)).isoformat()
    for visit, name, body in ((ended, "check-out", {}), (longer, "extension", {"minutes": 30})):
        await step(clinic, visit, "check-in", occurred_at=begun)
        timer = await clinic.owner.fetchrow(
            "select * from timer where about = $1", UUID(visit["id"])
        )
        assert timer is not None
        await step(clinic, visit, name, **body)
        # As if a scheduler had taken the timer before the step was stored.
        await clinic.owner.execute(
            """
            insert into timer (id, kind, about, pcn_code, lane, due_at, next_at)
            values ($1, 'lone-worker', $2, 'U99001', 'safety', $3, $3)
            on conflict (about, kind) do update set due_at = $3, next_at = $3
            """,
            timer["id"],
            timer["about"],
            timer["due_at"],
        )

    async with schedules_of(clinic) as database:
        await fire_due(database, HANDLERS, "safety")

    assert await alarms_of(clinic, ended) == []
    assert await alarms_of(clinic, longer) == []


async def test_an_alarm_says_who_is_missing_and_shows_when_they_are_out(clinic: Clinic) -> None:
    _, visit = await a_visit(clinic)
    begun = (datetime.now(UTC) - timedelta(hours=2)).isoformat()
    await step(clinic, visit, "check-in", occurred_at=begun)
    async with schedules_of(clinic) as database:
        await fire_due(database, HANDLERS, "safety")

    (alarm,) = await alarms_of(clinic, visit)
    told = json.loads(alarm["data"])
    missing = await shown_alarm(clinic, told["alarm_id"])
    out = (await step(clinic, visit, "check-out")).json()
    shown = await shown_alarm(clinic, told["alarm_id"])

    assert (told["visit_id"], told["worker_id"]) == (visit["id"], visit["worker_id"])
    assert (missing["visit_id"], missing["worker_id"]) == (visit["id"], visit["worker_id"])
    assert (missing["visit_status"], missing["checked_out_at"]) == ("under-way", None)
    assert (shown["visit_status"], shown["status"]) == ("ended", "raised")
    assert datetime.fromisoformat(shown["checked_out_at"]) == datetime.fromisoformat(
        out["checked_out_at"]
    )


async def shown_alarm(clinic: Clinic, alarm_id: str) -> dict[str, Any]:
    for row in (await clinic.get("/alarms?limit=100")).json()["items"]:
        if row["id"] == alarm_id:
            AlarmShown.model_validate_json(json.dumps(row))
            return row
    raise AssertionError(alarm_id)


async def passes(clinic: Clinic, visit: dict[str, Any], minutes: int = 31) -> datetime:
    """Let so much time pass since the visit was planned; give when it was late."""
    back = timedelta(minutes=minutes)
    await clinic.owner.execute(
        "update visit set planned_for = planned_for - $2::interval, begin_by = begin_by - $2 where id = $1",
        UUID(visit["id"]),
        back,
    )
    await clinic.owner.execute(
        "update timer set due_at = due_at - $2::interval, next_at = next_at - $2 where about = $1",
        UUID(visit["id"]),
        back,
    )
    async with schedules_of(clinic) as database:
        await fire_due(database, HANDLERS, "safety")
        await fire_due(database, HANDLERS, "safety")
    return datetime.fromisoformat(visit["begin_by"]) - back


async def not_begun(clinic: Clinic, referral: dict[str, Any]) -> list[dict[str, Any]]:
    told = await clinic.events(f"episode/{referral['episode_id']}")
    assert [event["aggregate_version"] for event in told] == list(range(1, len(told) + 1))
    return [one for one in told if one["type"] == "waymark.visit-not-begun.v1"]


async def test_a_visit_nobody_began_is_listed_and_told_once_and_alarms_nobody(
    clinic: Clinic,
) -> None:
    referral, visit = await a_visit(clinic)
    await passes(clinic, visit, 29)
    assert visit["id"] not in await overdue(clinic)
    assert await not_begun(clinic, referral) == []

    late = await passes(clinic, visit, 2) - timedelta(minutes=29)

    listed = (await overdue(clinic))[visit["id"]]
    assert (listed["overdue_to"], listed["alarm_id"], listed["due_back_at"]) == (
        "begin",
        None,
        None,
    )
    assert listed["minutes_overdue"] in {0, 1}
    (told,) = await not_begun(clinic, referral)
    assert (told["occurred_at"], told["data"]["alarmed"]) == (late, False)
    assert await alarms_of(clinic, visit) == []
    assert (await step(clinic, visit, "check-in")).status_code == 200
    assert visit["id"] not in await overdue(clinic)


async def test_where_those_who_go_are_warned_a_visit_nobody_began_is_an_alarm(
    clinic: Clinic,
) -> None:
    day = (datetime.now(UTC) + timedelta(days=30)).date().isoformat()
    alarmed: dict[str, list[dict[str, Any]]] = {}
    for kind in ("threats", "falls"):
        referral, visit = await a_visit(clinic)
        flag = {"kind": kind, "review_by": day, "note": "Said so on the phone."}
        await clinic.made(f"/people/{referral['person_id']}/risk-flags", flag, member=WORKER)
        await passes(clinic, visit)
        alarmed[kind] = await alarms_of(clinic, visit)
        (told,) = await not_begun(clinic, referral)
        assert told["data"]["alarmed"] == (kind == "threats")
        assert ((await overdue(clinic))[visit["id"]]["alarm_id"] is not None) == (kind == "threats")
    assert [len(found) for found in alarmed.values()] == [1, 0]
    assert '"kind": "lone-worker-overdue"' in alarmed["threats"][0]["data"]


async def test_a_visit_that_began_was_called_off_or_whose_support_ended_is_not_told_as_late(
    clinic: Clinic,
) -> None:
    begun, called_off, ended = [await a_visit(clinic) for _ in range(3)]
    await step(clinic, begun[1], "check-in")
    await step(clinic, called_off[1], "cancellation")
    await clinic.ask(
        "PUT", f"/referrals/{ended[0]['id']}/status", {"status": "declined"}, If_Match='"1"'
    )
    for referral, visit in (begun, called_off):
        kinds = await clinic.owner.fetch(
            "select kind from timer where about = $1", UUID(visit["id"])
        )
        assert "visit-begin" not in {row["kind"] for row in kinds}, referral
    for referral, visit in (begun, called_off, ended):
        await passes(clinic, visit)
        assert await not_begun(clinic, referral) == []
        assert visit["id"] not in await overdue(clinic)


async def test_a_visit_written_down_late_has_its_time_to_begin(clinic: Clinic) -> None:
    ago = datetime.now(UTC) - timedelta(hours=2)
    _, visit = await a_visit(clinic, planned_for=ago.isoformat())

    assert datetime.fromisoformat(visit["begin_by"]) > datetime.now(UTC) + timedelta(minutes=25)
    assert visit["id"] not in await overdue(clinic)


async def test_a_clock_of_ours_that_runs_ahead_makes_no_alarm_later(clinic: Clinic) -> None:
    _, visit = await a_visit(clinic)
    ahead = (datetime.now(UTC) + timedelta(seconds=50)).isoformat()

    answer = await step(clinic, visit, "check-in", occurred_at=ahead)

    latest = datetime.now(UTC) + timedelta(minutes=45)
    assert datetime.fromisoformat(answer.json()["due_back_at"]) <= latest


async def test_a_manager_says_who_goes_and_a_worker_goes_themselves(clinic: Clinic) -> None:
    referral, visit = await a_visit(clinic)
    path = f"/referrals/{referral['id']}/visits"

    named = await clinic.made(path, {"worker_id": visit["worker_id"]}, member=MANAGER)
    refused = [
        await clinic.post(path, {}, member=MANAGER),
        await clinic.post(path, {"worker_id": visit["id"]}, member=WORKER),
    ]

    assert named["worker_id"] == visit["worker_id"]
    for answer in refused:
        assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, "/worker_id")


async def test_a_plan_long_past_or_on_an_ended_referral_is_refused(clinic: Clinic) -> None:
    referral, _ = await a_visit(clinic)
    path = f"/referrals/{referral['id']}/visits"
    past = (datetime.now(UTC) - timedelta(days=9)).isoformat()

    unlikely = await clinic.post(path, {"planned_for": past}, member=WORKER)
    await clinic.ask(
        "PUT", f"/referrals/{referral['id']}/status", {"status": "declined"}, If_Match='"1"'
    )
    ended = await clinic.post(path, {}, member=WORKER)

    assert (unlikely.status_code, unlikely.json()["type"]) == (422, "/problems/visit-time-unlikely")
    assert (ended.status_code, ended.json()["type"]) == (409, "/problems/referral-not-open")


async def test_a_visit_shows_the_risks_of_going_and_who_looked(clinic: Clinic) -> None:
    referral, visit = await a_visit(clinic)
    await clinic.owner.execute(
        """
        insert into risk_flag (
            id, pcn_code, person_id, kind, note, raised_by, raised_at, review_by, version,
            origin, recorded_at
        )
        values (gen_random_uuid(), 'U99001', $1, 'dog', 'A large dog.', null, now(), '2030-01-01',
            1, 'live', now())
        """,
        UUID(referral["person_id"]),
    )

    shown = await clinic.get(f"/visits/{visit['id']}", member=WORKER)

    assert shown.status_code == 200, shown.text
    VisitShown.model_validate_json(shown.text)
    assert [flag["note"] for flag in shown.json()["risk_flags"]] == ["A large dog."]
    assert (await clinic.audited(referral["person_id"]))[-1]["action"] == "visit.read"


async def test_who_is_overdue_is_for_the_network_alone(clinic: Clinic) -> None:
    answers = [
        await clinic.get(path, member=FOREIGN_MANAGER)
        for path in (OVERDUE, "/pcns/U98765/visits/overdue")
    ]
    assert [answer.status_code for answer in answers] == [404, 404]
    assert len(answers[0].content) == len(answers[1].content)
    assert (await clinic.get(OVERDUE, member=REFERRER)).status_code == 403


async def test_the_overdue_list_is_walked_in_pages(own_clinic: Clinic) -> None:
    visits: list[str] = []
    for hours in (5, 4, 3):
        _, visit = await a_visit(own_clinic)
        begun = (datetime.now(UTC) - timedelta(hours=hours)).isoformat()
        await step(own_clinic, visit, "check-in", occurred_at=begun)
        visits.append(visit["id"])

    first = (await own_clinic.get(f"{OVERDUE}?limit=2")).json()
    second = (await own_clinic.get(f"{OVERDUE}?limit=2&cursor={first['next']}")).json()

    assert [item["id"] for item in (*first["items"], *second["items"])] == visits
    assert second["next"] is None


@dataclass
class TwoClocks:
    """The database's clock as it would show the time, and one that only goes forward."""

    ahead: timedelta
    steady_seconds: float = 0.0

    async def wall(self, connection: Connection) -> datetime:
        return await timers.present(connection) + self.ahead

    def steady(self) -> float:
        return self.steady_seconds

    def pass_by(self, minutes: float, *, set_back: timedelta = timedelta()) -> None:
        """Time goes on, for both; the database's clock may be set back meanwhile."""
        self.steady_seconds += minutes * 60
        self.ahead += timedelta(minutes=minutes) - set_back


async def test_a_clock_that_is_set_back_delays_no_alarm(own_clinic: Clinic) -> None:
    clinic = own_clinic
    _, visit = await a_visit(clinic)
    await step(clinic, visit, "check-in")
    due_in = 30 + 15
    clocks = TwoClocks(timedelta())
    earlier = EarlierClock(clocks.wall, clocks.steady)

    async with schedules_of(clinic) as database:
        assert await earlier.fire_due(database, HANDLERS) == 0
        clocks.pass_by(1, set_back=timedelta(hours=1))
        assert await earlier.fire_due(database, HANDLERS) == 0
        clocks.pass_by(due_in - 3)
        assert await earlier.fire_due(database, HANDLERS) == 0
        assert await alarms_of(clinic, visit) == []
        clocks.pass_by(3)
        assert await earlier.fire_due(database, HANDLERS) == 1
        assert await earlier.fire_due(database, HANDLERS) == 0

    (alarm,) = await alarms_of(clinic, visit)
    # Whoever is told next waits from now on, not from when the earlier clock would have said.
    told = json.loads(alarm["data"])
    waits = datetime.fromisoformat(told["escalates_at"]) - datetime.now(UTC)
    assert waits <= timedelta(minutes=15)


async def test_what_is_set_after_the_clock_was_set_back_goes_by_the_clock_as_it_is(
    own_clinic: Clinic,
) -> None:
    clinic = own_clinic
    _, moved = await a_visit(clinic)
    _, begun = await a_visit(clinic)
    await step(clinic, moved, "check-in")
    clocks = TwoClocks(timedelta())
    earlier = EarlierClock(clocks.wall, clocks.steady)

    async with schedules_of(clinic) as database:
        await earlier.fire_due(database, HANDLERS)
        clocks.pass_by(1, set_back=timedelta(hours=1))
        await earlier.fire_due(database, HANDLERS)
        await step(clinic, begun, "check-in")
        await step(clinic, moved, "extension", minutes=90)
        clocks.pass_by(70)
        fired = await earlier.fire_due(database, HANDLERS)

    assert fired == 0
    assert await alarms_of(clinic, begun) == await alarms_of(clinic, moved) == []
