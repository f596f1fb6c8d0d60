"""Trouble lives in the long tail: no function beyond 60 lines, no module beyond 400."""

import ast
from collections.abc import Iterator

from tools.tree import Tree

FUNCTION_LINES_MAX = 60
MODULE_LINES_MAX = 400


def findings(tree: Tree) -> Iterator[str]:
    """Each module and function that has grown too long, and each without an opening sentence."""
    for path, module in tree.python():
        length = len(tree.text(path).splitlines())
        if length > MODULE_LINES_MAX:
            yield f"{path}: {length} lines, {MODULE_LINES_MAX} at most"
        if not ast.get_docstring(module):
            yield f"{path}: does not say why it exists"
        for node in ast.walk(module):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                lines = (node.end_lineno or node.lineno) - node.lineno + 1
                if lines > FUNCTION_LINES_MAX:
                    where = f"{path}:{node.lineno}: {node.name}"
                    yield f"{where} has {lines} lines, {FUNCTION_LINES_MAX} at most"
