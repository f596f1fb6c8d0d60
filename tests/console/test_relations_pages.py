"""Who knows whom: entered on a group's page, changed and ended, and agreements that end soon."""

from typing import Any, get_args
from uuid import uuid4

import pytest

from console.pages import relations as pages
from services.directory.domain import relations as rules
from tests.console.library import EVERY_ROLE, Library
from tests.console.reading import Page, check
from tests.directory.test_relations import (
    TODAY,
    a_group,
    a_relation,
    a_worker,
    an_agreement,
    in_days,
)
from tests.directory.trial import FOREIGN_MANAGER, MANAGER, fill_foreign_region

BAD_TEXT = "<script>alert(1)</script>"
COLLEAGUES = {"link-worker", "health-coach", "care-coordinator", "pcn-manager", "registrar"}
ENTER = "Say who knows, visited, trained with or agreed something with this group"


def _day(name: str, iso: str) -> dict[str, str]:
    year, month, day = iso.split("-")
    return {f"{name}-day": day, f"{name}-month": month, f"{name}-year": year}


async def _agreed(library: Library, group: str, days: int, **more: Any) -> str:
    made = await library.office.made(
        "/relations", an_agreement(group, in_days(days), **more), member=MANAGER
    )
    return str(made["id"])


async def _form(library: Library, address: str, to: str, **fields: str) -> dict[str, str]:
    return check(await library.page(address)).form_to(to, **fields)


async def _shown(library: Library, address: str) -> Page:
    return check(await library.page(address))


@pytest.mark.postgres
@pytest.mark.parametrize(
    ("kind", "who", "days", "kept"),
    [
        ("knows", "worker", {}, ("knows", "worker", "organization")),
        ("knows", "practice", {}, ("knows", "practice", "organization")),
        ("visited", "worker", {"from_date": "2026-03-27"}, ("visited", "worker", "organization")),
        ("trained-by", "practice", {}, ("trained-by", "practice", "organization")),
        ("trained", "worker", {}, ("trained-by", "organization", "worker")),
        (
            "agreement",
            "pcn",
            {"from_date": "2026-04-01", "until_date": "2998-03-31"},
            ("agreement", "pcn", "organization"),
        ),
    ],
)
async def test_each_kind_is_entered_once_however_often_the_form_is_sent(
    library: Library, kind: str, who: str, days: dict[str, str], kept: tuple[str, str, str]
) -> None:
    group = await a_group(library.office)
    robin = await a_worker(library.office, "Robin")
    await library.sign_in("link-worker", "U99001")
    address = f"/groups/{group}"
    html = await library.page(address)
    form = check(html).form_to(f"{address}/relations")
    assert set(_day("from_date", "2026-03-27") | _day("until_date", "2026-03-27")) <= form.keys()
    chosen = {"worker": f"worker U99001 {robin}"}.get(who, f"{who} U99001")
    assert f'<option value="{chosen}">' in html
    said = {"kind": kind, "who": chosen, "about": f"Tea {BAD_TEXT}\r\nand cake."}
    said |= {"practice": "y99001"} if who == "practice" else {}
    for name, day in days.items():
        said |= _day(name, day)

    sent = [await library.post(f"{address}/relations", **(form | said)) for _ in range(2)]

    assert {one.status_code for one in sent} == {303}
    assert {one.headers["location"] for one in sent} == {f"{address}?said=entered"}
    (row,) = await library.office.rows("relation")
    assert (row["kind"], row["who_kind"], row["whom_kind"]) == kept
    assert row["pcn_code"] == "U99001"
    assert {name: row[name].isoformat() for name in days} == days
    shown = await library.page(sent[0].headers["location"])
    assert "It is noted." in check(shown).words
    assert f"Tea {BAD_TEXT} and cake." in check(shown).words
    assert "<script>alert" not in shown


