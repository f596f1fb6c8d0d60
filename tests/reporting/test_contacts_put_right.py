"""Contacts that turn out otherwise: the sums follow what stands, and remember what was thought."""

from collections import Counter
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chassis.database import Database
from chassis.stream import Event
from services.reporting.folds import AlreadyKnown, OutOfTurn, fold
from services.reporting.projections import ReportingProjection
from services.reporting.rows import Rows
from services.reporting.store import NothingToChange
from services.reporting.working_days import local_date, working_days_between
from tests.reporting.story import BEGINNING, Episode, Story

DAY = timedelta(days=1)


def counted(rows: Rows) -> Counter[str]:
    done: Counter[str] = Counter()
    for activity in rows.activity.values():
        done["made"] += activity.contacts
        done["missed"] += activity.contacts_missed
        done["attempted"] += activity.contacts_attempted
    return done


def waits(rows: Rows) -> dict[tuple[object, ...], int]:
    """What is counted by working days and the day it happened, whenever that became known."""
    sums: Counter[tuple[object, ...]] = Counter()
    for (stream, practice, waited, happened_on, _), amount in rows.wait_counts.items():
        sums[stream, practice, waited, happened_on] += amount
    return {key: amount for key, amount in sums.items() if amount}


def known_by(rows: Rows, day: date) -> int:
    return sum(done.contacts for key, done in rows.activity.items() if key[3] <= day)


def what_stands(episodes: Sequence[Episode]) -> tuple[Counter[str], dict[tuple[object, ...], int]]:
    """The sums an honest clerk would draw from the contacts as they stand."""
    done: Counter[str] = Counter()
    waited: Counter[tuple[object, ...]] = Counter()
    for episode in episodes:
        done.update(contact.outcome for contact in episode.told if not contact.voided)
        first = episode.first
        if first is not None:
            day = local_date(first.at)
            days = working_days_between(local_date(episode.opened_at), day)
            waited[episode.pcn, first.practice, days, day] += 1
    return done, dict(waited)


def test_only_a_contact_made_is_counted_as_one_and_ends_the_wait() -> None:
    story = Story()
    episode = story.refer()
    story.contact(episode, "attempted", at=BEGINNING + DAY)
    story.contact(episode, "missed", at=BEGINNING + 2 * DAY)
    story.contact(episode, at=BEGINNING + 3 * DAY)

    rows = fold(story.events)

    assert counted(rows) == {"made": 1, "missed": 1, "attempted": 1}
    assert [key[2] for key in rows.wait_counts] == [3]
    assert len(rows.contacts) == 1


def test_a_contact_on_another_day_is_taken_back_where_it_was_and_counted_where_it_is() -> None:
    story = Story()
    episode = story.refer()
    story.contact(episode, at=BEGINNING + DAY)
    story.correct(episode, episode.told[0], contact_at=BEGINNING + 2 * DAY, at=BEGINNING + 3 * DAY)

    rows = fold(story.events)

    first, second, corrected = date(2026, 3, 3), date(2026, 3, 4), date(2026, 3, 5)
    by_days = {key[2:]: done.contacts for key, done in rows.activity.items()}
    assert by_days == {(first, first): 1, (first, corrected): -1, (second, corrected): 1}
    assert waits(rows) == {("U99001", "Y99001", 2, second): 1}


def test_what_was_known_on_a_day_stays_what_was_known_then() -> None:
    story = Story()
    episode = story.refer()
    for days in (1, 2):
        story.contact(episode, at=BEGINNING + days * DAY)
    story.void(episode, episode.told[0], at=BEGINNING + 9 * DAY)

    rows = fold(story.events)

    assert known_by(rows, date(2026, 3, 10)) == 2
    assert known_by(rows, date(2026, 3, 11)) == 1


def test_when_the_first_contact_is_voided_the_next_one_ended_the_wait() -> None:
    story = Story()
    episode = story.refer()
    for days in (1, 4):
        story.contact(episode, at=BEGINNING + days * DAY)
    story.void(episode, episode.told[0], at=BEGINNING + 9 * DAY)

    at_once, afterwards = fold(story.events), fold(story.events[3:])

    assert waits(at_once) == {("U99001", "Y99001", 4, date(2026, 3, 6)): 1}
    assert [row[-1] for row in at_once.contacts.values()] == [True]
    key = ("U99001", episode.episode_id, 2)
    assert (afterwards.first_contacts, afterwards.contacts) == ({key}, {})
    assert afterwards.fallen_contacts == {("U99001", episode.episode_id, 1)}


