"""Where this clone keeps things, so that two clones, and the tests' own platforms, never meet.

State (`.run`, or WAYMARK_STATE) is what `reset` removes; the cache (`.cache`, or WAYMARK_CACHE)
is what came over the network and may be shared between clones.
"""

import hashlib
import os
import stat
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent

# Where PostgreSQL lives when root starts it from a clone that other users cannot reach (a clone
# in /root): PostgreSQL refuses to run as root, so it runs as `nobody`, who must be able to get to
# its files.
SHARED_HOME = Path("/var/lib/waymark")


@dataclass(frozen=True, slots=True)
class Places:
    """The directories of one platform."""

    state: Path
    cache: Path

    @property
    def logs(self) -> Path:
        """One log file per process."""
        return self.state / "logs"

    @property
    def kafka(self) -> Path:
        """The broker's configuration and data."""
        return self.state / "kafka"

    @property
    def postgres(self) -> Path:
        """The database cluster, at a place its user can reach."""
        return _reachable(self.state, "state") / "postgres"

    @property
    def binaries(self) -> Path:
        """Unpacked server binaries, at a place their user can reach."""
        return _reachable(self.cache, "cache")

    @property
    def mail(self) -> Path:
        """The demo's received messages."""
        return self.state / "mail"

    @property
    def issuer(self) -> Path:
        """The demo issuer's signing keys."""
        return self.state / "issuer"


def places() -> Places:
    """Read the directories from the environment, else from the clone."""
    state = Path(os.environ.get("WAYMARK_STATE") or ROOT / ".run")
    cache = Path(os.environ.get("WAYMARK_CACHE") or ROOT / ".cache")
    return Places(state=state.resolve(), cache=cache.resolve())


def open_to_others(path: Path) -> bool:
    """Say whether another user could walk to `path` (which need not exist yet)."""
    while not path.exists():
        path = path.parent
    return all(stat.S_IMODE(step.stat().st_mode) & stat.S_IXOTH for step in (path, *path.parents))


def make_reachable(directory: Path) -> None:
    """Make a directory that PostgreSQL's own user can walk through, whatever the umask."""
    missing = [step for step in (directory, *directory.parents) if not step.exists()]
    directory.mkdir(parents=True, exist_ok=True)
    if os.geteuid() == 0:
        for step in missing:
            step.chmod(0o755)


def fingerprint(path: Path) -> str:
    """A short name for a directory, for what must lie elsewhere but belongs to it."""
    return hashlib.sha256(str(path).encode()).hexdigest()[:12]


def _reachable(directory: Path, kind: str) -> Path:
    if os.geteuid() != 0 or open_to_others(directory):
        return directory
    return SHARED_HOME / f"{kind}-{fingerprint(directory)}"
