"""`docker compose up` with the very file people use: its network, its servers, its order, its rights.

Price      Minutes. Kafka and Postgres are the official images where the engine has them, else
           stand-ins made of the embedded ones.
Not here   Fetching and building: `test_images.py` builds, and images that are not there are not
           fetched. Published ports are others than the file's, so that a run disturbs nobody.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from html import unescape
from pathlib import Path
from typing import Any, Final
from uuid import uuid4

import httpx
import pytest

from runner.ports import HOST, PortFinder
from tests.containers import KAFKA_IMAGE, POSTGRES_IMAGE
from tests.deploy import server_images
from tests.deploy.compose_file import DATABASES, ROOT, read
from tests.deploy.engine import ask, docker, has_image, needs_an_engine, needs_compose
from tests.deploy.visitor import client, refer
from tests.live import eventually

pytestmark = [
    pytest.mark.docker,
    pytest.mark.slow,
    pytest.mark.timeout(1_500),
    pytest.mark.xdist_group("containers"),
]

ENTRIES: Final = read()
PUBLISHED: Final = {
    name: entry.ports[0].rpartition(":")[2] for name, entry in ENTRIES.items() if entry.ports
}
STEPS: Final = [name for name, entry in ENTRIES.items() if entry.raw.get("restart") == "no"]
LASTING: Final = [name for name in ENTRIES if name not in STEPS]
UP_TIMEOUT_SECONDS: Final = 600
SEEDED_TIMEOUT_SECONDS: Final = 300


@dataclass(frozen=True, slots=True)
class Project:
    """One run of the file under a name of its own."""

    name: str
    override: Path
    ports: dict[str, int]

    def compose(self, *arguments: str, timeout: int = UP_TIMEOUT_SECONDS) -> str:
        """What a Compose command prints; it must end well."""
        return docker(*self._compose(), *arguments, timeout=timeout)

    def url(self, entry: str) -> str:
        return f"http://{HOST}:{self.ports[entry]}"

    def state(self, entry: str) -> dict[str, Any]:
        """What the engine says of the entry's container."""
        container = self.compose("ps", "--all", "--quiet", entry).strip()
        return json.loads(docker("inspect", "--format={{json .State}}", container))

    def ended(self, entry: str) -> bool:
        return self.state(entry)["Status"] == "exited"

    def logs(self, *entries: str) -> str:
        """The end of what they said, for a run that failed."""
        done = ask(*self._compose(), "logs", "--no-color", "--tail=15", *entries)
        return done.stdout + done.stderr

    def remove(self) -> None:
        ask(*self._compose(), "down", "--volumes", "--timeout=10", timeout=UP_TIMEOUT_SECONDS)

    def _compose(self) -> list[str]:
        files = [f"--file={ROOT / 'docker-compose.yml'}", f"--file={self.override}"]
        # A file `.env` of somebody's own must change nothing here.
        return ["compose", f"--project-name={self.name}", "--env-file=/dev/null", *files]


@pytest.fixture(scope="module")
def servers(request: pytest.FixtureRequest) -> server_images.ServerImages:
    """The servers' images: the official ones, else stand-ins."""
    needs_compose()
    needs_an_engine()
    if has_image(KAFKA_IMAGE) and has_image(POSTGRES_IMAGE):
        return server_images.ServerImages(KAFKA_IMAGE, POSTGRES_IMAGE)
    return request.getfixturevalue("stand_ins")


@pytest.fixture(scope="module")
def project(
    servers: server_images.ServerImages,
    images: dict[str, str],
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Project]:
    """The file brought up, and its last step, the seed, ended."""
    folder = tmp_path_factory.mktemp("compose")
    finder = PortFinder(folder)
    ports = {name: finder.take() for name in PUBLISHED}
    override = folder / "override.yml"
    override.write_text(_override(servers, images, ports), encoding="utf-8")
    made = Project(f"waymark-test-{uuid4().hex[:8]}", override, ports)
    try:
        made.compose("up", "--detach", "--no-build")
        eventually(
            "the seed has ended", lambda: made.ended("seed"), timeout_seconds=SEEDED_TIMEOUT_SECONDS
        )
        yield made
    except BaseException:
        print(made.logs())  # noqa: T201 - pytest shows it where the test failed
        raise
    finally:
        made.remove()


@pytest.mark.parametrize("step", STEPS)
def test_each_step_before_the_services_ends_well(project: Project, step: str) -> None:
    assert project.state(step)["ExitCode"] == 0, project.logs(step)


