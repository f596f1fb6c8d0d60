"""What people answer to the instruments: whole numbers in each item's range, some left out."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from typing import Any, Final

from demo import shares

_ONS4: Final = ("life_satisfaction", "worthwhile", "happiness_yesterday", "anxiety_yesterday")
_SWEMWBS: Final = (
    "optimistic_about_future", "useful", "relaxed", "dealing_with_problems_well",
    "thinking_clearly", "close_to_other_people", "able_to_make_up_own_mind",
)  # fmt: skip
_UCLA3: Final = ("lack_companionship", "left_out", "isolated")
_HOW_OFTEN: Final = ("hardly_ever_or_never", "some_of_the_time", "often")


def answers_of(
    draw: random.Random, instrument: str, needs: Sequence[str], *, better: bool = False
) -> Mapping[str, Any]:
    """The body of a measure; ``better`` where things have come on, which they do not for all."""
    lift = draw.choice((-1, 0, 0, 1, 1, 2, 3)) if better else 0
    body: dict[str, Any] = {
        "instrument": instrument,
        "answered_by": draw.choice(("person", "person", "with-help")),
    }
    if instrument == "ons4":
        answers = {key: _within(draw.gauss(4.6, 2) + lift, 0, 10) for key in _ONS4[:3]}
        answers[_ONS4[3]] = _within(draw.gauss(5.6, 2.4) - lift, 0, 10)
    elif instrument == "swemwbs":
        answers = {key: _within(draw.gauss(2.6, 0.9) + lift / 3, 1, 5) for key in _SWEMWBS}
    elif instrument == "mycaw":
        answers = {
            "concern_1": _within(draw.gauss(4.6, 1) - lift, 0, 6),
            "wellbeing": _within(draw.gauss(4.1, 1.1) - lift, 0, 6),
        }
        if not better:
            body["concerns"] = [{"words": "What keeps me awake at night.", "need": needs[0]}]
    else:
        chosen = {key: _within(draw.gauss(2.3, 0.7) - lift / 3, 1, 3) for key in _UCLA3}
        return body | {"answers": _some_missing(draw, _in_words(chosen))}
    return body | {"answers": _some_missing(draw, answers)}


def _within(value: float, low: int, high: int) -> int:
    return min(high, max(low, round(value)))


def _in_words(chosen: Mapping[str, int]) -> dict[str, str]:
    return {key: _HOW_OFTEN[place - 1] for key, place in chosen.items()}


def _some_missing(draw: random.Random, answers: Mapping[str, Any]) -> dict[str, Any]:
    return {
        key: None if draw.random() < shares.ITEM_MISSING else value
        for key, value in answers.items()
    }
