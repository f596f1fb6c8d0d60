"""What tests of feeds do again and again: register one, run it, and look at what came of it."""

from typing import Any

from services.directory.api.imported import check_entry
from services.directory.domain.feed_rules import FeedLimits
from services.directory.gateways.feed_source import Resolver, looked_up
from services.directory.use_cases.feed_work import FeedWorker
from tests.directory.trial import Office

QUICK = FeedLimits(attempt_pause_seconds=0.01, page_seconds_max=10.0)


def a_worker(
    office: Office,
    limits: FeedLimits = QUICK,
    *,
    private_allowed: bool = True,
    resolver: Resolver = looked_up,
    lease_seconds: float = 60.0,
    turn_seconds: float = 60.0,
) -> FeedWorker:
    """A worker as the directory's schedules have one."""
    return FeedWorker(
        office.worker,
        check_entry,
        private_allowed=private_allowed,
        limits=limits,
        resolver=resolver,
        lease_seconds=lease_seconds,
        turn_seconds=turn_seconds,
    )


async def registered(office: Office, url: str | None, name: str = "County", **more: Any) -> str:
    made = await office.made("/feeds", {"name": name, "base_url": url, **more})
    return str(made["id"])


async def asked_for(office: Office, feed_id: str, *, whole: bool = False) -> str:
    answer = await office.post(f"/feeds/{feed_id}/runs", {"whole": whole})
    assert answer.status_code == 202, answer.text
    return str(answer.json()["run_id"])


async def run_of(office: Office, feed_id: str, run_id: str) -> dict[str, Any]:
    found: dict[str, Any] = await office.found(f"/feeds/{feed_id}/runs/{run_id}")
    return found


async def run_feed(
    office: Office, feed_id: str, *, whole: bool = False, worker: FeedWorker | None = None
) -> dict[str, Any]:
    """Ask for a run, work through it, and show it."""
    run_id = await asked_for(office, feed_id, whole=whole)
    assert await (worker or a_worker(office)).work_once()
    return await run_of(office, feed_id, run_id)


def counts(run: dict[str, Any]) -> tuple[str, int, int, int, int]:
    """How a run ended: state, new, changed, same, refused."""
    return run["state"], run["new"], run["changed"], run["same"], run["refused"]


async def contents_of(office: Office) -> dict[str, int]:
    """How much there is of everything a run could touch."""
    tables = (
        "organization", "listing", "listing_version", "open_listing", "open_location",
        "open_organization", "listing_search", "feed_listing", "outbox", "duplicate",
    )  # fmt: skip
    return {table: len(await office.rows(table)) for table in tables}