@pytest.mark.parametrize("entry", LASTING)
def test_what_stays_is_healthy_and_was_started_once(project: Project, entry: str) -> None:
    healthy = eventually(
        f"{entry} is healthy",
        lambda: (state := project.state(entry))["Health"]["Status"] == "healthy" and state,
        timeout_seconds=60,
    )
    assert not healthy["OOMKilled"]
    container = project.compose("ps", "--quiet", entry).strip()
    assert docker("inspect", "--format={{.RestartCount}}", container).strip() == "0"


@pytest.mark.parametrize("service", DATABASES)
def test_every_service_is_ready(project: Project, service: str) -> None:
    answer = httpx.get(f"{project.url(service)}/readyz", trust_env=False)
    assert answer.is_success, answer.text


def test_a_referral_made_through_one_published_port_is_reported_through_another(
    project: Project,
) -> None:
    with (
        _client(project, "referral", "referrer", "Y99001") as referrer,
        _client(project, "reporting", "link-worker", "U99001") as reader,
    ):
        fact = refer(referrer, reader)
    assert fact["practice_code"] == "Y99001"


def test_somebody_signs_in_at_the_console_and_sees_the_seeded_region(project: Project) -> None:
    """The issuer has one name for the browser and for the console: this is where that shows."""
    with _browser(project) as browser:
        asked = browser.get("http://127.0.0.1:8080/sign-in", params={"to": "/"})
        address = asked.headers["location"]
        assert address.startswith(ENTRIES["console"].environment["WAYMARK_ISSUER_URL"])
        page = browser.get(address).text
        kept = re.findall(r'type="hidden" name="([^"]+)" value="([^"]*)"', page)
        fields = {name: unescape(value) for name, value in kept}
        back = browser.post(
            address.partition("?")[0], data={**fields, "subject": "demo-pcn-manager-U99001"}
        )
        signed_in = browser.get(back.headers["location"], follow_redirects=True)
        assert signed_in.is_success, signed_in.text[-600:]
        overview = browser.get("http://127.0.0.1:8080/", follow_redirects=True)
    assert "U99001" in str(overview.url) + overview.text


def test_only_this_machine_reaches_the_published_ports(project: Project) -> None:
    for entry in PUBLISHED:
        container = project.compose("ps", "--quiet", entry).strip()
        bindings = json.loads(
            docker("inspect", "--format={{json .NetworkSettings.Ports}}", container)
        )
        assert {one["HostIp"] for bound in bindings.values() for one in bound or ()} == {HOST}


def test_stopped_and_started_again_it_is_ready_with_what_it_had(project: Project) -> None:
    """The last test: it stops everything, servers included."""
    before = _referrals(project)
    project.compose("stop")
    for entry in LASTING:
        # 143: Java says so after a clean stop.
        assert project.state(entry)["ExitCode"] in (0, 143), project.logs(entry)
    project.compose("up", "--detach", "--no-build")
    eventually("reporting tells it again", lambda: _referrals(project), timeout_seconds=120)
    assert _referrals(project) == before


def _referrals(project: Project) -> Any:
    with _client(project, "reporting", "pcn-manager", "U99001") as manager:
        answer = manager.get("/pcns/U99001/summary")
        answer.raise_for_status()
        return answer.json()["figures"]


def _client(project: Project, service: str, role: str, organisation: str) -> httpx.Client:
    issuer, service_url = project.url("issuer"), project.url(service)
    return client(ENTRIES["issuer"], issuer, service_url, role, organisation)


def _browser(project: Project) -> httpx.Client:
    """A browser of a machine on which the file's own ports are published."""
    published = {int(PUBLISHED[name]): project.ports[name] for name in ("console", "issuer")}

    class Published(httpx.HTTPTransport):
        def handle_request(self, request: httpx.Request) -> httpx.Response:
            sent = httpx.Request(
                request.method,
                request.url.copy_with(host=HOST, port=published[request.url.port or 80]),
                headers=request.headers,  # the name it was called by among them
                stream=request.stream,
                extensions=request.extensions,
            )
            return super().handle_request(sent)

    return httpx.Client(transport=Published(), timeout=15, trust_env=False)


def _override(
    servers: server_images.ServerImages, images: dict[str, str], ports: dict[str, int]
) -> str:
    """The images of this run and free ports, in Compose's own words; all else is the file's."""
    lines = ["services:"]
    for name, entry in ENTRIES.items():
        image = images[entry.package] if entry.is_ours else getattr(servers, name)
        lines += [f"  {name}:", f"    image: {image}", "    pull_policy: never"]
        if "build" in entry.raw:
            lines.append("    build: !reset null")
        if name in ports:
            lines.append(f'    ports: !override ["{HOST}:{ports[name]}:{PUBLISHED[name]}"]')
    return "\n".join(lines) + "\n"
