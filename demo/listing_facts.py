"""What is so about one synthetic listing: when, where, for whom, at what price, how long one waits.

The facts are drawn first; words and form are made of them, so that both tell the same. What a gap
of ``demo.gaps`` forbids is never drawn.
"""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Literal

from demo import wording
from demo.gaps import GAP_TERMS, GAPS, gaps_of
from demo.geography import Town, distance_km, neighbourhoods
from demo.venues import Venue, venues_of
from demo.wording import PartOfDay, Words

WEEKDAYS: Final = ("MO", "TU", "WE", "TH", "FR")
DAYS: Final = (*WEEKDAYS, "SA", "SU")
WAIT_TOLD_WEEKS: Final = 8
"""From so long a wait on, a listing says so at its head."""

CostKind = Literal["free", "donation", "session", "course", "hour", "mile", "sliding", "prices"]
Reach = Literal["town", "town-and-villages", "county"]

_STARTS: Final[dict[PartOfDay, tuple[int, ...]]] = {  # in minutes since midnight
    "morning": (570, 600, 600, 630), "noon": (720, 720, 735), "afternoon": (780, 810, 840, 840),
    "evening": (1080, 1110, 1140, 1170),
}  # fmt: skip
_PARTS_OF_DAY: Final[tuple[PartOfDay, ...]] = ("morning", "afternoon", "evening")
_LANGUAGES: Final = ("ur", "pa", "bn", "pl", "ro", "ar", "gu", "so", "bfi")
_SPOKEN: Final = (  # what a text says, and the language that is spoken then
    ("Urdu", "ur"), ("Punjabi", "pa"), ("Arabic", "ar"), ("Welsh", "cy"), ("Cymdeithas", "cy"),
    ("BSL", "bfi"), ("British Sign", "bfi"), ("Romanian", "ro"), ("Khana", "ur"),
)  # fmt: skip
_WAITS: Final = {"one-to-one": 0.4, "home": 0.25, "class": 0.1, "advice": 0.08, "shop": 0.05}
_ONLINE: Final = {"group": 0.05, "class": 0.1, "one-to-one": 0.1}
_PRICES: Final[Mapping[str, tuple[tuple[float, CostKind, tuple[float, ...]], ...]]] = {
    # By need or by setting: a share, what is paid for, and how much. The rest is free.
    "help-at-home": ((1.0, "hour", (14.0, 16.5, 18.0, 22.0)),),
    "transport": ((0.7, "mile", (0.45,)), (0.3, "session", (3.0,))),
    "talking-support": ((0.65, "sliding", (5.0, 8.0, 10.0)),),
    "meal": ((1.0, "session", (2.0, 3.5, 4.0, 4.5, 6.0, 7.5)),),
    "exercise": ((0.8, "session", (2.0, 2.5, 3.0, 4.0, 5.5)),),
    "class": ((0.3, "session", (3.0, 4.0, 5.0, 8.0)), (0.1, "course", (24.0, 40.0, 60.0))),
    "group": ((0.22, "session", (1.0, 1.0, 1.5, 2.0, 3.0)), (0.23, "donation", (0.0,))),
    "outdoors": ((0.15, "session", (1.0, 1.5, 2.0)), (0.25, "donation", (0.0,))),
    "shop": ((0.6, "prices", (0.0,)),),
}
_ABROAD: Final = 0.06
_CLOSED_IN_AUGUST: Final = 0.14
_TOO_NEAR_MARGIN_KM: Final = 0.5


@dataclass(frozen=True, slots=True)
class Occasion:
    """Days on which it takes place, from when until when, at which of its venues."""

    days: tuple[str, ...]
    opens: int
    closes: int
    venue: int | None = 0
    every_weeks: int = 1
    of_month: int | None = None
    """Which of the month: 1 for the first Tuesday, -1 for the last; None for every week."""


