"""The pages as people find them: signed in or not, full or empty, with services away."""

import re
from collections.abc import AsyncIterator
from datetime import date, timedelta
from uuid import uuid4

import asyncpg
import pytest

from console.client import Client
from console.pages.frame import Frame
from console.pages.overview import days_of
from tests.console.front import NOBODY, Front, open_front
from tests.console.reading import Page, check
from tests.reporting.story import BEGINNING, Story

pytestmark = pytest.mark.postgres

BAD_TEXT = "<script>alert(1)</script>"


def _a_region() -> Story:
    story = Story()
    story.register()
    for number in range(12):
        pcn = "U99001" if number < 10 else "U99002"
        episode = story.refer(pcn, at=BEGINNING + timedelta(hours=number))
        story.contact(episode, at=BEGINNING + timedelta(days=2))
    return story


async def _troubled(front: Front) -> dict[str, str]:
    """One stream stopped, one with messages that could not be delivered, one behind."""
    entries = {"failed": str(uuid4()), "held": str(uuid4()), "unreadable": str(uuid4())}
    async with front.worker.transaction() as connection:
        await connection.execute(
            """
            insert into consumer_position
                (consumer, topic, stream, epoch, number, applied, quarantined, head, recorded_at,
                 stopped_reason, stopped_at)
            values
                ('reporting', 'referral.events.v1', 'U99001', 1, 10, 8, 2, 10, now(), null, null),
                ('reporting', 'referral.events.v1', 'U99002', 1, 5, 5, 0, 9, null, null, null),
                ('reporting', 'notifications.events.v1', 'U99003', 1, 5, 5, 0, 9, now(),
                 'too-many-failures', now())
            """
        )
        for kind, entry_id in entries.items():
            await connection.execute(
                """
                insert into quarantine (id, consumer, topic, kind, stream, number, epoch, type,
                    headers, value, value_size, from_journal, reason, detail)
                values ($1, 'reporting', 'referral.events.v1', $2, $3, $4, $5, $6, '[]',
                    $7, 20, true, 'schema', $8)
                """,
                entry_id,
                kind,
                None if kind == "unreadable" else "U99001",
                None if kind == "unreadable" else {"failed": 9, "held": 10}[kind],
                None if kind == "unreadable" else 1,
                None if kind == "unreadable" else "waymark.contact-made.v1",
                b'{"mode": "' + BAD_TEXT.encode() + b'"}',
                f"mode: {BAD_TEXT}",
            )
    return entries


async def test_the_start_page_says_what_this_is_and_who_does_what(front: Front) -> None:
    page = check(await front.page("/"))

    assert "Sign in" in page.words
    for role in ("Link worker", "PCN manager", "Region analyst", "Operator", "Community group"):
        assert role in page.words


async def test_signing_in_leads_back_to_the_page_that_was_asked_for(front: Front) -> None:
    await front.apply(_a_region())
    subject = await front.grant("region-analyst", "QZZ")
    first = await front.browser.get("/regions/QZZ")
    assert first.headers["location"] == "/sign-in?to=%2Fregions%2FQZZ"

    signed_in = await front.sign_in(subject, "/regions/QZZ")

    assert (signed_in.status_code, signed_in.headers["location"]) == (303, "/regions/QZZ")
    cookie = next(c for c in signed_in.headers.get_list("set-cookie") if "session" in c)
    assert "HttpOnly" in cookie
    assert "SameSite=lax" in cookie
    assert "Wayford" in check(await front.page("/regions/QZZ")).words


async def test_the_region_is_shown_with_definitions_age_and_protected_numbers(
    front: Front,
) -> None:
    await front.apply(_a_region())
    await front.sign_in(await front.grant("region-analyst", "QZZ"))

    html = await front.page("/regions/QZZ")
    page = check(html)

    assert "Everything that has happened is in these figures." in page.words
    assert "too few to show" in page.words
    assert "How small numbers are protected" in page.words
    assert "What this counts" in page.words
    assert "Definition referrals, version 1. Kept by Reporting." in page.words
    assert '<noscript><meta http-equiv="refresh" content="10"></noscript>' in html
    assert (await front.browser.get("/region")).headers["location"] == "/regions/QZZ"


