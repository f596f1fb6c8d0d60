"""Waiting over HTTP: the list and its reasons, two clocks, and what falls due."""

from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import pytest

from chassis.database import Database
from chassis.ids import new_id
from chassis.provisioning import Provisioned
from chassis.sql import Queries
from services.referral.api import waiting_answers as answers
from services.referral.domain.calendar import Calendar, bank_holidays, local_date
from services.referral.schedules import HANDLERS
from services.referral.store import rules
from services.referral.use_cases.calendar import recount_what_is_outdated
from services.referral.use_cases.timers import fire_due
from tests.referral.trial import (
    COLLEAGUE,
    FOREIGN_MANAGER,
    FOREIGN_WORKER,
    MANAGER,
    REFERRER,
    WORKER,
    Clinic,
    a_person,
    a_referral,
)

pytestmark = pytest.mark.postgres

NOW = datetime.now(UTC)
RULES = "/pcns/U99001/waiting-rules"


@pytest.fixture
async def worker(own_clinic: Clinic) -> AsyncIterator[Database]:
    """The database as schedules open it."""
    database = Database(own_clinic.database.worker_url, "worker", 2)
    await database.open()
    yield database
    await database.close()


async def fire(worker: Database) -> int:
    return await fire_due(worker, HANDLERS, "ordinary")


def ago(**past: float) -> str:
    return (NOW - timedelta(**past)).isoformat()


async def waiting(clinic: Clinic, **query: Any) -> list[dict[str, Any]]:
    asked = "&".join(f"{name}={value}" for name, value in query.items())
    page = await clinic.get(f"/pcns/U99001/waiting-list?{asked}")
    assert page.status_code == 200, page.text
    answers.WaitPage.model_validate_json(page.text)
    return page.json()["items"]


async def overdue_events(clinic: Clinic, episode_id: str) -> list[dict[str, Any]]:
    told = await clinic.events(f"episode/{episode_id}")
    return [one for one in told if one["type"] == "waymark.first-contact-overdue.v1"]


def next_working_day(days_ahead: int) -> date:
    return Calendar().after(local_date(NOW), days_ahead)


async def test_who_comes_next_is_explained_by_need_urgency_equity_and_days_waited(
    own_clinic: Clinic,
) -> None:
    quiet = await own_clinic.made(
        "/referrals", a_referral(person=a_person(deprivation_decile=10), needs=["money"])
    )
    urgent = await own_clinic.made("/referrals", a_referral(urgency="urgent", needs=["money"]))
    long_ago = await own_clinic.made(
        "/referrals", a_referral(occurred_at=ago(days=9), needs=["money"])
    )
    poor = await own_clinic.made(
        "/referrals",
        a_referral(person=a_person(deprivation_decile=1), needs=["money", "isolation", "housing"]),
    )

    listed = await waiting(own_clinic)

    assert [one["referral_id"] for one in listed] == [
        urgent["id"],
        long_ago["id"],
        poor["id"],
        quiet["id"],
    ]
    scores = {one["referral_id"]: one["score"] for one in listed}
    assert scores[urgent["id"]]["urgency"] == 21
    assert scores[long_ago["id"]]["waiting"] == pytest.approx(9, abs=0.1)
    assert (scores[poor["id"]]["equity"], scores[poor["id"]]["need"]) == (9, 4)
    assert scores[quiet["id"]] == {
        "need": 0,
        "urgency": 0,
        "equity": 0,
        "overdue": 0,
        "waiting": 0.0,
        "total": 0.0,
        "weights_version": "waiting-1",
    }
    for score in scores.values():
        parts = [score[part] for part in ("need", "urgency", "equity", "overdue", "waiting")]
        assert score["total"] == pytest.approx(sum(parts), abs=0.05)
    totals = [score["total"] for score in scores.values()]
    assert totals == sorted(totals, reverse=True)


async def test_the_list_is_walked_in_pages_without_a_gap(own_clinic: Clinic) -> None:
    made = [await own_clinic.made("/referrals", a_referral()) for _ in range(5)]
    found, path = [], "/pcns/U99001/waiting-list?limit=2"
    cursor = ""
    while True:
        page = (await own_clinic.get(path + cursor)).json()
        found += [one["referral_id"] for one in page["items"]]
        if page["next"] is None:
            break
        cursor = f"&cursor={page['next']}"

    assert found == [one["id"] for one in made]


