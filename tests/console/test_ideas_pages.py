"""Ideas: raised from a gap or by themselves, backed, begun, and said to have become a listing."""

from typing import Any
from uuid import uuid4

import pytest

from chassis import clock
from console.pages import ideas as pages
from tests.console.front import NOBODY, open_front
from tests.console.library import EVERY_ROLE, Library
from tests.console.reading import Page, check
from tests.console.test_unmet_need_page import reckoned
from tests.directory.evidence import apply, told
from tests.directory.test_unmet_need import small_geography
from tests.directory.trial import (
    FOREIGN_WORKER,
    MANAGER,
    OTHER_WORKER,
    WORKER,
    fill_foreign_region,
)

pytestmark = pytest.mark.postgres

BAD_TEXT = "<script>alert(1)</script>"
IDEAS = "/networks/U99001/ideas"
COLLEAGUES = {"link-worker", "health-coach", "care-coordinator", "pcn-manager", "registrar"}


async def _an_idea(library: Library, member: str = WORKER, **changes: Any) -> str:
    idea = {"pcn_code": "U99001", "need_term": "debt", "title": "Debt advice", **changes}
    made = await library.office.made("/ideas", idea, member=member)
    return str(made["id"])


async def _step(library: Library, idea: str, step: str) -> None:
    answer = await library.office.post(f"/ideas/{idea}/{step}", member=MANAGER)
    assert answer.status_code == 200, answer.text


async def _shown(library: Library, idea: str) -> Page:
    return check(await library.page(f"{IDEAS}/{idea}"))


async def _raising(library: Library, query: str = "") -> dict[str, str]:
    return check(await library.page(f"{IDEAS}/new{query}")).form_to(IDEAS)


async def test_the_ideas_of_a_network_are_listed_with_the_money_that_fits_each(
    library: Library,
) -> None:
    await small_geography(library.office)
    words = f"A morning a week.\n{BAD_TEXT}"
    idea = await _an_idea(library, title=f"Advice {BAD_TEXT}", words=words, neighbourhood_code="Z1")
    await _an_idea(library, title="Elsewhere", pcn_code="U99002", member=OTHER_WORKER)
    await _step(library, idea, "back")
    await library.office.owner.execute("update idea set title = title || $1", "\u202e")
    await library.sign_in("link-worker", "U99001")

    html = await library.page(IDEAS)

    page = check(html)
    for said in (
        f"Advice {BAD_TEXT}",
        f"A morning a week. {BAD_TEXT}",
        "For Debt, U99001 Area Home Stands at Backed backed by 1",
        "Public money (statutory) Additional Roles Reimbursement Scheme Payments under sections",
        "Other money (non-statutory) National Lottery Awards for All England",
        "Other money (non-statutory), from The National Lottery Community Fund, £300 to £20,000",
        "So on 15 November 2023.",
    ):
        assert said in page.words, said
    assert "Elsewhere" not in page.words
    assert "Disabled Facilities Grant" not in page.words
    assert "https://www.legislation.gov.uk/ukpga/2006/41/section/256" in page.outward
    assert {f"{IDEAS}/{idea}", f"{IDEAS}/new"} <= set(page.addresses)
    assert "<script>alert" not in html
    assert "\u202e" not in html
    assert f'href="{IDEAS}" aria-current="page"' in html


