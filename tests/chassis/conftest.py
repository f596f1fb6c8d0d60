"""An issuer for every test of the chassis that needs one."""

from collections.abc import AsyncIterator

import pytest
import pytest_socket

from tests.issuer import Issuer, IssuerServer, running_issuer_server


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