async def test_a_referral_that_joins_makes_the_wait_more_pressing_and_never_less(
    own_clinic: Clinic,
) -> None:
    person = a_person()
    first = await own_clinic.made("/referrals", a_referral(person=person, urgency="soon"))
    await own_clinic.made(
        "/referrals", a_referral(person_id=None, person=person, urgency="routine", needs=["money"])
    )
    await own_clinic.made(
        "/referrals",
        a_referral(person=person, urgency="urgent", needs=["money", "housing", "caring", "work"]),
    )

    (only,) = await waiting(own_clinic)

    assert only["referral_id"] == first["id"]
    assert (only["urgency"], only["score"]["urgency"]) == ("urgent", 21)
    assert (only["needs_counted"], only["score"]["need"]) == (4, 6)


async def test_the_first_contact_is_due_after_ten_working_days_by_a_calendar_that_is_named(
    own_clinic: Clinic,
) -> None:
    referral = await own_clinic.made("/referrals", a_referral())

    (only,) = await waiting(own_clinic)

    assert only["due_on"] == next_working_day(10).isoformat()
    assert only["calendar_version"] == "england-1/0"
    (timer,) = await own_clinic.rows("timer")
    assert str(timer["about"]) == referral["episode_id"]
    assert local_date(timer["due_at"]) == next_working_day(10) + timedelta(days=1)


async def test_a_first_contact_ends_the_wait_and_one_that_never_was_begins_it_again(
    own_clinic: Clinic,
) -> None:
    referral = await own_clinic.made("/referrals", a_referral())
    path = f"/referrals/{referral['id']}"
    before = await own_clinic.rows("timer")
    await own_clinic.made(
        f"{path}/contacts", {"mode": "phone", "outcome": "attempted"}, member=WORKER
    )
    assert len(await waiting(own_clinic)) == 1

    contact = await own_clinic.made(f"{path}/contacts", {"mode": "phone"}, member=WORKER)
    assert await waiting(own_clinic) == []
    assert await own_clinic.rows("timer") == []

    voided = await own_clinic.ask(
        "POST",
        f"/contacts/{contact['id']}/voiding",
        {"reason": "did-not-happen"},
        member=WORKER,
        If_Match='"1"',
    )
    assert voided.is_success, voided.text
    assert len(await waiting(own_clinic)) == 1
    after = await own_clinic.rows("timer")
    assert [one["due_at"] for one in after] == [one["due_at"] for one in before]


async def test_an_episode_that_ends_no_longer_waits(own_clinic: Clinic) -> None:
    referral = await own_clinic.made("/referrals", a_referral())
    moved = await own_clinic.ask(
        "PUT", f"/referrals/{referral['id']}/status", {"status": "declined"}, If_Match='"1"'
    )
    assert moved.is_success

    assert await waiting(own_clinic) == []
    assert await own_clinic.rows("timer") == []


async def test_nobody_waits_who_died_unless_it_was_somebody_else(own_clinic: Clinic) -> None:
    died = await own_clinic.made("/referrals", a_referral())
    lives = await own_clinic.made("/referrals", a_referral())
    path = f"/people/{died['person_id']}/death"

    await own_clinic.made(path, {})
    assert [one["referral_id"] for one in await waiting(own_clinic)] == [lives["id"]]

    answer = await own_clinic.post(f"{path}/withdrawal", {})
    assert answer.status_code == 200, answer.text
    listed = [one["referral_id"] for one in await waiting(own_clinic)]
    assert listed == [died["id"], lives["id"]]


async def test_nobody_waits_under_a_record_that_somebody_who_died_speaks_for(
    own_clinic: Clinic,
) -> None:
    kept = await own_clinic.made("/people", {**a_person(), "practice_code": "Y99001"})
    other = await own_clinic.made("/referrals", a_referral())
    merge = {"person_id": other["person_id"], "numbers_checked": True}
    await own_clinic.made(f"/people/{kept['id']}/merges", merge)

    await own_clinic.made(f"/people/{kept['id']}/death", {})

    assert await waiting(own_clinic) == []


