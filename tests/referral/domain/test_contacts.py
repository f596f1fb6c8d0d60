"""A contact may turn out otherwise any number of times; what is told of it adds up to what stands."""

from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, invariant, rule

from services.referral.domain.contacts import (
    Contact,
    ContactFact,
    ContactIsVoid,
    ContactOutcomeUnfit,
    Counted,
    Supersession,
    amended,
    correct,
    put_right,
    record,
    void,
)
from services.referral.domain.episodes import Episode, Referral
from services.referral.domain.refusals import NothingCorrected, ReferralNotOpen, Refused

START = datetime(2026, 1, 5, 9, tzinfo=UTC)
WORKER = UUID(int=7)
OUTCOMES = st.sampled_from(("made", "missed", "attempted"))


def a_fact(outcome: Any = "made", **changes: Any) -> ContactFact:
    told: dict[str, Any] = {
        "missed_reason": "unwell" if outcome == "missed" else None,
        "mode": "phone",
        "minutes": 20,
        "role": "link-worker",
        "with_role": None,
        "understanding": None,
        "occurred_at": START,
        **changes,
    }
    return ContactFact(outcome=outcome, **told)


def an_episode() -> tuple[Episode, Referral]:
    episode = Episode(uuid4(), uuid4(), "U99001", START)
    episode.receive_referral()
    return episode, Referral(uuid4(), episode.id, "Y99001", "Y99001")


def recorded(episode: Episode, referral: Referral, fact: ContactFact) -> Contact:
    number, _ = record(episode, referral, fact, WORKER)
    return Contact(uuid4(), episode.id, referral.id, "Y99001", WORKER, fact, number)


def counted(*contacts: Contact) -> list[Counted]:
    return [
        Counted(one.id, one.number, one.fact.occurred_at, one.practice_code)
        for one in contacts
        if one.counts and one.number is not None
    ]


def test_an_attempt_is_not_numbered_and_assigns_nobody() -> None:
    episode, referral = an_episode()

    numbers = [
        recorded(episode, referral, a_fact(outcome)).number
        for outcome in ("attempted", "missed", "made")
    ]

    assert numbers == [None, None, 1]
    assert (episode.contact_count, episode.version) == (1, 4)


def test_only_the_first_to_speak_keeps_the_person() -> None:
    episode, referral = an_episode()
    record(episode, referral, a_fact("attempted"), WORKER)
    assert episode.worker_id is None
    record(episode, referral, a_fact(), WORKER)
    assert episode.worker_id == WORKER


@pytest.mark.parametrize(
    "fact",
    [
        a_fact("missed", missed_reason=None),
        a_fact("attempted", missed_reason="forgot"),
        a_fact("attempted", understanding="understood"),
        a_fact("missed", understanding="partly"),
    ],
)
def test_what_is_said_goes_with_what_came_of_it(fact: ContactFact) -> None:
    episode, referral = an_episode()
    with pytest.raises(ContactOutcomeUnfit):
        record(episode, referral, fact, WORKER)
    assert (episode.contact_count, episode.version) == (0, 1)


def test_no_attempt_is_noted_on_a_referral_that_ended() -> None:
    episode, referral = an_episode()
    episode.change_status(referral, "declined", START)
    with pytest.raises(ReferralNotOpen):
        record(episode, referral, a_fact("attempted"), WORKER)


def test_an_attempt_that_turns_out_to_have_been_made_begins_with_its_worker() -> None:
    episode, referral = an_episode()
    contact = recorded(episode, referral, a_fact("attempted"))
    assert episode.worker_id is None

    correct(episode, contact, a_fact(), ())

    assert (contact.number, episode.worker_id) == (1, WORKER)


def test_what_turns_out_after_the_end_of_support_gives_it_to_nobody() -> None:
    episode, referral = an_episode()
    contact = recorded(episode, referral, a_fact("attempted"))
    episode.change_status(referral, "declined", START)

    correct(episode, contact, a_fact(), ())

    assert episode.worker_id is None


def test_what_no_longer_fits_falls_away_when_the_outcome_changes() -> None:
    fact = a_fact(understanding="understood")

    missed = amended(fact, outcome="missed", missed_reason="travel")

    assert missed == replace(fact, outcome="missed", missed_reason="travel", understanding=None)
    assert amended(missed, outcome="made") == replace(fact, understanding=None)


def test_a_correction_that_says_what_stands_is_refused_unless_the_words_changed() -> None:
    episode, referral = an_episode()
    contact = recorded(episode, referral, a_fact())
    with pytest.raises(NothingCorrected):
        correct(episode, contact, contact.fact, counted(contact))
    assert (contact.version, episode.version) == (1, 2)

    correct(episode, contact, contact.fact, counted(contact), other_words=True)
    assert (contact.version, episode.version) == (2, 3)


