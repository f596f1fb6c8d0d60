"""Feeds in: registered, read, applied once, taken up where they were cut off, never over a person's word."""

import asyncio
import json
from typing import Any
from uuid import uuid4

import pytest

from chassis.access.service_client import ServiceClient
from chassis.service import WorkerContext
from services.directory.domain.feed_rules import FeedLimits
from services.directory.domain.taxonomy import TAXONOMY_NAME
from services.directory.main import SERVICE
from services.directory.use_cases.feed_reading import TOO_MANY_UNLISTED
from tests.directory.feed_server import (
    FeedServer,
    Reply,
    Request,
    as_json,
    good_feed,
    page_of,
    running_feed,
    service,
)
from tests.directory.feeds_office import (
    a_worker,
    asked_for,
    contents_of,
    counts,
    registered,
    run_feed,
    run_of,
)
from tests.directory.trial import (
    FOREIGN_REGISTRAR,
    MANAGER,
    WORKER,
    Office,
    fill_foreign_region,
)
from tests.waiting import until

pytestmark = pytest.mark.postgres


async def _listing(office: Office, name: str) -> dict[str, Any]:
    rows = [row for row in await office.rows("listing") if row["name"] == name]
    assert len(rows) == 1
    return rows[0]


async def test_a_feed_is_registered_once_by_a_registrar_and_runs_when_asked(
    office: Office,
) -> None:
    body = {"name": "County", "base_url": "http://127.0.0.1:9/api"}
    first = await office.post("/feeds", body)
    again = await office.post("/feeds", body)
    other = await office.post("/feeds", {**body, "every_hours": 24})
    by_manager = await office.post("/feeds", body, member=MANAGER)

    assert (first.status_code, again.status_code) == (201, 200)
    assert first.json() == again.json()
    assert first.json()["every_hours"] is None
    assert (other.status_code, other.json()["type"]) == (409, "/problems/name-taken")
    assert by_manager.status_code == 403
    assert not await a_worker(office).work_once()

    feed_id = first.json()["id"]
    assert await asked_for(office, feed_id) == await asked_for(office, feed_id)
    assert len(await office.rows("feed_run")) == 1


async def test_another_regions_feed_answers_as_one_that_is_not_there(office: Office) -> None:
    await fill_foreign_region(office)
    feed_id = await registered(office, "http://127.0.0.1:9")
    run_id = await asked_for(office, feed_id)

    for path in ("", f"/runs/{run_id}", f"/runs/{run_id}/refused", "/corrections"):
        foreign = await office.get(f"/feeds/{feed_id}{path}", member=FOREIGN_REGISTRAR)
        assert foreign.status_code == 404
    asked = await office.post(f"/feeds/{feed_id}/runs", {}, member=FOREIGN_REGISTRAR)
    assert asked.status_code == 404
    assert (await office.found("/feeds", member=FOREIGN_REGISTRAR))["items"] == []


async def test_a_run_enters_each_listing_once_and_tells_each_fact_once(office: Office) -> None:
    async with running_feed(good_feed([service(n) for n in range(250)])) as feed:
        feed_id = await registered(office, feed.url)
        run = await run_feed(office, feed_id)
        again = await run_feed(office, feed_id, whole=True)

    assert counts(run) == ("done", 250, 0, 0, 0)
    assert (run["pages"], run["listings"], run["waiting"]) == (3, 250, 0)
    assert run["bytes"] > 50_000
    assert counts(again) == ("done", 0, 0, 250, 0)
    events = await office.events()
    told = [event for event in events if event["type"] == "waymark.listing-published.v1"]
    groups = [event for event in events if event["type"] == "waymark.organization-listed.v1"]
    assert (len(told), len(groups)) == (250, 50)
    assert {event["origin"] for event in [*told, *groups]} == {"import"}
    assert len({event["subject"] for event in told}) == 250
    page = await office.found("/services", member=None, params={"per_page": 100})
    assert page["total_items"] == 250
    shown = await office.found(f"/services/{page['contents'][0]['id']}", member=None)
    assert shown["field_sources"]["schedules"]["feed"] == "County"
    found = await office.found("/search", member=None, params={"words": "gentle walk"})
    assert found["items"]
    assert await office.rows("feed_row") == []


