"""The whole platform as one readable list: each process, its roles, what it is told.

Everything the runner starts stands here; how processes are started, watched and stopped is
elsewhere. A service's settings are explained by `./waymark config --explain`.
"""

import json
import os
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from runner.places import ROOT
from runner.ports import HOST
from runner.vault import Vault

REGION: Final = "QZZ"
AUDIENCE: Final = "waymark"
PARTITIONS: Final = 6
CONSOLE_PORT: Final = 8080
TOPICS: Final = ("referral.events.v1", "directory.events.v1", "notifications.events.v1")
REGISTRAR_SUBJECT: Final = f"demo-registrar-{REGION}"
DEMO_REQUESTS_PER_SECOND_MAX: Final = 2_000  # one demo member stands for many: all load is theirs

# What somebody may tell every service from outside; any other WAYMARK_ name is the runner's own
# affair.
PASSED_ON: Final = ("WAYMARK_LOG_LEVEL", "WAYMARK_OTLP_ENDPOINT", "WAYMARK_RELEASE")


@dataclass(frozen=True, slots=True)
class Process:
    """One process of the plan."""

    service: str
    module: str
    roles: tuple[str, ...] = ()
    database: bool = False
    demo_only: bool = False
    web: bool = True
    groups: tuple[str, ...] = ()  # of consumers: each keeps its own place in the topics


PLAN: Final = (
    Process("issuer", "demo.issuer", demo_only=True),
    Process("mail", "demo.mail_sink", demo_only=True),
    Process("receiver", "demo.receiver", demo_only=True),
    Process(
        "directory",
        "services.directory",
        ("api", "relay", "consumer", "schedules"),
        database=True,
        groups=("directory", "directory-evidence"),
    ),
    Process(
        "referral",
        "services.referral",
        ("api", "relay", "consumer", "schedules"),
        database=True,
        groups=("referral",),
    ),
    Process(
        "notifications",
        "services.notifications",
        ("api", "relay", "consumer", "schedules"),
        database=True,
        groups=("notifications",),
    ),
    Process(
        "reporting",
        "services.reporting",
        ("api", "consumer"),
        database=True,
        groups=("reporting",),
    ),
    Process("console", "console"),
)
RECEIVER: Final = "receiver"
SIMULATOR: Final = Process("simulator", "demo.simulator", demo_only=True, web=False)
DATABASES: Final = tuple(process.service for process in PLAN if process.database)
CLIENTS: Final = (*DATABASES, "console")


@dataclass(frozen=True, slots=True)
class Addresses:
    """Where everything of one platform answers."""

    kafka: str
    databases: dict[
        str, dict[str, str]
    ]  # service → role (owner, api, worker) → address with password
    ports: dict[str, int]  # service → HTTP port of its first process
    smtp_port: int
    issuer: str

    def http(self, service: str) -> str:
        """The address of a service's first process."""
        return f"http://{HOST}:{self.ports[service]}"


def process_of(service: str) -> Process | None:
    """The plan's entry of that name."""
    return next((process for process in (*PLAN, SIMULATOR) if process.service == service), None)


def command(process: Process, roles: tuple[str, ...]) -> list[str]:
    """What is run, from the root of the repository."""
    return [sys.executable, "-m", process.module, *roles]


def environment(
    process: Process, *, addresses: Addresses, vault: Vault, mode: str, port: int, state: Path
) -> dict[str, str]:
    """What one process is told: the machine's environment without our own names, then exactly these."""
    told = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("WAYMARK_", "OTEL_"))
    }
    told |= {name: os.environ[name] for name in PASSED_ON if name in os.environ}
    told |= {"PYTHONPATH": str(ROOT), "PYTHONUNBUFFERED": "1"}
    told |= {
        "WAYMARK_MODE": mode,
        "WAYMARK_HTTP_PORT": str(port),
        "WAYMARK_ISSUER_URL": addresses.issuer,
    }
    if process.service == "issuer":
        return told | _issuer(addresses, vault, state)
    if process.service == "mail":
        return told | {
            "WAYMARK_SMTP_PORT": str(addresses.smtp_port),
            "WAYMARK_MAIL_DIRECTORY": str(state / "mail"),
        }
    if process.service == RECEIVER:
        return told
    if process.service == SIMULATOR.service:
        urls = {f"WAYMARK_{name.upper()}_URL": addresses.http(name) for name in DATABASES}
        return told | urls | {"WAYMARK_DEMO_SECRET": vault.secret("demo")}
    told |= {
        "WAYMARK_AUDIENCE": AUDIENCE,
        "WAYMARK_CLIENT_ID": process.service,
        "WAYMARK_CLIENT_SECRET": client_secret(process.service, vault),
        "WAYMARK_CONSOLE_URL": addresses.http("console"),
    }
    told |= {f"WAYMARK_{service.upper()}_URL": addresses.http(service) for service in DATABASES}
    if process.database:
        database = addresses.databases[process.service]
        told |= {
            "WAYMARK_KAFKA": addresses.kafka,
            "WAYMARK_TOPIC_PARTITIONS": str(PARTITIONS),
            "WAYMARK_DATABASE_API_URL": database["api"],
            "WAYMARK_DATABASE_WORKER_URL": database["worker"],
            "WAYMARK_MEMBER_KEY_SECRET": vault.secret("member-key"),
            "WAYMARK_FIRST_REGISTRAR_SUBJECT": registrar_subject(),
            "WAYMARK_FIRST_REGISTRAR_REGION": REGION,
            "WAYMARK_MAIL_SMTP": f"{HOST}:{addresses.smtp_port}",
        }
        if mode == "demo":
            told["WAYMARK_REQUESTS_PER_SECOND_MAX"] = str(DEMO_REQUESTS_PER_SECOND_MAX)
            told |= _demo_receiver(process, addresses)
    return told


def _demo_receiver(process: Process, addresses: Addresses) -> dict[str, str]:
    """Let referral write back to the demonstration's receiver; a region names its own."""
    if process.service != "referral" or RECEIVER not in addresses.ports:
        return {}
    return {"WAYMARK_WRITEBACK_RECEIVER_URL": addresses.http(RECEIVER)}


def registrar_subject() -> str:
    """Who is registrar before anybody has a membership: the demo's, or the region's own choice."""
    return os.environ.get("WAYMARK_FIRST_REGISTRAR_SUBJECT") or REGISTRAR_SUBJECT


def client_secret(client: str, vault: Vault) -> str:
    """With what a service proves itself to the issuer."""
    return os.environ.get(f"WAYMARK_{client.upper()}_CLIENT_SECRET") or vault.secret(
        f"client-{client}"
    )


def _issuer(addresses: Addresses, vault: Vault, state: Path) -> dict[str, str]:
    clients = json.dumps({client: client_secret(client, vault) for client in CLIENTS})
    return {
        "WAYMARK_AUDIENCE": AUDIENCE,
        "WAYMARK_ISSUER_DIRECTORY": str(state / "issuer"),
        "WAYMARK_ISSUER_CLIENTS": clients,
        "WAYMARK_DEMO_SECRET": vault.secret("demo"),
        "WAYMARK_CONSOLE_URL": addresses.http("console"),
    }
