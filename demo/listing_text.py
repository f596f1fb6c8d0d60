"""What a synthetic group writes of its listing, put together from its words, its tone and the facts.

Some write a line and some four paragraphs. What is said is so: it comes from the facts that the
form is filled with.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from demo import tones
from demo.listing_facts import DAYS, Facts, Occasion
from demo.tones import Tone
from demo.venues import Venue

DAY_NAMES: Final[Mapping[str, str]] = dict(
    zip(
        DAYS,
        ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"),
        strict=True,
    )
)
LANGUAGE_NAMES: Final = {
    "ur": "Urdu", "pa": "Punjabi", "bn": "Bengali", "pl": "Polish", "ro": "Romanian", "ar": "Arabic",
    "gu": "Gujarati", "so": "Somali", "bfi": "British Sign Language", "cy": "Welsh", "en": "English",
}  # fmt: skip
_ORDINALS: Final = {1: "first", 2: "second", 3: "third", -1: "last"}
_SHORT: Final = 0.07
_LONG: Final = 0.12
_FACTS_TOLD: Final[dict[Tone, float]] = {"warm": 0.62, "plain": 0.7, "formal": 0.8, "terse": 0.35}


@dataclass(frozen=True, slots=True)
class Voice:
    """Who writes: a tone, the person who answers the phone, and the neighbourhood it is about."""

    tone: Tone
    who: str
    hood: str


def describe(
    draw: random.Random, facts: Facts, opening: str, details: Sequence[str], voice: Voice
) -> str:
    """The description: an opening that is its own, then details, facts and a word about the group."""
    names = {"town": facts.town.name, "hood": voice.hood}
    opening = opening.format(**names)
    if draw.random() < _SHORT:
        return opening
    is_long = draw.random() < _LONG and voice.tone != "terse"
    count = {"warm": 2, "plain": draw.choice((1, 2)), "formal": 1, "terse": 0}[voice.tone]
    chosen = draw.sample(list(details), min(len(details), count + (2 if is_long else 0)))
    said = [one.format(**names) for one in chosen]
    told = [one for one in _facts(draw, facts, voice) if one]
    if is_long:
        backgrounds = _background(draw, facts, 2)
        closing = " ".join([*draw.sample(tones.EXTRA, 1), *backgrounds[1:]])
        paragraphs = (f"{opening} {backgrounds[0]}", " ".join(said), " ".join(told), closing)
        return "\n\n".join(one for one in paragraphs if one).format(who=voice.who.split()[0])
    if voice.tone == "warm" and draw.random() < 0.5:
        said.append(draw.choice(tones.EXTRA).format(who=voice.who.split()[0]))
    if voice.tone in {"plain", "formal"} and draw.random() < 0.4:
        said.append(_background(draw, facts, 1)[0])
    return " ".join([opening, *said, *told])


def _facts(draw: random.Random, facts: Facts, voice: Voice) -> Iterator[str]:
    """What is told of when, price, people, room and wait; a wait and a closed August always."""
    share = _FACTS_TOLD[voice.tone]
    if draw.random() < share:
        yield _when(draw, facts, voice)
    if draw.random() < share:
        yield cost_said(draw, facts)
    for said in _people(draw, facts):
        if draw.random() < share:
            yield said
    if facts.venues and not facts.words.sheltered and draw.random() < share:
        pools = {"yes": tones.STEP_FREE, "ramp": tones.RAMP, "no": tones.STEPS}
        yield draw.choice(pools[facts.venues[0].access])
    if facts.list_closed:
        yield draw.choice(tones.LIST_CLOSED)
    elif facts.wait_weeks is not None:
        yield draw.choice(tones.WAIT).format(weeks=facts.wait_weeks)
    if facts.closed_in_august:
        yield draw.choice(tones.AUGUST)
    if draw.random() < share:
        yield _how_to_begin(draw, facts)


def _people(draw: random.Random, facts: Facts) -> Iterator[str]:
    if facts.whom is not None:
        yield draw.choice(tones.WOMEN if facts.whom == "women" else tones.MEN)
    if facts.minimum_age is not None:
        yield _ages(draw, facts)
    if facts.languages:
        names = [LANGUAGE_NAMES[code] for code in facts.languages]
        yield draw.choice(tones.SPOKEN).format(languages=_listed(names))
    if facts.reach is not None and not facts.spared:
        yield draw.choice(tones.SERVES).format(area=area_name(facts))


def _when(draw: random.Random, facts: Facts, voice: Voice) -> str:
    first = facts.occasions[0]
    clock = _clock24 if voice.tone in {"formal", "terse"} else _clock12
    if facts.words.sheltered:
        return tones.SHELTERED
    if facts.words.setting == "home":
        return _placed(draw.choice(tones.PHONE_HOURS), first, None, clock)
    if facts.is_online:
        return _placed(draw.choice(tones.ONLINE), first, None, clock)
    said = [_placed(draw.choice(tones.WHEN[voice.tone]), first, facts.venues[0], clock)]
    for other in facts.occasions[1:]:
        venue = facts.venues[other.venue or 0]
        pool = tones.ALSO_THEN if venue == facts.venues[0] else tones.ALSO_AT
        said.append(_placed(draw.choice(pool), other, venue, clock))
    return " ".join(said)


def _placed(text: str, occasion: Occasion, venue: Venue | None, clock: Callable[[int], str]) -> str:
    often = often_said(occasion)
    return text.format(
        often=often,
        Often=often[0].upper() + often[1:],
        opens=clock(occasion.opens),
        closes=clock(occasion.closes),
        venue=venue.name if venue else "",
    )


def often_said(occasion: Occasion) -> str:
    """How often, in words: "every other Tuesday"."""
    names = [DAY_NAMES[day] for day in occasion.days]
    if occasion.days == DAYS[:5]:
        return "Monday to Friday"
    if occasion.of_month is not None:
        return f"on the {_ORDINALS[occasion.of_month]} {names[0]} of the month"
    if occasion.every_weeks == 2:
        return f"every other {names[0]}"
    if len(names) == 1:
        return f"every {names[0]}"
    return f"on {_listed([f'{name}s' for name in names])}"


def cost_said(draw: random.Random, facts: Facts) -> str:
    """What it costs, as the group puts it."""
    cost = facts.cost
    pools = {
        "free": tones.FREE,
        "donation": tones.DONATION,
        "session": tones.SESSION_FIRM if cost.is_firm else tones.SESSION,
        "course": tones.COURSE,
        "hour": tones.HOUR,
        "mile": tones.MILE,
        "sliding": tones.SLIDING,
        "prices": tones.PRICES,
    }
    return draw.choice(pools[cost.kind]).format(price=price(cost.amount))


def price(amount: float) -> str:
    """A price as it is written on a door."""
    if amount < 1:
        return f"{round(amount * 100)}p"
    return f"£{amount:.0f}" if amount == int(amount) else f"£{amount:.2f}"


def area_name(facts: Facts) -> str:
    """Whom it serves, by the name of where they live."""
    if facts.reach == "county":
        return "Wayfordshire"
    return f"{facts.town.name} and its villages" if facts.reach != "town" else facts.town.name


def _ages(draw: random.Random, facts: Facts) -> str:
    pool = tones.BETWEEN if facts.maximum_age is not None else tones.AGES
    return draw.choice(pool).format(age=facts.minimum_age, oldest=facts.maximum_age)


def _how_to_begin(draw: random.Random, facts: Facts) -> str:
    if facts.list_closed or facts.wait_weeks is not None or facts.is_online:
        return draw.choice((*tones.RING, *tones.REFERRED))
    match facts.words.setting:
        case "home" | "one-to-one":
            return draw.choice(tones.REFERRED)
        case "advice" | "class" | "exercise":
            return draw.choice((*tones.RING, *tones.REFERRED, *tones.TURN_UP[:1]))
        case _:
            return draw.choice((*tones.TURN_UP, *tones.RING[:1]))


def _background(draw: random.Random, facts: Facts, count: int) -> list[str]:
    return [
        one.format(
            town=facts.town.name, year=draw.randrange(1979, 2024), number=draw.randrange(6, 70)
        )
        for one in draw.sample(tones.BACKGROUND, count)
    ]


def _listed(names: Sequence[str]) -> str:
    return " and ".join([", ".join(names[:-1]), names[-1]]) if len(names) > 1 else names[0]


def _clock24(minutes: int) -> str:
    return f"{minutes // 60:02d}:{minutes % 60:02d}"


def _clock12(minutes: int) -> str:
    hour, minute = divmod(minutes, 60)
    if (hour, minute) == (12, 0):
        return "noon"
    half = "am" if hour < 12 else "pm"
    shown = (hour - 1) % 12 + 1
    return f"{shown}.{minute:02d}{half}" if minute else f"{shown}{half}"
