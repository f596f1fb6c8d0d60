"""What the forms of these pages share: a day in three fields, and what the directory would not take.

Promise    What is wrong is said beside the field it is about, in a sentence; what names no field of
           the form stands at the top. Nothing of what was typed is in it.
Not here   Which fields a form has, and what becomes of them: its page.
"""

from collections.abc import Awaitable, Mapping
from datetime import date
from typing import Any, Final
from uuid import uuid4

from console.client import Refused

DATE_PARTS: Final = ("day", "month", "year")
MEANWHILE: Final = "Somebody else said something meanwhile. Look at it, then say it again"
WHAT_YOU_SAID: Final = "What you said"

Fields = Mapping[str, str]
Errors = Mapping[str, str]


class NoSuchDay(ValueError):
    """The three fields hold something, and no day of the calendar."""


def day_of(fields: Fields, name: str) -> date | None:
    """The day that the fields of this name hold; nothing where they are empty."""
    parts = [fields.get(f"{name}-{part}", "").strip() for part in DATE_PARTS]
    if not any(parts):
        return None
    try:
        day, month, year = (int(part) for part in parts)
        return date(year, month, day)
    except (ValueError, OverflowError):
        raise NoSuchDay from None


def day_fields(name: str, day: str | None) -> dict[str, str]:
    """The three fields that hold a day."""
    if day is None:
        return {}
    given = date.fromisoformat(day)
    parts = (given.day, given.month, given.year)
    return {f"{name}-{part}": str(value) for part, value in zip(DATE_PARTS, parts, strict=True)}


def key_of(fields: Fields) -> dict[str, str]:
    """The key a form was drawn with, so that sending it twice asks once."""
    return {"Idempotency-Key": fields.get("key") or str(uuid4())}


def etag_of(version: str) -> str:
    """The tag of the version a form was drawn with; what is no version fits none."""
    return f'"{version}"' if version.isascii() and version.isdigit() else '""'


async def told(
    asking: Awaitable[dict[str, Any]],
    names: Mapping[str, str],
    *,
    said: str = WHAT_YOU_SAID,
) -> tuple[dict[str, Any], dict[str, str]]:
    """Say it to the directory: its answer, or what kept it from being taken, by field.

    ``names`` is what each field of the form is called, by the directory's own name of it.
    """
    try:
        return await asking, {}
    except Refused as refused:
        if refused.status == 412:
            return {}, {"": MEANWHILE}
        return {}, {
            one.name if one.name in names else "": f"{names.get(one.name, said)} {one.rule}"
            for one in refused.errors
        } or {"": refused.detail}
