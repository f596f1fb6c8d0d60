"""One listing: what it says and by whose word, what each role sees of it, and what they may say."""

from typing import Any
from uuid import UUID, uuid4

import pytest

from tests.console.library import Library
from tests.console.reading import Page, check
from tests.directory.evidence import apply, told
from tests.directory.test_relations import a_relation, a_worker
from tests.directory.trial import FOREIGN_MANAGER, MANAGER, WORKER, a_listing, fill_foreign_region

pytestmark = pytest.mark.postgres

BAD_TEXT = "<script>alert(1)</script>"
MARK = "Something is wrong with this listing"
ROOM = "The group has told what room it has"


async def _a_listing(library: Library, **changes: Any) -> dict[str, Any]:
    facts: dict[str, Any] = {
        "need_terms": ["loneliness"],
        "url": "https://gardens.example.org/tuesdays",
        "schedules": [{"freq": "WEEKLY", "byday": "TU", "opens_at": "10:00"}],
    }
    return await library.listed("Growing group", **(facts | changes))


async def _known_by(library: Library, name: str, organization_id: str) -> None:
    worker = await a_worker(library.office, name)
    knows = a_relation("knows", ("worker", worker), ("organization", organization_id))
    await library.office.made("/relations", knows, member=MANAGER)


async def _shown(library: Library, listing_id: str) -> Page:
    return check(await library.page(f"/listings/{listing_id}"))


async def test_each_fact_is_shown_with_who_said_it_and_when(library: Library) -> None:
    made = await _a_listing(library, fees="Free")
    await library.sign_in("link-worker", "U99001")

    page = await _shown(library, made["id"])

    for words in (
        "Growing group By Wayford Gardens (synthetic)",
        "When Tuesdays, from 10:00 Said by a network ,",
        "Cost Free Said by a network ,",
        "Helps with Company and connection, Loneliness",
        "Room Room not known",
        "How fresh Very likely right Entered or changed by its keepers,",
        "85 of 100",
        "Entered or changed by its keepers",
    ):
        assert words in page.words, words
    assert page.outward == {"https://gardens.example.org/tuesdays": "nofollow noopener noreferrer"}
    assert f"/groups/{made['organization_id']}" in page.addresses


async def test_what_a_group_wrote_is_text_and_only_pages_of_the_web_are_links(
    library: Library,
) -> None:
    made = await _a_listing(library, description=f"Tea {BAD_TEXT}\nand cake")
    await library.written(
        made["id"], name=f"Growing \u202e{BAD_TEXT}", url="javascript:alert(1)", alert="\u2066Moved"
    )
    await library.sign_in("link-worker", "U99001")

    html = await library.page(f"/listings/{made['id']}")

    page = check(html)
    assert f"Growing {BAD_TEXT}" in page.words
    assert f"Tea {BAD_TEXT} and cake" in page.words
    assert "javascript:alert(1)" in page.words
    assert not page.outward
    assert 'href="javascript' not in html
    assert "<script>alert" not in html
    assert "\u202e" not in html
    assert "\u2066" not in html


async def test_how_fresh_it_is_opens_to_what_happened_and_who_told_it(library: Library) -> None:
    made = await _a_listing(library)
    listing_id = UUID(made["id"])
    await apply(library.office, [told("onward-referral-attended", listing_id)])
    marked = {"kind": "no-longer-runs"}
    await library.office.post(f"/services/{listing_id}/marks", marked, member=WORKER)
    await library.sign_in("link-worker", "U99001")

    words = (await _shown(library, made["id"])).words

    assert "Somebody said that it no longer runs" in words
    assert "Told by a worker Worth now −60" in words
    assert "What happened Somebody who was sent got there Day 3 June 2026" in words
    assert "Told by network U99001" in words


async def test_who_to_ask_is_named_to_colleagues_alone(library: Library) -> None:
    made = await _a_listing(library)
    await _known_by(library, "Robin", made["organization_id"])

    for role, code, said in (
        ("link-worker", "U99001", "Who to ask Robin of U99001, who knows the group"),
        ("pcn-manager", "U99001", "Who to ask Robin of U99001, who knows the group"),
        ("region-analyst", "QZZ", "Who to ask A worker of U99001, who knows the group"),
        ("link-worker", "U99002", "Who to ask Nobody is noted as knowing this group."),
    ):
        await library.sign_in(role, code)
        assert said in (await _shown(library, made["id"])).words, (role, code)


