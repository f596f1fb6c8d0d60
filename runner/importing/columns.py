"""What a referral list may hold: the documented columns, and the rule each value must keep.

Nothing is guessed. A date that could be read two ways, a spreadsheet's serial number or an
unknown code makes its row a rejected one, with a reason a person can act on.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Final, Literal, get_args

from contracts import codes

DateStyle = Literal["iso", "day-first", "month-first", "excel"]

TEXT_LENGTH_MAX: Final = 200
NEEDS_MAX: Final = 10
_EXCEL_DAY_ZERO: Final = date(1899, 12, 30)
_EXCEL_SERIAL: Final = re.compile(r"[0-9]{4,5}(\.[0-9]+)?")
_SLASHED: Final = re.compile(r"([0-9]{1,2})[/.\-]([0-9]{1,2})[/.\-]([0-9]{2,4})")
_ISO: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


class RowRejected(Exception):
    """A value breaks its column's rule; the message names the column and the rule, never the value."""

    def __init__(self, column: str, rule: str) -> None:
        super().__init__(f"{column}: {rule}")
        self.column = column
        self.rule = rule


@dataclass(frozen=True, slots=True)
class Column:
    """One documented column of the file."""

    name: str
    required: bool
    rule: str


COLUMNS: Final = (
    Column("reference", required=False, rule="the practice's own number for this referral; makes a second import harmless"),
    Column("referred_on", required=True, rule="the day of the referral, YYYY-MM-DD unless --dates says otherwise"),
    Column("nhs_number", required=False, rule="10 digits, spaces allowed; may be empty"),
    Column("given_name", required=True, rule="text"),
    Column("family_name", required=True, rule="text"),
    Column("birth_date", required=True, rule="the date of birth, written as referred_on is"),
    Column("sex", required=False, rule="female, male, other or unknown"),
    Column("ethnicity_category", required=False, rule="one letter of the 16+1 categories, or Z for not stated"),
    Column("language", required=False, rule="ISO 639-1, for example en"),
    Column("email", required=False, rule="an e-mail address"),
    Column("phone", required=False, rule="a telephone number"),
    Column("postcode", required=False, rule="a postcode"),
    Column("route", required=False, rule="how the referral came; general-practice if empty"),
    Column("needs", required=True, rule="one or more need codes, separated by semicolons"),
    Column("messages_consented", required=False, rule="yes or no; no if empty"),
    Column("safe_channel", required=False, rule="email, sms, phone, letter or none; none if empty"),
)  # fmt: skip
COLUMN_NAMES: Final = tuple(column.name for column in COLUMNS)
REQUIRED: Final = tuple(column.name for column in COLUMNS if column.required)


def read_row(row: Mapping[str, str], *, practice_code: str, dates: DateStyle) -> dict[str, object]:
    """The batch item for one row; raises :class:`RowRejected` at the first rule it breaks."""
    referred_on = read_date("referred_on", _required(row, "referred_on"), dates)
    if referred_on > datetime.now(UTC).date():
        raise RowRejected("referred_on", "must not be in the future")
    person: dict[str, object] = {
        "given_name": _required(row, "given_name"),
        "family_name": _required(row, "family_name"),
        "birth_date": read_date("birth_date", _required(row, "birth_date"), dates).isoformat(),
        "nhs_number": _text(row, "nhs_number").replace(" ", "") or None,
        "sex": _code(row, "sex", get_args(codes.Sex)),
        "ethnicity_category": _code(
            row, "ethnicity_category", get_args(codes.EthnicityCategory), upper=True
        ),
        "language": _text(row, "language").lower() or None,
        "email": _text(row, "email") or None,
        "phone": _text(row, "phone") or None,
        "postcode": _text(row, "postcode").upper() or None,
    }
    return {
        "key": content_fingerprint(row, practice_code),
        "reference": _text(row, "reference") or None,
        "fingerprint": content_fingerprint(row, practice_code),
        "person": {name: value for name, value in person.items() if value is not None},
        "practice_code": practice_code,
        "route": _code(row, "route", get_args(codes.Route)) or "general-practice",
        "needs": _needs(row),
        "messages_consented": _yes(row, "messages_consented"),
        "safe_channel": _code(row, "safe_channel", get_args(codes.SafeChannel)) or "none",
        "occurred_at": datetime.combine(referred_on, time(0, 0), UTC).isoformat(),
    }


