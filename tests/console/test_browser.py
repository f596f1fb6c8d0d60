"""Pages in a real browser, where one is installed: how wide they are, how they update."""

import asyncio
import re
import shutil
import tempfile

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles

from console.app import STATIC
from console.templating import CONTENT_POLICY
from tests.console.front import Front
from tests.console.library import Library
from tests.console.reading import check
from tests.directory.test_relations import a_relation, a_worker, an_agreement, in_days
from tests.directory.test_unmet_need import small_geography
from tests.directory.trial import MANAGER, WORKER
from tests.issuer import serve
from tests.reporting.story import Story

pytestmark = pytest.mark.postgres

WIDTH = 320
WEB_PAGE = f"https://gardens.example.org/{'a' * 300}"
BROWSER = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("chrome")
MEASURE = """
    <script>
    addEventListener('load', () => {
      const wide = [...document.querySelectorAll('iframe')].map(frame => {
        const page = frame.contentDocument
        const out = [...page.querySelectorAll('body *')].filter(one =>
          one.getBoundingClientRect().right > WIDTH + 1 && !one.closest('.waymark-scroll') &&
          // Names of columns are hidden where each cell brings its own.
          !one.closest('.nhsuk-table--responsive thead'))
        return page.documentElement.scrollWidth + ' ' + out.map(one => one.tagName + '.' + one.className)
      })
      document.title = 'measured: ' + wide.join('; ')
    })
    </script>
"""


async def _browse(app: Starlette, address: str, *, milliseconds: int = 10_000) -> str:
    """What a browser has made of an address after so much of its own time."""
    assert BROWSER is not None
    with tempfile.TemporaryDirectory() as profile:
        async with serve(app) as url:
            process = await asyncio.create_subprocess_exec(
                BROWSER,
                "--headless",
                "--no-sandbox",
                "--disable-gpu",
                "--disable-background-networking",
                f"--user-data-dir={profile}",
                "--hide-scrollbars",
                f"--virtual-time-budget={milliseconds}",
                "--dump-dom",
                f"{url}{address}",
                stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.DEVNULL,
            )
            told, _ = await asyncio.wait_for(process.communicate(), timeout=90)
    return told.decode()


async def _measured(pages: list[str]) -> list[str]:
    """How wide each page is when it has 320 pixels, and what sticks out."""

    async def page(request: Request) -> Response:
        return HTMLResponse(pages[request.path_params["number"]])

    async def frames(_request: Request) -> Response:
        shown = "".join(
            f'<iframe width="{WIDTH}" height="900" src="/pages/{number}"></iframe>'
            for number in range(len(pages))
        )
        return HTMLResponse(f"<body>{shown}{MEASURE.replace('WIDTH', str(WIDTH))}</body>")

    app = Starlette(
        routes=[
            Route("/frames", frames),
            Route("/pages/{number:int}", page),
            Mount("/static", StaticFiles(directory=STATIC)),
        ]
    )
    told = await _browse(app, "/frames")
    found = re.search(r"<title>measured: ([^<]*)</title>", told)
    assert found, told[-500:]
    return found[1].split("; ")


needs_browser = pytest.mark.skipif(BROWSER is None, reason="no Chromium here to open pages with")


@needs_browser
async def test_no_page_is_wider_than_a_small_phone(front: Front) -> None:
    story = Story()
    story.register()
    for _ in range(12):
        story.contact(story.refer())
    await front.apply(story)
    async with front.worker.transaction() as connection:
        await connection.execute(
            """
            insert into consumer_position
                (consumer, topic, stream, epoch, number, applied, head, recorded_at)
            values ('reporting', 'referral.events.v1', 'U99001', 1, 9, 9, 123456789, now())
            """
        )
    pages = [await front.page("/")]
    await front.sign_in(await front.grant("region-analyst", "QZZ"))
    pages.append(await front.page("/regions/QZZ"))
    await front.sign_in(await front.grant("operator", "QZZ"))
    pages += [await front.page("/operations"), await front.page("/operations/quarantine")]

    measured = await _measured(pages)

    assert measured == [f"{WIDTH} "] * len(pages)