async def test_only_what_changed_is_asked_for_where_the_feed_offers_that(office: Office) -> None:
    asked: list[dict[str, str]] = []

    def answer(request: Request) -> Reply:
        asked.append(request.parameters)
        since = request.parameters.get("modified_after")
        changed = [service(3, fees="Free")] if since else [service(n) for n in range(5)]
        return as_json(page_of(changed, request.page, 100))

    async with running_feed(answer) as feed:
        feed_id = await registered(office, feed.url)
        await run_feed(office, feed_id)
        run = await run_feed(office, feed_id)

    assert "modified_after" not in asked[0]
    assert counts(run) == ("done", 0, 1, 0, 0)
    changed = (await office.events("listing-changed"))[0]["data"]
    assert changed["changed_fields"] == ["fees"]


async def test_a_feed_that_knows_no_more_than_the_profile_is_read_listing_by_listing(
    office: Office,
) -> None:
    services = {str(service(n)["id"]): service(n) for n in range(30)}
    short = [{key: one[key] for key in ("id", "name", "status")} for one in services.values()]

    def answer(request: Request) -> Reply:
        if request.path != "/services":
            return as_json(services[request.path.rpartition("/")[2]])
        if request.parameters.keys() - {"page", "per_page"}:
            return as_json({"title": "no such parameter"}, 400)
        return as_json(page_of(short, request.page, 20))

    async with running_feed(answer) as feed:
        run = await run_feed(office, await registered(office, feed.url))

    assert counts(run) == ("done", 30, 0, 0, 0)
    assert json.loads((await _listing(office, "Walking group 7"))["content"])["schedules"]


async def test_each_broken_listing_is_refused_with_its_reason_and_the_rest_goes_on(
    office: Office,
) -> None:
    broken: list[Any] = [
        service(100, status="gone"),
        service(101, url="javascript:alert(1)"),
        service(102, name="One\u202eTwo"),
        service(103, id=None),
        service(104, organization=None),
        service(105, schedules="Mondays"),
        service(106, minimum_age=20, maximum_age=10),
        "not even an object",
        service(1),
    ]
    async with running_feed(good_feed([service(n) for n in range(60)] + broken)) as feed:
        run = await run_feed(office, await registered(office, feed.url))

    assert counts(run) == ("done", 60, 0, 0, 9)
    reasons = {one["number"]: one["reason"] for one in run["refused_listings"]}
    assert reasons[61].startswith("/status: ")
    assert reasons[62].startswith("/url: ")
    assert reasons[63] == "/name: must be one line without control characters"
    assert reasons[64] == "/id: must be there"
    assert reasons[65].startswith("/organization")
    assert reasons[66] == "/schedules: must be a list of objects"
    assert reasons[67] == "/minimum_age: must not be above maximum_age"
    assert reasons[68] == "/id: must be there"
    assert reasons[69] == "/id: came before in this run"
    assert "Two" not in str(reasons)


async def test_text_of_a_feed_is_text(office: Office) -> None:
    hostile = service(1, name="<script>alert(1)</script>", description="[x](javascript:alert(1))")
    async with running_feed(good_feed([hostile])) as feed:
        await run_feed(office, await registered(office, feed.url))

    page = await office.found("/services", member=None)
    assert page["contents"][0]["name"] == "<script>alert(1)</script>"
    assert "alert" not in str(await office.events())


