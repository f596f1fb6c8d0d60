"""The Compose file and the Dockerfile keep their word, as far as reading can tell."""

from __future__ import annotations

import ast
import importlib
import json
import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import pytest
import yaml
from pydantic_settings import BaseSettings

from chassis import settings
from console.settings import ConsoleSettings
from demo import issuer, mail_sink, receiver
from demo.access import DemoAccess
from runner.plan import PLAN
from tests.containers import KAFKA_IMAGE, POSTGRES_IMAGE
from tests.deploy.compose_file import DATABASES, ROOT, Entry, read
from tests.deploy.engine import docker, needs_compose
from tests.deploy.service_images import HELD, PACKAGES

ENTRIES: Final = read()
OURS: Final = {name: entry for name, entry in ENTRIES.items() if entry.is_ours}
MIGRATIONS: Final = {name: f"migrate-{name}" for name in DATABASES}
RIGHTS: Final = ("read_only", "cap_drop", "security_opt", "tmpfs", "restart")
CONDITIONS: Final = {"service_started", "service_healthy", "service_completed_successfully"}

DOCKERFILE: Final = (ROOT / "deploy/Dockerfile").read_text(encoding="utf-8")
INSTRUCTIONS: Final = [
    line.partition(" ")[::2]
    for line in re.sub(
        r"\\\n", " ", re.sub(r"^#.*\n", "", DOCKERFILE, flags=re.MULTILINE)
    ).splitlines()
    if line.strip()
]
OF_DOCKERFILE: Final = dict(re.findall(r"(WAYMARK_\w+)=([\w.]+)", DOCKERFILE)) | {
    "WAYMARK_RELEASE": "unreleased"
}


def test_the_file_holds_the_whole_platform_and_its_servers() -> None:
    for process in PLAN:
        assert list(process.roles) == [
            role
            for role in ENTRIES[process.service].command
            if role not in ("issuer", "mail_sink", "receiver")
        ]
    assert ENTRIES["kafka"].image == KAFKA_IMAGE
    assert ENTRIES["postgres"].image == POSTGRES_IMAGE


@pytest.mark.docker
def test_compose_reads_the_file_as_these_tests_do() -> None:
    needs_compose()
    file = ("--file=docker-compose.yml", "--env-file=/dev/null")
    document = json.loads(docker("compose", *file, "config", "--format=json"))
    assert set(document["services"]) == set(ENTRIES)
    for name, entry in ENTRIES.items():
        theirs = document["services"][name]
        assert theirs["image"] == entry.image
        assert (theirs.get("environment") or {}) == entry.environment
        assert (theirs["command"] or []) == entry.command
        assert (theirs["entrypoint"] or []) == entry.entrypoint
        assert [
            f"{port['host_ip']}:{port['published']}:{port['target']}"
            for port in theirs.get("ports", ())
        ] == entry.ports
        assert {
            needed: wanted["condition"] for needed, wanted in theirs.get("depends_on", {}).items()
        } == entry.waits_for
        assert {key: theirs.get(key) for key in RIGHTS} == {
            key: entry.raw.get(key) for key in RIGHTS
        }


@pytest.mark.parametrize("entry", ENTRIES.values(), ids=ENTRIES)
def test_every_image_has_a_version(entry: Entry) -> None:
    if entry.is_ours:
        built = [one.image for one in ENTRIES.values() if "build" in one.raw]
        assert built.count(entry.image) == 1, "each image of ours is built by one entry"
        assert ("build" in entry.raw) != (entry.raw.get("pull_policy") == "never")
    else:
        assert re.fullmatch(r"[\w/]+:\d+(\.\d+)+", entry.image)


@pytest.mark.parametrize("entry", ENTRIES.values(), ids=ENTRIES)
def test_nothing_is_reached_from_another_machine(entry: Entry) -> None:
    assert all(port.startswith("127.0.0.1:") for port in entry.ports)
    assert "network_mode" not in entry.raw
    assert entry.is_ours or not entry.ports, "the servers are for the services alone"


