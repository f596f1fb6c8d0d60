"""Which messages are meant, when each may go, and how one ends: rules, without a clock of their own.

Promise    One event makes at most one intent per rule, always under the same id, so a replay finds
           what it would make already there. An intent ends once: sent, suppressed or failed.
           Nothing is sent after its time, nor to a person without consent now. Once it is told
           that somebody died, nothing that waits about them is sent to anybody. The owner of a
           listing is sent a question that is still open, and no other.
Price      After a crash between the mail server's yes and our commit a message may go twice, under
           one Message-ID: a message lost is worse than one seen twice.
Not here   Where intents wait (``store``), who carries them (``gateways``).
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final, Literal
from uuid import UUID, uuid5

Helped = Literal["referrer", "person"]
RecipientKind = Helped | Literal["owner"]
State = Literal["pending", "sending", "sent", "suppressed", "failed"]
Suppression = Literal[
    "too-late",
    "no-consent",
    "no-safe-channel",
    "no-address",
    "person-messages-off",
    "died",
    "question-closed",
    "rule-off",
]
Failure = Literal["address-refused", "mail-server-refused", "card-not-available", "other"]

OPEN_STATES: Final = frozenset({"pending", "sending"})

ATTEMPTS_MAX: Final = 1_000
RETRY_FIRST_SECONDS: Final = 2.0
RETRY_MAX_SECONDS: Final = 300.0
RETRY_DOUBLINGS_MAX: Final = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One reason to write to somebody: with which words, and until when."""

    name: str
    send_within: timedelta
    asleep: Suppression = "rule-off"
    """What is said of a message that was meant before the rule was put to sleep."""


REFERRER_TOLD_RECEIVED: Final = Rule(name="referrer-told-received", send_within=timedelta(hours=48))
# What a person may be sent, when and by which words, is decided with those who answer for
# their safety; until it is, this rule sleeps outside demonstrations.
PERSON_TOLD_RECEIVED: Final = Rule(
    name="person-told-received", send_within=timedelta(hours=48), asleep="person-messages-off"
)
# The directory waits for an answer much longer: most of that time is the owner's.
LISTING_CHECK: Final = Rule(name="listing-check", send_within=timedelta(hours=48))

OF_REFERRALS: Final[Mapping[Helped, Rule]] = {
    "referrer": REFERRER_TOLD_RECEIVED,
    "person": PERSON_TOLD_RECEIVED,
}
RULES: Final[Mapping[str, Rule]] = {
    rule.name: rule for rule in (*OF_REFERRALS.values(), LISTING_CHECK)
}


def rules_awake(*, demo: bool, asks_owners: bool) -> frozenset[str]:
    """The names of the rules that make messages here."""
    asleep: set[str] = set()
    if not demo:
        asleep.add(PERSON_TOLD_RECEIVED.name)
    if not asks_owners:
        asleep.add(LISTING_CHECK.name)
    return frozenset(RULES) - asleep


@dataclass(frozen=True, slots=True, kw_only=True)
class ReferralReceived:
    """What the rules need to know of a referral that was made."""

    event_id: UUID
    referral_id: UUID
    episode_id: UUID
    person_id: UUID
    pcn_code: str
    practice_code: str
    referrer_code: str
    route: str
    messages_consented: bool
    safe_channel: str
    origin: str
    occurred_at: datetime
    recorded_at: datetime
    correlation_id: str | None = None
    traceparent: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckDue:
    """What the rules need to know of a question to the owner of a listing."""

    event_id: UUID
    check_id: UUID
    listing_id: UUID
    region_code: str
    answer_until: datetime
    origin: str
    occurred_at: datetime
    recorded_at: datetime
    correlation_id: str | None = None
    traceparent: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AboutReferral:
    """The referral a message is about, and which of those who care for it the message goes to."""

    recipient_kind: Helped
    referral_id: UUID
    episode_id: UUID
    person_id: UUID
    pcn_code: str
    practice_code: str
    referrer_code: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AboutListing:
    """The question a message puts to the owner of a listing."""

    check_id: UUID
    listing_id: UUID
    region_code: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Intent:
    """A message that is meant. It names nobody: the address is asked for when it is sent."""

    id: UUID
    rule: str
    event_id: UUID
    about: AboutReferral | AboutListing
    recorded_at: datetime
    send_until: datetime
    correlation_id: str | None = None
    traceparent: str | None = None
    attempts: int = 0

    @property
    def recipient_kind(self) -> RecipientKind:
        """Whom the message goes to."""
        return "owner" if isinstance(self.about, AboutListing) else self.about.recipient_kind

    @property
    def stream(self) -> str:
        """Where its end is told, and whose share of the sending it takes."""
        about = self.about
        return about.region_code if isinstance(about, AboutListing) else about.pcn_code


def intent_id(rule: str, event_id: UUID) -> UUID:
    """The same for the same rule and event, in every process and after every rebuild."""
    return uuid5(event_id, rule)


def intents_of(received: ReferralReceived, *, awake: Collection[str]) -> Sequence[Intent]:
    """The messages a referral asks for. One that came by import or seed asks for none."""
    if received.origin != "live":
        return ()
    return tuple(
        _intent(rule, recipient_kind, received)
        for recipient_kind, rule in OF_REFERRALS.items()
        if rule.name in awake and _wanted(recipient_kind, received)
    )


