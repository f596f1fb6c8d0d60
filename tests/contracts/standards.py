"""Where the official schemas and cases are, which are not part of this repository."""

import os
from pathlib import Path

import pytest


def standards() -> Path:
    """The folder of standards; a test that needs it is skipped, and says so, without it."""
    given = os.environ.get("WAYMARK_STANDARDS")
    root = Path(__file__).parents[2]
    folder = Path(given) if given else root.parent / "shared" / "standards"
    if not folder.is_dir():
        pytest.skip("the official standards are not here: set WAYMARK_STANDARDS to their folder")
    return folder