@pytest.mark.postgres
@pytest.mark.parametrize(
    ("fields", "at_field", "said"),
    [
        ({"kind": ""}, "kind", "Say how they stand to the group"),
        ({"kind": "<i>"}, "kind", "Say how they stand to the group"),
        ({"who": ""}, "who", "Choose who it is"),
        ({"who": "organization U99001"}, "who", "Choose who it is"),
        ({"kind": "knows", "who": "worker U99001 x"}, "who", "Who it is "),
        (
            {"kind": "knows", "who": f"worker U99001 {uuid4()}"},
            "who",
            "Who it is must be of this PCN",
        ),
        ({"kind": "visited"}, "who", "“Visited the group” is said of a worker"),
        ({"practice": "Y99001"}, "practice", "Choose a practice above, or leave its code empty"),
        ({"who": "practice U99001"}, "practice", "Give the code of the practice"),
        (
            {"who": "practice U99001", "practice": "Y98765"},
            "who",
            "Who it is must be of this PCN, or a group of its region",
        ),
        (_day("from_date", "2026-02-31"), "from_date-day", "The day must be a real one"),
        (_day("until_date", "2026-03-31"), "until_date-day", "must not lie before the first"),
        (
            {"from_date-day": "", "from_date-month": "", "from_date-year": ""},
            "from_date-day",
            "The first day must be said of a visit and of an agreement",
        ),
        ({"about": "x" * 5_001}, "about", "What it is about must be at most 5,000 characters"),
    ],
)
async def test_what_is_wrong_with_a_relation_is_said_at_its_field(
    library: Library, fields: dict[str, str], at_field: str, said: str
) -> None:
    group = await a_group(library.office)
    await library.sign_in("pcn-manager", "U99001")
    address = f"/groups/{group}"
    form = await _form(library, address, f"{address}/relations")
    form |= {"kind": "agreement", "who": "pcn U99001", "about": "The hall."}
    form |= _day("from_date", "2026-04-01")

    answer = await library.post(f"{address}/relations", **(form | fields))

    page = check(answer.text)
    assert answer.status_code == 400
    assert said in page.words
    assert f"#{at_field}" in page.addresses
    assert 'id="enter" open' in answer.text
    assert "The hall." in answer.text or "about" in fields
    assert await library.office.rows("relation") == []


@pytest.mark.postgres
async def test_what_the_network_has_already_is_changed_and_not_entered_again(
    library: Library,
) -> None:
    group = await a_group(library.office)
    await _agreed(library, group, 400, from_date="2026-04-01")
    await library.sign_in("pcn-manager", "U99001")
    address = f"/groups/{group}"
    form = await _form(library, address, f"{address}/relations")
    said = {"kind": "agreement", "who": "pcn U99001", **_day("from_date", "2026-04-01")}

    answer = await library.post(f"{address}/relations", **(form | said))

    assert answer.status_code == 400
    known = "The network has this relation; change the one it has."
    assert known in check(answer.text).words


@pytest.mark.postgres
async def test_an_agreement_is_given_another_end_and_then_ended(library: Library) -> None:
    group = await a_group(library.office, "Gardens")
    relation = await _agreed(library, group, 20, about="The hall.")
    here = f"/relations/{relation}"
    await library.sign_in("link-worker", "U99001")
    page = await _shown(library, f"/groups/{group}")
    assert here in page.addresses
    html = await library.page(here)
    page = check(html)
    assert "Network U99001 has an agreement with Gardens" in page.words
    assert "Holds Ends in 20 days About The hall." in page.words
    form = page.form_to(here, action="save")
    assert form["until_date-day"] == str(int(in_days(20)[-2:]))
    assert ">The hall.</textarea>" in html

    later = form | _day("until_date", in_days(400)) | {"about": "The hall and the kitchen."}
    sent = await library.post(here, **later)
    assert (sent.status_code, sent.headers["location"]) == (303, f"/groups/{group}?said=changed")
    page = await _shown(library, sent.headers["location"])
    assert "What you changed is noted." in page.words
    assert "About The hall and the kitchen." in page.words
    assert "In force" in page.words
    ending = await _form(library, here, here, action="end")
    sent = await library.post(here, **ending)

    assert sent.status_code == 303
    (row,) = await library.office.rows("relation")
    assert (row["until_date"], row["about"]) == (TODAY, "The hall and the kitchen.")
    assert "Ends today" in (await _shown(library, here)).words
    assert "It ends today" not in (await _shown(library, here)).words


@pytest.mark.postgres
async def test_an_end_and_what_it_is_about_can_be_taken_away(library: Library) -> None:
    group = await a_group(library.office)
    relation = await _agreed(library, group, 20, about="The hall.")
    here = f"/relations/{relation}"
    await library.sign_in("pcn-manager", "U99001")
    form = await _form(library, here, here, action="save")
    none = {name: "" for name in form if name.startswith("until_date")} | {"about": " "}

    sent = await library.post(here, **(form | none))

    assert sent.status_code == 303
    (row,) = await library.office.rows("relation")
    assert (row["until_date"], row["about"]) == (None, None)
    assert "No end agreed" in (await _shown(library, here)).words


