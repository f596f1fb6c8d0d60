"""One PostgreSQL server for one machine, its password generated, reachable on loopback alone.

Promise: data outlives a stop and a kill (fsync stays on); nobody on the machine gets in without
the password; a platform started by root runs PostgreSQL as `nobody`, because PostgreSQL refuses
to be root.
Price: about 60 MB of memory before anybody connects.
Not here: the services' databases and roles (chassis.provisioning).
"""

import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from runner.places import make_reachable
from runner.ports import HOST
from runner.processes import ProcessId, last_error, start, stop, working_in
from runner.refusals import Refusal
from runner.servers import ServerFiles

SUPERUSER: Final = "postgres"
UNPRIVILEGED_USER: Final = "nobody"
READY_TIMEOUT_SECONDS: Final = 60.0  # after a kill it first replays its log
RETRY_SECONDS: Final = 0.05
INITDB_TIMEOUT_SECONDS: Final = 120
STOP_TIMEOUT_SECONDS: Final = 30.0

SETTINGS: Final = {
    "listen_addresses": HOST,
    "unix_socket_directories": "",
    "max_connections": "300",
    "shared_buffers": "128MB",
    "io_workers": "1",
    "max_wal_size": "1GB",
    "track_commit_timestamp": "on",  # says exactly when a report saw an event
    "jit": "off",  # the statements here are short: compiling one costs more than running it
    "track_io_timing": "on",
    "log_min_messages": "warning",
    "log_line_prefix": "%m [%p] %q%u@%d ",
}


@dataclass(frozen=True, slots=True)
class Postgres:
    """Where one server lives and with what it runs."""

    platform: Path
    home: Path
    log: Path
    port: int
    password: str
    files: ServerFiles

    @property
    def url(self) -> str:
        """The superuser's address; only provisioning and tests use it."""
        return f"postgresql://{SUPERUSER}:{self.password}@{HOST}:{self.port}/postgres"

    @property
    def _data(self) -> Path:
        return self.home / "data"

    def launch(self) -> ProcessId:
        """Start the server, making its cluster the first time; it is not ready yet."""
        user = _unprivileged()
        make_reachable(self.home.parent)
        self.home.mkdir(exist_ok=True)
        self.home.chmod(0o700)
        if user:
            os.chown(self.home, *user)
        if not (self._data / "PG_VERSION").exists():
            self._initialise(user)
        self._wait_for_orphans()
        self._forget_the_dead()
        settings = [part for name, value in SETTINGS.items() for part in ("-c", f"{name}={value}")]
        return start(
            [
                str(self.files.postgres / "bin" / "postgres"),
                "-D",
                str(self._data),
                "-p",
                str(self.port),
                *settings,
            ],
            log=self.log,
            env=_environment(),
            cwd=self.home,
            platform=self.platform,
            user=user,
        )

    def stop(self, process: ProcessId) -> bool:
        """Stop without waiting for clients. True if it was clean."""
        return stop(process, number=signal.SIGINT, timeout_seconds=STOP_TIMEOUT_SECONDS)

    def wait_ready(
        self, process: ProcessId, timeout_seconds: float = READY_TIMEOUT_SECONDS
    ) -> None:
        """Return when it answered a query, refuse when the process ended or the time is over."""
        from runner.probes import WrongPassword, database_answers

        deadline = time.monotonic() + timeout_seconds
        while True:
            try:
                if database_answers(self.url):
                    return
            except WrongPassword:
                raise Refusal(
                    "PostgreSQL does not know its own password: state and secrets do not fit",
                    "./waymark reset removes both (and the data)",
                ) from None
            if not process.alive:
                fact = f"PostgreSQL ended while starting: {last_error(self.log)}"
                raise Refusal(fact, f"its log is {self.log}")
            if time.monotonic() > deadline:
                fact = f"PostgreSQL was not ready within {timeout_seconds:.0f} s"
                raise Refusal(fact, f"its log is {self.log}")
            time.sleep(RETRY_SECONDS)

    def _wait_for_orphans(self) -> None:
        # After a kill -9 of the server its workers notice within moments; until the last is gone
        # a new one refuses.
        deadline = time.monotonic() + STOP_TIMEOUT_SECONDS
        while (self._data / "postmaster.pid").exists() and working_in(self._data):
            if time.monotonic() > deadline:
                raise Refusal(
                    "processes of an earlier PostgreSQL do not end",
                    f"see who works in {self._data}",
                )
            time.sleep(RETRY_SECONDS)

    def _forget_the_dead(self) -> None:
        # A killed server that nobody has asked for its end stays a zombie, and PostgreSQL takes a
        # zombie's pid in its lock file for a running server. Nobody works here any more.
        (self._data / "postmaster.pid").unlink(missing_ok=True)

    def _initialise(self, user: tuple[int, int] | None) -> None:
        # initdb takes the password from a file only its user can read; a half-made cluster is
        # thrown away.
        shutil.rmtree(self._data, ignore_errors=True)
        with tempfile.NamedTemporaryFile("w", dir=self.home, encoding="utf-8") as secret:
            secret.write(self.password)
            secret.flush()
            if user:
                os.chown(secret.name, *user)
            command = [
                str(self.files.postgres / "bin" / "initdb"),
                "-D",
                str(self._data),
                "-U",
                SUPERUSER,
            ]
            command += [
                "--auth=scram-sha-256",
                f"--pwfile={secret.name}",
                "--encoding=UTF8",
                "--no-instructions",
            ]
            command += ["--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C"]
            result = subprocess.run(
                command,
                capture_output=True,
                text=True,
                check=False,
                timeout=INITDB_TIMEOUT_SECONDS,
                env=_environment(),
                cwd=self.home,
                user=user[0] if user else None,
                group=user[1] if user else None,
                extra_groups=[] if user else None,
            )
        if result.returncode != 0:
            lines = [line for line in (result.stderr or result.stdout).splitlines() if line.strip()]
            told = (
                [line for line in lines if "error" in line.lower() or "FATAL" in line]
                or lines
                or ["no output"]
            )
            raise Refusal(
                f"PostgreSQL's cluster could not be made: {told[0][:300]}", f"look at {self.home}"
            )


def _unprivileged() -> tuple[int, int] | None:
    """The user and group PostgreSQL must run as, when we are root."""
    if os.geteuid() != 0:
        return None
    entry = pwd.getpwnam(UNPRIVILEGED_USER)
    return entry.pw_uid, entry.pw_gid


def _environment() -> dict[str, str]:
    # PG* variables of the person's shell would change what server and tools do.
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PG")}
    return {**kept, "LC_ALL": "C", "TZ": "UTC"}
