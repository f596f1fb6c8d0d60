"""Listings that are likely one: proposed with reasons, merged, and parted again as they were."""

import asyncio
import json
from datetime import datetime, timedelta
from typing import Any

import pytest

from chassis import clock
from services.directory.domain.likeness import Pair, likeness_of
from services.directory.use_cases.duplicates import (
    COMPARED_AT_ONCE_MAX,
    REST_SECONDS,
    compare_listings,
)
from tests.directory.feed_server import good_feed, running_feed, service
from tests.directory.feeds_office import registered, run_feed
from tests.directory.trial import (
    FOREIGN_REGISTRAR,
    MANAGER,
    WORKER,
    Office,
    a_listing,
    fill_foreign_region,
)

pytestmark = pytest.mark.postgres

TOWN: dict[str, Any] = {
    "id": "town-1",
    "name": "Walking Group 1!",
    "fees": "£5",
    "alert": "Bring boots.",
    "organization": {"id": "o", "name": "Friends of Park 0", "description": "Walkers."},
}
TABLES = ("listing", "open_listing", "feed_listing", "open_location", "listing_search")


async def _two_feeds(office: Office) -> dict[str, Any]:
    """County and town tell of one group, by nearly the same names; the pair that is proposed."""
    async with running_feed(good_feed([service(n) for n in range(4)])) as feed:
        await run_feed(office, await registered(office, feed.url))
        feed.serves(good_feed([service(1, **TOWN), service(700)]))
        await run_feed(office, await registered(office, feed.url, "Town"))
    (pair,) = (await office.found("/duplicates"))["items"]
    return dict(pair)


async def _facts(office: Office) -> dict[str, Any]:
    """Everything that a merge could touch, but for versions and times."""
    listings = {
        str(row["id"]): (
            row["name"], row["state"], row["reason"], json.loads(row["content"]), row["needs"],
            json.loads(row["field_sources"]), row["content_hash"],
        )
        for row in await office.rows("listing")
    }  # fmt: skip
    shown = {}
    for listing_id in listings:
        answer = await office.get(f"/services/{listing_id}", member=None)
        document = answer.json()
        document.pop("last_modified", None)
        shown[listing_id] = document
    told = {
        (str(row["feed_id"]), row["foreign_id"]): str(row["listing_id"])
        for row in await office.rows("feed_listing")
    }
    points = [
        (str(row["listing_id"]), row["latitude"])
        for row in await office.rows("listing_point", "1, 2")
    ]
    return {"listings": listings, "shown": shown, "told": told, "points": points}


async def test_a_likely_pair_is_proposed_with_its_score_and_reasons(office: Office) -> None:
    pair = await _two_feeds(office)

    assert {pair["first_name"], pair["second_name"]} == {"Walking group 1", "Walking Group 1!"}
    assert pair["score"] >= 90
    assert pair["reasons"] == ["the same name", "0 metres apart", "a like organisation"]
    assert pair["state"] == "proposed"


async def test_a_merge_keeps_one_with_what_both_say_and_undone_both_are_as_they_were(
    office: Office,
) -> None:
    pair = await _two_feeds(office)
    before = await _facts(office)
    county = next(
        one for one in (pair["first_id"], pair["second_id"])
        if before["listings"][one][0] == "Walking group 1"
    )  # fmt: skip
    town = next(one for one in (pair["first_id"], pair["second_id"]) if one != county)

    keep, other_one = ("first", "second") if county == pair["first_id"] else ("second", "first")
    merged = await office.post(f"/duplicates/{pair['id']}/merge", {"keep": keep})
    again = await office.post(f"/duplicates/{pair['id']}/merge", {"keep": keep})
    other = await office.post(f"/duplicates/{pair['id']}/merge", {"keep": other_one})

    assert (merged.status_code, merged.json()) == (200, again.json())
    assert (other.status_code, other.json()["type"]) == (409, "/problems/decided-already")
    after = await _facts(office)
    assert after["shown"][town]["status"] == "defunct"
    assert after["shown"][county]["alert"] == "Bring boots."
    assert after["shown"][county]["field_sources"]["alert"]["feed"] == "Town"
    assert set(after["told"].values()) == set(before["told"].values()) - {town}
    sources = await office.found(f"/services/{county}/sources")
    assert "fees" not in sources["conflicts"]
    assert sources["conflicts"] == ["name"]

    undone = await office.post(f"/duplicates/{pair['id']}/undo", {})

    assert undone.status_code == 200
    assert await _facts(office) == before
    kinds = [event["type"].split(".")[1] for event in await office.events("listing-")][-4:]
    assert kinds == [
        "listing-changed",
        "listing-withdrawn",
        "listing-changed",
        "listing-published",
    ]
    assert (await office.found("/duplicates"))["items"][0]["state"] == "proposed"