async def test_updates_can_be_paused_and_the_choice_is_kept_with_the_period(front: Front) -> None:
    await front.apply(_a_region())
    await front.sign_in(await front.grant("region-analyst", "QZZ"))

    html = await front.page("/regions/QZZ", paused="1", period="year")
    page = check(html)

    assert "http-equiv" not in html
    assert "/regions/QZZ?period=year" in page.addresses
    assert page.form_to("/regions/QZZ")["paused"] == "1"


async def test_a_manager_sees_their_network_exactly(front: Front) -> None:
    await front.apply(_a_region())
    await front.sign_in(await front.grant("pcn-manager", "U99002"))

    page = check(await front.page("/networks/U99002"))

    assert "How small numbers are protected" not in page.words
    assert "too few to show" not in page.words
    assert re.search(r"Referrals 2 referrals", page.words)
    refused = await front.browser.get("/networks/U99001")
    assert refused.status_code == 404
    check(refused.text)


async def test_figures_say_what_is_missing_from_them(front: Front) -> None:
    await front.apply(_a_region())
    await _troubled(front)
    await front.sign_in(await front.grant("region-analyst", "QZZ"))

    page = check(await front.page("/regions/QZZ"))

    assert "These figures are not complete." in page.words
    assert "4 events had not arrived yet." in page.words
    assert "2 messages could not be delivered." in page.words


async def test_figures_do_not_look_complete_when_an_owner_does_not_answer(front: Front) -> None:
    await front.apply(_a_region())
    subject = await front.grant("region-analyst", "QZZ")
    async with open_front(
        front.database, front.worker, front.issuer_url, {"referral_url": NOBODY}
    ) as cut_off:
        await cut_off.sign_in(subject)
        page = check(await cut_off.page("/regions/QZZ"))

    assert "Nobody can tell whether these figures are complete." in page.words
    assert "No answer from: referral." in page.words


async def test_operations_says_first_what_is_worst(front: Front) -> None:
    await front.apply(_a_region())
    await _troubled(front)
    await front.sign_in(await front.grant("operator", "QZZ"))

    page = check(await front.page("/operations"))

    words = page.words
    assert "4 streams stopped and will not go on by itself." in words
    assert words.index("Stopped See why") < words.index("Not delivered", words.index("See why"))
    only = check(await front.page("/operations", service="reporting", stream="U99002"))
    assert "U99001" not in only.words.replace("Every network U99001", "")


async def test_a_service_that_does_not_answer_is_unknown_and_not_zero(
    front: Front, reporting_alone: Front
) -> None:
    await reporting_alone.sign_in(await front.grant("operator", "QZZ"))

    page = check(await reporting_alone.page("/operations"))

    assert "Referral, directory and notifications did not answer" in page.words
    assert "Referral Not known not known not known not known not known not known" in page.words
    undelivered = check(await reporting_alone.page("/operations/quarantine"))
    assert "Directory did not answer, so its messages are not in this list." in undelivered.words
    assert "There are none." not in undelivered.words


@pytest.fixture
async def reporting_alone(front: Front) -> AsyncIterator[Front]:
    """A console that can reach reporting and nobody else."""
    async with open_front(
        front.database,
        front.worker,
        front.issuer_url,
        referral_url=NOBODY,
        directory_url=NOBODY,
        notifications_url=NOBODY,
    ) as opened:
        yield opened