@pytest.mark.parametrize("entry", ENTRIES.values(), ids=ENTRIES)
def test_no_container_may_more_than_it_needs(entry: Entry) -> None:
    assert entry.raw["cap_drop"] == ["ALL"]
    assert entry.raw["security_opt"] == ["no-new-privileges:true"]
    assert not {"privileged", "cap_add", "pid", "ipc"} & set(entry.raw)
    # Kafka's own start script writes beside its programs.
    assert entry.raw.get("read_only") or entry.name == "kafka"
    assert all(
        volume.endswith(":ro") for volume in entry.volumes if volume.startswith((".", "/"))
    ), "nothing of this machine is writable"


@pytest.mark.parametrize("entry", ENTRIES.values(), ids=ENTRIES)
def test_what_an_entry_waits_for_exists_and_can_become_so(entry: Entry) -> None:
    for name, condition in entry.waits_for.items():
        assert condition in CONDITIONS
        awaited = ENTRIES[name]
        ends = awaited.raw.get("restart") == "no"
        assert ends == (condition == "service_completed_successfully")
        if condition == "service_healthy":
            # Ours are asked by the health check of the image.
            assert awaited.is_ours or awaited.raw["healthcheck"]["test"]


def test_databases_and_topics_are_made_before_tables_and_tables_before_services() -> None:
    provision = ENTRIES["provision"]
    assert set(provision.environment["SERVICES"].split()) == set(DATABASES)
    assert provision.waits_for == {"kafka": "service_healthy", "postgres": "service_healthy"}
    for service, migration in MIGRATIONS.items():
        assert ENTRIES[migration].image == ENTRIES[service].image
        assert ENTRIES[migration].command == ["migrate"]
        assert "provision" in ENTRIES[migration].waits_for
        assert migration in ENTRIES[service].waits_for
        told = ENTRIES[service].environment
        assert told["WAYMARK_TOPIC_PARTITIONS"] == provision.environment["PARTITIONS"]
    assert ENTRIES["kafka"].environment["KAFKA_AUTO_CREATE_TOPICS_ENABLE"] == "false"


def test_only_a_migration_holds_the_owner_of_a_database() -> None:
    holders = {n for n, e in ENTRIES.items() if "WAYMARK_DATABASE_OWNER_URL" in e.environment}
    assert holders == set(MIGRATIONS.values())
    assert [name for name, entry in ENTRIES.items() if "POSTGRES_URL" in entry.environment] == [
        "provision"
    ]


