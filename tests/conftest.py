"""Fixtures every test may use: real servers, new databases, new topics."""

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator

import pytest
import pytest_socket
from hypothesis import settings

from chassis.provisioning import Provisioned, provision_topics
from tests import environment

# A busy machine is no fault of the code: how long an example takes is not judged.
settings.register_profile("waymark", deadline=None, print_blob=True)
settings.load_profile("waymark")

IO_MARKERS = ("loopback", "postgres", "kafka", "platform", "docker")


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Let only tests that say so reach a server: what is unmarked does no I/O."""
    if any(item.get_closest_marker(marker) for marker in IO_MARKERS):
        pytest_socket.enable_socket()
    else:
        # An event loop wakes itself through a pair of local sockets.
        pytest_socket.disable_socket(allow_unix_socket=True)


@pytest.fixture(scope="session")
def servers() -> Iterator[environment.Servers]:
    """The Kafka and Postgres of this run."""
    with environment.servers() as found:
        RAN_AGAINST.add(found.source)
        yield found


RAN_AGAINST: set[str] = set()


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say what a run ran against."""
    for source in RAN_AGAINST:
        terminalreporter.write_line(f"Kafka and PostgreSQL: {source}")


@pytest.fixture(scope="session")
def postgres_server(servers: environment.Servers) -> str:
    """The address of Postgres, as its superuser."""
    return servers.postgres_url


@pytest.fixture(scope="session")
def kafka_bootstrap(servers: environment.Servers) -> str:
    """The address of Kafka."""
    return servers.kafka_bootstrap


@pytest.fixture
async def make_database(
    postgres_server: str,
) -> AsyncIterator[Callable[[str], Awaitable[Provisioned]]]:
    """Make new, migrated databases: ``await make_database("referral")``."""
    made: list[Provisioned] = []

    async def make(service: str = "chassis") -> Provisioned:
        made.append(await environment.make_database(postgres_server, service))
        return made[-1]

    yield make
    for database in made:
        await environment.drop_database(postgres_server, database)


@pytest.fixture
async def fresh_database(
    make_database: Callable[[str], Awaitable[Provisioned]],
) -> Provisioned:
    """A new database with the chassis' own tables."""
    return await make_database("chassis")


@pytest.fixture
async def make_topic(kafka_bootstrap: str) -> Callable[..., Awaitable[str]]:
    """Make new topics: ``await make_topic(partitions=6)``."""

    async def make(partitions: int = 6, word: str = "t") -> str:
        name = environment.unique(word)
        await provision_topics(kafka_bootstrap, partitions, [name])
        return name

    return make
