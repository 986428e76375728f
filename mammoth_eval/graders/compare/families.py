r"""Answers with a free parameter: general solutions (``x = \frac{\pi}{6} + 2k\pi``), residue classes, lines.

What the parameter is called says nothing, and an integer one may be counted from anywhere and backwards. Which letter
it is a clause says; without one only two forms show it beyond doubt: angles that repeat (``x = 45^\circ + 180^\circ
k``) and ``n = 6k + 1``. A line's points may be written with any of the usual letters.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from fractions import Fraction
from typing import NamedTuple

from mammoth_eval.graders.compare import integrals, progressions, shapes
from mammoth_eval.graders.compare.progressions import Line
from mammoth_eval.graders.equal import rational
from mammoth_eval.graders.parse.clauses import Clause, compatible
from mammoth_eval.graders.parse.nodes import (
    Call,
    Collection,
    Congruence,
    Constant,
    Degree,
    Matrix,
    Node,
    PlusMinus,
    Product,
    Relation,
    SetBuilder,
    SetOperation,
    Symbol,
    Text,
    has,
    num,
    put,
    rebuilt,
    symbols,
    walk,
)
from mammoth_eval.types import Policy, Verdict


class Family(NamedTuple):
    """A tree, its parameter, and what that runs over."""

    node: Node
    name: str
    domain: str


def compare(gold: Clause, answer: Clause, policy: Policy, tree: Callable[[str], Node]) -> Verdict | None:
    """What clauses on letters decide; None where they do not. `tree` may raise `Unreadable`."""
    right, own = tree(gold.body), tree(answer.body)
    if {"R", ""} >= {gold.domain, answer.domain}:  # constants, and variables that may be anything
        verdict = shapes.compare(right, own, policy)
        return verdict if verdict.equal else undeclared(right, own, policy) or integrals.compare(right, own, policy)
    if isinstance(right, Congruence) or isinstance(own, Congruence):
        return _classes(_class(right, gold), _class(own, answer), policy)
    sides = ((right, gold), (own, answer))
    first, second = (_declared(side, clause) or _counted(side) for side, clause in sides)
    if first and second:
        return _compared(first, second, policy)
    if first or second or not all(_rule(side, clause) for side, clause in sides if clause.names):
        return None
    return shapes.compare(right, own, policy)


def undeclared(gold: Node, answer: Node, policy: Policy) -> Verdict | None:
    """What can be said of two trees without a clause; None where they are no families."""
    pairs = ((_counted(gold), _counted(answer)), (_moving(gold), _moving(answer)))
    return next((_compared(one, other, policy) for one, other in pairs if one and other), None)


_NO_VALUES = frozenset({"y", "f", "g", "h"})
"""Names of functions: in ``y = x^2`` the other letter is no parameter."""
_COUNTERS = frozenset("klmnj")
_ANGLES = frozenset({"x", "t", "theta", "alpha", "beta", "phi", "varphi"})
_AXES = frozenset("xyz")
_COORDINATES = frozenset(Symbol(name) for name in _AXES)
_MOVERS = frozenset({"t", "s", "r", "u", "k", "lambda", "mu"})


def _declared(node: Node, clause: Clause) -> Family | None:
    """The family of a clause on one letter that the tree needs to be a set of answers."""
    if len(clause.names) != 1 or clause.names[0] not in symbols(node):
        return None
    name = clause.names[0]
    parts = node.args if isinstance(node, Collection) and node.brackets in ("", "{}") else (node,)
    return Family(node, name, clause.domain) if all(_depends(part, name) for part in parts) else None


def _rule(node: Node, clause: Clause) -> bool:
    """Whether the tree says a function's value at each of the clause's letter: ``a_n = 2^n`` or ``f(n) = n + 1``.

    The clause says then where the function is defined, which is as well left unsaid.
    """
    if not isinstance(node, Relation) or node.signs != ("=",) or len(clause.names) != 1:
        return False
    name, subject = clause.names[0], node.args[0]
    if isinstance(subject, Symbol):
        return bool(subject.name.endswith(f"_{name}"))
    return isinstance(subject, Product | Call) and subject.args[-1] == Symbol(name)


def _depends(node: Node, name: str) -> bool:
    """Whether the answer has a member for each value of the letter: ``x = 2k``, ``(k, k + 1)``, ``2k < x < 2k + 1``."""
    if not isinstance(node, Relation):
        return True
    subject = node.args[0]
    if node.signs == ("=",):
        return _value_name(subject) not in ("", name) and symbols(node.args[1]) == {name}
    return bool(symbols(node) - {name})


def _value_name(node: Node) -> str:
    """The name of what has the values; empty where the tree is none, or the name of a function."""
    return node.name if isinstance(node, Symbol) and node.name not in _NO_VALUES and "_" not in node.name else ""


def _counted(node: Node) -> Family | None:
    """The integer family that a tree is without a clause: angles that repeat, or ``n = 6k + 1``."""
    values, label = _values(node)
    names = frozenset[str]().union(*map(symbols, values))
    if len(names) != 1 or not names <= _COUNTERS or label in names:
        return None
    name = next(iter(names))
    lines = progressions.lines(values, name)
    if lines is None:
        return None
    counted = _are_repeated_angles(values, label, lines) or _are_integers(values, label, name, lines)
    return Family(node, name, "Z") if counted else None


def _are_repeated_angles(values: Sequence[Node], label: str, lines: Sequence[Line]) -> bool:
    r"""Whether the values are angles that repeat (``x = 45^\circ + 180^\circ k``).

    Without a name they start off the step: a multiple of it would be written with it.
    """
    if not all(_is_angle(value) for value in values):
        return False
    if label:
        return label in _ANGLES
    return all(_fraction(line.start / line.step) not in (None, 0) for line in lines)


def _is_angle(node: Node) -> bool:
    return any(isinstance(part, Degree) or part == Constant("pi") for part in walk(node))


def _are_integers(values: Sequence[Node], label: str, name: str, lines: Sequence[Line]) -> bool:
    """Whether the values are integers two or more apart, with the name of one."""
    coefficients = [rational.value(put(value, name, num(place))) for value in values for place in (0, 1)]
    whole = all(one is not None and one.denominator == 1 for one in coefficients)
    return whole and label in ("n", "x", "m", "a") and all(abs(line.step) >= 2 for line in lines)


def _fraction(number: float) -> Fraction | None:
    """The part of a number behind its point; None where the number is too near to an integer to say."""
    part = Fraction(number).limit_denominator(720)
    return part % 1 if abs(number - float(part)) < 1e-9 else Fraction(1, 2)


def _moving(node: Node) -> Family | None:
    """The points of a line: a tuple or column, or equations of coordinates, all linear in one letter."""
    parts = _coordinates(node)
    if len(parts) not in (2, 3):
        return None
    moved_by = symbols(node) - _AXES if _are_equations(node) else symbols(node)
    if len(moved_by) != 1 or not moved_by <= _MOVERS:
        return None
    name = next(iter(moved_by))
    moved = [part for part in parts if name in symbols(part)]
    return Family(node, name, "R") if len(moved) > 1 and progressions.lines(moved, name) else None


def _coordinates(node: Node) -> Sequence[Node]:
    """The coordinates of a tuple or a column, or those that equations give; none where the tree is no such."""
    if _are_equations(node):
        named = {part.args[0] for part in node.args} <= _COORDINATES
        return [part.args[1] for part in node.args] if named else []
    is_tuple = isinstance(node, Collection) and node.brackets in ("()", "<>")
    is_column = isinstance(node, Matrix) and 1 in node.shape
    return node.args if is_tuple or is_column else []


def _are_equations(node: Node) -> bool:
    """Whether the tree is a list of equations."""
    if not isinstance(node, Collection) or node.brackets != "":
        return False
    return all(isinstance(part, Relation) and part.signs == ("=",) for part in node.args)


def _class(node: Node, clause: Clause) -> Node:
    """``x = 12k + 5`` as a residue class; other trees as they are."""
    family = None if isinstance(node, Congruence) else _declared(node, clause) or _counted(node)
    if family is None or family.domain != "Z":
        return node
    value = node.args[1] if isinstance(node, Relation) and node.signs == ("=",) else node
    integers = progressions.integers(value, family.name)
    if integers is None:
        return node
    start = num(integers.start)
    held = start if value is node else rebuilt(node, (node.args[0], start))
    return Congruence((held, num(abs(integers.step))))


def _classes(gold: Node, answer: Node, policy: Policy) -> Verdict | None:
    """Two residue classes; None where one of them is none."""
    both = isinstance(gold, Congruence) and isinstance(answer, Congruence)
    return shapes.compare(gold, answer, policy) if both else None


def _compared(gold: Family, answer: Family, policy: Policy) -> Verdict:
    if not compatible(gold.domain, answer.domain):
        return Verdict(False, "structure", "parameters of other sets")
    verdict = shapes.compare(gold.node, put(answer.node, answer.name, Symbol(gold.name)), policy)
    if verdict.equal or gold.domain != "Z":
        return verdict
    if _covered(gold, answer, policy) or _shifted(gold, answer, policy):
        return Verdict(True, "structure", "the same values, counted otherwise")
    return Verdict(False, "structure", "not the same family")


def _values(node: Node) -> tuple[list[Node], str]:
    """The expressions of a list of values or of ``x = ...``, and the name; empty where it holds anything else."""
    node = shapes.settled(node)
    parts = node.args if isinstance(node, Collection) and node.brackets in ("", "{}") else (node,)
    labels = [
        _value_name(part.args[0]) if isinstance(part, Relation) and part.signs == ("=",) else "" for part in parts
    ]
    values = [part.args[1] if label else part for part, label in zip(parts, labels, strict=True)]
    plain = not any(has(value, Relation, Collection, Text, PlusMinus, Matrix, Congruence) for value in values)
    return (values, labels[0]) if plain and len(set(labels)) == 1 else ([], "")


_MAX_MEMBERS = 240
"""Values of a family up to the point where all families of an answer repeat."""


def _covered(gold: Family, answer: Family, policy: Policy) -> bool:
    """Whether evenly spaced values are the same set, each family written out until all of them repeat."""
    (some, label), (others, second) = _values(gold.node), _values(answer.node)
    right, own = progressions.lines(some, gold.name), progressions.lines(others, answer.name)
    if not right or not own or (label and second and label != second):
        return False
    if len(right) + len(own) > 2 and not (label or second or _is_angle(gold.node)):
        return False  # a bare list is members beside each other, not one set
    whole = progressions.repeat([line.step for line in (*right, *own)])
    return whole is not None and all(
        _within(lines, family.name, every, other.name, whole, policy)
        for lines, family, every, other in ((right, gold, own, answer), (own, answer, right, gold))
    )


def _within(some: list[Line], name: str, every: list[Line], other: str, whole: float, policy: Policy) -> bool:
    """Whether each value of the first families is one of the others."""
    counts = [round(whole / abs(line.step)) for line in some]
    if sum(counts) > _MAX_MEMBERS:
        return False
    members = (
        (put(line.node, name, num(place)), line.start + place * line.step)
        for line, n in zip(some, counts, strict=True)
        for place in range(n)
    )
    return all(
        any(
            shapes.compare(one, put(line.node, other, num(place)), policy).equal
            for line, place in progressions.holding(value, every)
        )
        for one, value in members
    )


_SHIFTS = (0, 1, -1, 2, -2)


def _shifted(gold: Family, answer: Family, policy: Policy) -> bool:
    """Whether intervals, points or inequalities that move evenly are the same, counted from another place."""
    parts = [part for part in _leaves(gold.node) + _leaves(answer.node) if symbols(part) & {gold.name, answer.name}]
    alone = [part for part in parts if len(symbols(part)) == 1]
    if not parts or not all(progressions.line(part, next(iter(symbols(part)))) for part in alone):
        return False
    if len(alone) < len(parts):
        return False
    if not any(isinstance(side.node, Collection | Relation | SetOperation) for side in (gold, answer)):
        return False
    return any(
        all(
            shapes.compare(
                put(gold.node, gold.name, num(k)), put(answer.node, answer.name, num(k + shift)), policy
            ).equal
            for k in range(3)
        )
        for shift in _SHIFTS
    )


def _leaves(node: Node) -> list[Node]:
    """The expressions in brackets and relations."""
    if isinstance(node, Collection | Relation | SetOperation | SetBuilder):
        return [leaf for part in node.args for leaf in _leaves(part)]
    return [node]
