"""Whether the lines that a program prints are results beside each other, or steps of which the last is the result.

The text of the program says it: results are printed by one loop that does nothing but print, or by statements next to
each other whose values do not build on one another; and the program prints nothing else but headings.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence

from mammoth_eval.extraction import names
from mammoth_eval.extraction.python_source import MAX_CHARS, tree_of


def side_by_side(program: str) -> bool:
    """Whether a program prints several results of one rank."""
    tree = tree_of(program) if len(program) <= MAX_CHARS else None
    if tree is None:
        return False
    printed = [node for node in ast.walk(tree) if _is_print(node)]
    for body in _blocks(tree):
        group = _group(body)
        inside = [node for statement in group for node in ast.walk(statement) if _is_print(node)]
        if inside and len(inside) == len(printed):
            return _one_loop(group) or _independent(group, body)
    return False


def shows_own(program: str) -> bool:
    """Whether a program prints what one of its own functions gives back that prints itself: ``print(show(18))``."""
    tree = tree_of(program) if len(program) <= MAX_CHARS else None
    if tree is None:
        return False
    own = {
        node.name
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef) and any(_is_print(inner) for inner in ast.walk(node))
    }
    return any(
        isinstance(argument, ast.Call) and isinstance(argument.func, ast.Name) and argument.func.id in own
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and _is_print(node)
        for argument in node.args
    )


def times_itself(program: str) -> bool:
    """Whether a program reads a clock."""
    return any(
        word in program for word in ("time.time", "time()", "perf_counter", "timeit", "datetime.now", "monotonic")
    )


def _is_print(node: ast.AST) -> bool:
    return isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "print"


def _blocks(tree: ast.Module) -> Iterator[list[ast.stmt]]:
    """The lists of statements of a module and its functions and branches, those of loops left out."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Module | ast.FunctionDef | ast.If):
            yield node.body


def _group(body: Sequence[ast.stmt]) -> list[ast.stmt]:
    """From the first statement that prints to the last one; empty where another stands between them."""
    places = [number for number, statement in enumerate(body) if any(map(_is_print, ast.walk(statement)))]
    if not places or isinstance(body[places[-1]], ast.FunctionDef | ast.If):
        return []
    group = list(body[places[0] : places[-1] + 1])
    return group if len(group) == len(places) else []


def _one_loop(group: Sequence[ast.stmt]) -> bool:
    """Whether a loop prints the results, below headings: it changes nothing that it goes on with."""
    *before, last = group
    if not isinstance(last, ast.For) or not all(map(_is_heading, before)):
        return False
    for node in ast.walk(last):
        if isinstance(node, ast.AugAssign | ast.While) or (isinstance(node, ast.For) and node is not last):
            return False
    given = names.of(ast.Module(last.body, []))
    return not given.needed & given.given


def _is_heading(statement: ast.stmt) -> bool:
    """A constant text without a digit, or an empty line."""
    call = statement.value if isinstance(statement, ast.Expr) else None
    return isinstance(call, ast.Call) and all(
        isinstance(argument, ast.Constant) and not any(map(str.isdigit, str(argument.value))) for argument in call.args
    )


def _independent(group: Sequence[ast.stmt], body: Sequence[ast.stmt]) -> bool:
    """Whether two statements or more print values of which none is computed from another."""
    shown = [statement for statement in group if isinstance(statement, ast.Expr) and not _is_heading(statement)]
    literal = [statement for statement in group if isinstance(statement, ast.Expr) and _is_heading(statement)]
    if len(shown) < 2 or len(shown) + len(literal) != len(group):
        return False
    sources = _sources(body)
    used = [_built_on(names.read(statement) - {"print"}, sources) for statement in shown]
    own = [names.read(statement) & sources.keys() for statement in shown]
    return not any(own[one] & used[other] - own[other] for one in range(len(own)) for other in range(len(own)))


def _sources(body: Sequence[ast.stmt]) -> dict[str, set[str]]:
    """Name to the names that its value is computed from, for each assignment."""
    sources: dict[str, set[str]] = {}
    for statement in body:
        for node in ast.walk(statement):
            if isinstance(node, ast.Assign | ast.AugAssign):
                targets = node.targets if isinstance(node, ast.Assign) else [node.target]
                for target in targets:
                    for name in (inner.id for inner in ast.walk(target) if isinstance(inner, ast.Name)):
                        sources.setdefault(name, set()).update(names.read(node.value))
    return sources


def _built_on(start: set[str], sources: dict[str, set[str]]) -> set[str]:
    """All names that `start` is computed from, `start` included."""
    known, waiting = set(start), list(start)
    while waiting:
        for name in sources.get(waiting.pop(), set()) - known:
            known.add(name)
            waiting.append(name)
    return known
