"""Organisations follow what their feed says anew, never over a person's word, and stand in no ring."""

import asyncio
import json
from dataclasses import replace
from typing import Any

import pytest

from chassis import clock
from tests.directory.feed_server import good_feed, running_feed, service
from tests.directory.feeds_office import (
    QUICK,
    a_worker,
    asked_for,
    counts,
    registered,
    run_feed,
    run_of,
)
from tests.directory.trial import MANAGER, WORKER, Office, a_listing
from tests.waiting import until

pytestmark = pytest.mark.postgres

FRIENDS: dict[str, Any] = {
    "id": "o-1",
    "name": "Friends of the park (synthetic)",
    "description": "Neighbours who walk.",
    "email": "hello@friends.example.org",
}


def of(number: int, organization: dict[str, Any], **changes: Any) -> dict[str, Any]:
    return service(number, organization=organization, **changes)


async def _organization(office: Office, name: str) -> dict[str, Any]:
    rows = [row for row in await office.rows("organization") if row["name"] == name]
    assert len(rows) == 1, [row["name"] for row in await office.rows("organization")]
    return rows[0] | {"content": json.loads(rows[0]["content"])}


async def test_what_a_feed_says_anew_of_its_organisation_is_told_once_and_seen_everywhere(
    office: Office,
) -> None:
    new = {**FRIENDS, "name": "Park friends (synthetic)", "website": "https://friends.example.org/"}
    del new["email"]
    async with running_feed(good_feed([of(n, FRIENDS) for n in range(130)])) as feed:
        feed_id = await registered(office, feed.url)
        await run_feed(office, feed_id)
        feed.serves(good_feed([of(n, new) for n in range(130)]))
        run = await run_feed(office, feed_id, whole=True)
        again = await run_feed(office, feed_id, whole=True)

    assert (counts(run), counts(again)) == (("done", 0, 0, 130, 0), ("done", 0, 0, 130, 0))
    (told,) = await office.events("organization-changed")
    organization = await _organization(office, new["name"])
    assert told["origin"] == "import"
    assert told["data"] == {
        "organization_id": str(organization["id"]),
        "region_code": "QZZ",
        "changed_fields": ["name", "email", "website"],
    }
    assert (organization["version"], organization["event_id"]) == (2, told["event_id"])
    page = await office.found("/services", member=None, params={"full": "true", "per_page": 100})
    shown = page["contents"][99]["organization"]
    assert (shown["name"], shown["website"]) == (new["name"], new["website"])
    assert "email" not in shown
    found = await office.found("/organizations", member=None)
    assert [one["name"] for one in found["contents"]] == [new["name"]]
    assert (await office.found("/search", member=None, params={"words": "park friends"}))["items"]


async def test_what_a_person_said_of_an_organisation_stays_and_the_conflict_is_shown(
    office: Office,
) -> None:
    async with running_feed(good_feed([of(1, FRIENDS)])) as feed:
        feed_id = await registered(office, feed.url)
        await run_feed(office, feed_id)
        own = await _organization(office, FRIENDS["name"])
        path = f"/organizations/{own['id']}"
        change = {"description": "We walk."}
        await office.ask("PATCH", path, change, member=MANAGER, version=1)
        feed.serves(
            good_feed([of(1, {**FRIENDS, "description": "Walkers.", "email": "a@b.example.org"})])
        )
        await run_feed(office, feed_id, whole=True)

    entry = await office.found(f"{path}/entry", member=WORKER)
    assert (entry["description"], entry["email"]) == ("We walk.", "a@b.example.org")
    assert entry["field_sources"]["description"]["source"] == "network"
    assert entry["field_sources"]["email"]["feed"] == "County"
    sources = await office.found(f"{path}/sources", member=WORKER)
    assert sources["conflicts"] == ["description"]
    words = {one["field"]: one["words"] for one in sources["fields"]}
    assert [(one["source"], one["value"], one["stands"]) for one in words["description"]] == [
        ("network", "We walk.", True),
        ("feed", "Walkers.", False),
    ]
    assert [
        one["data"]["changed_fields"] for one in await office.events("organization-changed")
    ] == [
        ["description"],
        ["email"],
    ]


async def test_a_feed_fills_in_what_nobody_said_of_an_organisation_that_is_there(
    office: Office,
) -> None:
    entered = {"name": FRIENDS["name"].upper(), "description": "Entered here."}
    await office.made("/organizations", entered, member=MANAGER)

    async with running_feed(good_feed([of(1, FRIENDS)])) as feed:
        await run_feed(office, await registered(office, feed.url))

    organization = await _organization(office, entered["name"])
    assert organization["content"] == {**entered, "email": FRIENDS["email"]}
    assert len(await office.rows("organization")) == 1


