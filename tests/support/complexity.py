"""Cyclomatic complexity by radon's rule, which counts the branches inside of an expression, too.

ruff's ``C901`` sees statements alone: by it a line of ten ``and`` is simpler than ten plain ``if``.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

Function = ast.FunctionDef | ast.AsyncFunctionDef


def functions(tree: ast.AST) -> Iterator[tuple[str, Function]]:
    """Every function of a module with its dotted name: methods and nested functions, too."""
    for child in ast.iter_child_nodes(tree):
        named = isinstance(child, Function | ast.ClassDef)
        for name, function in functions(child):
            yield (f"{child.name}.{name}" if named else name), function
        if isinstance(child, Function):
            yield child.name, child


def complexity(function: Function) -> int:
    """One, and one for each branch of its body; a nested function or class counts for itself."""
    return 1 + sum(_inside(statement) for statement in function.body)


def _inside(node: ast.AST) -> int:
    if isinstance(node, Function | ast.ClassDef):
        return 0
    return _branches(node) + sum(_inside(child) for child in ast.iter_child_nodes(node))


def _branches(node: ast.AST) -> int:
    """What this node adds: a branch more for each operand of ``and``/``or``, each handler, case, loop and filter."""
    match node:
        case ast.If() | ast.IfExp() | ast.Assert():
            return 1
        case ast.For() | ast.AsyncFor() | ast.While():
            return 1 + bool(node.orelse)
        case ast.BoolOp():
            return len(node.values) - 1
        case ast.comprehension():
            return 1 + len(node.ifs)
        case ast.Try() | ast.TryStar():
            return len(node.handlers) + bool(node.orelse)
        case ast.Match():
            return sum(not _is_wildcard(case) for case in node.cases)
        case _:
            return 0


def _is_wildcard(case: ast.match_case) -> bool:
    return isinstance(case.pattern, ast.MatchAs) and case.pattern.pattern is None and case.guard is None
