"""Sending a referral list to the referral service in batches, and keeping what was refused.

Promise    Every row is either loaded or written, with its line and the reason, to a file that
           only its owner can read. Importing the same list again adds nothing, however often:
           each row carries the practice's own reference, or else its content's fingerprint.
           No message is sent for an imported referral.
Price      A run that is cut off starts again from the first row; loaded rows are answered
           “already there”.
"""

from __future__ import annotations

import csv
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, TextIO

import httpx

from chassis.web.problem_text import in_one_line
from runner.importing.columns import COLUMN_NAMES, DateStyle, RowRejected, read_row
from runner.importing.reading import ListedRow, rows
from runner.importing.sending import REQUEST_TIMEOUT_SECONDS, LoadStopped, NotTaken, send

BATCH_SIZE_MAX: Final = 200
_CREATED: Final = 201
_ALREADY: Final = 200


@dataclass(slots=True)
class Outcome:
    """What became of the rows so far."""

    read: int = 0
    loaded: int = 0
    already: int = 0
    rejected: int = 0
    bytes_read: int = 0
    bytes_total: int = 0
    reasons: dict[str, int] = field(default_factory=dict[str, int])


@dataclass(frozen=True, slots=True)
class _Pending:
    row: ListedRow
    item: dict[str, object]


def import_referrals(
    path: Path,
    *,
    service_url: str,
    token: str,
    practice_code: str,
    dates: DateStyle = "iso",
    encoding: str = "utf-8",
    on_progress: Callable[[Outcome], None] = lambda _outcome: None,
) -> Outcome:
    """Load the list; raises :class:`FileRefused` before, or :class:`LoadStopped` while loading."""
    listed = rows(path, encoding=encoding)
    outcome = Outcome(bytes_total=path.stat().st_size)
    headers = {"Authorization": f"Bearer {token}"}
    with (
        _rejections(path) as reject,
        httpx.Client(
            base_url=service_url, headers=headers, timeout=REQUEST_TIMEOUT_SECONDS
        ) as client,
    ):
        pending: list[_Pending] = []
        for row in listed:
            outcome.read += 1
            outcome.bytes_read = row.bytes_read
            if row.fault is not None:
                _refuse(outcome, reject, row, row.fault)
                continue
            try:
                pending.append(
                    _Pending(row, read_row(row.values, practice_code=practice_code, dates=dates))
                )
            except RowRejected as broken:
                _refuse(outcome, reject, row, str(broken))
            if len(pending) == BATCH_SIZE_MAX:
                _send(client, pending, outcome, reject)
                pending.clear()
                on_progress(outcome)
        if pending:
            _send(client, pending, outcome, reject)
        on_progress(outcome)
    return outcome


def rejected_path(path: Path) -> Path:
    """Where the rows that were not loaded are written."""
    return path.with_name(f"{path.stem}.rejected.csv")


_Reject = Callable[[ListedRow, str], None]


@contextmanager
def _rejections(path: Path) -> Iterator[_Reject]:
    """A file that only its owner can read, made with its first row and removed if there is none."""
    target = rejected_path(path)
    target.unlink(missing_ok=True)
    opened: list[TextIO] = []

    def reject(row: ListedRow, reason: str) -> None:
        if not opened:
            descriptor = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            opened.append(
                os.fdopen(descriptor, "w", encoding="utf-8", errors="surrogateescape", newline="")
            )
            csv.writer(opened[0]).writerow(["line", "reason", *COLUMN_NAMES])
        csv.writer(opened[0]).writerow(
            [row.line, reason, *(_cell(row.values.get(name, "")) for name in COLUMN_NAMES)]
        )

    try:
        yield reject
    finally:
        for file in opened:
            file.close()


def _cell(value: str) -> str:
    """A value that a spreadsheet would run as a formula is kept from being one."""
    return f"'{value}" if value[:1] in ("=", "+", "-", "@", "\t", "\r") else value


def _refuse(outcome: Outcome, reject: _Reject, row: ListedRow, reason: str) -> None:
    outcome.rejected += 1
    outcome.reasons[reason] = outcome.reasons.get(reason, 0) + 1
    reject(row, reason)


def _send(client: httpx.Client, pending: list[_Pending], outcome: Outcome, reject: _Reject) -> None:
    unique = {str(entry.item["key"]): entry for entry in pending}
    outcome.already += len(pending) - len(unique)  # the same row twice in one batch
    answer = _post(
        client, {"origin": "import", "items": [entry.item for entry in unique.values()]}, outcome
    )
    for item in answer["items"]:
        entry = unique[item["key"]]
        if item["status"] == _CREATED and not item.get("replayed"):
            outcome.loaded += 1
        elif item["status"] in (_ALREADY, _CREATED):
            outcome.already += 1
        else:
            _refuse(outcome, reject, entry.row, in_one_line(item.get("problem")))


def _post(client: httpx.Client, body: dict[str, object], outcome: Outcome) -> Any:
    try:
        return send(client, "POST", "/referrals/batch", body).json()
    except NotTaken as fault:
        message = (
            f"the referral service did not take the rows ({fault}); {outcome.loaded} were loaded"
            " before. Import the same file again: what is loaded is not loaded twice."
        )
        raise LoadStopped(message) from None