def intents_of_check(due: CheckDue, *, awake: Collection[str]) -> Sequence[Intent]:
    """The message a question asks for. One that came by import or seed asks for none."""
    if due.origin != "live" or LISTING_CHECK.name not in awake:
        return ()
    intent = Intent(
        id=intent_id(LISTING_CHECK.name, due.event_id),
        rule=LISTING_CHECK.name,
        event_id=due.event_id,
        about=AboutListing(
            check_id=due.check_id, listing_id=due.listing_id, region_code=due.region_code
        ),
        recorded_at=due.recorded_at,
        send_until=min(due.occurred_at + LISTING_CHECK.send_within, due.answer_until),
        correlation_id=due.correlation_id,
        traceparent=due.traceparent,
    )
    return (intent,)


def _wanted(recipient_kind: Helped, received: ReferralReceived) -> bool:
    if recipient_kind == "person":
        return received.messages_consented and received.safe_channel == "email"
    # Who refers themselves has no referrer to be told.
    return received.route != "self"


def _intent(rule: Rule, recipient_kind: Helped, received: ReferralReceived) -> Intent:
    return Intent(
        id=intent_id(rule.name, received.event_id),
        rule=rule.name,
        event_id=received.event_id,
        about=AboutReferral(
            recipient_kind=recipient_kind,
            referral_id=received.referral_id,
            episode_id=received.episode_id,
            person_id=received.person_id,
            pcn_code=received.pcn_code,
            practice_code=received.practice_code,
            referrer_code=received.referrer_code,
        ),
        recorded_at=received.recorded_at,
        send_until=received.occurred_at + rule.send_within,
        correlation_id=received.correlation_id,
        traceparent=received.traceparent,
    )


@dataclass(frozen=True, slots=True)
class Card:
    """How somebody can be written to now, as the service that knows says."""

    email: str | None
    name: str | None = None
    messages_consented: bool = True
    safe_channel: str = "email"
    deceased: bool = False


@dataclass(frozen=True, slots=True)
class Question:
    """What the owner of a listing is asked now, how they are reached and by what they answer."""

    email: str | None = field(repr=False)
    listing_name: str
    answer_until: datetime
    token: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Sent:
    """A mail server took it over."""


@dataclass(frozen=True, slots=True)
class Suppressed:
    """It is not sent, on purpose."""

    reason: Suppression


@dataclass(frozen=True, slots=True)
class Failed:
    """It could not be delivered and will not be tried again."""

    reason: Failure


@dataclass(frozen=True, slots=True)
class Trouble:
    """This try came to nothing, and another may not."""

    reason: Failure


@dataclass(frozen=True, slots=True)
class Again:
    """It waits for another try."""

    next_attempt_at: datetime


End = Sent | Suppressed | Failed


def refused_before_trying(
    intent: Intent, now: datetime, *, awake: Collection[str]
) -> Suppressed | Failed | None:
    """Why this try must not be made, if it must not; ``attempts`` counts it already.

    What was never tried in time is suppressed. What was, has failed: somebody waited for it.
    """
    if intent.rule not in awake:
        return Suppressed(RULES[intent.rule].asleep)
    if now < intent.send_until:
        return None
    return Suppressed("too-late") if intent.attempts <= 1 else Failed("other")


def refused_by_card(intent: Intent, card: Card | None) -> Suppressed | None:
    """Why the recipient must not be written to as things stand now, if so."""
    if intent.recipient_kind == "person" and card is not None:
        if card.deceased:
            return Suppressed("died")
        if not card.messages_consented:
            return Suppressed("no-consent")
        if card.safe_channel != "email":
            return Suppressed("no-safe-channel")
    if card is None or not card.email:
        return Suppressed("no-address")
    return None


def refused_by_question(question: Question | None) -> Suppressed | None:
    """Why the owner of a listing must not be asked as things stand now, if so."""
    if question is None:
        return Suppressed("question-closed")
    return None if question.email else Suppressed("no-address")


def after_trouble(
    intent: Intent, trouble: Trouble, now: datetime, *, chance: float
) -> Again | Failed:
    """When to try again, or that it is no use: the time is up, or the tries are.

    ``chance`` in [0, 1) spreads the tries of many intents that met the same trouble.
    """
    doublings = min(intent.attempts, RETRY_DOUBLINGS_MAX)
    pause_seconds = min(RETRY_FIRST_SECONDS * 2**doublings, RETRY_MAX_SECONDS)
    # Between half of the pause and all of it.
    next_attempt_at = now + timedelta(seconds=pause_seconds * (1 + chance) / 2)
    if intent.attempts >= ATTEMPTS_MAX:
        return Failed(trouble.reason)
    if next_attempt_at < intent.send_until:
        return Again(next_attempt_at)
    if now < intent.send_until:
        # One last try just before the end.
        last = intent.send_until - timedelta(seconds=RETRY_FIRST_SECONDS)
        return Again(last) if last > now else Failed(trouble.reason)
    return Failed(trouble.reason)
