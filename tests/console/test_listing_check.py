"""The owner of a listing answers by the link of a message: no sign-in, no script, nothing by looking."""

import logging
import re
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from io import StringIO

import httpx
import pytest
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from chassis import logs, telemetry
from chassis.database import Database
from chassis.provisioning import Provisioned
from console.pages.listing_check import NOTHING_CHOSEN
from tests.console.front import NOBODY, Front, open_front
from tests.console.reading import check
from tests.directory.evidence import a_question
from tests.directory.trial import MANAGER, WORKER, Office, a_listing, fill_register, running_office
from tests.issuer import running_issuer, serve

pytestmark = pytest.mark.postgres

NAME = "Growing <script>alert(1)</script> group"


@dataclass
class Asked:
    """A browser at the page of a question that the real directory put."""

    front: Front
    office: Office
    listing_id: str
    token: str

    @property
    def address(self) -> str:
        return f"/listing-check/{self.token}"

    async def answer(self, **fields: str) -> httpx.Response:
        return await self.front.browser.post(self.address, data=fields)

    async def freshness(self) -> dict[str, str]:
        """The latest that speaks for or against the listing."""
        found = await self.office.found(f"/services/{self.listing_id}/freshness", member=WORKER)
        return dict(found["parts"][0])

    async def state(self) -> str:
        (row,) = await self.office.rows("listing")
        return str(row["state"])


@pytest.fixture
async def asked(
    make_database: Callable[[str], Awaitable[Provisioned]],
    postgres_server: str,
    reporting_database: Provisioned,
    issuer_url: str,
) -> AsyncIterator[Asked]:
    """The console before a directory that asks the owner of one listing."""
    database = await make_database("directory")
    worker = Database(reporting_database.worker_url, "worker", 2)
    async with (
        running_issuer() as issuer,
        running_office(database, postgres_server, issuer) as office,
        serve(office.app) as directory_url,
    ):
        await fill_register(office)
        listing = await office.made("/services", a_listing(name=NAME), member=MANAGER)
        question = await a_question(office, listing["id"])
        async with open_front(
            reporting_database, worker, issuer_url, directory_url=directory_url
        ) as front:
            yield Asked(front, office, listing["id"], question["token"])


async def test_the_page_says_which_listing_and_what_each_answer_does(asked: Asked) -> None:
    text = await asked.front.page(asked.address)
    page = check(text)

    assert "<script>alert" not in text
    assert "Growing <script>alert(1)</script> group" in page.words
    choices = [one["value"] for one in page.fields if one.get("type") == "radio"]
    assert choices == ["runs", "changed", "no-longer"]
    assert not [one for one in page.fields if "checked" in one], "nothing is chosen beforehand"
    for words in ("confirmed by you", "with a warning until", "out of the search at once"):
        assert words in page.words
    assert page.title.startswith("Is this listing still right?")
    assert "Sign in" not in page.words


async def test_looking_answers_nothing_however_often(asked: Asked) -> None:
    for address in (asked.address, f"{asked.address}/thanks", f"{asked.address}?answer=no-longer"):
        for _ in range(3):
            await asked.front.browser.get(address, follow_redirects=True)
            await asked.front.browser.head(address)

    assert (await asked.freshness())["kind"] == "kept"
    assert await asked.state() == "published"


@pytest.mark.parametrize(
    ("said", "kind", "state", "words"),
    [
        ("runs", "confirmed", "published", "It runs, and what it says is right."),
        ("changed", "marked-wrong", "doubted", "It runs, and something changed."),
        ("no-longer", "gone-confirmed", "hidden", "It runs no longer."),
    ],
)
async def test_an_answer_is_taken_thanked_for_and_followed(
    asked: Asked, said: str, kind: str, state: str, words: str
) -> None:
    done = await asked.answer(answer=said)

    assert (done.status_code, done.headers["location"]) == (303, f"{asked.address}/thanks")
    page = check(await asked.front.page(f"{asked.address}/thanks"))
    assert page.title.startswith("Thank you")
    assert words in page.words
    latest = await asked.freshness()
    assert (latest["kind"], latest["source"]) == (kind, "owner")
    assert await asked.state() == state


