"""The platform as a person meets it: up, status, token, faults of single processes, down.

Real processes and servers of its own; nothing is seeded.
"""

import json
import os
import re
import signal
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import asyncpg
import httpx
import pytest
from aiokafka.admin import AIOKafkaAdminClient

from runner import processes
from runner.places import ROOT
from tests.live import LivePlatform

pytestmark = [
    pytest.mark.platform,
    pytest.mark.xdist_group("runner-platform"),
    pytest.mark.timeout(400),  # on a busy machine a start takes a minute
]

SERVICES = ["directory", "referral", "notifications", "reporting"]
WEB = ["issuer", "mail", "receiver", *SERVICES, "console"]


def platform_at(state: Path, **environ: str) -> LivePlatform:
    clean = {name: value for name, value in os.environ.items() if not name.startswith("WAYMARK_")}
    return LivePlatform(state, {**clean, "WAYMARK_STATE": str(state), **environ})


def refused(platform: LivePlatform, *arguments: str) -> subprocess.CompletedProcess[str]:
    """A verb that is expected to say no."""
    return subprocess.run(
        [sys.executable, "-m", "runner", *arguments],
        cwd=ROOT,
        env=platform.environ,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


@pytest.fixture(scope="module")
def directory():
    with tempfile.TemporaryDirectory(prefix="waymark-test-") as name:
        Path(name).chmod(0o711)
        yield Path(name)


@pytest.fixture(scope="module")
def first_up(directory):
    """A platform, what its start printed, and what a second start heard meanwhile."""
    platform = platform_at(directory / "one")
    starting = subprocess.Popen(
        [sys.executable, "-m", "runner", "up", "--no-seed"],
        cwd=ROOT,
        env=platform.environ,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        holder = platform.state / "state.holder"
        deadline = time.monotonic() + 60
        while not holder.exists():
            assert time.monotonic() < deadline
            assert starting.poll() is None, starting.communicate()
        second = refused(platform, "up", "--no-seed")
        printed, said = starting.communicate(timeout=200)
        assert starting.returncode == 0, said
        yield platform, printed, second, starting.pid
    finally:
        # Interrupted, `up` takes down what it has begun; nothing of this test may stay.
        if starting.poll() is None:
            starting.send_signal(signal.SIGINT)
            starting.communicate(timeout=60)
        platform.verb("down", check=False)


@pytest.fixture
def platform(first_up) -> LivePlatform:
    return first_up[0]


def entry(platform: LivePlatform, name: str) -> dict:
    return next(one for one in platform.status()["services"] if one["name"] == name)


def not_ready(platform: LivePlatform) -> dict[str, object]:
    """What is not ready, and which part of it."""
    return {
        one["name"]: one["ready"]
        for one in platform.status()["services"]
        if one["state"] != "ready"
    }


def test_the_end_of_up_says_where_to_look_in_few_true_lines(first_up):
    platform, printed, _, _ = first_up
    lines = printed.rstrip("\n").split("\n")
    assert len(lines) <= 24
    assert re.match(r" ready in \d+ s   \(.*kafka 4\.3\.1.*postgres 18\.6", lines[0])
    for address in re.findall(r"http://[^\s]+", printed):
        answer = httpx.get(address, follow_redirects=True, trust_env=False)
        assert answer.status_code == 200, address
    assert "Loaded" not in printed  # nothing was
    assert str(platform.state / "logs") in printed


def test_a_second_up_while_one_starts_is_one_line_with_its_remedy(first_up):
    _, _, second, pid = first_up
    assert second.returncode == 4
    assert second.stdout == ""
    fact, remedy = second.stderr.rstrip("\n").split("\n")
    assert fact == (f"waymark: another command is changing this platform: ./waymark up (pid {pid})")
    assert remedy.startswith("  remedy: wait for it to end")


def test_status_is_one_object_with_an_entry_for_every_process(platform):
    status = platform.status()
    assert status["state"] == "ready"
    assert status["kafka"]["topics"] == [
        "directory.events.v1",
        "notifications.events.v1",
        "referral.events.v1",
    ]
    by_name = {one["service"]: one for one in status["services"]}
    assert list(by_name) == [*WEB, "kafka", "postgres"]
    assert by_name["referral"]["roles"] == ["api", "relay", "consumer", "schedules"]
    assert by_name["notifications"]["roles"] == ["api", "relay", "consumer", "schedules"]
    assert by_name["reporting"]["ready"] == {"api": True, "consumer": True}
    for one in status["services"]:
        assert one["state"] == "ready"
        assert Path(one["log"]).parent == platform.state / "logs"
        assert Path(f"/proc/{one['pid']}").exists()
    assert by_name["reporting"]["group"] == "reporting"
    assert set(status["postgres"]) == set(SERVICES)
    assert set(status["mail"]) == {"smtp", "http"}


async def test_passwords_appear_only_when_asked_for_and_then_they_open_the_door(platform):
    plain, told = platform.status(), platform.status(secrets=True)
    for service in SERVICES:
        hidden, url = plain["postgres"][service]["url"], told["postgres"][service]["url"]
        assert hidden != url
        with pytest.raises(asyncpg.PostgresError):
            await asyncpg.connect(hidden)
        connection = await asyncpg.connect(url)
        assert await connection.fetchval("select current_database()") == service
        await connection.close()
    secret = re.search(r":([^:@/]+)@", told["postgres"]["referral"]["url"])[1]
    assert secret not in json.dumps(plain)


def test_topics_are_kept_for_ever_in_six_partitions(platform):
    async def described():
        admin = AIOKafkaAdminClient(bootstrap_servers=platform.status()["kafka"]["bootstrap"])
        await admin.start()
        try:
            return await admin.describe_topics(["referral.events.v1"])
        finally:
            await admin.close()

    import asyncio

    (topic,) = asyncio.run(described())
    assert len(topic["partitions"]) == 6


def test_up_again_changes_nothing(platform):
    before = {one["name"]: one["pid"] for one in platform.status()["services"]}
    platform.verb("up", "--no-seed")
    assert {one["name"]: one["pid"] for one in platform.status()["services"]} == before


def test_a_token_is_good_everywhere_the_moment_it_is_printed(platform):
    for role in ("operator", "region-analyst", "registrar"):
        platform.token(role, region="QZZ")
    for service in SERVICES:
        with platform.client(service, "operator", region="QZZ") as http:
            assert http.get("/internal/flow").status_code == 200, service
    with platform.client("reporting", "region-analyst", region="QZZ") as http:
        assert http.get("/regions/QZZ/summary").status_code == 200
    assert len(platform.verb("token", "--role", "operator").splitlines()) == 1


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (["--role", "service"], 6),
        (["--role", "king"], 1),
        (["--role", "pcn-manager", "--practice", "Y99001"], 1),
        (["--role", "pcn-manager", "--pcn", "U00000"], 1),  # not in the register
    ],
)
def test_a_token_nobody_can_have_is_refused_in_one_line(platform, arguments, code):
    answer = refused(platform, "token", *arguments)
    assert (answer.returncode, answer.stdout) == (code, "")
    assert len(answer.stderr.rstrip("\n").split("\n")) == 2


