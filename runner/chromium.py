"""A browser for the tests of the console's pages."""

import os
import shutil
import subprocess
from collections.abc import Callable
from typing import Final

NAMES: Final = ("chromium", "chromium-browser", "google-chrome")
INSTALL_TIMEOUT_SECONDS: Final = 600


def find_chromium() -> str | None:
    """The browser that is already here."""
    return next((path for name in NAMES if (path := shutil.which(name))), None)


def ensure_chromium(say: Callable[[str], None]) -> bool:
    """Install it where that can be done without asking anybody; else say what is missing."""
    if find_chromium():
        return True
    if os.geteuid() == 0 and shutil.which("apt-get"):
        say("installing Chromium for the tests of the pages (once)")
        env = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
        for command in (
            ["apt-get", "update", "-q"],
            ["apt-get", "install", "-y", "-q", "--no-install-recommends", "chromium"],
        ):
            try:
                subprocess.run(
                    command,
                    env=env,
                    check=True,
                    capture_output=True,
                    timeout=INSTALL_TIMEOUT_SECONDS,
                )
            except (subprocess.SubprocessError, OSError):
                break
        if find_chromium():
            return True
    say("Chromium is missing: tests that need a browser will say so (apt-get install chromium)")
    return False