async def test_when_reporting_is_away_pages_say_so_and_the_start_page_still_answers(
    front: Front,
) -> None:
    subject = await front.grant("region-analyst", "QZZ")
    async with open_front(
        front.database, front.worker, front.issuer_url, reporting_url=NOBODY
    ) as cut_off:
        await cut_off.sign_in(subject)
        assert "We cannot tell what your role may do" in check(await cut_off.page("/")).words
        answer = await cut_off.browser.get("/regions/QZZ")
        assert answer.status_code == 503
        assert "Nothing is lost." in check(answer.text).words


async def test_a_fault_of_the_console_is_a_page_that_says_so_and_nothing_of_the_fault(
    front: Front, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def misunderstood(*_: object, **__: object) -> dict[str, str]:
        return {"secret": "what the service really said"}

    await front.sign_in(await front.grant("operator", "QZZ"))
    monkeypatch.setattr(Client, "get", misunderstood)

    answer = await front.browser.get("/operations")

    assert answer.status_code == 500
    page = check(answer.text)
    assert "Something went wrong" in page.words
    assert answer.headers["waymark-trace-id"] in page.words
    assert "secret" not in answer.text
    assert "KeyError" not in answer.text

    async def cannot_draw(*_: object, **__: object) -> None:
        raise RuntimeError

    # Where the page itself is what is broken there is an answer still.
    monkeypatch.setattr(Frame, "draw", cannot_draw)
    answer = await front.browser.get("/operations")
    assert answer.status_code == 500
    assert answer.headers["content-type"] == "application/problem+json"


async def test_undelivered_messages_are_listed_in_plain_words_and_never_as_markup(
    front: Front,
) -> None:
    await _troubled(front)
    await front.sign_in(await front.grant("operator", "QZZ"))

    html = await front.page("/operations/quarantine", service="reporting")
    page = check(html)

    assert "Contact made number 9" in page.words
    assert "Waits behind another" in page.words
    assert "A message of unknown kind" in page.words
    assert BAD_TEXT not in html


async def test_contents_are_shown_only_with_a_reason_which_is_recorded(front: Front) -> None:
    entries = await _troubled(front)
    await front.sign_in(await front.grant("operator", "QZZ"))
    address = f"/operations/quarantine/reporting/{entries['failed']}"
    html = await front.page(address)
    assert "&#34;mode&#34;" not in html
    form = check(html).form_to(address, action="open")

    hurried = await front.browser.post(address, data={**form, "reason": "x"})
    assert hurried.status_code == 400
    assert "Give a reason" in check(hurried.text).words

    opened = await front.browser.post(address, data={**form, "reason": "Looking into a fault"})
    assert "&#34;mode&#34;" in opened.text
    assert BAD_TEXT not in opened.text
    check(opened.text)
    connection = await asyncpg.connect(front.database.owner_url)
    reasons = await connection.fetch("select reason from quarantine_opening")
    await connection.close()
    assert [row["reason"] for row in reasons] == ["Looking into a fault"]


@pytest.mark.parametrize("action", ["redrive", "discard"])
async def test_a_message_is_tried_again_or_given_up_once_however_often_the_form_is_sent(
    front: Front, action: str
) -> None:
    entries = await _troubled(front)
    await front.sign_in(await front.grant("operator", "QZZ"))
    address = f"/operations/quarantine/reporting/{entries['failed']}"
    form = check(await front.page(address)).form_to(address, action=action)

    sent = [
        await front.browser.post(address, data={**form, "reason": "The fault was put right"})
        for _ in range(2)
    ]

    assert {answer.status_code for answer in sent} == {303}
    assert len({answer.headers["location"] for answer in sent}) == 1
    async with front.worker.transaction() as connection:
        wishes = await connection.fetch("select action, reason from stream_wish")
    assert [tuple(wish) for wish in wishes] == [(action, "The fault was put right")]
    assert "It is being done" in check(await front.page(sent[0].headers["location"])).words


async def test_a_stopped_stream_goes_on_only_with_a_reason(front: Front) -> None:
    await _troubled(front)
    await front.sign_in(await front.grant("operator", "QZZ"))
    address = "/operations/stopped/reporting/notifications.events.v1/U99003"
    page = check(await front.page(address))
    assert "too-many-failures" in page.words
    form = page.form_to("")

    assert (await front.browser.post(address, data={**form, "reason": " "})).status_code == 400
    done = await front.browser.post(address, data={**form, "reason": "Release 2 corrects it"})

    assert done.status_code == 303
    check(await front.page(done.headers["location"]))


async def test_whoever_holds_no_role_is_told_so(front: Front) -> None:
    await front.apply(_a_region())
    await front.sign_in("demo-link-worker-U99001")

    page = check(await front.page("/"))

    assert "You hold no role here." in page.words
    assert "/listings" not in page.addresses


async def test_a_role_is_refused_the_pages_of_others(front: Front) -> None:
    await front.apply(_a_region())
    await front.sign_in(await front.grant("link-worker", "U99001"))

    for address in ("/regions/QZZ", "/networks/U99001", "/operations/quarantine"):
        answer = await front.browser.get(address)
        assert answer.status_code == 403, address
        assert "Your role does not open this page" in check(answer.text).words


async def test_signing_out_needs_the_sessions_own_form_and_ends_it(front: Front) -> None:
    await front.sign_in(await front.grant("operator", "QZZ"))
    form = check(await front.page("/")).form_to("/sign-out")

    stolen = await front.browser.post("/sign-out", data={"form_token": "guessed"})
    assert stolen.status_code == 403
    check(stolen.text)
    foreign = await front.browser.post(
        "/sign-out", data=form, headers={"Origin": "http://elsewhere.example"}
    )
    assert foreign.status_code == 403

    done = await front.browser.post("/sign-out", data=form)
    assert done.headers["location"] == "/?signed_out=1"
    assert "You have signed out." in check(await front.page("/", signed_out="1")).words
    assert (await front.browser.get("/operations")).headers["location"].startswith("/sign-in")


async def test_an_answer_nobody_asked_the_issuer_for_signs_nobody_in(front: Front) -> None:
    for query in ("", "?code=x&state=y"):
        answer = await front.browser.get(f"/signed-in{query}")
        assert answer.status_code == 400
        check(answer.text)
    await front.browser.get("/sign-in")
    answer = await front.browser.get("/signed-in?code=x&state=another-browsers")
    assert answer.status_code == 400
    assert "waymark_session" not in front.browser.cookies


@pytest.mark.parametrize(
    "wanted", ["//elsewhere.example", "http://elsewhere.example", "/\\x.example"]
)
async def test_nobody_is_sent_elsewhere_after_signing_in(front: Front, wanted: str) -> None:
    signed_in = await front.sign_in(await front.grant("operator", "QZZ"), wanted)
    assert signed_in.headers["location"] == "/"


async def test_every_answer_forbids_frames_inline_code_and_other_places(front: Front) -> None:
    for address in ("/", "/nowhere", "/operations"):
        headers = (await front.browser.get(address)).headers
        policy = headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "frame-ancestors 'none'" in policy
        assert "unsafe" not in policy
        assert "http" not in policy
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["referrer-policy"] == "no-referrer"
    assert "no-store" in (await front.browser.get("/")).headers["cache-control"]


async def test_machines_are_answered_too(front: Front) -> None:
    for address in ("/livez", "/readyz", "/version", "/metrics", "/static/waymark.css"):
        assert (await front.browser.get(address)).status_code == 200
    page = Page.of((await front.browser.get("/nowhere")).text)
    assert page.title.startswith("Page not found")


def test_periods_are_named_days() -> None:
    today = date(2026, 3, 31)
    assert days_of("month", today) == (date(2026, 3, 1), today)
    assert days_of("last-month", today) == (date(2026, 2, 1), date(2026, 2, 28))
    assert days_of("year", today) == (date(2025, 3, 1), today)
    assert days_of("all", today) == days_of("nonsense", today) == (None, None)