async def _cut_off(office: Office, feed: FeedServer, feed_id: str, answers: int) -> str:
    """Begin a run and end its worker, as a kill does, once the feed was asked so often."""
    run_id = await asked_for(office, feed_id)
    work = asyncio.create_task(a_worker(office, _SMALL, lease_seconds=0.0).work_once())
    await until(lambda: len(feed.asked) >= answers, what="the feed is asked")
    work.cancel()
    await asyncio.gather(work, return_exceptions=True)
    return run_id


_SMALL = FeedLimits(page_items=10, attempt_pause_seconds=0.01)


@pytest.mark.parametrize("answers", [1, 4, 12])
async def test_a_run_that_is_killed_goes_on_from_its_page_without_loss_or_doubling(
    office: Office, answers: int
) -> None:
    async with running_feed(good_feed([service(n) for n in range(120)])) as feed:
        feed_id = await registered(office, feed.url)
        run_id = await _cut_off(office, feed, feed_id, answers)
        asked_before = len(feed.asked)
        assert await a_worker(office, _SMALL).work_once()
        asked_after = len(feed.asked) - asked_before

    run = await run_of(office, feed_id, run_id)
    assert counts(run) == ("done", 120, 0, 0, 0)
    assert (run["pages"], run["listings"]) == (12, 120)
    assert asked_after <= 12 - answers + 1
    assert len(await office.rows("listing")) == 120
    assert len(await office.events("listing-published")) == 120


async def test_a_run_killed_while_it_is_applied_doubles_nothing(office: Office) -> None:
    async with running_feed(good_feed([service(n) for n in range(450)])) as feed:
        feed_id = await registered(office, feed.url)
        run_id = await asked_for(office, feed_id)
        work = asyncio.create_task(a_worker(office, lease_seconds=0.0).work_once())

        async def some_are_there() -> bool:
            return bool(await office.rows("listing"))

        await until(some_are_there, what="a part of it is there")
        work.cancel()
        await asyncio.gather(work, return_exceptions=True)
        before = len(await office.rows("listing"))
        assert await a_worker(office).work_once()

    assert 0 < before < 450
    assert counts(await run_of(office, feed_id, run_id)) == ("done", 450, 0, 0, 0)
    assert len(await office.rows("listing")) == 450
    subjects = [event["subject"] for event in await office.events("listing-published")]
    assert len(subjects) == len(set(subjects)) == 450


async def test_a_page_that_takes_longer_than_a_lease_is_read_by_one_worker(
    office: Office,
) -> None:
    services = [service(n) for n in range(8)]
    asked = asyncio.Event()

    async def answer(request: Request) -> Reply:
        if request.path == "/services":
            short = [{name: one[name] for name in ("id", "name", "status")} for one in services]
            return as_json(page_of(short, 1, 20))
        asked.set()
        await asyncio.sleep(1.0)
        return as_json(next(one for one in services if request.path.endswith(one["id"])))

    async with running_feed(answer) as feed:
        feed_id = await registered(office, feed.url)
        run_id = await asked_for(office, feed_id)
        work = asyncio.create_task(a_worker(office, lease_seconds=0.9).work_once())
        await asked.wait()
        others = 0
        while not work.done():
            others += await a_worker(office, lease_seconds=0.9).work_once()

    assert counts(await run_of(office, feed_id, run_id)) == ("done", 8, 0, 0, 0)
    assert others == 0


async def test_a_worker_that_comes_back_late_changes_nothing(office: Office) -> None:
    """Its page is answered only after another worker has done the whole run."""
    go_on = asyncio.Event()
    services = [service(n) for n in range(20)]
    held_back = good_feed(services)

    async def slowly(request: Request) -> Reply:
        if len(feed.asked) == 1:
            await go_on.wait()
        reply = held_back(request)
        assert isinstance(reply, Reply)
        return reply

    async with running_feed(slowly) as feed:
        feed_id = await registered(office, feed.url)
        run_id = await asked_for(office, feed_id)
        late = asyncio.create_task(a_worker(office, lease_seconds=0.0).work_once())
        await until(lambda: len(feed.asked) == 1, what="the feed is asked")
        second = await office.post(f"/feeds/{feed_id}/runs", {})
        assert (second.status_code, second.json()["type"]) == (409, "/problems/run-goes-on")
        assert await a_worker(office).work_once()
        done, there = await run_of(office, feed_id, run_id), await contents_of(office)
        go_on.set()
        await late

    assert counts(done) == ("done", 20, 0, 0, 0)
    assert await run_of(office, feed_id, run_id) == done
    assert await contents_of(office) == there