@pytest.mark.parametrize(
    ("role", "code", "shown"),
    [
        ("referrer", "Y99001", set()),
        ("care-navigator", "Y99001", set()),
        ("link-worker", "U99001", {"How fresh", "Who to ask", MARK, ROOM}),
        ("health-coach", "U99001", {"How fresh", "Who to ask", MARK, ROOM}),
        ("care-coordinator", "U99001", {"How fresh", "Who to ask", MARK, ROOM}),
        ("link-worker", "U99002", {"How fresh", "Who to ask", MARK, ROOM}),
        ("pcn-manager", "U99001", {"How fresh", "Who to ask", MARK, ROOM}),
        ("registrar", "QZZ", {"How fresh", "Who to ask", MARK, ROOM}),
        ("region-analyst", "QZZ", {"Who to ask"}),
        ("operator", "QZZ", set()),
        ("privacy-officer", "QZZ", set()),
        ("provider", "own", {"How fresh", ROOM}),
        ("provider", "another", set()),
    ],
)
async def test_each_role_sees_of_a_listing_what_the_directory_tells_it(
    library: Library, role: str, code: str, shown: set[str]
) -> None:
    made = await _a_listing(library)
    codes = {"own": made["organization_id"], "another": str(uuid4())}
    await library.sign_in(role, codes.get(code, code))

    words = (await _shown(library, made["id"])).words

    assert "When Tuesdays, from 10:00" in words
    assert {one for one in ("How fresh", "Who to ask", MARK, ROOM) if one in words} == shown


async def test_whoever_says_it_is_wrong_is_thanked_and_says_it_in_the_directory(
    library: Library,
) -> None:
    made = await _a_listing(library)
    await library.sign_in("link-worker", "U99001")
    address = f"/listings/{made['id']}"
    form = (await _shown(library, made["id"])).form_to(f"{address}/marks")

    sent = await library.post(
        f"{address}/marks", **(form | {"kind": "no-longer-runs", "note": "The hall  is shut."})
    )
    again = await library.post(f"{address}/marks", **(form | {"kind": "no-longer-runs"}))

    assert (sent.status_code, sent.headers["location"]) == (303, f"{address}?said=mark")
    assert again.status_code == 303
    page = check(await library.page(sent.headers["location"]))
    assert "What you said is noted" in page.words
    assert "Please note Some of this may no longer be right." in page.words
    (row,) = await library.office.rows("listing_mark")
    assert (row["kind"], row["note"]) == ("no-longer-runs", "The hall is shut.")


async def test_a_mark_without_its_kind_is_refused_at_the_field(library: Library) -> None:
    made = await _a_listing(library)
    await library.sign_in("link-worker", "U99001")
    address = f"/listings/{made['id']}"
    form = (await _shown(library, made["id"])).form_to(f"{address}/marks")

    answer = await library.post(f"{address}/marks", **(form | {"note": "x" * 501}))

    page = check(answer.text)
    assert answer.status_code == 400
    assert "There is a problem Say what is wrong What you know must be at most 500" in page.words
    assert {"#mark-kind", "#note"} <= set(page.addresses)
    assert "x" * 501 in answer.text
    assert '<details class="nhsuk-details nhsuk-expander" id="mark" open>' in answer.text
    assert await library.office.rows("listing_mark") == []


async def test_what_room_there_is_is_said_for_the_group_until_a_day(library: Library) -> None:
    made = await _a_listing(library)
    await library.sign_in("link-worker", "U99001")
    address = f"/listings/{made['id']}"
    form = (await _shown(library, made["id"])).form_to(f"{address}/capacity")
    said = {"status": "no-capacity", "until-day": "31", "until-month": "12", "until-year": "2998"}
    # A browser sends what the page's fields are called, and nothing else.
    assert said.keys() - {"status"} <= form.keys()

    sent = await library.post(f"{address}/capacity", **(form | said))

    assert (sent.status_code, sent.headers["location"]) == (303, f"{address}?said=room")
    page = check(await library.page(sent.headers["location"]))
    assert "What room there is was noted." in page.words
    assert "Room Full very sure: a worker said so for the group," in page.words
    (row,) = await library.office.rows("capacity_word")
    assert (row["status"], row["told_by"], row["until_date"].isoformat()) == (
        "no-capacity",
        "worker",
        "2998-12-31",
    )


async def test_who_saw_an_older_word_is_told_of_the_newer_and_may_say_theirs_then(
    library: Library,
) -> None:
    made = await _a_listing(library)
    await library.sign_in("link-worker", "U99001")
    address = f"/listings/{made['id']}"
    form = (await _shown(library, made["id"])).form_to(f"{address}/capacity")
    newer = {"status": "waitlist"}
    await library.office.ask(
        "PUT", f"/services/{made['id']}/capacity", newer, member=MANAGER, version=0
    )

    late = await library.post(f"{address}/capacity", **(form | {"status": "has-capacity"}))

    page = check(late.text)
    assert late.status_code == 400
    assert "Somebody else said something meanwhile." in page.words
    assert "Room Waiting list" in page.words
    form = page.form_to(f"{address}/capacity")
    assert form["status"] == "has-capacity"
    sent = await library.post(f"{address}/capacity", **form)
    assert sent.status_code == 303
    assert "Room Has room" in (await _shown(library, made["id"])).words


