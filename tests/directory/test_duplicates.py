"""Listings that are likely one: proposed with reasons, merged, and parted again as they were."""

import json
from typing import Any

import pytest

from services.directory.domain.likeness import Pair, likeness_of
from tests.directory.feed_server import good_feed, running_feed, service
from tests.directory.feeds_office import registered, run_feed
from tests.directory.trial import FOREIGN_REGISTRAR, MANAGER, Office, fill_foreign_region

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