async def test_older_ideas_follow_on_further_pages(
    library: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(7):
        pcn, member = (("U99001", WORKER), ("U99002", OTHER_WORKER))[number % 2]
        await _an_idea(library, title=f"Idea {number}", pcn_code=pcn, member=member)
    monkeypatch.setattr(pages, "IDEAS_A_PAGE", 2)
    await library.sign_in("link-worker", "U99001")

    first = check(await library.page(IDEAS))
    (following,) = [one for one in first.addresses if "cursor=" in one]
    second = check(await library.page(following))

    told_of = [[n for n in range(7) if f"Idea {n}" in page.words] for page in (first, second)]
    assert told_of == [[4, 6], [0, 2]]
    assert "Latest ideas" in second.words
    assert "Older ideas" not in second.words


async def test_an_idea_is_raised_for_the_place_that_is_typed_once_however_often_it_is_sent(
    library: Library,
) -> None:
    await small_geography(library.office)
    await library.sign_in("link-worker", "U99001")
    said = {
        "title": "  Debt   advice ",
        "need_term": "debt",
        "near": "zz1 1aa",
        "words": "A morning a week.\r\nIn the library.",
    }
    form = await _raising(library) | said

    sent = [await library.post(IDEAS, **form) for _ in range(2)]

    (row,) = await library.office.rows("idea")
    assert {answer.status_code for answer in sent} == {303}
    assert {answer.headers["location"] for answer in sent} == {f"{IDEAS}/{row['id']}?said=raised"}
    assert (row["title"], row["words"]) == ("Debt advice", "A morning a week.\nIn the library.")
    assert (row["pcn_code"], row["need_term"], row["neighbourhood_code"]) == (
        "U99001",
        "debt",
        "Z1",
    )
    page = check(await library.page(sent[0].headers["location"]))
    assert "The network has this idea now." in page.words
    assert "A morning a week. In the library." in page.words


async def test_each_gap_leads_to_the_form_with_its_network_need_and_area(
    library: Library,
) -> None:
    await small_geography(library.office)
    asked = told("placement-failed", None, at=clock.now(), need="money", reason="full")
    await apply(library.office, [asked])
    await reckoned(library)
    await library.sign_in("pcn-manager", "U99001")
    unmet = check(await library.page("/networks/U99001/unmet-need"))
    gap = f"{IDEAS}/new?need=debt&area=Z1"
    assert {gap, f"{IDEAS}/new?need=money", IDEAS} <= set(unmet.addresses)

    html = await library.page(gap)

    form = check(html).form_to(IDEAS)
    assert '<option value="debt" selected>' in html
    assert '<option value="Z1" selected>Home</option>' in html
    sent = await library.post(
        IDEAS, **(form | {"title": "Advice", "need_term": "debt", "neighbourhood_code": "Z1"})
    )
    page = check(await library.page(sent.headers["location"]))
    assert "For Debt, U99001 Area Home Stands at Raised backed by 0" in page.words
    unmet = check(await library.page("/networks/U99001/unmet-need"))
    assert sent.headers["location"].partition("?")[0] in unmet.addresses


async def test_of_several_areas_one_or_the_whole_network_is_chosen(library: Library) -> None:
    await small_geography(library.office)
    await library.sign_in("registrar", "QZZ")

    html = await library.page(f"{IDEAS}/new?need=levitation&area=Z1&area=Z2&area=%3Ci%3E&area=Z9")

    page = check(html)
    assert "Area it would be for The whole network Home Away" in page.words
    assert "levitation" not in html
    form = page.form_to(IDEAS)
    assert form["areas"] == "Z1 Z2 Z9"
    again = await library.post(IDEAS, **(form | {"neighbourhood_code": "Z2"}))
    assert "The whole network Home Away" in check(again.text).words
    assert '<option value="Z2" selected>' in again.text


@pytest.mark.parametrize(
    ("fields", "at_field", "said"),
    [
        ({"title": " "}, "title", "Give the idea a title of at most 200 characters"),
        ({"title": "x" * 201}, "title", "Give the idea a title of at most 200 characters"),
        ({"title": "Tea\u202e"}, "title", "The title must be one line without control characters"),
        ({"need_term": ""}, "need_term", "Choose the need that it would meet"),
        ({"need_term": "<i>"}, "need_term", "Choose the need that it would meet"),
        ({"words": "x" * 2_001}, "words", "must be at most 2000 characters"),
        ({"near": "Nowhere"}, "near", "The place must be a postcode, the first half of one"),
        ({"near": "x" * 81}, "near", "The place must be at most 80 characters"),
        ({"areas": "Z1", "neighbourhood_code": "Z9"}, "neighbourhood_code", "must be a small area"),
    ],
)
async def test_what_is_wrong_with_an_idea_is_said_at_its_field(
    library: Library, fields: dict[str, str], at_field: str, said: str
) -> None:
    await small_geography(library.office)
    await library.sign_in("link-worker", "U99001")
    form = await _raising(library) | {"title": "Advice", "need_term": "debt", "words": "Weekly."}

    answer = await library.post(IDEAS, **(form | fields))

    page = check(answer.text)
    assert answer.status_code == 400
    assert said in page.words
    assert f"#{at_field}" in page.addresses
    assert "Weekly." in answer.text or "words" in fields
    assert await library.office.rows("idea") == []


async def test_an_idea_for_another_regions_network_is_refused_in_words(library: Library) -> None:
    await fill_foreign_region(library.office)
    await library.sign_in("link-worker", "U99001")
    form = await _raising(library) | {"title": "Advice", "need_term": "debt"}

    answer = await library.post("/networks/U99901/ideas", **form)

    assert answer.status_code == 400
    assert "What you said must be a network of your region" in check(answer.text).words


async def test_an_idea_goes_from_raised_to_a_listing_by_forms_alone(library: Library) -> None:
    other = await library.listed("Company", need_terms=["loneliness"])
    listing = await library.listed("Debt morning", need_terms=["debt"])
    idea = await _an_idea(library)
    here = f"{IDEAS}/{idea}"
    await library.sign_in("pcn-manager", "U99001")
    page = await _shown(library, idea)
    assert "Say so once somebody has begun" not in page.words
    assert "Say what it became" not in page.words
    for step, stands, thanks in (
        ("back", "Stands at Backed backed by 1", "You stand behind this idea."),
        ("start", "Stands at Begun backed by 1", "It is noted that somebody has begun."),
    ):
        sent = await library.post(f"{here}/{step}", **page.form_to(f"{here}/{step}"))
        assert (sent.status_code, sent.headers["location"]) == (303, f"{here}?said={step}")
        page = check(await library.page(sent.headers["location"]))
        assert stands in page.words
        assert thanks in page.words

    form = page.form_to(f"{here}/listing")
    assert "Debt morning, Wayford Gardens (synthetic)" in page.words
    assert "Company" not in page.words
    for chosen, said in (
        ("", "Choose the listing that it became"),
        (other["id"], "The listing must answer the need of the idea"),
        (str(uuid4()), "The listing must be a listing that the public finds"),
        ("<i>", "The listing "),
    ):
        wrong = await library.post(f"{here}/listing", **(form | {"service_id": chosen}))
        assert wrong.status_code == 400, chosen
        wrong_page = check(wrong.text)
        assert said in wrong_page.words
        assert "#service_id" in wrong_page.addresses
    sent = await library.post(f"{here}/listing", **(form | {"service_id": listing["id"]}))
    page = check(await library.page(sent.headers["location"]))

    assert "Stands at Now a listing backed by 1, see the listing" in page.words
    assert f"/listings/{listing['id']}" in page.addresses
    assert "Back this idea" not in page.words


async def test_a_step_that_came_too_late_is_refused_in_words(library: Library) -> None:
    idea = await _an_idea(library)
    here = f"{IDEAS}/{idea}"
    await library.sign_in("pcn-manager", "U99001")
    form = (await _shown(library, idea)).form_to(f"{here}/back")

    early = await library.post(f"{here}/start", **form)

    assert early.status_code == 400
    assert "An idea that is raised cannot take this step." in check(early.text).words


async def test_without_a_listing_for_the_need_there_is_nothing_to_choose(
    library: Library,
) -> None:
    idea = await _an_idea(library)
    for step in ("back", "start"):
        await _step(library, idea, step)
    await library.sign_in("registrar", "QZZ")

    page = await _shown(library, idea)

    assert "No listing that the public finds answers this need yet." in page.words
    assert not [form for form in page.forms if form[""].endswith("/listing")]


async def test_the_latest_pages_of_many_listings_are_offered(
    library: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(5):
        await library.listed(f"Debt {number}", need_terms=["debt"])
    idea = await _an_idea(library)
    for step in ("back", "start"):
        await _step(library, idea, step)
    monkeypatch.setattr(pages, "LISTINGS_A_PAGE", 1)
    await library.sign_in("pcn-manager", "U99001")

    words = (await _shown(library, idea)).words

    assert [n for n in range(5) if f"Debt {n}," in words] == [2, 3, 4]


@pytest.mark.parametrize(("role", "code"), EVERY_ROLE)
async def test_each_role_sees_the_steps_it_may_take(library: Library, role: str, code: str) -> None:
    ideas = [await _an_idea(library, title=title) for title in ("Raised", "Backed", "Begun")]
    for idea, steps in zip(ideas, ((), ("back",), ("back", "start")), strict=True):
        for step in steps:
            await _step(library, idea, step)
    await library.listed("Debt morning", need_terms=["debt"])
    await library.sign_in(role, code)
    addresses = [IDEAS, f"{IDEAS}/new", *(f"{IDEAS}/{idea}" for idea in ideas)]

    answers = [await library.get(address) for address in addresses]

    if role not in COLLEAGUES:
        assert {answer.status_code for answer in answers} == {403}
        assert "Your role does not open this page" in check(answers[0].text).words
        return
    shown = [check(answer.text) for answer in answers]
    steps = [
        sorted(form[""].rpartition("/")[2] for form in page.forms if form[""].startswith(IDEAS))
        for page in shown[2:]
    ]
    publishes = role in {"pcn-manager", "registrar"}
    assert f"{IDEAS}/new" in shown[0].addresses
    assert steps == [
        ["back"],
        ["back", "start"] if publishes else ["back"],
        ["back", "listing"] if publishes else ["back"],
    ]
    menu = check(await library.page("/"))
    assert (IDEAS in menu.addresses) == (role != "registrar")


async def test_a_form_sent_by_who_may_not_or_from_elsewhere_changes_nothing(
    library: Library,
) -> None:
    idea = await _an_idea(library)
    await _step(library, idea, "back")
    said = {"title": "Another", "need_term": "debt", "service_id": str(uuid4())}
    await library.sign_in("region-analyst", "QZZ")
    token = check(await library.page("/")).form_to("/sign-out")["form_token"]
    posts = [IDEAS, *(f"{IDEAS}/{idea}/{step}" for step in ("back", "start", "listing"))]

    refused = [await library.post(one, form_token=token, **said) for one in posts]
    await library.sign_in("link-worker", "U99001")
    stolen = [await library.post(one, form_token="guessed", **said) for one in posts]
    token = check(await library.page("/")).form_to("/sign-out")["form_token"]
    not_theirs = await library.post(f"{IDEAS}/{idea}/start", form_token=token)

    assert {one.status_code for one in [*refused, *stolen, not_theirs]} == {403}
    assert "Your role does not open this page" in check(not_theirs.text).words
    (row,) = await library.office.rows("idea")
    assert (row["state"], row["backers"]) == ("backed", 1)


async def test_what_may_not_be_seen_answers_as_what_is_not_there(library: Library) -> None:
    await fill_foreign_region(library.office)
    own = await _an_idea(library)
    foreign = await _an_idea(library, member=FOREIGN_WORKER, pcn_code="U99901")
    await library.sign_in("link-worker", "U99001")

    answers = [
        await library.get(address)
        for address in (
            f"{IDEAS}/{foreign}",
            f"{IDEAS}/{uuid4()}",
            f"/networks/U99002/ideas/{own}",
            "/networks/U9%2F/ideas",
            "/networks/x/ideas",
        )
    ]

    assert {answer.status_code for answer in answers} == {404}
    assert len({answer.text for answer in answers}) == 1
    empty = [check(await library.page(f"/networks/{code}/ideas")) for code in ("U99901", "U98765")]
    assert all("Nobody has raised an idea for this network yet." in one.words for one in empty)
    form = check(await library.page(IDEAS)).form_to("/sign-out")
    for step in ("back", "other"):
        assert (await library.post(f"{IDEAS}/{foreign}/{step}", **form)).status_code == 404


async def test_while_nobody_can_tell_the_role_no_form_is_shown(library: Library) -> None:
    idea = await _an_idea(library)
    await library.sign_in("link-worker", "U99001")
    front = library.front
    away = {"directory_url": library.url, "reporting_url": NOBODY}
    async with open_front(front.database, front.worker, front.issuer_url, **away) as cut_off:
        await cut_off.sign_in("demo-link-worker-U99001")
        page = check(await cut_off.page(f"{IDEAS}/{idea}"))
        raising = await cut_off.browser.get(f"{IDEAS}/new")

    assert "Back this idea" not in page.words
    assert raising.status_code == 503
