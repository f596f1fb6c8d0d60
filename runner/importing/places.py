"""Loading postcodes and named places from a CSV file, so that searches know where they lie.

Promise    A row is taken as it stands or the file is refused with its line; loading the same file
           again changes nothing.
Price      The file stops at its first broken row; what was loaded before it stays, and is right.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import httpx

from runner.importing.reading import FileRefused, ListedRow, rows
from runner.importing.sending import REQUEST_TIMEOUT_SECONDS, send_batch

COLUMN_NAMES: Final = ("kind", "text", "latitude", "longitude", "neighbourhood_code")
KINDS: Final = ("postcode", "place-name")
BATCH_SIZE_MAX: Final = 1_000
TEXT_LENGTH_MAX: Final = 100
_POSTCODE: Final = re.compile(r"[A-Z]{1,2}[0-9][A-Z0-9]? ?[0-9][A-Z]{2}")
_DEGREES: Final = re.compile(r"-?[0-9]{1,3}(\.[0-9]{1,15})?")
_NEIGHBOURHOOD: Final = re.compile(r"[A-Za-z0-9_-]{1,20}")


@dataclass(slots=True)
class Loaded:
    """What became of the file so far."""

    read: int = 0
    changed: int = 0
    bytes_read: int = 0
    bytes_total: int = 0


def import_places(
    path: Path,
    *,
    service_url: str,
    token: str,
    on_progress: Callable[[Loaded], None] = lambda _loaded: None,
) -> Loaded:
    """Load the places; raises :class:`FileRefused` or :class:`LoadStopped`."""
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
            key = f"{item['kind']} {item['text']}".casefold().replace(" ", "")
            if key in pending or len(pending) == BATCH_SIZE_MAX:
                # Of two rows for one place the later one holds, in a batch of its own.
                loaded.changed += _send(client, list(pending.values()))
                pending.clear()
                on_progress(loaded)
            pending[key] = item
        if pending:
            loaded.changed += _send(client, list(pending.values()))
        on_progress(loaded)
    return loaded


def _read(row: ListedRow) -> dict[str, object]:
    if row.fault is not None:
        message = f"line {row.line} {row.fault}"
        raise FileRefused(message)
    values = {name: " ".join(row.values[name].split()) for name in COLUMN_NAMES}
    kind, text, code = values["kind"].lower(), values["text"], values["neighbourhood_code"]
    if kind not in KINDS:
        raise _broken(row, f"kind must be one of {', '.join(KINDS)}")
    if kind == "postcode" and not _POSTCODE.fullmatch(text.upper()):
        raise _broken(row, "text must be a whole postcode")
    if not 1 <= len(text) <= TEXT_LENGTH_MAX:
        raise _broken(row, f"text must have 1 to {TEXT_LENGTH_MAX} characters")
    if not _NEIGHBOURHOOD.fullmatch(code):
        raise _broken(row, "neighbourhood_code must be letters, digits, - and _, at most 20")
    return {
        "kind": kind,
        "text": text.upper() if kind == "postcode" else text,
        "latitude": _degrees(row, "latitude", values["latitude"], 90),
        "longitude": _degrees(row, "longitude", values["longitude"], 180),
        "neighbourhood_code": code,
    }


def _degrees(row: ListedRow, name: str, text: str, most: int) -> float:
    degrees = float(text) if _DEGREES.fullmatch(text) else math.inf
    if abs(degrees) > most:
        raise _broken(row, f"{name} must be degrees from -{most} to {most}, with a point")
    return degrees


def _broken(row: ListedRow, rule: str) -> FileRefused:
    message = f"line {row.line}: {rule}"
    return FileRefused(message)


def _send(client: httpx.Client, items: list[dict[str, object]]) -> int:
    return send_batch(
        client,
        "PUT",
        "/places/batch",
        {"items": items},
        whose="the directory did not take the places",
    )
