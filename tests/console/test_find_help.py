"""Finding help: what is found and why, what is wrong with a form, and what stands in no address."""

import re
from html import unescape
from typing import Any
from urllib.parse import unquote

import pytest

from console.client import BrokenRule, Refused
from console.pages.find_help import errors_of
from tests.console.library import EVERY_ROLE, Library
from tests.console.reading import Page, check
from tests.directory.test_search import at, load_places, weekly
from tests.directory.trial import MANAGER, WORKER

pytestmark = pytest.mark.postgres

BAD_TEXT = "<script>alert(1)</script>"


async def _search(library: Library, **fields: str) -> str:
    """Send the form, and give the page it leads to."""
    form = check(await library.page("/listings")).form_to("/listings")
    sent = await library.post("/listings", **(form | fields))
    assert sent.status_code == 303, sent.text[-800:]
    return await library.page(sent.headers["location"])


async def _wrong(library: Library, **fields: str) -> Page:
    """Send a form that something is wrong with; what is said of it."""
    form = check(await library.page("/listings")).form_to("/listings")
    answer = await library.post("/listings", **(form | fields))
    if answer.status_code == 303:
        answer = await library.get(answer.headers["location"])
    assert answer.status_code == 400, answer.text[-800:]
    page = check(answer.text)
    assert "There is a problem" in page.words
    return page


async def _a_choir(library: Library, **changes: Any) -> str:
    facts: dict[str, Any] = {
        "need_terms": ["loneliness"],
        "schedules": [weekly("TU")],
        "cost_options": [{"option": "Free", "amount": 0}],
        "locations": [at(53.5072)],
    }
    return str((await library.listed("Tea and singing", **(facts | changes)))["id"])


async def test_what_is_found_says_why_what_room_there_is_and_how_fresh_that_is(
    library: Library,
) -> None:
    await load_places(library.office)
    listing_id = await _a_choir(library)
    word = {"status": "waitlist", "until": "2999-01-01"}
    said = await library.office.ask(
        "PUT", f"/services/{listing_id}/capacity", word, member=MANAGER, version=0
    )
    assert said.status_code == 200, said.text
    await library.sign_in("link-worker", "U99001")

    page = check(await _search(library, words="I am so lonelly", near="Netherby"))

    for words in (
        "Tea and singing",
        "Wayford Gardens (synthetic) , 800 m away",
        "Why it is shown Found by loneliness, 800 m away, Tuesdays, free",
        "Room Waiting list very sure: a worker said so for the group",
        "How fresh Very likely right Entered or changed by its keepers",
        "We read “lonelly” as “lonely” .",
        "Understood as: Loneliness",
        "Within 15 km of Netherby",
    ):
        assert words in page.words, words


async def test_nothing_of_what_was_asked_stands_in_an_address(library: Library) -> None:
    await load_places(library.office)
    await _a_choir(library)
    await library.sign_in("link-worker", "U99001")
    form = check(await library.page("/listings")).form_to("/listings")
    typed = {"words": "Robin Example is lonely", "near": "ZZ1 1AA", "age": "83", "language": "pl"}

    sent = await library.post("/listings", **(form | typed))
    html = await library.page(sent.headers["location"])

    addresses = [sent.headers["location"], *check(html).addresses]
    for address in addresses:
        for word in ("robin", "lonely", "zz1", "age=", "language"):
            assert word not in unquote(address).lower(), address
    # The form holds it, for whoever asked to change it.
    assert 'value="Robin Example is lonely"' in html


async def test_what_was_asked_opens_in_its_own_session_alone(library: Library) -> None:
    await _a_choir(library)
    await library.sign_in("link-worker", "U99001")
    form = check(await library.page("/listings")).form_to("/listings")
    sent = await library.post("/listings", **(form | {"words": "lonely"}))
    assert "Tea and singing" in await library.page(sent.headers["location"])

    await library.sign_in("link-worker", "U99002")
    html = await library.page(sent.headers["location"])

    assert "Tea and singing" not in html
    assert "lonely" not in html
    assert "What was found" not in check(html).words


async def test_each_choice_of_the_form_is_asked_of_the_directory(library: Library) -> None:
    await load_places(library.office)
    await _a_choir(library)
    await library.listed(
        "Polish tea",
        need_terms=["loneliness"],
        languages=[{"name": "Polish", "code": "pl"}],
        locations=[at(53.5, accessibility=[{"description": "A ramp and a hearing loop"}])],
    )
    await library.sign_in("care-navigator", "Y99001")

    for fields, expected in (
        ({"day": "TU"}, {"Tea and singing"}),
        ({"time": "morning"}, {"Tea and singing"}),
        ({"cost": "free"}, {"Tea and singing"}),
        ({"language": "pl"}, {"Polish tea"}),
        ({"access-wheelchair": "yes", "access-hearing-loop": "yes"}, {"Polish tea"}),
        ({"attendance": "in-person", "age": "30"}, {"Tea and singing", "Polish tea"}),
        ({"near": "ZZ1 1AA", "within_metres": "1000"}, {"Tea and singing", "Polish tea"}),
        ({"need": "loneliness", "accepting": "true"}, {"Tea and singing", "Polish tea"}),
    ):
        html = await _search(library, words="tea", **fields)
        found = {unescape(one) for one in re.findall(r"<h3[^>]*><a[^>]*><bdi>([^<]*)", html)}
        assert found == expected, fields
        assert '<details class="nhsuk-details" open>' in html


