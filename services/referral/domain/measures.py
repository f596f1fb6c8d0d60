"""Scores, exactly as published: from answers, without ever guessing one that was not given.

Promise    A score that needs an answer nobody gave is null and says why; null is never nought, and
           an answer outside its range is refused. A follow-up is compared with one baseline of the
           same instrument and version, or with none.
Price      Half an instrument is kept and scores nothing that needs the other half.
Not here   What is asked and in which range: ``domain.instruments``.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any, Final, Literal, TypeAlias
from uuid import UUID

from services.referral.domain.episodes import Referral
from services.referral.domain.instruments import INSTRUMENTS, Instrument, Item, ScoreRule
from services.referral.domain.refusals import ReferralNotOpen, Refused

Answer: TypeAlias = int | str | None
Occasion: TypeAlias = Literal["baseline", "follow-up", "other"]
Missing: TypeAlias = Literal["not-answered", "items-missing", "not-named"]

_CONCERN: Final = "concern_"


class InstrumentNotKnown(Refused):
    """There is no such version of such an instrument."""

    name = "instrument-not-known"


class AnswerUnfit(Refused):
    """An answer is none the instrument has: another item, beyond the range, another word."""

    name = "answer-unfit"


class ConcernNotNamed(Refused):
    """A concern is scored once the person named it, the first before the second."""

    name = "concern-not-named"


class ConcernsOfTheBaseline(Refused):
    """A follow-up asks about the concerns of its baseline, as they were written."""

    name = "concerns-of-the-baseline"


class BaselineStands(Refused):
    """The episode has a baseline by this instrument."""

    name = "baseline-stands"
    conflicts = True


class BaselineUnfit(Refused):
    """What should be followed up is no baseline of this instrument and episode, or came later."""

    name = "baseline-unfit"


class MeasureVoided(Refused):
    """Nothing of it stands any more."""

    name = "measure-voided"
    conflicts = True


@dataclass(frozen=True, slots=True)
class Score:
    """One score; without a value it says what is missing, unless its band is the answer."""

    name: str
    value: Decimal | None
    band: str | None
    missing: Missing | None


@dataclass(frozen=True, slots=True)
class Scored:
    """Every score of an instrument, and whether everything it needs was answered."""

    scores: tuple[Score, ...]
    complete: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Baseline:
    """A measure that another could follow up."""

    id: UUID
    instrument: str
    instrument_version: int
    occasion: str
    occurred_at: datetime
    concerns: int
    voided: bool = False
    baseline_id: UUID | None = None
    """What it follows up itself."""


@dataclass(slots=True, kw_only=True)
class MeasureHeld:
    """A measure as it stands, with the words about it, which no rule looks at."""

    id: UUID
    practice_code: str
    referral_id: UUID
    episode_id: UUID
    instrument: str
    instrument_version: int
    occasion: Occasion
    baseline_id: UUID | None
    answered_by: str
    answers: Mapping[str, Answer]
    concerns: Sequence[Mapping[str, Any]]
    scores: Sequence[Score]
    complete: bool
    note: str | None
    occurred_at: datetime
    version: int = 1
    voided_at: datetime | None = None


def instrument_of(code: str, version: int) -> Instrument:
    """Give one version of an instrument."""
    found = INSTRUMENTS.get((code, version))
    if found is None:
        raise InstrumentNotKnown("There is no such version of this instrument.", "/version")
    return found


def score(instrument: Instrument, answers: Mapping[str, Answer], *, concerns: int = 0) -> Scored:
    """Score answers; ``concerns`` is how many of their own the person named."""
    if any(instrument.item(key) is None for key in answers):
        # What was sent is never repeated, and a key is sent like everything else.
        asked = ", ".join(item.key for item in instrument.items)
        raise AnswerUnfit(f"The instrument asks no other than: {asked}.", "/answers")
    values = {
        item.key: _value(item, answers.get(item.key))
        for item in instrument.items
        if _is_asked(instrument, item, concerns, answers.get(item.key))
    }
    needed = [item.key for item in instrument.items if item.needed and item.key in values]
    return Scored(
        scores=tuple(_score(rule, values, answers) for rule in instrument.scores),
        complete=all(values[key] is not None for key in needed),
    )


def improvement(rule: ScoreRule, baseline: Score, follow_up: Score) -> Decimal | None:
    """By how much a score is better than at its baseline; None where either is missing."""
    if rule.better is None or baseline.value is None or follow_up.value is None:
        return None
    change = follow_up.value - baseline.value
    return change if rule.better == "higher" else -change


def check_may_record(
    referral: Referral, instrument: Instrument, occasion: Occasion, standing: Sequence[Baseline]
) -> None:
    """A baseline is taken once, while somebody works on it; a follow-up may come after the end."""
    if occasion != "baseline":
        return
    if not referral.is_open:
        raise ReferralNotOpen(f"This referral is {referral.status}.")
    if any(_is_baseline_by(one, instrument.code) for one in standing):
        raise BaselineStands("There is a baseline by this instrument. Correct it if it is wrong.")


def baseline_for(
    instrument: Instrument,
    occasion: Occasion,
    named: UUID | None,
    at: datetime,
    known: Sequence[Baseline],
) -> Baseline | None:
    """Give what a measure follows up: the baseline named, else the one there is, if there is one."""
    if occasion != "follow-up":
        if named is not None:
            raise BaselineUnfit("Only a follow-up has a baseline.", "/baseline_id")
        return None
    fitting = [
        one
        for one in known
        if _is_baseline_by(one, instrument.code)
        and one.instrument_version == instrument.version
        and one.occurred_at <= at
        and named in {None, one.id}
    ]
    if fitting:
        return fitting[0]
    if named is not None or instrument.concerns_max:
        raise BaselineUnfit(
            "Name a baseline by this instrument, in this episode, that was taken before.",
            "/baseline_id",
        )
    return None


def check_place_in_time(
    held: "MeasureHeld", baseline: Baseline | None, known: Sequence[Baseline]
) -> None:
    """A baseline was taken before everything that stands and follows it up."""
    if baseline is not None and not baseline.voided and baseline.occurred_at > held.occurred_at:
        raise BaselineUnfit("This is before the baseline it follows up.", "/occurred_at")
    if any(
        one.baseline_id == held.id and not one.voided and one.occurred_at < held.occurred_at
        for one in known
    ):
        raise BaselineUnfit("This is after what follows it up.", "/occurred_at")


def concerns_named(
    instrument: Instrument, occasion: Occasion, given: int, baseline: Baseline | None
) -> int:
    """How many concerns are scored: those named now, or at the baseline and never edited."""
    if not instrument.concerns_max:
        if given:
            raise AnswerUnfit("The instrument does not ask for concerns.", "/concerns")
        return 0
    if occasion == "follow-up":
        if given:
            raise ConcernsOfTheBaseline(
                "A follow-up asks about the concerns as they were first written.", "/concerns"
            )
        return baseline.concerns if baseline else 0
    if not 1 <= given <= instrument.concerns_max:
        raise ConcernNotNamed("Write down one or two concerns in the person's words.", "/concerns")
    return given


def _is_baseline_by(one: Baseline, code: str) -> bool:
    return one.occasion == "baseline" and one.instrument == code and not one.voided


def _is_asked(instrument: Instrument, item: Item, concerns: int, given: Answer) -> bool:
    if not (instrument.concerns_max and item.key.startswith(_CONCERN)):
        return True
    asked = int(item.key.removeprefix(_CONCERN)) <= concerns
    if not asked and given is not None:
        raise ConcernNotNamed("Name this concern before it is scored.", f"/answers/{item.key}")
    return asked


def _value(item: Item, given: Answer) -> int | None:
    """Give the number of an answer; what was not answered has none."""
    if given is None:
        return None
    if item.words is not None:
        if not isinstance(given, str) or given not in item.words:
            words = ", ".join(item.words)
            raise AnswerUnfit(f"Answer with one of: {words}.", f"/answers/{item.key}")
        return item.words[given]
    # A truth value is a number to Python and no answer to anybody.
    whole = isinstance(given, int) and not isinstance(given, bool)
    if not whole or not item.low <= int(given) <= item.high:
        raise AnswerUnfit(
            f"Answer with a whole number from {item.low} to {item.high}.", f"/answers/{item.key}"
        )
    return int(given)


def _score(
    rule: ScoreRule, values: Mapping[str, int | None], answers: Mapping[str, Answer]
) -> Score:
    asked = [key for key in rule.items if key in values]
    if not asked:
        return Score(rule.name, None, None, "not-named")
    given = [value for key in asked if (value := values[key]) is not None]
    if len(given) < len(rule.items):
        missing: Missing = "items-missing" if len(rule.items) > 1 else "not-answered"
        return Score(rule.name, None, None, missing)
    if rule.kind == "coded":
        return Score(rule.name, None, str(answers[asked[0]]).replace("_", "-"), None)
    total = sum(given)
    value = Decimal(total) if rule.table is None else rule.table[total]
    return Score(rule.name, value, _band(rule, total), None)


def _band(rule: ScoreRule, value: int) -> str | None:
    return next((band.name for band in rule.bands if band.low <= value <= band.high), None)
