"""How likely two descriptions are of one person: a score made of parts that each say why.

Promise    The same two descriptions always give the same score; it is the sum of its parts and
           nothing else. What one of them does not say counts neither for nor against.
Price      Slips are forgiven, so the score proposes and a human decides: nobody is merged by it.

Each part earns a share of its weight. The score is what was earned in hundredths of what could
have been earned by the parts that both descriptions hold:

| Part | Weight | Earns |
|---|---|---|
| `nhs_number` | 60 | all when equal; nothing when another |
| `birth_date` | 25 | all; 4/5 with day and month exchanged; 7/10 with one digit off |
| `family_name` | 25 | all; less by each slip; at least 7/10 when it sounds alike |
| `given_name` | 15 | as above, or the preferred name instead |
| `postcode` | 10 | all; 3/5 in the same sector; 3/10 in the same district |
"""

import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Final, Literal

Verdict = Literal["same", "close", "sounds-alike", "different"]

WEIGHTS: Final = {
    "nhs_number": 60,
    "birth_date": 25,
    "family_name": 25,
    "given_name": 15,
    "postcode": 10,
}
LIKELY_SCORE_MIN: Final = 70  # below it, two descriptions are not proposed as one person's
NAME_LETTERS_COMPARED_MAX: Final = 24
SHARE_OF_SOUND: Final = 0.7
CLOSE_SHARE_MIN: Final = 0.6
EXCHANGED_SHARE: Final = 0.8
ONE_DIGIT_SHARE: Final = 0.7
EARLIEST_YEAR: Final = 1900

_SOUNDS: Final = {
    **dict.fromkeys("bfpv", "1"),
    **dict.fromkeys("cgjkqsxz", "2"),
    **dict.fromkeys("dt", "3"),
    "l": "4",
    **dict.fromkeys("mn", "5"),
    "r": "6",
}
_SOUND_LENGTH: Final = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Description:
    """What is said of a person; None is not said."""

    nhs_number: str | None = None
    birth_date: date | None = None
    family_name: str | None = None
    given_name: str | None = None
    preferred_name: str | None = None
    postcode: str | None = None


@dataclass(frozen=True, slots=True)
class Part:
    """One thing both descriptions hold: what it earned of its weight, and why."""

    name: str
    verdict: Verdict
    earned: float
    weight: int


@dataclass(frozen=True, slots=True)
class Likeness:
    """How alike two descriptions are, in hundredths, with the reasons."""

    score: int
    parts: tuple[Part, ...]

    @property
    def is_likely(self) -> bool:
        """Whether a human should look at the two."""
        return self.score >= LIKELY_SCORE_MIN


def compare(one: Description, other: Description) -> Likeness:
    """Say how alike two descriptions are; the order does not matter."""
    parts = tuple(_parts(one, other))
    possible = sum(part.weight for part in parts)
    earned = sum(part.earned for part in parts)
    return Likeness(round(100 * earned / possible) if possible else 0, parts)


def plausible_birth_dates(birth_date: date, today: date) -> list[date]:
    """Give the days a birth date may be a slip of: itself, exchanged, or with one digit off."""
    found = {birth_date}
    exchanged = _day(birth_date.year, birth_date.day, birth_date.month)
    if exchanged is not None:
        found.add(exchanged)
    written = birth_date.strftime("%Y%m%d")
    for place in range(len(written)):
        for digit in "0123456789":
            text = written[:place] + digit + written[place + 1 :]
            slip = _day(int(text[:4]), int(text[4:6]), int(text[6:]))
            if slip is not None:
                found.add(slip)
    return sorted(day for day in found if day <= today and day.year >= EARLIEST_YEAR)


def _parts(one: Description, other: Description) -> Iterator[Part]:
    if one.nhs_number is not None and other.nhs_number is not None:
        yield _part("nhs_number", 1.0 if one.nhs_number == other.nhs_number else 0.0)
    if one.birth_date is not None and other.birth_date is not None:
        yield _part("birth_date", _birth_share(one.birth_date, other.birth_date))
    if one.family_name is not None and other.family_name is not None:
        yield _named("family_name", one.family_name, other.family_name)
    ones = [name for name in (one.given_name, one.preferred_name) if name is not None]
    others = [name for name in (other.given_name, other.preferred_name) if name is not None]
    if ones and others:
        pairs = [_named("given_name", mine, theirs) for mine in ones for theirs in others]
        yield max(pairs, key=lambda part: part.earned)
    if one.postcode is not None and other.postcode is not None:
        yield _part("postcode", _postcode_share(one.postcode, other.postcode))


def _part(name: str, share: float, verdict: Verdict | None = None) -> Part:
    if verdict is None:
        verdict = "same" if share == 1 else "close" if share > 0 else "different"
    return Part(name, verdict, share * WEIGHTS[name], WEIGHTS[name])


def _named(part: str, one: str, other: str) -> Part:
    mine, theirs = _letters(one), _letters(other)
    if (mine and mine == theirs) or one == other:
        return _part(part, 1.0)
    longest = max(len(mine), len(theirs))
    share = 1 - _slips(mine, theirs) / longest if longest else 0.0
    if share < SHARE_OF_SOUND and mine and theirs and _sound(mine) == _sound(theirs):
        return _part(part, SHARE_OF_SOUND, "sounds-alike")
    return _part(part, share if share >= CLOSE_SHARE_MIN else 0.0)


def _letters(name: str) -> str:
    plain = unicodedata.normalize("NFKD", name.casefold())
    return "".join(letter for letter in plain if letter.isalpha())[:NAME_LETTERS_COMPARED_MAX]


def _slips(one: str, other: str) -> int:
    """Count the letters put in, left out, changed or exchanged with their neighbour."""
    before: list[int] = []
    last = list(range(len(other) + 1))
    for row, mine in enumerate(one, 1):
        now = [row]
        for column, theirs in enumerate(other, 1):
            slips = min(last[column] + 1, now[column - 1] + 1, last[column - 1] + (mine != theirs))
            exchanged = (
                row > 1 and column > 1 and mine == other[column - 2] and one[row - 2] == theirs
            )
            now.append(min(slips, before[column - 2] + 1) if exchanged else slips)
        before, last = last, now
    return last[-1]


def _sound(letters: str) -> str:
    """Give how a name sounds in English, by the code that census takers used (Soundex)."""
    codes: list[str] = [letters[0]]
    last = _SOUNDS.get(letters[0], "")
    for letter in letters[1:]:
        code = _SOUNDS.get(letter, "")
        if code and code != last:
            codes.append(code)
        if letter not in "hw":
            last = code
    return "".join(codes)[:_SOUND_LENGTH].ljust(_SOUND_LENGTH, "0")


def _birth_share(one: date, other: date) -> float:
    if one == other:
        return 1.0
    if (one.year, one.month, one.day) == (other.year, other.day, other.month):
        return EXCHANGED_SHARE
    digits = zip(one.strftime("%Y%m%d"), other.strftime("%Y%m%d"), strict=True)
    return ONE_DIGIT_SHARE if sum(mine != theirs for mine, theirs in digits) == 1 else 0.0


def _postcode_share(one: str, other: str) -> float:
    mine, theirs = one.replace(" ", "").upper(), other.replace(" ", "").upper()
    if mine == theirs:
        return 1.0
    if mine[:-2] == theirs[:-2]:
        return 0.6
    return 0.3 if mine[:-3] == theirs[:-3] else 0.0


def _day(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None
