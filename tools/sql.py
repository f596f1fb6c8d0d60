"""SQL lives in SQL files, and every query is there because something asks it.

Promise    No statement hides in Python; no query is left over; none is asked from two
           modules, for then its parameters would be explained twice.
Price      A query two modules need becomes one function that both call.
"""

import ast
import re
from collections import defaultdict
from collections.abc import Iterator
from pathlib import PurePosixPath
from typing import Final

from tools.tree import Tree

_STATEMENT = re.compile(
    r"\s*(select\s+\S|insert\s+into\s|update\s+\S+\s+set\s|delete\s+from\s|merge\s+into\s"
    r"|truncate\s+\S|with\s+\w+\s+as\s*\(|copy\s+\S+\s+(from|to)\s"
    r"|(create|alter|drop)\s+(or\s+replace\s+)?(unique\s+)?"
    r"(table|index|role|database|schema|view|function|policy|trigger|extension|sequence)\s)",
    re.IGNORECASE,
)
_NAME = re.compile(r"^-- name: (\w+)", re.MULTILINE)
_HOMES: Final = ("chassis", "services", "console", "runner", "demo")
_HOLDER = re.compile(r"quer|sql", re.IGNORECASE)

# SQL in these is the thing itself, not a way round the rule.
ALLOWED: Final = {
    "bench/": "a peer is measured with its own SQL, kept beside its code",
    "tools/": "the checks name what they look for",
    "runner/probes.py": "asks a server whether it answers, before it has any database of ours",
}

# Packages whose modules share queries, and why they do.
SHARED: Final = {
    "chassis/stream": "consumer and operator's wishes close, release and look by the same words",
}


def findings(tree: Tree) -> Iterator[str]:
    """Each statement in Python, each query nobody asks, each that two modules ask."""
    yield from _statements_in_python(tree)
    yield from _queries_and_their_uses(tree)
    yield from _migrations(tree)


def _statements_in_python(tree: Tree) -> Iterator[str]:
    for path, module in tree.python():
        if path.startswith(tuple(ALLOWED)):
            continue
        prose = set(_docstrings(module))
        for node in ast.walk(module):
            if not isinstance(node, ast.Constant) or not isinstance(node.value, str):
                continue
            if id(node) not in prose and _is_statement(node.value):
                yield f"{path}:{node.lineno}: a statement in Python: {node.value.split()[:4]}"


def _is_statement(text: str) -> bool:
    """SQL is written small or in capitals; a sentence opens with one capital."""
    found = _STATEMENT.match(text)
    return found is not None and (found[1][:2].islower() or found[1][:2].isupper())


def _docstrings(module: ast.Module) -> Iterator[int]:
    """Strings that stand alone: they say something to people, and do nothing."""
    for node in ast.walk(module):
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            yield id(node.value)


def _queries_and_their_uses(tree: Tree) -> Iterator[str]:
    homes: dict[str, set[str]] = defaultdict(set)
    for path in tree.find(".sql", under=_HOMES):
        if "migrations" not in PurePosixPath(path).parts:
            homes[_home(path)].update(_NAME.findall(tree.text(path)))
    uses: dict[tuple[str, str], set[str]] = defaultdict(set)
    for path, module in tree.python(*_HOMES):
        for line, name, surely in _uses(module):
            holder = _holder(homes, str(PurePosixPath(path).parent), name)
            if holder is not None:
                uses[holder, name].add(path)
            elif surely:
                yield f"{path}:{line}: asks {name}, which no query file beside it has"
    for home, name in sorted((home, name) for home, names in homes.items() for name in names):
        modules = sorted(uses[home, name])
        if not modules or (len(modules) > 1 and home not in SHARED):
            asked = f"in {len(modules)} modules: {', '.join(modules)}" if modules else "by nobody"
            yield f"{home}: {name} is asked {asked}"


def _home(path: str) -> str:
    """The package whose queries these are: that of ``queries.sql`` or of ``queries/*.sql``."""
    folder = PurePosixPath(path).parent
    return str(folder.parent if folder.name == "queries" else folder)


def _holder(homes: dict[str, set[str]], folder: str, name: str) -> str | None:
    """The nearest package at or above ``folder`` that has the query."""
    for home in (folder, *map(str, PurePosixPath(folder).parents)):
        if name in homes.get(home, ()):
            return home
    return None


def _uses(module: ast.Module) -> Iterator[tuple[int, str, bool]]:
    """Every ``QUERIES["name"]``; and, where names are handed on, every word that may be one."""
    handed_on = False
    for node in ast.walk(module):
        if isinstance(node, ast.Subscript) and _holds_queries(node.value):
            names = [part for part in ast.walk(node.slice) if isinstance(part, ast.Constant)]
            handed_on = handed_on or not names
            for part in names:
                if isinstance(part.value, str):
                    yield node.lineno, part.value, True
    if handed_on:
        sure = {id(part) for part in _within_lookups(module)}
        for node in ast.walk(module):
            if id(node) in sure or not isinstance(node, ast.Constant):
                continue
            if isinstance(node.value, str):
                yield node.lineno, node.value, False


def _within_lookups(module: ast.Module) -> Iterator[ast.AST]:
    for node in ast.walk(module):
        if isinstance(node, ast.Subscript) and _holds_queries(node.value):
            yield from ast.walk(node.slice)


def _holds_queries(node: ast.expr) -> bool:
    match node:
        case ast.Name(id=holder) | ast.Attribute(attr=holder):
            return _HOLDER.search(holder) is not None
        case _:
            return False


def _migrations(tree: Tree) -> Iterator[str]:
    """Migrations are numbered once per folder, and say in a sentence what they do."""
    numbers: dict[str, str] = {}
    for path in tree.find(".sql"):
        place = PurePosixPath(path)
        if place.parent.name != "migrations":
            continue
        named = re.fullmatch(r"(\d{4})_[a-z0-9_]+(\.after)?\.sql", place.name)
        if named is None:
            yield f"{path}: is not named like 0001_what_it_does.sql"
            continue
        key = f"{place.parent}/{named[1]}"
        if key in numbers:
            yield f"{path}: has the number of {numbers[key]}"
        numbers[key] = path
        if not tree.text(path).startswith("-- "):
            yield f"{path}: does not open with a sentence"
