"""The words that synthetic groups describe themselves in, by the need they answer.

The words are data, a file for each broad need in ``listing_words/``: names of groups, titles
with their opening sentences, and details. ``{town}`` stands for the town, ``{hood}`` for the
neighbourhood.
"""

from __future__ import annotations

import re
import tomllib
from functools import cache
from pathlib import Path
from typing import Final, Literal

from pydantic import BaseModel, ConfigDict, TypeAdapter

FOLDER: Final = Path(__file__).parent / "listing_words"

Setting = Literal[
    "group", "class", "exercise", "meal", "outdoors", "advice", "one-to-one", "home", "shop"
]
PartOfDay = Literal["morning", "noon", "afternoon", "evening"]

_WEEKDAYS: Final = {
    "monday": "MO", "tuesday": "TU", "wednesday": "WE", "thursday": "TH", "friday": "FR",
    "saturday": "SA", "sunday": "SU", "weekend": "SA",
}  # fmt: skip
_PARTS_OF_DAY: Final[dict[str, PartOfDay]] = {
    "breakfast": "morning", "morning": "morning", "lunch": "noon", "afternoon": "afternoon",
    "evening": "evening", "night": "evening", "quiz": "evening",
}  # fmt: skip
_UNSOCIAL: Final = re.compile(
    r"saturday|sunday|weekend|evening|night|at eight|by eight|after nine|five in the morning",
    re.IGNORECASE,
)
_POLISH: Final = re.compile(
    r"polish|polsk|poles\b|\bkaw|opiekun|mamy i|dobre zdrow|[ąćęłńśźż]", re.IGNORECASE
)
_AGES: Final = re.compile(r"\b([1-9][0-9]?)(?: to |–)([1-9][0-9])(?:s\b|\b)")
_OLDER: Final = re.compile(r"\bover(?:-|\s|-the-)(50|55|60|65|70)|over (50|60|65)")
_WOMEN: Final = re.compile(r"\bwom[ae]n\b|\bladies\b|\bmothers?\b|\bmamy\b", re.IGNORECASE)
_MEN: Final = re.compile(r"\bmen\b|\bmen's\b|\bdads?\b|\bmale\b|\blads\b", re.IGNORECASE)


class Words(BaseModel):
    """What groups that answer one need say of themselves."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    setting: Setting
    groups: tuple[str, ...]
    says: tuple[tuple[str, str], ...]
    """What a listing is called, with the sentence it opens with."""
    details: tuple[str, ...]
    ages: tuple[int, int] | None = None
    each_its_own: bool = False
    """Whether what is said in one place is said by the group in the same place alone."""
    sheltered: bool = False
    """Whether the place is told only to those who get in touch."""


@cache
def words() -> dict[str, Words]:
    """The words by need term, in the order of the files."""
    read = TypeAdapter(dict[str, Words])
    found: dict[str, Words] = {}
    for path in sorted(FOLDER.glob("*.toml")):
        found |= read.validate_python(tomllib.loads(path.read_text(encoding="utf-8")))
    return found


def day_said(text: str) -> str | None:
    """The day of the week that a title names."""
    said = text.lower()
    return next((day for word, day in _WEEKDAYS.items() if word in said), None)


def part_of_day_said(text: str) -> PartOfDay | None:
    """The part of the day that a title names."""
    said = text.lower()
    return next(
        (part for word, part in _PARTS_OF_DAY.items() if re.search(rf"\b{word}", said)), None
    )


def is_unsocial(text: str) -> bool:
    """Whether it speaks of evenings, nights or weekends."""
    return _UNSOCIAL.search(text) is not None


def is_polish(text: str) -> bool:
    """Whether it is in Polish or speaks of it."""
    return _POLISH.search(text) is not None


def ages_said(text: str) -> tuple[int | None, int | None]:
    """The lowest and the highest age that a text names."""
    if found := _AGES.search(text):
        return int(found[1]), int(found[2])
    if found := _OLDER.search(text):
        return int(found[1] or found[2]), None
    return None, None


def whom_said(text: str) -> Literal["women", "men"] | None:
    """Whether a title says that it is for women, or for men."""
    if _WOMEN.search(text):
        return "women"
    return "men" if _MEN.search(text) else None
