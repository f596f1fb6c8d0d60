"""Pages at the width of a small phone, measured by a browser where one is installed."""

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
from tests.console.front import Front
from tests.issuer import serve
from tests.reporting.story import Story

pytestmark = pytest.mark.postgres

WIDTH = 320
BROWSER = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("chrome")
MEASURE = """
    <script>
    addEventListener('load', () => {
      const wide = [...document.querySelectorAll('iframe')].map(frame => {
        const page = frame.contentDocument
        const out = [...page.querySelectorAll('body *')].filter(one =>
          one.getBoundingClientRect().right > WIDTH + 1 && !one.closest('.waymark-scroll'))
        return page.documentElement.scrollWidth + ' ' + out.map(one => one.tagName + '.' + one.className)
      })
      document.title = 'measured: ' + wide.join('; ')
    })
    </script>
"""


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
                "--virtual-time-budget=10000",
                "--dump-dom",
                f"{url}/frames",
                stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.DEVNULL,
            )
            told, _ = await asyncio.wait_for(process.communicate(), timeout=90)
    found = re.search(r"<title>measured: ([^<]*)</title>", told.decode())
    assert found, told.decode()[-500:]
    return found[1].split("; ")


@pytest.mark.skipif(BROWSER is None, reason="no Chromium here to measure pages with")
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