def test_a_contact_made_after_the_only_one_was_voided_is_the_first() -> None:
    story = Story()
    episode = story.refer()
    story.contact(episode, at=BEGINNING + DAY)
    story.void(episode, episode.told[0], at=BEGINNING + DAY)
    story.contact(episode, at=BEGINNING + 4 * DAY)

    assert waits(fold(story.events)) == {("U99001", "Y99001", 4, date(2026, 3, 6)): 1}


def test_contacts_told_before_any_could_be_put_right_count_their_first_by_its_number() -> None:
    story = Story()
    story.tells_first = False
    episode = story.refer()
    for days in (1, 2):
        story.contact(episode, at=BEGINNING + days * DAY)

    rows = fold(story.events)

    assert waits(rows) == {("U99001", "Y99001", 1, date(2026, 3, 3)): 1}
    assert [row[-1] for row in rows.contacts.values()] == [True, False]


def test_a_contact_cannot_be_made_or_taken_back_twice() -> None:
    story = Story()
    episode = story.refer()
    story.contact(episode)
    with pytest.raises(AlreadyKnown):
        fold(story.events + story.events[1:])
    voided = story.void(episode, episode.told[0])
    with pytest.raises(OutOfTurn):
        fold([voided, voided])


@settings(max_examples=120, deadline=None)
@given(seed=st.integers(0, 2**32), cut=st.integers(1, 40))
def test_the_sums_of_all_that_is_known_are_those_of_what_stands(seed: int, cut: int) -> None:
    random = Random(seed)
    story = Story(seed)
    episodes = [story.refer(pcn, at=BEGINNING) for pcn in ("U99001", "U99001", "U99002")]
    at = datetime(2026, 3, 3, 9, tzinfo=UTC)
    for _ in range(30):
        at += timedelta(hours=random.choice((1, 30)))
        episode = random.choice(episodes)
        standing = [contact for contact in episode.told if not contact.voided]
        if not standing or random.random() < 0.5:
            story.contact(episode, random.choice(("made", "missed", "attempted")), at=at)
        else:
            story._put_right(episode, random.choice(standing), at)

    rows = fold(story.events)
    halves = fold(story.events[:cut]), fold(story.events[cut:])

    assert (counted(rows), waits(rows)) == what_stands(episodes)
    together = counted(halves[0])
    together.update(counted(halves[1]))
    assert together == counted(rows)
    assert len(rows.contacts) == sum(one.counts for episode in episodes for one in episode.told)
    assert not rows.fallen_contacts
    assert not rows.first_contacts


async def _apply(worker: Database, events: Sequence[Event]) -> None:
    async with worker.transaction() as connection:
        await ReportingProjection().apply(connection, events)


@pytest.mark.postgres
async def test_facts_follow_what_stands_whatever_batches_it_was_told_in(worker: Database) -> None:
    story = Story()
    episode = story.refer()
    for days in (1, 4, 6):
        story.contact(episode, at=BEGINNING + days * DAY)
    await _apply(worker, story.events)
    first, second, third = episode.told
    told = [
        story.void(episode, first, at=BEGINNING + 9 * DAY),
        story.correct(episode, second, "missed", at=BEGINNING + 9 * DAY),
        story.correct(episode, third, contact_at=BEGINNING + 7 * DAY, at=BEGINNING + 9 * DAY),
    ]
    for event in told:
        await _apply(worker, [event])

    async with worker.transaction() as connection:
        facts = await connection.fetch(
            "select contact_number, is_first, happened_on from contact_fact"
        )
        sums = await connection.fetchrow(
            "select sum(contacts), sum(contacts_missed) from activity_count"
        )
        waited = await connection.fetch(
            "select working_days from wait_count group by 1 having sum(amount) <> 0"
        )
    assert [tuple(row) for row in facts] == [(3, True, date(2026, 3, 9))]
    assert tuple(sums) == (1, 1)
    assert [row["working_days"] for row in waited] == [5]


@pytest.mark.postgres
async def test_what_never_stood_cannot_be_taken_back(worker: Database) -> None:
    story = Story()
    episode = story.refer()
    story.contact(episode)
    await _apply(worker, story.events[:1])
    voided = story.void(episode, episode.told[0])

    with pytest.raises(NothingToChange):
        await _apply(worker, [voided])