def content_fingerprint(row: Mapping[str, str], practice_code: str) -> str:
    """What makes two rows the same one: every documented value, trimmed and in one case."""
    values = "\x1f".join(" ".join(row.get(name, "").split()).casefold() for name in COLUMN_NAMES)
    return hashlib.sha256(
        f"{practice_code}\x1f{values}".encode(errors="surrogateescape")
    ).hexdigest()


def read_date(column: str, text: str, dates: DateStyle) -> date:
    """Read a date in the one style the file is said to use."""
    return _READERS[dates](column, text)


def _read_iso(column: str, text: str) -> date:
    if _ISO.fullmatch(text):
        return _valid(column, lambda: date.fromisoformat(text))
    if _SLASHED.fullmatch(text):
        raise RowRejected(
            column,
            "could be read two ways; write YYYY-MM-DD, or say --dates day-first or month-first",
        )
    if _EXCEL_SERIAL.fullmatch(text):
        raise RowRejected(
            column, "is a spreadsheet's day number; write YYYY-MM-DD, or say --dates excel"
        )
    raise RowRejected(column, "must be a date written YYYY-MM-DD")


def _read_slashed(column: str, text: str, *, day_first: bool) -> date:
    match = _SLASHED.fullmatch(text)
    if match is None:
        if _ISO.fullmatch(text):
            return _read_iso(column, text)
        raise RowRejected(
            column, f"must be a date written {'DD/MM/YYYY' if day_first else 'MM/DD/YYYY'}"
        )
    first, second, year = match.groups()
    if len(year) != 4:
        raise RowRejected(column, "must have a year of four digits")
    day, month = (first, second) if day_first else (second, first)
    return _valid(column, lambda: date(int(year), int(month), int(day)))


def _read_excel(column: str, text: str) -> date:
    if not _EXCEL_SERIAL.fullmatch(text):
        raise RowRejected(
            column, "must be a spreadsheet's day number, since --dates excel was said"
        )
    return _EXCEL_DAY_ZERO + timedelta(days=int(float(text)))


_READERS: Final[Mapping[DateStyle, Callable[[str, str], date]]] = {
    "iso": _read_iso,
    "day-first": lambda column, text: _read_slashed(column, text, day_first=True),
    "month-first": lambda column, text: _read_slashed(column, text, day_first=False),
    "excel": _read_excel,
}


def _valid(column: str, read: Callable[[], date]) -> date:
    try:
        return read()
    except ValueError:
        raise RowRejected(column, "is not a day of the calendar") from None


def _text(row: Mapping[str, str], column: str) -> str:
    value = row.get(column, "").strip()
    if len(value) > TEXT_LENGTH_MAX:
        raise RowRejected(column, f"must have at most {TEXT_LENGTH_MAX} characters")
    if any("\ud800" <= character <= "\udfff" for character in value):
        raise RowRejected(
            column, "is not in the file's encoding (UTF-8 unless --encoding says otherwise)"
        )
    if any(ord(character) < 32 for character in value):
        raise RowRejected(column, "must not contain control characters")
    return value


def _required(row: Mapping[str, str], column: str) -> str:
    value = _text(row, column)
    if not value:
        raise RowRejected(column, "must not be empty")
    return value


def _code(
    row: Mapping[str, str], column: str, allowed: tuple[str, ...], *, upper: bool = False
) -> str | None:
    value = _text(row, column)
    if not value:
        return None
    value = value.upper() if upper else value.lower()
    if value not in allowed:
        raise RowRejected(column, f"must be one of {', '.join(allowed)}")
    return value


def _needs(row: Mapping[str, str]) -> list[str]:
    needs = [need.strip().lower() for need in _required(row, "needs").split(";") if need.strip()]
    allowed = get_args(codes.Need)
    if not needs or len(needs) > NEEDS_MAX:
        raise RowRejected("needs", f"must name one to {NEEDS_MAX} needs")
    if any(need not in allowed for need in needs):
        raise RowRejected("needs", f"each must be one of {', '.join(allowed)}")
    return list(dict.fromkeys(needs))


def _yes(row: Mapping[str, str], column: str) -> bool:
    value = _text(row, column).lower()
    if value not in ("", "yes", "no"):
        raise RowRejected(column, "must be yes or no")
    return value == "yes"
