"""Why a search found a listing, in plain words: "Found by loneliness, 800 m away, Tuesdays, free"."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from services.directory.domain.listing_facts import WEEKDAYS
from services.directory.domain.search import Wanted
from services.directory.domain.wording import Concept

DAYS_NAMED_MAX: Final = 2
_METRES_A_KILOMETRE: Final = 1_000
_WORKING_DAYS: Final = ("MO", "TU", "WE", "TH", "FR")


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundBecause:
    """What is known of how a listing met a search."""

    need_terms: Sequence[str]
    broad_needs: Sequence[str]
    words_found: Sequence[bool]
    """For each concept, whether its words stand in the listing."""
    distance_metres: float | None
    serves: str | None
    """The area it is for that holds the place, as it calls it."""
    days: Sequence[str]
    is_free: bool
    in_person: bool
    remote: bool


def reason_of(found: FoundBecause, wanted: Wanted, names: Mapping[str, str]) -> str:
    """One sentence without its stop; ``names`` are the needs' names."""
    matched = _matched(found, wanted, names)
    facts = [
        *([_away(found.distance_metres)] if found.distance_metres is not None else ()),
        *([f"serves {found.serves}"] if found.serves else ()),
        *([_days(found, wanted)] if found.days else ()),
        *(["free"] if found.is_free else ()),
        *(["online or by phone"] if found.remote and not found.in_person else ()),
        *(["in the language you asked for"] if wanted.language is not None else ()),
        *(["with the access you asked for"] if wanted.access else ()),
    ]
    head = f"Found by {_joined(matched)}" if matched else "Found"
    return ", ".join((head, *facts)) if matched else " ".join((head, ", ".join(facts))).strip()


def _matched(found: FoundBecause, wanted: Wanted, names: Mapping[str, str]) -> list[str]:
    said: list[str] = []
    if wanted.need is not None:
        said.append(names[wanted.need])
    for concept, has_words in zip(wanted.concepts, found.words_found, strict=True):
        terms = _terms_of(concept, found)
        if terms:
            said += [names[term] for term in terms]
        elif has_words:
            said.append(f"“{concept.said[0]}”")
    return list(dict.fromkeys(_small(one) for one in said))


def _terms_of(concept: Concept, found: FoundBecause) -> list[str]:
    """The need that was meant, where the listing names it; else the first that lies near."""
    named = {*found.need_terms, *found.broad_needs}
    meant = [term for term in concept.meant if term in named]
    return meant or [term for term in concept.near if term in named][:1]


def _small(text: str) -> str:
    return text[:1].lower() + text[1:]


def _away(metres: float) -> str:
    if metres < _METRES_A_KILOMETRE - 50:
        return f"{max(100, round(metres / 100) * 100)} m away"
    return f"{metres / _METRES_A_KILOMETRE:.1f} km away"


def _days(found: FoundBecause, wanted: Wanted) -> str:
    if wanted.day in found.days:
        return f"{WEEKDAYS[wanted.day or '']}s"
    if len(found.days) <= DAYS_NAMED_MAX:
        return _joined([f"{WEEKDAYS[day]}s" for day in found.days])
    if len(found.days) == len(WEEKDAYS):
        return "every day"
    if tuple(found.days) == _WORKING_DAYS:
        return "weekdays"
    return f"{len(found.days)} days a week"


def _joined(parts: Sequence[str]) -> str:
    return " and ".join((", ".join(parts[:-1]), parts[-1])) if len(parts) > 1 else "".join(parts)