@pytest.mark.postgres
async def test_who_saw_an_older_relation_is_told_of_the_newer(library: Library) -> None:
    group = await a_group(library.office)
    relation = await _agreed(library, group, 20)
    here = f"/relations/{relation}"
    await library.sign_in("pcn-manager", "U99001")
    form = await _form(library, here, here, action="save")
    newer = {"about": "Something else."}
    await library.office.ask("PATCH", here, newer, member=MANAGER, version=1)

    late = await library.post(here, **(form | {"about": "Mine."}))

    page = check(late.text)
    assert late.status_code == 400
    assert "Somebody else said something meanwhile." in page.words
    assert "About Something else." in page.words
    form = page.form_to(here, action="save")
    assert (await library.post(here, **(form | {"about": "Mine."}))).status_code == 303
    for version in ("", "x", "1\r\nX-Other: 1"):
        answer = await library.post(here, **(form | {"about": "No.", "version": version}))
        assert answer.status_code == 400, version
    (row,) = await library.office.rows("relation")
    assert row["about"] == "Mine."


@pytest.mark.postgres
@pytest.mark.parametrize(
    ("fields", "at_field", "said"),
    [
        (_day("until_date", "2026-02-31"), "until_date-day", "The day must be a real one"),
        (_day("until_date", "2020-02-03"), "until_date-day", "The last day must not be before"),
        ({"about": "x" * 5_001}, "about", "must be at most 5,000 characters"),
        ({"about": "Tea\u202e"}, "about", "What it is about must not hold control characters"),
    ],
)
async def test_what_is_wrong_with_a_change_is_said_at_its_field(
    library: Library, fields: dict[str, str], at_field: str, said: str
) -> None:
    group = await a_group(library.office)
    here = f"/relations/{await _agreed(library, group, 20)}"
    await library.sign_in("pcn-manager", "U99001")
    form = await _form(library, here, here, action="save")

    answer = await library.post(here, **(form | fields))

    page = check(answer.text)
    assert answer.status_code == 400
    assert said in page.words
    assert f"#{at_field}" in page.addresses
    (row,) = await library.office.rows("relation")
    assert row["version"] == 1


@pytest.mark.postgres
async def test_a_visit_has_no_end_to_change(library: Library) -> None:
    group = await a_group(library.office)
    robin = await a_worker(library.office, "Robin")
    visit = a_relation(
        "visited", ("worker", robin), ("organization", group), from_date="2026-03-01"
    )
    made = await library.office.made("/relations", visit, member=MANAGER)
    here = f"/relations/{made['id']}"
    await library.sign_in("link-worker", "U99001")
    page = await _shown(library, here)

    sent = await library.post(here, **(page.form_to(here) | {"about": "The open day."}))

    assert "Until which day" not in page.words
    assert "It ends today" not in page.words
    assert sent.status_code == 303
    assert "About The open day." in (await _shown(library, here)).words


