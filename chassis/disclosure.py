"""Disclosure control: what a figure may show to those without exact rights.

Promise    No count of one to seven leaves as a number; larger counts are rounded to the nearest
           five, each total on its own; a median or a percentile of fewer than eight is withheld.
           No figure is exact, so none has to be hidden to protect another.
Price      Totals do not equal the sum of their rounded parts, and the page has to say so. The rule
           is the national one and no proof against every inference: where two parts or more are
           rounded, each to the very edge of what it may be, the hidden one is near its limit.
Not here   Who has exact rights: the doors decide. How narrow a period may be: the views.
"""

from typing import Final, Literal, TypeAlias

HIDDEN: Final = "*"
"""What stands where a figure rests on too few."""

hidden_count_max: Final = 7
rounding_base: Final = 5
statistic_count_min: Final = hidden_count_max + 1

Count: TypeAlias = int | Literal["*"]
Statistic: TypeAlias = float | Literal["*"] | None


def controlled_count(exact: int) -> Count:
    """Show nothing as 0, hide one to seven, round the rest to the nearest five.

    A negative count is a fault of the books and says nothing about anybody; it is hidden rather
    than explained, because an outsider could not tell it from a small one.
    """
    if exact == 0:
        return 0
    if exact <= hidden_count_max:
        return HIDDEN
    return (exact + rounding_base // 2) // rounding_base * rounding_base


def controlled_statistic(value: float | None, *, resting_on: int) -> Statistic:
    """Show a median, percentile or mean only when it rests on enough; nothing is ``None``."""
    if resting_on == 0:
        return None
    if resting_on < statistic_count_min:
        return HIDDEN
    return value
