"""The message that goes back to the practice and the referrer when support ends.

Shaped by the social prescribing information standard: its sections in its order, each with what is
on record and empty where nothing is.

Promise    A document says what stood when the support ended and never changes; its hash is over
           exactly the bytes that are stored. A referrer gets no more than what became of their own
           referral.
Price      A correction that comes later is in the record and not in the message.
Not here   Reading the records: ``store.closing``. Handing it over: ``domain.writeback``.
"""

import hashlib
import json
from dataclasses import asdict, dataclass, replace
from datetime import date, datetime
from typing import Any, Final, Literal, TypeAlias
from uuid import UUID

FORMAT: Final = "message-back/1"
GOALS_MAX: Final = 100
ONWARD_MAX: Final = 100
MEASURES_MAX: Final = 100

RecipientKind: TypeAlias = Literal["practice", "referrer"]


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonDemographics:
    """Who it is about."""

    person_name: str
    preferred_name: str | None
    date_of_birth: date
    address: tuple[str, ...]
    postcode: str | None
    nhs_number: str | None
    gender: str | None
    ethnic_category: str | None
    phone: str | None
    email: str | None
    preferred_contact_method: str | None
    preferred_language: str | None
    interpreter_needed: bool | None


@dataclass(frozen=True, slots=True, kw_only=True)
class PlaceNamed:
    """An organisation, with its code."""

    name: str | None
    code: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ReferralIn:
    """How the person came to be supported."""

    referral_id: UUID
    referred_at: datetime
    referrer: PlaceNamed
    source: str
    urgency: str
    reasons: tuple[str, ...]
    reason_in_words: str | None
    reference: str | None
    status: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedGoal:
    """One goal and where it stood."""

    goal: str | None
    need: str | None
    status: str
    target_date: date | None


@dataclass(frozen=True, slots=True, kw_only=True)
class AboutMe:
    """What the person said of themselves, as their plan holds it."""

    what_matters_to_me: str | None
    how_best_to_support_me: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class MeasureScore:
    """One score, exactly as it was worked out; nothing where something was not answered."""

    name: str
    value: str | None
    band: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class OutcomeMeasure:
    """One instrument the person answered."""

    instrument: str
    instrument_version: int
    taken_at: datetime
    occasion: str
    answered_by: str
    complete: bool
    scores: tuple[MeasureScore, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class OnwardService:
    """One listing the person was sent on to."""

    listing_id: UUID
    need: str
    offered_at: datetime
    status: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ContactsHad:
    """How often they spoke, and who with."""

    count: int
    first_at: datetime | None
    last_at: datetime | None
    worker_id: UUID | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Closure:
    """How it ended."""

    closed_at: datetime
    outcome: str
    what_next: str
    summary: str | None
    days_open: int
    goals_set: int
    goals_met: int
    clinical_codes: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Provenance:
    """Who completed it and when, and who else gets it."""

    completed_by: UUID | None
    recorded_at: datetime
    service: PlaceNamed
    distribution: tuple[PlaceNamed, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageBack:
    """One message, as its recipient gets it."""

    format: str
    recipient_kind: RecipientKind
    recipient: PlaceNamed
    person_demographics: PersonDemographics
    gp_practice: PlaceNamed
    referrals: tuple[ReferralIn, ...]
    access_needs: tuple[str, ...]
    about_me: AboutMe
    needs_and_concerns: tuple[str, ...]
    plan_and_goals: tuple[PlannedGoal, ...]
    outcome_measures: tuple[OutcomeMeasure, ...]
    onward_services: tuple[OnwardService, ...]
    contacts: ContactsHad
    closure: Closure
    provenance: Provenance


def for_referrer(whole: MessageBack, referrer: PlaceNamed) -> MessageBack:
    """Give a referrer's share: who it was, their own referral, and what came of the support.

    What the person said, how they can be reached and where they were sent on to stay out of it.
    """
    known = whole.person_demographics
    own = tuple(one for one in whole.referrals if one.referrer.code == referrer.code)
    return replace(
        whole,
        recipient_kind="referrer",
        recipient=referrer,
        person_demographics=PersonDemographics(
            person_name=known.person_name,
            preferred_name=known.preferred_name,
            date_of_birth=known.date_of_birth,
            address=(),
            postcode=None,
            nhs_number=None,
            gender=None,
            ethnic_category=None,
            phone=None,
            email=None,
            preferred_contact_method=None,
            preferred_language=None,
            interpreter_needed=None,
        ),
        referrals=own,
        access_needs=(),
        about_me=AboutMe(what_matters_to_me=None, how_best_to_support_me=None),
        needs_and_concerns=tuple(dict.fromkeys(need for one in own for need in one.reasons)),
        plan_and_goals=(),
        outcome_measures=(),
        onward_services=(),
        closure=replace(whole.closure, summary=None, clinical_codes=()),
    )


def referrers_beside(whole: MessageBack) -> tuple[PlaceNamed, ...]:
    """Give who referred and is neither the practice, which gets the whole, nor the service."""
    reached = {whole.gp_practice.code, whole.provenance.service.code}
    named = {one.referrer.code: one.referrer for one in whole.referrals}
    return tuple(place for code, place in sorted(named.items()) if code not in reached)


def written(message: MessageBack) -> str:
    """Write a message as it is stored and sent: the same message always as the same bytes."""
    return json.dumps(
        asdict(message), default=_text, ensure_ascii=False, separators=(",", ":"), sort_keys=True
    )


def content_hash(document: str) -> str:
    """Give the hash by which a recipient can tell that nothing was changed."""
    return hashlib.sha256(document.encode()).hexdigest()


def _text(value: Any) -> str:
    return value.isoformat() if isinstance(value, date | datetime) else str(value)