@pytest.mark.parametrize(
    ("fields", "at_field", "said"),
    [
        ({}, "room-status", "Say what room there is"),
        ({"status": "<i>"}, "room-status", "Say what room there is"),
        ({"until-day": "31", "until-month": "2", "until-year": "2999"}, "until-day", "a real one"),
        ({"until-day": "1"}, "until-day", "a real one"),
        ({"until-day": "9" * 30, "until-month": "1", "until-year": "1"}, "until-day", "a real one"),
        ({"until-day": "1", "until-month": "1", "until-year": "2020"}, "until-day", "after today"),
    ],
)
async def test_what_is_wrong_with_the_room_is_said_at_its_field(
    library: Library, fields: dict[str, str], at_field: str, said: str
) -> None:
    made = await _a_listing(library)
    await library.sign_in("link-worker", "U99001")
    address = f"/listings/{made['id']}"
    form = (await _shown(library, made["id"])).form_to(f"{address}/capacity")

    answer = await library.post(f"{address}/capacity", **(form | fields))

    page = check(answer.text)
    assert answer.status_code == 400
    assert said in page.words
    assert f"#{at_field}" in page.addresses
    assert await library.office.rows("capacity_word") == []


async def test_a_form_sent_by_who_may_not_or_from_elsewhere_changes_nothing(
    library: Library,
) -> None:
    made = await _a_listing(library)
    address = f"/listings/{made['id']}"
    await library.sign_in("care-navigator", "Y99001")
    token = check(await library.page("/listings")).form_to("/listings")["form_token"]
    fields = {"kind": "no-longer-runs", "status": "no-capacity", "version": "0"}

    for form in ("marks", "capacity"):
        refused = await library.post(f"{address}/{form}", form_token=token, **fields)
        assert refused.status_code == 403
        assert "Your role does not open this page" in check(refused.text).words
    await library.sign_in("link-worker", "U99001")
    for form in ("marks", "capacity"):
        stolen = await library.post(f"{address}/{form}", form_token="guessed", **fields)
        assert stolen.status_code == 403

    assert await library.office.rows("listing_mark") == []
    assert await library.office.rows("capacity_word") == []


async def test_a_version_that_is_none_changes_nothing(library: Library) -> None:
    made = await _a_listing(library)
    await library.sign_in("link-worker", "U99001")
    address = f"/listings/{made['id']}"
    form = (await _shown(library, made["id"])).form_to(f"{address}/capacity")

    for version in ("", "x", "1\r\nX-Other: 1", "³"):
        changed = form | {"status": "no-capacity", "version": version}
        answer = await library.post(f"{address}/capacity", **changed)
        assert answer.status_code == 400, version

    assert await library.office.rows("capacity_word") == []


async def test_what_may_not_be_seen_answers_as_what_is_not_there(library: Library) -> None:
    await fill_foreign_region(library.office)
    draft = await library.office.made("/services", a_listing(), member=WORKER)
    foreign = a_listing(name="Foreign draft", publish=False)
    other = await library.office.made("/services", foreign, member=FOREIGN_MANAGER)
    await library.sign_in("link-worker", "U99001")

    answers = [
        await library.get(f"/listings/{one}") for one in (draft["id"], other["id"], uuid4(), "x")
    ]

    assert {answer.status_code for answer in answers} == {404}
    assert len({answer.text for answer in answers}) == 1
    form = check(answers[0].text).form_to("/sign-out")
    for one in (other["id"], uuid4()):
        said = await library.post(f"/listings/{one}/marks", **form, kind="wrong-details")
        assert said.status_code == 404


async def test_what_another_region_shows_is_read_and_nothing_more_is_known_of_it(
    library: Library,
) -> None:
    await fill_foreign_region(library.office)
    foreign = a_listing(name="Foreign group")
    made = await library.office.made("/services", foreign, member=FOREIGN_MANAGER)
    await library.sign_in("link-worker", "U99001")

    words = (await _shown(library, made["id"])).words

    assert "Foreign group" in words
    for one in ("How fresh", "Who to ask", MARK, ROOM):
        assert one not in words


async def test_of_a_listing_that_is_gone_it_is_said_so(library: Library) -> None:
    made = await _a_listing(library)
    await library.office.post(
        f"/services/{made['id']}/hide", {"reason": "no-longer-runs"}, member=MANAGER
    )
    await library.sign_in("link-worker", "U99001")

    words = (await _shown(library, made["id"])).words

    assert "This listing is not shown any more" in words
    assert "When Tuesdays" not in words
    assert MARK not in words
    assert ROOM not in words


async def test_the_way_back_leads_to_what_was_found(library: Library) -> None:
    made = await _a_listing(library)
    await library.sign_in("link-worker", "U99001")
    form = check(await library.page("/listings")).form_to("/listings")
    sent = await library.post("/listings", **(form | {"words": "growing"}))
    found = check(await library.page(sent.headers["location"]))
    (address,) = [one for one in found.addresses if one.startswith(f"/listings/{made['id']}")]

    page = check(await library.page(address))

    assert sent.headers["location"] in page.addresses
    marks = page.form_to(f"/listings/{made['id']}/marks")
    thanked = await library.post(
        f"/listings/{made['id']}/marks", **(marks | {"kind": "wrong-details"})
    )
    assert (
        sent.headers["location"] in check(await library.page(thanked.headers["location"])).addresses
    )
