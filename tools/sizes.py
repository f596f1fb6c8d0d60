"""Trouble lives in the long tail: no function beyond 60 lines, no module beyond 400."""

import ast
from collections.abc import Iterator

from tools.tree import Tree

FUNCTION_LINES_MAX = 60
MODULE_LINES_MAX = 400


_Function = ast.FunctionDef | ast.AsyncFunctionDef


def findings(tree: Tree) -> Iterator[str]:
    """Each module and function that has grown too long, and each without an opening sentence."""
    for path, module in tree.python():
        length = len(tree.text(path).splitlines())
        if length > MODULE_LINES_MAX:
            yield f"{path}: {length} lines, {MODULE_LINES_MAX} at most"
        if not ast.get_docstring(module):
            yield f"{path}: does not say why it exists"
        for node in ast.walk(module):
            if isinstance(node, _Function) and _own_lines(node) > FUNCTION_LINES_MAX:
                where = f"{path}:{node.lineno}: {node.name}"
                yield f"{where} has {_own_lines(node)} lines, {FUNCTION_LINES_MAX} at most"


def _own_lines(function: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """Lines of a function without those of the functions in it, which are counted by themselves."""
    return _lines(function) - sum(_lines(inner) for inner in _functions_in(function))


def _functions_in(node: ast.AST) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    for child in ast.iter_child_nodes(node):
        if isinstance(child, _Function):
            yield child
        else:
            yield from _functions_in(child)


def _lines(function: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    first = min([function.lineno, *(mark.lineno for mark in function.decorator_list)])
    return (function.end_lineno or function.lineno) - first + 1
