"""Reading a CSV file of any size in constant memory, and refusing one that is not what it says.

A file that cannot be read as a whole (a spreadsheet workbook, UTF-16, a missing column) is
refused before anything is loaded; a broken row is answered by itself.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, TextIO

from runner.importing.columns import COLUMN_NAMES, REQUIRED

FIELD_LENGTH_MAX: Final = 10_000
LINE_LENGTH_MAX: Final = 100_000
_SIGNATURES: Final = (
    (b"PK\x03\x04", "is a spreadsheet workbook; save it as “CSV UTF-8” and import that"),
    (b"\xd0\xcf\x11\xe0", "is an old spreadsheet workbook; save it as “CSV UTF-8” and import that"),
    (b"\xff\xfe", "is written in UTF-16; save it as “CSV UTF-8” and import that"),
    (b"\xfe\xff", "is written in UTF-16; save it as “CSV UTF-8” and import that"),
    (b"%PDF", "is a PDF document, not a list"),
    (b"\x1f\x8b", "is compressed; unpack it first"),
)


class FileRefused(Exception):
    """The file as a whole cannot be imported; the message says why and what to do."""


@dataclass(frozen=True, slots=True)
class ListedRow:
    """One row of the file: where it ends, how much of the file is read, and its values by column."""

    line: int
    bytes_read: int
    values: dict[str, str]
    fault: str | None
    """Why the row cannot even be taken apart, or None."""


def rows(
    path: Path,
    *,
    encoding: str = "utf-8",
    names: Sequence[str] = COLUMN_NAMES,
    required: Sequence[str] = REQUIRED,
) -> Iterator[ListedRow]:
    """The rows of the file in order; raises :class:`FileRefused` before the first one."""
    _check_signature(path)
    codec = "utf-8-sig" if encoding.lower() in ("utf-8", "utf8") else encoding
    try:
        opened = path.open(encoding=codec, errors="surrogateescape", newline="")
    except LookupError:
        message = f"{encoding} is not an encoding known here; try utf-8 or windows-1252"
        raise FileRefused(message) from None
    with opened as text:
        reader = csv.reader(_counted(text), strict=True)
        csv.field_size_limit(FIELD_LENGTH_MAX)
        header = _header(reader, path, names, required)
        while True:
            try:
                cells = next(reader)
            except StopIteration:
                return
            except csv.Error as error:
                yield ListedRow(
                    reader.line_num, _position(text), {}, f"the row cannot be read as CSV: {error}"
                )
                continue
            if not any(cell.strip() for cell in cells):
                continue
            fault = (
                None
                if len(cells) == len(header)
                else f"has {len(cells)} values, but the file has {len(header)} columns"
            )
            yield ListedRow(
                reader.line_num, _position(text), dict(zip(header, cells, strict=False)), fault
            )


def _check_signature(path: Path) -> None:
    try:
        with path.open("rb") as raw:
            start = raw.read(4096)
    except OSError as error:
        message = f"{path.name} cannot be read: {error.strerror}"
        raise FileRefused(message) from None
    if not start:
        message = f"{path.name} is empty"
        raise FileRefused(message)
    for signature, reason in _SIGNATURES:
        if start.startswith(signature):
            message = f"{path.name} {reason}"
            raise FileRefused(message)
    if b"\x00" in start:
        message = f"{path.name} holds binary data, not text"
        raise FileRefused(message)


def _header(
    reader: Iterator[list[str]], path: Path, names: Sequence[str], required: Sequence[str]
) -> list[str]:
    try:
        header = [name.strip().lower().replace(" ", "_") for name in next(reader)]
    except (StopIteration, csv.Error):
        message = f"{path.name} has no header line"
        raise FileRefused(message) from None
    if len(header) == 1 and (";" in header[0] or "\t" in header[0]):
        message = f"{path.name} does not separate its columns by commas; save it as “CSV UTF-8”"
        raise FileRefused(message)
    repeated = sorted({name for name in header if header.count(name) > 1})
    if repeated:
        message = f"{path.name} has a column twice: {', '.join(repeated)}"
        raise FileRefused(message)
    missing = [name for name in required if name not in header]
    if missing:
        message = (
            f"{path.name} misses the column {', '.join(missing)};"
            f" its columns may be {', '.join(names)}"
        )
        raise FileRefused(message)
    unknown = [name for name in header if name not in names]
    if unknown:
        # The names are the file's own text, which may be a person's details where the header is missing.
        message = (
            f"{path.name} has {len(unknown)} columns that are not known;"
            f" the known ones are {', '.join(names)}"
        )
        raise FileRefused(message)
    return header


def _counted(text: TextIO) -> Iterator[str]:
    """Lines of bounded length, without NUL characters, which the CSV reader would stop at."""
    while line := text.readline(LINE_LENGTH_MAX):
        if len(line) == LINE_LENGTH_MAX and not line.endswith("\n"):
            message = (
                f"a line is longer than {LINE_LENGTH_MAX} characters: this is not a list of rows"
            )
            raise FileRefused(message)
        yield line.replace("\x00", "\ufffd")


def _position(text: TextIO) -> int:
    buffer = text.buffer  # pyright: ignore[reportAttributeAccessIssue] - a text file opened by path has one
    return buffer.tell()
