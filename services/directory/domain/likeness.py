"""How likely two listings are one and the same: by name, place and organisation.

Promise    The score comes with its reasons. Two that lie far apart are two, whatever their names.
Not here   Finding pairs worth the question: the database, by index.
"""

from dataclasses import dataclass
from typing import Final

SCORE_MIN: Final = 70
NAME_POINTS_MAX: Final = 50
NAME_LIKE_MIN: Final = 0.5
NEAR_METRES: Final = 100
AROUND_METRES: Final = 500
NEAR_POINTS: Final = 25
AROUND_POINTS: Final = 15
FAR_POINTS: Final = -40
ORGANIZATION_POINTS: Final = 25
ORGANIZATION_LIKE_MIN: Final = 0.6


WEIGHED: Final = frozenset({"name", "locations"})
"""The facts of a listing that its likeness to others rests on."""


@dataclass(frozen=True, slots=True)
class Pair:
    """What is alike between two listings; likeness goes from 0 to 1."""

    name_likeness: float
    organization_likeness: float
    metres: float | None


@dataclass(frozen=True, slots=True)
class Likeness:
    """How likely two are one, of 100, and why."""

    score: int
    reasons: tuple[str, ...]

    @property
    def is_likely(self) -> bool:
        """Whether somebody should look at the two."""
        return self.score >= SCORE_MIN


def likeness_of(pair: Pair) -> Likeness:
    """Weigh what is alike."""
    score = 0
    reasons: list[str] = []
    if pair.name_likeness >= NAME_LIKE_MIN:
        score += round(NAME_POINTS_MAX * pair.name_likeness)
        alike = "the same name" if pair.name_likeness >= 1 else "nearly the same name"
        reasons.append(alike)
    if pair.metres is not None:
        if pair.metres <= NEAR_METRES:
            score += NEAR_POINTS
            reasons.append(f"{round(pair.metres)} metres apart")
        elif pair.metres <= AROUND_METRES:
            score += AROUND_POINTS
            reasons.append(f"{round(pair.metres)} metres apart")
        else:
            score += FAR_POINTS
    if pair.organization_likeness >= ORGANIZATION_LIKE_MIN:
        score += round(ORGANIZATION_POINTS * pair.organization_likeness)
        alike = (
            "the same organisation" if pair.organization_likeness >= 1 else "a like organisation"
        )
        reasons.append(alike)
    return Likeness(max(0, score), tuple(reasons))
