"""Contacts as referral tells them and as reporting counts them: the sums are those of what stands."""

from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, invariant, rule

from chassis.outbox import NewEvent
from chassis.stream import Event
from contracts.event import event_types
from contracts.reading import reader_for
from contracts.topics import REFERRAL
from services.referral.domain.contacts import (
    Contact,
    ContactFact,
    Counted,
    amended,
    correct,
    record,
    void,
)
from services.referral.domain.episodes import Episode, Referral
from services.referral.domain.refusals import Refused
from services.referral.published import Moment
from services.referral.published.contacts import (
    contact_corrected,
    contact_recorded,
    contact_voided,
)
from services.reporting.folds import fold
from services.reporting.working_days import local_date, working_days_between

START = datetime(2026, 1, 5, 9, tzinfo=UTC)
OUTCOMES = st.sampled_from(("made", "missed", "attempted"))
HOURS = st.integers(0, 60)


class ContactsAddUp(RuleBasedStateMachine):
    """Two episodes; whatever happens is told on the wire, and folded from the wire alone."""

    contacts = Bundle("contacts")

    def __init__(self) -> None:
        super().__init__()
        self.episodes = [Episode(uuid4(), uuid4(), "U99001", START) for _ in range(2)]
        self.referrals = {
            one.id: Referral(uuid4(), one.id, f"Y9900{place}", "Y99001")
            for place, one in enumerate(self.episodes, start=1)
        }
        for episode in self.episodes:
            episode.receive_referral()
        self.now = START
        self.all: list[Contact] = []
        self.told: list[Event] = []

    def episode_of(self, contact: Contact) -> Episode:
        return next(one for one in self.episodes if one.id == contact.episode_id)

    def first_two(self, episode: Episode) -> list[Counted]:
        standing = [
            Counted(one.id, one.number, one.fact.occurred_at, one.practice_code)
            for one in self.all
            if one.episode_id == episode.id and one.counts and one.number is not None
        ]
        return sorted(standing, key=lambda one: one.number)[:2]

    def tell(self, event: NewEvent) -> None:
        """Through JSON and the reader, as a consumer receives it."""
        reader = reader_for(event_types()[event.data.type])
        (data,) = reader.validate_json(b"[" + event.data.model_dump_json().encode() + b"]")
        self.told.append(
            Event(
                REFERRAL.name,
                event.stream,
                len(self.told) + 1,
                1,
                uuid4(),
                event.data.type,
                event.subject,
                (),
                event.aggregate_version,
                event.occurred_at,
                event.recorded_at or event.occurred_at,
                "live",
                None,
                None,
                None,
                data,
            )
        )

    def moment(self) -> Moment:
        return Moment(self.now, self.now)

    @rule(target=contacts, place=st.integers(0, 1), outcome=OUTCOMES, hours=HOURS)
    def a_contact_is_recorded(self, place: int, outcome: str, hours: int) -> Contact:
        self.now += timedelta(hours=hours)
        episode = self.episodes[place]
        referral = self.referrals[episode.id]
        fact = ContactFact(
            outcome=outcome,
            missed_reason="unwell" if outcome == "missed" else None,
            mode="phone",
            minutes=20,
            role="link-worker",
            with_role=None,
            understanding=None,
            occurred_at=self.now,
        )
        first = not self.first_two(episode) and outcome == "made"
        number, version = record(episode, referral, fact, UUID(int=7))
        contact = Contact(
            uuid4(), episode.id, referral.id, referral.practice_code, UUID(int=7), fact, number
        )
        self.all.append(contact)
        self.tell(
            contact_recorded(
                contact,
                episode,
                first=first,
                event_id=uuid4(),
                version=version,
                moment=self.moment(),
            )
        )
        return contact

    @rule(contact=contacts, outcome=OUTCOMES, earlier=HOURS, hours=HOURS)
    def it_was_otherwise(self, contact: Contact, outcome: str, earlier: int, hours: int) -> None:
        self.now += timedelta(hours=hours)
        episode = self.episode_of(contact)
        at = max(contact.fact.occurred_at - timedelta(hours=earlier), START)
        fact = amended(contact.fact, outcome=outcome, occurred_at=at)
        fact = replace(fact, missed_reason="forgot" if outcome == "missed" else None)
        try:
            change = correct(episode, contact, fact, self.first_two(episode))
        except Refused:
            return
        self.tell(
            contact_corrected(
                contact, episode, change, "mistyped", event_id=uuid4(), moment=self.moment()
            )
        )

    @rule(contact=contacts, hours=HOURS)
    def it_never_was(self, contact: Contact, hours: int) -> None:
        self.now += timedelta(hours=hours)
        episode = self.episode_of(contact)
        try:
            change = void(episode, contact, self.now, self.first_two(episode))
        except Refused:
            return
        self.tell(
            contact_voided(
                contact, episode, change, "duplicate", event_id=uuid4(), moment=self.moment()
            )
        )

    @invariant()
    def what_is_counted_is_what_stands(self) -> None:
        rows = fold(self.told)
        counted: Counter[tuple[str, str]] = Counter()
        for (_, practice, _, _), done in rows.activity.items():
            counted["made", practice] += done.contacts
            counted["missed", practice] += done.contacts_missed
            counted["attempted", practice] += done.contacts_attempted
        standing = [one for one in self.all if one.voided_at is None]
        assert counted == Counter((one.fact.outcome, one.practice_code) for one in standing)
        assert {row[1] for row in rows.contacts.values()} == {
            one.id for one in standing if one.counts
        }

    @invariant()
    def who_waited_how_long_is_by_the_first_that_stands(self) -> None:
        rows = fold(self.told)
        waited: Counter[tuple[object, ...]] = Counter()
        for (_, practice, days, happened_on, _), amount in rows.wait_counts.items():
            waited[practice, days, happened_on] += amount
        expected: Counter[tuple[object, ...]] = Counter()
        firsts: set[UUID] = set()
        for episode in self.episodes:
            for first in self.first_two(episode)[:1]:
                day = local_date(first.occurred_at)
                days = working_days_between(local_date(START), day)
                expected[first.practice_code, days, day] += 1
                firsts.add(first.contact_id)
        assert waited == expected
        assert {row[1] for row in rows.contacts.values() if row[-1]} == firsts


TestContactsAddUp = ContactsAddUp.TestCase
TestContactsAddUp.settings = settings(max_examples=100, stateful_step_count=20, deadline=None)
