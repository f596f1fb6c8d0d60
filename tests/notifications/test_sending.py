"""Sending: each message to one end, through crashes, silence and refusals."""

import asyncio
from datetime import timedelta

import pytest
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from chassis import telemetry
from chassis.database import Database
from services.notifications import store
from services.notifications.domain import Sent
from services.notifications.use_cases import (
    LEASE_SECONDS,
    SENDS_OF_STREAM_AT_ONCE_MAX,
    TRY_SECONDS_MAX,
    WRITE_DOWN_SECONDS_MAX,
)
from tests.notifications.trial import (
    START,
    Post,
    a_consenting_referral,
    a_person,
    a_practice,
    a_referral,
)
from tests.waiting import until

pytestmark = pytest.mark.postgres


def test_a_claim_outlasts_every_try_and_its_writing_down() -> None:
    assert LEASE_SECONDS > TRY_SECONDS_MAX + WRITE_DOWN_SECONDS_MAX


async def test_the_referrer_is_told_and_it_is_told_that_they_were(post: Post) -> None:
    event = a_referral()
    await post.apply([event])

    await post.sender().send_due()

    (message,) = post.sink.messages
    (intent,) = await post.intents()
    assert message["To"] == "y99001@practice.example.org"
    assert message["Message-ID"] == f"<{intent['id']}@waymark.example>"
    assert str(event.data["referral_id"]) in message.get_content()
    assert "Ashbeck Surgery" in message.get_content()
    (told,) = await post.told()
    assert told["type"] == "waymark.message-sent.v1"
    assert (told["stream"], told["subject"]) == ("U99001", f"message/{intent['id']}")
    assert (told["correlation_id"], told["causation_id"]) == ("a-story", str(event.event_id))
    assert told["data"]["recipient_kind"] == "referrer"
    assert (intent["state"], intent["version"]) == ("sent", told["aggregate_version"])


async def test_a_person_who_withdrew_consent_meanwhile_is_not_written_to(post: Post) -> None:
    event = a_consenting_referral(post)
    await post.apply([event])
    card = a_person(messages_consented=False)
    post.neighbours.people[str(event.data["person_id"])] = card

    await post.sender().send_due()

    assert [message["To"] for message in post.sink.messages] == ["y99001@practice.example.org"]
    assert await post.states() == {
        "referrer-told-received": "sent",
        "person-told-received": "suppressed",
    }
    suppressed = [one for one in await post.told() if "suppressed" in one["type"]]
    assert [one["data"]["reason"] for one in suppressed] == ["no-consent"]


async def test_a_message_waits_for_a_mail_server_that_is_away(post: Post) -> None:
    await post.apply([a_referral()])
    await post.sink.close()
    for _ in range(5):
        await post.sender().send_due()
        post.watch.advance(minutes=6)
    assert await post.states() == {"referrer-told-received": "pending"}
    assert await post.told() == []

    await post.sink.open()
    await post.sender().send_due()

    assert await post.states() == {"referrer-told-received": "sent"}
    assert (len(post.sink.messages), len(await post.told())) == (1, 1)


async def test_a_message_waits_for_a_card_that_cannot_be_had(post: Post) -> None:
    await post.apply([a_referral()])
    post.neighbours.away = True
    await post.sender().send_due()
    # Not again at once: it waits its turn.
    assert await post.sender().send_due() == 0

    post.neighbours.away = False
    post.watch.advance(seconds=5)
    await post.sender().send_due()

    assert await post.states() == {"referrer-told-received": "sent"}


async def test_what_comes_too_late_is_kept_as_suppressed(post: Post) -> None:
    await post.apply([a_referral(occurred_at=START - timedelta(hours=48), recorded_at=START)])

    await post.sender().send_due()

    assert post.sink.messages == []
    assert post.neighbours.asked == 0
    (told,) = await post.told()
    assert (told["type"], told["data"]["reason"]) == ("waymark.message-suppressed.v1", "too-late")


async def test_a_mail_server_away_to_the_end_is_a_failure_that_is_told(post: Post) -> None:
    await post.apply([a_referral()])
    await post.sink.close()
    await post.sender().send_due()
    post.watch.advance(hours=48)

    await post.sender().send_due()

    assert await post.states() == {"referrer-told-received": "failed"}
    assert [one["type"] for one in await post.told()] == ["waymark.message-failed.v1"]
    await post.sink.open()
    assert await post.sender().send_due() == 0


async def test_a_refusal_for_good_ends_it_and_one_for_now_does_not(post: Post) -> None:
    await post.apply([a_referral()])
    post.sink.rcpt_answer = "451 4.3.0 later"
    await post.sender().send_due()
    assert await post.states() == {"referrer-told-received": "pending"}

    post.sink.rcpt_answer, post.sink.data_answer = "250 OK", "452 4.3.1 full"
    post.watch.advance(minutes=1)
    await post.sender().send_due()
    assert await post.states() == {"referrer-told-received": "pending"}

    post.sink.rcpt_answer = "550 5.1.1 nobody here"
    post.watch.advance(minutes=1)
    await post.sender().send_due()
    assert await post.states() == {"referrer-told-received": "failed"}
    (told,) = await post.told()
    assert told["data"]["reason"] == "address-refused"


async def test_a_referrer_nobody_knows_or_without_address_is_not_written_to(post: Post) -> None:
    post.neighbours.practices["Y99002"] = a_practice(contact_email=None)
    post.neighbours.practices["Y99003"] = a_practice(contact_email="nonsense\r\nBcc: all@x")
    await post.apply(
        [
            a_referral(1, referrer_code="RX999"),
            a_referral(2, referrer_code="Y99002"),
            a_referral(3, referrer_code="Y99003"),
        ]
    )

    await post.sender().send_due()

    assert post.sink.messages == []
    reasons = sorted(one["data"]["reason"] for one in await post.told())
    assert reasons == ["address-refused", "no-address", "no-address"]


