"""The ready-made tools of the gate, each run as its own process over our files."""

import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

from tools.tree import SOURCE, Tree

TIMEOUT_SECONDS: Final = 600
LINES_MAX: Final = 60
# Prose and code that people read; the rest is machine-made or another language.
_SPELLED: Final = (".md", ".py", ".sql", ".toml", ".html", ".j2", ".yaml", ".yml")
_PLACEHOLDER = re.compile(r"\{[a-z_]+\}")


def ruff_format(tree: Tree) -> Iterator[str]:
    yield from _run(tree, ["ruff", "format", "--check", "--quiet", "--output-format=concise", "."])


def ruff_check(tree: Tree) -> Iterator[str]:
    yield from _run(tree, ["ruff", "check", "--quiet", "--output-format=concise", "."])


def basedpyright(tree: Tree) -> Iterator[str]:
    yield from _run(tree, ["basedpyright", *_packages(tree)], mute=r"^0 errors|^/.*\.py$")


def import_linter(tree: Tree) -> Iterator[str]:
    yield from _run(
        tree, ["lint-imports", "--no-cache"], mute=r"KEPT$|^[^\w]*$|^Analyzed|^Contracts$"
    )


def codespell(tree: Tree) -> Iterator[str]:
    yield from _run(tree, ["codespell", *tree.find(*_SPELLED)])


def contracts(tree: Tree) -> Iterator[str]:
    """The published files are up to date, and break no release."""
    yield from _run(tree, [sys.executable, "-m", "contracts.generate", "--check"])
    yield from _run(tree, [sys.executable, "-m", "contracts.compatibility"])


def squawk(tree: Tree) -> Iterator[str]:
    """The migrations, with the names of roles put in where the runner would."""
    with tempfile.TemporaryDirectory() as folder:
        named: dict[str, str] = {}
        for path in tree.find(".sql"):
            if Path(path).parent.name == "migrations":
                copy = Path(folder) / path.replace("/", "__")
                copy.write_text(_PLACEHOLDER.sub("some_role", tree.text(path)))
                named[str(copy)] = path
        if named:
            command = ["squawk", "--reporter=gcc", "--config", str(tree.root / ".squawk.toml")]
            for line in _run(tree, [*command, *named]):
                place, _, rest = line.partition(":")
                number, _, fault = rest.partition(":")  # squawk counts lines from nought
                line_number = int(number) + 1 if number.isdigit() else number
                yield f"{named.get(place, place)}:{line_number}:{fault}"


def _packages(tree: Tree) -> list[str]:
    return [name for name in SOURCE if (tree.root / name).is_dir()]


def _run(tree: Tree, command: Sequence[str], *, mute: str = r"^$") -> Iterator[str]:
    """What a command says when it fails; nothing when it is content."""
    tools = Path(sys.executable).parent
    environment = {**os.environ, "PATH": f"{tools}{os.pathsep}{os.environ.get('PATH', '')}"}
    environment |= {"NO_COLOR": "1", "PYTHONPATH": str(tree.root)}
    answer = subprocess.run(
        command,
        cwd=tree.root,
        env=environment,
        capture_output=True,
        text=True,
        timeout=TIMEOUT_SECONDS,
        check=False,
    )
    if answer.returncode == 0:
        return
    said = (answer.stdout + answer.stderr).splitlines()
    lines = [line.rstrip() for line in said if line.strip() and not re.search(mute, line.strip())]
    yield from lines[:LINES_MAX] or [f"{command[0]} ended with {answer.returncode}"]
    if len(lines) > LINES_MAX:
        yield f"… and {len(lines) - LINES_MAX} lines more"