async def test_a_first_contact_that_is_late_is_told_once_and_moves_the_person_up(
    own_clinic: Clinic, worker: Database
) -> None:
    late = await own_clinic.made("/referrals", a_referral(occurred_at=ago(days=40)))
    in_time = await own_clinic.made("/referrals", a_referral())

    assert await fire(worker) == 1
    assert await fire(worker) == 0

    (told,) = await overdue_events(own_clinic, late["episode_id"])
    due_on = Calendar().after(local_date(NOW - timedelta(days=40)), 10)
    assert told["data"]["due_on"] == due_on.isoformat()
    assert told["data"]["calendar_version"] == "england-1/0"
    assert local_date(told["occurred_at"]) == due_on + timedelta(days=1)
    assert told["aggregate_version"] == 2
    assert not await overdue_events(own_clinic, in_time["episode_id"])
    first = (await waiting(own_clinic))[0]
    assert (first["overdue"], first["score"]["overdue"]) == (True, 5)
    later = await own_clinic.made(
        f"/referrals/{late['id']}/goals", {"need": "money"}, member=WORKER
    )
    assert (await own_clinic.events(f"episode/{late['episode_id']}"))[-1][
        "aggregate_version"
    ] == 3, later


async def test_an_import_is_given_time_to_tell_of_contacts_before_anything_is_late(
    own_clinic: Clinic, worker: Database
) -> None:
    item = {"key": "old", **a_referral(occurred_at=ago(days=40))}
    told = await own_clinic.post("/referrals/batch", {"origin": "import", "items": [item]})
    assert told.json()["items"][0]["status"] == 201

    assert await fire(worker) == 0
    (timer,) = await own_clinic.rows("timer")
    assert timer["next_at"] > NOW + timedelta(minutes=50)


async def test_a_contact_at_the_same_moment_leaves_nothing_to_tell(
    own_clinic: Clinic, worker: Database
) -> None:
    late = await own_clinic.made("/referrals", a_referral(occurred_at=ago(days=40)))
    await own_clinic.made(f"/referrals/{late['id']}/contacts", {"mode": "phone"}, member=WORKER)
    # As if the timer had been read before the contact committed.
    await own_clinic.owner.execute(
        "insert into timer values ($1, 'first-contact', $2, 'U99001', 'ordinary', $3, $3)",
        new_id(),
        UUID(late["episode_id"]),
        NOW - timedelta(days=20),
    )

    assert await fire(worker) == 1
    assert not await overdue_events(own_clinic, late["episode_id"])


async def test_a_pause_stops_the_services_clock_and_never_the_persons(
    own_clinic: Clinic,
) -> None:
    referral = await own_clinic.made("/referrals", a_referral(occurred_at=ago(days=20)))
    path = f"/referrals/{referral['id']}"

    paused = await own_clinic.post(
        f"{path}/pauses", {"reason": "person-away", "occurred_at": ago(days=14)}, member=WORKER
    )
    assert paused.status_code == 201, paused.text
    answers.WaitMoved.model_validate_json(paused.text)
    assert paused.json()["words"] == "You told us that you are away."
    assert paused.json()["due_on"] is None
    assert await own_clinic.rows("timer") == []
    (listed,) = await waiting(own_clinic)
    assert listed["pause_reason"] == "person-away"

    ended = await own_clinic.post(
        f"{path}/pauses/{paused.json()['id']}/end", {"occurred_at": ago(days=7)}, member=WORKER
    )
    assert ended.status_code == 200, ended.text
    calendar = Calendar()
    days = [local_date(NOW - timedelta(days=past)) for past in (20, 14, 7, 0)]
    lost = calendar.between(days[1], days[2])
    due_on = calendar.after(days[0], 10 + lost)
    assert ended.json()["due_on"] == due_on.isoformat()
    (timer,) = await own_clinic.rows("timer")
    assert local_date(timer["due_at"]) == due_on + timedelta(days=1)

    shown = await own_clinic.get(f"{path}/waiting", member=WORKER)
    answers.WaitShown.model_validate_json(shown.text)
    assert shown.json()["clocks"] == {
        "person_days": 20,
        "service_working_days": calendar.between(days[0], days[3]) - lost,
        "paused_working_days": lost,
    }
    assert (await waiting(own_clinic))[0]["clocks"] == shown.json()["clocks"]
    told = await own_clinic.events(f"episode/{referral['episode_id']}")
    assert [one["type"] for one in told[1:]] == [
        "waymark.wait-paused.v1",
        "waymark.wait-resumed.v1",
    ]
    assert told[2]["data"]["paused_working_days"] == lost
    assert [one["aggregate_version"] for one in told] == [1, 2, 3]


