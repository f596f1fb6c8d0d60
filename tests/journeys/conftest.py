"""One live platform for every journey and fault of a run."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.live import LivePlatform, live_platform


@pytest.fixture(scope="session")
def platform(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LivePlatform]:
    """The seeded demonstration, in real processes."""
    with live_platform(_readable(tmp_path_factory.mktemp("platform"))) as running:
        yield running


def _readable(folder: Path) -> Path:
    """A folder that PostgreSQL, which runs as another user under root, can reach."""
    for parent in (folder, *folder.parents):
        if parent.stat().st_mode & 0o005 != 0o005 and parent != Path("/"):
            parent.chmod(parent.stat().st_mode | 0o055)
    return folder
