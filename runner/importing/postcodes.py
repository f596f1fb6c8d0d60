"""Loading the lookup of deprivation deciles by postcode from a CSV file.

Promise    A row is taken as it stands or the file is refused with its line; loading the same file
           again changes nothing.
Price      The file stops at its first broken row; what was loaded before it stays, and is right.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import httpx

from runner.importing.reading import FileRefused, ListedRow, rows
from runner.importing.sending import REQUEST_TIMEOUT_SECONDS, send_batch

COLUMN_NAMES: Final = ("postcode", "deprivation_decile")
BATCH_SIZE_MAX: Final = 2_000
_POSTCODE: Final = re.compile(r"[A-Z]{1,2}[0-9][A-Z0-9]? ?[0-9][A-Z]{2}")
_DECILE: Final = re.compile(r"[1-9]|10")


@dataclass(slots=True)
class Loaded:
    """What became of the file so far."""

    read: int = 0
    changed: int = 0
    bytes_read: int = 0
    bytes_total: int = 0


def import_postcodes(
    path: Path,
    *,
    service_url: str,
    token: str,
    edition: str,
    on_progress: Callable[[Loaded], None] = lambda _loaded: None,
) -> Loaded:
    """Load the lookup; raises :class:`FileRefused` or :class:`LoadStopped`."""
    loaded = Loaded(bytes_total=path.stat().st_size)
    headers = {"Authorization": f"Bearer {token}"}
    with httpx.Client(
        base_url=service_url, headers=headers, timeout=REQUEST_TIMEOUT_SECONDS
    ) as client:
        pending: dict[str, dict[str, object]] = {}
        for row in rows(path, names=COLUMN_NAMES, required=COLUMN_NAMES):
            item = _read(row)
            loaded.read += 1
            loaded.bytes_read = row.bytes_read
            pending[str(item["postcode"]).replace(" ", "")] = item
            if len(pending) == BATCH_SIZE_MAX:
                loaded.changed += _send(client, edition, list(pending.values()))
                pending.clear()
                on_progress(loaded)
        if pending:
            loaded.changed += _send(client, edition, list(pending.values()))
        on_progress(loaded)
    return loaded


def _read(row: ListedRow) -> dict[str, object]:
    if row.fault is not None:
        message = f"line {row.line} {row.fault}"
        raise FileRefused(message)
    postcode = " ".join(row.values["postcode"].split()).upper()
    decile = row.values["deprivation_decile"].strip()
    if not _POSTCODE.fullmatch(postcode):
        message = f"line {row.line}: postcode must be a postcode"
        raise FileRefused(message)
    if not _DECILE.fullmatch(decile):
        message = f"line {row.line}: deprivation_decile must be a whole number from 1 to 10"
        raise FileRefused(message)
    return {"postcode": postcode, "deprivation_decile": int(decile)}


def _send(client: httpx.Client, edition: str, items: list[dict[str, object]]) -> int:
    return send_batch(
        client,
        "POST",
        "/postcodes",
        {"edition": edition, "items": items},
        whose="the referral service did not take the postcodes",
    )
