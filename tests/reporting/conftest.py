"""Reporting on a database of its own, for each test."""

from collections.abc import AsyncIterator

import pytest
import pytest_socket

from chassis.database import Database
from chassis.provisioning import Provisioned
from tests import environment
from tests.issuer import Issuer, IssuerServer, running_issuer_server
from tests.reporting.office import Office, open_office
from tests.reporting.tables import empty


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


@pytest.fixture(scope="session")
async def reporting_database(postgres_server: str) -> AsyncIterator[Provisioned]:
    """One database for the whole run: making one costs more than emptying it."""
    made = await environment.make_database(postgres_server, "reporting")
    yield made
    await environment.drop_database(postgres_server, made)


@pytest.fixture
async def reporting(reporting_database: Provisioned) -> Provisioned:
    """An empty database of this service."""
    await empty(reporting_database)
    return reporting_database


@pytest.fixture
async def worker(reporting: Provisioned) -> AsyncIterator[Database]:
    database = Database(reporting.worker_url, "worker", 2)
    await database.open()
    yield database
    await database.close()


@pytest.fixture
async def api(reporting: Provisioned) -> AsyncIterator[Database]:
    database = Database(reporting.api_url, "api", 4)
    await database.open()
    yield database
    await database.close()


@pytest.fixture
async def office(reporting: Provisioned, issuer: Issuer) -> AsyncIterator[Office]:
    """The HTTP doors, open."""
    async with open_office(reporting, issuer) as opened:
        yield opened
