"""Rows and columns: matrices, lists of lists, and functions by cases, from their entries."""

from __future__ import annotations

from collections.abc import Sequence

from mammoth_eval.graders.parse.nodes import Node, Unreadable

_REST = frozenset({"otherwise", "else", "true"})
_CONDITIONS = frozenset({"rel", "setop", "setof", "congruence", "quantity"})
"""A relation, or words behind a name (``n`` even)."""


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


def piecewise(rows: Sequence[Sequence[Node]]) -> Node | None:
    """The function of these rows of values and conditions; None where they are none. The rest can only come last."""
    if not rows or any(len(row) != 2 or row[0].kind == "rel" for row in rows):
        return None
    *first, last = (where for _, where in rows)
    if any(where.kind not in _CONDITIONS for where in first) or not (last.kind in _CONDITIONS or is_rest(last)):
        return None
    return Node("piecewise", None, tuple(Node("pair", None, tuple(row)) for row in rows))


def is_rest(node: Node) -> bool:
    """Whether the condition of a piece is ``otherwise``: what the others leave."""
    return node.kind == "text" and node.value.lower() in _REST
