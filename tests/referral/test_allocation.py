"""Who works with whom over HTTP: assigning, caseloads, and a whole caseload that goes to others."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import pytest

from chassis.access.tokens import member_key
from chassis.access.workers import worker_id_of
from chassis.database import Database
from chassis.provisioning import Provisioned
from chassis.sql import Queries
from services.referral.api import allocation_answers as answers
from services.referral.schedules import HANDLERS
from services.referral.use_cases import reallocation
from services.referral.use_cases.timers import fire_due
from tests.referral.trial import (
    ANOTHER_WORKER,
    COLLEAGUE,
    FOREIGN_MANAGER,
    FOREIGN_WORKER,
    MANAGER,
    MEMBER_KEY_SECRET,
    REFERRER,
    WORKER,
    Clinic,
    a_referral,
    joined,
)

pytestmark = pytest.mark.postgres

CASELOADS = "/pcns/U99001/caseloads"
REALLOCATIONS = "/pcns/U99001/reallocations"


@pytest.fixture
async def worker(own_clinic: Clinic) -> AsyncIterator[Database]:
    """The database as schedules open it."""
    database = Database(own_clinic.database.worker_url, "worker", 3)
    await database.open()
    yield database
    await database.close()


def of_worker(worker_id: str) -> str:
    return f"/pcns/U99001/workers/{worker_id}/reallocations"


def id_of(clinic: Clinic, member: str) -> str:
    return str(worker_id_of(member_key(MEMBER_KEY_SECRET, clinic.issuer.url, member)))


async def assigned(clinic: Clinic, member: str, **changes: Any) -> dict[str, Any]:
    """A new referral whose episode belongs to a member."""
    referral = await clinic.made("/referrals", a_referral(**changes))
    answer = await clinic.ask(
        "PUT",
        f"/referrals/{referral['id']}/worker",
        {"worker_id": id_of(clinic, member)},
        If_Match='"0"',
    )
    assert answer.status_code == 200, answer.text
    return referral


async def caseloads(clinic: Clinic) -> dict[str, dict[str, Any]]:
    page = await clinic.get(CASELOADS)
    assert page.status_code == 200, page.text
    answers.CaseloadPage.model_validate_json(page.text)
    return {one["worker_id"]: one for one in page.json()["items"]}


async def people_of(clinic: Clinic, worker_id: str, count: int) -> None:
    """So many people this worker took on today, whose support has ended."""
    await clinic.owner.execute(
        """
        with people as (
            insert into person (
                id, pcn_code, practice_code, given_name, family_name, birth_date, sex,
                language, messages_consented, safe_channel, version, recorded_at
            )
            select
                uuidv7(), 'U99001', 'Y99001', 'Ada', 'Example', '1950-01-01', 'female', 'en',
                false, 'none', 1, now()
            from generate_series(1, $1)
            returning id
        )
        insert into episode
        select uuidv7(), 'U99001', id, now(), now(), $2, 0, 1, 1 from people
        """,
        count,
        UUID(worker_id),
    )


async def warnings(clinic: Clinic) -> list[dict[str, Any]]:
    rows = await clinic.rows("caseload_warning")
    return await clinic.events(*(f"caseload/{row['id']}" for row in rows))


async def told(clinic: Clinic, referral: dict[str, Any], kind: str) -> list[dict[str, Any]]:
    events = await clinic.events(f"episode/{referral['episode_id']}")
    return [one for one in events if one["type"] == f"waymark.{kind}.v1"]


async def test_a_manager_assigns_whoever_has_the_least_load_and_it_is_told_once(
    own_clinic: Clinic,
) -> None:
    await assigned(own_clinic, WORKER)
    referral = await own_clinic.made("/referrals", a_referral())
    path = f"/referrals/{referral['id']}/worker"
    shown = await own_clinic.get(path)
    answers.WorkerShown.model_validate_json(shown.text)
    assert shown.json()["worker_id"] is None
    proposed = [one["worker_id"] for one in shown.json()["proposed"]]
    assert proposed == [id_of(own_clinic, COLLEAGUE), id_of(own_clinic, WORKER)]

    answer = await own_clinic.ask(
        "PUT", path, {"worker_id": proposed[0]}, If_Match=shown.headers["ETag"]
    )

    assert answer.status_code == 200, answer.text
    answers.WorkerChanged.model_validate_json(answer.text)
    (event,) = await told(own_clinic, referral, "worker-assigned")
    assert event["data"]["worker_id"] == proposed[0]
    assert event["data"]["previous_worker_id"] is None
    assert event["data"]["reason"] == "assigned"
    assert event["aggregate_version"] == 2
    assert str(event["event_id"]) == answer.json()["event_id"]


async def test_a_worker_takes_an_episode_on_and_of_two_at_once_one_is_told(
    own_clinic: Clinic,
) -> None:
    referral = await own_clinic.made("/referrals", a_referral())
    path = f"/referrals/{referral['id']}/worker"

    both = await asyncio.gather(
        own_clinic.ask("PUT", path, {}, member=WORKER, If_Match='"0"'),
        own_clinic.ask("PUT", path, {}, member=COLLEAGUE, If_Match='"0"', Waymark_Reason="cover"),
    )

    assert sorted(one.status_code for one in both) == [200, 412]
    assert len(await told(own_clinic, referral, "worker-assigned")) == 1


async def test_a_first_contact_that_gives_an_episode_to_somebody_outdates_what_was_read(
    own_clinic: Clinic,
) -> None:
    referral = await own_clinic.made("/referrals", a_referral())
    path = f"/referrals/{referral['id']}"
    before = await own_clinic.get(f"{path}/worker")
    await own_clinic.made(f"{path}/contacts", {"mode": "phone"}, member=WORKER)

    answer = await own_clinic.ask(
        "PUT",
        f"{path}/worker",
        {"worker_id": id_of(own_clinic, COLLEAGUE)},
        If_Match=before.headers["ETag"],
    )

    assert answer.status_code == 412


async def test_a_worker_names_nobody_else_and_a_manager_nobody_of_elsewhere(
    own_clinic: Clinic,
) -> None:
    referral = await assigned(own_clinic, WORKER)
    path = f"/referrals/{referral['id']}/worker"
    etag = (await own_clinic.get(path)).headers["ETag"]
    colleague, elsewhere = (id_of(own_clinic, one) for one in (COLLEAGUE, FOREIGN_WORKER))

    for member, worker_id, refusal in (
        (WORKER, colleague, "rule-broken"),
        (MANAGER, elsewhere, "worker-not-here"),
        (MANAGER, None, "rule-broken"),
        (MANAGER, id_of(own_clinic, WORKER), "already-with-worker"),
    ):
        answer = await own_clinic.ask(
            "PUT", path, {"worker_id": worker_id}, member=member, If_Match=etag
        )
        assert answer.json()["type"] == f"/problems/{refusal}", (member, answer.text)
    without = await own_clinic.ask("PUT", path, {}, member=COLLEAGUE, If_Match=etag)
    assert (without.status_code, without.json()["type"]) == (403, "/problems/reason-required")
    assert len(await told(own_clinic, referral, "worker-assigned")) == 1


async def test_a_caseload_is_weighted_by_complexity_which_a_triage_or_a_worker_writes_down(
    own_clinic: Clinic,
) -> None:
    first = await assigned(own_clinic, WORKER)
    await assigned(own_clinic, WORKER)
    path = f"/referrals/{first['id']}"
    etag = (await own_clinic.get(f"{path}/worker", member=WORKER)).headers["ETag"]
    answer = await own_clinic.ask(
        "PUT", f"{path}/complexity", {"complexity": "high"}, member=WORKER, If_Match=etag
    )
    assert answer.status_code == 200, answer.text
    answers.WorkerChanged.model_validate_json(answer.text)

    load = (await caseloads(own_clinic))[id_of(own_clinic, WORKER)]
    assert load["open"] == {"low": 0, "medium": 1, "high": 1, "weighted": 3.0}
    assert load["year"] == load["open"]
    (event,) = await told(own_clinic, first, "complexity-set")
    assert event["data"]["complexity"] == "high"
    assert (event["data"]["previous_complexity"], event["data"]["said_by"]) == ("medium", "worker")

    again = await own_clinic.ask(
        "PUT",
        f"{path}/complexity",
        {"complexity": "high"},
        member=WORKER,
        If_Match=answer.headers["ETag"],
    )
    assert (again.status_code, again.json()["type"]) == (409, "/problems/complexity-stands")
    triage = await own_clinic.post(
        f"{path}/triage", {"complexity": "low", "confidence": "high"}, member=WORKER
    )
    assert triage.status_code == 201, triage.text
    load = (await caseloads(own_clinic))[id_of(own_clinic, WORKER)]
    assert load["open"]["weighted"] == 1.5
    assert len(await told(own_clinic, first, "complexity-set")) == 1


async def test_a_caseload_warns_before_a_year_is_full(own_clinic: Clinic) -> None:
    me = id_of(own_clinic, WORKER)
    assert (await caseloads(own_clinic))[me]["room"] == "room"
    one = await assigned(own_clinic, WORKER)
    for count, room in ((179, "nearly-full"), (20, "full"), (51, "over")):
        await people_of(own_clinic, me, count)
        load = (await caseloads(own_clinic))[me]
        assert load["room"] == room, load
    assert load["open"]["weighted"] == 1.0, one
    assert load["share_of_year"] > 1


async def test_it_is_told_once_that_a_year_is_nearly_full_and_again_after_there_was_room(
    own_clinic: Clinic,
) -> None:
    me = id_of(own_clinic, WORKER)
    await people_of(own_clinic, me, 178)
    await assigned(own_clinic, WORKER)
    assert await warnings(own_clinic) == []

    for _ in range(2):
        await assigned(own_clinic, WORKER)

    (told_first,) = await warnings(own_clinic)
    assert told_first["data"]["worker_id"] == me
    assert (told_first["data"]["room"], told_first["data"]["weighted_year"]) == ("nearly-full", 180)
    assert (told_first["data"]["full_year_min"], told_first["data"]["full_year_max"]) == (200, 250)
    assert (told_first["stream"], told_first["aggregate_version"]) == ("U99001", 1)
    await own_clinic.owner.execute(
        "update episode set opened_at = now() - interval '366 days' where closed_at is not null"
    )
    await assigned(own_clinic, WORKER)
    await people_of(own_clinic, me, 178)
    await assigned(own_clinic, WORKER)
    assert [one["aggregate_version"] for one in await warnings(own_clinic)] == [1, 2]


async def test_whoever_speaks_first_with_one_more_is_warned_as_well(own_clinic: Clinic) -> None:
    await people_of(own_clinic, id_of(own_clinic, WORKER), 179)
    referral = await own_clinic.made("/referrals", a_referral())

    path = f"/referrals/{referral['id']}/contacts"
    await own_clinic.made(path, {"mode": "phone"}, member=WORKER)
    await own_clinic.made(path, {"mode": "phone"}, member=WORKER)

    assert len(await warnings(own_clinic)) == 1


async def test_a_worker_reads_their_own_caseload_and_nobody_elses(own_clinic: Clinic) -> None:
    await assigned(own_clinic, WORKER)
    await assigned(own_clinic, COLLEAGUE)

    page = await own_clinic.get(CASELOADS, member=WORKER)

    assert [one["worker_id"] for one in page.json()["items"]] == [id_of(own_clinic, WORKER)]


async def test_a_whole_caseload_goes_to_others_by_load_and_each_episode_is_told_once(
    own_clinic: Clinic, worker: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reallocation, "MOVED_BATCH_MAX", 2)
    mine = [await assigned(own_clinic, WORKER) for _ in range(5)]
    kept = await assigned(own_clinic, COLLEAGUE)
    named = {"reason": "ill", "to_worker_ids": [id_of(own_clinic, COLLEAGUE)]}
    begun = await own_clinic.made(of_worker(id_of(own_clinic, WORKER)), named)
    assert (begun["status"], begun["waiting"], begun["moved"]) == ("running", 5, 0)
    twice = await own_clinic.post(of_worker(id_of(own_clinic, WORKER)), named)
    assert (twice.status_code, twice.json()["type"]) == (409, "/problems/reallocation-runs")

    # One batch, then as if the process had died and two others went on at once.
    assert await fire_due(worker, HANDLERS, "ordinary") == 1
    halfway = (await own_clinic.get(f"{REALLOCATIONS}/{begun['id']}")).json()
    assert (halfway["moved"], halfway["waiting"]) == (2, 3)
    for _ in range(3):
        await asyncio.gather(*(fire_due(worker, HANDLERS, "ordinary") for _ in range(2)))

    done = await own_clinic.get(f"{REALLOCATIONS}/{begun['id']}")
    answers.ReallocationShown.model_validate_json(done.text)
    assert (done.json()["status"], done.json()["moved"]) == ("done", 5)
    for referral in mine:
        last = (await told(own_clinic, referral, "worker-assigned"))[1:]
        assert [one["data"]["worker_id"] for one in last] == [id_of(own_clinic, COLLEAGUE)]
        assert last[0]["data"]["reason"] == "reallocated"
        assert last[0]["data"]["reallocation_id"] == begun["id"]
        assert "ill" not in last[0]["data"].values()
        assert (await own_clinic.audited(referral["person_id"]))[-1]["action"] == (
            "worker.reallocate"
        )
    assert len(await told(own_clinic, kept, "worker-assigned")) == 1
    loads = await caseloads(own_clinic)
    assert loads[id_of(own_clinic, COLLEAGUE)]["open"]["weighted"] == 6.0
    assert loads[id_of(own_clinic, WORKER)]["open"]["weighted"] == 0.0


async def test_a_caseload_goes_to_somebody_else_who_works_here_or_nowhere(
    own_clinic: Clinic,
) -> None:
    me = id_of(own_clinic, WORKER)
    for takers, refusal in (
        ([me], "nobody-to-take-over"),
        ([id_of(own_clinic, FOREIGN_WORKER)], "worker-not-here"),
    ):
        answer = await own_clinic.post(of_worker(me), {"to_worker_ids": takers, "reason": "left"})
        assert (answer.status_code, answer.json()["type"]) == (422, f"/problems/{refusal}")
    assert await own_clinic.count("reallocation") == 0


async def test_nobodys_caseload_is_not_given_away_but_that_of_whoever_left_is(
    own_clinic: Clinic,
) -> None:
    left = await assigned(own_clinic, WORKER)
    me = id_of(own_clinic, WORKER)
    for nobody in (str(uuid4()), id_of(own_clinic, FOREIGN_WORKER)):
        answer = await own_clinic.post(of_worker(nobody), {"reason": "left"})
        assert (answer.status_code, answer.json()["type"]) == (422, "/problems/worker-not-known")
    assert await own_clinic.count("reallocation") == 0

    key = member_key(MEMBER_KEY_SECRET, own_clinic.issuer.url, WORKER)
    await own_clinic.owner.execute("delete from access_membership where member_key = $1", key)
    begun = await own_clinic.made(of_worker(me), {"reason": "left"})

    assert begun["waiting"] == 1, left


@pytest.mark.parametrize("member", [FOREIGN_MANAGER])
async def test_another_networks_caseloads_answer_as_those_that_are_not_there(
    clinic: Clinic, member: str
) -> None:
    body = {"reason": "left", "to_worker_ids": [id_of(clinic, WORKER)]}
    of_somebody = of_worker(id_of(clinic, COLLEAGUE))
    begun = await clinic.made(of_somebody, body)
    paths = [CASELOADS, f"{REALLOCATIONS}/{begun['id']}"]
    for path in paths:
        own = await clinic.get(path, member=member)
        none = await clinic.get(path.replace("U99001", "U00000"), member=member)
        assert own.status_code == none.status_code == 404
        assert len(own.text) == len(none.text)
    assert (await clinic.post(of_somebody, body, member=member)).status_code == 404
    assert (await clinic.get(CASELOADS, member=REFERRER)).status_code == 403


async def test_the_examples_of_waiting_and_allocation_are_taken_as_they_stand(
    own_clinic: Clinic,
) -> None:
    await joined(own_clinic, ANOTHER_WORKER)
    referral = await own_clinic.made("/referrals", a_referral())
    document = (await own_clinic.http.get("/openapi.json")).json()
    pause_id = ""
    for method, path, version in (
        ("POST", "/referrals/{referral_id}/pauses", None),
        ("POST", "/referrals/{referral_id}/pauses/{pause_id}/end", None),
        ("PUT", "/referrals/{referral_id}/worker", 0),
        ("PUT", "/referrals/{referral_id}/complexity", 3),
        ("PUT", "/pcns/{pcn_code}/waiting-rules", 0),
        ("PUT", "/pcns/{pcn_code}/closures/{day}", 1),
        ("POST", "/pcns/{pcn_code}/workers/{worker_id}/reallocations", None),
    ):
        operation = document["paths"][path][method.lower()]
        filled = path.format(
            referral_id=referral["id"],
            pause_id=pause_id,
            pcn_code="U99001",
            day="2027-06-09",
            worker_id=id_of(own_clinic, WORKER),
        )
        answer = await own_clinic.ask(
            method,
            filled,
            operation["requestBody"]["content"]["application/json"]["example"],
            member=f"{operation['x-demo-role']} {operation['x-demo-organisation']}",
            If_Match=f'"{version}"',
        )
        assert answer.is_success, (path, answer.text)
        pause_id = pause_id or answer.json()["id"]


async def test_caseloads_are_read_by_index_however_many_people_a_network_has(
    make_database: Callable[[str], Awaitable[Provisioned]], postgres_server: str
) -> None:
    queries = Queries("services.referral")
    provisioned = await make_database("referral")
    name = provisioned.owner_url.rpartition("/")[2]
    owner = await asyncpg.connect(f"{postgres_server.rpartition('/')[0]}/{name}")
    api = await asyncpg.connect(provisioned.api_url)
    try:
        await owner.execute(
            """
            insert into person (
                id, pcn_code, practice_code, given_name, family_name, birth_date, sex, language,
                messages_consented, safe_channel, version, recorded_at
            )
            select
                uuidv7(), 'U9900' || n % 20, 'Y99001', 'Ada', 'Example', '1950-01-01', 'female',
                'en', false, 'none', 1, now()
            from generate_series(1, 40000) as n
            """
        )
        await owner.execute(
            """
            insert into episode
            select
                uuidv7(), pcn_code, id, now(), null,
                ('01980000-0000-7000-8000-0000000000' || lpad((random() * 10)::int::text, 2, '0'))
                ::uuid, 1, 0, 1
            from person
            """
        )
        await owner.execute(
            "insert into allocation select id, pcn_code, 'low', 1, now() from episode"
        )
        await owner.execute("analyze person, episode, allocation")
        await api.execute("set plan_cache_mode = force_generic_plan")
        await api.execute("select set_config('app.organisations', 'U99001', false)")
        some = [uuid4()]
        for query, values in {
            "count_caseloads": ["U99001", None],
            "count_caseloads_of": ["U99001", None, some],
            "list_episodes_of_worker": ["U99001", uuid4(), 50],
            "load_allocations": [some],
            "view_reallocation": [uuid4()],
            "list_roles_worked_in": ["U99001", uuid4()],
            "has_worked_in_network": ["U99001", uuid4()],
        }.items():
            found = await api.fetch(f"explain {queries[query]}", *values)
            plan = "\n".join(row[0] for row in found)
            assert "Seq Scan on episode" not in plan, plan
    finally:
        await owner.close()
        await api.close()
