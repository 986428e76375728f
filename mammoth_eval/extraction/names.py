"""Which names a piece of source needs from before it, and which it leaves behind; from its tree, nothing is run."""

from __future__ import annotations

import ast
import builtins
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

_BUILTIN = frozenset(dir(builtins)) | {"__name__", "__file__", "__doc__", "display"}
_COMPREHENSIONS = (ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)


@dataclass(slots=True)
class Names:
    """The names of a module's top level."""

    needed: set[str] = field(default_factory=set)
    """Read before anything here gives them a value; Python's own are left out."""
    given: set[str] = field(default_factory=set)
    """Given a value, defined or imported."""
    star: bool = False
    """Whether ``from module import *`` gives names that are not known."""


def of(tree: ast.Module) -> Names:
    """The names of a module, its statements in their order; those that functions read are looked for at the end."""
    names, later = Names(), set[str]()
    _statements(tree.body, names, later)
    names.needed |= later - names.given
    names.needed -= _BUILTIN
    return names


def _statements(body: Iterable[ast.stmt], names: Names, later: set[str]) -> None:
    for statement in body:
        if isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            later |= _read_inside(statement)
            names.given.add(statement.name)
            continue
        expressions = [child for child in ast.iter_child_nodes(statement) if isinstance(child, ast.expr | ast.withitem)]
        for expression in expressions:
            names.needed |= read(expression) - names.given
        if isinstance(statement, ast.AugAssign):
            names.needed |= _written(statement.target) - names.given
        names.given |= {name for expression in expressions for name in _written(expression)}
        if isinstance(statement, ast.Import | ast.ImportFrom):
            names.given |= {(alias.asname or alias.name).partition(".")[0] for alias in statement.names}
            names.star = names.star or statement.names[0].name == "*"
        for inner in _bodies(statement):
            _statements(inner, names, later)


def _bodies(statement: ast.stmt) -> Iterator[list[ast.stmt]]:
    """The blocks of statements inside of a statement."""
    for name in ("body", "orelse", "finalbody"):
        yield getattr(statement, name, [])
    for handler in getattr(statement, "handlers", []):
        yield handler.body
    for case in getattr(statement, "cases", []):
        yield case.body


def _read_inside(definition: ast.AST) -> set[str]:
    """Names that a function or class reads and does not bind itself."""
    bound = {node.arg for node in ast.walk(definition) if isinstance(node, ast.arg)} | _written(definition)
    bound |= {
        node.name
        for node in ast.walk(definition)
        if isinstance(node, ast.FunctionDef | ast.ClassDef | ast.ExceptHandler) and node.name
    }
    bound |= {
        (alias.asname or alias.name).partition(".")[0]
        for node in ast.walk(definition)
        if isinstance(node, ast.Import | ast.ImportFrom)
        for alias in node.names
    }
    outer = {name for node in ast.walk(definition) if isinstance(node, ast.Global) for name in node.names}
    return (_loaded(definition) - bound) | outer


def read(node: ast.AST) -> set[str]:
    """Names that an expression reads; the variables of its comprehensions and lambdas are its own."""
    own: set[str] = set()
    for inner in ast.walk(node):
        if isinstance(inner, ast.Lambda):
            own |= {arg.arg for arg in ast.walk(inner.args) if isinstance(arg, ast.arg)}
        if isinstance(inner, _COMPREHENSIONS):
            own |= {name for part in inner.generators for name in _written(part.target)}
    return _loaded(node) - own


def _loaded(node: ast.AST) -> set[str]:
    return {one.id for one in ast.walk(node) if isinstance(one, ast.Name) and isinstance(one.ctx, ast.Load)}


def _written(node: ast.AST) -> set[str]:
    return {one.id for one in ast.walk(node) if isinstance(one, ast.Name) and isinstance(one.ctx, ast.Store)}
