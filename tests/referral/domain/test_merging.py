"""Any order of merging, referring, closing and unmerging restores what was and loses nobody."""

from datetime import UTC, date, datetime, timedelta
from uuid import UUID

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from services.referral.domain import merging
from services.referral.domain.ending import close_all, reopen_all
from services.referral.domain.episodes import Episode, Referral, ReferralStatus
from services.referral.domain.merging import Merge
from services.referral.domain.people import Consent, Person, PersonDetails
from services.referral.domain.refusals import Refused

START = datetime(2026, 1, 5, 9, tzinfo=UTC)
RECORDS = st.integers(0, 4)


def a_record(number: int, nhs_number: str | None = None) -> Person:
    details = PersonDetails(
        practice_code="Y99001",
        nhs_number=nhs_number,
        given_name="Ada",
        family_name="Example",
        birth_date=date(1950, 1, 1 + number),
        sex="female",
        ethnicity_category=None,
        deprivation_decile=None,
        language="en",
        postcode=None,
        email=None,
        phone=None,
    )
    consent = Consent(messages_consented=False, safe_channel="none")
    return Person(UUID(int=number + 1), "U99001", details, consent, version=1)


class Records(RuleBasedStateMachine):
    """Five records of who knows how many people."""

    def __init__(self) -> None:
        super().__init__()
        self.people = [a_record(number) for number in range(5)]
        self.episodes: list[Episode] = []
        self.referrals: list[Referral] = []
        self.merges: list[Merge] = []
        self.before: dict[UUID, list[tuple[UUID, bool, dict[UUID, ReferralStatus]]]] = {}
        self.versions: dict[UUID, int] = {}
        self.serial = 1_000

    def an_id(self) -> UUID:
        self.serial += 1
        return UUID(int=self.serial)

    def now(self) -> datetime:
        return START + timedelta(minutes=self.serial)

    def speaking(self, person: Person) -> Person:
        kept = person.merged_into
        return person if kept is None else next(one for one in self.people if one.id == kept)

    def names_of(self, person: Person) -> set[UUID]:
        return {person.id} | {one.id for one in self.people if one.merged_into == person.id}

    def open_episode(self, person: Person) -> Episode | None:
        names = self.names_of(person)
        return next((e for e in self.episodes if e.is_open and e.person_id in names), None)

    def of_episode(self, episode: Episode) -> list[Referral]:
        return [one for one in self.referrals if one.episode_id == episode.id]

    @rule(number=RECORDS)
    def somebody_is_referred(self, number: int) -> None:
        person = self.speaking(self.people[number])
        episode = self.open_episode(person)
        if episode is None:
            episode = Episode(self.an_id(), person.id, "U99001", self.now())
            self.episodes.append(episode)
        episode.receive_referral()
        self.referrals.append(Referral(self.an_id(), episode.id, "Y99001", "Y99001"))

    @rule(place=st.integers(0, 30), status=st.sampled_from(["accepted", "declined", "closed"]))
    def a_referral_moves_on(self, place: int, status: ReferralStatus) -> None:
        if place < len(self.referrals):
            referral = self.referrals[place]
            episode = next(one for one in self.episodes if one.id == referral.episode_id)
            try:
                episode.change_status(referral, status, self.now())
            except Refused:
                return

    @rule(kept=RECORDS, merged=RECORDS)
    def two_are_merged(self, kept: int, merged: int) -> None:
        one, other = self.people[kept], self.people[merged]
        episodes = self.open_episode(one), self.open_episode(other)
        version = one.version
        try:
            made = merging.merge(
                self.an_id(),
                one,
                other,
                merged_speaks_for_others=len(self.names_of(other)) > 1,
                numbers_checked=False,
            )
        except Refused:
            assert one.version == version
            return
        assert one.version == version + 1
        if None not in episodes:
            duplicate = episodes[1]
            assert duplicate is not None
            standing = [one for one in self.of_episode(duplicate) if one.is_open]
            made.closed_episode_id = duplicate.id
            made.closed = tuple((one.id, one.status) for one in standing)
            changes = close_all(duplicate, standing, self.now())
            assert [change.closed_episode for change in changes] == [False] * (len(changes) - 1) + [
                True
            ]
        self.merges.append(made)

    @precondition(lambda self: self.merges)
    @rule(place=st.integers(0, 9))
    def one_is_undone(self, place: int) -> None:
        made = self.merges[place % len(self.merges)]
        kept = next(one for one in self.people if one.id == made.kept_person_id)
        merged = next(one for one in self.people if one.id == made.merged_person_id)
        standing = [one for one in self.merges if not one.is_undone]
        mine = [one.id for one in standing if one.kept_person_id == kept.id]
        try:
            merging.undo(made, kept, merged, latest_merge_id=max(mine, default=made.id))
        except Refused:
            assert made.is_undone or max(mine) != made.id
            return
        if made.closed_episode_id is not None:
            episode = next(one for one in self.episodes if one.id == made.closed_episode_id)
            known = {one.id: one for one in self.referrals}
            reopen_all(episode, [(known[one], status) for one, status in made.closed])
            assert episode.is_open
            assert {one.id: one.status for one in self.of_episode(episode) if one.is_open} == dict(
                made.closed
            )

    @invariant()
    def nobody_has_two_open_episodes(self) -> None:
        for person in self.people:
            if person.merged_into is None:
                names = self.names_of(person)
                assert sum(e.is_open and e.person_id in names for e in self.episodes) <= 1

    @invariant()
    def an_episode_is_open_while_a_referral_of_it_is(self) -> None:
        for episode in self.episodes:
            count = sum(referral.is_open for referral in self.of_episode(episode))
            assert episode.open_referrals == count
            assert episode.is_open == (count > 0)

    @invariant()
    def a_merged_record_is_spoken_for_by_one_that_speaks_for_itself(self) -> None:
        for person in self.people:
            assert self.speaking(person).merged_into is None
        standing = {m.merged_person_id: m.kept_person_id for m in self.merges if not m.is_undone}
        assert standing == {p.id: p.merged_into for p in self.people if p.merged_into}

    @invariant()
    def versions_only_grow(self) -> None:
        for one in (*self.people, *self.episodes):
            assert one.version >= self.versions.get(one.id, 0)
            self.versions[one.id] = one.version


TestRecords = Records.TestCase
TestRecords.settings = settings(max_examples=150, stateful_step_count=40, deadline=None)


@pytest.mark.parametrize("numbers_checked", [True, False])
def test_two_numbers_are_two_people_until_somebody_checked(numbers_checked: bool) -> None:
    kept, merged = a_record(0, "9990000018"), a_record(1, "9990000026")

    def merge() -> Merge:
        return merging.merge(
            UUID(int=9),
            kept,
            merged,
            merged_speaks_for_others=False,
            numbers_checked=numbers_checked,
        )

    if numbers_checked:
        assert merge().merged_person_id == merged.id
    else:
        with pytest.raises(merging.NhsNumbersDiffer):
            merge()


def test_a_death_on_one_record_alone_is_settled_before_they_are_merged() -> None:
    kept, merged = a_record(0), a_record(1)
    merged.die()

    with pytest.raises(merging.DeathRecordedOnOne):
        merging.merge(
            UUID(int=9), kept, merged, merged_speaks_for_others=False, numbers_checked=False
        )