@dataclass(frozen=True, slots=True)
class Cost:
    """What it costs."""

    kind: CostKind
    amount: float = 0.0
    is_firm: bool = False
    """Whether nobody pays less."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """Everything that is so about one listing."""

    town: Town
    term: str
    words: Words
    venues: tuple[Venue, ...]
    occasions: tuple[Occasion, ...]
    cost: Cost
    languages: tuple[str, ...]
    minimum_age: int | None
    maximum_age: int | None
    whom: Literal["women", "men"] | None
    wait_weeks: int | None
    list_closed: bool
    closed_in_august: bool
    reach: Reach | None
    """Whom it serves; None where nobody says."""
    spared: frozenset[str]
    """The neighbourhoods it does not serve."""

    @property
    def is_online(self) -> bool:
        """Whether it takes place nowhere else."""
        return not self.venues and self.words.setting != "home"


def usable(text: str, town: Town) -> bool:
    """Whether a text can stand in this town without contradicting what the town lacks."""
    if any(gaps_of(town.pcn_code, "daytime-only")) and wording.is_unsocial(text):
        return False
    return not (any(gaps_of(town.pcn_code, "language")) and wording.is_polish(text))


def is_lacking(term: str, town: Town) -> bool:
    """Whether the town has nothing at all for this need."""
    return any(
        not gap.neighbourhood_codes
        for gap in gaps_of(town.pcn_code, "nothing", "too-far", term=term)
    )


def draw_facts(
    draw: random.Random, town: Town, term: str, words: Words, said: Sequence[str]
) -> Facts:
    """Draw the facts of a listing that calls itself this, and is of a group called so."""
    title, opening, group = said
    text = " ".join(said)
    pcn = town.pcn_code
    occasions, venues = _when_and_where(draw, town, term, words, (title, group, opening))
    ages = _ages(draw, words, f"{title} {opening}")
    wait, closed = _wait(draw, pcn, term, words)
    return Facts(
        town=town,
        term=term,
        words=words,
        venues=venues,
        occasions=occasions,
        cost=_cost(draw, pcn, term, words),
        languages=_languages(draw, pcn, text),
        minimum_age=ages[0],
        maximum_age=ages[1],
        whom=wording.whom_said(f"{title} {opening}") or wording.whom_said(group),
        wait_weeks=wait,
        list_closed=closed,
        closed_in_august=words.setting in {"group", "class", "exercise", "meal"}
        and draw.random() < _CLOSED_IN_AUGUST,
        reach=_reach(draw, term, words),
        spared=_spared(town, term),
    )


def _spared(town: Town, term: str) -> frozenset[str]:
    return frozenset(
        code
        for gap in gaps_of(town.pcn_code, "nothing", term=term)
        for code in gap.neighbourhood_codes
    )


def _is_online(draw: random.Random, term: str, words: Words, text: str) -> bool:
    drawn = draw.random() < _ONLINE.get(words.setting, 0.0)
    return term not in GAP_TERMS and (drawn or "online" in text.lower())


def _when_and_where(
    draw: random.Random, town: Town, term: str, words: Words, said: tuple[str, str, str]
) -> tuple[tuple[Occasion, ...], tuple[Venue, ...]]:
    """Draw the occasions and the venues they are held at."""
    daytime = any(gaps_of(town.pcn_code, "daytime-only"))
    if words.setting == "home":
        return (Occasion(WEEKDAYS, 540 + 30 * draw.randrange(3), 960, None),), ()
    if _is_online(draw, term, words, " ".join(said)):
        return (_meeting(draw, words, said, daytime=daytime, venue=None),), ()
    at = _venues(draw, town, term)
    match words.setting:
        case "advice" | "one-to-one":
            return _appointments(draw, words, said, at, daytime=daytime)
        case "shop":
            days = tuple(sorted(draw.sample(WEEKDAYS, draw.choice((3, 4, 5))), key=DAYS.index))
            with_saturday = not daytime and draw.random() < 0.4
            more = (Occasion(("SA",), 600, 780),) if with_saturday else ()
            return (Occasion(days, 600, 960), *more), at[:1]
        case _:
            first = _meeting(draw, words, said, daytime=daytime, venue=0)
            if words.setting == "exercise" and draw.random() < 0.35 and len(at) > 1:
                other = _meeting(draw, words, said, daytime=daytime, venue=1)
                if other.days != first.days:
                    return (first, other), at[:2]
            return (first,), at[:1]


def _appointments(
    draw: random.Random,
    words: Words,
    said: tuple[str, str, str],
    at: tuple[Venue, ...],
    *,
    daytime: bool,
) -> tuple[tuple[Occasion, ...], tuple[Venue, ...]]:
    """Hours of advice, some of it given in more than one place."""
    count = draw.choice((1, 1, 2, 2, 3)) if words.setting == "advice" else 1
    count = min(count, len(at))
    length = draw.choice((120, 150, 180))
    occasions: list[Occasion] = []
    for number, day in enumerate(draw.sample(WEEKDAYS, count)):
        opens = _start(draw, words, said, daytime=daytime)
        occasions.append(
            Occasion((day,), opens, min(opens + length, 1020 if daytime else 1320), number)
        )
    return tuple(occasions), at[:count]


def _venues(draw: random.Random, town: Town, term: str) -> tuple[Venue, ...]:
    """Some venues of the town that this need may be answered at, in drawn order."""
    spared = _spared(town, term)
    steps = any(gaps_of(town.pcn_code, "access", term=term))
    able = [
        one
        for one in venues_of(town)
        if one.neighbourhood.code not in spared
        and (not steps or one.access == "no")
        and not _is_too_near(one, term)
    ]
    return tuple(draw.sample(able, min(3, len(able))))


def _is_too_near(venue: Venue, term: str) -> bool:
    for gap in GAPS:
        if gap.kind != "too-far" or term not in gap.need_terms:
            continue
        for one in neighbourhoods().values():
            if one.pcn_code == gap.pcn_code:
                way = distance_km((one.latitude, one.longitude), (venue.latitude, venue.longitude))
                if way < gap.km_min + _TOO_NEAR_MARGIN_KM:
                    return True
    return False


def _meeting(
    draw: random.Random,
    words: Words,
    said: tuple[str, str, str],
    *,
    daytime: bool,
    venue: int | None,
) -> Occasion:
    named = next((day for text in said if (day := wording.day_said(text))), None)
    spread = WEEKDAYS if daytime or draw.random() < 0.87 else ("SA", "SU")
    day = named or draw.choice(spread)
    opens = _start(draw, words, said, daytime=daytime)
    closes = opens + draw.choice((60, 90, 90, 120, 120, 150))
    often = draw.random()
    if "month" in said[2]:
        often = 0.9
    return Occasion(
        (day,),
        opens,
        min(closes, 1020) if daytime else closes,
        venue,
        every_weeks=2 if 0.72 < often < 0.84 else 1,
        of_month=draw.choice((1, 1, 2, 3, -1)) if often >= 0.84 else None,
    )


def _start(draw: random.Random, words: Words, said: tuple[str, str, str], *, daytime: bool) -> int:
    named = wording.part_of_day_said(said[0])
    if named is None and wording.part_of_day_said(said[2]) == "evening":
        named = "evening"
    if named is None and words.setting == "meal":
        named = "noon"
    if named is None:
        weights = (45, 34, 0 if daytime else 21)
        named = draw.choices(_PARTS_OF_DAY, weights=weights)[0]
    return draw.choice(_STARTS[named])


def _ages(draw: random.Random, words: Words, text: str) -> tuple[int | None, int | None]:
    said = wording.ages_said(text)
    if words.ages is not None:
        return said if said != (None, None) else words.ages
    if said != (None, None):
        return said
    if "child" in text or "Toys" in text or "Baby" in text or "baby" in text:
        return None, None
    return draw.choices((None, 16, 18, 18, 50, 60), weights=(22, 12, 40, 14, 7, 5))[0], None


def _wait(draw: random.Random, pcn_code: str, term: str, words: Words) -> tuple[int | None, bool]:
    for gap in gaps_of(pcn_code, "full", term=term):
        if draw.random() < 0.4:
            return None, True
        return draw.randrange(gap.weeks_min, 2 * gap.weeks_min), False
    if draw.random() < _WAITS.get(words.setting, 0.04):
        return draw.choice((2, 3, 4, 6, 6, 8, 10, 12, 16, 20, 26)), False
    return None, False


def _cost(draw: random.Random, pcn_code: str, term: str, words: Words) -> Cost:
    for gap in gaps_of(pcn_code, "cost", term=term):
        dearer = draw.choice((0.0, 0.5, 1.0, 1.5, 2.5))
        return Cost("session", gap.amount_min + dearer, is_firm=True)
    prices = _PRICES.get(term) or _PRICES.get(words.setting, ())
    chance = draw.random()
    for share, kind, amounts in prices:
        if chance < share:
            return Cost(kind, draw.choice(amounts))
        chance -= share
    return Cost("free")


def _languages(draw: random.Random, pcn_code: str, text: str) -> tuple[str, ...]:
    found = [code for word, code in _SPOKEN if word in text]
    if wording.is_polish(text):
        found.append("pl")
    if draw.random() < 0.1:
        found += draw.sample(_LANGUAGES, draw.choice((1, 1, 2)))
    missing = {gap.language for gap in gaps_of(pcn_code, "language")}
    return tuple(dict.fromkeys(code for code in found if code not in missing))


def _reach(draw: random.Random, term: str, words: Words) -> Reach | None:
    if term in GAP_TERMS:
        return "town-and-villages"
    if words.setting in {"home", "advice", "one-to-one", "shop"}:
        if draw.random() < _ABROAD:
            return "county"
        return draw.choice(("town", "town-and-villages", "town-and-villages"))
    return "town-and-villages" if draw.random() < 0.2 else None
