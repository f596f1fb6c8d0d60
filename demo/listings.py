"""Synthetic listings: the groups of the demonstration's region and what they have on.

Promise    The same bytes on every machine: more than two thousand listings over the towns of
           ``demo.geography``, each valid by the directory's own form, none leading anywhere: hosts
           are ``example.org``, numbers are kept for drama, and every group's name says that it is
           synthetic. In one town no two descriptions open alike. What is missing is in ``demo.gaps``.
Not here   What groups say: ``listing_words/`` and ``demo.tones``. What is so: ``demo.listing_facts``.
"""

from __future__ import annotations

import hashlib
import random
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from functools import cache
from typing import Any, Final

from demo import tones, wording
from demo.county_wide import county_wide
from demo.everywhere import KINDS, Kind
from demo.gaps import GAP_TERMS, gaps_of
from demo.geography import Town, towns
from demo.listing_facts import Cost, Facts, draw_facts, is_lacking, usable
from demo.listing_form import fees, parts_of, slug
from demo.listing_text import Voice, describe
from demo.region import networks
from demo.wording import Words

MORE_IN_A_SMALL_REGION: Final = 46
"""How many listings a town of the small region has beyond one for each need of the catalogue."""
ELSEWHERE: Final = 47
"""How many listings the other towns have beside what is found everywhere."""
KEY_DIGITS: Final = 12
_OFTEN: Final = (
    "social-groups", "exercise", "creative-arts", "nature-and-gardening", "lunch-clubs",
    "talking-support", "benefits", "digital-skills", "carers-groups", "shared-identity",
    "parenting", "befriending", "adult-learning", "english-classes", "loneliness", "help-at-home",
)  # fmt: skip
"""Of which a town has more than one."""
_CLOSED_FOR_NOW: Final = 0.02
_OF_ONE_GROUP: Final = 0.7
"""How often a group that answers a need in a town has something else on for it."""


@dataclass(frozen=True, slots=True)
class Listing:
    """One listing, as it is posted, and the network whose town it is in."""

    pcn_code: str | None
    """None for what serves the whole county."""
    need_terms: tuple[str, ...]
    body: dict[str, Any]
    story_needs: tuple[str, ...] = ()
    """The broad needs for which workers of the stories send people there: to few groups, so that
    much is known of each."""

    @property
    def item(self) -> dict[str, Any]:
        """The listing as an item of a batch, under a key that is its own."""
        named = f"{self.body['organization']['name']}: {self.body['name']}"
        digest = hashlib.sha256(named.encode()).hexdigest()[:KEY_DIGITS]
        return {"key": f"seed-{slug(named)}-{digest}", **self.body, "publish": True}


@cache
def listings() -> tuple[Listing, ...]:
    """The listings of every town, those of the small region first, and the county's."""
    groups: dict[str, dict[str, Any]] = {}
    small = {network.code for network in networks("small")}
    found: list[Listing] = []
    for town in towns():
        teller = _Town(town, groups, is_small=town.pcn_code in small)
        found += teller.everywhere()
        found += teller.own()
    return (*found, *(_listing_of(None, body) for body in county_wide()))


