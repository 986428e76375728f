"""Rows and columns: matrices, lists of lists, and functions by cases, from their entries."""

from __future__ import annotations

from collections.abc import Sequence

from mammoth_eval.graders.parse.nodes import (
    Collection,
    Congruence,
    Matrix,
    Node,
    Pair,
    Piecewise,
    Quantity,
    Relation,
    SetBuilder,
    SetOperation,
    Text,
    Unreadable,
)

_REST = frozenset({"otherwise", "else", "true"})
_CONDITIONS = (Relation, SetOperation, SetBuilder, Congruence, Quantity)
"""A relation, or words behind a name (``n`` even)."""


def matrix(rows: Sequence[Sequence[Node]]) -> Matrix:
    """The matrix of these rows. Raises `Unreadable` where they differ in length."""
    if not rows or any(len(row) != len(rows[0]) for row in rows):
        raise Unreadable("rows of different lengths")
    return Matrix(len(rows), len(rows[0]), tuple(entry for row in rows for entry in row))


def nested(node: Node, *, column: bool = False) -> Node:
    """A list of lists as the matrix it prints; a plain list as a column where `column` is set, as itself otherwise."""
    if isinstance(node, Collection) and node.brackets == "[]" and node.args:
        rows = [list(row.args) for row in node.args if isinstance(row, Collection) and row.brackets == "[]"]
        if len(rows) == len(node.args) and len({len(row) for row in rows}) == 1 and rows[0]:
            return matrix(rows)
        if column and not rows:
            return matrix([[entry] for entry in node.args])
    return node


def piecewise(rows: Sequence[Sequence[Node]]) -> Piecewise | None:
    """The function of these rows of values and conditions; None where they are none. The rest can only come last."""
    if not rows or any(len(row) != 2 or isinstance(row[0], Relation) for row in rows):
        return None
    *first, last = (where for _, where in rows)
    if any(not isinstance(where, _CONDITIONS) for where in first) or not (
        isinstance(last, _CONDITIONS) or is_rest(last)
    ):
        return None
    return Piecewise(tuple(Pair(tuple(row)) for row in rows))


def is_rest(node: Node) -> bool:
    """Whether the condition of a piece is ``otherwise``: what the others leave."""
    return isinstance(node, Text) and node.words.lower() in _REST
