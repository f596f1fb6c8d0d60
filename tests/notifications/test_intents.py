"""Intents: made by live referrals alone, once, whatever is told again."""

from typing import Any
from uuid import uuid4

import pytest

from chassis.stream.events import Event, EventRefused
from contracts.register import v1
from services.notifications.domain import rules_awake
from tests.notifications.trial import Post, a_consenting_referral, a_referral

pytestmark = pytest.mark.postgres


async def test_a_referral_told_twice_means_one_message(post: Post) -> None:
    event = a_consenting_referral(post)

    await post.apply([event])
    await post.apply([event, a_referral(2, origin="seed"), a_referral(3, origin="import")])

    assert await post.states() == {
        "referrer-told-received": "pending",
        "person-told-received": "pending",
    }


async def test_a_group_without_a_code_is_written_to_by_its_id(post: Post) -> None:
    group = str(uuid4())
    card = {"name": "Listeners (synthetic)", "contact_email": "hello@listeners.example.org"}
    post.neighbours.practices[group] = card
    event = a_referral(
        referrer_code="U99001", referrer_organization_id=group, route="voluntary-sector"
    )

    await post.apply([event])

    assert await post.sender().send_due() == 1
    assert card["contact_email"] in str(post.sink.messages[0])


async def test_a_rebuild_sends_nothing_again(post: Post) -> None:
    event = a_referral()
    await post.apply([event])
    assert await post.sender().send_due() == 1

    await post.apply([event])

    assert await post.sender().send_due() == 0
    assert len(post.sink.messages) == 1
    assert await post.states() == {"referrer-told-received": "sent"}


async def test_outside_demonstrations_only_referrers_are_told(post: Post) -> None:
    awake = rules_awake(demo=False, asks_owners=True)
    await post.apply([a_consenting_referral(post)], awake=awake)

    assert await post.states() == {"referrer-told-received": "pending"}


async def test_an_event_that_speaks_for_another_network_is_refused(post: Post) -> None:
    with pytest.raises(EventRefused):
        await post.apply([a_referral(stream="U99002")])

    assert await post.intents() == []


async def test_the_register_says_who_may_see_messages(post: Post) -> None:
    told: list[tuple[str, dict[str, Any]]] = [
        (v1.RegionRegistered.type, {"region_code": "QZZ", "name": "Wayford"}),
        (v1.PcnRegistered.type, {"pcn_code": "U99001", "region_code": "QZZ", "name": "One"}),
    ]
    events = [
        Event(
            "directory.events.v1", "register", number, 1, uuid4(), kind, "organisation/x", (), 1,
            post.watch.now, post.watch.now, "live", None, None, None, data,
        )
        for number, (kind, data) in enumerate(told, 1)
    ]  # fmt: skip

    await post.apply([*events, a_referral()])

    known = await post.owner.fetch("select kind, code from access_organisation order by kind")
    assert [tuple(row) for row in known] == [("pcn", "U99001"), ("region", "QZZ")]
    assert len(await post.intents()) == 1


async def test_no_row_of_an_intent_can_name_anybody(post: Post) -> None:
    await post.apply([a_consenting_referral(post)])
    await post.sender().send_due()

    everything = str(await post.intents()) + str(await post.told())
    assert len(post.sink.messages) == 2
    for secret in ("Quillfeather", "Zebedee", "example.org", "bereavement"):
        assert secret not in everything
