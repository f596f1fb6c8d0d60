"""Consumers that sleep, come and go, or miss what the broker no longer has."""

from __future__ import annotations

import asyncio
from itertools import cycle, islice

import pytest
from aiokafka import TopicPartition

from contracts.topics import REFERRAL
from tests.journeys.faults import topic
from tests.journeys.faults.load import load_on, settle
from tests.live import LivePlatform, a_referral, eventually, post

pytestmark = [
    pytest.mark.platform,
    pytest.mark.xdist_group("platform"),
    pytest.mark.timeout(600),
]

# Longer than a consumer's session with the broker (15 s): the group goes on without the sleeper.
ASLEEP_SECONDS = 18.0


def test_a_consumer_that_slept_past_its_session_wakes_and_doubles_nothing(
    live: LivePlatform,
) -> None:
    with load_on(live):
        live.verb("pause", "reporting")
        slept = asyncio.run(asyncio.sleep(ASLEEP_SECONDS, result=True))  # time is the fault here
        live.verb("resume", "reporting")
    assert slept


REPEATED = 1_000
SIZE_BYTES_MAX = 100_000

# What the operator does, in haste: each is a rebalance of the group, none waits for the last one.
CHANGES = (
    ("start", "reporting", "--role", "consumer", "--count", "2", "--no-wait"),
    ("kill", "reporting", "--role", "consumer"),
    ("start", "reporting", "--no-wait"),
    ("stop", "reporting", "--role", "consumer"),
    ("start", "reporting", "--role", "consumer", "--count", "3", "--no-wait"),
    ("kill", "reporting"),
    ("start", "reporting", "--no-wait"),
    ("stop", "reporting", "--role", "consumer"),
)


def test_a_storm_of_rebalances_loses_and_doubles_nothing(live: LivePlatform) -> None:
    with load_on(live):
        for change in CHANGES:
            live.verb(*change)
        live.verb("start", "reporting")
    assert [one["roles"] for one in live.status()["services"] if one["service"] == "reporting"] == [
        ["api", "consumer"]
    ]


def test_a_thousand_events_produced_again_change_nothing(live: LivePlatform) -> None:
    bootstrap = live.bootstrap
    facts, known = asyncio.run(_fact_count(live)), _duplicates(live)

    told = [
        one
        for one in topic.read(bootstrap, *topic.ends_around(bootstrap))
        # What another test had the topic take beyond its limit cannot be sent again.
        if len(one.value or b"") < SIZE_BYTES_MAX
    ]
    assert told, "the topic holds something"
    placed = [(TopicPartition(one.topic, one.partition), topic.wire_of(one)) for one in told]
    topic.send(bootstrap, list(islice(cycle(placed), REPEATED)))

    eventually("the repeats are counted", lambda: _duplicates(live) >= known + REPEATED)
    assert asyncio.run(_fact_count(live)) == facts


def test_the_last_event_of_a_stream_deleted_on_its_way_is_fetched_from_the_journal(
    live: LivePlatform,
) -> None:
    bootstrap = live.bootstrap
    with live.without("reporting"):
        before = topic.ends(bootstrap)
        with live.client("referral", "referrer", practice="Y99011") as referrer:
            referral = post(referrer, "/referrals", a_referral("Y99011"))
        eventually("the event is in the topic", lambda: topic.ends(bootstrap) != before)
        topic.delete(bootstrap, topic.ends(bootstrap))

    settle(live, [referral["id"]])


def _duplicates(live: LivePlatform) -> int:
    lines = live.flow("reporting")
    return sum(line["duplicates"] for line in lines if line["topic"] == REFERRAL.name)


async def _fact_count(live: LivePlatform) -> int:
    rows = await live.rows(
        "reporting",
        "select (select count(*) from referral_fact) + (select count(*) from contact_fact)"
        " + (select count(*) from goal_fact) as facts",
    )
    return rows[0]["facts"]
