"""The referral service: one that most tests share, and one of their own for those that count."""

from collections.abc import AsyncIterator, Awaitable, Callable

import pytest
import pytest_socket

from chassis.provisioning import Provisioned
from tests import environment
from tests.issuer import Issuer, running_issuer
from tests.referral.trial import Clinic, running_clinic

MakeDatabase = Callable[[str], Awaitable[Provisioned]]


@pytest.fixture(scope="session")
async def referral_issuer() -> AsyncIterator[Issuer]:
    """One issuer for the whole run."""
    pytest_socket.enable_socket()
    async with running_issuer() as running:
        yield running


@pytest.fixture(scope="session")
async def clinic(postgres_server: str, referral_issuer: Issuer) -> AsyncIterator[Clinic]:
    """The service in a demonstration; tests share it and each brings its own people."""
    database = await environment.make_database(postgres_server, "referral")
    async with running_clinic(database, postgres_server, referral_issuer) as running:
        yield running
    await environment.drop_database(postgres_server, database)


@pytest.fixture
async def own_clinic(
    make_database: MakeDatabase, postgres_server: str, referral_issuer: Issuer
) -> AsyncIterator[Clinic]:
    """The service in a demonstration, with nobody on record."""
    database = await make_database("referral")
    async with running_clinic(database, postgres_server, referral_issuer) as running:
        yield running


@pytest.fixture
async def region_clinic(
    make_database: MakeDatabase, postgres_server: str, referral_issuer: Issuer
) -> AsyncIterator[Clinic]:
    """The service as a region runs it."""
    database = await make_database("referral")
    async with running_clinic(database, postgres_server, referral_issuer, mode="region") as running:
        yield running
