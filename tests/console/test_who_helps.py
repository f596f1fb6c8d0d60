"""Anybody reads who can help in a network, without signing in and in their language."""

from collections.abc import AsyncIterator, Awaitable, Callable

import pytest

from chassis.database import Database
from chassis.provisioning import Provisioned
from tests.console.front import Front, open_front
from tests.console.reading import check
from tests.issuer import running_issuer, serve
from tests.referral.described import a_role, describe, told
from tests.referral.trial import running_clinic

pytestmark = pytest.mark.postgres


@pytest.fixture
async def open_page(
    make_database: Callable[[str], Awaitable[Provisioned]],
    postgres_server: str,
    reporting_database: Provisioned,
    issuer_url: str,
) -> AsyncIterator[Front]:
    """The console before a referral service that knows one network's link worker."""
    database = await make_database("referral")
    worker = Database(reporting_database.worker_url, "worker", 2)
    async with (
        running_issuer() as issuer,
        running_clinic(database, postgres_server, issuer) as clinic,
        serve(clinic.app) as referral_url,
    ):
        await describe(clinic, told(a_role(does=["Listens <script>"]), 5))
        async with open_front(
            reporting_database, worker, issuer_url, referral_url=referral_url
        ) as opened:
            yield opened


async def test_anybody_reads_who_can_help_and_where_to_turn_in_a_crisis(open_page: Front) -> None:
    text = await open_page.page("/who-helps/U99001")
    page = check(text)

    for words in ("Our link worker", "You have time to talk.", "6 to 12 times", "116 123", "999"):
        assert words in page.words
    assert "times. Each time" in " ".join(page.words.split())
    assert "<script>" not in text.partition("<main")[2]
    polish = check(await open_page.page("/who-helps/U99001", language="pl"))
    assert "Masz czas" in polish.words


@pytest.mark.parametrize("address", ["/who-helps/U98765", "/who-helps/U99001?language=x1"])
async def test_what_is_not_there_is_not_found(open_page: Front, address: str) -> None:
    answer = await open_page.browser.get(address)
    assert answer.status_code in {400, 404}
