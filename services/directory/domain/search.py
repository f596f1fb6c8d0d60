"""How a search is answered: what it asks for, how what it finds is ordered, and why each was found.

Promise    The order rests on four parts that every answer shows: fit, distance, freshness and
           capacity, by the weights below and nothing else. The reason says in plain words what
           matched; nothing is said that the listing does not say.
Not here   Reading words: ``wording``. Reckoning the parts of each listing: the database.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import time
from typing import Any, Final, Literal, NamedTuple

from services.directory.domain.places import Place
from services.directory.domain.service_areas import PlaceAreas
from services.directory.domain.wording import Concept

WITHIN_METRES_DEFAULT: Final = 15_000
AROUND_METRES_DEFAULT: Final = 5_000
"""How far away what is merely near may be, where nothing else is looked for."""
WITHIN_METRES_MAX: Final = 200_000
DISTANCE_HALVED_METRES: Final = 2_000.0
"""At this distance the part for distance is a half; at twice as far a third."""
REMOTE_NEARNESS: Final = 0.5
"""What can be joined from anywhere counts as something this near, at least; so does what is for
those who live there and does not say where it takes place."""
FEW_RESULTS: Final = 5
"""With fewer that have to do with everything asked for, those that meet a part are shown too."""

SCORE_PARTS: Final = ("fit", "distance", "freshness", "capacity")
WEIGHTS: Final[Mapping[str, float]] = {
    "fit": 0.60,
    "distance": 0.25,
    "freshness": 0.08,
    "capacity": 0.07,
}

NOTHING_THERE: Final = "nothing-there"

Attendance = Literal["in-person", "remote"]
Relaxable = Literal[
    "within_metres",
    "day",
    "time",
    "cost",
    "accepting",
    "attendance",
    "access",
    "language",
    "age",
    "area",
]
# In this order: what somebody gives up most easily comes first.
RELAXED: Final[tuple[Relaxable, ...]] = (
    "time",
    "day",
    "within_metres",
    "accepting",
    "attendance",
    "cost",
    "language",
    "access",
    "age",
    "area",
)
REASONS: Final[Mapping[Relaxable, str]] = {
    "time": "day-or-time",
    "day": "day-or-time",
    "within_metres": "too-far",
    "accepting": "full",
    "attendance": "attendance",
    "cost": "cost",
    "language": "language",
    "access": "access",
    "age": "age",
    # Whoever is for others is not there for those who searched.
    "area": NOTHING_THERE,
}
_GIVEN_UP: Final[Mapping[Relaxable, Mapping[str, Any]]] = {
    "time": {"hours": None},
    "day": {"day": None},
    "within_metres": {"within_metres": WITHIN_METRES_MAX},
    "accepting": {"accepting": False},
    "attendance": {"attendance": None},
    "cost": {"free": False},
    "language": {"language": None},
    "access": {"access": ()},
    "age": {"age": None},
    "area": {"for_anybody": True},
}
_SAID: Final[Mapping[Relaxable, str]] = {
    "time": "at another time",
    "day": "on another day",
    "within_metres": "further away",
    "accepting": "though it may be full",
    "attendance": "in another way of taking part",
    "cost": "though it may cost something",
    "language": "in another language",
    "access": "where this access is not known",
    "age": "for other ages",
    "area": "though they say they are for people who live elsewhere",
}


class Hours(NamedTuple):
    """A stretch of the day."""

    begins: time
    ends: time


PARTS_OF_DAY: Final[Mapping[str, Hours]] = {
    "morning": Hours(time(0, 0), time(12, 0)),
    "afternoon": Hours(time(12, 0), time(17, 0)),
    "evening": Hours(time(17, 0), time.max),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Everything a listing has to meet; what is not given is not asked of it."""

    concepts: tuple[Concept, ...] = ()
    need: str | None = None
    near: Place | None = None
    areas: PlaceAreas = field(default_factory=PlaceAreas)
    """What the place lies in."""
    for_anybody: bool = False
    """Whether what says that it is for people of other areas counts as well."""
    within_metres: int | None = None
    day: str | None = None
    hours: Hours | None = None
    age: float | None = None
    free: bool = False
    language: str | None = None
    access: tuple[str, ...] = ()
    attendance: Attendance | None = None
    accepting: bool = False

    @property
    def reach_metres(self) -> float | None:
        """How far away a listing may be; only near somewhere is anything far."""
        if self.near is None:
            return None
        nearest = WITHIN_METRES_DEFAULT if self.is_specific else AROUND_METRES_DEFAULT
        return float(self.within_metres or nearest)

    @property
    def is_specific(self) -> bool:
        """Whether something is looked for, and not only what there is somewhere."""
        return bool(self.concepts) or self.need is not None

    @property
    def takes_remote(self) -> bool:
        """Whether what can be joined from anywhere is near enough: unless a distance is given."""
        if self.attendance == "remote":
            return True
        return self.is_specific and self.within_metres is None and self.attendance != "in-person"

    @property
    def takes_from_afar(self) -> bool:
        """Whether what is for those who live there is near enough, wherever it takes place."""
        return self.is_specific and self.within_metres is None

    @property
    def leaves_out_others(self) -> bool:
        """Whether a listing is left out that is for people of other areas."""
        return self.near is not None and not self.for_anybody and self.areas.can_tell

    @property
    def weights(self) -> tuple[float, float, float, float]:
        """The weights of the four parts, which are one together; without a place none is near."""
        parts = [WEIGHTS[part] for part in SCORE_PARTS]
        if self.near is None:
            parts[1] = 0.0
        fit, distance, freshness, capacity = (part / sum(parts) for part in parts)
        return fit, distance, freshness, capacity

    @property
    def filters(self) -> tuple[Relaxable, ...]:
        """The filters that are set, in the order in which they are given up."""
        is_set: Mapping[Relaxable, bool] = {
            "within_metres": self.near is not None,
            "day": self.day is not None,
            "time": self.hours is not None,
            "cost": self.free,
            "accepting": self.accepting,
            "attendance": self.attendance is not None,
            "access": bool(self.access),
            "language": self.language is not None,
            "age": self.age is not None,
            "area": self.leaves_out_others,
        }
        return tuple(one for one in RELAXED if is_set[one])

    def without(self, given_up: Relaxable) -> "Wanted":
        """The same search with one filter fewer."""
        return replace(self, **_GIVEN_UP[given_up])

    @property
    def without_words(self) -> "Wanted":
        """The same search without what was typed: its place, need and filters alone."""
        return replace(self, concepts=())

    @property
    def is_by_standing(self) -> bool:
        """Whether nothing but how fresh it is and what room it has puts one before another."""
        return self.near is None and not self.is_specific

    @property
    def need_terms(self) -> tuple[str, ...]:
        """The needs that were understood: what was meant, each once."""
        meant = (term for concept in self.concepts for term in concept.meant)
        return tuple(dict.fromkeys((*meant, *([self.need] if self.need else ()))))