async def test_two_feeds_that_disagree_on_an_organisation_show_it_and_the_first_word_stands(
    office: Office,
) -> None:
    other = {
        **FRIENDS,
        "id": "elsewhere",
        "description": "Ramblers.",
        "uri": "https://r.example.org/",
    }
    async with running_feed(good_feed([of(1, FRIENDS)])) as feed:
        await run_feed(office, await registered(office, feed.url))
        feed.serves(good_feed([of(2, other)]))
        await run_feed(office, await registered(office, feed.url, "Town"))

    organization = await _organization(office, FRIENDS["name"])
    assert organization["content"]["description"] == FRIENDS["description"]
    assert organization["content"]["uri"] == other["uri"]
    sources = await office.found(f"/organizations/{organization['id']}/sources")
    assert sources["conflicts"] == ["name", "description"] or sources["conflicts"] == [
        "description"
    ]


async def test_a_name_that_another_organisation_has_is_not_taken(office: Office) -> None:
    taken = {"id": "o-2", "name": "Ramblers (synthetic)", "description": "Others."}
    async with running_feed(good_feed([of(1, FRIENDS), of(2, taken)])) as feed:
        feed_id = await registered(office, feed.url)
        await run_feed(office, feed_id)
        changed = {**FRIENDS, "name": "RAMBLERS (synthetic)", "description": "Both."}
        feed.serves(good_feed([of(1, changed), of(2, taken)]))
        run = await run_feed(office, feed_id, whole=True)

    assert counts(run) == ("done", 0, 0, 2, 0)
    own = await _organization(office, FRIENDS["name"])
    assert own["content"]["description"] == "Both."
    sources = await office.found(f"/organizations/{own['id']}/sources")
    assert sources["conflicts"] == ["name"]


async def test_an_organisation_told_in_many_ways_in_one_run_is_as_the_first_says(
    office: Office,
) -> None:
    """However often a run contradicts itself, an organisation changes once in it."""
    both_ids = {**FRIENDS, "id": "o-9", "description": "By another id."}
    async with running_feed(good_feed([of(n, FRIENDS) for n in range(250)])) as feed:
        feed_id = await registered(office, feed.url)
        await run_feed(office, feed_id)
        feed.serves(
            good_feed(
                [
                    of(n, {**FRIENDS, "description": f"The {n}th word."} if n % 3 else both_ids)
                    for n in range(250)
                ]
            )
        )
        await run_feed(office, feed_id, whole=True)

    (told,) = await office.events("organization-changed")
    assert told["data"]["changed_fields"] == ["description"]
    own = await _organization(office, FRIENDS["name"])
    assert own["content"]["description"] == "The 1th word."


async def test_a_file_that_does_not_describe_an_organisation_takes_nothing_away(
    office: Office,
) -> None:
    feed_id = await registered(office, None)
    head = "id,name,organization,organization_description,organization_email\n"
    for rows in ("1,Walk,Friends,They walk.,a@b.example.org\n", "1,Walks,Friends,,\n"):
        answer = await office.post(
            f"/feeds/{feed_id}/uploads", {"format": "csv", "text": head + rows}
        )
        assert (answer.status_code, answer.json()["refused"]) == (202, 0), answer.text
        assert await a_worker(office).work_once()

    assert (await _organization(office, "Friends"))["content"] == {
        "name": "Friends",
        "description": "They walk.",
    }


COUNCIL = {"id": "c", "name": "Council (synthetic)", "description": "All of it."}


def below(parent: str | None, **organization: Any) -> dict[str, Any]:
    return {"description": "A part.", **organization, "parent_organization_id": parent}


async def _parents(office: Office) -> dict[str, str | None]:
    """Each organisation with the name of the one above it, as the public reads them."""
    page = await office.found("/organizations", member=None)
    names = {one["id"]: one["name"] for one in page["contents"]}
    return {one["name"]: names.get(one.get("parent_organization_id")) for one in page["contents"]}