async def test_undoing_keeps_what_somebody_changed_since(office: Office) -> None:
    pair = await _two_feeds(office)
    kept = pair["first_id"]
    await office.post(f"/duplicates/{pair['id']}/merge", {"keep": "first"})
    version = (await office.found(f"/services/{kept}/entry"))["version"]
    change = {"alert": "Bring a coat.", "fees": "Free"}
    await office.ask("PATCH", f"/services/{kept}", change, member=MANAGER, version=version)

    await office.post(f"/duplicates/{pair['id']}/undo", {})

    shown = await office.found(f"/services/{kept}", member=None)
    assert (shown["alert"], shown["fees"]) == ("Bring a coat.", "Free")


async def test_two_that_are_two_are_not_proposed_again(office: Office) -> None:
    pair = await _two_feeds(office)
    await office.post(f"/duplicates/{pair['id']}/apart", {})
    merged = await office.post(f"/duplicates/{pair['id']}/merge", {"keep": "first"})

    assert merged.status_code == 409
    assert (await office.found("/duplicates"))["items"] == []
    apart = await office.found("/duplicates", params={"state": "apart"})
    assert [one["id"] for one in apart["items"]] == [pair["id"]]


async def test_only_a_registrar_of_the_region_decides(office: Office) -> None:
    await fill_foreign_region(office)
    pair = await _two_feeds(office)
    body = {"keep": "first"}

    foreign = await office.post(f"/duplicates/{pair['id']}/merge", body, member=FOREIGN_REGISTRAR)
    manager = await office.post(f"/duplicates/{pair['id']}/merge", body, member=MANAGER)
    wrong = await office.post(f"/duplicates/{pair['id']}/merge", {"keep": "both"})

    assert (foreign.status_code, manager.status_code, wrong.status_code) == (404, 403, 422)


def test_two_of_one_name_that_lie_far_apart_are_two() -> None:
    near = likeness_of(Pair(1.0, 0.0, 50.0))
    far = likeness_of(Pair(1.0, 1.0, 5_000.0))
    unknown = likeness_of(Pair(1.0, 1.0, None))
    alike = likeness_of(Pair(0.55, 0.0, 10.0))

    assert (near.is_likely, far.is_likely, unknown.is_likely, alike.is_likely) == (
        True,
        False,
        True,
        False,
    )
    assert unknown.reasons == ("the same name", "the same organisation")


def _at_a_place(name: str, organization: str, **more: Any) -> dict[str, Any]:
    return a_listing(
        name=name,
        organization={"name": organization, "description": "-"},
        locations=[{"latitude": 53.0, "longitude": -2.0}],
        **more,
    )


def rested() -> datetime:
    """When what was changed by now has rested."""
    return clock.now() + timedelta(seconds=REST_SECONDS + 1)


async def _compared(office: Office) -> list[set[str]]:
    """The pairs that are proposed, by their names, once everything that waits was compared."""
    while await compare_listings(office.worker, rested()):
        pass
    assert await office.rows("listing_to_compare") == []
    return [
        {one["first_name"], one["second_name"]}
        for one in (await office.found("/duplicates"))["items"]
    ]


async def test_what_people_enter_is_compared_afterwards(office: Office) -> None:
    await office.made("/services", _at_a_place("Chair yoga", "Hall"), member=MANAGER)
    await office.made("/services", _at_a_place("Chair Yoga!", "The hall"), member=MANAGER)
    await office.made("/services", _at_a_place("Debt advice", "Advice"), member=MANAGER)
    proposed_at_once = (await office.found("/duplicates"))["items"]

    assert proposed_at_once == []
    assert await _compared(office) == [{"Chair yoga", "Chair Yoga!"}]


