"""The cards as their owners really give them: the real directory and the real referral service."""

from collections.abc import Awaitable, Callable
from uuid import UUID, uuid4

import pytest

from chassis.access.service_client import ServiceClient
from chassis.provisioning import Provisioned
from services.notifications.domain import Card
from services.notifications.gateways.cards import CardNotAvailable, Cards
from tests.directory.trial import fill_register, running_office
from tests.issuer import Issuer
from tests.notifications.trial import Post, a_person, route_to
from tests.referral.trial import REFERRER, running_clinic
from tests.referral.trial import a_person as a_registered_person

pytestmark = pytest.mark.postgres

MakeDatabase = Callable[[str], Awaitable[Provisioned]]


def _cards(clients: ServiceClient) -> Cards:
    return Cards(clients, directory_url="http://directory", referral_url="http://referral")


async def test_the_directory_gives_the_card_of_a_practice(
    make_database: MakeDatabase, postgres_server: str, notifications_issuer: Issuer
) -> None:
    made = await make_database("directory")
    async with running_office(made, postgres_server, notifications_issuer) as office:
        await fill_register(office)
        clients = ServiceClient(office.settings.model_copy(update={"client_id": "notifications"}))
        await route_to(clients, office.app)

        card = await _cards(clients).of_referrer("Y99001")

        assert card == Card("y99001@practice.example.org", "Y99001 Surgery (synthetic)")
        assert await _cards(clients).of_referrer("Y98765") is None
        await clients.close()


async def test_referral_gives_the_card_of_a_person(
    make_database: MakeDatabase, postgres_server: str, notifications_issuer: Issuer
) -> None:
    made = await make_database("referral")
    async with running_clinic(made, postgres_server, notifications_issuer) as clinic:
        body = {
            **a_registered_person(email="ada@people.example.org"),
            "practice_code": "Y99001",
            "messages_consented": True,
            "safe_channel": "email",
        }
        person = await clinic.made("/people", body, member=REFERRER)
        settings = clinic.app.state.settings.model_copy(update={"client_id": "notifications"})
        clients = ServiceClient(settings)
        await route_to(clients, clinic.app)

        card = await _cards(clients).of_person(UUID(person["id"]))

        assert card == Card("ada@people.example.org", messages_consented=True)
        assert await _cards(clients).of_person(uuid4()) is None
        await clients.close()


async def test_the_neighbours_of_tests_give_cards_as_the_real_ones_do(post: Post) -> None:
    person_id = uuid4()
    post.neighbours.people[str(person_id)] = a_person()

    practice = await _cards(post.clients).of_referrer("Y99001")
    person = await _cards(post.clients).of_person(person_id)

    assert practice == Card("y99001@practice.example.org", "Ashbeck Surgery (synthetic)")
    assert person == Card("zebedee@people.example.org", messages_consented=True)
    assert await _cards(post.clients).of_referrer("Y98765") is None


async def test_a_neighbour_that_is_away_or_answers_nonsense_has_no_card_just_now(
    post: Post,
) -> None:
    post.neighbours.away = True
    with pytest.raises(CardNotAvailable):
        await _cards(post.clients).of_referrer("Y99001")

    post.neighbours.away = False
    post.neighbours.practices["Y99001"] = {"surprise": "no card"}
    with pytest.raises(CardNotAvailable):
        await _cards(post.clients).of_referrer("Y99001")
