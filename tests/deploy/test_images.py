"""The images are built for real and, told what the Compose file tells them, do the platform's job.

Price      Minutes, and images that stay on the engine so that the next run is quick: they are
           named ``waymark-test/…``.
Not here   The network and the servers of the Compose file: the containers share this machine's
           network, Kafka and Postgres are those the runner starts.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Final
from uuid import uuid4

import httpx
import pytest

from contracts.topics import TOPICS
from runner.embedded import Servers, running_servers
from runner.ports import PortFinder
from tests.deploy.compose_file import DATABASES, ROOT, Entry, read
from tests.deploy.engine import ask, docker
from tests.deploy.service_images import HELD, PACKAGES
from tests.deploy.visitor import client, refer
from tests.live import eventually

pytestmark = [
    pytest.mark.docker,
    pytest.mark.slow,
    pytest.mark.timeout(1_500),
    # One worker: the images and the platform are made once.
    pytest.mark.xdist_group("containers"),
]

ENTRIES: Final = read()
LONG_RUNNING: Final = ("issuer", "mail", "receiver", *DATABASES, "console")
HOST: Final = "127.0.0.1"
USER: Final = 10_001
LOOK: Final = """
import importlib.util, json, os, sys
def held(name):
    try:
        spec = importlib.util.find_spec(name)
    except ModuleNotFoundError:
        return False
    # A folder without modules is found too, as a namespace.
    return spec is not None and spec.origin is not None
print(json.dumps({"user": os.getuid(), "held": [name for name in sys.argv[1:] if held(name)]}))
"""


@dataclass(slots=True)
class Platform:
    """The containers of one run."""

    name: str
    servers: Servers
    images: Mapping[str, str]
    ports: dict[str, int]
    started: list[str] = field(default_factory=list[str])

    def url(self, entry: str) -> str:
        return f"http://{HOST}:{self.ports[entry]}"

    def container(self, entry: str) -> str:
        return f"{self.name}-{entry}"

    def run(self, entry: Entry) -> str:
        """Run an entry of the Compose file: to its end if it has one."""
        ends = entry.raw.get("restart") == "no"
        self.started.append(self.container(entry.name))
        options = ["--name", self.container(entry.name), "--network=host"]
        options += ["--no-healthcheck"] if ends else ["--detach"]
        options += ["--read-only"] if entry.raw["read_only"] else []
        options += [f"--cap-drop={name}" for name in entry.raw["cap_drop"]]
        options += [f"--security-opt={name}" for name in entry.raw["security_opt"]]
        options += [f"--tmpfs={path}" for path in entry.raw["tmpfs"]]
        options += [f"--volume={ROOT / volume}" for volume in entry.volumes]
        for key, value in self._told(entry).items():
            options += ["--env", f"{key}={value}"]
        program, *arguments = entry.entrypoint or [""]
        options += [f"--entrypoint={program}"] if program else []
        command = [self.images[entry.package], *arguments, *entry.command]
        return docker("run", *options, *command)

    def _told(self, entry: Entry) -> dict[str, str]:
        """What the file says, but with the addresses of this run."""
        environment = {key: self._here(str(value)) for key, value in entry.environment.items()}
        if "POSTGRES_URL" in environment:
            environment["POSTGRES_URL"] = self.servers.database_url
        if entry.name in self.ports:
            environment["WAYMARK_HTTP_HOST"] = HOST
            environment["WAYMARK_HTTP_PORT"] = str(self.ports[entry.name])
        if "WAYMARK_SMTP_PORT" in environment:
            environment["WAYMARK_SMTP_PORT"] = str(self.ports["smtp"])
        return environment

    def _here(self, text: str) -> str:
        database = self.servers.database_url.rpartition("@")[2].partition("/")[0]
        moved = {
            "postgres:5432": database,
            "kafka:9092": self.servers.bootstrap,
            "mail:2525": f"{HOST}:{self.ports['smtp']}",
            "http://issuer.localhost:8081": self.url("issuer"),
            "http://127.0.0.1:8080": self.url("console"),
            **{f"http://{name}:8000": self.url(name) for name in DATABASES},
        }
        for there, here in moved.items():
            text = text.replace(there, here)
        return text

    def health(self, entry: str) -> str:
        """What the image's own health check says."""
        return docker("inspect", "--format={{.State.Health.Status}}", self.container(entry)).strip()

    def logs(self) -> str:
        """The end of what each container said, for a run that failed."""
        said = ""
        for container in self.started:
            done = ask("logs", "--tail=15", container)
            said += f"\n--- {container}\n{done.stdout}{done.stderr}"
        return said


