"""How long a feed of fifty thousand listings takes; the time is printed and judged by nobody."""

import asyncio
import time

import pytest

from tests.directory.feed_server import good_feed, running_feed, service
from tests.directory.feeds_office import a_worker, asked_for, counts, registered, run_of
from tests.directory.trial import Office

pytestmark = [pytest.mark.postgres, pytest.mark.slow, pytest.mark.timeout(1_200)]

LISTINGS = 50_000
BUDGET_SECONDS = 180


async def test_fifty_thousand_listings_come_in_though_the_worker_is_killed_on_the_way(
    office: Office, capsys: pytest.CaptureFixture[str]
) -> None:
    services = [service(n) for n in range(LISTINGS)]
    async with running_feed(good_feed(services)) as feed:
        feed_id = await registered(office, feed.url)
        run_id = await asked_for(office, feed_id)
        began, worked = time.monotonic(), time.process_time()
        shown: list[dict[str, object]] = []
        for _ in range(3):
            work = asyncio.create_task(a_worker(office, lease_seconds=0.0).work_once())
            await asyncio.wait([work], timeout=10)
            work.cancel()
            await asyncio.gather(work, return_exceptions=True)
            shown.append(await run_of(office, feed_id, run_id))
        await a_worker(office).work_once()
        seconds, ours = time.monotonic() - began, time.process_time() - worked

    run = await run_of(office, feed_id, run_id)
    assert counts(run) == ("done", LISTINGS, 0, 0, 0)
    assert len(await office.rows("listing")) == LISTINGS
    progress = [int(str(one["listings"])) + int(str(one["new"])) for one in shown]
    assert progress == sorted(progress)
    with capsys.disabled():
        print(  # noqa: T201
            f"\n{LISTINGS} listings in {seconds:.0f} s (budget {BUDGET_SECONDS} s), "
            f"{ours:.0f} s of them in Python with the feed itself; killed three times at {progress}"
        )
