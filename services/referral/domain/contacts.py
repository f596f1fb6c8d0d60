"""A contact: made, missed or only attempted; what is recorded of it can turn out to be otherwise.

Promise    Only contacts made are counted and end the wait. A correction puts a version aside and
           never overwrites it; a contact that was voided stays so. A number once given is given
           to no other contact, so what was told under it stays true of that contact.
Price      Which contact is the first can change: whoever counts waits is told which one it is.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal, TypeAlias
from uuid import UUID

from services.referral.domain.episodes import Episode, Referral
from services.referral.domain.refusals import NothingCorrected, Refused

ContactOutcome: TypeAlias = Literal["attempted", "missed", "made"]


@dataclass(frozen=True, slots=True)
class Dangers:
    """The dangers a contact names after it was put right, and what that changed."""

    named: tuple[str, ...]
    new: tuple[str, ...]
    """An alarm is raised for these, as the contact would have."""
    taken_back: tuple[str, ...]
    """No alarm is lowered for these: whoever answers it says what came of it."""


def put_right(known: Sequence[str], said: Sequence[str] | None) -> Dangers:
    """Compare the dangers that stand with those said now; None leaves them as they are."""
    if said is None:
        return Dangers(tuple(known), (), ())
    return Dangers(
        tuple(said),
        tuple(one for one in said if one not in known),
        tuple(one for one in known if one not in said),
    )


class ContactOutcomeUnfit(Refused):
    """What is said of the contact does not go together with what came of it."""

    name = "contact-outcome-unfit"


class ContactIsVoid(Refused):
    """The contact was voided: nothing of it stands that could be corrected."""

    name = "contact-void"
    conflicts = True


@dataclass(frozen=True, slots=True)
class ContactFact:
    """What is said of one contact, in codes and times; the words about it are not decided on."""

    outcome: ContactOutcome
    missed_reason: str | None
    mode: str
    minutes: int | None
    role: str
    with_role: str | None
    understanding: str | None
    occurred_at: datetime

    def check_fits(self) -> None:
        """Who was not there has a reason, and only they; who was spoken with may have understood."""
        if self.outcome == "missed" and self.missed_reason is None:
            raise ContactOutcomeUnfit("A contact that was missed says why.", "/missed_reason")
        if self.outcome != "missed" and self.missed_reason is not None:
            raise ContactOutcomeUnfit("Only a contact that was missed says why.", "/missed_reason")
        if self.outcome != "made" and self.understanding is not None:
            raise ContactOutcomeUnfit(
                "Only somebody spoken with can have understood.", "/understanding"
            )


@dataclass(slots=True)
class Contact:
    """One contact as it stands."""

    id: UUID
    episode_id: UUID
    referral_id: UUID
    practice_code: str
    worker_id: UUID | None
    fact: ContactFact
    number: int | None
    """Its place among the contacts made of the episode, in the order they became known."""
    version: int = 1
    voided_at: datetime | None = None

    @property
    def counts(self) -> bool:
        """Whether it is a contact made that still stands."""
        return self.fact.outcome == "made" and self.voided_at is None


@dataclass(frozen=True, slots=True)
class Counted:
    """A contact made that stands, as far as waits need to know it."""

    contact_id: UUID
    number: int
    occurred_at: datetime
    practice_code: str


@dataclass(frozen=True, slots=True)
class Supersession:
    """One version of a contact put aside, and what that means for the episode's first contact."""

    previous: ContactFact
    previous_number: int | None
    supersedes: int
    was_first: bool
    is_first: bool
    next_first: Counted | None
    """Who is first instead, where this contact was and is no longer."""
    aggregate_version: int


def record(
    episode: Episode, referral: Referral, fact: ContactFact, worker_id: UUID | None
) -> tuple[int | None, int]:
    """Take a contact; answers its number, if it was made, and the episode's version."""
    fact.check_fits()
    if fact.outcome == "made":
        return episode.record_contact(referral, worker_id)
    return None, episode.note_attempt(referral)


def correct(
    episode: Episode,
    contact: Contact,
    fact: ContactFact,
    counted: Iterable[Counted],
    *,
    other_words: bool = False,
) -> Supersession:
    """Say how a contact was instead; one that turns out to have been made takes the next number.

    ``other_words`` where what was written about it changes, which no rule looks at.
    """
    _check_stands(contact)
    fact.check_fits()
    if fact == contact.fact and not other_words:
        raise NothingCorrected("This is what stands already.")
    previous, previous_number = contact.fact, contact.number
    contact.fact = fact
    if not contact.counts:
        contact.number = None
    elif contact.number is None:
        episode.contact_count += 1
        contact.number = episode.contact_count
    if contact.counts and previous.outcome != "made":
        episode.begin_with(contact.worker_id)
    return _supersede(episode, contact, previous, previous_number, counted)


def void(
    episode: Episode, contact: Contact, voided_at: datetime, counted: Iterable[Counted]
) -> Supersession:
    """Say that a contact never was."""
    _check_stands(contact)
    contact.voided_at = voided_at
    return _supersede(episode, contact, contact.fact, contact.number, counted)


def amended(fact: ContactFact, **changes: object) -> ContactFact:
    """What is said with some of it said otherwise; what no longer fits the outcome falls away."""
    outcome = changes.get("outcome", fact.outcome)
    if outcome != "missed":
        changes.setdefault("missed_reason", None)
    if outcome != "made":
        changes.setdefault("understanding", None)
    return replace(fact, **changes)  # pyright: ignore[reportArgumentType]


def _check_stands(contact: Contact) -> None:
    if contact.voided_at is not None:
        raise ContactIsVoid("This contact was voided. Record another one if there was one.")


def _supersede(
    episode: Episode,
    contact: Contact,
    previous: ContactFact,
    previous_number: int | None,
    counted: Iterable[Counted],
) -> Supersession:
    """``counted`` are the episode's contacts made as they stood, at least the first two."""
    others = [one for one in counted if one.contact_id != contact.id]
    first_other = min(others, key=lambda one: one.number, default=None)
    was_first = _precedes(previous_number if previous.outcome == "made" else None, first_other)
    is_first = _precedes(contact.number if contact.counts else None, first_other)
    supersedes = contact.version
    contact.version += 1
    return Supersession(
        previous,
        previous_number,
        supersedes,
        was_first,
        is_first,
        first_other if was_first and not is_first else None,
        episode.next_version(),
    )


def _precedes(number: int | None, other: Counted | None) -> bool:
    return number is not None and (other is None or number < other.number)