def test_what_ended_stays_down_until_it_is_brought_back_to_its_address(platform):
    before = {one["name"]: one["http"] for one in platform.status()["services"]}
    platform.verb("kill", "reporting")
    platform.verb("stop", "directory")
    assert platform.status()["state"] == "degraded"
    killed, stopped = entry(platform, "reporting"), entry(platform, "directory")
    assert (killed["state"], stopped["state"]) == ("crashed", "stopped")
    assert not any([*killed["ready"].values(), *stopped["ready"].values()])
    assert "pid" in platform.verb("start", "reporting", "--no-wait")
    platform.verb("up", "--no-seed")
    status = platform.status()
    assert status["state"] == "ready"
    assert {one["name"]: one["http"] for one in status["services"]} == before


def test_a_paused_service_is_told_from_one_that_is_gone(platform):
    pid = entry(platform, "notifications")["pid"]
    platform.verb("pause", "notifications")
    assert entry(platform, "notifications")["state"] == "paused"
    platform.verb("resume", "notifications")
    deadline = time.monotonic() + 30
    while entry(platform, "notifications")["state"] != "ready":
        assert time.monotonic() < deadline
    assert entry(platform, "notifications")["pid"] == pid


def test_a_role_can_have_more_processes_and_they_go_without_a_trace(platform):
    platform.verb("start", "reporting", "--role", "consumer", "--count", "2")
    added = [one for one in platform.status()["services"] if one["service"] == "reporting"][1:]
    assert [one["roles"] for one in added] == [["consumer"], ["consumer"]]
    assert [one["ready"] for one in added] == [{"consumer": True}] * 2
    assert len({one["http"] for one in added}) == 2
    answer = refused(platform, "stop", "referral", "--role", "relay")
    assert answer.returncode == 1
    assert "one runs api, relay, consumer" in answer.stderr
    platform.verb("stop", "reporting", "--role", "consumer")
    assert [one["name"] for one in platform.status()["services"]] == [*WEB, "kafka", "postgres"]


