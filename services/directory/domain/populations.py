"""How a population is made up, and when its counts can hold together.

Promise    Nothing here reads a clock or a row. Whatever is counted by, the counts are of the same
           people: each kind of band adds up to the whole.
Not here   Which bands there are: the contracts say.
"""

from collections.abc import Mapping, Sequence
from typing import Final, Literal

Dimension = Literal["age-band", "sex", "ethnicity-category", "deprivation-decile"]

DIMENSIONS: Final[tuple[Dimension, ...]] = (
    "age-band",
    "sex",
    "ethnicity-category",
    "deprivation-decile",
)

Parts = Mapping[Dimension, Mapping[str, int]]
"""By dimension, then by band, how many people; a dimension that was not counted is missing."""


class BandTwice(Exception):
    """A band is counted twice."""

    def __init__(self, dimension: Dimension) -> None:
        super().__init__(dimension)
        self.dimension: Dimension = dimension


class SumDiffers(Exception):
    """The counts of a dimension do not add up to the whole."""

    def __init__(self, dimension: Dimension, counted: int) -> None:
        super().__init__(dimension)
        self.dimension: Dimension = dimension
        self.counted = counted


def parts_of(counted: Mapping[Dimension, Sequence[tuple[str, int]]]) -> Parts:
    """Give the counts by band; a band that is there twice is refused."""
    parts: dict[Dimension, dict[str, int]] = {}
    for dimension, counts in counted.items():
        parts[dimension] = dict(counts)
        if len(parts[dimension]) != len(counts):
            raise BandTwice(dimension)
    return parts


def require_sums(parts: Parts, persons: int) -> None:
    """Every dimension that was counted adds up to the whole."""
    for dimension, counts in parts.items():
        counted = sum(counts.values())
        if counted != persons:
            raise SumDiffers(dimension, counted)
