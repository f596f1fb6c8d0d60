"""A group's page: whom to ask, what was agreed and when that ends, its listings, and its month."""

from datetime import date
from uuid import uuid4

import pytest

from console.pages.group import _month_of, _months
from tests.console.library import Library
from tests.console.reading import check
from tests.directory.evidence import AT, apply, told
from tests.directory.test_relations import a_relation, a_worker, an_agreement, in_days
from tests.directory.trial import FOREIGN_MANAGER, MANAGER, WORKER, a_listing, fill_foreign_region

pytestmark = pytest.mark.postgres

BAD_TEXT = "<script>alert(1)</script>"
PARTS = ("Who to ask", "What is known and agreed", "What it received and achieved")


async def _a_group(library: Library, **changes: str) -> str:
    group = {"name": "Wayford Gardens", "description": "Gardens.", **changes}
    made = await library.listed("Growing group", organization=group)
    return str(made["organization_id"])


async def test_whom_to_ask_and_what_was_agreed_is_shown_the_most_pressing_first(
    library: Library,
) -> None:
    group = await _a_group(library, website="https://gardens.example.org/")
    worker = await a_worker(library.office, "Robin")
    knows = a_relation("knows", ("worker", worker), ("organization", group), about="Old friends.")
    for body in (
        knows,
        an_agreement(group, in_days(400), about="The hall."),
        an_agreement(group, in_days(20), from_date="2024-05-01", about="A grant."),
        an_agreement(group, in_days(-5), from_date="2024-06-01", about="Sharing."),
    ):
        await library.office.made("/relations", body, member=MANAGER)
    await library.sign_in("link-worker", "U99001")

    page = check(await library.page(f"/groups/{group}"))

    assert "Who to ask Robin of U99001, who knows the group" in page.words
    pressing = ["Ended", "Ends in 20 days", "In force", "Robin knows the group"]
    places = [page.words.index(one) for one in pressing]
    assert places == sorted(places)
    assert "Network U99001 has an agreement with the group About Sharing." in page.words
    assert "Old friends." in page.words
    assert page.outward.keys() == {"https://gardens.example.org/"}
    assert "Growing group" in page.words


async def test_many_relations_follow_on_further_pages(library: Library) -> None:
    group = await _a_group(library)
    for number in range(51):
        day = date.fromordinal(date(2024, 1, 1).toordinal() + number).isoformat()
        body = an_agreement(group, in_days(400), from_date=day, about=f"About {number:02}.")
        await library.office.made("/relations", body, member=MANAGER)
    await library.sign_in("link-worker", "U99001")

    first = check(await library.page(f"/groups/{group}"))
    (following,) = [one for one in first.addresses if "cursor=" in one]
    second = check(await library.page(following))

    assert first.words.count("About About") == 50
    assert second.words.count("About About") == 1


async def test_workers_are_named_to_colleagues_and_a_neighbour_sees_nothing_of_it(
    library: Library,
) -> None:
    group = await _a_group(library)
    worker = await a_worker(library.office, "Robin")
    knows = a_relation("knows", ("worker", worker), ("organization", group))
    await library.office.made("/relations", knows, member=MANAGER)

    shown = {}
    for role, code in (("region-analyst", "QZZ"), ("link-worker", "U99002")):
        await library.sign_in(role, code)
        shown[role] = check(await library.page(f"/groups/{group}")).words

    assert "A worker of U99001, who knows the group" in shown["region-analyst"]
    assert "A worker of U99001 knows the group" in shown["region-analyst"]
    assert "Nobody is noted as knowing this group." in shown["link-worker"]
    assert "Nothing is noted of it yet." in shown["link-worker"]
    assert "Robin" not in "".join(shown.values())


