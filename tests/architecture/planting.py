"""A small repository with whatever a test plants in it."""

from collections.abc import Callable, Iterable
from pathlib import Path
from textwrap import dedent

from tools.tree import Tree

Findings = Callable[[Tree], Iterable[str]]


def found_in(root: Path, findings: Findings, files: dict[str, str]) -> list[str]:
    """What a check finds in a repository of these files."""
    for path, text in files.items():
        place = root / path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(dedent(text).lstrip("\n"), encoding="utf-8")
    return list(findings(Tree(root)))
