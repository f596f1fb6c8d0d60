"""The console before a real issuer process and a real service on a real database."""

import os
import socket
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import httpx
import pytest
import pytest_socket

from chassis import clock
from chassis.database import Database
from chassis.provisioning import Provisioned
from services.directory.domain.register import Moment
from services.directory.use_cases.beginning import begin_register
from tests import environment
from tests.console.front import CONSOLE_SECRET, CONSOLE_URL, DEMO_SECRET, Front, open_front
from tests.console.library import Library, open_library
from tests.directory.trial import Office, fill_register, running_office
from tests.emptying import empty as empty_tables
from tests.environment import ROOT
from tests.issuer import running_issuer
from tests.reporting.story import Story
from tests.reporting.tables import empty
from tests.waiting import until


@pytest.fixture(scope="session")
def issuer_process(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The demonstration's issuer, as a process of its own; gives its address."""
    pytest_socket.enable_socket()
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    url = f"http://127.0.0.1:{port}"
    clients = f'{{"console": "{CONSOLE_SECRET}", "reporting": "{CONSOLE_SECRET}"}}'
    told = {name: value for name, value in os.environ.items() if not name.startswith("WAYMARK_")}
    told |= {
        "WAYMARK_MODE": "demo",
        "WAYMARK_HTTP_PORT": str(port),
        "WAYMARK_ISSUER_URL": url,
        "WAYMARK_ISSUER_DIRECTORY": str(tmp_path_factory.mktemp("issuer")),
        "WAYMARK_ISSUER_CLIENTS": clients,
        "WAYMARK_DEMO_SECRET": DEMO_SECRET,
        "WAYMARK_CONSOLE_URL": CONSOLE_URL,
    }
    process = subprocess.Popen([sys.executable, "-m", "demo.issuer"], cwd=Path(ROOT), env=told)
    try:
        yield url
    finally:
        process.terminate()
        process.wait(timeout=10)


@pytest.fixture
async def issuer_url(issuer_process: str) -> str:
    """The issuer, answering."""

    async def answers() -> bool:
        try:
            async with httpx.AsyncClient(trust_env=False) as http:
                return (await http.get(f"{issuer_process}/livez")).status_code == 200
        except httpx.HTTPError:
            return False

    await until(answers, timeout_seconds=30, what="the issuer answers")
    return issuer_process


@pytest.fixture(scope="session")
async def reporting_database(postgres_server: str) -> AsyncIterator[Provisioned]:
    """One database for the whole run."""
    made = await environment.make_database(postgres_server, "reporting")
    yield made
    await environment.drop_database(postgres_server, made)


@pytest.fixture
async def front(reporting_database: Provisioned, issuer_url: str) -> AsyncIterator[Front]:
    """The console, with reporting behind all of its services' addresses."""
    await empty(reporting_database)
    worker = Database(reporting_database.worker_url, "worker", 2)
    await worker.open()
    async with open_front(reporting_database, worker, issuer_url) as opened:
        yield opened
    await worker.close()


@pytest.fixture(scope="session")
async def running_directory(postgres_server: str) -> AsyncIterator[Office]:
    """The directory's own application, to be filled by those who keep it."""
    made = await environment.make_database(postgres_server, "directory")
    async with (
        running_issuer() as issuer,
        running_office(made, postgres_server, issuer) as running,
    ):
        yield running
    await environment.drop_database(postgres_server, made)


@pytest.fixture
async def library(front: Front, running_directory: Office) -> AsyncIterator[Library]:
    """The console before a directory with two networks and their members."""
    office = running_directory
    await empty_tables(office.owner)
    moment = Moment(clock.now(), clock.now())
    await begin_register(office.worker, office.settings, moment)
    await fill_register(office)
    story = Story()
    story.register()
    await front.apply(story)
    async with open_library(front, office) as opened:
        yield opened
