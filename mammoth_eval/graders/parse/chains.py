"""Relations and ratios, read into one flat node: ``0 < x < 1``, ``1:2:3``."""

from __future__ import annotations

from mammoth_eval.graders.parse.binding import RATIO, RELATION
from mammoth_eval.graders.parse.cursor import Cursor
from mammoth_eval.graders.parse.nodes import Collection, Node, Ratio, Relation, Text, Unreadable

MAX_CHAIN = 40
"""Relations of one chain, parts of one ratio."""


def related(p: Cursor, left: Node, operator: str) -> Node:
    """`left` with the relation whose sign was passed, part of its chain where it is one."""
    right = p.expression(RELATION + 1)
    if len(left.args) > MAX_CHAIN:
        raise Unreadable(f"more than {MAX_CHAIN} relations in a chain")
    if isinstance(left, Relation):
        return Relation((*left.signs, operator), (*left.args, right))
    return Relation((operator,), (left, right))


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
