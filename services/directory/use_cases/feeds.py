"""Registering feeds and asking for their runs.

Promise    A feed is known in its region by its name; the same entry again is the same feed. One run
           of a feed goes on at a time, and a run asked for again is the run that waits.
Not here   The runs: ``feed_work``.
"""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from chassis.database import Connection
from chassis.ids import new_id
from chassis.refusals import BrokenRule, NothingFound, Refusal, RuleBroken
from services.directory.domain.register import Moment
from services.directory.store import feeds as store
from services.directory.store.feeds import Feed
from services.directory.use_cases.listings import hash_of
from services.directory.use_cases.outcome import Outcome


@dataclass(frozen=True, slots=True)
class FeedEntry:
    """A feed as it is registered."""

    region_code: str
    name: str
    base_url: str | None
    every_hours: int | None
    corrections_url: str | None


async def register_feed(connection: Connection, entry: FeedEntry, moment: Moment) -> Outcome:
    """Register a feed of a region."""
    feed = Feed(
        id=new_id(),
        region_code=entry.region_code,
        name=entry.name,
        base_url=entry.base_url,
        every_hours=entry.every_hours,
        corrections_url=entry.corrections_url,
        content_hash=hash_of([entry.base_url, entry.every_hours, entry.corrections_url]),
        version=1,
        read_until=None,
        occurred_at=moment.occurred_at,
        recorded_at=moment.recorded_at,
    )
    if await store.enter_feed(connection, feed) is not None:
        return _outcome(feed, created=True)
    standing = await store.feed_by_name(connection, region_code=entry.region_code, name=entry.name)
    if standing is None:
        raise NothingFound
    if standing.content_hash != feed.content_hash:
        raise Refusal(409, "name-taken", "The region has a feed of this name that says otherwise.")
    return _outcome(standing, created=False)


async def ask_for_run(connection: Connection, feed_id: UUID, *, whole: bool, now: datetime) -> UUID:
    """Ask for a run of a feed: what changed since it was last read whole, or everything."""
    feed = await known_feed(connection, feed_id)
    if feed.base_url is None:
        raise RuleBroken(BrokenRule("", "is asked of a feed with an address; upload to this one"))
    run_id = new_id()
    asked = await store.ask_for_run(
        connection,
        run_id=run_id,
        feed=feed,
        kind="feed",
        state="waiting",
        now=now,
        modified_after=None if whole else feed.read_until,
    )
    if asked:
        return run_id
    for run in await store.unfinished_runs(connection, feed_id):
        # What nobody has begun yet is the run that is asked for.
        if run.kind == "feed" and run.state == "waiting":
            return run.id
    raise Refusal(409, "run-goes-on", "A run of this feed goes on; ask again when it has ended.")


async def known_feed(connection: Connection, feed_id: UUID) -> Feed:
    """A feed of the caller's region."""
    feed = await store.feed_by_id(connection, feed_id)
    if feed is None:
        raise NothingFound
    return feed


def _outcome(feed: Feed, *, created: bool) -> Outcome:
    return Outcome(
        created=created,
        about={
            "id": feed.id,
            "feed_id": feed.id,
            "region_code": feed.region_code,
            "name": feed.name,
            "base_url": feed.base_url,
            "every_hours": feed.every_hours,
            "corrections_url": feed.corrections_url,
        },
        version=feed.version,
        event_id=None,
        occurred_at=feed.occurred_at,
        recorded_at=feed.recorded_at,
    )
