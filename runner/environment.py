"""Makes the clone's virtual environment from a hash-locked list, once, whoever asks first.

Run by `./waymark` with the machine's own Python, before anything is installed: the standard
library alone.
"""

import fcntl
import hashlib
import subprocess
import sys
from pathlib import Path

PYTHON_MIN = (3, 11)
NEVER_SHOWN = subprocess.DEVNULL


def main() -> int:
    """Bring `.venv` up to the lock file of one kind (run or develop)."""
    clone, kind = Path(sys.argv[1]), sys.argv[2]
    with (clone / ".venv.lock").open("a", encoding="utf-8") as lock:
        # Two commands at once: the second waits here, then finds the work done.
        fcntl.flock(lock, fcntl.LOCK_EX)
        if is_current(clone, kind):
            return 0
        say(f"waymark: making .venv from requirements/{kind}.txt (once)")
        return install(clone, kind)


def is_current(clone: Path, kind: str) -> bool:
    """Whether the stamp fits the lock file; `./waymark` compares the same two."""
    mark = clone / ".venv" / f"waymark-{kind}"
    return (
        (clone / ".venv" / "bin" / "python").exists()
        and mark.exists()
        and mark.read_text() == stamp(clone, kind)
    )


def stamp(clone: Path, kind: str) -> str:
    """The lock file's hash, as `sha256sum` writes it for its standard input."""
    return (
        hashlib.sha256((clone / "requirements" / f"{kind}.txt").read_bytes()).hexdigest() + "  -\n"
    )


def install(clone: Path, kind: str) -> int:
    """Make the environment if it is missing or broken, then install the list into it."""
    home = clone / ".venv"
    python = home / "bin" / "python"
    works = [str(python), "-c", "import sys, pip; sys.exit(sys.version_info < (3, 11))"]
    if not python.exists() or subprocess.run(works, stderr=NEVER_SHOWN, check=False).returncode:
        made = subprocess.run([sys.executable, "-m", "venv", "--clear", str(home)], check=False)
        if made.returncode:
            return refuse(
                "Python cannot make a virtual environment",
                "install it (apt-get install python3-venv)",
            )
    for old in home.glob("waymark-*"):
        old.unlink()
    # --no-deps: the lock file names everything; nothing may come that it does not name.
    command = [
        str(python),
        "-m",
        "pip",
        "install",
        "--quiet",
        "--disable-pip-version-check",
        "--no-deps",
    ]
    command += ["--require-hashes", "-r", str(clone / "requirements" / f"{kind}.txt")]
    if subprocess.run(command, check=False).returncode:
        return refuse(
            "the Python packages could not be installed (pip says why above)",
            "check network, proxy and disk, then run the same command again: it goes on where it stopped",
        )
    # What the developers' list holds includes all that running needs.
    for satisfied in ("run", "develop") if kind == "develop" else ("run",):
        (home / f"waymark-{satisfied}").write_text(stamp(clone, satisfied))
    return 0


def say(line: str) -> None:
    """Tell the person, never the standard output of a verb."""
    print(line, file=sys.stderr, flush=True)


def refuse(fact: str, remedy: str) -> int:
    """One line and its remedy, as everywhere in the runner."""
    say(f"waymark: {fact}\n  remedy: {remedy}")
    return 3


if __name__ == "__main__":
    sys.exit(main())