async def test_what_the_directory_refuses_is_said_at_its_field(library: Library) -> None:
    await load_places(library.office)
    await library.sign_in("link-worker", "U99001")

    for fields, at_field, said in (
        ({"words": "tea", "near": "Nowhere"}, "near", "Place or postcode must be a postcode"),
        ({"words": "tea", "age": "old"}, "age", "Age must be a number"),
        ({"words": "tea", "within_metres": "2000"}, "near", "must be given where within_metres is"),
        ({"words": "tea " * 60}, "words", "must be at most 200 characters long"),
        ({}, "words", "Enter what the person is looking for, or a place"),
        ({"day": "<i>"}, "day", "Day must be one of"),
    ):
        page = await _wrong(library, **fields)
        assert said in page.words, fields
        assert f"#{at_field}" in page.addresses
        shown = {one.get("name"): one.get("value") for one in page.fields}
        if "near" in fields:
            assert shown["near"] == fields["near"]


async def test_more_than_can_be_sealed_is_refused_in_words(library: Library) -> None:
    await library.sign_in("link-worker", "U99001")
    page = await _wrong(library, words="\U0001f600" * 900, near="\U0001f600" * 900)
    assert "must be said in fewer words" in page.words


async def test_where_nothing_is_found_the_nearest_is_shown_and_what_was_given_up(
    library: Library,
) -> None:
    await _a_choir(library)
    await library.sign_in("link-worker", "U99001")

    page = check(await _search(library, words="lonely", day="SU"))

    assert "Nothing was found" in page.words
    assert "Nothing met everything you asked for. These do, on another day." in page.words
    assert "Tea and singing" in page.words
    empty = check(await _search(library, words="zeppelin"))
    assert "Try fewer or other words" in empty.words


async def test_pages_follow_one_another_and_lead_back_to_the_first(library: Library) -> None:
    for number in range(23):
        await library.listed(f"Choir {number}", need_terms=["loneliness"])
    await library.sign_in("link-worker", "U99001")

    first = await _search(library, words="choir")
    (following,) = re.findall(r'href="([^"]*cursor=[^"]*)"', first)
    second = await library.page(unescape(following))

    found = [re.findall(r"<bdi>(Choir \d+)</bdi>", html) for html in (first, second)]
    assert [len(one) for one in found] == [20, 3]
    assert len({*found[0], *found[1]}) == 23
    assert "First page" in check(second).words
    assert "Next page" not in check(second).words
    wrong = await library.get(unescape(following) + "x")
    assert wrong.status_code == 400
    assert "The search must be the `next` of a page you were given" in check(wrong.text).words


async def test_what_a_group_wrote_is_text_and_turns_no_other_text_round(library: Library) -> None:
    listing_id = await _a_choir(library, description=f"Lonely? {BAD_TEXT}")
    await library.written(listing_id, name=f"Tea \u202e{BAD_TEXT}", alert="Moved\u2066 to the hall")
    await library.sign_in("link-worker", "U99001")

    html = await _search(library, words="lonely", near="")

    page = check(html)
    assert f"Tea {BAD_TEXT}" in page.words
    assert "Moved to the hall" in page.words
    assert "<script>alert" not in html
    assert not re.search("[\u202a-\u202e\u2066-\u2069]", html)


async def test_whoever_keeps_no_listings_sees_how_fresh_without_who_was_heard(
    library: Library,
) -> None:
    listing_id = await _a_choir(library)
    marked = {"kind": "no-longer-runs"}
    await library.office.post(f"/services/{listing_id}/marks", marked, member=WORKER)
    await library.sign_in("care-navigator", "Y99001")

    navigator = check(await _search(library, words="lonely")).words
    await library.sign_in("link-worker", "U99001")
    worker = check(await _search(library, words="lonely")).words

    assert "How fresh May be wrong" in navigator
    assert "Some of this may no longer be right." in navigator
    assert "Somebody said that it no longer runs" not in navigator
    assert "How fresh May be wrong Somebody said that it no longer runs," in worker


@pytest.mark.parametrize(("role", "code"), EVERY_ROLE)
async def test_whoever_holds_a_role_finds_help_in_the_menu(
    library: Library, role: str, code: str
) -> None:
    await library.sign_in(role, code)
    for address in ("/", "/listings"):
        assert "/listings" in check(await library.page(address)).addresses


async def test_finding_help_is_for_those_who_signed_in_and_by_their_own_form(
    library: Library,
) -> None:
    asked = await library.get("/listings")
    assert asked.headers["location"] == "/sign-in?to=%2Flistings"
    await library.sign_in("link-worker", "U99001")
    stolen = await library.post("/listings", form_token="guessed", words="lonely")
    assert stolen.status_code == 403


def test_what_names_no_field_is_said_without_one() -> None:
    refused = Refused(
        422, "No.", [BrokenRule("cursor", "must be ours"), BrokenRule("age", "is high")]
    )
    assert errors_of(refused) == {"": "The search must be ours", "age": "Age is high"}
    assert errors_of(Refused(422, "No.")) == {"": "No."}