@pytest.mark.parametrize("name", [*DATABASES, *MIGRATIONS.values(), "console"])
def test_a_process_takes_all_it_is_told(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    entry = OURS[name]
    _only(monkeypatch, OF_DOCKERFILE | entry.environment)
    told = settings.read(_settings_of(entry))
    assert told.model_dump()["mode"] == "demo"


@pytest.mark.parametrize(
    ("name", "settings_type"),
    [
        ("issuer", issuer.Settings),
        ("mail", mail_sink.Settings),
        ("receiver", receiver.Settings),
        ("seed", DemoAccess),
    ],
)
def test_a_process_of_the_demonstration_takes_all_it_is_told(
    name: str, settings_type: type[BaseSettings], monkeypatch: pytest.MonkeyPatch
) -> None:
    told = OURS[name].environment
    known = {settings.key_of(field) for field in settings_type.model_fields}
    assert set(told) <= known
    _only(monkeypatch, OF_DOCKERFILE | told)
    settings_type()


def test_the_issuer_knows_every_client_by_the_secret_it_was_given() -> None:
    clients = json.loads(OURS["issuer"].environment["WAYMARK_ISSUER_CLIENTS"])
    assert clients == {
        name: OURS[name].environment["WAYMARK_CLIENT_SECRET"] for name in (*DATABASES, "console")
    }


def test_the_issuer_has_one_address_inside_and_outside() -> None:
    entry = OURS["issuer"]
    address = entry.environment["WAYMARK_ISSUER_URL"]
    for other in OURS.values():
        assert other.environment.get("WAYMARK_ISSUER_URL", address) == address
    port = entry.environment["WAYMARK_HTTP_PORT"]
    [alias] = entry.raw["networks"]["default"]["aliases"]
    assert address == f"http://{alias}:{port}"
    assert entry.ports == [f"127.0.0.1:{port}:{port}"]


def test_every_secret_says_that_it_is_for_demonstration_only() -> None:
    text = (ROOT / "docker-compose.yml").read_text(encoding="utf-8")
    secrets = re.findall(r"\$\{\w+:-([^}]*)\}", text)
    assert secrets
    assert all(secret.startswith("demo-only-") for secret in secrets)


def test_files_that_are_mounted_exist() -> None:
    for entry in ENTRIES.values():
        for volume in entry.volumes:
            source = volume.partition(":")[0]
            if source.startswith("."):
                assert (ROOT / source).is_file()
            else:
                assert (
                    source in yaml.safe_load((ROOT / "docker-compose.yml").read_text())["volumes"]
                )


def test_the_dockerfile_starts_from_a_version() -> None:
    bases = [value for word, value in INSTRUCTIONS if word == "FROM"]
    assert {base.partition(" ")[0] for base in bases} == {"${BASE}"}
    [default] = re.findall(r"^ARG BASE=(.+)$", DOCKERFILE, flags=re.MULTILINE)
    assert re.fullmatch(r"python:3\.1[123]\.\d+-slim-\w+", default)


def test_the_dockerfile_copies_what_an_image_is_made_of_and_nothing_else() -> None:
    copied = [value.split() for word, value in INSTRUCTIONS if word == "COPY"]
    local = {value[0].rstrip("/") for value in copied if not value[0].startswith("--from")}
    assert local == {
        *("requirements/run.txt", "deploy/wheels"),
        *("contracts", "chassis", "services", "console", "demo"),
    }
    assert not [value for word, value in INSTRUCTIONS if word == "ADD"]
    ignored = (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines()
    rules = [line for line in ignored if line and not line.startswith("#")]
    assert rules[0] == "*", "what is not named stays out"
    assert {rule[1:] for rule in rules if rule.startswith("!")} == local


def test_the_dockerfile_gives_each_image_what_it_holds() -> None:
    given = dict(re.findall(r"(\w+|\*)\) cp -r ([a-z ]+) /app/", DOCKERFILE))
    for package in PACKAGES:
        of_services = {"services", f"services.{package}"} if package in DATABASES else set[str]()
        copied = given.get(package, given["*"]).split()
        assert {"contracts", *copied} | of_services == HELD[package]


@pytest.mark.parametrize("package", PACKAGES)
def test_what_an_image_holds_imports_nothing_that_it_lacks(package: str) -> None:
    held = HELD[package]
    ours = {name.partition(".")[0] for one in HELD.values() for name in one}
    ours |= {"runner", "bench", "tests", "tools"}
    for name in held - {"services"}:
        for module in (ROOT / name.replace(".", "/")).rglob("*.py"):
            for imported in _imported(module):
                parts = imported.split(".")
                if parts[0] in ours:
                    top = ".".join(parts[:2]) if parts[0] == "services" else parts[0]
                    assert top in held, f"{module.relative_to(ROOT)} imports {imported}"


def test_the_last_stage_takes_only_what_earlier_stages_made() -> None:
    last = max(at for at, (word, _) in enumerate(INSTRUCTIONS) if word == "FROM")
    final = INSTRUCTIONS[last:]
    assert [value.split()[0] for word, value in final if word == "COPY"] == [
        "--from=packages",
        "--from=source",
    ]
    users = [value for word, value in final if word == "USER"]
    assert users
    assert users[-1].partition(":")[0].isdecimal()
    assert int(users[-1].partition(":")[0]) > 0
    [health] = [value for word, value in final if word == "HEALTHCHECK"]
    assert "/livez" in health


def test_packages_are_installed_by_hash() -> None:
    [install] = [value for word, value in INSTRUCTIONS if word == "RUN" and "pip install" in value]
    assert "--require-hashes" in install
    assert "http" not in install


def _imported(module: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(module.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield node.module


def _only(monkeypatch: pytest.MonkeyPatch, told: dict[str, str]) -> None:
    for key in [key for key in os.environ if key.startswith(settings.PREFIX)]:
        monkeypatch.delenv(key)
    for key, value in told.items():
        monkeypatch.setenv(key, value)


def _settings_of(entry: Entry) -> type[BaseSettings]:
    if entry.package == "console":
        return ConsoleSettings
    module: Any = importlib.import_module(f"services.{entry.package}.main")
    assert Path(module.__file__).is_relative_to(ROOT)
    return module.SERVICE.settings_type
