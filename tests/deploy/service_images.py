"""The service images, built for real on a base made of this machine's own files.

Promise    The Dockerfile and what it copies are the repository's; nothing is fetched while building.
Price      Minutes the first time. Images stay on the engine, named ``waymark-test/…``, so that the
           next run is quick.
"""

from __future__ import annotations

import hashlib
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Final

import pytest

from tests.deploy import base_image
from tests.deploy.compose_file import DATABASES, ROOT
from tests.deploy.engine import BUILD_TIMEOUT_SECONDS, docker, has_image

PACKAGES: Final = (*DATABASES, "console", "demo")
# What of the repository's packages each image holds.
HELD: Final = {
    **{name: {"contracts", "chassis", "services", f"services.{name}"} for name in DATABASES},
    "console": {"contracts", "chassis", "console"},
    "demo": {"contracts", "chassis", "demo"},
}


def make_base(folder: Path) -> str:
    """The base image of this Python, made once."""
    made_of = f"{sys.version} {Path(base_image.__file__).read_text(encoding='utf-8')}"
    tag = f"waymark-test/base:{hashlib.sha256(made_of.encode()).hexdigest()[:12]}"
    if not has_image(tag):
        base_image.make(tag, folder)
    return tag


def make_context(folder: Path) -> Path:
    """What images are made of: files of the repository and every package they install."""
    for name in ("contracts", "chassis", "services", "console", "demo", "deploy"):
        shutil.copytree(ROOT / name, folder / name)
    shutil.copy(ROOT / ".dockerignore", folder)
    (folder / "requirements").mkdir()
    shutil.copy(ROOT / "requirements/run.txt", folder / "requirements")
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--require-hashes"]
    command += ["-r", str(folder / "requirements/run.txt"), "-d", str(folder / "deploy/wheels")]
    done = subprocess.run(
        command, check=False, capture_output=True, text=True, timeout=BUILD_TIMEOUT_SECONDS
    )
    if done.returncode != 0:
        pytest.skip(f"the packages cannot be fetched: {done.stderr.strip()[-200:]}")
    return folder


def build(context: Path, base: str, package: str) -> str:
    """One image, by its name on the engine."""
    tag = f"waymark-test/{package}"
    docker(
        *("build", "--quiet", "--network=none", f"--tag={tag}", "--file=deploy/Dockerfile"),
        *("--build-arg", f"SERVICE={package}", "--build-arg", f"BASE={base}"),
        *("--build-arg", "PIP_NO_INDEX=1", "."),
        folder=context,
        timeout=BUILD_TIMEOUT_SECONDS,
    )
    return tag
