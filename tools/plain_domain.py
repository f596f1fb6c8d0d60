"""The domain is plain Python: its modules import the standard library and one another."""

import ast
import sys
from collections.abc import Iterator
from pathlib import PurePosixPath

from tools.tree import Tree


def findings(tree: Tree) -> Iterator[str]:
    """Each import in a domain module that leads out of the standard library."""
    for path, module in tree.python("services"):
        parts = PurePosixPath(path).parts
        if len(parts) < 3 or parts[2] not in {"domain.py", "domain"}:
            continue
        own = ".".join((*parts[:2], "domain"))
        for node in ast.walk(module):
            for name in _imported(node):
                if name.split(".")[0] not in sys.stdlib_module_names and not name.startswith(own):
                    yield f"{path}:{getattr(node, 'lineno', 0)}: the domain imports {name}"


def _imported(node: ast.AST) -> Iterator[str]:
    match node:
        case ast.Import():
            for alias in node.names:
                yield alias.name
        case ast.ImportFrom(module=module, level=0) if module:
            for alias in node.names:
                yield f"{module}.{alias.name}"
        case ast.ImportFrom(module=module, level=level) if level > 1:
            yield f"{'.' * level}{module or ''}"
        case _:
            pass
