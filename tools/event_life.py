"""The README's table of the life of one event stays true: each symbol is in its file.

A symbol is a function, a class, ``Class.method`` or a constant of a Python module,
or the name of a query in an SQL file.
"""

import ast
import re
from collections.abc import Iterator

from tools.tree import Tree

PAGE = "README.md"
HEADING = "The life of one event"
COLUMNS = ["step", "file", "symbol"]
ROWS_MIN = 5


def findings(tree: Tree) -> Iterator[str]:
    """Each row whose file or symbol is not there."""
    if PAGE not in tree.paths:
        yield f"{PAGE} is missing"
        return
    rows = list(_rows(tree.text(PAGE)))
    if not rows or rows[0] != COLUMNS:
        yield f"{PAGE} has no table of {' | '.join(COLUMNS)} under '{HEADING}'"
        return
    if len(rows) - 1 < ROWS_MIN:
        yield f"{PAGE}: the life of an event has fewer than {ROWS_MIN} steps"
    for row in rows[1:]:
        fault = _fault(tree, row)
        if fault:
            yield f"{PAGE}: {' | '.join(row)}: {fault}"


def _rows(text: str) -> Iterator[list[str]]:
    found = re.search(rf"^#+ {HEADING}\s*$(?P<rest>.*?)(?=^#|\Z)", text, re.MULTILINE | re.DOTALL)
    for line in found["rest"].splitlines() if found else ():
        cells = [cell.strip() for cell in line.strip().strip("|").split("|")]
        if line.lstrip().startswith("|") and not re.fullmatch(r"[|\s:-]+", line.strip()):
            yield cells


def _fault(tree: Tree, row: list[str]) -> str | None:
    if len(row) != len(COLUMNS):
        return "is no row of three"
    path, symbol = (_plain(cell) for cell in row[1:])
    if path not in tree.paths:
        return f"there is no {path}"
    known = _queries(tree.text(path)) if path.endswith(".sql") else _symbols(tree.syntax(path))
    return None if symbol in known else f"{path} has no {symbol}"


def _plain(cell: str) -> str:
    linked = re.fullmatch(r"\[(?P<text>.*)\]\(.*\)", cell)
    return (linked["text"] if linked else cell).strip("` ").removesuffix("()")


def _queries(text: str) -> set[str]:
    return set(re.findall(r"^-- name: (\w+)", text, re.MULTILINE))


def _symbols(module: ast.Module) -> set[str]:
    return {name for node in module.body for name in _names(node)}


def _names(node: ast.AST, owner: str = "") -> Iterator[str]:
    match node:
        case ast.FunctionDef() | ast.AsyncFunctionDef():
            yield owner + node.name
        case ast.ClassDef():
            yield owner + node.name
            for inner in node.body:
                yield from _names(inner, f"{owner}{node.name}.")
        case ast.Assign():
            for target in node.targets:
                if isinstance(target, ast.Name):
                    yield owner + target.id
        case ast.AnnAssign(target=ast.Name(id=name)):
            yield owner + name
        case _:
            pass
