"""The directory on a database of its own, for each test."""

from collections.abc import AsyncIterator, Awaitable, Callable

import pytest
import pytest_socket

from chassis.provisioning import Provisioned
from tests.directory.trial import Office, fill_register, running_office
from tests.issuer import Issuer, IssuerServer, running_issuer_server

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
async def empty_office(
    make_database: MakeDatabase, postgres_server: str, issuer: Issuer
) -> AsyncIterator[Office]:
    """The directory just begun: one region and its first registrar."""
    async with running_office(await make_database("directory"), postgres_server, issuer) as running:
        yield running


@pytest.fixture
async def office(empty_office: Office) -> Office:
    """The directory with two networks, their practices and members."""
    await fill_register(empty_office)
    return empty_office
