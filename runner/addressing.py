"""Where each process of a platform answers: chosen once, at `up`, and kept while it runs."""

import fcntl
import os
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Final

from runner import plan
from runner.places import Places
from runner.ports import HOST, PortFinder, is_free
from runner.refusals import Refusal, Unusable
from runner.state import State
from runner.vault import Vault

# Kept open, and so locked, until this `up` ends: by then the console listens.
_CLAIMS: Final[list[int]] = []


def _console_port_is_ours() -> bool:
    """Nobody listens there, and no other `up` of this machine is about to."""
    claim = Path(tempfile.gettempdir()) / f"waymark-console-{plan.CONSOLE_PORT}.lock"
    try:
        descriptor = os.open(claim, os.O_RDWR | os.O_CREAT, 0o666)
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    _CLAIMS.append(descriptor)
    return is_free(plan.CONSOLE_PORT)


def assign(
    state: State, mode: str, places: Places, vault: Vault, say: Callable[[str], None]
) -> None:
    """Choose every address, the last run's where they are still free."""
    finder = PortFinder(places.state)
    state.mode = mode
    state.processes = []
    _servers(state, finder, vault)
    wanted: dict[str, int | None] = {**state.ports}
    if _console_port_is_ours():
        wanted["console"] = plan.CONSOLE_PORT
    elif wanted.get("console") == plan.CONSOLE_PORT:
        wanted["console"] = None
    state.ports = {
        process.service: finder.take(wanted.get(process.service)) for process in plan.PLAN
    }
    if state.ports["console"] != plan.CONSOLE_PORT:
        say(f"port {plan.CONSOLE_PORT} is taken: the console is at port {state.ports['console']}")
    state.smtp_port = finder.take(state.smtp_port)
    state.issuer = f"http://{HOST}:{state.ports['issuer']}"
    if mode != "demo":
        state.issuer = os.environ.get("WAYMARK_ISSUER_URL", "")
        if not state.issuer.startswith("https://"):
            raise Unusable(
                "outside demo mode there is no built-in issuer, and WAYMARK_ISSUER_URL names none",
                "set it to the https address of your OpenID Connect issuer",
            )


def port_for(state: State, process: plan.Process, name: str, places: Places) -> int:
    """The port of one process about to start; 0 for one that serves nothing."""
    if not process.web:
        return 0
    if name == process.service:
        port = state.ports[process.service]
        if not is_free(port):
            raise Refusal(
                f"port {port}, where {name} answers, was taken by another program",
                f"end that program (ss -ltnp 'sport = :{port}' shows it), or ./waymark down and up",
            )
        return port
    taken = {*state.ports.values(), *(entry.port for entry in state.processes)}
    taken |= {state.smtp_port, state.database_port or 0, *(state.kafka_ports or ())}
    old = state.find(name)
    own = frozenset({old.port}) if old else frozenset[int]()
    return PortFinder(places.state, frozenset(taken - own)).take(old.port if old else None)


def _servers(state: State, finder: PortFinder, vault: Vault) -> None:
    """The given servers' addresses, else our own."""
    kafka, database = os.environ.get("WAYMARK_KAFKA"), os.environ.get("WAYMARK_DATABASE_URL")
    state.kafka_given, state.database_given = bool(kafka), bool(database)
    before = state.kafka_ports or (None, None)
    state.kafka_ports = (finder.take(before[0]), finder.take(before[1]))
    state.database_port = finder.take(state.database_port)
    state.kafka = kafka or f"{HOST}:{state.kafka_ports[0]}"
    password = vault.secret("postgres")
    state.database = (
        database or f"postgresql://postgres:{password}@{HOST}:{state.database_port}/postgres"
    )