@dataclass(slots=True)
class _Town:
    """Draws the listings of one town."""

    town: Town
    groups: dict[str, dict[str, Any]]
    """What the groups of the whole region say of themselves, by name."""
    is_small: bool
    draw: random.Random = field(init=False)
    names: set[tuple[str, str]] = field(init=False, default_factory=set[tuple[str, str]])
    hoods: dict[str, str] = field(init=False, default_factory=dict[str, str])
    """Which neighbourhood a group of the town is named after."""

    def __post_init__(self) -> None:
        self.draw = random.Random(f"waymark listings of {self.town.pcn_code}")

    def everywhere(self) -> Iterator[Listing]:
        """The kinds that every network has, in an order of its own."""
        for kind in self.draw.sample(KINDS, len(KINDS)):
            yield self._of_kind(kind)

    def own(self) -> Iterator[Listing]:
        """What groups of the town say, need by need."""
        for term, count in self._counts().items():
            words = wording.words()[term]
            able = [
                number for number in range(len(words.says)) if self._may_say(term, words, number)
            ]
            for number in self.draw.sample(able, min(count, len(able))):
                yield self._listing(term, words, number)

    def _counts(self) -> dict[str, int]:
        """How many listings each need gets here."""
        terms = [term for term in wording.words() if not is_lacking(term, self.town)]
        if self.is_small:
            counts = dict.fromkeys(terms, 1)
            more = MORE_IN_A_SMALL_REGION
        else:
            counts = dict.fromkeys(self.draw.sample(terms, round(len(terms) * 0.75)), 1)
            more = ELSEWHERE - len(counts)
        for term in self.draw.choices([term for term in _OFTEN if term in counts], k=more):
            counts[term] += 1
        return {term: counts[term] for term in terms if term in counts}

    def _may_say(self, term: str, words: Words, number: int) -> bool:
        text = " ".join(words.says[number])
        at_home = "at home" in text and any(gaps_of(self.town.pcn_code, "access", term=term))
        return usable(text, self.town) and not at_home

    def _listing(self, term: str, words: Words, number: int) -> Listing:
        draw, town = self.draw, self.town
        title, opening = words.says[number]
        pattern = words.groups[number] if words.each_its_own else self._group(words, title)
        facts = draw_facts(draw, town, term, words, (title, opening, pattern))
        hood = (facts.venues[0].neighbourhood if facts.venues else town.neighbourhoods[0]).name
        voice = Voice(self._tone(pattern), draw.choice(tones.NAMES), hood)
        group = self._organisation(pattern, self.hoods.setdefault(pattern, hood))
        name = self._name(draw, title, group["name"], facts, is_abroad="{" not in pattern)
        details = [one for one in words.details if usable(one, town)]
        body = {
            "organization": group,
            "name": name,
            "description": describe(draw, facts, opening, details, voice),
            **_ways_to_ask(draw, group, name, voice),
            "need_terms": _terms(draw, term, words),
            **parts_of(facts),
        }
        if draw.random() < _CLOSED_FOR_NOW and "alert" not in body:
            body |= {"status": "temporarily closed", "alert": draw.choice(tones.CLOSED_FOR_NOW)}
        return _listing_of(town, body)

    def _of_kind(self, kind: Kind) -> Listing:
        """A group that every network has: its words are the same, and where and when its own."""
        draw, town = self.draw, self.town
        words = Words(setting=kind.setting, groups=(), says=(), details=())
        said = (kind.name, kind.about, kind.group)
        facts = draw_facts(draw, town, kind.need_terms[0], words, said)
        cost = Cost("free") if kind.amount is None else Cost("session", kind.amount)
        facts = replace(facts, cost=cost)
        name = f"{town.name} {kind.group}"
        group = {
            "name": f"{name} (synthetic)",
            "description": f"A community group in {town.name}.",
            "email": f"hello@{slug(name)}.example.org",
        }
        body = {
            "organization": group,
            "name": f"{kind.name}, {town.name}",
            "description": kind.about,
            "email": group["email"],
            "needs": list(kind.needs),
            "need_terms": list(kind.need_terms),
            **parts_of(facts),
            "fees": fees(facts),
        }
        return replace(_listing_of(town, body), story_needs=kind.needs)

    def _group(self, words: Words, title: str) -> str:
        """Draw a group whose name fits the day that the title names."""
        day = wording.day_said(title)
        able = [
            one
            for one in words.groups
            if usable(one, self.town)
            and (day is None or wording.day_said(one) in {None, day})
            and (wording.whom_said(one) in {None, wording.whom_said(title)})
        ]
        known = [one for one in able if one in self.hoods]
        return self.draw.choice(known if known and self.draw.random() < _OF_ONE_GROUP else able)

    def _tone(self, pattern: str) -> tones.Tone:
        """A group has one tone, whatever it writes."""
        own = random.Random(
            f"waymark tone {self.town.pcn_code if '{' in pattern else ''} {pattern}"
        )
        return own.choices(tones.TONES, weights=tones.TONE_WEIGHTS)[0]

    def _organisation(self, pattern: str, hood: str) -> dict[str, Any]:
        """The group; one that no town is named in has listings in several."""
        name = pattern.format(town=self.town.name, hood=hood)
        if name not in self.groups:
            abroad = "{" not in pattern
            own = random.Random(f"waymark group {name}")
            about = own.choice(tones.ABOUT_ABROAD if abroad else tones.ABOUT).format(
                town=self.town.name,
                hood=hood,
                year=own.randrange(1974, 2025),
                number=own.randrange(4, 90),
            )
            group = {"name": f"{name} (synthetic)", "description": about}
            if own.random() < 0.85:
                group["email"] = f"hello@{slug(name)}.example.org"
            if own.random() < 0.6:
                group["website"] = f"https://{slug(name)}.example.org/"
            self.groups[name] = group
        return self.groups[name]

    def _name(
        self, draw: random.Random, title: str, group: str, facts: Facts, *, is_abroad: bool
    ) -> str:
        """What the listing is called: a name its group gives once."""
        name = f"{title}, {self.town.name}" if is_abroad else title
        hood = facts.venues[0].neighbourhood.name if facts.venues else self.town.name
        if (group, name) in self.names or (not is_abroad and draw.random() < 0.2):
            name = f"{title} ({hood})"
        self.names.add((group, name))
        return name


