"""The value that a program meant where it printed nothing; found with the syntax tree, inside the jail.

The order: the value of a bare last expression; else the variable ``ans``, ``answer`` or ``result``; else the value of a
function ``solution``, ``solver``, ``solve`` or ``main`` that the program defines at its top level, that needs no
argument, and that the program itself mentions nowhere else. Codex programs of Program of Thoughts (arXiv 2211.12588)
assign ``ans``; those of PAL (arXiv 2211.10435) define ``solution()``. None, functions, classes and modules are no
values, and a last string is a comment: a wrong guess is worse than none.
"""

from __future__ import annotations

import ast
import builtins
import types
from types import CodeType
from typing import Any

__builtins__ = dict(vars(builtins))  # type: ignore[assignment]  # a program may overwrite the real ones
Source = str | bytes
VARIABLES = ("ans", "answer", "result")
FUNCTIONS = ("solution", "solver", "solve", "main")
_LAST = "__last_expression__"
_NO_VALUE = (type, types.ModuleType, types.FunctionType, types.BuiltinFunctionType, types.MethodType)


def compile_keeping_last(source: Source) -> CodeType | None:
    """The program's code, changed so that a bare last expression keeps its value; None where its tree is too deep."""
    try:
        tree = ast.parse(source, "<string>")
    except (RecursionError, MemoryError):
        return None
    body = _last_body(tree)
    if body and isinstance(body[-1], ast.Expr) and not _is_text(body[-1].value):
        last = body[-1]
        target = ast.copy_location(ast.Name(_LAST, ast.Store()), last)
        body[-1] = ast.copy_location(ast.Assign([target], last.value), last)
    try:
        code: CodeType = compile(tree, "<string>", "exec", dont_inherit=True)
    except RecursionError:  # a tree is compiled less deep than a text
        return None
    return code


def meant(source: Source, names: dict[str, Any]) -> object:
    """The value to print, None for none; raises what the program's own function raises."""
    for name in (_LAST, *VARIABLES):
        if _is_value(names.get(name)):
            return names[name]
    try:
        tree = ast.parse(source)
    except (RecursionError, MemoryError):
        return None
    function = _uncalled_function(tree, names)
    got = function() if function is not None else None
    return got if _is_value(got) else None


def _last_body(tree: ast.Module) -> list[ast.stmt]:
    """The statements of which the last one is the program's last: those of a closing ``__main__`` guard, or all."""
    last = tree.body[-1] if tree.body else None
    if isinstance(last, ast.If) and not last.orelse and _is_guard(last.test):
        return last.body
    return tree.body


def _is_guard(test: ast.expr) -> bool:
    """``__name__ == "__main__"``, either way round."""
    if not isinstance(test, ast.Compare) or len(test.ops) != 1 or not isinstance(test.ops[0], ast.Eq):
        return False
    compared = (test.left, test.comparators[0])
    sides = [side.id if isinstance(side, ast.Name) else getattr(side, "value", None) for side in compared]
    return sides in (["__name__", "__main__"], ["__main__", "__name__"])


def _is_text(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and isinstance(node.value, str | bytes | type(...))


def _is_value(value: object) -> bool:
    return value is not None and not isinstance(value, _NO_VALUE)


def _uncalled_function(tree: ast.Module, names: dict[str, Any]) -> types.FunctionType | None:
    mentioned = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
    defined = {node.name for node in tree.body if isinstance(node, ast.FunctionDef)} - mentioned
    for name in FUNCTIONS:
        function = names.get(name)
        if name in defined and isinstance(function, types.FunctionType) and _needs_nothing(function):
            return function
    return None


def _needs_nothing(function: types.FunctionType) -> bool:
    required = function.__code__.co_argcount - len(function.__defaults__ or ())
    keywords = function.__code__.co_kwonlyargcount - len(function.__kwdefaults__ or ())
    return required <= 0 and keywords <= 0