@pytest.mark.parametrize(
    ("role", "code", "shown"),
    [
        ("referrer", "Y99001", ()),
        ("care-navigator", "Y99001", ()),
        ("link-worker", "U99001", PARTS[:2]),
        ("health-coach", "U99001", PARTS[:2]),
        ("care-coordinator", "U99001", PARTS[:2]),
        ("pcn-manager", "U99001", PARTS),
        ("registrar", "QZZ", PARTS),
        ("region-analyst", "QZZ", PARTS[:2]),
        ("operator", "QZZ", ()),
        ("privacy-officer", "QZZ", ()),
        ("provider", "own", PARTS[2:]),
        ("provider", "another", ()),
    ],
)
async def test_each_role_sees_of_a_group_what_the_directory_tells_it(
    library: Library, role: str, code: str, shown: tuple[str, ...]
) -> None:
    group = await _a_group(library)
    await library.sign_in(role, {"own": group, "another": str(uuid4())}.get(code, code))

    words = check(await library.page(f"/groups/{group}")).words

    assert "Growing group" in words
    assert tuple(one for one in PARTS if one in words) == shown


async def test_a_group_finds_its_page_in_the_menu_and_on_it_its_month(library: Library) -> None:
    group = await _a_group(library)
    (listing,) = await library.office.rows("listing")
    sent = uuid4()
    events = [
        told("onward-referral-sent", listing["id"], organization_id=group, onward_referral_id=sent),
        told(
            "onward-referral-answered",
            listing["id"],
            organization_id=group,
            onward_referral_id=sent,
        ),
    ]
    await apply(library.office, events)
    await library.sign_in("provider", group)

    assert f"/groups/{group}" in check(await library.page("/")).addresses
    month = f"{AT:%Y-%m}"
    if month in {one["value"] for one in _months(date.today())}:  # noqa: DTZ011
        words = check(await library.page(f"/groups/{group}", month=month)).words
        assert "Listing Growing group Received 1 Accepted 1 Not taken 0" in words
    words = check(await library.page(f"/groups/{group}", month="2020-01")).words
    assert "Received 0 Accepted 0" in words


async def test_a_group_of_which_nothing_is_shown_is_known_to_those_who_keep_it(
    library: Library,
) -> None:
    draft = await library.office.made("/services", a_listing(), member=WORKER)
    group = draft["organization_id"]
    await library.sign_in("link-worker", "U99001")
    words = check(await library.page(f"/groups/{group}")).words
    assert "Wayford Gardens (synthetic)" in words
    assert "No listing is shown to the public at the moment." in words

    await library.sign_in("care-navigator", "Y99001")
    answers = [await library.get(f"/groups/{one}") for one in (group, uuid4(), "x")]
    assert {answer.status_code for answer in answers} == {404}
    assert len({answer.text for answer in answers}) == 1


async def test_another_regions_group_answers_as_one_that_is_not_there(library: Library) -> None:
    await fill_foreign_region(library.office)
    foreign = a_listing(name="Foreign draft", publish=False)
    made = await library.office.made("/services", foreign, member=FOREIGN_MANAGER)
    await library.sign_in("pcn-manager", "U99001")

    answers = [await library.get(f"/groups/{one}") for one in (made["organization_id"], uuid4())]

    assert {answer.status_code for answer in answers} == {404}
    assert len({answer.text for answer in answers}) == 1


async def test_what_a_group_says_of_itself_is_text(library: Library) -> None:
    group = await _a_group(library, description=f"Tea {BAD_TEXT}")
    await library.office.owner.execute(
        """
        update open_organization
        set document = document || jsonb_build_object(
            'name', $1::text, 'website', 'javascript:alert(1)')
        """,
        f"Gardens \u202e{BAD_TEXT}",
    )
    await library.sign_in("link-worker", "U99001")

    html = await library.page(f"/groups/{group}")

    page = check(html)
    assert f"Gardens {BAD_TEXT}" in page.words
    assert f"Tea {BAD_TEXT}" in page.words
    assert "javascript:alert(1)" in page.words
    assert not page.outward
    assert "<script>alert" not in html
    assert "\u202e" not in html


def test_the_month_shown_is_one_that_is_over_unless_another_is_asked_for() -> None:
    day = date(2026, 1, 15)
    assert [one["value"] for one in _months(day)][:3] == ["2026-01", "2025-12", "2025-11"]
    assert _months(day)[-1] == {"value": "2025-02", "text": "February 2025"}
    assert _month_of("", day) == _month_of("2020-01", day) == _month_of("x", day) == "2025-12"
    assert _month_of("2026-01", day) == "2026-01"
