"""Which messages are meant, until when, and how one ends."""

import string
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any, get_args
from uuid import UUID, uuid4

from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from contracts import codes
from services.notifications.domain import (
    ATTEMPTS_MAX,
    LISTING_CHECK,
    OF_REFERRALS,
    PERSON_TOLD_RECEIVED,
    REFERRER_TOLD_RECEIVED,
    RETRY_MAX_SECONDS,
    RULES,
    Again,
    Card,
    CheckDue,
    Failed,
    Failure,
    Intent,
    Question,
    ReferralReceived,
    Sent,
    Suppressed,
    Suppression,
    Trouble,
    after_trouble,
    intents_of,
    intents_of_check,
    refused_before_trying,
    refused_by_card,
    refused_by_question,
    rules_awake,
)

NOON = datetime(2026, 6, 3, 12, tzinfo=UTC)
QUESTION = Question("a@example.org", "A choir", NOON + timedelta(days=21), "t" * 43)


def _received(**changes: Any) -> ReferralReceived:
    facts: dict[str, Any] = {
        "event_id": uuid4(),
        "referral_id": uuid4(),
        "episode_id": uuid4(),
        "person_id": uuid4(),
        "pcn_code": "U99001",
        "practice_code": "Y99001",
        "referrer_code": "Y99001",
        "route": "general-practice",
        "messages_consented": True,
        "safe_channel": "email",
        "origin": "live",
        "occurred_at": NOON,
        "recorded_at": NOON,
    }
    return ReferralReceived(**(facts | changes))


def _due(**changes: Any) -> CheckDue:
    facts: dict[str, Any] = {
        "event_id": uuid4(),
        "check_id": uuid4(),
        "listing_id": uuid4(),
        "region_code": "QZZ",
        "answer_until": NOON + timedelta(days=21),
        "origin": "live",
        "occurred_at": NOON,
        "recorded_at": NOON,
    }
    return CheckDue(**(facts | changes))


def _rules(received: ReferralReceived, *, demo: bool = True) -> set[str]:
    awake = rules_awake(demo=demo, asks_owners=True)
    return {intent.rule for intent in intents_of(received, awake=awake)}


def test_a_referral_tells_its_referrer_and_a_person_who_agreed() -> None:
    both = {REFERRER_TOLD_RECEIVED.name, PERSON_TOLD_RECEIVED.name}
    assert _rules(_received()) == both
    assert _rules(_received(messages_consented=False)) == {REFERRER_TOLD_RECEIVED.name}
    assert _rules(_received(safe_channel="none")) == {REFERRER_TOLD_RECEIVED.name}
    assert _rules(_received(safe_channel="other")) == {REFERRER_TOLD_RECEIVED.name}
    assert _rules(_received(route="self")) == {PERSON_TOLD_RECEIVED.name}


def test_what_was_imported_or_seeded_tells_nobody() -> None:
    assert _rules(_received(origin="import")) == set()
    assert _rules(_received(origin="seed")) == set()


def test_outside_demonstrations_no_person_is_written_to() -> None:
    assert _rules(_received(), demo=False) == {REFERRER_TOLD_RECEIVED.name}
    (_, person) = intents_of(_received(), awake=RULES)
    awake = rules_awake(demo=False, asks_owners=True)
    assert refused_before_trying(person, NOON, awake=awake) == Suppressed("person-messages-off")


def test_the_same_event_means_the_same_messages() -> None:
    received = _received()

    first = intents_of(received, awake=RULES)

    assert intents_of(received, awake=RULES) == first
    assert len({intent.id for intent in first}) == len(OF_REFERRALS)
    other = intents_of(_received(), awake=RULES)
    assert not {intent.id for intent in first} & {intent.id for intent in other}


def test_a_question_asks_its_owner_once_in_time_for_an_answer() -> None:
    due = _due()

    (intent,) = intents_of_check(due, awake=RULES)

    assert intents_of_check(due, awake=RULES) == (intent,)
    assert (intent.recipient_kind, intent.stream) == ("owner", "QZZ")
    assert intent.send_until == NOON + LISTING_CHECK.send_within
    soon = NOON + timedelta(hours=1)
    (late,) = intents_of_check(_due(answer_until=soon), awake=RULES)
    assert late.send_until == soon


