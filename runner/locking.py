"""One at a time across processes: an advisory lock on a file, released by the kernel when its holder ends."""

import fcntl
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def locked(path: Path) -> Generator[None]:
    """Hold the lock, waiting for it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    # Opened for this process alone (close-on-exec): a server started meanwhile must not keep the
    # lock for life.
    with path.open("a", encoding="utf-8") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield


@contextmanager
def locked_at_once(path: Path) -> Generator[bool]:
    """Hold the lock if nobody else does; the value says whether it was got."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a", encoding="utf-8") as handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
            return
        yield True
