"""What the worker does with a fault of ours: the run stops by name, and the next one goes on."""

from collections.abc import Mapping
from typing import Any

import pytest

from services.directory.api.imported import check_entry
from services.directory.use_cases.feed_entries import CheckedEntry
from services.directory.use_cases.feed_work import FeedWorker
from tests.directory.feed_server import good_feed, running_feed, service
from tests.directory.feeds_office import QUICK, asked_for, contents_of, counts, registered, run_of
from tests.directory.trial import Office

pytestmark = pytest.mark.postgres


def _faulty(entry: Mapping[str, Any]) -> CheckedEntry:
    if entry["name"] == "Walking group 7":
        raise KeyError
    return check_entry(entry)


async def test_a_fault_of_ours_stops_one_run_and_not_the_next(office: Office) -> None:
    worker = FeedWorker(office.worker, _faulty, private_allowed=True, limits=QUICK)
    async with running_feed(good_feed([service(n) for n in range(10)])) as feed:
        first = await registered(office, feed.url, "Faulty")
        first_run = await asked_for(office, first)
        before = await contents_of(office)
        assert await worker.work_once()
        after = await contents_of(office)
        feed.serves(good_feed([service(n) for n in range(5)]))
        second = await registered(office, feed.url, "Sound")
        second_run = await asked_for(office, second)
        assert await worker.work_once()

    stopped = await run_of(office, first, first_run)
    assert (stopped["state"], stopped["reason"]) == ("stopped", "not-understood")
    assert after == before
    assert counts(await run_of(office, second, second_run)) == ("done", 5, 0, 0, 0)