async def test_organisations_stand_below_those_of_the_feed_whichever_comes_first(
    office: Office,
) -> None:
    team, unit = (below("c", id="t", name="Team"), below("t", id="u", name="Unit"))
    services = [
        of(1, unit),
        of(2, team),
        *(of(n, FRIENDS) for n in range(3, 120)),
        of(120, COUNCIL),
    ]
    async with running_feed(good_feed(services)) as feed:
        feed_id = await registered(office, feed.url)
        await run_feed(office, feed_id)
        first = await _parents(office)
        told = [
            one["data"]["changed_fields"] for one in await office.events("organization-changed")
        ]
        moved = [of(1, below("c", id="u", name="Unit")), of(2, below(None, id="t", name="Team"))]
        feed.serves(good_feed([*moved, *services[2:]]))
        await run_feed(office, feed_id, whole=True)
        events = len(await office.events("organization-changed"))
        await run_feed(office, feed_id, whole=True)

    council, friends = COUNCIL["name"], FRIENDS["name"]
    assert first == {"Unit": "Team", "Team": council, council: None, friends: None}
    assert told == [["parent_organization_id"]] * 2
    assert await _parents(office) == {"Unit": council, "Team": None, council: None, friends: None}
    assert len(await office.events("organization-changed")) == events == 4


async def test_a_ring_that_two_runs_make_together_is_refused_like_one_of_one_run(
    office: Office,
) -> None:
    a, b = below("b", id="a", name="A"), below(None, id="b", name="B")
    async with running_feed(good_feed([of(1, a), of(2, b)])) as feed:
        feed_id = await registered(office, feed.url)
        await run_feed(office, feed_id)
        # What did not change is not read again: this ring is in no one run.
        feed.serves(good_feed([of(1, a), of(2, below("a", id="b", name="B"))]))
        run = await run_feed(office, feed_id, whole=True)

    assert (run["state"], run["reason"]) == ("stopped", "organizations-in-a-ring")
    assert await _parents(office) == {"A": "B", "B": None}


async def test_a_ring_by_two_ids_of_one_organisation_is_not_taken(office: Office) -> None:
    """By the feed's ids there is none: x and b are B for us, since they have one name."""
    services = [
        of(1, below("a", id="b", name="B")),
        of(2, below("x", id="a", name="A")),
        of(3, below(None, id="x", name="B")),
    ]
    async with running_feed(good_feed(services)) as feed:
        run = await run_feed(office, await registered(office, feed.url))

    assert counts(run) == ("done", 3, 0, 0, 0)
    assert await _parents(office) == {"A": "B", "B": None}
    below_a = await _organization(office, "B")
    words = (await office.found(f"/organizations/{below_a['id']}/sources"))["fields"]
    (told,) = [one for one in words if one["field"] == "parent_organization_id"]
    a = await _organization(office, "A")
    assert [(one["value"], one["stands"]) for one in told["words"]] == [(str(a["id"]), False)]


async def test_a_run_killed_while_it_joins_organisations_goes_on_and_tells_each_once(
    office: Office,
) -> None:
    parts = [below("c", id=f"p{n}", name=f"Part {n}") for n in range(60)]
    services = [of(n, part) for n, part in enumerate(parts)] + [of(60, COUNCIL)]
    async with running_feed(good_feed(services)) as feed:
        feed_id = await registered(office, feed.url)
        run_id = await asked_for(office, feed_id)
        work = asyncio.create_task(
            a_worker(office, replace(QUICK, page_items=10), lease_seconds=0.0).work_once()
        )

        async def some_are_joined() -> bool:
            return bool(await office.events("organization-changed"))

        await until(some_are_joined, what="some are joined")
        work.cancel()
        await asyncio.gather(work, return_exceptions=True)
        assert await a_worker(office).work_once()

    assert (await run_of(office, feed_id, run_id))["state"] == "done"
    subjects = [one["subject"] for one in await office.events("organization-changed")]
    assert len(subjects) == len(set(subjects)) == 60


async def test_an_organisation_entered_by_people_says_whose_word_it_is(office: Office) -> None:
    made = await office.made("/services", a_listing(), member=WORKER)
    path = f"/organizations/{made['organization_id']}"

    entry = await office.found(f"{path}/entry", member=WORKER)
    sources = await office.found(f"{path}/sources", member=WORKER)

    assert {one["source"] for one in entry["field_sources"].values()} == {"network"}
    assert set(entry["field_sources"]) == {"name", "description"}
    assert (sources["conflicts"], sources["organization_id"]) == ([], made["organization_id"])


async def test_the_public_sees_whose_word_each_fact_of_an_organisation_is(office: Office) -> None:
    made = await office.made("/services", a_listing(), member=MANAGER)

    alone = await office.found(f"/organizations/{made['organization_id']}", member=None)
    shown = await office.found(f"/services/{made['id']}", member=None)
    listed = (await office.found("/organizations", member=None))["contents"]

    today = f"{clock.now():%Y-%m-%d}"
    said = {"source": "network", "day": today}
    assert alone["field_sources"] == {"name": said, "description": said}
    assert shown["organization"]["field_sources"] == alone["field_sources"]
    assert listed == [
        {"id": alone["id"], "name": alone["name"], "description": alone["description"]}
    ]