def test_no_question_goes_out_that_was_told_of_the_past_or_is_switched_off() -> None:
    assert intents_of_check(_due(origin="import"), awake=RULES) == ()
    assert intents_of_check(_due(origin="seed"), awake=RULES) == ()
    off = rules_awake(demo=True, asks_owners=False)
    assert intents_of_check(_due(), awake=off) == ()
    # What was meant before it was switched off is not sent afterwards.
    (intent,) = intents_of_check(_due(), awake=RULES)
    assert refused_before_trying(intent, NOON, awake=off) == Suppressed("rule-off")
    assert refused_before_trying(intent, NOON, awake=RULES) is None


def test_an_owner_without_address_or_open_question_is_not_asked() -> None:
    assert refused_by_question(QUESTION) is None
    assert refused_by_question(replace(QUESTION, email=None)) == Suppressed("no-address")
    assert refused_by_question(replace(QUESTION, email="")) == Suppressed("no-address")
    assert refused_by_question(None) == Suppressed("question-closed")
    for secret in (QUESTION.token, str(QUESTION.email)):
        assert secret not in repr(QUESTION)


def test_the_reasons_are_those_the_events_can_tell() -> None:
    assert set(get_args(Suppression)) <= set(get_args(codes.SuppressionReason))
    assert set(get_args(Failure)) == set(get_args(codes.FailureReason))


def test_a_card_without_consent_channel_or_address_stops_a_message() -> None:
    referrer, person = intents_of(_received(), awake=RULES)
    good = Card("a@example.org")

    assert refused_by_card(person, good) is None
    assert refused_by_card(person, None) == Suppressed("no-address")
    assert refused_by_card(person, Card(None)) == Suppressed("no-address")
    assert refused_by_card(person, Card("a@example.org", messages_consented=False)) == Suppressed(
        "no-consent"
    )
    assert refused_by_card(person, Card("a@example.org", safe_channel="none")) == Suppressed(
        "no-safe-channel"
    )
    assert refused_by_card(person, Card("a@example.org", deceased=True)) == Suppressed("died")
    # A practice's consent is not asked for, its address is.
    assert refused_by_card(referrer, good) is None
    assert refused_by_card(referrer, Card("")) == Suppressed("no-address")


@given(
    attempts=st.integers(1, ATTEMPTS_MAX - 1),
    chance=st.floats(0, 1, exclude_max=True),
    left_seconds=st.floats(-10, 200_000),
)
def test_another_try_comes_soon_and_never_after_the_end(
    attempts: int, chance: float, left_seconds: float
) -> None:
    intent = _an_intent(attempts=attempts, send_until=NOON + timedelta(seconds=left_seconds))

    after = after_trouble(intent, Trouble("card-not-available"), NOON, chance=chance)

    if isinstance(after, Again):
        assert NOON < after.next_attempt_at < intent.send_until
        assert after.next_attempt_at <= NOON + timedelta(seconds=RETRY_MAX_SECONDS)
    else:
        assert after == Failed("card-not-available")
        assert left_seconds <= RETRY_MAX_SECONDS


def test_tries_come_to_an_end() -> None:
    intent = _an_intent(attempts=ATTEMPTS_MAX)

    assert after_trouble(intent, Trouble("other"), NOON, chance=0) == Failed("other")


@given(st.text(alphabet=string.printable, max_size=40))
def test_any_card_is_either_refused_or_has_an_address(email: str) -> None:
    (intent, _) = intents_of(_received(), awake=RULES)

    refused = refused_by_card(intent, Card(email))

    assert (refused is not None) == (email == "")


def _an_intent(**changes: Any) -> Intent:
    (intent, _) = intents_of(_received(), awake=RULES)
    return replace(intent, **changes)


