"""One directory for the run, emptied before each test."""

import itertools
from collections.abc import AsyncIterator

import pytest
import pytest_socket

from chassis import clock
from services.directory.domain.register import Moment
from services.directory.use_cases.beginning import begin_register
from tests import environment
from tests.directory.trial import Office, fill_register, running_office
from tests.emptying import empty
from tests.issuer import running_issuer

_ADDRESSES = itertools.count()


@pytest.fixture(scope="session")
async def running_directory(postgres_server: str) -> AsyncIterator[Office]:
    """The service in a demonstration, with an issuer of its own."""
    pytest_socket.enable_socket()
    database = await environment.make_database(postgres_server, "directory")
    async with (
        running_issuer() as issuer,
        running_office(database, postgres_server, issuer) as running,
    ):
        yield running
    await environment.drop_database(postgres_server, database)


@pytest.fixture
async def empty_office(running_directory: Office) -> Office:
    """The directory just begun: one region and its first registrar."""
    await empty(running_directory.owner)
    # Whoever asks without signing in is paced by their address: each test comes from its own.
    running_directory.transport.client = (f"192.0.2.{next(_ADDRESSES) % 250}", 4711)
    running_directory.app.state.settings = running_directory.settings
    moment = Moment(clock.now(), clock.now())
    await begin_register(running_directory.worker, running_directory.settings, moment)
    return running_directory


@pytest.fixture
async def office(empty_office: Office) -> Office:
    """The directory with two networks, their practices and members."""
    await fill_register(empty_office)
    return empty_office
