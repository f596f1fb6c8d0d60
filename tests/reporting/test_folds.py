"""What events make of the facts, counts and waits, without a database."""

from datetime import UTC, date, datetime, timedelta
from typing import get_args

import pytest

from contracts import codes
from contracts.topics import DIRECTORY, NOTIFICATIONS
from services.reporting.folds import (
    GOAL_MET,
    AlreadyKnown,
    ForeignStream,
    OutOfTurn,
    fold,
)
from services.reporting.names import AGE_BAND_NAMES, NEED_NAMES, ROUTE_NAMES
from services.reporting.rows import Activity, Rows
from tests.reporting.story import BEGINNING, Story


def _activity(rows: Rows) -> Activity:
    (done,) = rows.activity.values()
    return done


def test_a_referral_is_a_fact_and_counts_once_with_its_route_and_once_for_each_need() -> None:
    story = Story()
    story.refer(route="self", needs=["money", "isolation", "money"], age_band="75+")

    rows = fold(story.events)

    assert len(rows.referrals) == 1
    assert len(rows.episodes) == 1
    counted = {key[1:5]: amount for key, amount in rows.referral_counts.items()}
    assert counted == {
        ("Y99001", "self", "", "75+"): 1,
        ("Y99001", "", "money", ""): 1,
        ("Y99001", "", "isolation", ""): 1,
    }


def test_a_second_referral_joins_the_episode_without_opening_another() -> None:
    story = Story()
    episode = story.refer()
    story.refer(episode=episode)

    rows = fold(story.events)

    assert len(rows.referrals) == 2
    assert len(rows.episodes) == 1
    assert rows.earlier_episodes == set()


def test_what_belongs_to_an_episode_of_an_earlier_batch_asks_for_it() -> None:
    story = Story()
    episode = story.refer()
    story.contact(episode)

    rows = fold(story.events[1:])

    assert rows.earlier_episodes == {("U99001", episode.episode_id)}


def test_only_the_first_contact_makes_a_wait_of_whole_working_days() -> None:
    story = Story()
    friday = datetime(2026, 3, 6, 10, 0, tzinfo=UTC)
    episode = story.refer(at=friday)
    story.contact(episode, at=friday + timedelta(days=4))
    story.contact(episode, at=friday + timedelta(days=11))

    rows = fold(story.events)

    assert [key[2] for key in rows.wait_counts] == [2]
    assert sum(done.contacts for done in rows.activity.values()) == 2


def test_a_status_in_the_same_batch_is_where_the_referral_stands() -> None:
    story = Story()
    episode = story.refer()
    story.change_status(episode, "accepted")
    story.change_status(episode, "closed")

    rows = fold(story.events)

    ((_, standing),) = rows.referrals.values()
    assert (standing.status, standing.version) == ("closed", 3)
    assert rows.referral_changes == {}


def test_a_status_of_an_earlier_referral_is_a_change_and_the_last_one_stands() -> None:
    story = Story()
    episode = story.refer()
    story.change_status(episode, "accepted")
    story.change_status(episode, "closed")

    rows = fold(story.events[1:])

    (change,) = rows.referral_changes.values()
    assert (change.status, change.version, change.changes) == ("closed", 3, 2)


def test_goals_count_when_set_updated_and_met_and_uncount_when_no_longer_met() -> None:
    story = Story()
    episode = story.refer()
    goal = story.set_goal(episode)
    story.update_goal(episode, goal, "progressing")
    story.update_goal(episode, goal, "met")
    assert _activity(fold(story.events)) == Activity(0, 1, 2, 1)

    story.update_goal(episode, goal, "changed")
    assert _activity(fold(story.events)) == Activity(0, 1, 3, 0)


def test_messages_count_by_what_became_of_them() -> None:
    story = Story()
    episode = story.refer()
    for outcome in ("sent", "sent", "suppressed", "failed"):
        story.message(episode, outcome)

    rows = fold(story.events)

    by_measure: dict[object, int] = {}
    for key, amount in rows.message_counts.items():
        by_measure[key[1]] = by_measure.get(key[1], 0) + amount
    assert by_measure == {"messages-sent": 2, "messages-suppressed": 1, "messages-failed": 1}


def test_a_day_is_the_day_clocks_in_england_show() -> None:
    story = Story()
    story.refer(at=datetime(2026, 6, 30, 23, 30, tzinfo=UTC))

    rows = fold(story.events)

    assert {key[5] for key in rows.referral_counts} == {date(2026, 7, 1)}


def test_an_event_cannot_speak_for_another_network() -> None:
    story = Story()
    episode = story.refer()
    for event in (story.events[0], story.contact(episode), story.change_status(episode, "closed")):
        with pytest.raises(ForeignStream):
            fold([event._replace(stream="U99002")])


def test_a_type_on_a_foreign_topic_is_not_heard() -> None:
    story = Story()
    episode = story.refer()
    sent = story.message(episode)._replace(topic="referral.events.v1")
    created = story.events[0]._replace(topic=NOTIFICATIONS.name)
    for event in (sent, created):
        with pytest.raises(ForeignStream):
            fold([event])


def test_the_register_is_heard_on_its_own_stream_alone() -> None:
    story = Story()
    story.register()
    assert len(fold(story.events).practices) == 3

    with pytest.raises(ForeignStream):
        fold([story.events[0]._replace(stream="QZZ")])
    assert story.events[0].topic == DIRECTORY.name


def test_the_same_referral_cannot_be_made_twice() -> None:
    story = Story()
    story.refer()
    with pytest.raises(AlreadyKnown):
        fold(story.events * 2)


def test_a_version_that_was_passed_changes_nothing() -> None:
    story = Story()
    episode = story.refer(at=BEGINNING)
    story.change_status(episode, "accepted")
    accepted, closed = (story.change_status(episode, to) for to in ("accepted", "closed"))
    late = closed._replace(aggregate_version=2)
    with pytest.raises(OutOfTurn):
        fold([*story.events[:-1], late])
    with pytest.raises(OutOfTurn):
        fold([accepted, late])


def test_every_code_that_can_come_has_a_name_in_the_breakdowns() -> None:
    assert set(ROUTE_NAMES) == set(get_args(codes.Route))
    assert set(NEED_NAMES) == set(get_args(codes.Need))
    assert set(AGE_BAND_NAMES) == set(get_args(codes.AgeBand))
    assert GOAL_MET in get_args(codes.GoalStatus)
    assert {"received", "accepted"} <= set(get_args(codes.ReferralStatus))
