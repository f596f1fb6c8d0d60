"""A CSV file of listings, row by row, in the terms of our forms.

Promise    The columns are these and no others; a cell is text and nothing more, whatever it begins
           with. A row is broken by itself.
Not here   Whether a listing may be entered: the forms, which every row passes.
"""

import csv
import io
from collections.abc import Iterator, Mapping
from typing import Any, Final

from services.directory.domain.foreign_listing import RowBroken

CELL_LENGTH_MAX: Final = 10_000

COLUMNS: Final[Mapping[str, str]] = {
    "id": "your own id of the listing; the same again is the same listing",
    "name": "name of the listing",
    "organization": "name of the organisation that gives it",
    "organization_description": "what the organisation does; left out, its name",
    "organization_email": "e-mail of the organisation",
    "organization_website": "web address of the organisation",
    "description": "what it is, in plain words",
    "url": "web address",
    "email": "e-mail to ask at",
    "phone": "number to ring",
    "status": "active, inactive, defunct or temporarily closed; left out, active",
    "fees": "what it costs, in words",
    "alert": "what people have to know before anything else",
    "minimum_age": "youngest age, whole years",
    "maximum_age": "oldest age, whole years",
    "needs": "needs it answers, by the catalogue's codes, with ; between them",
    "days": "days of the week, such as MO,TH",
    "opens_at": "time it begins, such as 10:00",
    "closes_at": "time it ends",
    "languages": "languages spoken, with ; between them",
    "accessibility": "how people with a disability get in and about",
    "location": "name of the place",
    "address_1": "first line of the address",
    "city": "town or city",
    "state_province": "county",
    "postal_code": "postcode",
    "latitude": "degrees, such as 53.4808",
    "longitude": "degrees, such as -2.2426",
}
REQUIRED: Final = frozenset({"id", "name", "organization"})
_ALONE: Final = (
    "name", "description", "url", "email", "status", "fees", "alert", "minimum_age", "maximum_age",
)  # fmt: skip
_ADDRESS: Final = ("address_1", "city", "state_province", "postal_code")


class FileBroken(Exception):
    """A file cannot be read as a list of listings at all."""

    def __init__(self, rule: str) -> None:
        super().__init__(rule)
        self.rule = rule


def rows_of_csv(text: str, *, rows_max: int) -> Iterator[Mapping[str, str]]:
    """The rows of a file, each by the names of its columns."""
    text = text.removeprefix("\ufeff")
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    try:
        names = [name.strip() for name in next(reader, list[str]())]
        _check_names(names)
        count = 0
        for cells in reader:
            if not any(cell.strip() for cell in cells):
                continue
            count += 1
            if count > rows_max:
                raise FileBroken(f"must have at most {rows_max} rows")
            # A row with more or fewer cells is told by itself.
            fits = len(cells) == len(names)
            yield dict(zip(names, cells, strict=True)) if fits else {}
    except csv.Error:
        raise FileBroken(
            "must be CSV with commas, and quotes around cells that hold them"
        ) from None


def _check_names(names: list[str]) -> None:
    if unknown := [name for name in names if name not in COLUMNS]:
        shown = unknown[0] if unknown[0].isprintable() else ""
        raise FileBroken(f"has a column that is not known: {shown[:40]}")
    if missing := sorted(REQUIRED - set(names)):
        raise FileBroken(f"must have the column {missing[0]}")
    if len(set(names)) != len(names):
        raise FileBroken("must name each column once")


def entry_of_row(row: Mapping[str, str]) -> dict[str, Any]:
    """A row in the terms of our forms."""
    if not row:
        raise RowBroken("/: must have as many cells as there are columns")
    cells = {name: cell.strip() for name, cell in row.items() if cell.strip()}
    for name, cell in cells.items():
        if len(cell) > CELL_LENGTH_MAX:
            raise RowBroken(f"/{name}: must be at most {CELL_LENGTH_MAX} characters")
    for name in sorted(REQUIRED):
        if name not in cells:
            raise RowBroken(f"/{name}: must be there")
    organization = {
        "name": cells["organization"],
        "description": cells.get("organization_description", cells["organization"]),
        **({"email": cells["organization_email"]} if "organization_email" in cells else {}),
        **({"website": cells["organization_website"]} if "organization_website" in cells else {}),
    }
    parts: dict[str, list[Any]] = {
        "need_terms": _split(cells, "needs"),
        "languages": [{"name": name} for name in _split(cells, "languages")],
        "phones": [{"number": cells["phone"]}] if "phone" in cells else [],
        "schedules": _schedules(cells),
        "locations": _locations(cells),
    }
    return {
        **{name: cells[name] for name in _ALONE if name in cells},
        **{name: part for name, part in parts.items() if part},
        "organization": organization,
    }


def _split(cells: Mapping[str, str], name: str) -> list[str]:
    return [one.strip() for one in cells.get(name, "").split(";") if one.strip()]


def _schedules(cells: Mapping[str, str]) -> list[dict[str, str]]:
    said = {
        name: cells[column]
        for name, column in (
            ("byday", "days"),
            ("opens_at", "opens_at"),
            ("closes_at", "closes_at"),
        )
        if column in cells
    }
    if not said:
        return []
    return [{**said, **({"freq": "WEEKLY"} if "byday" in said else {})}]


def _locations(cells: Mapping[str, str]) -> list[dict[str, Any]]:
    place: dict[str, Any] = {
        name: cells[column]
        for name, column in (
            ("name", "location"),
            ("latitude", "latitude"),
            ("longitude", "longitude"),
        )
        if column in cells
    }
    address = {name: cells[name] for name in _ADDRESS if name in cells}
    if address:
        place["addresses"] = [address]
    if "accessibility" in cells:
        place["accessibility"] = [{"description": cells["accessibility"]}]
    return [place] if place else []
