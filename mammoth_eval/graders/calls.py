"""Function calls, and what programs print: ``Fraction(1, 2)``, ``Matrix([[1, 2]])``, ``Interval.open(0, 1)``."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from mammoth_eval.graders import piecewise
from mammoth_eval.graders.tree import HALF, Node, Unreadable, call, divide, num, power
from mammoth_eval.graders.vocabulary import SAME

if TYPE_CHECKING:
    from mammoth_eval.graders.parser import Parser

_RELATIONS = {
    "Eq": "=", "Equality": "=", "Ne": "!=", "Unequality": "!=", "Lt": "<", "StrictLessThan": "<", "Le": "<=", "LessThan": "<=",
    "Gt": ">", "StrictGreaterThan": ">", "Ge": ">=", "GreaterThan": ">=",
}  # fmt: skip
_SETS = {"Union": "union", "Intersection": "intersection", "Complement": "difference", "And": "intersection", "Or": "union"}
_INTERVALS = {"Interval": "[]", "open": "()", "Lopen": "(]", "Ropen": "[)"}
_SEQUENCES = {"FiniteSet": "{}", "Tuple": "()", "Point": "()", "Point2D": "()", "Point3D": "()", "Vector": "<>"}
_MATRICES = frozenset({"Matrix", "ImmutableMatrix", "ImmutableDenseMatrix", "MutableDenseMatrix", "matrix"})


def printed(p: Parser, name: str, full: str) -> Node | None:
    """The value that a printed call stands for; None where `name` is no such call or nothing is called."""
    if not p.at("("):
        return None
    known = name in SAME or name in _RELATIONS or name in _SETS or name in _INTERVALS or name in _SEQUENCES or name in _MATRICES
    if not known and name not in ("Fraction", "Rational", "mpq", "complex", "mpc", "Piecewise"):
        return None
    if name in ("open", "Lopen", "Ropen") and not full.startswith("Interval."):
        return None
    p.take()
    every = p.items((")",))
    p.take()
    arguments = [part for part in every if not _keyword(part)]
    if name == "Interval":
        return Node("seq", _brackets([*arguments[2:], *(part for part in every if _keyword(part))]), _pair(name, arguments[:2]))
    return _value(name, arguments)


def _keyword(part: Node) -> bool:
    return part.kind == "rel" and part.value == ("=",) and part.args[0].kind in ("text", "sym") and len(str(part.args[0].value)) > 2


def _value(name: str, arguments: list[Node]) -> Node:
    if name in ("set", "frozenset") and not arguments:
        return Node("const", "empty")
    if name in SAME:
        return _first(name, arguments)
    if name in ("Fraction", "Rational", "mpq"):
        return divide(arguments[0], arguments[1]) if len(arguments) == 2 else _first(name, arguments)
    if name in ("complex", "mpc"):
        return function("complex", arguments, None)
    if name == "Piecewise":
        return piecewise.made([row.args for row in arguments]) or _first("", [])
    if name in _RELATIONS:
        return Node("rel", (_RELATIONS[name],), _pair(name, arguments))
    if name in _SETS:
        return _folded(_SETS[name], arguments)
    if name in _INTERVALS:
        return Node("seq", _INTERVALS[name], _pair(name, arguments))
    if name in _SEQUENCES:
        return Node("seq", _SEQUENCES[name], tuple(arguments))
    return nested(_first(name, arguments), column=True)


def _first(name: str, arguments: Sequence[Node]) -> Node:
    if not arguments:
        raise Unreadable(f"{name} without a value")
    return arguments[0]


def _pair(name: str, arguments: Sequence[Node]) -> tuple[Node, ...]:
    if len(arguments) != 2:
        raise Unreadable(f"{name} needs two values")
    return tuple(arguments)


def _folded(name: str, arguments: Sequence[Node]) -> Node:
    made = _first(name, arguments)
    for part in arguments[1:]:
        made = Node("setop", name, (made, part))
    return made


def _brackets(flags: Sequence[Node]) -> str:
    """The brackets of an interval whose ends are open as the flags say, in order or by name."""
    is_open = [False, False]
    for index, flag in enumerate(flags[:2]):
        named = flag.args[0].value == "right_open" if flag.kind == "rel" else index == 1
        said = flag.args[1] if flag.kind == "rel" else flag
        is_open[named] = said.kind == "text" and said.value.lower() == "true"
    return ("(" if is_open[0] else "[") + (")" if is_open[1] else "]")


def matrix(rows: Sequence[Sequence[Node]]) -> Node:
    """The matrix of these rows. Raises `Unreadable` where they differ in length."""
    if not rows or any(len(row) != len(rows[0]) for row in rows):
        raise Unreadable("rows of different lengths")
    return Node("matrix", (len(rows), len(rows[0])), tuple(entry for row in rows for entry in row))


def nested(node: Node, *, column: bool = False) -> Node:
    """A list of lists as the matrix it prints; a plain list as a column where `column` is set, as itself otherwise."""
    if node.kind == "seq" and node.value == "[]" and node.args:
        rows = [list(row.args) for row in node.args if row.kind == "seq" and row.value == "[]"]
        if len(rows) == len(node.args) and len({len(row) for row in rows}) == 1 and rows[0]:
            return matrix(rows)
        if column and not rows:
            return matrix([[entry] for entry in node.args])
    return node


def function(name: str, arguments: Sequence[Node], base: Node | None) -> Node:
    """A mathematical function applied; roots and exponentials become powers."""
    if not arguments:
        raise Unreadable(f"{name} without an argument")
    first = arguments[0]
    if name == "sqrt":
        return power(first, HALF)
    if name == "cbrt":
        return power(first, divide(num(1), num(3)))
    if name == "exp":
        return power(Node("const", "e"), first)
    if name == "complex" and len(arguments) == 2:
        return Node("add", None, (first, Node("mul", None, (arguments[1], Node("const", "i")))))
    if name == "root" and len(arguments) == 2:
        return power(first, divide(num(1), arguments[1]))
    if name == "pow" and len(arguments) == 2:
        return power(first, arguments[1])
    if name == "perm" and len(arguments) == 2:
        return divide(
            call("factorial", first), call("factorial", Node("add", None, (first, Node("mul", None, (num(-1), arguments[1])))))
        )
    if name == "log" and (base is not None or len(arguments) == 2):
        return divide(call("log", first), call("log", arguments[1] if base is None else base))
    if name in ("log10", "log2"):
        return divide(call("log", first), call("log", num(int(name[3:]))))
    return call(name, *arguments)
