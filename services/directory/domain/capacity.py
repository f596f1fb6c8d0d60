"""What room a listing has: an estimate from answers, with how sure it is, and the group's own word.

Promise    No room or some room: that turns by evidence alone. As time passes every answer counts less,
           so an estimate comes nearer to even and crosses it never; below ``CONFIDENCE_MIN`` nothing
           is claimed. A full answer never raises the room, an acceptance never lowers it.
Price      What nobody answers to is not known, however many were sent there.
Not here   Keeping answers and telling changes: ``use_cases.capacity``.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from statistics import median
from typing import Final, Literal

Status = Literal["has-capacity", "no-capacity", "waitlist", "assessment-needed"]
Source = Literal["group", "worker", "full-until", "estimate"]
AnswerKind = Literal["accepted", "came", "full", "found-full", "not-suitable"]

RULES_VERSION: Final = 1
STATUSES: Final[tuple[Status, ...]] = (
    "has-capacity",
    "no-capacity",
    "waitlist",
    "assessment-needed",
)
HALF_LIFE_DAYS: Final = 60.0
EVEN: Final = 0.5
PRIOR: Final = 1.0
"""As much is put on either side before anything is known: one answer alone claims little."""
CONFIDENCE_MIN: Final = 0.2
WAITS_COUNTED_MAX: Final = 10
WAITLIST_FROM_DAYS: Final = 28.0
"""Where half of those who came last waited so long or longer, there is a list."""
UNSUITABLE_SHARE: Final = 0.5
UNSUITABLE_MIN: Final = 2
"""Where so many, and half of all, were found not suitable, the group decides case by case."""
WORD_DAYS: Final = 60
"""So long somebody's word overrides what is reckoned, unless it says until when it holds."""
WORD_HALF_LIFE_DAYS: Final = 30.0
_SECONDS_A_DAY: Final = 86_400.0

# How much each answer says for room, and against it.
_FOR: Final[dict[AnswerKind, float]] = {"accepted": 1.0, "came": 0.5}
_AGAINST: Final[dict[AnswerKind, float]] = {"full": 1.0, "found-full": 0.5}


@dataclass(frozen=True, slots=True)
class Answer:
    """One thing that says something about room: when, and how long it had been waited for."""

    kind: AnswerKind
    at: datetime
    waited_days: float | None = None
    full_until: date | None = None


@dataclass(frozen=True, slots=True)
class Word:
    """What the group, or a worker on its behalf, said of its room."""

    status: Status
    at: datetime
    told_by: Literal["group", "worker"]
    until: date | None = None


@dataclass(frozen=True, slots=True)
class Estimate:
    """What is known of the room of a listing; ``status`` is None where nothing is."""

    status: Status | None
    confidence: float
    room: float
    source: Source
    as_of: datetime | None

    @property
    def is_accepting(self) -> bool:
        """Whether somebody may be sent there now: unless it is known that there is no room."""
        return self.status != "no-capacity"


def estimate(answers: Iterable[Answer], word: Word | None, now: datetime) -> Estimate:
    """Estimate the room as it stands now: a word that holds, a closed door that is dated, the rest."""
    latest_first = sorted(answers, key=lambda one: (one.at, one.kind), reverse=True)
    reckoned = _reckoned(latest_first, now)
    if word is not None and _holds(word, now):
        sure = max(EVEN, _fading(word.at, now, WORD_HALF_LIFE_DAYS))
        return Estimate(word.status, sure, _room_of(word.status), word.told_by, word.at)
    closed = _closed(latest_first, now)
    if closed is not None and (word is None or closed.at > word.at):
        sure = max(EVEN, _fading(closed.at, now, HALF_LIFE_DAYS))
        return Estimate("no-capacity", sure, min(reckoned.room, EVEN), "full-until", closed.at)
    return reckoned


def _reckoned(latest_first: Sequence[Answer], now: datetime) -> Estimate:
    speaks_for = sum(
        _FOR.get(one.kind, 0.0) * _fading(one.at, now, HALF_LIFE_DAYS) for one in latest_first
    )
    against = sum(
        _AGAINST.get(one.kind, 0.0) * _fading(one.at, now, HALF_LIFE_DAYS)
        for one in latest_first
        # "Full until" says by itself when it is over.
        if one.full_until is None or one.full_until > now.date()
    )
    known = speaks_for + against
    room = (speaks_for + PRIOR) / (known + 2 * PRIOR)
    confidence = known / (known + 2 * PRIOR)
    status: Status | None = None
    if confidence >= CONFIDENCE_MIN and room != EVEN:
        status = _kind_of_room(latest_first) if room > EVEN else "no-capacity"
    as_of = latest_first[0].at if latest_first else None
    return Estimate(status, confidence, room, "estimate", as_of)


def _kind_of_room(latest_first: Sequence[Answer]) -> Status:
    """Room at once, after a wait, or for some: by the latest answers, however old they are."""
    waits = [one.waited_days for one in latest_first if one.waited_days is not None]
    judged = [one for one in latest_first if one.kind in {"accepted", "not-suitable"}]
    unsuitable = [one for one in judged[:WAITS_COUNTED_MAX] if one.kind == "not-suitable"]
    if len(unsuitable) >= UNSUITABLE_MIN and len(unsuitable) >= UNSUITABLE_SHARE * len(
        judged[:WAITS_COUNTED_MAX]
    ):
        return "assessment-needed"
    if waits and median(waits[:WAITS_COUNTED_MAX]) >= WAITLIST_FROM_DAYS:
        return "waitlist"
    return "has-capacity"


def _closed(latest_first: Sequence[Answer], now: datetime) -> Answer | None:
    """The latest 'full until' whose day has not come, unless somebody was taken since."""
    for one in latest_first:
        if one.kind in _FOR:
            return None
        if one.full_until is not None:
            return one if one.full_until > now.date() else None
    return None


def _holds(word: Word, now: datetime) -> bool:
    if word.until is not None:
        return now.date() < word.until
    return now < word.at + timedelta(days=WORD_DAYS)


def _room_of(status: Status) -> float:
    rooms: dict[Status, float] = {
        "has-capacity": 1.0,
        "assessment-needed": 0.6,
        "waitlist": 0.3,
        "no-capacity": 0.0,
    }
    return rooms[status]


def _fading(at: datetime, now: datetime, half_life_days: float) -> float:
    age_days = max(0.0, (now - at).total_seconds() / _SECONDS_A_DAY)
    return float(0.5 ** (age_days / half_life_days))
