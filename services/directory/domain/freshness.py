"""How fresh a listing is: a score from 0 to 100, from what happened and nothing else.

Promise    With time alone a score moves towards ``FLOOR`` and stays there: silence by itself has the
           owner asked, and neither doubts nor hides. What speaks against a listing weighs until it
           fades or a sign of life puts it aside; what put it aside is told.
Price      Points are judged, not measured: they are data with a version, and every listing is weighed
           anew when the version rises.
Not here   Where it is kept what happened, and who is asked how: ``use_cases.freshness``.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Literal

Kind = Literal[
    "kept",
    "attended",
    "started",
    "answered",
    "confirmed",
    "delivered",
    "bounced",
    "unanswered-nudge",
    "unanswered-check",
    "marked-wrong",
    "said-gone",
    "gone-confirmed",
]
Step = Literal["doubt", "hide", "restore"]
Reason = Literal["no-longer-runs", "wrong-details", "not-answering", "not-confirmed"]
AskReason = Literal["nothing-heard", "said-to-be-gone", "not-reached"]

RULES_VERSION: Final = 1
FLOOR: Final = 40.0
"""Where time alone leads: below ASK, and above DOUBT."""
ASK: Final = 50.0
"""Below it the owner is asked; a listing that evidence doubted or hid is brought back from here on."""
DOUBT: Final = 30.0
HIDE: Final = 10.0
SCORE_MAX: Final = 100.0
CHECK_OPEN_DAYS: Final = 21
"""So long an answer is waited for; then the question counts as unanswered, and is put once more."""
_SECONDS_A_DAY: Final = 86_400.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Signal:
    """What one kind of happening is worth, and how that fades."""

    points: float
    half_life_days: float | None
    """None: it does not fade, it is put aside or stands."""
    counted_max: int = 1
    """How many of the latest of its kind count: many of one kind prove little more than a few."""
    put_aside_by: frozenset[Kind] = frozenset()
    """What happened later and makes it old news."""


_SIGNS_OF_LIFE: Final = frozenset[Kind]({"attended", "started", "answered", "confirmed", "kept"})
_REACHED: Final = frozenset[Kind]({"delivered", "answered", "confirmed", "kept"})
_PUT_RIGHT: Final = frozenset[Kind]({"confirmed", "kept"})

SIGNALS: Final[Mapping[Kind, Signal]] = {
    # Somebody who keeps the listing wrote it, changed it or stood by it.
    "kept": Signal(points=45, half_life_days=180),
    # Somebody who was sent there got there.
    "attended": Signal(points=60, half_life_days=180),
    "started": Signal(points=50, half_life_days=180),
    # The group said anything of somebody who was sent, were it that it is full.
    "answered": Signal(points=45, half_life_days=120),
    # The owner tapped that it runs.
    "confirmed": Signal(points=60, half_life_days=270),
    # A message arrived: worth nothing by itself, and what bounced before is old news.
    "delivered": Signal(points=0, half_life_days=None),
    "bounced": Signal(points=-25, half_life_days=60, counted_max=2, put_aside_by=_REACHED),
    "unanswered-nudge": Signal(
        points=-8, half_life_days=60, counted_max=3, put_aside_by=_SIGNS_OF_LIFE
    ),
    "unanswered-check": Signal(
        points=-20, half_life_days=None, counted_max=2, put_aside_by=_SIGNS_OF_LIFE
    ),
    "marked-wrong": Signal(points=-40, half_life_days=180, put_aside_by=_PUT_RIGHT),
    "said-gone": Signal(points=-60, half_life_days=365, counted_max=2, put_aside_by=_SIGNS_OF_LIFE),
    # The owner tapped that it runs no longer: that is the end, whatever was before.
    "gone-confirmed": Signal(
        points=-100, half_life_days=None, put_aside_by=frozenset({"confirmed", "kept"})
    ),
}
COUNTED_MAX: Final = max(signal.counted_max for signal in SIGNALS.values())


@dataclass(frozen=True, slots=True)
class Happening:
    """One thing that happened to a listing: when, and who told it."""

    kind: Kind
    at: datetime
    source: str


@dataclass(frozen=True, slots=True)
class Part:
    """What one happening is worth now."""

    happening: Happening
    points: float
    put_aside_by: Kind | None
    counts: bool


@dataclass(frozen=True, slots=True)
class Weighed:
    """A score, and every part it is made of."""

    score: float
    parts: tuple[Part, ...]

    def counting(self, *kinds: Kind) -> bool:
        """Whether anything of these kinds counts now."""
        return any(part.counts and part.happening.kind in kinds for part in self.parts)


@dataclass(frozen=True, slots=True)
class Decided:
    """What is to be done about a listing."""

    step: Step | None = None
    reason: Reason | None = None
    ask: AskReason | None = None


def weigh(happened: Iterable[Happening], now: datetime) -> Weighed:
    """Weigh what happened as it stands now."""
    latest_first = sorted(happened, key=lambda one: (one.at, one.kind, one.source), reverse=True)
    latest: dict[Kind, datetime] = {}
    for one in latest_first:
        latest.setdefault(one.kind, one.at)
    counted: dict[Kind, int] = {}
    parts: list[Part] = []
    for one in latest_first:
        signal = SIGNALS[one.kind]
        aside = _put_aside_by(one, signal, latest)
        counts = aside is None and counted.get(one.kind, 0) < signal.counted_max
        if counts:
            counted[one.kind] = counted.get(one.kind, 0) + 1
        parts.append(Part(one, _points(one, signal, now) if counts else 0.0, aside, counts))
    return Weighed(_score(parts), tuple(parts))


def decide(
    weighed: Weighed, state: str, *, taken_by_evidence: bool, is_asked: bool, may_ask: bool = True
) -> Decided:
    """Say what follows from a score, for a listing in this state.

    ``taken_by_evidence``: the state was brought about by evidence, not by somebody. ``is_asked``:
    the owner was asked and may still answer. What somebody hid evidence does not bring back.
    """
    is_public = state in {"published", "doubted"}
    wants = weighed.score < ASK and is_public and not is_asked and may_ask
    ask = _ask_reason(weighed) if wants else None
    if is_public and weighed.score < HIDE:
        return Decided("hide", _reason(weighed))
    if state == "published" and weighed.score < DOUBT:
        return Decided("doubt", _reason(weighed), ask)
    if weighed.score >= ASK and taken_by_evidence and state in {"doubted", "hidden"}:
        return Decided("restore")
    if state == "published" and _owner_says_wrong(weighed):
        return Decided("doubt", "wrong-details", ask)
    return Decided(ask=ask)


def _owner_says_wrong(weighed: Weighed) -> bool:
    return any(
        part.counts and part.happening.kind == "marked-wrong" and part.happening.source == "owner"
        for part in weighed.parts
    )


def _put_aside_by(one: Happening, signal: Signal, latest: Mapping[Kind, datetime]) -> Kind | None:
    found: tuple[datetime, Kind] | None = None
    for kind, at in latest.items():
        later = kind in signal.put_aside_by and at > one.at
        if later and (found is None or (at, kind) > found):
            found = (at, kind)
    return None if found is None else found[1]


def _points(one: Happening, signal: Signal, now: datetime) -> float:
    if signal.half_life_days is None:
        return signal.points
    age_days = max(0.0, (now - one.at).total_seconds() / _SECONDS_A_DAY)
    return float(signal.points * 0.5 ** (age_days / signal.half_life_days))


def _score(parts: Sequence[Part]) -> float:
    # What speaks for a listing is bounded first, so that fame outweighs no death.
    speaks_for = min(SCORE_MAX - FLOOR, sum(part.points for part in parts if part.points > 0))
    against = sum(part.points for part in parts if part.points < 0)
    return max(0.0, FLOOR + speaks_for + against)


def _reason(weighed: Weighed) -> Reason:
    if weighed.counting("said-gone", "gone-confirmed"):
        return "no-longer-runs"
    if weighed.counting("marked-wrong"):
        return "wrong-details"
    if weighed.counting("bounced", "unanswered-nudge"):
        return "not-answering"
    return "not-confirmed"


def _ask_reason(weighed: Weighed) -> AskReason:
    if weighed.counting("said-gone"):
        return "said-to-be-gone"
    return "not-reached" if weighed.counting("bounced") else "nothing-heard"
