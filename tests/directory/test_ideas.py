"""A gap becomes an idea, is backed, started and listed; the money that may fit stands beside it."""

from uuid import UUID

import pytest

from services.directory.domain.funding import CHECKED_ON, FUNDS, funds_for
from tests.directory.test_unmet_need import small_geography
from tests.directory.trial import (
    FOREIGN_WORKER,
    MANAGER,
    OTHER_WORKER,
    REFERRER,
    WORKER,
    Office,
    a_listing,
    fill_foreign_region,
)

IDEA = {"pcn_code": "U99001", "need_term": "debt", "title": "Debt advice in the library"}


@pytest.mark.postgres
async def test_an_idea_is_backed_started_and_listed_in_that_order(office: Office) -> None:
    await fill_foreign_region(office)
    made = await office.made("/ideas", IDEA, member=WORKER)
    again = await office.post("/ideas", IDEA, member=OTHER_WORKER)
    path = f"/ideas/{made['id']}"
    early = await office.post(f"{path}/start", member=MANAGER)
    backed = [
        (await office.post(f"{path}/back", member=member)).json()["backers"]
        for member in (WORKER, WORKER, OTHER_WORKER)
    ]
    assert (again.status_code, again.json()["id"]) == (200, made["id"])
    assert (early.status_code, early.json()["type"]) == (409, "/problems/idea-step-not-possible")
    assert backed == [1, 1, 2]
    assert (await office.post(f"{path}/start", member=WORKER)).status_code == 403
    assert (await office.post(f"{path}/start", member=MANAGER)).json()["state"] == "started"
    other = await office.made("/services", a_listing(), member=MANAGER)
    wrong = await office.ask("POST", f"{path}/listing/{other['id']}", member=MANAGER)
    assert wrong.json()["errors"][0]["rule"] == "must answer the need of the idea"

    listing = await office.made(
        "/services", a_listing(name="Debt morning", need_terms=["debt"]), member=MANAGER
    )
    listed = await office.ask("POST", f"{path}/listing/{listing['id']}", member=MANAGER)

    assert (listed.json()["state"], listed.json()["listing_id"]) == ("listed", listing["id"])
    (shown,) = (await office.found("/ideas", member=WORKER))["items"]
    assert (shown["state"], shown["backers"], shown["need"]) == ("listed", 2, "money")
    assert "awards-for-all-england" in shown["fund_ids"]
    assert (await office.found("/ideas", member=FOREIGN_WORKER))["items"] == []
    for pcn_code, found in (("U99001", [shown]), ("U99002", [])):
        answer = await office.found("/ideas", member=WORKER, params={"pcn_code": pcn_code})
        assert answer["items"] == found
    unreadable = await office.get("/ideas", member=WORKER, params={"pcn_code": "U9"})
    assert unreadable.json()["errors"][0]["pointer"] == "/pcn_code"
    assert (await office.post(f"{path}/back", member=FOREIGN_WORKER)).status_code == 404
    assert (await office.get("/ideas", member=REFERRER)).status_code == 403


@pytest.mark.postgres
async def test_an_idea_is_for_a_network_of_the_region(office: Office) -> None:
    refused = await office.post("/ideas", {**IDEA, "pcn_code": "U98765"}, member=WORKER)

    assert refused.status_code == 422
    assert refused.json()["errors"][0]["pointer"] == "/pcn_code"


@pytest.mark.postgres
async def test_an_idea_is_shown_by_itself_with_what_its_area_is_called(office: Office) -> None:
    await small_geography(office)
    await fill_foreign_region(office)
    body = {**IDEA, "neighbourhood_code": "Z1"}
    others = [{**IDEA, "title": title} for title in ("First", "Last")]
    await office.made("/ideas", others[0], member=WORKER)
    made = await office.made("/ideas", body, member=WORKER)
    await office.made("/ideas", others[1], member=WORKER)

    answer = await office.get(f"/ideas/{made['id']}", member=OTHER_WORKER)

    listed = (await office.found("/ideas", member=WORKER))["items"]
    assert answer.json() == listed[1]
    assert (answer.json()["title"], answer.json()["neighbourhood"]) == (IDEA["title"], "Home")
    assert answer.headers["ETag"] == '"1"'
    assert [one["neighbourhood"] for one in listed] == [None, "Home", None]
    for missing in (UUID(int=0), UUID(int=2**128 - 1), UUID(int=UUID(made["id"]).int - 1)):
        assert (await office.get(f"/ideas/{missing}", member=WORKER)).status_code == 404
    foreign = await office.get(f"/ideas/{made['id']}", member=FOREIGN_WORKER)
    assert foreign.status_code == 404


@pytest.mark.postgres
async def test_the_need_of_an_idea_finds_the_listings_that_answer_it(office: Office) -> None:
    made = await office.made("/ideas", IDEA, member=WORKER)
    for name, term in (("Debt morning", "debt"), ("Company", "loneliness")):
        await office.made("/services", a_listing(name=name, need_terms=[term]), member=MANAGER)
    idea = await office.found(f"/ideas/{made['id']}", member=WORKER)

    found = await office.found(
        "/services", member=None, params={"taxonomy_term_id": idea["need_term_id"]}
    )

    assert [one["name"] for one in found["contents"]] == ["Debt morning"]


@pytest.mark.postgres
async def test_an_area_of_an_idea_is_one_that_was_loaded_in_the_region(office: Office) -> None:
    await small_geography(office)
    refused = await office.post("/ideas", {**IDEA, "neighbourhood_code": "Z9"}, member=WORKER)

    assert refused.status_code == 422
    assert refused.json()["errors"][0]["pointer"] == "/neighbourhood_code"
    assert await office.rows("idea") == []


@pytest.mark.postgres
async def test_anybody_reads_where_money_may_come_from(office: Office) -> None:
    shown = await office.found("/funding", member=None, params={"need": "housing"})

    kinds = {fund["id"]: fund["kind"] for fund in shown["items"]}
    assert kinds["disabled-facilities-grant"] == "statutory"
    assert kinds["awards-for-all-england"] == "non-statutory"
    assert "sport-england-movement-fund" not in kinds
    assert all(fund["read"] and isinstance(fund["certain"], bool) for fund in shown["items"])


def test_each_fund_has_an_id_of_its_own_a_source_and_amounts_in_order() -> None:
    assert len({fund.id for fund in FUNDS}) == len(FUNDS)
    for fund in FUNDS:
        assert fund.source.startswith("https://")
        assert fund.read
        assert all(page.url.startswith("https://") for page in fund.read)
        dated = [page.dated for page in fund.read if page.dated is not None]
        # No page that was read is younger than what is said to be known.
        assert fund.known_on is not None or not dated
        assert all(day <= (fund.known_on or CHECKED_ON) <= CHECKED_ON for day in dated)
        if fund.least_pounds is not None and fund.most_pounds is not None:
            assert fund.least_pounds < fund.most_pounds
    assert {fund.kind for fund in funds_for(None)} == {"statutory", "non-statutory"}
    assert all(fund.kind == "statutory" for fund in funds_for("money", kind="statutory"))