async def test_a_wait_pauses_once_at_a_time_and_ends_once(own_clinic: Clinic) -> None:
    referral = await own_clinic.made("/referrals", a_referral(occurred_at=ago(days=2)))
    path = f"/referrals/{referral['id']}/pauses"
    paused = await own_clinic.made(path, {"reason": "other"}, member=WORKER)

    again = await own_clinic.post(path, {"reason": "other"}, member=WORKER)
    assert (again.status_code, again.json()["type"]) == (409, "/problems/wait-already-paused")
    end = f"{path}/{paused['id']}/end"
    early = await own_clinic.post(end, {"occurred_at": ago(days=1)}, member=WORKER)
    assert (early.status_code, early.json()["type"]) == (422, "/problems/occurred-before-referral")
    assert (await own_clinic.post(end, {}, member=WORKER)).status_code == 200
    twice = await own_clinic.post(end, {}, member=WORKER)
    assert (twice.status_code, twice.json()["type"]) == (409, "/problems/wait-not-paused")
    unknown = await own_clinic.post(f"{path}/{uuid4()}/end", {}, member=WORKER)
    assert unknown.status_code == 404

    await own_clinic.made(f"/referrals/{referral['id']}/contacts", {"mode": "phone"}, member=WORKER)
    over = await own_clinic.post(path, {"reason": "other"}, member=WORKER)
    assert (over.status_code, over.json()["type"]) == (409, "/problems/not-waiting")


async def test_a_new_target_holds_for_those_referred_from_then_on(
    own_clinic: Clinic, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rules, "REMEMBERED_SECONDS_MAX", 0.0)
    before = await own_clinic.made("/referrals", a_referral())
    target = {"first_contact_working_days": 3}
    changed = await own_clinic.ask("PUT", RULES, target, If_Match='"0"')
    assert changed.status_code == 200, changed.text
    answers.WaitingRules.model_validate_json(changed.text)
    outdated = await own_clinic.ask("PUT", RULES, target, If_Match='"0"')
    assert outdated.status_code == 412

    after = await own_clinic.made("/referrals", a_referral())
    listed = {one["referral_id"]: one for one in await waiting(own_clinic)}
    assert listed[before["id"]]["due_on"] == next_working_day(10).isoformat()
    assert listed[after["id"]]["due_on"] == next_working_day(3).isoformat()
    assert listed[after["id"]]["first_contact_working_days"] == 3
    (told,) = await own_clinic.events("waiting-rules/U99001")
    assert told["data"] == {"pcn_code": "U99001", "target_working_days": 3}


async def test_a_closure_moves_every_deadline_and_its_timer_and_lifting_it_moves_them_back(
    own_clinic: Clinic, worker: Database
) -> None:
    referral = await own_clinic.made("/referrals", a_referral())
    day = next_working_day(2)
    path = f"/pcns/U99001/closures/{day.isoformat()}"

    closed = await own_clinic.ask("PUT", path, {"reason": "training"}, If_Match='"0"')
    assert closed.status_code == 200, closed.text
    answers.ClosureMoved.model_validate_json(closed.text)
    assert await fire(worker) == 1

    (listed,) = await waiting(own_clinic)
    assert listed["due_on"] == Calendar(1, frozenset({day})).after(local_date(NOW), 10).isoformat()
    assert listed["calendar_version"] == "england-1/1"
    (timer,) = [one for one in await own_clinic.rows("timer") if one["kind"] == "first-contact"]
    assert str(timer["about"]) == referral["episode_id"]
    assert local_date(timer["due_at"]).isoformat() > listed["due_on"]
    page = await own_clinic.get("/pcns/U99001/closures", member=WORKER)
    answers.ClosurePage.model_validate_json(page.text)
    assert [one["day"] for one in page.json()["items"]] == [day.isoformat()]

    again = await own_clinic.ask("PUT", path, {"reason": "training"}, If_Match='"1"')
    assert (again.status_code, again.json()["event_id"]) == (200, None)
    lifted = await own_clinic.ask("DELETE", path, If_Match='"1"')
    assert lifted.status_code == 200, lifted.text
    assert (await own_clinic.ask("DELETE", path, If_Match='"2"')).status_code == 404
    await fire(worker)
    (listed,) = await waiting(own_clinic)
    assert listed["due_on"] == next_working_day(10).isoformat()
    assert listed["calendar_version"] == "england-1/2"
    told = await own_clinic.events("waiting-rules/U99001")
    assert [one["type"] for one in told] == [
        "waymark.closure-set.v1",
        "waymark.closure-lifted.v1",
    ]