async def test_what_a_person_said_is_never_overwritten_and_the_conflict_is_shown(
    office: Office,
) -> None:
    async with running_feed(good_feed([service(1, fees="£2")])) as feed:
        feed_id = await registered(office, feed.url)
        await run_feed(office, feed_id)
        listing = await _listing(office, "Walking group 1")
        path = f"/services/{listing['id']}"
        answer = await office.ask("PATCH", path, {"fees": "Free"}, member=MANAGER, version=1)
        assert answer.status_code == 200
        feed.serves(good_feed([service(1, fees="£3", description="Two gentle walks.")]))
        run = await run_feed(office, feed_id, whole=True)

    assert counts(run) == ("done", 0, 1, 0, 0)
    shown = await office.found(path, member=None)
    assert (shown["fees"], shown["description"]) == ("Free", "Two gentle walks.")
    sources = await office.found(f"{path}/sources", member=WORKER)
    assert sources["conflicts"] == ["fees"]
    fees = next(one for one in sources["fields"] if one["field"] == "fees")
    assert [(word["source"], word["value"], word["stands"]) for word in fees["words"]] == [
        ("network", "Free", True),
        ("feed", "£3", False),
    ]
    assert {"source", "day"} <= set(fees["words"][0])
    corrections = (await office.found(f"/feeds/{feed_id}/corrections"))["items"]
    assert corrections == [
        {
            "foreign_id": service(1)["id"],
            "service_id": str(listing["id"]),
            "state": "published",
            "fields": [
                {
                    "field": "fees",
                    "feed_says": "£3",
                    "stands": "Free",
                    "source": {"source": "network", "day": fees["words"][0]["day"]},
                }
            ],
        }
    ]


async def test_the_needs_that_somebody_entered_are_their_word_and_no_feeds(office: Office) -> None:
    entry = {
        "name": "Walking group 1",
        "organization": {"name": "Friends of park 0 (synthetic)", "description": "-"},
        "needs": ["mental-wellbeing"],
    }
    made = await office.made("/services", entry, member=MANAGER)
    path = f"/services/{made['id']}"
    ours = {"taxonomy": TAXONOMY_NAME, "name": "Debt", "description": "-", "term": "debt"}
    told = service(1, attributes=[{"id": str(uuid4()), "taxonomy_term": ours}])
    async with running_feed(good_feed([told])) as feed:
        await run_feed(office, await registered(office, feed.url))

    shown = await office.found(path, member=None)
    terms = [one["taxonomy_term"]["term"] for one in shown["attributes"]]
    assert terms == ["mental-wellbeing"]
    assert shown["field_sources"]["needs"]["source"] == "network"
    sources = await office.found(f"{path}/sources", member=WORKER)
    assert {"needs", "need_terms"} <= set(sources["conflicts"])


async def test_corrections_are_sent_to_the_feed_once_where_it_names_an_address(
    office: Office,
) -> None:
    taken: list[Any] = []
    services = [service(1)]

    def answer(request: Request) -> Reply:
        if request.method == "POST":
            taken.append(json.loads(request.body))
            return as_json({}, 202)
        return as_json(page_of(services, request.page, 100))

    async with running_feed(answer) as feed:
        feed_id = await registered(office, feed.url, corrections_url=f"{feed.url}/corrections")
        await run_feed(office, feed_id)
        assert taken == []
        listing = await _listing(office, "Walking group 1")
        await office.ask(
            "PATCH", f"/services/{listing['id']}", {"minimum_age": 16}, member=MANAGER, version=1
        )
        await run_feed(office, feed_id, whole=True)
        await run_feed(office, feed_id, whole=True)

    assert len(taken) == 1
    (item,) = taken[0]["items"]
    assert (item["foreign_id"], item["fields"][0]["field"]) == (services[0]["id"], "minimum_age")
    assert (await office.found(f"/feeds/{feed_id}"))["corrections_sent_at"] is not None


