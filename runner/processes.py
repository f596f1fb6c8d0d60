"""Child processes that outlive the command that started them, found again by pid *and* start time.

Promise: a signal is only ever sent to a process this platform started. A pid alone is not enough,
as pids are used again; with the boot and the start time of the process it names one process for
ever.
Price: Linux only (/proc).
Not here: restarting. A process that was killed stays down until somebody starts it, so that
faults can be seen.
"""

import json
import os
import signal
import subprocess
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

STOP_TIMEOUT_SECONDS: Final = 25.0  # longer than a service takes to finish (chassis.process)
POLL_SECONDS: Final = 0.02
MARK: Final = (
    "PLATFORM_STATE"  # the environment variable that names the platform a process belongs to
)
LOG_BYTES_MAX: Final = 20_000_000
LOG_TAIL_BYTES: Final = 64_000
_NOT_TOLD: Final = frozenset({"time", "level", "event", "service", "trace_id"})

_TCP_LOCAL, _TCP_STATE, _TCP_INODE = 1, 3, 9  # columns of /proc/net/tcp
_TCP_LISTEN = "0A"
_STAT_STATE = 0  # fields of /proc/PID/stat counted from the one after the command name
_STAT_PARENT = 1
_STAT_START_TIME = 19


@dataclass(frozen=True, slots=True)
class ProcessId:
    """One process of this machine, for ever."""

    pid: int
    started: str

    @property
    def alive(self) -> bool:
        """Whether exactly this process still runs (a zombie does not)."""
        fields = _stat(self.pid)
        return (
            fields is not None
            and fields[_STAT_STATE] not in "ZX"
            and _started(fields) == self.started
        )

    @property
    def paused(self) -> bool:
        """Whether it is stopped by a signal."""
        fields = _stat(self.pid)
        return (
            fields is not None and fields[_STAT_STATE] in "Tt" and _started(fields) == self.started
        )

    def send(self, number: signal.Signals) -> bool:
        """Signal it; False if it is gone."""
        if not self.alive:
            return False
        try:
            os.kill(self.pid, number)
        except ProcessLookupError:
            return False
        return True


def start(
    command: Sequence[str],
    *,
    log: Path,
    env: Mapping[str, str],
    cwd: Path,
    platform: Path,
    user: tuple[int, int] | None = None,
) -> ProcessId:
    """Start a process in its own session, its output appended to `log`, marked as part of a platform."""
    log.parent.mkdir(parents=True, exist_ok=True)
    _roll(log)
    with log.open("ab") as output:
        child = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            env={**env, MARK: str(platform)},
            cwd=cwd,
            start_new_session=True,
            user=user[0] if user else None,
            group=user[1] if user else None,
            extra_groups=[] if user else None,
        )
    # The child outlives this command on purpose; without this Popen would warn about that when
    # collected.
    child.returncode = 0
    fields = _stat(child.pid)
    return ProcessId(pid=child.pid, started=_started(fields) if fields else "gone at once")


def stop(
    process: ProcessId,
    *,
    number: signal.Signals = signal.SIGTERM,
    timeout_seconds: float = STOP_TIMEOUT_SECONDS,
) -> bool:
    """Ask a process to end, insist after the timeout. True if it ended by itself."""
    process.send(number)
    process.send(signal.SIGCONT)  # a paused process cannot follow the request
    if wait_gone(process, timeout_seconds):
        return True
    process.send(signal.SIGKILL)
    wait_gone(process, timeout_seconds)
    return False


def wait_gone(process: ProcessId, timeout_seconds: float) -> bool:
    """Wait until a process is gone."""
    deadline = time.monotonic() + timeout_seconds
    while process.alive:
        if time.monotonic() > deadline:
            return False
        time.sleep(POLL_SECONDS)
    _reap(process.pid)
    return True


def last_error(log: Path) -> str:
    """The line of a log that most likely says why its process ended."""
    try:
        with log.open("rb") as stream:
            stream.seek(max(0, log.stat().st_size - LOG_TAIL_BYTES))
            lines = [line.strip() for line in stream.read().decode(errors="replace").splitlines()]
    except OSError:
        return ""
    lines = [line for line in lines if line]
    lines = [_plain(line) for line in lines]
    telling = [
        line for line in lines if any(word in line for word in ("ERROR", "FATAL", "PANIC", "Error"))
    ]
    return (telling or lines or [""])[-1][:400]


def _plain(line: str) -> str:
    """A JSON log line in words: what happened, and what was said about it."""
    if not line.startswith("{"):
        return line
    try:
        fields: dict[str, object] = json.loads(line)
    except ValueError:
        return line
    told = [f"{name} {value}" for name, value in fields.items() if name not in _NOT_TOLD]
    level = str(fields.get("level", "")).upper()
    return " ".join([level, str(fields.get("event", "")), *told])


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="ascii", errors="replace")
    except OSError:
        return ""


def children(parent: ProcessId) -> list[ProcessId]:
    """The direct children of a process."""
    if not parent.alive:
        return []
    found: list[ProcessId] = []
    for pid in _pids():
        fields = _stat(pid)
        if fields is not None and fields[_STAT_PARENT] == str(parent.pid):
            found.append(ProcessId(pid, _started(fields)))
    return found


def marked(platform: Path) -> list[ProcessId]:
    """Every process that was started for a platform, even one that no note was kept of."""
    mark = f"{MARK}={platform}".encode()
    found: list[ProcessId] = []
    for pid in _pids():
        try:
            environ = Path(f"/proc/{pid}/environ").read_bytes()
        except OSError:  # ended meanwhile, or somebody else's
            continue
        fields = _stat(pid)
        if fields is not None and fields[_STAT_STATE] not in "ZX" and mark in environ.split(b"\0"):
            found.append(ProcessId(pid, _started(fields)))
    return found


def listens(process: ProcessId, port: int) -> bool:
    """Whether it is this process, and not another one, that listens on a loopback port."""
    wanted = f":{port:04X}"
    rows = (line.split() for line in _text(Path("/proc/net/tcp")).splitlines()[1:])
    sockets = {
        f"socket:[{row[_TCP_INODE]}]"
        for row in rows
        if row[_TCP_LOCAL].endswith(wanted) and row[_TCP_STATE] == _TCP_LISTEN
    }
    try:
        return any(
            str(link.readlink()) in sockets for link in Path(f"/proc/{process.pid}/fd").iterdir()
        )
    except OSError:
        return False


def working_in(directory: Path) -> bool:
    """Whether any process has this working directory (every process of PostgreSQL works in its data)."""
    for pid in _pids():
        try:
            if Path(f"/proc/{pid}/cwd").readlink() == directory:
                return True
        except OSError:
            continue
    return False


def _pids() -> list[int]:
    return [int(entry.name) for entry in Path("/proc").iterdir() if entry.name.isdigit()]


def _stat(pid: int) -> list[str] | None:
    try:
        text = Path(f"/proc/{pid}/stat").read_text(encoding="ascii", errors="replace")
    except OSError:
        return None
    # The command name, in brackets, may itself hold spaces and brackets: cut after the last one.
    return text[text.rindex(")") + 2 :].split()


def _started(fields: list[str]) -> str:
    boot = Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
    return f"{boot}/{fields[_STAT_START_TIME]}"


def _reap(pid: int) -> None:
    # A child of this very process stays a zombie until somebody asks for its end.
    try:
        os.waitpid(pid, os.WNOHANG)
    except ChildProcessError:
        return


def _roll(log: Path) -> None:
    if log.exists() and log.stat().st_size > LOG_BYTES_MAX:
        log.replace(log.with_suffix(log.suffix + ".1"))
