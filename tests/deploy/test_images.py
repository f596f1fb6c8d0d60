"""The images are built for real and, told what the Compose file tells them, do the platform's job.

Price      Minutes, and images that stay on the engine so that the next run is quick: they are
           named ``waymark-test/…``.
Not here   The network and the servers of the Compose file: the containers share this machine's
           network, Kafka and Postgres are those the runner starts.
"""

from __future__ import annotations

import hashlib
import json
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final
from uuid import uuid4

import httpx
import pytest

from contracts.topics import TOPICS
from runner.embedded import Servers, running_servers
from runner.ports import PortFinder
from tests.deploy import base_image
from tests.deploy.compose_file import DATABASES, ROOT, Entry, read
from tests.live import a_referral, eventually, post

pytestmark = [pytest.mark.docker, pytest.mark.slow, pytest.mark.timeout(1_500)]

ENTRIES: Final = read()
PACKAGES: Final = (*DATABASES, "console", "demo")
LONG_RUNNING: Final = ("issuer", "mail", *DATABASES, "console")
HOST: Final = "127.0.0.1"
BUILD_TIMEOUT_SECONDS: Final = 900
RUN_TIMEOUT_SECONDS: Final = 300
USER: Final = 10_001
# What of the repository's packages each image holds.
HELD: Final = {
    **{name: {"contracts", "chassis", "services", f"services.{name}"} for name in DATABASES},
    "console": {"contracts", "chassis", "console"},
    "demo": {"contracts", "demo"},
}
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