async def test_what_others_counted_by_the_rules_they_remembered_is_counted_again(
    own_clinic: Clinic, worker: Database
) -> None:
    await own_clinic.made("/referrals", a_referral())  # this process remembers the rules now
    day = next_working_day(2)
    path = f"/pcns/U99001/closures/{day.isoformat()}"
    await own_clinic.ask("PUT", path, {"reason": "training"}, If_Match='"0"')
    await fire(worker)
    await own_clinic.made("/referrals", a_referral())
    versions = {one["calendar_version"] for one in await waiting(own_clinic)}
    assert versions == {"england-1/0", "england-1/1"}

    # The recount comes back for as long as somebody may remember.
    moved = await own_clinic.owner.execute(
        "update timer set due_at = now(), next_at = now() where kind = 'calendar'"
    )
    assert moved == "UPDATE 1"
    await fire(worker)
    assert {one["calendar_version"] for one in await waiting(own_clinic)} == {"england-1/1"}


async def test_another_version_of_bank_holidays_or_weights_has_waits_counted_again(
    own_clinic: Clinic, worker: Database
) -> None:
    async with worker.transaction() as connection:
        assert await recount_what_is_outdated(connection) == 0
    await own_clinic.made("/referrals", a_referral())
    await own_clinic.made("/referrals", a_referral())
    await own_clinic.owner.execute(
        "update waiting set calendar_version = 'england-0/0', due_on = '2020-01-01'"
        " where as_if_since = (select min(as_if_since) from waiting)"
    )
    await own_clinic.owner.execute(
        "update waiting set weights_version = 'waiting-0', urgency_points = 99"
        " where calendar_version <> 'england-0/0'"
    )

    # The network never said anything of its waiting.
    assert await own_clinic.count("waiting_rules") == 0
    async with worker.transaction() as connection:
        assert await recount_what_is_outdated(connection) == 1
    await fire(worker)

    listed = await waiting(own_clinic)
    assert {one["calendar_version"] for one in listed} == {"england-1/0"}
    assert {one["due_on"] for one in listed} == {next_working_day(10).isoformat()}
    assert {one["score"]["urgency"] for one in listed} == {0}
    async with worker.transaction() as connection:
        assert await recount_what_is_outdated(connection) == 0


async def test_where_somebody_lives_counts_for_their_place_once_it_is_known(
    own_clinic: Clinic,
) -> None:
    somewhere = a_person(deprivation_decile=None, postcode=None)
    referral = await own_clinic.made("/referrals", a_referral(person=somewhere))
    (before,) = await waiting(own_clinic)
    assert (before["deprivation_decile"], before["score"]["equity"]) == (None, 5)

    path = f"/people/{referral['person_id']}"
    etag = (await own_clinic.get(path)).headers["ETag"]
    changed = await own_clinic.ask("PATCH", path, {"deprivation_decile": 1}, If_Match=etag)
    assert changed.status_code == 200, changed.text

    (after,) = await waiting(own_clinic)
    assert (after["deprivation_decile"], after["score"]["equity"]) == (1, 9)
    earlier = datetime.fromisoformat(before["as_if_since"]) - timedelta(days=4)
    assert datetime.fromisoformat(after["as_if_since"]) == earlier


async def test_a_closure_is_a_day_that_would_be_worked_and_is_the_managers_to_set(
    own_clinic: Clinic,
) -> None:
    holiday = min(day for day in bank_holidays(NOW.year + 1) if day.weekday() < 5)
    refused = await own_clinic.ask(
        "PUT", f"/pcns/U99001/closures/{holiday}", {"reason": "training"}, If_Match='"0"'
    )
    assert (refused.status_code, refused.json()["type"]) == (422, "/problems/closure-unfit")
    for member in (WORKER, REFERRER):
        answer = await own_clinic.ask(
            "PUT",
            f"/pcns/U99001/closures/{next_working_day(1)}",
            {"reason": "training"},
            member=member,
            If_Match='"0"',
        )
        assert answer.status_code == 403
    unseen = await own_clinic.ask("PUT", RULES, {"first_contact_working_days": 5})
    assert unseen.status_code == 428