def test_a_killed_broker_and_database_come_back_where_they_were(platform):
    before = platform.status()["kafka"]["bootstrap"]
    platform.verb("kill", "kafka")
    platform.verb("kill", "postgres")
    assert entry(platform, "kafka")["state"] == entry(platform, "postgres")["state"] == "crashed"
    platform.verb("start", "postgres")
    platform.verb("start", "kafka")
    assert platform.status()["kafka"]["bootstrap"] == before
    # Longer than a client that has gone deaf stays unnoticed.
    deadline = time.monotonic() + 120
    while unready := not_ready(platform):
        assert time.monotonic() < deadline, unready


def test_reading_again_from_the_beginning_needs_something_that_was_read(platform):
    answer = json.loads(platform.verb("replay", "directory", "--json", check=False))
    assert answer.get("service") == "directory" or "has not read anything" in str(answer)
    assert entry(platform, "directory")["state"] == "ready"


def test_logs_show_what_each_process_wrote(platform):
    shown = json.loads(platform.verb("logs", "--json"))
    assert {"kafka", "postgres", *SERVICES} <= set(shown)
    assert shown["kafka"]
    assert platform.verb("logs", "kafka", "-n", "1").count("\n") == 1


async def test_a_second_clone_runs_beside_the_first_on_servers_it_was_given(
    platform, directory, kafka_bootstrap, postgres_server
):
    first = platform.status()
    second = platform_at(
        directory / "two", WAYMARK_KAFKA=kafka_bootstrap, WAYMARK_DATABASE_URL=postgres_server
    )
    try:
        second.verb("up", "--no-seed")
        status = second.status(secrets=True)
        assert status["state"] == "ready"
        assert [one["name"] for one in status["services"]] == WEB
        assert status["kafka"]["bootstrap"] == kafka_bootstrap
        urls = [database["url"] for database in status["postgres"].values()]
        # A shared server: names are this clone's own.
        names = {url.rpartition("/")[2] for url in urls}
        assert all(re.fullmatch(r"[a-z]+_[0-9a-f]{12}", name) for name in names)
        theirs = {one["http"] for one in first["services"] if one["http"]}
        assert theirs.isdisjoint(one["http"] for one in status["services"])
        assert second.token("operator", region="QZZ") != platform.token("operator", region="QZZ")
        second.verb("down")
        assert processes.marked(second.state) == []
        second.verb("reset", "--yes")
        connection = await asyncpg.connect(postgres_server)
        databases = await connection.fetch("select datname as name from pg_database")
        roles = await connection.fetch("select rolname as name from pg_roles")
        await connection.close()
        assert names.isdisjoint(row["name"] for row in databases)
        assert not [row for row in roles if row["name"].rpartition("_")[0] in names]
        assert not second.state.exists()
    finally:
        second.verb("down", check=False)
    assert platform.status()["state"] == "ready"


def test_a_console_port_that_is_taken_is_said_and_another_one_used(platform, directory):
    console = platform.status()["console"]
    with socket.socket() as wanted:
        wanted.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            wanted.bind(("127.0.0.1", 8080))
            wanted.listen()
        except OSError:
            pass  # somebody has it: that will do
        other = platform_at(
            directory / "three",
            JAVA_HOME="/none",
            PATH="/none",
            PIP_NO_INDEX="1",
            WAYMARK_CACHE=str(directory / "cache"),
        )
        answer = refused(other, "up", "--no-seed")
    said = answer.stderr.rstrip("\n").split("\n")
    assert re.match(r"  port 8080 is taken: the console is at port \d+", said[0])
    # And with no Java either, that is the one line that follows.
    assert said[1].startswith("waymark: no Java 17 or newer")
    assert answer.returncode == 3
    assert processes.marked(other.state) == []
    assert platform.status()["console"] == console


def test_down_leaves_no_process_not_even_one_nobody_noted(platform):
    stray = processes.start(
        [sys.executable, "-c", "import signal, time; time.sleep(600)"],
        log=platform.state / "logs" / "stray.log",
        env=dict(os.environ),
        cwd=platform.state,
        platform=platform.state,
    )
    platform.verb("pause", "referral")  # even one that cannot hear
    assert len(processes.marked(platform.state)) > len(WEB)
    platform.verb("down")
    assert processes.marked(platform.state) == []
    assert not stray.send(signal.SIGTERM)
    assert platform.status()["state"] == "stopped"


@pytest.mark.slow
def test_after_down_everything_comes_back_at_the_same_addresses(platform):
    addresses = json.loads((platform.state / "state.json").read_text())["ports"]
    platform.verb("up", "--no-seed")
    status = platform.status()
    assert status["state"] == "ready"
    for one in status["services"]:
        if one["service"] in SERVICES:
            assert one["http"].endswith(f":{addresses[one['service']]}")
    platform.verb("down")
    platform.verb("reset", "--yes")
    assert not platform.state.exists()