def said_of(given_up: Relaxable) -> str:
    """What is different about what was found with a filter fewer, in plain words."""
    return f"Nothing met everything you asked for. These do, {_SAID[given_up]}."


SAID_OF_WORDS: Final = "Nothing met what you asked for. These are the nearest, whatever they are."


def term_lexeme(term: str) -> str:
    """How a need that a listing names stands among its words; no word begins so."""
    return f"#{term}"


def broad_lexeme(need: str) -> str:
    """How a broad need stands among a listing's words."""
    return f"##{need}"


class Asked(NamedTuple):
    """One concept as text queries: the needs meant, those near, and the words."""

    meant: str | None
    near: str | None
    """Needs that lie near, and the broad need where a listing names no finer one."""
    broad: str | None
    """The broad need alone."""
    words: str | None
    weight: float

    @property
    def any(self) -> str:
        """What finds every listing that has to do with it."""
        return " | ".join(one for one in (self.meant, self.near, self.words) if one is not None)

    @property
    def itself(self) -> str:
        """What finds the listings that may be about itself, and not about what lies near."""
        return " | ".join(one for one in (self.meant, self.broad, self.words) if one is not None)


def asked_of(
    concept: Concept, lexemes: Mapping[str, str], parents: Mapping[str, str | None]
) -> Asked | None:
    """A concept as the database is asked for it; nothing where its words say nothing.

    ``lexemes`` are the words cut down, ``parents`` the broad need above each term. Who named no
    finer need than the broad one lies near all that is below it.
    """
    if concept.meant:
        meant = _either(_meant(term, parents) for term in concept.meant)
        above = [parent for term in concept.meant if (parent := parents.get(term)) is not None]
        broad = _either(map(_of_term, above))
        near = _either([*(_meant(term, parents) for term in concept.near), broad])
    else:
        meant = near = broad = None
    ways = [_all_of(way.split(), lexemes) for way in concept.said]
    words = _either(way for way in ways if way)
    if meant is None and words is None:
        return None
    return Asked(meant, near, broad, words, concept.weight)


def _meant(term: str, parents: Mapping[str, str | None]) -> str:
    """A finer need is meant by itself, a broad one with everything below it."""
    is_broad = parents.get(term) is None
    return _quoted(broad_lexeme(term) if is_broad else term_lexeme(term))


def _of_term(term: str) -> str:
    return _quoted(term_lexeme(term))


def _all_of(words: Sequence[str], lexemes: Mapping[str, str]) -> str | None:
    found = [_quoted(lexemes[word]) for word in words if word in lexemes]
    return f"({' & '.join(found)})" if found else None


def _either(parts: Iterable[str | None]) -> str | None:
    found = [part for part in parts if part]
    return f"({' | '.join(found)})" if found else None


def _quoted(lexeme: str) -> str:
    escaped = lexeme.replace("\\", "\\\\").replace("'", "''")
    return f"'{escaped}'"
