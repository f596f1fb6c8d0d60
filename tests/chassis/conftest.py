"""An issuer for every test of the chassis that needs one."""

from collections.abc import AsyncIterator

import pytest
import pytest_socket

from chassis.provisioning import Provisioned
from tests import environment
from tests.issuer import Issuer, IssuerServer, running_issuer_server


@pytest.fixture(scope="session")
async def issuer_server() -> AsyncIterator[IssuerServer]:
    """One address for the whole run."""
    pytest_socket.enable_socket()
    async with running_issuer_server() as running:
        yield running


@pytest.fixture(scope="module")
async def shared_database(postgres_server: str) -> AsyncIterator[Provisioned]:
    """One migrated database for the tests of a module that keep out of each other's way."""
    pytest_socket.enable_socket()
    made = await environment.make_database(postgres_server, "chassis")
    yield made
    await environment.drop_database(postgres_server, made)


@pytest.fixture
def issuer(issuer_server: IssuerServer) -> Issuer:
    """A new issuer with one key."""
    return issuer_server.fresh()