@needs_browser
async def test_no_page_of_the_directory_is_wider_than_a_small_phone(library: Library) -> None:
    long = "Unbreakable" * 15
    made = await library.listed(
        f"Growing {long}",
        organization={"name": f"Gardens {long}", "description": long, "website": WEB_PAGE},
        description=long,
        url=WEB_PAGE,
        need_terms=["loneliness"],
    )
    group = made["organization_id"]
    worker = await a_worker(library.office, "Robin")
    for body in (
        a_relation("knows", ("worker", worker), ("organization", group), about=long),
        an_agreement(group, in_days(20), about="A grant."),
    ):
        await library.office.made("/relations", body, member=MANAGER)
    idea = {"pcn_code": "U99001", "need_term": "loneliness", "title": f"Debt {long}", "words": long}
    raised = (
        f"/networks/U99001/ideas/{(await library.office.made('/ideas', idea, member=WORKER))['id']}"
    )
    await small_geography(library.office)
    await library.sign_in("pcn-manager", "U99001")
    form = check(await library.page("/listings")).form_to("/listings")
    sent = await library.post("/listings", **(form | {"words": "growing", "day": "TU"}))
    found = await library.post("/listings", **(form | {"words": "growing"}))
    capacity = check(await library.page(f"/listings/{made['id']}")).form_to(
        f"/listings/{made['id']}/capacity"
    )
    wrong = await library.post(f"/listings/{made['id']}/capacity", **capacity)
    shown = check(await library.page(raised))
    for step in ("back", "start"):
        await library.post(f"{raised}/{step}", **shown.form_to(f"{raised}/back"))
    (agreement,) = [
        one["id"] for one in await library.office.rows("relation") if one["kind"] == "agreement"
    ]
    unsaid = {"form_token": form["form_token"], "near": long}
    nothing_raised = await library.post("/networks/U99001/ideas", **unsaid)
    nothing_entered = await library.post(f"/groups/{group}/relations", **unsaid)
    pages = [
        await library.page("/listings"),
        await library.page(sent.headers["location"]),
        await library.page(found.headers["location"]),
        await library.page(f"/listings/{made['id']}"),
        wrong.text,
        await library.page(f"/groups/{group}"),
        await library.page("/networks/U99001/unmet-need"),
        await library.page("/networks/U99001/ideas"),
        await library.page(raised),
        nothing_raised.text,
        nothing_entered.text,
        await library.page(f"/relations/{agreement}"),
        await library.page("/agreements"),
    ]

    measured = await _measured(pages)

    assert measured == [f"{WIDTH} "] * len(pages)


@needs_browser
async def test_a_page_updates_where_it_stands_and_what_was_opened_stays_open(front: Front) -> None:
    story = Story()
    story.register()
    for _ in range(20):
        story.refer()
    await front.apply(story)
    await front.sign_in(await front.grant("pcn-manager", "U99001"))
    first = await front.page("/networks/U99001")
    opened = first.replace(
        '<details class="nhsuk-details">', '<details class="nhsuk-details" open>', 1
    )
    assert opened != first
    asked = 0

    async def page(_request: Request) -> Response:
        nonlocal asked
        asked += 1
        policy = {"Content-Security-Policy": CONTENT_POLICY}
        return HTMLResponse(opened if asked == 1 else first.replace(">20<", ">21<"), headers=policy)

    app = Starlette(routes=[Route("/page", page), Mount("/static", StaticFiles(directory=STATIC))])

    seen = await _browse(app, "/page", milliseconds=15_000)

    assert asked >= 2
    assert '<p class="waymark-tile__value">21</p>' in seen
    assert seen.count('<details class="nhsuk-details" open="">') == 1
    assert "nhsuk-frontend-supported" in seen
