"""What stands beside an operand without a sign: a factor, a unit, the fraction of a mixed number."""

from __future__ import annotations

from mammoth_eval.graders.parse import groups, literals, units
from mammoth_eval.graders.parse.binding import PRODUCT, SIGN
from mammoth_eval.graders.parse.cursor import Cursor
from mammoth_eval.graders.parse.nodes import Compound, Degree, Node, Percent, Quantity, Text, Unreadable, mul


def beside(p: Cursor, left: Node) -> Node:
    """`left` with the unit or the factor at hand."""
    token = p.next
    if isinstance(left, Text):
        raise Unreadable("words and signs without a relation")
    if token.kind == "num" and p.literal == p.index:
        mixed = literals.plain_mixed(p, left)
        if mixed is None:
            raise Unreadable("two numbers side by side")
        return mixed
    if units.starts(p.tokens, p.index, left):
        return units.read(p, left)
    if isinstance(left, Quantity | Percent | Degree) and token.kind == "num":
        return Compound((left, p.expression(PRODUCT)))
    p.factor = p.at("[")
    right = p.expression(SIGN)
    if isinstance(right, Text):
        if right.words.split()[0].lower() in units.STOPS:
            raise Unreadable("a sentence")
        return Quantity(right.words.lower(), (left,))
    return literals.mixed(left, right, token) or mul(groups.grouped(left), groups.grouped(right))
