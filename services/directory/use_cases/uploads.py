"""Listings by upload: a file is judged row by row, and applied like what a feed said.

Promise    Every row is answered: kept to be applied, the same as before, or refused with its reason.
           A file that cannot be read at all changes nothing.
Price      What was judged is applied within seconds, by the work of the schedules.
Not here   Applying: ``feed_applying``.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any, Final, Literal, cast
from uuid import UUID

from chassis.database import Connection
from chassis.ids import new_id
from chassis.refusals import BrokenRule, RuleBroken
from services.directory.domain.feed_rules import FeedStopped
from services.directory.domain.foreign_listing import RowBroken, foreign_id_of, said_hash
from services.directory.domain.foreign_terms import TermRules
from services.directory.domain.uploaded_rows import FileBroken, entry_of_row, rows_of_csv
from services.directory.gateways.feed_source import document_in
from services.directory.store import feeds as store
from services.directory.store.feeds import Row, Run
from services.directory.use_cases.feed_entries import Check, entry_of, refused, row_of
from services.directory.use_cases.feed_reading import CAME_BEFORE, counted
from services.directory.use_cases.feeds import known_feed

UPLOAD_ROWS_MAX: Final = 2_000
UploadFormat = Literal["csv", "json"]


@dataclass(frozen=True, slots=True)
class Upload:
    """What became of each row of a file."""

    run_id: UUID
    run: Run
    refused: Sequence[Row]


def read_upload(
    text: str, form: UploadFormat, *, check: Check, rules: TermRules, read_on: date
) -> list[Row]:
    """Judge every row of a file; a CSV file names needs by our own codes."""
    try:
        judged = (
            _csv_rows(text, check, read_on)
            if form == "csv"
            else _json_rows(text, check, rules, read_on)
        )
        return _once(list(judged))
    except FileBroken as broken:
        raise RuleBroken(BrokenRule("/text", broken.rule)) from None
    except FeedStopped as stopped:
        raise RuleBroken(BrokenRule("/text", f"must be read: {stopped.reason}")) from None


async def enter_upload(
    connection: Connection, feed_id: UUID, rows: Sequence[Row], now: datetime
) -> Upload:
    """Keep judged rows as a run that waits to be applied."""
    feed = await known_feed(connection, feed_id)
    run_id = new_id()
    # Beside an earlier file that is not applied yet, nothing is the same as before.
    goes_on = await store.unfinished_runs(connection, feed.id)
    await store.ask_for_run(
        connection, run_id=run_id, feed=feed, kind="upload", state="applying", now=now
    )
    ids = [row.foreign_id for row in rows if row.foreign_id is not None]
    hashes = {} if goes_on else await store.said_hashes(connection, feed.id, ids)
    judged = [
        replace(row, state="same", entry=None) if _is_same(row, hashes) else row for row in rows
    ]
    run = counted(
        Run(
            id=run_id,
            feed_id=feed.id,
            region_code=feed.region_code,
            kind="upload",
            state="applying",
            begun_at=now,
            pages=1,
        ),
        judged,
    )
    await store.keep_rows(connection, run, judged)
    await store.upload_was_read(connection, run)
    return Upload(run_id, run, [row for row in judged if row.state == "refused"])


def _is_same(row: Row, hashes: Mapping[str, bytes]) -> bool:
    before = hashes.get(row.foreign_id or "")
    return row.state in {"staged", "gone"} and (
        before == row.said_hash or (before is None and row.state == "gone")
    )


def _csv_rows(text: str, check: Check, read_on: date) -> Iterator[Row]:
    for number, cells in enumerate(rows_of_csv(text, rows_max=UPLOAD_ROWS_MAX), start=1):
        foreign_id: str | None = None
        try:
            foreign_id = foreign_id_of(cells) if cells else None
            entry = entry_of(entry_of_row(cells), check)
        except RowBroken as broken:
            yield refused(number, foreign_id, broken.reason)
            continue
        yield Row(
            number=number,
            foreign_id=foreign_id,
            state="staged",
            entry={**entry, "said_on": read_on.isoformat()},
            said_hash=said_hash(cells),
        )


def _json_rows(text: str, check: Check, rules: TermRules, read_on: date) -> Iterator[Row]:
    for number, document in enumerate(_documents(text), start=1):
        if number > UPLOAD_ROWS_MAX:
            raise FileBroken(f"must have at most {UPLOAD_ROWS_MAX} rows")
        yield row_of(document, number, check=check, rules=rules, read_on=read_on)


def _documents(text: str) -> Iterator[Any]:
    """The services of a list, of a page of Open Referral UK, or one on each line."""
    start = text.lstrip("\ufeff \t\r\n")
    try:
        found = document_in(start.encode(errors="surrogatepass"))
    except FeedStopped as stopped:
        if stopped.reason != "not-json" or "\n" not in start:
            raise
        # Not by splitlines: text may hold other ends of lines than the one between documents.
        lines = [line for line in start.split("\n") if line.strip()]
        for number, line in enumerate(lines, start=1):
            document = document_in(line.encode(errors="surrogatepass"))
            if number < len(lines) or not _ends_export(document):
                yield document
        return
    contents: object = found
    if isinstance(found, dict):
        page = cast("dict[str, Any]", found)
        contents = page.get("contents", [page])
    if not isinstance(contents, list):
        raise FileBroken("must be a list of services")
    yield from cast("list[Any]", contents)


def _ends_export(document: Any) -> bool:
    """Whether this is the last line of what we export, which is no listing."""
    return isinstance(document, dict) and document.keys() == {"next", "listings"}


def _once(rows: list[Row]) -> list[Row]:
    seen: set[str] = set()
    kept: list[Row] = []
    for row in rows:
        if row.foreign_id is not None and row.foreign_id in seen:
            kept.append(refused(row.number, None, CAME_BEFORE))
            continue
        if row.foreign_id is not None:
            seen.add(row.foreign_id)
        kept.append(row)
    return kept
