"""The question to the owner of a listing: meant once, sent once, told once, whatever dies meanwhile."""

import os
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any
from uuid import uuid4

import asyncpg
import pytest

from chassis.access.service_client import ServiceClient
from chassis.provisioning import Provisioned
from chassis.settings import WrongSettings, read
from chassis.stream.events import EventRefused
from services.notifications import store
from services.notifications.domain import LISTING_CHECK, Sent, rules_awake
from services.notifications.gateways.cards import CardNotAvailable
from services.notifications.gateways.questions import Questions
from services.notifications.settings import NotificationsSettings
from services.notifications.use_cases import LEASE_SECONDS
from tests.directory.evidence import a_question as a_real_question
from tests.directory.trial import MANAGER, a_listing, fill_register, running_office
from tests.issuer import Issuer
from tests.notifications.trial import (
    START,
    Post,
    a_check_due,
    a_question,
    a_referral,
    route_to,
)

pytestmark = pytest.mark.postgres

MakeDatabase = Callable[[str], Awaitable[Provisioned]]
OFF = rules_awake(demo=True, asks_owners=False)


async def test_the_owner_is_asked_and_it_is_told_on_the_regions_stream(post: Post) -> None:
    due = a_check_due(post)
    await post.apply([due])

    await post.sender().send_due()

    (message,) = post.sink.messages
    (intent,) = await post.intents()
    token = a_question()["token"]
    assert message["To"] == "hello@choir.example.org"
    assert f"https://console.example/listing-check/{token}" in message.get_content()
    assert "Quillfeather choir" in message.get_content()
    (told,) = await post.told()
    assert told["type"] == "waymark.listing-check-sent.v1"
    assert (told["stream"], told["subject"]) == ("QZZ", f"message/{intent['id']}")
    assert (told["correlation_id"], told["causation_id"]) == ("a-story", str(due.event_id))
    assert told["data"] == {
        "message_id": str(intent["id"]),
        "rule": "listing-check",
        "channel": "email",
        "check_id": str(due.data["check_id"]),
        "listing_id": str(due.data["listing_id"]),
        "region_code": "QZZ",
    }
    assert (intent["state"], intent["version"]) == ("sent", told["aggregate_version"])


async def test_neither_address_nor_token_nor_name_is_kept(post: Post) -> None:
    await post.apply([a_check_due(post)])
    await post.sender().send_due()

    everything = str(await post.intents()) + str(await post.told())
    assert len(post.sink.messages) == 1
    for secret in ("Quillfeather", "example.org", "a-token-of-tests"):
        assert secret not in everything


async def test_a_question_told_again_or_of_the_past_asks_nobody_again(post: Post) -> None:
    due = a_check_due(post)
    past = [a_check_due(post, 2, origin="seed"), a_check_due(post, 3, origin="import")]
    await post.apply([due, *past])
    assert await post.sender().send_due() == 1

    await post.apply([due, *past])
    post.watch.advance(days=1)

    assert await post.sender().send_due() == 0
    assert len(post.sink.messages) == len(await post.told()) == len(await post.intents()) == 1


async def test_a_question_of_another_region_is_refused(post: Post) -> None:
    with pytest.raises(EventRefused):
        await post.apply([a_check_due(post, stream="QYY")])

    assert await post.intents() == []


async def test_where_nobody_is_to_be_asked_nobody_is(post: Post) -> None:
    await post.apply([a_check_due(post)], awake=OFF)
    assert await post.intents() == []

    await post.apply([a_check_due(post, 2)])
    await post.sender(awake=OFF).send_due()

    assert post.sink.messages == []
    assert [one["data"]["reason"] for one in await post.told()] == ["rule-off"]


@pytest.mark.parametrize("ending", ["closed", "unknown", "no-address"])
async def test_what_is_asked_no_longer_or_of_nobody_is_suppressed(post: Post, ending: str) -> None:
    due = a_check_due(post, question=a_question(email=None if ending == "no-address" else "a@b.c"))
    check_id = str(due.data["check_id"])
    await post.apply([due])
    if ending == "closed":
        post.neighbours.closed.add(check_id)
    if ending == "unknown":
        del post.neighbours.questions[check_id]

    await post.sender().send_due()

    assert post.sink.messages == []
    (told,) = await post.told()
    assert told["type"] == "waymark.listing-check-suppressed.v1"
    expected = "no-address" if ending == "no-address" else "question-closed"
    assert told["data"]["reason"] == expected


@pytest.mark.parametrize("email", ["no address", "gone@choir.example.org"])
async def test_an_address_that_is_refused_is_told_as_a_failure(post: Post, email: str) -> None:
    await post.apply([a_check_due(post, question=a_question(email=email))])
    post.sink.rcpt_answer = "550 5.1.1 nobody here"

    await post.sender().send_due()

    (told,) = await post.told()
    assert told["type"] == "waymark.listing-check-failed.v1"
    assert told["data"]["reason"] == "address-refused"


async def test_many_tries_put_one_question_under_one_name(post: Post) -> None:
    await post.apply([a_check_due(post)])
    post.sink.rcpt_answer = "451 4.3.0 later"
    for _ in range(30):
        await post.sender().send_due()
        post.watch.advance(minutes=6)
    post.neighbours.away = True
    await post.sender().send_due()
    post.watch.advance(minutes=6)
    assert await post.states() == {"listing-check": "pending"}

    post.neighbours.away, post.sink.rcpt_answer = False, "250 OK"
    await post.sender().send_due()

    assert await post.states() == {"listing-check": "sent"}
    assert len(post.sink.messages) == len(await post.told()) == 1


