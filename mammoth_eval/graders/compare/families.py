r"""Answers with a free parameter: general solutions (``x = \frac{\pi}{6} + 2k\pi``), residue classes, lines.

What the parameter is called says nothing, and an integer one may be counted from anywhere and backwards. Which letter
it is a clause says; without one only two forms show it beyond doubt: angles that repeat (``x = 45^\circ + 180^\circ
k``) and ``n = 6k + 1``. A line's points may be written with any of the usual letters.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from fractions import Fraction
from typing import NamedTuple

from mammoth_eval.graders.compare import shapes
from mammoth_eval.graders.equal import floating, rational
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


class Line(NamedTuple):
    """Evenly spaced values: the expression, and its start and step in floating point."""

    node: Node
    start: float
    step: float


def compare(gold: Clause, answer: Clause, policy: Policy, tree: Callable[[str], Node]) -> Verdict | None:
    """What clauses on letters decide; None where they do not. `tree` may raise `Unreadable`."""
    right, own = tree(gold.body), tree(answer.body)
    if {"R", ""} >= {gold.domain, answer.domain}:  # constants, and variables that may be anything
        verdict = shapes.compare(right, own, policy)
        return verdict if verdict.equal else undeclared(right, own, policy)
    if isinstance(right, Congruence) or isinstance(own, Congruence):
        right, own = (_class(side, clause) for side, clause in ((right, gold), (own, answer)))
        return (
            shapes.compare(right, own, policy)
            if isinstance(right, Congruence) and isinstance(own, Congruence)
            else None
        )
    sides = ((right, gold), (own, answer))
    first, second = (_declared(side, clause) or _counted(side) for side, clause in sides)
    if first and second:
        return _compared(first, second, policy)
    if all(_rule(side, clause) for side, clause in sides if clause.names) and not (first or second):
        return shapes.compare(right, own, policy)
    return None


def undeclared(gold: Node, answer: Node, policy: Policy) -> Verdict | None:
    """What can be said of two trees without a clause; None where they are no families."""
    pairs = ((_counted(gold), _counted(answer)), (_moving(gold), _moving(answer)))
    return next((_compared(one, other, policy) for one, other in pairs if one and other), None)


_NO_VALUES = frozenset({"y", "f", "g", "h"})
"""Names of functions: in ``y = x^2`` the other letter is no parameter."""
_COUNTERS = frozenset("klmnj")
_ANGLES = frozenset({"x", "t", "theta", "alpha", "beta", "phi", "varphi"})
_COORDINATES = frozenset(Symbol(name) for name in "xyz")
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
    names = frozenset().union(*map(symbols, values)) if values else frozenset()
    if len(names) != 1 or not names <= _COUNTERS or label in names:
        return None
    name = next(iter(names))
    lines = _lines(values, name)
    if lines is None:
        return None
    turns = all(any(isinstance(part, Degree) or part == Constant("pi") for part in walk(value)) for value in values)
    if turns and label in _ANGLES:
        return Family(node, name, "Z")
    if turns and not label and all(_fraction(line.start / line.step) not in (None, 0) for line in lines):
        return Family(node, name, "Z")  # a multiple of the step would be written with it
    coefficients = [rational.value(put(value, name, num(place))) for value in values for place in (0, 1)]
    whole = all(one is not None and one.denominator == 1 for one in coefficients)
    return (
        Family(node, name, "Z")
        if whole and label in ("n", "x", "m", "a") and all(abs(line.step) >= 2 for line in lines)
        else None
    )


def _fraction(number: float) -> Fraction | None:
    """The part of a number behind its point; None where the number is too near to an integer to say."""
    part = Fraction(number).limit_denominator(720)
    return part % 1 if abs(number - float(part)) < 1e-9 else Fraction(1, 2)


def _moving(node: Node) -> Family | None:
    """The points of a line: a tuple or column, or equations of coordinates, all linear in one letter."""
    parts = node.args
    if (
        isinstance(node, Collection)
        and node.brackets == ""
        and all(isinstance(part, Relation) and part.signs == ("=",) for part in parts)
    ):
        if not {part.args[0] for part in parts} <= _COORDINATES:
            return None
        moved_by = symbols(node) - {"x", "y", "z"}
        parts = tuple(part.args[1] for part in parts)
    elif not (
        (isinstance(node, Collection) and node.brackets in ("()", "<>"))
        or (isinstance(node, Matrix) and 1 in node.shape)
    ):
        return None
    else:
        moved_by = symbols(node)
    if len(parts) not in (2, 3) or len(moved_by) != 1 or not moved_by <= _MOVERS:
        return None
    name = next(iter(moved_by))
    moved = [part for part in parts if name in symbols(part)]
    return Family(node, name, "R") if len(moved) > 1 and _lines(moved, name) else None


def _class(node: Node, clause: Clause) -> Node:
    """``x = 12k + 5`` as a residue class; other trees as they are."""
    found = _declared(node, clause) or _counted(node)
    value = node.args[1] if isinstance(node, Relation) and node.signs == ("=",) else node
    if isinstance(node, Congruence) or found is None or found.domain != "Z":
        return node
    try:
        start, following, third = (rational.value(put(value, found.name, num(k))) for k in range(3))
    except rational.Refused:
        return node
    if (
        start is None
        or following is None
        or third is None
        or start == following
        or third - following != following - start
    ):
        return node
    if start.denominator != 1 or following.denominator != 1:
        return node
    held = num(start) if value is node else rebuilt(node, (node.args[0], num(start)))
    return Congruence((held, num(abs(following - start))))


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


def _lines(values: Sequence[Node], name: str) -> list[Line] | None:
    """The values as lines in the one letter; None where one of them is none."""
    lines = [_line(value, name) for value in values]
    return [line for line in lines if line] if all(lines) else None


def _line(node: Node, name: str) -> Line | None:
    places = [floating.real(put(node, name, num(k))) for k in (0, 1, 2, 7, -11)]
    start, following = places[:2]
    if start is None or following is None or start == following:
        return None
    step = following - start
    fits = all(
        place is not None and abs(place - start - k * step) < 1e-9 * (1 + abs(place))
        for k, place in zip((0, 1, 2, 7, -11), places, strict=True)
    )
    return Line(node, start, step) if fits else None


_MAX_MEMBERS = 240
"""Values of a family up to the point where all families of an answer repeat."""


def _covered(gold: Family, answer: Family, policy: Policy) -> bool:
    """Whether evenly spaced values are the same set, each family written out until all of them repeat."""
    (some, label), (others, second) = _values(gold.node), _values(answer.node)
    right = _lines(some, gold.name) if some and {label, second} <= {label, ""} | {second, ""} else None
    own = _lines(others, answer.name) if others else None
    if not right or not own or (label and second and label != second):
        return False
    if len(right) + len(own) > 2 and not (
        label or second or has(gold.node, Degree) or Constant("pi") in walk(gold.node)
    ):
        return False  # a bare list is members beside each other, not one set
    whole = _repeat([line.step for line in (*right, *own)])
    return whole is not None and all(
        _within(lines, family.name, every, other.name, whole, policy)
        for lines, family, every, other in ((right, gold, own, answer), (own, answer, right, gold))
    )


def _repeat(steps: Sequence[float]) -> float | None:
    """The shortest way after which all steps repeat; None where there is none that is short enough."""
    unit = abs(steps[0])
    ratios = [Fraction(abs(step) / unit).limit_denominator(60) for step in steps]
    if any(abs(abs(step) / unit - float(ratio)) > 1e-9 for step, ratio in zip(steps, ratios, strict=True)):
        return None
    return unit * math.lcm(*(ratio.numerator for ratio in ratios)) / math.gcd(*(ratio.denominator for ratio in ratios))


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
            for line, place in _candidates(value, every)
        )
        for one, value in members
    )


def _candidates(value: float, lines: list[Line]) -> Iterator[tuple[Line, int]]:
    """The families that may hold the value, and at which place."""
    for line in lines:
        place = (value - line.start) / line.step
        if abs(place - round(place)) < 1e-7:
            yield line, round(place)


_SHIFTS = (0, 1, -1, 2, -2)


def _shifted(gold: Family, answer: Family, policy: Policy) -> bool:
    """Whether intervals, points or inequalities that move evenly are the same, counted from another place."""
    parts = [part for part in _leaves(gold.node) + _leaves(answer.node) if symbols(part) & {gold.name, answer.name}]
    if not all(_line(part, next(iter(symbols(part)))) for part in parts if len(symbols(part)) == 1) or not parts:
        return False
    if any(len(symbols(part)) > 1 for part in parts) or not any(
        isinstance(side.node, Collection | Relation | SetOperation) for side in (gold, answer)
    ):
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