async def test_two_feeds_that_disagree_show_it_and_the_first_word_stands(office: Office) -> None:
    async with running_feed(good_feed([service(1, fees="£2")])) as feed:
        await run_feed(office, await registered(office, feed.url))
        feed.serves(good_feed([service(1, id="b-1", fees="£5", alert="Bring boots.")]))
        run = await run_feed(office, await registered(office, feed.url, "Town"))

    assert counts(run) == ("done", 0, 1, 0, 0)
    listing = await _listing(office, "Walking group 1")
    content = json.loads(listing["content"])
    assert (content["fees"], content["alert"]) == ("£2", "Bring boots.")
    sources = await office.found(f"/services/{listing['id']}/sources")
    assert sources["conflicts"] == ["fees"]
    words = {one["field"]: one["words"] for one in sources["fields"]}
    assert [(word["feed"], word["value"]) for word in words["fees"]] == [
        ("County", "£2"),
        ("Town", "£5"),
    ]
    assert [word["feed"] for word in words["alert"]] == ["Town"]


async def test_what_a_feed_tells_as_gone_is_withdrawn_and_comes_back_with_it(
    office: Office,
) -> None:
    gone = {"id": service(1)["id"], "name": "Walking group 1", "status": "defunct"}
    async with running_feed(good_feed([service(n) for n in range(3)])) as feed:
        feed_id = await registered(office, feed.url)
        await run_feed(office, feed_id)
        feed.serves(good_feed([service(0), gone, service(2)]))
        first = await run_feed(office, feed_id, whole=True)
        state = (await _listing(office, "Walking group 1"))["state"]
        second = await run_feed(office, feed_id, whole=True)
        feed.serves(good_feed([service(n) for n in range(3)]))
        third = await run_feed(office, feed_id, whole=True)

    assert (first["withdrawn"], state, counts(second)) == (1, "withdrawn", ("done", 0, 0, 3, 0))
    assert counts(third) == ("done", 0, 1, 2, 0)
    assert (await _listing(office, "Walking group 1"))["state"] == "published"
    kinds = [event["type"].split(".")[1] for event in await office.events("listing-")]
    assert kinds[-2:] == ["listing-withdrawn", "listing-published"]


async def test_a_schedule_asks_for_runs_by_itself(office: Office) -> None:
    async with running_feed(good_feed([service(1)])) as feed:
        await registered(office, feed.url, every_hours=24)
        worker = a_worker(office)
        assert await worker.work_once()
        assert not await worker.work_once()

    assert [row["state"] for row in await office.rows("feed_run")] == ["done"]


async def test_two_thousand_listings_come_in(office: Office) -> None:
    async with running_feed(good_feed([service(n) for n in range(2_000)])) as feed:
        run = await run_feed(office, await registered(office, feed.url))

    assert counts(run) == ("done", 2_000, 0, 0, 0)
    assert len(await office.rows("open_listing")) == 2_000


async def test_the_services_own_schedules_do_the_runs(office: Office) -> None:
    clients = ServiceClient(office.settings)
    context = WorkerContext(office.settings, office.worker, clients)
    (schedule,) = [one for one in SERVICE.schedules(context) if one.name == "feeds"]

    async with running_feed(good_feed([service(1)])) as feed:
        feed_id = await registered(office, feed.url)
        run_id = await asked_for(office, feed_id)
        work = asyncio.create_task(schedule.run())

        async def it_is_done() -> bool:
            return (await run_of(office, feed_id, run_id))["state"] == "done"

        await until(it_is_done, what="the run is done")
        work.cancel()
        await asyncio.gather(work, return_exceptions=True)
    await clients.close()

    assert len(await office.rows("listing")) == 1