def _ways_to_ask(
    draw: random.Random, group: dict[str, Any], name: str, voice: Voice
) -> dict[str, Any]:
    """An address, a number, a page and a person to ask for: some groups have all, some one."""
    told: dict[str, Any] = {}
    if "email" in group:
        host = group["email"].split("@", 1)[1]
        local = draw.choice(("hello", "info", "bookings", slug(name)[:24].strip("-")))
        told["email"] = f"{local}@{host}"
    if "website" in group and draw.random() < 0.7:
        told["url"] = f"{group['website']}{slug(name)}"
    number = draw.choice(
        ("01632 960{:03d}", "01632 960{:03d}", "07700 900{:03d}", "03069 990{:03d}")
    )
    phone = {"number": number.format(draw.randrange(1000))}
    if "email" not in told or draw.random() < 0.55:
        contact: dict[str, Any] = {"name": voice.who, "title": draw.choice(tones.TITLES)}
        told["contacts"] = [{**contact, "phones": [phone]}]
    elif draw.random() < 0.6:
        told["phones"] = [phone]
    if draw.random() < 0.35:
        told["funding"] = [{"source": draw.choice(tones.FUNDERS)}]
    return told


_RELATED: Final = {
    "lunch-clubs": "loneliness", "social-groups": "loneliness", "benefits": "forms",
    "nature-and-gardening": "low-mood-and-worry", "creative-arts": "low-mood-and-worry",
    "food": "household-goods", "damp-and-repairs": "tenancy", "fuel": "benefits",
    "falls": "long-term-pain", "volunteering": "confidence", "refugees": "english-classes",
    "digital-skills": "digital-access", "carers-groups": "carers-breaks", "mindfulness": "stress",
}  # fmt: skip


def _terms(draw: random.Random, term: str, words: Words) -> list[str]:
    """The need it answers, and sometimes one that goes with it and of which no gap speaks."""
    also = _RELATED.get(term)
    if also is None or also in GAP_TERMS or words.sheltered or draw.random() < 0.6:
        return [term]
    return [term, also]


def _listing_of(town: Town | None, body: dict[str, Any]) -> Listing:
    return Listing(None if town is None else town.pcn_code, tuple(body["need_terms"]), body)
