"""Unmet need: what was asked for in vain, what is lacking, and what may close the gap."""

import pytest

from chassis import clock
from contracts.needs import FINER
from services.directory.use_cases.lacking import reckon_due
from tests.console.library import Library
from tests.console.reading import check
from tests.directory.evidence import apply, told
from tests.directory.test_unmet_need import small_geography
from tests.directory.trial import MANAGER, WORKER

pytestmark = pytest.mark.postgres

BAD_TEXT = "<script>alert(1)</script>"


async def _in_vain(library: Library, *, times: int) -> None:
    now = clock.now()
    await apply(
        library.office,
        [told("placement-failed", None, at=now, need="money", reason="full") for _ in range(times)],
    )


async def reckoned(library: Library) -> None:
    while await reckon_due(library.office.worker, clock.now()):
        pass


async def test_a_manager_sees_exact_figures_and_the_region_controlled_ones(
    library: Library,
) -> None:
    await small_geography(library.office)
    await _in_vain(library, times=3)
    row = "Need Money {}Neighbourhood Not said Why Full Times {}"

    await library.sign_in("pcn-manager", "U99001")
    exact = check(await library.page("/networks/U99001/unmet-need")).words
    await library.sign_in("region-analyst", "QZZ")
    network = check(await library.page("/networks/U99001/unmet-need")).words
    region = check(await library.page("/regions/QZZ/unmet-need")).words

    assert row.format("", "3 Per 10,000 people 3") in exact
    assert "How small numbers are protected" not in exact
    hidden = "* too few to show Per 10,000 people * too few to show"
    assert row.format("", hidden) in network
    assert row.format("Network U99001 ", hidden) in region
    assert "How small numbers are protected" in region


async def test_what_each_neighbourhood_lacks_stands_beside_ideas_and_money_for_it(
    library: Library,
) -> None:
    await small_geography(library.office)
    idea = {
        "pcn_code": "U99001",
        "need_term": "debt",
        "title": f"Debt advice {BAD_TEXT}",
        "words": "A morning a week in the library.",
    }
    await library.office.made("/ideas", idea, member=WORKER)
    await reckoned(library)
    await library.sign_in("pcn-manager", "U99001")

    html = await library.page("/networks/U99001/unmet-need")

    page = check(html)
    assert "Need Debt Why Nothing there Neighbourhoods Home , 2,000 people" in page.words
    assert f"What may close it Idea: Debt advice {BAD_TEXT}" in page.words
    assert "What may close it No idea yet Money that may fit" in page.words
    assert "Stands at Raised backed by 0" in page.words
    assert "#money-money" in page.addresses
    assert page.outward
    assert "<script>alert" not in html
    await library.sign_in("region-analyst", "QZZ")
    analyst = check(await library.page("/regions/QZZ/unmet-need")).words
    assert "Where money may come from" in analyst
    assert "Debt advice" not in analyst


async def test_an_idea_that_became_a_listing_leads_to_it(library: Library) -> None:
    await small_geography(library.office)
    made = await library.listed("Debt advice", need_terms=["debt"])
    idea = {"pcn_code": "U99001", "need_term": "debt", "title": "Advice"}
    raised = (await library.office.made("/ideas", idea, member=WORKER))["id"]
    for step in ("back", "start", f"listing/{made['id']}"):
        answer = await library.office.post(f"/ideas/{raised}/{step}", member=MANAGER)
        assert answer.status_code == 200, answer.text
    await library.sign_in("pcn-manager", "U99001")

    page = check(await library.page("/networks/U99001/unmet-need"))

    assert "Stands at Now a listing backed by 1, see the listing" in page.words
    assert f"/listings/{made['id']}" in page.addresses


async def test_a_period_that_is_none_is_the_last_twelve_months(library: Library) -> None:
    await small_geography(library.office)
    await library.sign_in("pcn-manager", "U99001")
    for months, chosen in (("60", "60"), ("1", "1"), ("0", "12"), ("<i>", "12")):
        html = await library.page("/networks/U99001/unmet-need", months=months)
        check(html)
        assert f'<option value="{chosen}" selected>' in html


async def test_the_overview_and_the_menu_lead_to_unmet_need(library: Library) -> None:
    for role, code, page in (
        ("pcn-manager", "U99001", "/networks/U99001"),
        ("region-analyst", "QZZ", "/regions/QZZ"),
    ):
        await library.sign_in(role, code)
        html = await library.page(page)
        assert check(html).addresses.count(f"{page}/unmet-need") == 2
        # One entry of the menu is the page one is on.
        assert html.count('aria-current="page"') == 1
        unmet = await library.page(f"{page}/unmet-need")
        assert unmet.count('aria-current="page"') == 1
        assert f'href="{page}/unmet-need" aria-current="page"' in unmet


async def test_what_may_not_be_seen_answers_as_what_is_not_there(library: Library) -> None:
    await library.sign_in("pcn-manager", "U99001")
    answers = [await library.get(f"/networks/{code}/unmet-need") for code in ("U99002", "U98765")]
    assert {answer.status_code for answer in answers} == {404}
    assert len({answer.text for answer in answers}) == 1
    assert (await library.get("/regions/QZZ/unmet-need")).status_code == 403
    for role, code in (("link-worker", "U99001"), ("operator", "QZZ"), ("registrar", "QZZ")):
        await library.sign_in(role, code)
        for address in ("/networks/U99001/unmet-need", "/regions/QZZ/unmet-need"):
            assert (await library.get(address)).status_code == 403, (role, address)


async def test_each_list_goes_on_by_itself(library: Library) -> None:
    await small_geography(library.office)
    await reckoned(library)
    await library.sign_in("region-analyst", "QZZ")
    first = await library.page("/regions/QZZ/unmet-need")
    (more,) = [one for one in check(first).addresses if "lacking=" in one]

    second = await library.page(more.removesuffix("#lacking"))

    assert more.endswith("#lacking")
    assert "First page" in check(second).words
    assert "asked=" not in second


async def test_what_was_asked_in_vain_goes_on_with_the_same_totals(library: Library) -> None:
    await small_geography(library.office)
    await library.office.owner.execute(
        """
        insert into unmet_search (month, need_term, neighbourhood_code, reason, searches)
        select date_trunc('month', now())::date, need, 'Z1', 'too-far', 10
        from unnest($1::text[]) as need
        """,
        [term.code for term in FINER],
    )
    await library.sign_in("region-analyst", "QZZ")
    first = await library.page("/regions/QZZ/unmet-need")
    (more,) = [one for one in check(first).addresses if "asked=" in one]

    second = check(await library.page(more.removesuffix("#asked"))).words

    total = f"In all: {10 * len(FINER):,}."
    assert (total in check(first).words, total in second) == (True, True)
    assert "First page" in second


async def test_before_anything_was_reckoned_nothing_is_said_to_be_served(library: Library) -> None:
    await library.sign_in("pcn-manager", "U99001")
    words = check(await library.page("/networks/U99001/unmet-need")).words
    assert "has not been reckoned yet" in words


async def test_a_network_that_came_after_the_reckoning_has_a_page(library: Library) -> None:
    await small_geography(library.office)
    await reckoned(library)
    late = {"pcn_code": "U99003", "region_code": "QZZ", "name": "Third PCN (synthetic)"}
    await library.office.made("/register/pcns", late)
    await library.sign_in("region-analyst", "QZZ")

    words = check(await library.page("/networks/U99003/unmet-need")).words

    assert "What is lacking" in words
    assert "Nobody in U99003 offers" not in words
