r"""Sets of real numbers: intervals, unions, finite sets, and the inequalities that describe them.

``x \le 3``, ``(-\infty, 3]`` and ``{x | x <= 3}`` are one set. Ends are compared in floating point to put them in
order, and as expressions to say that they are equal.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from fractions import Fraction
from typing import NamedTuple

from mammoth_eval.graders import deadline
from mammoth_eval.graders.equal import floating, rational
from mammoth_eval.graders.parse.nodes import (
    HALF,
    Call,
    Collection,
    Constant,
    Decimal,
    Node,
    Number,
    Power,
    Product,
    Relation,
    SetBuilder,
    SetOperation,
    Sum,
    Symbol,
    add,
    neg,
    num,
    power,
    put,
    rebuilt,
    subtract,
    symbols,
    walk,
)


class End(NamedTuple):
    """One end of a piece: its place, its expression, whether it belongs to the set."""

    place: float
    node: Node
    closed: bool


class Piece(NamedTuple):
    """An interval; a point where both ends are the same and closed."""

    low: End
    high: End


class RealSet(NamedTuple):
    """Disjoint pieces in order, and the variable that an inequality named."""

    pieces: tuple[Piece, ...]
    name: str | None = None


_INFINITY = Constant("oo")
_LOWEST = End(-math.inf, neg(_INFINITY), closed=False)
_HIGHEST = End(math.inf, _INFINITY, closed=False)
_LINE = Piece(_LOWEST, _HIGHEST)
_BRACKETS = ("()", "[]", "(]", "[)")
_MAX_ABSOLUTES = 6
"""Absolute values in one relation; each inside another doubles the work."""
_FLIPPED = {"<": ">", ">": "<", "<=": ">=", ">=": "<=", "!=": "!=", "=": "="}


def describes(node: Node) -> bool:
    """Whether the tree is a set of numbers by its shape alone; a pair in brackets may be one, and does not count."""
    if isinstance(node, SetOperation | SetBuilder) or (isinstance(node, Constant) and node.name in ("Reals", "empty")):
        return True
    if isinstance(node, Collection) and node.brackets in ("(]", "[)"):
        return True
    if isinstance(node, Relation):
        return any(operator in ("in", "notin", "<", ">", "<=", ">=", "!=") for operator in node.signs)
    return (
        isinstance(node, Collection)
        and node.brackets == ""
        and bool(node.args)
        and all(isinstance(part, Relation) and describes(part) for part in node.args)
    )


def read(node: Node) -> RealSet | None:
    """The set that the tree is; None where it is none that can be worked out."""
    if isinstance(node, Constant):
        return RealSet((_LINE,)) if node.name == "Reals" else RealSet(()) if node.name == "empty" else None
    if isinstance(node, Collection):
        return _sequence(node)
    if isinstance(node, SetBuilder):
        return read(node.args[0])
    if isinstance(node, SetOperation):
        return _combined(node.operation, [read(part) or _number(part) for part in node.args])
    return _relation(node) if isinstance(node, Relation) else None


def _number(node: Node) -> RealSet | None:
    """A bare number in a union, as the set that holds it."""
    place = floating.real(node) if isinstance(node, Number | Decimal | Sum | Product | Power | Constant) else None
    return None if place is None or math.isinf(place) else RealSet((_point(place, node),))


def _sequence(node: Collection) -> RealSet | None:
    """An interval, a finite set, or a list of sets: their union, or what they have in common where that is all."""
    if node.brackets in _BRACKETS and len(node.args) == 2:
        return _interval(node)
    if node.brackets == "{}":
        places = [floating.real(part) for part in node.args]
        points = [_point(place, part) for place, part in zip(places, node.args, strict=True) if place is not None]
        return RealSet(_merged(points)) if len(points) == len(node.args) else None
    if node.brackets == "" and node.args:
        parts = [read(part) for part in node.args]
        union = _combined("union", parts)
        return _combined("intersection", parts) if union is not None and union.pieces == (_LINE,) else union
    return None


def _interval(node: Collection) -> RealSet | None:
    low, high = (floating.real(part) for part in node.args)
    if low is None or high is None or not low < high:
        return None
    start = End(low, node.args[0], closed=node.brackets[0] == "[" and math.isfinite(low))
    end = End(high, node.args[1], closed=node.brackets[1] == "]" and math.isfinite(high))
    return RealSet((Piece(start, end),))


def _point(place: float, node: Node) -> Piece:
    end = End(place, node, closed=True)
    return Piece(end, end)


def _relation(node: Relation) -> RealSet | None:
    if node.signs in (("in",), ("notin",)):
        inner = read(node.args[1])
        if inner and node.signs == ("notin",):
            inner = RealSet(_without([_LINE], inner.pieces))
        return RealSet(inner.pieces, node.args[0].name) if inner and isinstance(node.args[0], Symbol) else inner
    node = rebuilt(node, tuple(_function_name(part) for part in node.args))
    names = symbols(node)
    if len(names) != 1 or sum(isinstance(part, Call) and part.name == "abs" for part in walk(node)) > _MAX_ABSOLUTES:
        return None
    name = next(iter(names))
    parts: list[RealSet | None] = []
    for operator, left, right in zip(node.signs, node.args, node.args[1:], strict=False):
        solved = _solved(left, operator, right, name)
        parts.append(None if solved is None else RealSet(solved, name))
    return _combined("intersection", parts)


def _function_name(node: Node) -> Node:
    """``f(x)`` as one name, elsewhere the tree itself."""
    if isinstance(node, Call) and len(node.name) == 1:
        return Symbol(f"{node.name}()")
    names = [part.name for part in node.args if isinstance(part, Symbol)] if isinstance(node, Product) else []
    applied = len(names) == len(node.args) == 2 and names[0] in "fghFGHPQ"
    return Symbol(f"{names[0]}()") if applied else node


def _solved(left: Node, operator: str, right: Node, name: str) -> tuple[Piece, ...] | None:
    """The solutions of an inequality that is linear or quadratic in its one variable; None where it is neither."""
    if operator not in _FLIPPED:
        return None
    for side, sign, bound in ((left, operator, right), (right, _FLIPPED[operator], left)):
        if side == Symbol(name) and name not in symbols(bound):
            return _beyond(sign, bound)
        if isinstance(side, Call) and side.name == "abs" and name not in symbols(bound):
            return _around(side.args[0], sign, bound, name)
    found = _polynomial(subtract(left, right), name)
    if found is None:
        return None
    start, slope, square = found
    if square:
        return _parabola(operator if square > 0 else _FLIPPED[operator], slope / square, start / square)
    return _beyond(operator if slope > 0 else _FLIPPED[operator], num(-start / slope)) if slope else None


def _around(inner: Node, operator: str, bound: Node, name: str) -> tuple[Piece, ...] | None:
    """The solutions of an absolute value against a bound."""
    below, above = _solved(inner, operator, bound, name), _solved(inner, _FLIPPED[operator], neg(bound), name)
    if below is None or above is None or operator in ("=", "!="):
        return None
    return _common(below, above) if operator in ("<", "<=") else _merged([*below, *above])


def _polynomial(node: Node, name: str) -> tuple[Fraction, Fraction, Fraction] | None:
    """The coefficients, lowest first, of a tree that is at most quadratic in its variable; None where it is not."""
    values: list[Fraction] = []
    for point in (0, 1, 2, 7, -11):
        try:
            value = rational.value(put(node, name, num(point)))
        except (rational.Refused, ZeroDivisionError):
            return None
        if value is None:
            return None
        values.append(value)
    square = (values[2] - 2 * values[1] + values[0]) / 2
    slope = values[1] - values[0] - square
    fits = all(values[0] + slope * x + square * x * x == value for x, value in ((7, values[3]), (-11, values[4])))
    return (values[0], slope, square) if fits else None


def _parabola(operator: str, slope: Fraction, start: Fraction) -> tuple[Piece, ...] | None:
    """The solutions of ``x^2 + slope x + start`` against zero."""
    quarter = slope * slope / 4 - start
    if quarter < 0:
        return (_LINE,) if operator in (">", ">=", "!=") else ()
    half = power(num(quarter), HALF)
    low, high = (add(num(-slope / 2), side) for side in (neg(half), half))
    if operator in ("=", "!="):
        points = [*(_beyond("=", low) or ()), *(_beyond("=", high) or ())]
        return _merged(points) if operator == "=" else _without([_LINE], points)
    outward = operator in (">", ">=")
    left, right = _beyond(_FLIPPED[operator], low), _beyond(operator, high)
    if left is None or right is None:
        return None
    return _merged([*left, *right]) if outward else _common(left, right)


def _beyond(operator: str, bound: Node) -> tuple[Piece, ...] | None:
    place = floating.real(bound)
    if place is None:
        return None
    if operator in ("=", "!="):
        point = _point(place, bound)
        return (point,) if operator == "=" else _without([_LINE], [point])
    end = End(place, bound, closed=operator in ("<=", ">="))
    return (Piece(_LOWEST, end),) if operator in ("<", "<=") else (Piece(end, _HIGHEST),)


def _combined(operation: str, parts: Sequence[RealSet | None]) -> RealSet | None:
    known = [part for part in parts if part is not None]
    names = {part.name for part in known if part.name}
    if len(known) != len(parts) or not known or len(names) > 1:
        return None
    pieces = known[0].pieces
    for part in known[1:]:
        if operation == "union":
            pieces = _merged([*pieces, *part.pieces])
        elif operation == "intersection":
            pieces = _common(pieces, part.pieces)
        else:
            pieces = _without(pieces, part.pieces)
    return RealSet(pieces, next(iter(names), None))


def _same(one: float, other: float) -> bool:
    return one == other or (
        math.isfinite(one) and math.isfinite(other) and abs(one - other) <= 1e-12 * max(1.0, abs(one))
    )


def _merged(pieces: Sequence[Piece]) -> tuple[Piece, ...]:
    """The union of the pieces."""
    merged: list[Piece] = []
    for piece in sorted(pieces, key=lambda item: (item.low.place, not item.low.closed)):
        last = merged[-1] if merged else None
        touches = last is not None and (
            (piece.low.place < last.high.place and not _same(piece.low.place, last.high.place))
            or (_same(piece.low.place, last.high.place) and (piece.low.closed or last.high.closed))
        )
        if last is None or not touches:
            merged.append(piece)
        elif _later(piece.high, last.high):
            merged[-1] = Piece(last.low, piece.high)
    return tuple(merged)


def _later(one: End, other: End) -> bool:
    if _same(one.place, other.place):
        return one.closed and not other.closed
    return one.place > other.place


def _common(one: Sequence[Piece], other: Sequence[Piece]) -> tuple[Piece, ...]:
    """The intersection. Raises `deadline.Late`."""
    found: list[Piece] = []
    for left in one:
        deadline.left()
        for right in other:
            low = right.low if _starts_later(right.low, left.low) else left.low
            high = right.high if _later(left.high, right.high) else left.high
            point = _same(low.place, high.place)
            if (low.place < high.place and not point) or (point and low.closed and high.closed):
                found.append(Piece(low, high))
    return _merged(found)


def _starts_later(one: End, other: End) -> bool:
    if _same(one.place, other.place):
        return other.closed and not one.closed
    return one.place > other.place


def _without(one: Sequence[Piece], other: Sequence[Piece]) -> tuple[Piece, ...]:
    """The difference."""
    gaps: list[Piece] = []
    low = _LOWEST
    for piece in _merged(other):
        if piece.low.place > -math.inf:
            gaps.append(Piece(low, piece.low._replace(closed=not piece.low.closed)))
        low = piece.high._replace(closed=not piece.high.closed)
    if low.place < math.inf:
        gaps.append(Piece(low, _HIGHEST))
    return _common(one, [gap for gap in gaps if gap.low.place < gap.high.place])


def complement(sets: Sequence[RealSet]) -> RealSet:
    """The numbers that are in none of the sets."""
    return RealSet(_without([_LINE], [piece for one in sets for piece in one.pieces]))


def both(one: RealSet, other: RealSet) -> RealSet:
    """The numbers that are in the two sets."""
    return RealSet(_common(one.pieces, other.pieces))


def common(one: RealSet, other: RealSet) -> bool:
    """Whether a number is in both."""
    return bool(_common(one.pieces, other.pieces))


def equal(one: RealSet, other: RealSet, same: Callable[[Node, Node], bool]) -> bool:
    """Whether the two are one set; `same` says whether two ends are equal."""
    if len(one.pieces) != len(other.pieces) or (one.name and other.name and one.name != other.name):
        return False
    ends = zip(
        (end for piece in one.pieces for end in piece), (end for piece in other.pieces for end in piece), strict=True
    )
    return all(
        a.closed == b.closed and (a.place == b.place if math.isinf(a.place) else same(a.node, b.node)) for a, b in ends
    )
