"""Reading a feed page by page, and keeping what it said until all of it was read.

Promise    A page counts once: it is kept in the transaction that moves the run to the next one, and
           only if the run still waits for this page. Whatever the feed breaks ends the run with a
           name, and leaves the directory as it was.
Price      What a feed says stands in the database twice for as long as a run goes on.
Not here   Applying: ``feed_applying``. What is broken by what: ``domain.feed_rules``.
"""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any, cast
from urllib.parse import quote

from chassis.database import Connection, Database
from services.directory.domain.feed_rules import (
    FeedLimits,
    FeedPage,
    FeedStopped,
    check_parents,
    check_refused,
    check_totals,
    read_page,
)
from services.directory.domain.foreign_listing import (
    RowBroken,
    foreign_id_of,
    is_whole,
    said_hash,
)
from services.directory.domain.foreign_terms import TermRules
from services.directory.gateways.feed_source import FeedSource, NotOffered
from services.directory.store import feeds as store
from services.directory.store.feeds import Lease, Row, Run
from services.directory.use_cases.feed_entries import Check, refused, row_of

CAME_BEFORE = "/id: came before in this run"
NOT_SHOWN = "/id: is listed by the feed, and not shown"
TOO_MANY_UNLISTED = "/id: is listed no longer, with too many others to be believed"


class RunLost(Exception):
    """Another worker holds the run by now."""


@dataclass(frozen=True, slots=True)
class Desk:
    """What a run is worked through with."""

    database: Database
    check: Check
    rules: TermRules
    limits: FeedLimits
    lease: Callable[[], Lease]
    now: Callable[[], datetime]


@dataclass(frozen=True, slots=True)
class _Read:
    page: FeedPage
    run: Run


async def read_step(desk: Desk, run: Run, source: FeedSource) -> Run:
    """Read the run's next page and keep it; the run as it stands then."""
    _check_time(desk, run)
    before = source.bytes_read
    read = await _page(desk, run, source)
    if run.listings + len(read.page.contents) > desk.limits.run_listings_max:
        raise FeedStopped("too-many-listings")
    contents = await _whole(desk, read, source)
    run = replace(read.run, bytes=run.bytes + source.bytes_read - before)
    rows = await _rows(desk, run, contents)
    async with desk.database.transaction() as connection:
        held = await store.hold_run(connection, run.id, desk.lease())
        if held is None or held.state != "reading" or held.next_page != read.page.number:
            raise RunLost
        return await _keep(connection, desk, run, read.page, rows)


def _check_time(desk: Desk, run: Run) -> None:
    if _seconds_left(desk, run) < 0:
        raise FeedStopped("run-too-long")


def _seconds_left(desk: Desk, run: Run) -> float:
    return desk.limits.run_seconds_max - (desk.now() - run.begun_at).total_seconds()


async def _page(desk: Desk, run: Run, source: FeedSource) -> _Read:
    """Fetch the next page, with what the feed can be asked for."""
    for whole, since in _ways_to_ask(run):
        asked = {
            "page": str(run.next_page),
            "per_page": str(desk.limits.page_items),
            **({"full": "true"} if whole else {}),
            **({"modified_after": since.isoformat()} if since else {}),
        }
        try:
            document = await source.document(
                "/services", asked, bytes_left=desk.limits.run_bytes_max - run.bytes
            )
        except NotOffered:
            continue
        page = read_page(document, run.next_page, desk.limits)
        return _Read(page, replace(run, whole_lists=whole, modified_after=since))
    raise FeedStopped("feed-refused")


def _ways_to_ask(run: Run) -> Sequence[tuple[bool, datetime | None]]:
    """What was found on the first page is kept to; before, everything is tried."""
    if run.whole_lists is not None:
        return [(run.whole_lists, run.modified_after)]
    since = run.modified_after
    ways = [(True, since), (False, since), (True, None), (False, None)]
    return list(dict.fromkeys(ways))


async def _whole(desk: Desk, read: _Read, source: FeedSource) -> list[Any]:
    """The listings of a page with their parts, fetched one by one where the list has none."""
    contents = list(read.page.contents)
    given = [cast("dict[str, Any]", one) for one in contents if isinstance(one, dict)]
    if not given or any(is_whole(one) for one in given):
        return contents
    at_once = asyncio.Semaphore(desk.limits.details_at_once_max)

    async def fetched(summary: Any) -> Any:
        try:
            foreign_id = foreign_id_of(summary)
        except RowBroken:
            return summary
        async with at_once:
            left = desk.limits.run_bytes_max - source.bytes_read
            return await _detail(source, foreign_id, left, cast("dict[str, Any]", summary))

    for_page, for_run = _details_seconds(desk.limits, len(contents)), _seconds_left(desk, read.run)
    try:
        async with (
            asyncio.timeout(min(for_page, for_run)),
            asyncio.TaskGroup() as group,
        ):
            asked = [group.create_task(fetched(one)) for one in contents]
    except TimeoutError:
        raise FeedStopped("too-slow" if for_page <= for_run else "run-too-long") from None
    except ExceptionGroup as faults:
        raise next(
            (one for one in faults.exceptions if isinstance(one, FeedStopped)), faults
        ) from None
    return [one.result() for one in asked]