class LifeOfAnIntent(RuleBasedStateMachine):
    """One intent, tried by senders that crash, with mail servers and cards that come and go.

    The model keeps what the row would: its state, its claim, and what the mail server took.
    """

    def __init__(self) -> None:
        super().__init__()
        self.now = NOON
        self.state = "pending"
        self.next_attempt_at = NOON
        self.holder: int | None = None
        self.taken_over = 0
        self.in_time = True
        self.ends: list[object] = []
        self.intent = _an_intent()

    @initialize(
        demo=st.booleans(),
        asks=st.booleans(),
        kind=st.sampled_from([0, 1, 2]),
        event=st.uuids(version=4),
    )
    def is_kept(self, demo: bool, asks: bool, kind: int, event: UUID) -> None:
        self.awake = rules_awake(demo=demo, asks_owners=asks)
        meant = (
            *intents_of(_received(event_id=event), awake=RULES),
            *intents_of_check(_due(event_id=event), awake=RULES),
        )
        self.intent = meant[kind]
        self.consented = True
        self.is_asked = True

    @rule(seconds=st.sampled_from([1, 30, 120, 3_600, 100_000]))
    def time_passes(self, seconds: int) -> None:
        self.now += timedelta(seconds=seconds)

    @rule()
    def consent_is_withdrawn(self) -> None:
        self.consented = False

    @rule()
    def question_is_closed(self) -> None:
        self.is_asked = False

    @precondition(lambda self: self.state in {"pending", "sending"})
    @rule(
        outcome=st.sampled_from(["taken", "refused", "away", "no card", "crash", "taken, crash"]),
        chance=st.floats(0, 1, exclude_max=True),
    )
    def is_tried(self, outcome: str, chance: float) -> None:
        if self.next_attempt_at > self.now:
            return
        self.state = "sending"
        self.next_attempt_at = self.now + timedelta(seconds=90)
        self.intent = replace(self.intent, attempts=self.intent.attempts + 1)
        result = self._result(outcome)
        if isinstance(result, Trouble):
            result = after_trouble(self.intent, result, self.now, chance=chance)
        if result is None:
            return  # The sender died: the claim runs out.
        if isinstance(result, Again):
            self.state, self.next_attempt_at = "pending", result.next_attempt_at
            return
        self.state = type(result).__name__.lower()
        self.ends.append(result)

    def _result(self, outcome: str) -> Any:
        refused = refused_before_trying(self.intent, self.now, awake=self.awake)
        if refused is not None:
            return refused
        if outcome == "crash":
            return None
        if outcome == "no card":
            return Trouble("card-not-available")
        if self.intent.recipient_kind == "owner":
            refused = refused_by_question(QUESTION if self.is_asked else None)
        else:
            card = Card("a@example.org", messages_consented=self.consented)
            refused = refused_by_card(self.intent, card)
        if refused is not None:
            return refused
        if outcome == "away":
            return Trouble("mail-server-refused")
        if outcome == "refused":
            return Failed("address-refused")
        self.taken_over += 1
        self.in_time = self.in_time and self.now < self.intent.send_until
        assert self.intent.rule in self.awake
        assert self.consented or self.intent.recipient_kind != "person"
        assert self.is_asked or self.intent.recipient_kind != "owner"
        return None if outcome == "taken, crash" else Sent()

    @invariant()
    def ends_once(self) -> None:
        assert len(self.ends) <= 1
        assert bool(self.ends) == (self.state in {"sent", "suppressed", "failed"})

    @invariant()
    def is_never_handed_over_late(self) -> None:
        assert self.in_time

    @invariant()
    def is_handed_over_if_said_to_be_sent(self) -> None:
        if self.state == "sent":
            assert self.taken_over >= 1
        if self.ends and self.state == "suppressed" and self.intent.attempts == 1:
            assert self.taken_over == 0

    def teardown(self) -> None:
        # Whatever happened, the next try after its time ends it.
        if self.state in {"pending", "sending"}:
            self.now = max(self.now, self.intent.send_until, self.next_attempt_at)
            self.is_tried("away", 0.0)
            assert self.state in {"suppressed", "failed"}


LifeOfAnIntent.TestCase.settings = settings(max_examples=80, stateful_step_count=25, deadline=None)
TestLifeOfAnIntent = LifeOfAnIntent.TestCase
