"""The files of the repository, read once for all checks: what git knows or would add."""

import ast
import subprocess
from collections.abc import Iterator
from functools import cache, cached_property
from pathlib import Path
from typing import Final

# Packages whose code is the product or serves it.
SOURCE: Final = ("contracts", "chassis", "services", "console", "runner", "demo", "bench", "tools")
# Where there is no git (an unpacked archive), these are not looked into.
_NOT_OURS: Final = frozenset(
    {
        ".git",
        ".venv",
        ".run",
        ".cache",
        "__pycache__",
        ".pytest_cache",
        ".ruff_cache",
        ".hypothesis",
    }
)


class Tree:
    """One checkout. ``root`` may be any folder, so that a check can be tried on a planted fault."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.text = cache(self._text)
        self.syntax = cache(self._syntax)

    @cached_property
    def paths(self) -> tuple[str, ...]:
        """Every file, relative to the root, in order."""
        asked = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"]
        answer = subprocess.run(asked, cwd=self.root, capture_output=True, text=True, check=False)
        if answer.returncode == 0:
            found = {name for name in answer.stdout.split("\0") if name}
        else:
            found = {str(place.relative_to(self.root)) for place in self.root.rglob("*")}
        return tuple(sorted(name for name in found if self._is_ours(name)))

    def _is_ours(self, name: str) -> bool:
        return not _NOT_OURS & set(Path(name).parts) and (self.root / name).is_file()

    def find(self, *suffixes: str, under: tuple[str, ...] = ()) -> Iterator[str]:
        """The files that end so, of the top-level folders ``under`` or of all."""
        for path in self.paths:
            if path.endswith(suffixes) and (not under or Path(path).parts[0] in under):
                yield path

    def python(self, *under: str) -> Iterator[tuple[str, ast.Module]]:
        """The modules of some packages (all of ours, if none is named), parsed."""
        for path in self.find(".py", under=under or SOURCE):
            yield path, self.syntax(path)

    def _text(self, path: str) -> str:
        return (self.root / path).read_text(encoding="utf-8", errors="replace")

    def _syntax(self, path: str) -> ast.Module:
        return ast.parse(self.text(path), filename=path)
