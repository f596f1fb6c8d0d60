"""Loading populations by age, sex, ethnicity and deprivation from a CSV file.

Promise    Every row is read and every sum checked before anything is sent: a file with a broken row
           loads nothing, and names its line. Loading the same file again changes nothing. What a PCN
           and its practices had on one day goes in one batch, taken whole or not at all.
Price      The counts of the whole file are held in memory, at most ``POPULATIONS_MAX`` of them.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any, Final, get_args

import httpx

from contracts import codes
from runner.importing.reading import FileRefused, ListedRow, rows
from runner.importing.sending import send_batch

COLUMN_NAMES: Final = ("pcn_code", "practice_code", "as_of", "counted_by", "band", "persons")
EVERYBODY: Final = "everybody"
UNKNOWN: Final = "unknown"
BANDS: Final[dict[str, tuple[str, ...]]] = {
    EVERYBODY: ("",),
    "age-band": get_args(codes.AgeBand),
    "sex": get_args(codes.Sex),
    "ethnicity-category": get_args(codes.EthnicityCategory),
    "deprivation-decile": (*map(str, range(1, 11)), UNKNOWN),
}
FIELDS: Final = {
    "age-band": ("by_age_band", "age_band"),
    "sex": ("by_sex", "sex"),
    "ethnicity-category": ("by_ethnicity", "ethnicity_category"),
    "deprivation-decile": ("by_deprivation", "deprivation_decile"),
}
BATCH_SIZE_MAX: Final = 200
POPULATIONS_MAX: Final = 20_000
PERSONS_MAX: Final = 100_000_000
REQUEST_TIMEOUT_SECONDS: Final = 60
_PCN: Final = re.compile(r"U[0-9]{5}")
_PRACTICE: Final = re.compile(r"[A-Z][0-9]{5}")
_COUNT: Final = re.compile(r"[0-9]{1,9}")
_DAY: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")

Key = tuple[str, str, str]
"""PCN, practice (empty: the whole PCN) and day."""


@dataclass(slots=True)
class Loaded:
    """What became of the file so far."""

    read: int = 0
    populations: int = 0
    changed: int = 0
    bytes_read: int = 0
    bytes_total: int = 0


@dataclass(slots=True)
class _Population:
    line: int
    counts: dict[tuple[str, str], int] = field(default_factory=dict[tuple[str, str], int])

    @property
    def persons(self) -> int:
        return self.counts[EVERYBODY, ""]

    def counted_by(self, dimension: str) -> dict[str, int]:
        return {band: count for (by, band), count in self.counts.items() if by == dimension}


def import_populations(
    path: Path,
    *,
    service_url: str,
    token: str,
    on_progress: Callable[[Loaded], None] = lambda _loaded: None,
) -> Loaded:
    """Load the populations; raises :class:`FileRefused` or :class:`LoadStopped`."""
    loaded = Loaded(bytes_total=path.stat().st_size)
    found = _read_all(path, loaded, on_progress)
    _check_sums(found)
    headers = {"Authorization": f"Bearer {token}"}
    with httpx.Client(
        base_url=service_url, headers=headers, timeout=REQUEST_TIMEOUT_SECONDS
    ) as client:
        for batch in _batches(found):
            loaded.changed += _send(client, batch)
            loaded.populations += len(batch)
            on_progress(loaded)
    return loaded


def _read_all(
    path: Path, loaded: Loaded, on_progress: Callable[[Loaded], None]
) -> dict[Key, _Population]:
    found: dict[Key, _Population] = {}
    for row in rows(path, names=COLUMN_NAMES, required=COLUMN_NAMES):
        key, counted, persons = _read(row)
        population = found.setdefault(key, _Population(row.line))
        if counted in population.counts:
            raise _broken(row.line, "counts what an earlier line counted")
        population.counts[counted] = persons
        if len(found) > POPULATIONS_MAX:
            raise _broken(row.line, f"a file may hold at most {POPULATIONS_MAX:,} populations")
        loaded.read += 1
        loaded.bytes_read = row.bytes_read
    on_progress(loaded)
    return found


def _read(row: ListedRow) -> tuple[Key, tuple[str, str], int]:
    if row.fault is not None:
        message = f"line {row.line} {row.fault}"
        raise FileRefused(message)
    values = {name: row.values[name].strip() for name in COLUMN_NAMES}
    pcn, practice = values["pcn_code"].upper(), values["practice_code"].upper()
    if not _PCN.fullmatch(pcn):
        raise _broken(row.line, "pcn_code must be the code of a PCN, such as U99001")
    if practice and not _PRACTICE.fullmatch(practice):
        raise _broken(row.line, "practice_code must be the code of a practice, or empty")
    by = values["counted_by"].lower()
    if by not in BANDS:
        raise _broken(row.line, f"counted_by must be one of {', '.join(BANDS)}")
    band = _band(row.line, by, values["band"])
    persons = values["persons"]
    if not _COUNT.fullmatch(persons) or int(persons) > PERSONS_MAX:
        raise _broken(row.line, "persons must be a whole number, without separators")
    return (pcn, practice, _day(row.line, values["as_of"])), (by, band), int(persons)


def _band(line: int, by: str, text: str) -> str:
    known = {band.casefold(): band for band in BANDS[by]}
    band = known.get(text.casefold())
    if band is None:
        listed = ", ".join(BANDS[by]) if by != EVERYBODY else "empty where everybody is counted"
        raise _broken(line, f"band must be {'one of ' if by != EVERYBODY else ''}{listed}")
    return band


def _day(line: int, text: str) -> str:
    try:
        if _DAY.fullmatch(text):
            return date.fromisoformat(text).isoformat()
    except ValueError:
        pass
    raise _broken(line, "as_of must be a day written YYYY-MM-DD")


def _check_sums(found: dict[Key, _Population]) -> None:
    held: dict[Key, int] = {}
    for (pcn, practice, day), population in found.items():
        if (EVERYBODY, "") not in population.counts:
            raise _broken(
                population.line, f"no line counts {EVERYBODY} of this population on this day"
            )
        for by in FIELDS:
            counts = population.counted_by(by)
            if counts and sum(counts.values()) != population.persons:
                raise _broken(
                    population.line,
                    f"the counts by {by} of this population add up to {sum(counts.values()):,}"
                    f" and not to {population.persons:,}",
                )
        if practice:
            held[pcn, "", day] = held.get((pcn, "", day), 0) + population.persons
    for key, persons in held.items():
        whole = found.get(key)
        if whole is not None and persons > whole.persons:
            raise _broken(
                whole.line,
                f"the practices of this PCN hold {persons:,} people on this day,"
                f" and the PCN {whole.persons:,}",
            )


def _batches(found: dict[Key, _Population]) -> Iterator[list[dict[str, Any]]]:
    """What belongs to one PCN and day together, as many of them as a batch may hold."""
    batch: list[dict[str, Any]] = []
    together: dict[tuple[str, str], list[Key]] = {}
    for key in sorted(found):
        together.setdefault((key[0], key[2]), []).append(key)
    for keys in together.values():
        if len(keys) > BATCH_SIZE_MAX:
            raise _broken(
                found[keys[0]].line, f"a PCN may have at most {BATCH_SIZE_MAX - 1} practices"
            )
        if len(batch) + len(keys) > BATCH_SIZE_MAX:
            yield batch
            batch = []
        batch += [_item(key, found[key]) for key in keys]
    if batch:
        yield batch


def _item(key: Key, population: _Population) -> dict[str, Any]:
    pcn, practice, day = key
    item: dict[str, Any] = {"pcn_code": pcn, "as_of": day, "persons": population.persons}
    if practice:
        item["practice_code"] = practice
    for by, (name, band_name) in FIELDS.items():
        counts = population.counted_by(by)
        if counts:
            item[name] = [
                {band_name: _sent(by, band), "persons": count} for band, count in counts.items()
            ]
    return item


def _sent(by: str, band: str) -> str | int | None:
    if by != "deprivation-decile":
        return band
    return None if band == UNKNOWN else int(band)


def _broken(line: int, rule: str) -> FileRefused:
    message = f"line {line}: {rule}"
    return FileRefused(message)


def _send(client: httpx.Client, items: list[dict[str, Any]]) -> int:
    first = items[0]
    return send_batch(
        client,
        "PUT",
        "/register/populations/batch",
        {"items": items},
        whose=(
            f"the directory did not take the populations from {first['pcn_code']} of"
            f" {first['as_of']} on"
        ),
    )
