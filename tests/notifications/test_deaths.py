"""Once it is told that somebody died, nothing that waits about them is sent to anybody."""

import json
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from chassis.stream.events import Event, EventRefused
from contracts.reading import reader_for
from contracts.referral.v1 import PersonDied
from services.notifications import store
from services.notifications.domain import Again
from tests.notifications.trial import Post, a_consenting_referral, a_referral

pytestmark = pytest.mark.postgres


def a_death(
    person_id: UUID, *, number: int = 9, at: datetime, merged: tuple[UUID, ...] = (), **data: Any
) -> Event:
    told: dict[str, Any] = {
        "person_id": str(person_id),
        "pcn_code": "U99001",
        "practice_code": "Y99001",
        "merged_person_ids": [str(one) for one in merged],
        **data,
    }
    (read,) = reader_for(PersonDied).validate_json(json.dumps([told]))
    return Event(
        "referral.events.v1", "U99001", number, 1, uuid4(), PersonDied.type,
        f"person/{person_id}", (), 2, at, at, "live", None, None, None,
        read,
    )  # fmt: skip


async def test_what_waits_about_who_died_is_suppressed_and_told_once(post: Post) -> None:
    event = a_consenting_referral(post)
    other = a_referral(2)
    await post.apply([event, other])
    death = a_death(event.data["person_id"], at=post.watch.now + timedelta(seconds=1))

    await post.apply([death])
    await post.apply([death])

    states = {(row["person_id"], row["state"], row["reason"]) for row in await post.intents()}
    assert states == {
        (event.data["person_id"], "suppressed", "died"),
        (other.data["person_id"], "pending", None),
    }
    told = [row for row in await post.told() if "suppressed" in row["type"]]
    assert len(told) == 2
    assert {row["data"]["reason"] for row in told} == {"died"}
    assert await post.sender().send_due() == 1
    assert len(post.sink.messages) == 1


async def test_a_death_is_theirs_under_every_id_they_are_known_by(post: Post) -> None:
    event = a_consenting_referral(post)
    await post.apply([event])

    merged = (event.data["person_id"],)
    await post.apply([a_death(uuid4(), at=post.watch.now, merged=merged)])

    assert {row["state"] for row in await post.intents()} == {"suppressed"}


async def test_a_referral_and_a_death_in_one_batch_send_nothing(post: Post) -> None:
    event = a_consenting_referral(post)

    await post.apply([event, a_death(event.data["person_id"], at=post.watch.now)])

    assert await post.sender().send_due() == 0
    assert post.sink.messages == []


async def test_what_is_meant_after_the_death_became_known_is_not_taken_for_it(post: Post) -> None:
    event = a_consenting_referral(post)
    death = a_death(event.data["person_id"], at=event.recorded_at - timedelta(hours=1))

    await post.apply([death, event])

    assert {row["state"] for row in await post.intents()} == {"pending"}


async def test_what_was_being_sent_when_the_death_arrived_is_not_tried_again(post: Post) -> None:
    event = a_referral()
    await post.apply([event])
    sender, now = post.sender(), post.watch.now
    async with post.worker.transaction() as connection:
        (claimed,) = await store.claim_intents(
            connection, now=now, lease_until=now + timedelta(seconds=60), per_stream=1, rows=1
        )
    assert claimed.recipient_kind == "referrer"

    await post.apply([a_death(event.data["person_id"], at=now)])
    # The mail server was busy, so the try would wait for another one.
    await sender._write_down(claimed, Again(now + timedelta(seconds=2)), now)
    post.watch.advance(seconds=3600)

    assert await post.sender().send_due() == 0
    (row,) = await post.intents()
    assert (row["state"], row["reason"]) == ("suppressed", "died")
    assert [one["data"]["reason"] for one in await post.told()] == ["died"]


async def test_a_stream_cannot_tell_of_a_death_in_another_network(post: Post) -> None:
    with pytest.raises(EventRefused):
        await post.apply([a_death(uuid4(), at=post.watch.now, pcn_code="U99002")])
