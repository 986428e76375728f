"""Relations and ratios, read into one flat node: ``0 < x < 1``, ``1:2:3``."""

from __future__ import annotations

from fractions import Fraction

from mammoth_eval.graders.parse.binding import RATIO, RELATION
from mammoth_eval.graders.parse.cursor import Cursor
from mammoth_eval.graders.parse.nodes import (
    Collection,
    Decimal,
    Degree,
    Node,
    Number,
    Percent,
    Quantity,
    Ratio,
    Relation,
    Text,
    Unreadable,
)

MAX_CHAIN = 40
"""Relations of one chain, parts of one ratio."""
_ROUNDING = Fraction(1, 10)
"""How far apart, in parts of the larger, two numbers may be of which one is an approximation of the other."""


def related(p: Cursor, left: Node, operator: str) -> Node:
    """`left` with the relation whose sign was passed, part of its chain where it is one."""
    right = p.expression(RELATION + 1)
    if len(left.args) > MAX_CHAIN:
        raise Unreadable(f"more than {MAX_CHAIN} relations in a chain")
    if isinstance(left, Relation):
        return Relation((*left.signs, operator), (*left.args, right))
    return Relation((operator,), (left, right))


def about(p: Cursor, left: Node) -> Node:
    r"""``x \\sim 5``, or ``58 \\sim 66``: two numbers of which neither is the other rounded are a range."""
    made = related(p, left, "~")
    low, high = (_value(side) for side in made.args[:2])
    is_range = low is not None and high is not None and len(made.args) == 2 and _are_apart(low, high)
    return Collection("to", made.args) if is_range else made


def _are_apart(low: Fraction, high: Fraction) -> bool:
    return abs(low - high) > _ROUNDING * max(abs(low), abs(high))


def _value(node: Node) -> Fraction | None:
    inner = node.args[0] if isinstance(node, Quantity | Percent | Degree) else node
    return inner.value if isinstance(inner, Number | Decimal) else None


def ratio(p: Cursor, left: Node, sign: str) -> Node:
    """``2:3``, or ``2 to 3``, which may be a range as well; after words a colon is a label's."""
    right = p.expression(RATIO + 1)
    if sign == "to" and not isinstance(left, Text | Ratio | Collection):
        return Collection("to", (left, right))
    if isinstance(left, Text) and left.words.endswith("Error"):
        raise Unreadable("an exception")
    if isinstance(left, Text):
        return Relation(("=",), (left, right))
    parts = left.args if isinstance(left, Ratio) else (left,)
    if len(parts) > MAX_CHAIN:
        raise Unreadable(f"a ratio of more than {MAX_CHAIN} parts")
    return Ratio((*parts, right))
