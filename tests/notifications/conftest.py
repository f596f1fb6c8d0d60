"""Notifications on a database of its own, for each test."""

from collections.abc import AsyncIterator, Awaitable, Callable

import pytest
import pytest_socket

from chassis.provisioning import Provisioned
from tests.issuer import Issuer, IssuerServer, running_issuer_server
from tests.notifications.trial import Post, running_post

MakeDatabase = Callable[[str], Awaitable[Provisioned]]


@pytest.fixture(scope="session")
async def issuer_server() -> AsyncIterator[IssuerServer]:
    """One address for the whole run."""
    pytest_socket.enable_socket()
    async with running_issuer_server() as running:
        yield running


@pytest.fixture
def issuer(issuer_server: IssuerServer) -> Issuer:
    """A new issuer with one key."""
    return issuer_server.fresh()


@pytest.fixture
async def post(
    make_database: MakeDatabase, postgres_server: str, issuer: Issuer
) -> AsyncIterator[Post]:
    """The worker side of the service in a demonstration."""
    made = await make_database("notifications")
    async with running_post(made, postgres_server, issuer) as running:
        yield running
