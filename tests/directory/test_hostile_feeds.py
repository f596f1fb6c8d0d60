"""Feeds that mean harm are stopped by name, cheaply, and leave the directory as it was."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import replace
from typing import Any

import pytest

from services.directory.domain.feed_rules import FeedLimits, is_public
from tests.directory.feed_server import (
    Answering,
    Reply,
    Request,
    as_json,
    good_feed,
    page_of,
    running_feed,
    service,
)
from tests.directory.feeds_office import (
    QUICK,
    a_worker,
    asked_for,
    contents_of,
    counts,
    registered,
    run_feed,
    run_of,
)
from tests.directory.trial import Office

pytestmark = pytest.mark.postgres

MEBIBYTE = 1024 * 1024
GIBIBYTE = 1024 * MEBIBYTE


async def _gigabyte() -> AsyncIterator[bytes]:
    yield b'{"contents": ["'
    for _ in range(GIBIBYTE // MEBIBYTE):
        yield b"x" * MEBIBYTE


async def _drip() -> AsyncIterator[bytes]:
    for _ in range(10_000):
        yield b" "
        await asyncio.sleep(0.01)


def _with_two_good_pages(third: Callable[[Request], Reply]) -> Answering:
    """A feed that does harm on its third page only, when two were read already."""
    services = [service(n) for n in range(250)]

    def answer(request: Request) -> Reply:
        if request.page < 3:
            return as_json(page_of(services, request.page, 100))
        return third(request)

    return answer


def _raw(body: bytes, **headers: str) -> Callable[[Request], Reply]:
    return lambda _: Reply(body, headers=headers)


def _page(**changes: Any) -> Callable[[Request], Reply]:
    services = [service(n) for n in range(250)]
    return lambda request: as_json(page_of(services, request.page, 100, **changes))


def _cycle(request: Request) -> Reply:
    ring = ["a", "b", "c"]
    services = [
        service(
            n,
            organization={
                "id": own,
                "name": f"Ring {own}",
                "description": "A ring.",
                "parent_organization_id": ring[(n + 1) % 3],
            },
        )
        for n, own in enumerate(ring)
    ]
    return as_json(page_of(services, request.page, 100))


def _endless(request: Request) -> Reply:
    """There is always one more page, and it is always new."""
    services = [service(request.page * 10 + n) for n in range(10)]
    page = page_of(services, 1, 10)
    number = request.page
    return as_json(
        {**page, "page_number": number, "total_pages": number + 1, "total_items": number * 10,
         "first_page": number == 1, "last_page": False}
    )  # fmt: skip


def _repeating(request: Request) -> Reply:
    page = page_of([service(n) for n in range(10)], 1, 10)
    return as_json(
        {**page, "page_number": request.page, "total_pages": 1_000, "total_items": 10_000,
         "last_page": False}
    )  # fmt: skip


LIMITS = replace(QUICK, run_pages_max=20, page_bytes_max=4 * MEBIBYTE)

HARM: dict[str, tuple[str, Answering, FeedLimits]] = {
    "a page of a gigabyte": ("page-too-large", lambda _: Reply(_gigabyte()), LIMITS),
    "a page that says it is a gigabyte": (
        "page-too-large",
        lambda _: Reply(b"{}", headers={"Content-Length": str(GIBIBYTE)}),
        LIMITS,
    ),
    "a gigabyte on the third page": (
        "page-too-large",
        _with_two_good_pages(lambda _: Reply(_gigabyte())),
        LIMITS,
    ),
    "more than a run may read": (
        "run-too-large",
        good_feed([service(n) for n in range(250)]),
        replace(LIMITS, run_bytes_max=100_000),
    ),
    "a slow drip": ("too-slow", lambda _: Reply(_drip()), replace(LIMITS, page_seconds_max=0.3)),
    "pages without end": ("too-many-pages", _endless, LIMITS),
    "a page that comes again and again": ("page-repeats", _repeating, replace(LIMITS, run_pages_max=2_000)),
    "more pages told than a run may have": ("too-many-pages", _page(total_pages=10**9, last_page=False), LIMITS),
    "more listings told than a run may have": ("too-many-listings", _page(total_items=10**9), LIMITS),
    "more listings told than there are": ("wrong-totals", _page(total_items=5_000), LIMITS),
    "fewer listings told than there are": ("wrong-totals", _page(total_items=3), LIMITS),
    "a size that is not the page's": ("wrong-totals", _page(size=7), LIMITS),
    "a last page that is not the last": ("wrong-totals", _page(last_page=True), LIMITS),
    "an empty page before the last": (
        "wrong-totals",
        _with_two_good_pages(lambda _: as_json(page_of([], 1, 100, page_number=3, total_pages=9, last_page=False))),
        LIMITS,
    ),
    "another page than was asked for": ("not-open-referral", _page(page_number=9), LIMITS),
    "totals that are no numbers": ("not-open-referral", _page(total_pages="many"), LIMITS),
    "organisations in a ring": ("organizations-in-a-ring", _cycle, LIMITS),
    "HTML": (
        "not-json",
        _with_two_good_pages(_raw(b"<html>Sorry</html>", **{"Content-Type": "text/html"})),
        LIMITS,
    ),
    "half a document": ("not-json", _raw(b'{"contents": ['), LIMITS),
    "a list": ("not-open-referral", _raw(b"[]"), LIMITS),
    "numbers that are none": ("not-json", _raw(b'{"total_items": NaN}'), LIMITS),
    "nesting without end": ("nested-too-deep", _raw(b"[" * 100_000 + b"]" * 100_000), LIMITS),
    "UTF-16": ("wrong-encoding", _raw('{"contents": []}'.encode("utf-16")), LIMITS),
    "Latin-1": ("wrong-encoding", _raw('{"name": "Café"}'.encode("latin-1")), LIMITS),
    "a lone surrogate": ("not-json", _raw(b'{"name": "\\ud800"}'), LIMITS),
    "a packed body": ("wrong-encoding", _raw(b"\x1f\x8b", **{"Content-Encoding": "gzip"}), LIMITS),
    "a redirect": ("redirected", lambda _: Reply(b"", 302, {"Location": "http://127.0.0.1:1/"}), LIMITS),
    "a redirect on the third page": (
        "redirected",
        _with_two_good_pages(lambda _: Reply(b"", 307, {"Location": "http://169.254.169.254/"})),
        LIMITS,
    ),
    "refusal": ("feed-refused", lambda _: Reply(b"{}", 403), LIMITS),
    "faults without end": ("feed-away", lambda _: Reply(b"{}", 500), LIMITS),
    "nothing but broken listings": (
        "too-many-refused",
        good_feed([service(n, status="gone") for n in range(50)]),
        LIMITS,
    ),
    "a run that takes too long": (
        "run-too-long",
        good_feed([service(n) for n in range(250)]),
        replace(LIMITS, run_seconds_max=0.0),
    ),
}  # fmt: skip


@pytest.mark.parametrize("harm", HARM)
async def test_harm_is_stopped_by_name_and_leaves_the_directory_as_it_was(
    office: Office, harm: str
) -> None:
    reason, answer, limits = HARM[harm]
    async with running_feed(good_feed([service(500)])) as feed:
        feed_id = await registered(office, feed.url)
        await run_feed(office, feed_id)
        before = await contents_of(office)
        feed.serves(answer)
        feed.sent_bytes = 0

        run = await run_feed(office, feed_id, whole=True, worker=a_worker(office, limits))

    assert (run["state"], run["reason"]) == ("stopped", reason)
    assert run["detail"].endswith(".")
    assert await contents_of(office) == before
    assert [row for row in await office.rows("feed_row") if row["state"] != "refused"] == []
    # What is cut off is not fetched: the sockets between us hold a little.
    assert feed.sent_bytes < 64 * MEBIBYTE


def _one_by_one(services: Sequence[dict[str, Any]], seconds: float) -> Answering:
    """A feed with everything on one page, in short; each listing by itself comes slowly."""

    async def answer(request: Request) -> Reply:
        if request.path == "/services":
            short = [{name: one[name] for name in ("id", "name", "status")} for one in services]
            return as_json(page_of(short, 1, len(services)))
        await asyncio.sleep(seconds)
        return as_json(services[0])

    return answer


@pytest.mark.parametrize(
    ("reason", "limits"),
    [
        ("too-many-listings", replace(LIMITS, run_listings_max=40)),
        ("run-too-long", replace(LIMITS, run_seconds_max=0.5)),
    ],
)
async def test_a_page_of_very_many_listings_outlasts_no_limit_of_the_run(
    office: Office, reason: str, limits: FeedLimits
) -> None:
    services = [service(n) for n in range(60)]
    async with running_feed(_one_by_one(services, 0.2)) as feed:
        run = await run_feed(
            office, await registered(office, feed.url), worker=a_worker(office, limits)
        )

    assert (run["state"], run["reason"]) == ("stopped", reason)
    assert len(feed.asked) < len(services)


async def test_after_a_stop_the_feed_can_be_run_again(office: Office) -> None:
    async with running_feed(lambda _: Reply(b"<html>", 200)) as feed:
        feed_id = await registered(office, feed.url)
        assert (await run_feed(office, feed_id))["reason"] == "not-json"
        feed.serves(good_feed([service(1)]))
        run = await run_feed(office, feed_id)

    assert counts(run) == ("done", 1, 0, 0, 0)


async def test_a_feed_that_was_away_for_a_moment_is_read_all_the_same(office: Office) -> None:
    services = good_feed([service(n) for n in range(150)])

    def answer(request: Request) -> Reply | Awaitable[Reply]:
        return Reply(b"", 503) if len(feed.asked) % 2 else services(request)

    async with running_feed(answer) as feed:
        run = await run_feed(office, await registered(office, feed.url))

    assert counts(run) == ("done", 150, 0, 0, 0)


ADDRESSES = {
    "127.0.0.1": False, "10.1.2.3": False, "172.16.0.1": False, "192.168.1.1": False,
    "169.254.169.254": False, "100.64.0.1": False, "0.0.0.0": False, "224.0.0.1": False,
    "255.255.255.255": False, "::1": False, "::": False, "fe80::1": False, "fe80::1%eth0": False,
    "fc00::1": False, "ff02::1": False, "::ffff:127.0.0.1": False, "::ffff:10.0.0.1": False,
    "::ffff:7f00:1": False, "64:ff9b::7f00:1": False, "2002:7f00:1::": False,
    "2001:0:4136:e378:8000:63bf:3fff:fdd2": False, "no address": False,
    "8.8.8.8": True, "2606:4700::1111": True, "::ffff:8.8.8.8": True, "64:ff9b::808:808": True,
}  # fmt: skip


@pytest.mark.parametrize("address", ADDRESSES)
def test_only_addresses_of_the_open_internet_are_public(address: str) -> None:
    assert is_public(address) is ADDRESSES[address]


@pytest.mark.parametrize(
    "answers",
    [["127.0.0.1"], ["93.184.216.34", "10.0.0.1"], ["::ffff:127.0.0.1"], ["fe80::1"], []],
)
async def test_a_name_that_leads_to_a_private_address_is_not_followed(
    office: Office, answers: list[str]
) -> None:
    async def resolver(_host: str, _port: int) -> list[str]:
        return answers

    async with running_feed(good_feed([service(1)])) as feed:
        feed_id = await registered(office, feed.url.replace("127.0.0.1", "feed.example.org"))
        worker = a_worker(office, private_allowed=False, resolver=resolver)
        run = await run_feed(office, feed_id, worker=worker)

    assert run["reason"] == ("address-refused" if answers else "address-unknown")
    assert feed.asked == []


async def test_a_name_is_looked_up_once_so_that_a_later_answer_changes_nothing(
    office: Office,
) -> None:
    looked_up: list[str] = []

    async def resolver(host: str, _port: int) -> list[str]:
        looked_up.append(host)
        # Whoever asked a second time would be led to where nobody answers.
        return ["127.0.0.1"] if len(looked_up) == 1 else ["127.0.0.99"]

    async with running_feed(good_feed([service(n) for n in range(250)])) as feed:
        feed_id = await registered(office, feed.url.replace("127.0.0.1", "feed.example.org"))
        run = await run_feed(office, feed_id, worker=a_worker(office, resolver=resolver))

    assert counts(run) == ("done", 250, 0, 0, 0)
    assert looked_up == ["feed.example.org"]
    assert len(feed.asked) == 3


async def test_outside_demo_mode_a_private_address_cannot_even_be_registered(
    office: Office,
) -> None:
    office.app.state.settings = office.settings.model_copy(update={"mode": "region"})
    for url in (
        "http://127.0.0.1:8080/oruk", "http://[::1]/", "http://10.0.0.7/", "http://localhost/",
        "http://[::ffff:169.254.169.254]/", "http://2130706433/",
    ):  # fmt: skip
        answer = await office.post("/feeds", {"name": url, "base_url": url})
        assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, "/base_url"), (
            url
        )
    for url in ("ftp://example.org/", "http://me:secret@example.org/", "http://example.org/?a=1"):
        answer = await office.post("/feeds", {"name": "odd", "base_url": url})
        assert answer.status_code == 422, url
    fine = await office.post("/feeds", {"name": "fine", "base_url": "https://example.org/oruk"})
    assert fine.status_code == 201


async def test_a_run_that_is_stopped_shows_how_far_it_came(office: Office) -> None:
    answer = _with_two_good_pages(_raw(b"<html>"))
    async with running_feed(answer) as feed:
        feed_id = await registered(office, feed.url)
        run_id = await asked_for(office, feed_id)
        await a_worker(office).work_once()

    run = await run_of(office, feed_id, run_id)
    assert (run["state"], run["pages"], run["listings"], run["new"]) == ("stopped", 2, 200, 0)
    assert await office.rows("listing") == []
