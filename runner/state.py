"""What the runner remembers of one platform: one file, replaced whole, read by every verb.

Promise: a reader sees the state before a change or after it, never half of it; only one verb
changes it at a time, and a second one is told who is at work. Passwords are in it, so only its
owner can read it.
Not here: whether a process still lives or is ready. That is asked of the machine each time
(runner.health).
"""

import os
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from pydantic import BaseModel, ConfigDict

from runner.locking import locked, locked_at_once
from runner.processes import ProcessId
from runner.refusals import Busy, NotRunning

KAFKA: Final = "kafka"
POSTGRES: Final = "postgres"


class Running(BaseModel):
    """One process that was started, and whether it is meant to run still."""

    model_config = ConfigDict(validate_assignment=True)

    name: str
    service: str
    roles: tuple[str, ...] = ()
    pid: int
    started: str
    port: int
    log: Path
    started_at: float
    wanted: bool = True

    @property
    def process(self) -> ProcessId:
        """The process itself."""
        return ProcessId(self.pid, self.started)


class State(BaseModel):
    """One platform."""

    mode: str = "demo"
    kafka: str = ""
    kafka_given: bool = False
    kafka_ports: tuple[int, int] | None = None
    database: str = ""
    database_given: bool = False
    database_port: int | None = None
    databases: dict[str, dict[str, str]] = {}
    issuer: str = ""
    ports: dict[str, int] = {}
    smtp_port: int = 0
    seeded: str = ""
    processes: list[Running] = []

    def find(self, name: str) -> Running | None:
        """The process of that name."""
        return next((entry for entry in self.processes if entry.name == name), None)

    def put(self, entry: Running) -> None:
        """Note a process, replacing the earlier one of its name."""
        self.processes = [other for other in self.processes if other.name != entry.name]
        self.processes.append(entry)

    @property
    def running(self) -> bool:
        """Whether any process of the platform is alive."""
        return any(entry.process.alive for entry in self.processes)


class Store:
    """The state file of one platform and the lock that guards changes."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._file = directory / "state.json"
        self._lock = directory / "state.lock"
        self._holder = directory / "state.holder"

    def read(self) -> State:
        """The last state written; an empty one before the first `up`."""
        try:
            return State.model_validate_json(self._file.read_bytes())
        except FileNotFoundError:
            return State()

    def running(self) -> State:
        """The state of a platform that runs."""
        state = self.read()
        if not state.running:
            raise NotRunning("the platform is not running", "start it with ./waymark up")
        return state

    def write(self, state: State) -> None:
        """Replace the file in one step."""
        self._directory.mkdir(parents=True, exist_ok=True)
        partial = self._file.with_suffix(".partial")
        descriptor = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as stream:
            stream.write(state.model_dump_json(indent=1))
            stream.flush()
            os.fsync(stream.fileno())
        partial.replace(self._file)

    @contextmanager
    def changing(self, verb: str) -> Generator[None]:
        """Be the only one who changes this platform."""
        with locked_at_once(self._lock) as got:
            if not got:
                raise Busy(
                    f"another command is changing this platform: {self.holder()}",
                    "wait for it to end; ./waymark status shows how far it is",
                )
            self._holder.write_text(f"./waymark {verb} (pid {os.getpid()})", encoding="utf-8")
            try:
                yield
            finally:
                self._holder.unlink(missing_ok=True)

    @contextmanager
    def noting(self) -> Generator[State]:
        """Add to the state between two changes, waiting for the one at work to end."""
        with locked(self._lock):
            state = self.read()
            yield state
            self.write(state)

    def holder(self) -> str:
        """Who is changing the platform now, or an empty text."""
        try:
            return self._holder.read_text(encoding="utf-8")
        except FileNotFoundError:
            return ""

    @property
    def busy(self) -> bool:
        """Whether a verb is changing the platform now."""
        if not self._lock.exists():
            return False
        with locked_at_once(self._lock) as got:
            return not got
