"""Function calls, and what programs print: ``Fraction(1, 2)``, ``Matrix([[1, 2]])``, ``Interval.open(0, 1)``."""

from __future__ import annotations

from collections.abc import Sequence

from mammoth_eval.graders.parse import lists, tables
from mammoth_eval.graders.parse.cursor import Cursor
from mammoth_eval.graders.parse.functions import applied
from mammoth_eval.graders.parse.lexicon import SAME
from mammoth_eval.graders.parse.nodes import (
    Collection,
    Constant,
    Node,
    Relation,
    SetOperation,
    Symbol,
    Text,
    Unreadable,
    divide,
    written,
)

_RELATIONS = {
    "Eq": "=", "Equality": "=", "Ne": "!=", "Unequality": "!=", "Lt": "<", "StrictLessThan": "<", "Le": "<=",
    "LessThan": "<=",
    "Gt": ">", "StrictGreaterThan": ">", "Ge": ">=", "GreaterThan": ">=",
}  # fmt: skip
_RIGHT_OPEN = (Text("right_open"), Symbol("right_open"))
_SETS = {
    "Union": "union",
    "Intersection": "intersection",
    "Complement": "difference",
    "And": "intersection",
    "Or": "union",
}
_INTERVALS = {"Interval": "[]", "open": "()", "Lopen": "(]", "Ropen": "[)"}
_SEQUENCES = {"FiniteSet": "{}", "Tuple": "()", "Point": "()", "Point2D": "()", "Point3D": "()", "Vector": "<>"}
_MATRICES = frozenset({"Matrix", "ImmutableMatrix", "ImmutableDenseMatrix", "MutableDenseMatrix", "matrix"})
_NUMBERS = frozenset({"Fraction", "Rational", "mpq", "complex", "mpc"})
_KNOWN = SAME | _NUMBERS | _MATRICES | {"Piecewise"}.union(_RELATIONS, _SETS, _INTERVALS, _SEQUENCES)


def printed(p: Cursor, name: str, full: str) -> Node | None:
    """The value that a printed call stands for; None where `name` is no such call or nothing is called."""
    if not p.at("(") or name not in _KNOWN:
        return None
    if name in ("open", "Lopen", "Ropen") and not full.startswith("Interval."):
        return None
    p.take()
    every = lists.items(p, (")",))
    p.take()
    arguments = [part for part in every if not _keyword(part)]
    if name == "Interval":
        return Collection(
            _brackets([*arguments[2:], *(part for part in every if _keyword(part))]), _pair(name, arguments[:2])
        )
    return _value(name, arguments)


def _keyword(part: Node) -> bool:
    return (
        isinstance(part, Relation)
        and part.signs == ("=",)
        and isinstance(part.args[0], Text | Symbol)
        and len(written(part.args[0])) > 2
    )


def _value(name: str, arguments: list[Node]) -> Node:
    if name in ("set", "frozenset") and not arguments:
        return Constant("empty")
    if name in SAME:
        return _first(name, arguments)
    if name in ("Fraction", "Rational", "mpq"):
        return divide(arguments[0], arguments[1]) if len(arguments) == 2 else _first(name, arguments)
    if name in ("complex", "mpc"):
        return applied("complex", arguments, None)
    if name == "Piecewise":
        return tables.piecewise([row.args for row in arguments]) or _first("", [])
    if name in _RELATIONS:
        return Relation((_RELATIONS[name],), _pair(name, arguments))
    if name in _SETS:
        return _folded(_SETS[name], arguments)
    if name in _INTERVALS:
        return Collection(_INTERVALS[name], _pair(name, arguments))
    if name in _SEQUENCES:
        return Collection(_SEQUENCES[name], tuple(arguments))
    return tables.nested(_first(name, arguments), column=True)


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
        made = SetOperation(name, (made, part))
    return made


def _brackets(flags: Sequence[Node]) -> str:
    """The brackets of an interval whose ends are open as the flags say, in order or by name."""
    is_open = [False, False]
    for index, flag in enumerate(flags[:2]):
        named, said = index == 1, flag
        if isinstance(flag, Relation):
            named, said = flag.args[0] in _RIGHT_OPEN, flag.args[1]
        is_open[named] = isinstance(said, Text) and said.words.lower() == "true"
    return ("(" if is_open[0] else "[") + (")" if is_open[1] else "]")
