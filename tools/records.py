"""Decision records are numbered once, without holes, and each names what enforces it."""

import re
from collections.abc import Iterator
from pathlib import PurePosixPath

from tools.tree import Tree

FOLDER = "docs/adr"


def findings(tree: Tree) -> Iterator[str]:
    """Each record with another's number, no number, or no place in the list."""
    seen: dict[int, str] = {}
    listed = tree.text(f"{FOLDER}/README.md") if f"{FOLDER}/README.md" in tree.paths else ""
    for path in tree.find(".md"):
        place = PurePosixPath(path)
        if str(place.parent) != FOLDER or place.name == "README.md":
            continue
        named = re.fullmatch(r"(\d{4})-[a-z0-9-]+\.md", place.name)
        if named is None:
            yield f"{path}: is not named like 0001-what-was-decided.md"
            continue
        number = int(named[1])
        if number in seen:
            yield f"{path}: has the number of {seen[number]}"
        seen[number] = path
        if place.name not in listed:
            yield f"{path}: is not in the list of {FOLDER}/README.md"
    for number in sorted(set(range(1, max(seen, default=0) + 1)) - seen.keys()):
        yield f"{FOLDER}: number {number:04} is missing"