async def test_the_same_again_is_thanked_for_and_another_answer_is_shown_the_first(
    asked: Asked,
) -> None:
    await asked.answer(answer="runs")

    again = await asked.answer(answer="runs")
    other = await asked.answer(answer="no-longer")

    assert again.headers["location"] == f"{asked.address}/thanks"
    assert (other.status_code, other.headers["location"]) == (303, asked.address)
    page = check(await asked.front.page(asked.address))
    assert page.title.startswith("This question is answered")
    assert "It runs, and what it says is right." in page.words
    assert not page.forms
    assert await asked.state() == "published"


@pytest.mark.parametrize("fields", [{}, {"answer": ""}, {"answer": "perhaps"}, {"other": "runs"}])
async def test_where_nothing_is_chosen_the_page_says_so_and_leads_there(
    asked: Asked, fields: dict[str, str]
) -> None:
    answer = await asked.answer(**fields)

    assert answer.status_code == 400
    page = check(answer.text)
    assert page.title.startswith("Error: ")
    assert NOTHING_CHOSEN in page.words
    assert "#answer" in page.addresses
    radios = [one["id"] for one in page.fields if one.get("type") == "radio"]
    assert radios[:1] == ["answer"]
    assert (await asked.freshness())["kind"] == "kept"


async def test_a_question_whose_time_is_over_takes_no_answer(asked: Asked) -> None:
    await asked.office.owner.execute("update listing_check set answer_until = now()")

    late = await asked.answer(answer="no-longer")
    seen = await asked.front.browser.get(late.headers["location"])

    assert seen.status_code == 410
    assert check(seen.text).title.startswith("The time for an answer is over")
    assert await asked.state() == "published"


@pytest.mark.parametrize(
    "token", ["x" * 43, "short", "x" * 65, "x" * 30 + "%20", "%2e%2e%2fregister"]
)
async def test_a_link_that_opens_nothing_says_so(asked: Asked, token: str) -> None:
    answers = [
        await asked.front.browser.get(f"/listing-check/{token}"),
        await asked.front.browser.post(f"/listing-check/{token}", data={"answer": "runs"}),
        await asked.front.browser.get(f"/listing-check/{token}/thanks"),
    ]

    for answer in answers:
        assert answer.status_code == 404
        check(answer.text)


async def test_nobody_keeps_the_page_or_is_told_of_its_address(asked: Asked) -> None:
    answers = [
        await asked.front.browser.get(asked.address),
        await asked.answer(),
        await asked.answer(answer="runs"),
        await asked.front.browser.get(asked.address),
        await asked.front.browser.get(f"/listing-check/{'x' * 43}"),
    ]

    for answer in answers:
        assert answer.headers["referrer-policy"] == "no-referrer"
        assert answer.headers["cache-control"] == "no-store"
        assert "noindex" in answer.headers["x-robots-tag"]
        assert "set-cookie" not in answer.headers


async def test_the_token_is_in_no_log_metric_or_trace(asked: Asked) -> None:
    written = StringIO()
    exporter = InMemorySpanExporter()
    root = logging.getLogger()
    before, level = root.handlers[:], root.level
    logs.set_up("console", "debug", stream=written)
    telemetry.set_up("trial", None, exporter=exporter)
    try:
        await asked.front.browser.get(asked.address)
        await asked.answer(answer="runs")
        await asked.front.browser.get(f"{asked.address}/thanks")
        telemetry.flush()
        spans = str(
            [(span.name, dict(span.attributes or {})) for span in exporter.get_finished_spans()]
        )
    finally:
        telemetry.shut_down()
        root.handlers[:] = before
        root.setLevel(level)
    metrics = (await asked.front.browser.get("/metrics")).text

    assert "/listing-check/{token}" in written.getvalue()
    assert "/listing-check/{token}" in metrics
    assert "/listing-check/{token}" in spans
    for told in (written.getvalue(), metrics, spans):
        assert asked.token not in told


async def test_a_directory_that_is_away_loses_nothing(
    reporting_database: Provisioned, issuer_url: str
) -> None:
    worker = Database(reporting_database.worker_url, "worker", 2)
    async with open_front(reporting_database, worker, issuer_url, directory_url=NOBODY) as front:
        answer = await front.browser.get(f"/listing-check/{'x' * 43}")

    assert answer.status_code == 503
    page = check(answer.text)
    assert re.search("Try again in a minute", page.words)