async def test_a_mail_server_away_to_the_end_is_no_word_about_the_address(post: Post) -> None:
    await post.apply([a_check_due(post)])
    await post.sink.close()
    await post.sender().send_due()
    post.watch.now = START + LISTING_CHECK.send_within

    await post.sender().send_due()

    (told,) = await post.told()
    assert told["type"] == "waymark.listing-check-failed.v1"
    assert told["data"]["reason"] == "other"


@pytest.mark.parametrize("handed_over", [False, True])
async def test_a_sender_that_died_between_claim_and_end_asks_under_one_name(
    post: Post, handed_over: bool
) -> None:
    await post.apply([a_check_due(post)])
    dying, now = post.sender(), post.watch.now
    async with post.worker.transaction() as connection:
        (claimed,) = await store.claim_intents(
            connection,
            now=now,
            lease_until=now + timedelta(seconds=LEASE_SECONDS),
            per_stream=1,
            rows=1,
        )
    if handed_over:
        assert await dying._try(claimed) == Sent()

    assert await post.sender().send_due() == 0, "the claim still holds"
    post.watch.advance(seconds=LEASE_SECONDS + 1)
    assert await post.sender().send_due() == 1

    assert len(post.sink.messages) == 1 + handed_over
    assert len(set(post.sink.message_ids)) == 1
    assert len({message.get_content() for message in post.sink.messages}) == 1
    assert len(await post.told()) == 1


async def test_questions_of_a_region_do_not_hold_up_a_network(post: Post) -> None:
    await post.apply([a_check_due(post, number) for number in range(1, 101)])
    late = START + timedelta(seconds=1)
    await post.apply([a_referral(occurred_at=late)])
    post.watch.advance(seconds=2)

    await post.sender().send_due()

    assert "y99001@practice.example.org" in [message["To"] for message in post.sink.messages]


async def test_a_row_is_about_a_referral_or_a_listing_and_never_half_of_one(post: Post) -> None:
    await post.apply([a_check_due(post), a_referral()])
    for change in (
        "region_code = null where recipient_kind = 'owner'",
        "person_id = gen_random_uuid() where recipient_kind = 'owner'",
        "person_id = null where recipient_kind = 'referrer'",
        "check_id = gen_random_uuid() where recipient_kind = 'referrer'",
    ):
        with pytest.raises(asyncpg.CheckViolationError):
            await post.owner.execute(f"update intent set {change}")


async def test_the_directory_gives_the_same_link_to_the_same_question(
    make_database: MakeDatabase, postgres_server: str, notifications_issuer: Issuer
) -> None:
    made = await make_database("directory")
    async with running_office(made, postgres_server, notifications_issuer) as office:
        await fill_register(office)
        group = {"name": "Gardens", "description": "Gardens.", "email": "hello@a.example.org"}
        listing = await office.made("/services", a_listing(organization=group), member=MANAGER)
        real = await a_real_question(office, listing["id"])
        clients = ServiceClient(office.settings.model_copy(update={"client_id": "notifications"}))
        await route_to(clients, office.app)
        questions = Questions(clients, directory_url="http://directory")

        first, again = [await questions.put("QZZ", real["id"]) for _ in range(2)]

        assert first == again
        assert first is not None
        assert (first.email, first.listing_name) == ("hello@a.example.org", "Growing group")
        assert first.token == real["token"]
        assert await questions.put("QZZ", uuid4()) is None
        await office.owner.execute("update listing_check set closed_at = now()")
        assert await questions.put("QZZ", real["id"]) is None
        await clients.close()


async def test_a_directory_that_is_away_or_answers_nonsense_has_no_question_just_now(
    post: Post,
) -> None:
    questions = Questions(post.clients, directory_url="http://directory")
    check_id = a_check_due(post).data["check_id"]
    post.neighbours.away = True
    with pytest.raises(CardNotAvailable):
        await questions.put("QZZ", check_id)

    post.neighbours.away = False
    post.neighbours.questions[str(check_id)] = {"surprise": "no question"}
    with pytest.raises(CardNotAvailable):
        await questions.put("QZZ", check_id)


@pytest.mark.parametrize(
    ("told", "starts"),
    [
        ({}, False),
        ({"WAYMARK_CONSOLE_URL": "https://console.example"}, True),
        ({"WAYMARK_ASK_LISTING_OWNERS": "false"}, True),
    ],
)
def test_a_region_that_asks_owners_needs_the_consoles_address(
    told: dict[str, Any], starts: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    needed = {
        "WAYMARK_KAFKA": "127.0.0.1:9",
        "WAYMARK_DATABASE_API_URL": "postgresql://127.0.0.1/none",
        "WAYMARK_DATABASE_WORKER_URL": "postgresql://127.0.0.1/none",
        "WAYMARK_ISSUER_URL": "https://issuer.example",
        "WAYMARK_CLIENT_ID": "notifications",
        "WAYMARK_CLIENT_SECRET": "a-client-secret-of-tests",
        "WAYMARK_MEMBER_KEY_SECRET": "a-member-key-secret-of-tests",
        "WAYMARK_MAIL_SMTP": "127.0.0.1:25",
    }
    for name in [name for name in os.environ if name.startswith("WAYMARK_")]:
        monkeypatch.delenv(name)
    for name, value in {**needed, **told}.items():
        monkeypatch.setenv(name, value)

    if starts:
        settings = read(NotificationsSettings)
        assert settings.owners_are_asked == ("WAYMARK_CONSOLE_URL" in told)
    else:
        with pytest.raises(WrongSettings, match="ASK_LISTING_OWNERS: needs WAYMARK_CONSOLE_URL"):
            read(NotificationsSettings)