async def test_what_a_worker_suggests_is_compared_by_name_and_published_by_place_too(
    office: Office,
) -> None:
    await office.made("/services", _at_a_place("Chair yoga", "Hall"), member=MANAGER)
    draft = _at_a_place("Chair yoga group", "Hall")
    suggested = await office.made("/services", draft, member=WORKER)
    assert await _compared(office) == []

    answer = await office.post(f"/services/{suggested['id']}/publish", member=MANAGER)

    assert answer.status_code == 200
    assert await _compared(office) == [{"Chair yoga", "Chair yoga group"}]


async def test_a_changed_name_or_place_is_compared_again_and_nothing_else_is(
    office: Office,
) -> None:
    await office.made("/services", _at_a_place("Chair yoga", "Hall"), member=MANAGER)
    made = await office.made("/services", _at_a_place("Sewing", "Other hall"), member=MANAGER)
    path = f"/services/{made['id']}"
    assert await _compared(office) == []

    await office.ask("PATCH", path, {"fees": "Free"}, member=MANAGER, version=1)
    assert await office.rows("listing_to_compare") == []
    await office.ask("PATCH", path, {"name": "Chair yoga"}, member=MANAGER, version=2)

    assert await _compared(office) == [{"Chair yoga"}]


async def test_what_is_gone_by_then_is_not_proposed(office: Office) -> None:
    await office.made("/services", _at_a_place("Chair yoga", "Hall"), member=MANAGER)
    made = await office.made("/services", _at_a_place("Chair yoga", "Other"), member=MANAGER)
    await office.post(f"/services/{made['id']}/withdraw", {}, member=MANAGER)

    assert await _compared(office) == []


async def test_a_listing_is_compared_once_it_has_rested(office: Office) -> None:
    for number in range(2):
        listing = _at_a_place("Chair yoga", f"Hall {number}")
        await office.made("/services", listing, member=MANAGER)

    at_once = await compare_listings(office.worker, clock.now())

    assert (at_once, await compare_listings(office.worker, rested())) == (0, 2)


async def test_very_many_changes_are_compared_a_piece_at_a_time(office: Office) -> None:
    items = [
        {"key": f"k{n}", **_at_a_place(f"{n} Hall walk", f"Group {n}")}
        for n in range(COMPARED_AT_ONCE_MAX + 10)
    ]
    answer = await office.post("/services/batch", {"items": items}, member=MANAGER)
    assert {one["status"] for one in answer.json()["items"]} == {201}

    first = await compare_listings(office.worker, rested())
    second = await compare_listings(office.worker, rested())
    third = await compare_listings(office.worker, rested())

    assert (first, second, third) == (COMPARED_AT_ONCE_MAX, 10, 0)


async def test_two_who_compare_at_once_while_people_go_on_propose_each_pair_once(
    office: Office,
) -> None:
    made = [
        await office.made("/services", _at_a_place("Chair yoga", f"Hall {n}"), member=MANAGER)
        for n in range(6)
    ]

    async def rename(listing_id: str) -> None:
        change = {"name": "Chair yoga!"}
        answer = await office.ask(
            "PATCH", f"/services/{listing_id}", change, member=MANAGER, version=1
        )
        assert answer.status_code == 200, answer.text

    await asyncio.gather(
        *(rename(one["id"]) for one in made),
        *(compare_listings(office.worker, rested()) for _ in range(4)),
    )

    assert await _compared(office)
    rows = await office.rows("duplicate")
    assert len({(row["first_id"], row["second_id"]) for row in rows}) == len(rows) == 15


async def test_a_listing_that_its_feed_names_otherwise_is_compared_again(office: Office) -> None:
    async with running_feed(good_feed([service(0)])) as feed:
        feed_id = await registered(office, feed.url)
        await run_feed(office, feed_id)
        await office.made(
            "/services", _at_a_place("Chair yoga", "Friends of the park 0"), member=MANAGER
        )
        assert await _compared(office) == []
        feed.serves(good_feed([service(0, name="Chair yoga")]))
        await run_feed(office, feed_id, whole=True)

    assert [row["state"] for row in await office.rows("duplicate")] == ["proposed"]