async def test_what_a_whole_feed_lists_no_longer_is_withdrawn_once_and_comes_back_with_it(
    office: Office,
) -> None:
    everything = [service(number) for number in range(4)]
    async with running_feed(good_feed(everything)) as feed:
        feed_id = await registered(office, feed.url)
        await run_feed(office, feed_id)
        feed.serves(good_feed([service(0), service(2)]))
        shrunk = await run_feed(office, feed_id, whole=True)
        again = await run_feed(office, feed_id, whole=True)
        states = sorted(row["state"] for row in await office.rows("listing"))
        feed.serves(good_feed(everything))
        back = await run_feed(office, feed_id, whole=True)

    assert (shrunk["withdrawn"], counts(shrunk)) == (2, ("done", 0, 0, 2, 0))
    assert (again["withdrawn"], counts(again)) == (0, ("done", 0, 0, 2, 0))
    assert states == ["published", "published", "withdrawn", "withdrawn"]
    assert counts(back) == ("done", 0, 2, 2, 0)
    kinds = [event["type"].split(".")[1] for event in await office.events("listing-")]
    assert kinds[-4:] == ["listing-withdrawn"] * 2 + ["listing-published"] * 2


async def test_what_somebody_else_speaks_for_stays_though_its_feed_lists_it_no_longer(
    office: Office,
) -> None:
    async with running_feed(good_feed([service(0), service(1)])) as feed:
        feed_id = await registered(office, feed.url)
        await run_feed(office, feed_id)
        (row,) = [r for r in await office.rows("listing") if r["name"] == "Walking group 1"]
        path = f"/services/{row['id']}"
        ours = await office.ask("PATCH", path, {"fees": "Free"}, member=MANAGER, version=1)
        feed.serves(good_feed([service(0)]))
        run = await run_feed(office, feed_id, whole=True)

    assert ours.status_code == 200, ours.text
    assert (run["withdrawn"], run["state"]) == (0, "done")
    assert [row["state"] for row in await office.rows("listing")] == ["published"] * 2


async def test_a_feed_that_lost_much_of_what_it_had_takes_nothing_away_and_says_so(
    office: Office,
) -> None:
    async with running_feed(good_feed([service(number) for number in range(60)])) as feed:
        feed_id = await registered(office, feed.url)
        await run_feed(office, feed_id)
        feed.serves(good_feed([service(number) for number in range(30)]))
        run = await run_feed(office, feed_id, whole=True)

    assert (run["withdrawn"], counts(run)) == (0, ("done", 0, 0, 30, 30))
    assert {one["reason"] for one in run["refused_listings"]} == {TOO_MANY_UNLISTED}
    assert {row["state"] for row in await office.rows("listing")} == {"published"}


async def test_a_feed_of_many_pages_lets_another_come_first_after_its_turn(office: Office) -> None:
    worker = a_worker(office, _SMALL, turn_seconds=0.0)
    async with (
        running_feed(good_feed([service(n) for n in range(12)])) as long,
        running_feed(good_feed([service(n) for n in range(20, 22)])) as short,
    ):
        first, second = (
            await registered(office, long.url),
            await registered(office, short.url, "Town"),
        )
        runs = [(one, await asked_for(office, one)) for one in (first, second)]
        states: list[list[str]] = []
        while await worker.work_once():
            states.append([(await run_of(office, *run))["state"] for run in runs])

    assert states[0] == ["reading", "waiting"]
    assert ["reading", "done"] in states
    assert states[-1] == ["done", "done"]
    assert len(await office.rows("listing")) == 14