@pytest.fixture(scope="module")
def platform(
    images: dict[str, str], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Platform]:
    """The Compose file's platform, seeded, in containers."""
    with running_servers() as servers:
        finder = PortFinder(tmp_path_factory.mktemp("ports"))
        ports = {name: finder.take() for name in (*LONG_RUNNING, "smtp")}
        made = Platform(f"waymark-test-{uuid4().hex[:8]}", servers, images, ports)
        with _removed_at_the_end(made):
            made.run(ENTRIES["provision"])
            for service in DATABASES:
                made.run(ENTRIES[f"migrate-{service}"])
            for name in LONG_RUNNING:
                made.run(ENTRIES[name])
            made.run(ENTRIES["seed"])
            yield made


@pytest.mark.parametrize("package", PACKAGES)
def test_an_image_holds_nothing_of_its_neighbours_and_is_not_root(
    images: dict[str, str], package: str
) -> None:
    asked = {
        *("runner", "bench", "tests", "tools"),
        *(name for one in HELD.values() for name in one),
    }
    said = docker(
        *("run", "--rm", "--network=none", "--entrypoint=python3", images[package]),
        *("-c", LOOK, *sorted(asked)),
    )
    answer = json.loads(said)
    assert set(answer["held"]) == HELD[package]
    assert answer["user"] == USER


def test_a_service_without_settings_names_what_is_missing_and_does_not_start(
    images: dict[str, str],
) -> None:
    done = ask("run", "--rm", "--network=none", images["referral"], "api")
    assert done.returncode == 2
    assert "WAYMARK_DATABASE_API_URL: is missing" in done.stderr


def test_a_referral_made_in_one_container_is_reported_by_another(platform: Platform) -> None:
    with (
        _client(platform, "referral", "referrer", "Y99001") as referrer,
        _client(platform, "reporting", "link-worker", "U99001") as reader,
    ):
        fact = refer(referrer, reader)
    assert fact["practice_code"] == "Y99001"


def test_every_topic_is_made_by_the_provisioning_container(platform: Platform) -> None:
    # Kafka makes none by itself, so a second run finds all of them and changes nothing.
    docker("start", "--attach", platform.container("provision"))
    for topic in TOPICS:
        assert _partitions(platform.servers.bootstrap, topic.name) == int(
            ENTRIES["provision"].environment["PARTITIONS"]
        )


def test_the_console_shows_its_first_page(platform: Platform) -> None:
    answer = httpx.get(platform.url("console"), follow_redirects=True, trust_env=False)
    assert answer.is_success
    assert "text/html" in answer.headers["content-type"]


@pytest.mark.parametrize("name", LONG_RUNNING)
def test_the_health_check_of_an_image_finds_its_process(platform: Platform, name: str) -> None:
    eventually(f"{name} is healthy", lambda: platform.health(name) == "healthy", timeout_seconds=60)


def test_a_container_that_is_told_to_stop_ends_well(platform: Platform) -> None:
    container = platform.container("reporting")
    docker("stop", "--time=30", container)
    assert docker("inspect", "--format={{.State.ExitCode}}", container).strip() == "0"


@contextmanager
def _removed_at_the_end(platform: Platform) -> Iterator[None]:
    try:
        yield
    except BaseException:
        print(platform.logs())  # noqa: T201 - pytest shows it where the test failed
        raise
    finally:
        for container in platform.started:
            ask("rm", "--force", "--volumes", container)


def _client(platform: Platform, service: str, role: str, organisation: str) -> httpx.Client:
    issuer, service_url = platform.url("issuer"), platform.url(service)
    return client(ENTRIES["issuer"], issuer, service_url, role, organisation)


def _partitions(bootstrap: str, topic: str) -> int:
    from confluent_kafka.admin import AdminClient

    metadata = AdminClient({"bootstrap.servers": bootstrap}).list_topics(topic, timeout=10)
    return len(metadata.topics[topic].partitions)