def _details_seconds(limits: FeedLimits, count: int) -> float:
    """How long the listings of one page may take together."""
    return limits.page_seconds_max * (1 + count / limits.page_items)


async def _detail(
    source: FeedSource, foreign_id: str, bytes_left: int, summary: Mapping[str, Any]
) -> Any:
    try:
        found = await source.document(
            f"/services/{quote(foreign_id, safe='')}", {}, bytes_left=bytes_left
        )
    except (NotOffered, FeedStopped) as fault:
        if isinstance(fault, FeedStopped) and fault.reason != "feed-refused":
            raise
        return {"id": foreign_id, "not_shown": True}
    if not isinstance(found, dict):
        raise FeedStopped("not-open-referral")
    detail = cast("dict[str, Any]", found)
    # What a listing is known by is the id it is listed under, whatever it then calls itself.
    return {**summary, **detail, "id": foreign_id}


async def _rows(desk: Desk, run: Run, contents: Sequence[Any]) -> list[Row]:
    """Judge every listing of a page; what is as it was is not looked at again."""
    ids = [_id_in(one) for one in contents]
    async with desk.database.transaction() as connection:
        hashes = await store.said_hashes(connection, run.feed_id, [one for one in ids if one])
        met = await store.rows_known(connection, run.id, [one for one in ids if one])
    if ids and all(one in met for one in ids):
        raise FeedStopped("page-repeats")
    rows: list[Row] = []
    today = desk.now().date()
    for number, (foreign_id, document) in enumerate(
        zip(ids, contents, strict=True), start=run.listings + 1
    ):
        if foreign_id is not None and foreign_id in met:
            rows.append(refused(number, None, CAME_BEFORE))
            continue
        if foreign_id is not None:
            met.add(foreign_id)
        if isinstance(document, dict) and "not_shown" in document:
            rows.append(refused(number, foreign_id, NOT_SHOWN))
            continue
        rows.append(_row(desk, document, foreign_id, number, hashes, today))
    return rows


def _row(
    desk: Desk,
    document: Any,
    foreign_id: str | None,
    number: int,
    hashes: Mapping[str, bytes],
    today: date,
) -> Row:
    before = hashes.get(foreign_id or "")
    if before is not None and said_hash(document, desk.rules.version) == before:
        return Row(number=number, foreign_id=foreign_id, state="same")
    row = row_of(document, number, check=desk.check, rules=desk.rules, read_on=today)
    # What is gone and was never here is nothing to us.
    was_never_here = row.state == "gone" and before is None
    return replace(row, state="same", entry=None) if was_never_here else row


def _id_in(document: Any) -> str | None:
    try:
        return foreign_id_of(document)
    except RowBroken:
        return None


async def _keep(
    connection: Connection, desk: Desk, run: Run, page: FeedPage, rows: Sequence[Row]
) -> Run:
    """Keep a page, and where it is the last one judge the run as a whole."""
    await store.keep_rows(connection, run, rows)
    run = counted(
        replace(
            run,
            next_page=page.number + 1,
            pages=run.pages + 1,
            pages_told=page.pages_told,
            items_told=page.items_told,
        ),
        rows,
    )
    limits = desk.limits
    if not page.is_last and run.pages >= limits.run_pages_max:
        raise FeedStopped("too-many-pages")
    check_refused(run.refused, run.listings, limits)
    if page.is_last:
        check_totals(run.listings, page.items_told, limits)
        check_parents(await store.organization_parents(connection, run))
        run = replace(await _miss(connection, desk, run), state="applying")
    await store.run_went_on(connection, run)
    return run


async def _miss(connection: Connection, desk: Desk, run: Run) -> Run:
    """Take what a feed lists no longer as gone, where all of it was read and most of it is there.

    A feed that lost much of what it had is more likely broken than right: nothing goes for that.
    """
    if run.kind != "feed" or run.modified_after is not None:
        return run
    known, unlisted = await store.count_unlisted(connection, run)
    if not unlisted:
        return run
    limits = desk.limits
    too_many = unlisted > max(limits.unlisted_at_least, known * limits.unlisted_share_max)
    reason = TOO_MANY_UNLISTED if too_many else None
    await store.keep_unlisted(connection, run, reason=reason, day=desk.now().date())
    return replace(run, refused=run.refused + (unlisted if too_many else 0))


def counted(run: Run, rows: Sequence[Row]) -> Run:
    """The run with these rows counted as read."""
    return replace(
        run,
        listings=run.listings + len(rows),
        refused=run.refused + sum(row.state == "refused" for row in rows),
        same=run.same + sum(row.state == "same" for row in rows),
    )