def test_a_voided_contact_stays_so() -> None:
    episode, referral = an_episode()
    contact = recorded(episode, referral, a_fact())
    void(episode, contact, START, counted(contact))
    for again in (
        lambda: void(episode, contact, START, []),
        lambda: correct(episode, contact, a_fact("attempted"), []),
    ):
        with pytest.raises(ContactIsVoid):
            again()
    assert (contact.version, episode.version) == (2, 3)


def test_a_contact_is_put_right_when_the_support_has_ended() -> None:
    episode, referral = an_episode()
    contact = recorded(episode, referral, a_fact())
    episode.change_status(referral, "declined", START)

    change = correct(episode, contact, a_fact(minutes=5), counted(contact))

    assert (change.supersedes, change.was_first, change.is_first) == (1, True, True)


class ContactsLife(RuleBasedStateMachine):
    """Contacts of one episode, recorded and put right in any order, told to somebody who counts.

    The teller knows only the first two contacts that stand, as the store reads them; the listener
    knows only what it was told.
    """

    contacts = Bundle("contacts")

    def __init__(self) -> None:
        super().__init__()
        self.episode, self.referral = an_episode()
        self.all: list[Contact] = []
        self.hours = 0
        self.versions = [1]
        # What the listener makes of it.
        self.sums: Counter[str] = Counter()
        self.first: UUID | None = None
        self.ended_wait_at: datetime | None = None

    def first_two(self) -> list[Counted]:
        return sorted(counted(*self.all), key=lambda one: one.number)[:2]

    @rule(target=contacts, outcome=OUTCOMES)
    def something_is_recorded(self, outcome: str) -> Contact:
        self.hours += 1
        none_stood = not self.first_two()
        fact = a_fact(outcome, occurred_at=START + timedelta(hours=self.hours))
        contact = recorded(self.episode, self.referral, fact)
        self.all.append(contact)
        self.versions.append(self.episode.version)
        self.sums[outcome] += 1
        if contact.counts and none_stood:
            self.first, self.ended_wait_at = contact.id, fact.occurred_at
        return contact

    @rule(contact=contacts, outcome=OUTCOMES, hours=st.integers(0, 3))
    def it_was_otherwise(self, contact: Contact, outcome: str, hours: int) -> None:
        before, version = replace(contact), self.episode.version
        fact = amended(
            contact.fact,
            outcome=outcome,
            missed_reason="forgot" if outcome == "missed" else None,
            occurred_at=contact.fact.occurred_at - timedelta(hours=hours),
        )
        try:
            change = correct(self.episode, contact, fact, self.first_two())
        except Refused:
            assert contact == before
            assert self.episode.version == version
            assert contact.voided_at is not None or fact == before.fact
            return
        self.sums[outcome] += 1
        self.hear(contact, change)

    @rule(contact=contacts)
    def it_never_was(self, contact: Contact) -> None:
        try:
            change = void(self.episode, contact, START, self.first_two())
        except Refused:
            assert contact.voided_at is not None
            return
        self.hear(contact, change)

    def hear(self, contact: Contact, change: Supersession) -> None:
        self.versions.append(change.aggregate_version)
        self.sums[change.previous.outcome] -= 1
        assert change.was_first == (self.first == contact.id)
        assert change.supersedes == contact.version - 1
        if change.is_first:
            self.first, self.ended_wait_at = contact.id, contact.fact.occurred_at
        elif change.was_first:
            following = change.next_first
            self.first = following.contact_id if following else None
            self.ended_wait_at = following.occurred_at if following else None
        else:
            assert change.next_first is None

    @invariant()
    def the_sums_are_of_what_stands(self) -> None:
        standing = Counter(one.fact.outcome for one in self.all if one.voided_at is None)
        assert +self.sums == standing

    @invariant()
    def the_wait_ended_with_the_first_that_stands(self) -> None:
        first = min(counted(*self.all), key=lambda one: one.number, default=None)
        assert self.first == (first.contact_id if first else None)
        assert self.ended_wait_at == (first.occurred_at if first else None)

    @invariant()
    def a_number_is_given_once(self) -> None:
        numbers = [one.number for one in self.all if one.number is not None]
        assert len(numbers) == len(set(numbers))
        assert all(number <= self.episode.contact_count for number in numbers)
        assert all((one.number is None) == (one.fact.outcome != "made") for one in self.all)

    @invariant()
    def versions_have_no_gap(self) -> None:
        assert self.versions == list(range(1, self.episode.version + 1))


TestContactsLife = ContactsLife.TestCase
TestContactsLife.settings = settings(max_examples=120, stateful_step_count=30, deadline=None)


DANGERS = st.lists(st.sampled_from(["abuse", "self-harm", "child-at-risk"]), unique=True)


@given(known=DANGERS, said=st.none() | DANGERS)
def test_a_danger_that_is_new_is_named_and_one_left_out_is_taken_back(
    known: list[str], said: list[str] | None
) -> None:
    found = put_right(known, said)

    assert set(found.new) == set(said or ()) - set(known)
    assert set(found.taken_back) == (set() if said is None else set(known) - set(said))
    assert list(found.named) == (known if said is None else said)
