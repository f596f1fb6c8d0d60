"""What stays in the tables: the same whatever came first, and nothing that a stream may not say."""

from collections.abc import Iterator, Sequence
from random import Random
from typing import Any

import asyncpg
import pytest

from chassis.database import Database
from chassis.stream import Event, EventRefused
from services.reporting.projections import ReportingProjection
from services.reporting.store import NothingToChange, UnknownEpisode
from tests.reporting.story import Story

pytestmark = pytest.mark.postgres

TABLES = (
    "referral_fact",
    "episode_fact",
    "contact_fact",
    "goal_fact",
    "cohort_member_fact",
    "activity_count",
    "referral_count",
    "wait_count",
    "message_count",
    "region_place",
    "pcn_place",
    "practice_place",
    "access_organisation",
)


async def _apply(worker: Database, batches: Sequence[Sequence[Event]]) -> None:
    projection = ReportingProjection()
    for batch in batches:
        async with worker.transaction() as connection:
            await projection.apply(connection, batch)


async def _tables(worker: Database) -> dict[str, list[str]]:
    """Every row of every table, in an order that rows alone decide."""
    async with worker.transaction() as connection:
        return {
            table: sorted(
                str(row[0]) for row in await connection.fetch(f"select t::text from {table} as t")
            )
            for table in TABLES
        }


async def _empty(worker: Database) -> None:
    async with worker.transaction() as connection:
        for table in TABLES:
            await connection.execute(f"delete from {table}")


def _interleaved(events: Sequence[Event], random: Random) -> list[Event]:
    """The same streams, each in its order, with chance deciding which goes on next."""
    streams: dict[tuple[str, str], list[Event]] = {}
    for event in events:
        streams.setdefault((event.topic, event.stream), []).append(event)
    waiting = [iter(stream) for stream in streams.values()]
    told: list[Event] = []
    while waiting:
        stream = random.choice(waiting)
        event = next(stream, None)
        if event is None:
            waiting.remove(stream)
        else:
            told.append(event)
    return told


def _split(events: Sequence[Event], random: Random) -> Iterator[Sequence[Event]]:
    start = 0
    while start < len(events):
        end = start + random.choice((1, 2, 7, 30))
        yield events[start:end]
        start = end


@pytest.mark.parametrize("seed", range(8))
async def test_any_order_of_topics_and_streams_in_any_batches_leaves_the_same_tables(
    worker: Database, seed: int
) -> None:
    random = Random(seed)
    story = Story(seed)
    story.register()
    story.happen(120)
    await _apply(worker, [story.events])
    at_once = await _tables(worker)
    assert all(at_once.values()), "the story leaves no table empty"

    await _empty(worker)
    await _apply(worker, list(_split(_interleaved(story.events, random), random)))

    assert await _tables(worker) == at_once


async def test_a_batch_that_holds_one_bad_event_changes_nothing(worker: Database) -> None:
    story = Story()
    episode = story.refer()
    story.contact(episode)
    await _apply(worker, [story.events])
    before = await _tables(worker)

    bad = Story()
    stranger = bad.refer("U99002")
    bad.refer()
    bad.contact(stranger)
    with pytest.raises(EventRefused):
        await _apply(worker, [bad.events[1:]])

    assert await _tables(worker) == before


@pytest.mark.parametrize("what", ["contact", "goal", "referral", "status", "goal_update"])
async def test_an_event_about_another_networks_episode_changes_nothing(
    worker: Database, what: str
) -> None:
    story = Story()
    theirs = story.refer("U99002")
    goal = story.set_goal(theirs)
    await _apply(worker, [story.events])
    before = await _tables(worker)

    # Our network's stream, in its own name, about an episode that is not in it.
    theirs.pcn = "U99001"
    tell: dict[str, Any] = {
        "contact": lambda: story.contact(theirs),
        "goal": lambda: story.set_goal(theirs),
        "referral": lambda: story.refer(episode=theirs),
        "status": lambda: story.change_status(theirs, "closed"),
        "goal_update": lambda: story.update_goal(theirs, goal, "met"),
    }
    tell[what]()
    with pytest.raises((UnknownEpisode, NothingToChange)):
        await _apply(worker, [story.events[-1:]])

    assert await _tables(worker) == before


async def test_a_change_to_a_version_that_was_passed_is_refused(worker: Database) -> None:
    story = Story()
    episode = story.refer()
    story.change_status(episode, "closed")
    await _apply(worker, [story.events])
    late = story.change_status(episode, "accepted")._replace(aggregate_version=2)

    with pytest.raises(NothingToChange):
        await _apply(worker, [[late]])


async def test_the_same_event_applied_twice_is_refused_by_the_tables_themselves(
    worker: Database,
) -> None:
    story = Story()
    story.refer()
    await _apply(worker, [story.events])

    with pytest.raises(asyncpg.UniqueViolationError):
        await _apply(worker, [story.events])


async def test_one_stream_can_be_dropped_and_applied_again_by_itself(worker: Database) -> None:
    story = Story(5)
    story.register()
    story.happen(80)
    await _apply(worker, [story.events])
    before = await _tables(worker)

    async with worker.transaction() as connection:
        for table in TABLES[:8]:
            await connection.execute(f"delete from {table} where stream = 'U99001'")
    again = [
        event
        for event in story.events
        if event.stream == "U99001" and event.topic == "referral.events.v1"
    ]
    await _apply(worker, [again])

    assert await _tables(worker) == before


async def test_the_api_role_sees_the_organisations_it_named_and_nothing_when_it_named_none(
    worker: Database, api: Database
) -> None:
    story = Story(9)
    story.register()
    story.happen(150)
    await _apply(worker, [story.events])

    for organisations, visible in (
        (None, set[str]()),
        ([], set[str]()),
        (["U99002"], {"U99002"}),
        (["U99001", "U99002"], {"U99001", "U99002"}),
    ):
        async with api.transaction(organisations=organisations) as connection:
            for table in TABLES[:9]:
                rows = await connection.fetch(f"select distinct stream from {table}")
                assert {row["stream"] for row in rows} == visible, table


async def test_a_practice_sees_its_own_referrals_and_what_belongs_to_their_episodes(
    worker: Database, api: Database
) -> None:
    story = Story()
    ours = story.refer(practice="Y99001")
    theirs = story.refer(practice="Y99002")
    sent_by_us = story.refer(practice="Y99002", referrer_code="Y99001")
    for episode in (ours, theirs, sent_by_us):
        story.contact(episode)
        story.set_goal(episode)
    await _apply(worker, [story.events])

    async with api.transaction(organisations=["Y99001"]) as connection:
        for table in ("referral_fact", "contact_fact", "goal_fact"):
            rows = await connection.fetch(f"select episode_id from {table}")
            assert {row["episode_id"] for row in rows} == {ours.episode_id, sent_by_us.episode_id}
        assert not await connection.fetch("select * from activity_count")
