"""The instruments by which people say how they are, as data: what is asked, in which range, scored how.

Promise    A version never changes once it was used; another scoring is another version, beside it.
           Nothing here is worded: the questions belong to those who license them.
Not here   Reckoning a score: ``domain.measures``.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from types import MappingProxyType
from typing import Final, Literal, TypeAlias

Better: TypeAlias = Literal["higher", "lower"]
ScoreKind: TypeAlias = Literal["item", "sum", "converted", "coded"]


@dataclass(frozen=True, slots=True)
class Item:
    """One thing asked: a whole number in a range, or a word that stands for one."""

    key: str
    low: int
    high: int
    words: Mapping[str, int] | None = None
    needed: bool = True
    """Whether the instrument is incomplete without it."""


@dataclass(frozen=True, slots=True)
class Band:
    """A published band of a score, both ends included."""

    name: str
    low: int
    high: int


@dataclass(frozen=True, slots=True)
class ScoreRule:
    """One score: of an item, a sum of items, a sum converted by a table, or an answer's own word."""

    name: str
    kind: ScoreKind
    items: Sequence[str]
    better: Better | None = None
    bands: Sequence[Band] = ()
    table: Mapping[int, Decimal] | None = None


@dataclass(frozen=True, slots=True)
class Instrument:
    """One version of an instrument."""

    code: str
    version: int
    name: str
    items: Sequence[Item]
    scores: Sequence[ScoreRule]
    licence: str
    concerns_max: int = 0
    """How many concerns of their own the person names; 0 where it does not ask."""

    def item(self, key: str) -> Item | None:
        """Give the item with this key."""
        return next((item for item in self.items if item.key == key), None)


def _words(*words: str) -> Mapping[str, int]:
    return MappingProxyType({word: place for place, word in enumerate(words, start=1)})


_WELLBEING_BANDS: Final = (
    Band("low", 0, 4),
    Band("medium", 5, 6),
    Band("high", 7, 8),
    Band("very-high", 9, 10),
)
_ANXIETY_BANDS: Final = (
    Band("very-low", 0, 1),
    Band("low", 2, 3),
    Band("medium", 4, 5),
    Band("high", 6, 10),
)

ONS4: Final = Instrument(
    code="ons4",
    version=1,
    name="ONS4 personal wellbeing",
    items=(
        Item("life_satisfaction", 0, 10),
        Item("worthwhile", 0, 10),
        Item("happiness_yesterday", 0, 10),
        Item("anxiety_yesterday", 0, 10),
    ),
    # There is no total: the four are reported apart.
    scores=(
        ScoreRule("life-satisfaction", "item", ("life_satisfaction",), "higher", _WELLBEING_BANDS),
        ScoreRule("worthwhile", "item", ("worthwhile",), "higher", _WELLBEING_BANDS),
        ScoreRule(
            "happiness-yesterday", "item", ("happiness_yesterday",), "higher", _WELLBEING_BANDS
        ),
        ScoreRule("anxiety-yesterday", "item", ("anxiety_yesterday",), "lower", _ANXIETY_BANDS),
    ),
    licence="Free to use; cite the Office for National Statistics.",
)

_SWEMWBS_ITEMS: Final = (
    "optimistic_about_future",
    "useful",
    "relaxed",
    "dealing_with_problems_well",
    "thinking_clearly",
    "close_to_other_people",
    "able_to_make_up_own_mind",
)
_SWEMWBS_LOWEST: Final = 7
_SWEMWBS_METRIC: Final = (
    "7 9.51 11.25 12.40 13.33 14.08 14.75 15.32 15.84 16.36 16.88 17.43 17.98 18.59 19.25 "
    "19.98 20.73 21.54 22.35 23.21 24.11 25.03 26.02 27.03 28.13 29.31 30.70 32.55 35"
)

SWEMWBS: Final = Instrument(
    code="swemwbs",
    version=1,
    name="Short Warwick-Edinburgh Mental Wellbeing Scale",
    items=tuple(Item(key, 1, 5) for key in _SWEMWBS_ITEMS),
    scores=(
        ScoreRule("raw", "sum", _SWEMWBS_ITEMS, "higher"),
        ScoreRule(
            "metric",
            "converted",
            _SWEMWBS_ITEMS,
            "higher",
            table=MappingProxyType(
                {
                    raw: Decimal(metric)
                    for raw, metric in enumerate(_SWEMWBS_METRIC.split(), start=_SWEMWBS_LOWEST)
                }
            ),
        ),
    ),
    licence="Register before use; the wording is its owners' and is not here.",
)

MYCAW: Final = Instrument(
    code="mycaw",
    version=1,
    name="Measure Yourself Concerns and Wellbeing",
    items=(
        Item("concern_1", 0, 6),
        Item("concern_2", 0, 6),
        Item("wellbeing", 0, 6),
    ),
    scores=(
        ScoreRule("concern-1", "item", ("concern_1",), "lower"),
        ScoreRule("concern-2", "item", ("concern_2",), "lower"),
        ScoreRule("wellbeing", "item", ("wellbeing",), "lower"),
    ),
    licence="Licensed by Meaningful Measures; the form's wording is not here.",
    concerns_max=2,
)

_HOW_OFTEN: Final = _words("hardly_ever_or_never", "some_of_the_time", "often")
_UCLA3_ITEMS: Final = ("lack_companionship", "left_out", "isolated")
_FEEL_LONELY: Final = _words(
    "often_always", "some_of_the_time", "occasionally", "hardly_ever", "never"
)

UCLA3: Final = Instrument(
    code="ucla3",
    version=1,
    name="UCLA three-item loneliness scale, with the direct question",
    items=(
        *(Item(key, 1, 3, _HOW_OFTEN) for key in _UCLA3_ITEMS),
        Item("feel_lonely", 1, 5, _FEEL_LONELY, needed=False),
    ),
    scores=(
        ScoreRule("loneliness", "sum", _UCLA3_ITEMS, "lower"),
        ScoreRule("feel-lonely", "coded", ("feel_lonely",)),
    ),
    licence="Free to use with citation.",
)

INSTRUMENTS: Final[Mapping[tuple[str, int], Instrument]] = MappingProxyType(
    {(one.code, one.version): one for one in (ONS4, SWEMWBS, MYCAW, UCLA3)}
)