@pytest.mark.postgres
async def test_agreements_that_end_soon_are_listed_the_next_first_with_their_groups(
    library: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number, days in enumerate((61, 60, 3)):
        await _agreed(
            library, await a_group(library.office, f"Group {number}"), days, about=BAD_TEXT
        )
    practice = a_relation(
        "agreement",
        ("pcn", "U99001"),
        ("practice", "Y99001"),
        from_date="2026-04-01",
        until_date=in_days(5),
    )
    made = await library.office.made("/relations", practice, member=MANAGER)
    monkeypatch.setattr(pages, "PAGE_SIZE", 2)
    await library.sign_in("pcn-manager", "U99001")
    assert "/agreements" in (await _shown(library, "/networks/U99001")).addresses
    assert "/agreements" in (await _shown(library, "/")).addresses

    html = await library.page("/agreements")

    first = check(html)
    (following,) = [one for one in first.addresses if "cursor=" in one]
    second = await _shown(library, following)
    lines = [
        "Network U99001 has an agreement with Group 2",
        "Network U99001 has an agreement with practice Y99001",
    ]
    places = [first.words.index(line) for line in lines]
    assert places == sorted(places)
    assert "Ends in 3 days" in first.words
    assert "Group 1" in second.words
    assert "Group 0" not in first.words + second.words
    assert "<script>alert" not in html
    here = f"/relations/{made['id']}"
    form = await _form(library, here, here, action="end")
    sent = await library.post(here, **form)
    assert sent.headers["location"] == "/agreements?said=changed"
    assert "What you changed is noted." in (await _shown(library, "/agreements?said=changed")).words


@pytest.mark.postgres
async def test_where_no_agreement_ends_soon_it_is_said_so(library: Library) -> None:
    await library.sign_in("registrar", "QZZ")
    assert "No agreement ends within 60 days." in (await _shown(library, "/agreements")).words


@pytest.mark.postgres
@pytest.mark.parametrize(("role", "code"), EVERY_ROLE)
async def test_each_role_sees_and_changes_what_it_may(
    library: Library, role: str, code: str
) -> None:
    group = await a_group(library.office, "Gardens")
    robin = await a_worker(library.office, "Robin")
    relation = await _agreed(library, group, 20)
    await library.sign_in(role, code)

    seen = [await library.get(one) for one in ("/agreements", f"/relations/{relation}")]
    page = await _shown(library, f"/groups/{group}")

    token = page.form_to("/sign-out")["form_token"]
    said = {
        "form_token": token,
        "kind": "knows",
        "who": f"worker U99001 {robin}",
        "action": "end",
        "version": "1",
    }
    posted = [
        await library.post(one, **said)
        for one in (f"/groups/{group}/relations", f"/relations/{relation}")
    ]
    reads = role in COLLEAGUES or role == "region-analyst"
    changes = role in COLLEAGUES
    assert {one.status_code for one in seen} == ({200} if reads else {403})
    assert (ENTER in page.words, "Change or end" in page.words) == (changes, changes)
    assert ("Change it" in check(seen[1].text).words) == changes
    assert {one.status_code for one in posted} == ({303} if changes else {403})
    assert len(await library.office.rows("relation")) == (2 if changes else 1)
    menu = await _shown(library, "/")
    assert ("/agreements" in menu.addresses) == (role in {"pcn-manager", "registrar"})


@pytest.mark.postgres
async def test_a_registrar_enters_for_a_network_of_the_region_and_sees_no_workers_to_choose(
    library: Library,
) -> None:
    group = await a_group(library.office)
    await a_worker(library.office, "Robin")
    await library.sign_in("registrar", "QZZ")
    address = f"/groups/{group}"
    html = await library.page(address)
    form = check(html).form_to(f"{address}/relations")
    assert "Robin" not in html
    said = {"kind": "agreement", "who": "practice U99002", "practice": "Y99006"}

    sent = await library.post(
        f"{address}/relations", **(form | said | _day("from_date", "2026-04-01"))
    )

    assert sent.status_code == 303, check(sent.text).words
    (row,) = await library.office.rows("relation")
    assert (row["pcn_code"], row["who_id"]) == ("U99002", "Y99006")


@pytest.mark.postgres
async def test_many_colleagues_are_all_offered(
    library: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    group = await a_group(library.office)
    for name in ("Dot", "Ana", "cy", "Ben"):
        await a_worker(library.office, name)
    monkeypatch.setattr(pages, "WORKERS_A_PAGE", 2)
    await library.sign_in("link-worker", "U99001")

    words = (await _shown(library, f"/groups/{group}")).words

    assert "Choose who it is Ana, U99001 Ben, U99001 cy, U99001 Dot, U99001 Network U99001" in words


@pytest.mark.postgres
async def test_a_stolen_form_changes_nothing(library: Library) -> None:
    group = await a_group(library.office)
    relation = await _agreed(library, group, 20)
    await library.sign_in("pcn-manager", "U99001")
    said = {"form_token": "guessed", "kind": "agreement", "who": "pcn U99001", "action": "end"}

    for address in (f"/groups/{group}/relations", f"/relations/{relation}"):
        assert (await library.post(address, **said, version="1")).status_code == 403

    (row,) = await library.office.rows("relation")
    assert row["version"] == 1


@pytest.mark.postgres
async def test_what_may_not_be_seen_answers_as_what_is_not_there(library: Library) -> None:
    await fill_foreign_region(library.office)
    group = await a_group(library.office, "Foreign", member=FOREIGN_MANAGER)
    body = {**an_agreement(group, in_days(5)), "who": {"kind": "pcn", "id": "U99901"}}
    foreign = (await library.office.made("/relations", body, member=FOREIGN_MANAGER))["id"]
    own = await _agreed(library, await a_group(library.office), 5)
    await library.sign_in("link-worker", "U99002")

    answers = [await library.get(f"/relations/{one}") for one in (foreign, own, uuid4(), "x")]

    assert {answer.status_code for answer in answers} == {404}
    assert len({answer.text for answer in answers}) == 1
    assert "No agreement ends within 60 days." in (await _shown(library, "/agreements")).words
    form = check(answers[0].text).form_to("/sign-out") | {"action": "end", "version": "1"}
    for one in (foreign, own):
        assert (await library.post(f"/relations/{one}", **form)).status_code == 404


def test_the_forms_offer_what_the_directory_takes() -> None:
    assert pages.KINDS.keys() == {*get_args(rules.RelationKind), pages.TRAINED}
    assert pages.FITS.keys() == pages.KINDS.keys()
    for kind, fitting in pages.FITS.items():
        of, to = rules.PARTIES["trained-by" if kind == pages.TRAINED else kind]
        assert "organization" in (of if kind == pages.TRAINED else to)
        # Of itself a group is not said to be trained: that is another group's page.
        assert set(fitting) == (to if kind == pages.TRAINED else of) - {"organization"}
    assert {one for fitting in pages.FITS.values() for one in fitting} == pages.PARTY_WORDS.keys()
