"""One worker side of notifications for the run, emptied before each test."""

from collections.abc import AsyncIterator

import pytest
import pytest_socket

from tests import environment
from tests.emptying import empty
from tests.issuer import Issuer, running_issuer
from tests.notifications.trial import Post, running_post


@pytest.fixture(scope="session")
async def notifications_issuer() -> AsyncIterator[Issuer]:
    """One issuer for the whole run."""
    pytest_socket.enable_socket()
    async with running_issuer() as running:
        yield running


@pytest.fixture(scope="session")
async def running_notifications(
    postgres_server: str, notifications_issuer: Issuer
) -> AsyncIterator[Post]:
    """The worker side of the service in a demonstration."""
    database = await environment.make_database(postgres_server, "notifications")
    async with running_post(database, postgres_server, notifications_issuer) as running:
        yield running
    await environment.drop_database(postgres_server, database)


@pytest.fixture
async def post(running_notifications: Post) -> Post:
    """That service with nothing in it, a mail server that answers and one practice known."""
    await empty(running_notifications.owner)
    await running_notifications.begin_again()
    return running_notifications
