"""Organisations and listings: entered by those who keep them, found by anybody once published."""

from typing import Any

import pytest

from tests.directory.trial import (
    MANAGER,
    OTHER_MANAGER,
    REFERRER,
    REGISTRAR,
    WORKER,
    Office,
    a_listing,
)

pytestmark = pytest.mark.postgres


async def _found(office: Office, **params: Any) -> list[str]:
    page = await office.found("/services", member=None, params=params)
    return [service["name"] for service in page["contents"]]


async def test_a_managers_listing_is_found_by_anybody_at_once(office: Office) -> None:
    made = await office.post("/services", a_listing(), member=MANAGER)

    assert made.status_code == 201, made.text
    assert made.json()["state"] == "published"
    assert await _found(office) == ["Growing group"]
    shown = await office.found(made.headers["Location"], member=None)
    assert shown["organization"]["name"] == "Wayford Gardens (synthetic)"
    told = [event for event in await office.events() if event["stream"] == "QZZ"]
    assert [event["type"] for event in told] == [
        "waymark.organization-listed.v1",
        "waymark.listing-published.v1",
    ]
    assert told[1]["subject"] == f"listing/{made.json()['id']}"
    assert str(told[1]["event_id"]) == made.json()["event_id"]
    assert "Growing" not in str(told)


async def test_a_suggestion_is_found_by_nobody_until_it_is_published(office: Office) -> None:
    draft = await office.made("/services", a_listing(), member=WORKER)

    assert (draft["state"], draft["event_id"]) == ("draft", None)
    assert await _found(office) == []
    assert (await office.get(f"/services/{draft['id']}", member=None)).status_code == 404
    assert await office.rows("open_listing") == []
    assert await office.events("listing") == []
    waiting = await office.found("/drafts", member=OTHER_MANAGER)
    assert [item["id"] for item in waiting["items"]] == [draft["id"]]

    refused = await office.post(f"/services/{draft['id']}/publish", member=WORKER)
    published = await office.post(f"/services/{draft['id']}/publish", member=OTHER_MANAGER)
    again = await office.post(f"/services/{draft['id']}/publish", member=MANAGER)

    assert refused.status_code == 403
    assert (published.status_code, published.json()["version"]) == (200, 2)
    assert again.json() == published.json()
    assert await _found(office) == ["Growing group"]
    assert len(await office.events("listing-published")) == 1


async def test_a_link_worker_cannot_ask_to_publish(office: Office) -> None:
    refused = await office.post("/services", a_listing(publish=True), member=WORKER)
    by_practice = await office.post("/services", a_listing(), member=REFERRER)

    assert (refused.status_code, by_practice.status_code) == (403, 403)
    assert await office.rows("organization") == []


async def test_a_withdrawn_listing_is_gone_and_can_come_back(office: Office) -> None:
    listing = await office.made("/services", a_listing(), member=MANAGER)
    path = f"/services/{listing['id']}"

    withdrawn = await office.post(f"{path}/withdraw", member=MANAGER)
    again = await office.post(f"{path}/withdraw", member=MANAGER)

    assert (withdrawn.json()["state"], again.json()) == ("withdrawn", withdrawn.json())
    left = await office.found(path, member=None)
    assert (left["status"], left["name"]) == ("defunct", "Growing group")
    assert "description" not in left
    assert await _found(office, search="growing") == []
    back = await office.post(f"{path}/publish", member=MANAGER)
    assert (back.json()["version"], await _found(office)) == (3, ["Growing group"])
    assert [event["aggregate_version"] for event in await office.events("listing-")] == [1, 2, 3]

    draft = await office.made("/services", a_listing(name="Another", publish=False), member=MANAGER)
    refused = await office.post(f"/services/{draft['id']}/withdraw", member=MANAGER)
    assert (refused.status_code, refused.json()["type"]) == (409, "/problems/not-published")


async def test_the_same_listing_again_is_the_same_one(office: Office) -> None:
    first = await office.post("/services", a_listing(), member=MANAGER)
    again = await office.post("/services", a_listing(), member=REGISTRAR)
    changed = await office.post("/services", a_listing(description="Else."), member=MANAGER)

    assert (first.status_code, again.status_code) == (201, 200)
    assert again.json() == first.json()
    assert (changed.status_code, changed.json()["type"]) == (409, "/problems/name-taken")
    assert len(await office.rows("organization")) == 1


async def test_a_listing_belongs_to_an_organization_of_the_region(office: Office) -> None:
    organization = {"name": "Wayford Gardens (synthetic)", "description": "Gardens."}
    made = await office.made("/organizations", organization, member=MANAGER)
    again = await office.post("/organizations", organization, member=WORKER)
    differs = await office.post(
        "/organizations", {**organization, "description": "Else."}, member=MANAGER
    )
    by_id = a_listing(organization=None, organization_id=made["id"])
    by_name = a_listing(name="Another")

    listings = [await office.made("/services", body, member=MANAGER) for body in (by_id, by_name)]

    assert (again.status_code, again.json()) == (200, made)
    assert differs.status_code == 409
    assert {listing["organization_id"] for listing in listings} == {made["id"]}
    shown = await office.found(f"/organizations/{made['id']}/entry", member=WORKER)
    assert shown["description"] == "Gardens."
    for body in (
        a_listing(organization_id=made["id"]),
        a_listing(organization=None),
        a_listing(organization=None, organization_id="01980000-0000-7000-8000-000000000001"),
        a_listing(url="javascript:alert(1)"),
        a_listing(minimum_age=40, maximum_age=30),
        a_listing(needs=["wishes"]),
        a_listing(surprise="field"),
    ):
        assert (await office.post("/services", body, member=MANAGER)).status_code == 422


async def test_many_listings_are_entered_at_once(office: Office) -> None:
    items = [{"key": str(number), **a_listing(name=f"Group {number}")} for number in range(120)]
    items.append({"key": "bad", **a_listing(name="")})

    first = await office.post("/services/batch", {"items": items}, member=MANAGER)
    again = await office.post("/services/batch", {"items": items}, member=MANAGER)

    statuses = [item["status"] for item in first.json()["items"]]
    assert statuses == [201] * 120 + [422]
    assert [item.get("body") for item in again.json()["items"]] == [
        item.get("body") for item in first.json()["items"]
    ]
    page = await office.found("/services", member=None)
    assert page["total_items"] == 120


async def test_many_organizations_are_entered_at_once(office: Office) -> None:
    items = [
        {"key": f"o{number}", "name": f"Provider {number}", "description": "Offers things."}
        for number in range(3)
    ]

    answer = await office.post("/organizations/batch", {"items": items}, member=REGISTRAR)

    assert [item["status"] for item in answer.json()["items"]] == [201] * 3
    assert len(await office.events("organization-listed")) == 3