@pytest.mark.parametrize("member", [FOREIGN_WORKER, FOREIGN_MANAGER])
async def test_another_networks_waiting_answers_as_one_that_is_not_there(
    clinic: Clinic, member: str
) -> None:
    for path in ("waiting-list", "waiting-rules", "closures"):
        own = await clinic.get(f"/pcns/U99001/{path}", member=member)
        none = await clinic.get(f"/pcns/U00000/{path}", member=member)
        assert own.status_code == none.status_code == 404
        assert len(own.text) == len(none.text)


async def test_a_colleagues_wait_is_opened_with_a_reason(own_clinic: Clinic) -> None:
    referral = await own_clinic.made("/referrals", a_referral())
    path = f"/referrals/{referral['id']}"
    await own_clinic.made(f"{path}/contacts", {"mode": "phone"}, member=WORKER)
    refused = await own_clinic.get(f"{path}/waiting", member=COLLEAGUE)
    assert refused.status_code == 403
    refused = await own_clinic.post(f"{path}/pauses", {"reason": "other"}, member=COLLEAGUE)
    assert refused.status_code == 403
    shown = await own_clinic.get(f"{path}/waiting", member=MANAGER)
    assert (shown.json()["waits"], shown.json()["score"]) == (False, None)


async def test_the_list_is_read_by_index_however_many_wait(
    make_database: Callable[[str], Awaitable[Provisioned]], postgres_server: str
) -> None:
    queries = Queries("services.referral")
    provisioned = await make_database("referral")
    name = provisioned.owner_url.rpartition("/")[2]
    owner = await asyncpg.connect(f"{postgres_server.rpartition('/')[0]}/{name}")
    api = await asyncpg.connect(provisioned.api_url)
    try:
        await many_wait(owner, 30_000)
        await api.execute("set plan_cache_mode = force_generic_plan")
        await api.execute("select set_config('app.organisations', 'U99001', false)")
        some = [uuid4()]
        for query, values in {
            "list_waiting": ["U99001", None, None, 51],
            "list_waiting_for_role": ["U99001", None, None, 51, "link-worker"],
            "since_when_waited": [uuid4()],
            "what_presses_together": [uuid4()],
            "view_wait": [uuid4()],
            "load_waits": [some],
            "load_pauses": [some],
            "lock_waiting_episodes": [some],
            "write_waits": ["[]", some],
            "list_outdated_waits": ["U99001", "england-1/1", "waiting-1", 200],
        }.items():
            found = await api.fetch(f"explain {queries[query]}", *values)
            plan = "\n".join(row[0] for row in found)
            for table in ("waiting", "episode", "wait_pause", "timer", "person"):
                assert f"Seq Scan on {table}" not in plan, plan
            assert "Sort" not in plan or not query.startswith("list_waiting"), plan
    finally:
        await owner.close()
        await api.close()


async def many_wait(owner: Any, count: int) -> None:
    """So many open episodes that wait, in three networks."""
    await owner.execute(
        """
        insert into person (
            id, pcn_code, practice_code, given_name, family_name, birth_date, sex, language,
            messages_consented, safe_channel, version, recorded_at
        )
        select
            uuidv7(), 'U9900' || n % 3, 'Y9900' || n % 3, 'Ada', 'Example',
            date '1930-01-01' + n % 20000, 'female', 'en', false, 'none', 1, now()
        from generate_series(1, $1) as n
        """,
        count,
    )
    await owner.execute(
        """
        insert into episode
        select uuidv7(), pcn_code, id, now(), null, null, 1, 0, 1 from person
        """
    )
    await owner.execute(
        """
        insert into waiting
        select
            id, pcn_code, 'Y99001', uuidv7(), opened_at, 'routine', 0, 1, 0, 3, 7, false, 0,
            'waiting-1', opened_at - random() * interval '40 days', 10, current_date, now(),
            'england-1/0'
        from episode
        """
    )
    await owner.execute(
        """
        insert into wait_pause
        select
            uuidv7(), pcn_code, practice_code, episode_id, referral_id, 'person-away',
            now() - interval '9 days', now() - interval '8 days', now()
        from waiting
        """
    )
    await owner.execute(
        """
        insert into timer
        select uuidv7(), 'first-contact', episode_id, pcn_code, 'ordinary', now(), now()
        from waiting
        """
    )
    await owner.execute("analyze person, episode, waiting, wait_pause, timer, contact")