@pytest.fixture(scope="module")
def images(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """One image for each package, by its name on the engine."""
    _needs_an_engine()
    context = tmp_path_factory.mktemp("context")
    for name in ("contracts", "chassis", "services", "console", "demo", "deploy"):
        shutil.copytree(ROOT / name, context / name)
    shutil.copy(ROOT / ".dockerignore", context)
    (context / "requirements").mkdir()
    shutil.copy(ROOT / "requirements/run.txt", context / "requirements")
    base = _base(tmp_path_factory.mktemp("base"))
    _fetch_packages(context)
    return {package: _build(context, package, base) for package in PACKAGES}


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
        return _docker("run", *options, *command)

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
        return _docker(
            "inspect", "--format={{.State.Health.Status}}", self.container(entry)
        ).strip()

    def logs(self) -> str:
        """The end of what each container said, for a run that failed."""
        said = ""
        for container in self.started:
            done = _ask("logs", "--tail=15", container)
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
    said = _docker(
        *("run", "--rm", "--network=none", "--entrypoint=python3", images[package]),
        *("-c", LOOK, *sorted(asked)),
    )
    answer = json.loads(said)
    assert set(answer["held"]) == HELD[package]
    assert answer["user"] == USER


def test_a_service_without_settings_names_what_is_missing_and_does_not_start(
    images: dict[str, str],
) -> None:
    done = _ask("run", "--rm", "--network=none", images["referral"], "api")
    assert done.returncode == 2
    assert "WAYMARK_DATABASE_API_URL: is missing" in done.stderr


def test_a_referral_made_in_one_container_is_reported_by_another(platform: Platform) -> None:
    with _client(platform, "referral", "referrer", "Y99001") as referrer:
        referral = post(referrer, "/referrals", a_referral())
    with _client(platform, "reporting", "link-worker", "U99001") as reader:
        fact = eventually(
            "the referral is reported",
            lambda: _found(reader, f"/referrals/{referral['id']}"),
            timeout_seconds=60,
        )
    assert fact["practice_code"] == "Y99001"


def test_every_topic_is_made_by_the_provisioning_container(platform: Platform) -> None:
    # Kafka makes none by itself, so a second run finds all of them and changes nothing.
    _docker("start", "--attach", platform.container("provision"))
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
    _docker("stop", "--time=30", container)
    assert _docker("inspect", "--format={{.State.ExitCode}}", container).strip() == "0"


# -- building ------------------------------------------------------------------------------------


def _needs_an_engine() -> None:
    if shutil.which("docker") is None:
        pytest.skip("no container engine: there is no docker command")
    asked = _ask("version", "--format={{.Server.Version}} {{.Server.Os}}")
    if asked.returncode != 0:
        pytest.skip("no container engine answers")
    if not asked.stdout.strip().endswith("linux"):
        pytest.skip("the container engine runs no Linux containers")


def _base(folder: Path) -> str:
    """The base image of this Python, made once."""
    made_of = f"{sys.version} {Path(base_image.__file__).read_text(encoding='utf-8')}"
    tag = f"waymark-test/base:{hashlib.sha256(made_of.encode()).hexdigest()[:12]}"
    if _ask("image", "inspect", tag).returncode != 0:
        base_image.make(tag, folder)
    return tag


def _fetch_packages(context: Path) -> None:
    """Fill ``deploy/wheels``: the build itself has no network."""
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--require-hashes"]
    command += ["-r", str(context / "requirements/run.txt"), "-d", str(context / "deploy/wheels")]
    done = subprocess.run(
        command, check=False, capture_output=True, text=True, timeout=BUILD_TIMEOUT_SECONDS
    )
    if done.returncode != 0:
        pytest.skip(f"the packages cannot be fetched: {done.stderr.strip()[-200:]}")


def _build(context: Path, package: str, base: str) -> str:
    tag = f"waymark-test/{package}"
    _docker(
        *("build", "--quiet", "--network=none", f"--tag={tag}", "--file=deploy/Dockerfile"),
        *("--build-arg", f"SERVICE={package}", "--build-arg", f"BASE={base}"),
        *("--build-arg", "PIP_NO_INDEX=1", "."),
        folder=context,
        timeout=BUILD_TIMEOUT_SECONDS,
    )
    return tag


# -- running -------------------------------------------------------------------------------------


@contextmanager
def _removed_at_the_end(platform: Platform) -> Iterator[None]:
    try:
        yield
    except BaseException:
        print(platform.logs())  # noqa: T201 - pytest shows it where the test failed
        raise
    finally:
        for container in platform.started:
            _ask("rm", "--force", "--volumes", container)


def _client(platform: Platform, service: str, role: str, organisation: str) -> httpx.Client:
    """An HTTP client that speaks to a service as a demo member the seed made."""
    answer = httpx.post(
        f"{platform.url('issuer')}/demo/token",
        json={"role": role, "organisation_code": organisation},
        headers={"Authorization": f"Bearer {ENTRIES['issuer'].environment['WAYMARK_DEMO_SECRET']}"},
        trust_env=False,
    )
    answer.raise_for_status()
    return httpx.Client(
        base_url=platform.url(service),
        headers={"Authorization": f"Bearer {answer.json()['access_token']}"},
        timeout=15,
        trust_env=False,
    )


def _found(http: httpx.Client, path: str) -> dict[str, Any] | None:
    answer = http.get(path)
    if answer.status_code == httpx.codes.NOT_FOUND:
        return None
    answer.raise_for_status()
    return answer.json()


def _partitions(bootstrap: str, topic: str) -> int:
    from confluent_kafka.admin import AdminClient

    metadata = AdminClient({"bootstrap.servers": bootstrap}).list_topics(topic, timeout=10)
    return len(metadata.topics[topic].partitions)


def _docker(*arguments: str, folder: Path = ROOT, timeout: int = RUN_TIMEOUT_SECONDS) -> str:
    done = _ask(*arguments, folder=folder, timeout=timeout)
    said = (done.stdout + done.stderr)[-3_000:]
    assert done.returncode == 0, f"docker {arguments[0]}: {done.returncode}\n{said}"
    return done.stdout


def _ask(
    *arguments: str, folder: Path = ROOT, timeout: int = RUN_TIMEOUT_SECONDS
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["docker", *arguments],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=timeout,
        check=False,
    )
