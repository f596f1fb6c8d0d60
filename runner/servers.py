"""Kafka and PostgreSQL as files: resolved once by Maven from one pom, cached under its hash."""

import hashlib
import os
import platform
import shutil
import subprocess
import tarfile
import tempfile
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from runner.java import Java
from runner.locking import locked
from runner.places import ROOT, Places, make_reachable
from runner.refusals import Unusable

POM: Final = ROOT / "runner" / "pom.xml"
COPY_GOAL: Final = "org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy-dependencies"
RESOLVE_TIMEOUT_SECONDS: Final = 900
MAVEN_REMEDY: Final = (
    "install it (apt-get install maven), or put mvn on the PATH, then run ./waymark up again"
)


@dataclass(frozen=True, slots=True)
class ServerFiles:
    """What the pom brought."""

    jars: Path
    postgres: Path
    key: str

    def class_path(self) -> str:
        """Every jar of Kafka, in a fixed order: a class archive is only valid for the very same path."""
        return os.pathsep.join(
            str(jar)
            for jar in sorted(self.jars.glob("*.jar"))
            if "embedded-postgres" not in jar.name
        )

    def version_of(self, artifact: str) -> str:
        """The resolved version of one artifact (a name may hold a star)."""
        names = sorted(jar.stem for jar in self.jars.glob(f"{artifact}-[0-9]*.jar"))
        return names[0].rpartition("-")[2] if names else "unknown"


def pom_key() -> str:
    """Changes when the pom, or the machine it resolves for, does."""
    return hashlib.sha256(POM.read_bytes() + platform.machine().encode()).hexdigest()[:12]


def find_servers(places: Places) -> ServerFiles | None:
    """The servers, if they are already here."""
    key = pom_key()
    files = ServerFiles(
        jars=places.cache / f"jars-{key}", postgres=places.binaries / f"postgres-{key}", key=key
    )
    return files if files.jars.is_dir() and (files.postgres / "bin" / "postgres").exists() else None


def ensure_servers(places: Places, java: Java, say: Callable[[str], None]) -> ServerFiles:
    """The servers, fetched by Maven the first time."""
    if files := find_servers(places):
        return files
    with locked(places.cache / "servers.lock"):
        if files := find_servers(places):
            return files
        key = pom_key()
        jars = places.cache / f"jars-{key}"
        if not jars.is_dir():
            say("fetching Kafka and PostgreSQL (about 60 MB, once)")
            _resolve(jars, java)
        _unpack(jars, places.binaries / f"postgres-{key}")
    files = find_servers(places)
    if files is None:
        raise Unusable(
            "the fetched PostgreSQL holds no server",
            f"remove {places.cache} and run ./waymark up again",
        )
    return files


def _resolve(jars: Path, java: Java) -> None:
    maven = shutil.which("mvn")
    if maven is None:
        raise Unusable(
            "Maven (mvn) is not installed; it fetches Kafka and PostgreSQL", MAVEN_REMEDY
        )
    partial = jars.with_suffix(".partial")
    shutil.rmtree(partial, ignore_errors=True)
    # -C: a file whose checksum does not match is an error, not a warning.
    command = [maven, "-B", "-q", "-C", "-f", str(POM), COPY_GOAL, f"-DoutputDirectory={partial}"]
    try:
        result = subprocess.run(
            command,
            capture_output=True,
            text=True,
            check=False,
            timeout=RESOLVE_TIMEOUT_SECONDS,
            env={**os.environ, "JAVA_HOME": str(java.home)},
        )
    except (subprocess.SubprocessError, OSError) as problem:
        raise Unusable(f"Maven could not run: {problem}", MAVEN_REMEDY) from problem
    if result.returncode != 0:
        errors = [
            line
            for line in result.stdout.splitlines() + result.stderr.splitlines()
            if "ERROR" in line
        ]
        reason = errors[0][:300] if errors else f"exit code {result.returncode}"
        raise Unusable(
            f"Maven could not fetch Kafka and PostgreSQL: {reason}",
            "check the network, the proxy and the mirror in ~/.m2/settings.xml, then run ./waymark up again",
        )
    partial.rename(jars)


def _unpack(jars: Path, target: Path) -> None:
    (archive,) = jars.glob("embedded-postgres-binaries-*.jar")
    make_reachable(target.parent)
    with tempfile.TemporaryDirectory(dir=target.parent) as scratch:
        unpacked = Path(scratch) / "postgres"
        with zipfile.ZipFile(archive) as outer:
            (name,) = [name for name in outer.namelist() if name.endswith(".txz")]
            with outer.open(name) as stream, tarfile.open(fileobj=stream, mode="r|xz") as inner:
                # Python 3.11.2, as Debian 12 has it, knows no filters yet.
                if hasattr(tarfile, "data_filter"):
                    inner.extraction_filter = tarfile.data_filter
                inner.extractall(unpacked)  # noqa: S202 - Maven has checked where it comes from
        # Started by root, PostgreSQL runs as another user, whatever the umask of this one is.
        for path in (unpacked, *unpacked.rglob("*")):
            if not path.is_symlink():
                path.chmod(
                    path.stat().st_mode
                    | (0o055 if path.is_dir() or os.access(path, os.X_OK) else 0o044)
                )
        shutil.rmtree(target, ignore_errors=True)
        unpacked.rename(target)
