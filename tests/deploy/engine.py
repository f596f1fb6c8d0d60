"""The container engine of this machine, asked by its own command, or the reason to go without.

Promise    A test that cannot run says in one line what is missing. Nothing is fetched.
Not here   testcontainers: `tests/containers.py`.
"""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path
from typing import Final

import pytest

from tests.deploy.compose_file import ROOT

# The Compose file is written for this one and later.
COMPOSE_MIN: Final = (2, 20)
RUN_TIMEOUT_SECONDS: Final = 300
BUILD_TIMEOUT_SECONDS: Final = 900


def needs_an_engine() -> None:
    """Skip unless an engine answers that runs Linux containers."""
    if shutil.which("docker") is None:
        pytest.skip("no container engine: there is no docker command")
    asked = ask("version", "--format={{.Server.Version}} {{.Server.Os}}")
    if asked.returncode != 0:
        pytest.skip("no container engine answers")
    if not asked.stdout.strip().endswith("linux"):
        pytest.skip("the container engine runs no Linux containers")


def needs_compose() -> None:
    """Skip unless there is a Compose that reads the file; it need not reach an engine."""
    if shutil.which("docker") is None:
        pytest.skip("no Compose: there is no docker command")
    asked = ask("compose", "version", "--short")
    if asked.returncode != 0:
        pytest.skip("no Compose: docker has no such plugin")
    version = asked.stdout.strip().removeprefix("v")
    if tuple(int(part) for part in version.split(".")[:2]) < COMPOSE_MIN:
        pytest.skip(f"Compose {version} is older than 2.20")


def docker(*arguments: str, folder: Path = ROOT, timeout: int = RUN_TIMEOUT_SECONDS) -> str:
    """What a docker command prints; it must end well."""
    done = ask(*arguments, folder=folder, timeout=timeout)
    said = (done.stdout + done.stderr)[-3_000:]
    assert done.returncode == 0, f"docker {' '.join(arguments[:2])}: {done.returncode}\n{said}"
    return done.stdout


def ask(
    *arguments: str, folder: Path = ROOT, timeout: int = RUN_TIMEOUT_SECONDS
) -> subprocess.CompletedProcess[str]:
    """A docker command, however it ends."""
    return subprocess.run(
        ["docker", *arguments],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=timeout,
        check=False,
    )


def has_image(tag: str) -> bool:
    """Whether the engine has this image already."""
    return ask("image", "inspect", tag).returncode == 0