async def test_a_sender_that_died_after_the_mail_servers_yes_repeats_one_message_id(
    post: Post,
) -> None:
    await post.apply([a_referral()])
    # A sender claims it and hands it over, then dies before writing that down.
    dying = post.sender()
    async with post.worker.transaction() as connection:
        (claimed,) = await store.claim_intents(
            connection,
            now=post.watch.now,
            lease_until=post.watch.now + timedelta(seconds=LEASE_SECONDS),
            per_stream=1,
            rows=1,
        )
    assert await dying._try(claimed) == Sent()

    assert await post.sender().send_due() == 0, "the claim still holds"
    post.watch.advance(seconds=LEASE_SECONDS + 1)
    assert await post.sender().send_due() == 1

    assert len(set(post.sink.message_ids)) == 1
    assert len(post.sink.messages) == 2
    assert len(await post.told()) == 1


async def test_who_comes_back_after_the_claim_ran_out_changes_nothing(post: Post) -> None:
    await post.apply([a_referral()])
    async with post.worker.transaction() as connection:
        (claimed,) = await store.claim_intents(
            connection, now=post.watch.now, lease_until=post.watch.now, per_stream=1, rows=1
        )
    post.watch.advance(seconds=1)
    await post.sender().send_due()

    await post.sender()._end(claimed, Sent(), post.watch.now)

    assert len(await post.told()) == 1
    assert await post.states() == {"referrer-told-received": "sent"}


async def test_what_the_mail_server_took_is_written_down_once_the_database_answers_again(
    post: Post,
) -> None:
    await post.apply([a_referral()])
    impatient = Database(post.provisioned.worker_url, "worker", 2, command_timeout_seconds=0.3)
    await impatient.open()
    post.sink.taking_over.clear()
    post.sink.may_answer.clear()
    sending = asyncio.create_task(post.sender(database=impatient).send_due())
    await asyncio.wait_for(post.sink.taking_over.wait(), 10)

    async with post.owner.transaction():
        await post.owner.execute("select id from intent for update")
        post.sink.may_answer.set()
        await until(lambda: impatient.last_fault, what="the database was too slow")
    await asyncio.wait_for(sending, 10)
    await impatient.close()

    assert await post.states() == {"referrer-told-received": "sent"}
    assert (len(post.sink.messages), len(await post.told())) == (1, 1)
    post.watch.advance(seconds=LEASE_SECONDS + 1)
    assert await post.sender().send_due() == 0


async def test_two_senders_never_carry_the_same_message(post: Post) -> None:
    await post.apply([a_referral(number) for number in range(1, 31)])
    first, second = post.sender(), post.sender()

    while await post.owner.fetchval("select count(*) from intent where state = 'pending'"):
        await asyncio.gather(first.send_due(), second.send_due())

    assert len(post.sink.messages) == 30
    assert len(set(post.sink.message_ids)) == 30
    assert len(await post.told()) == 30


async def test_a_flood_in_one_network_does_not_hold_up_another(post: Post) -> None:
    post.neighbours.practices["Y99006"] = a_practice(contact_email="y99006@practice.example.org")
    flood = [a_referral(number) for number in range(1, 201)]
    await post.apply(flood)
    late = START + timedelta(seconds=1)
    await post.apply([a_referral(pcn_code="U99002", referrer_code="Y99006", occurred_at=late)])
    post.watch.advance(seconds=2)

    tried = await post.sender().send_due()

    assert tried == SENDS_OF_STREAM_AT_ONCE_MAX + 1
    assert "y99006@practice.example.org" in [message["To"] for message in post.sink.messages]


async def test_the_age_of_what_waits_is_measured(post: Post) -> None:
    from services.notifications.use_cases import oldest_seconds_gauge, waiting_gauge

    await post.apply([a_referral(1), a_referral(2)])
    post.watch.advance(seconds=30)

    await post.sender().observe()

    assert waiting_gauge._value.get() == 2
    assert oldest_seconds_gauge._value.get() == 30


async def test_what_is_told_continues_the_trace_that_asked_for_the_message(post: Post) -> None:
    trace_id = "ab" * 16
    event = a_referral()._replace(traceparent=f"00-{trace_id}-{'cd' * 8}-01")
    telemetry.set_up("trial", None, exporter=InMemorySpanExporter())
    try:
        await post.apply([event])
        await post.sender().send_due()
    finally:
        telemetry.shut_down()

    (told,) = await post.told()
    assert told["traceparent"].split("-")[1] == trace_id
    assert "cd" * 8 not in told["traceparent"]


async def test_claiming_uses_its_index_among_many_that_ended(post: Post) -> None:
    await post.owner.execute(
        """
        insert into intent (
            id, rule, recipient_kind, channel, state, pcn_code, practice_code, referrer_code,
            referral_id, episode_id, person_id, event_id, recorded_at, send_until,
            next_attempt_at, settled_at
        )
        select gen_random_uuid(), 'referrer-told-received', 'referrer', 'email', 'sent',
            'U99' || lpad((n % 30)::text, 3, '0'), 'Y99001', 'Y99001', gen_random_uuid(),
            gen_random_uuid(), gen_random_uuid(), gen_random_uuid(), now(), now(), now(), now()
        from generate_series(1, 20000) as n
        """
    )
    await post.apply([a_referral()])
    await post.owner.execute("analyze intent")

    plan = await post.owner.fetch(
        "explain select distinct coalesce(pcn_code, region_code) from intent"
        " where state in ('pending', 'sending')"
    )

    assert "intent_due" in str(plan)
