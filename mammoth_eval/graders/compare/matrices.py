"""Arithmetic on matrices: sums, multiples, products and small powers of them become the matrix that they are."""

from __future__ import annotations

from mammoth_eval.graders.parse.nodes import (
    Call,
    Collection,
    Matrix,
    Node,
    Number,
    Power,
    Product,
    Relation,
    Sum,
    Symbol,
    Text,
    add,
    has,
    mul,
    num,
    rebuilt,
)
from mammoth_eval.graders.parse.tables import matrix

_MAX_ENTRIES = 400
_MAX_POWER = 12
_MAX_DETERMINANT = 4
_TRANSPOSED = frozenset(Symbol(name) for name in ("T", "top", "intercal"))


def folded(node: Node) -> Node:
    """The tree with what is computed of matrices computed; as it is where the shapes do not fit."""
    if isinstance(node, Call) and node.name == "det" and isinstance(node.args[0], Matrix):
        return _determinant(node.args[0]) or node
    if isinstance(node, Power) and node.args[1] in _TRANSPOSED:
        return _transposed(folded(node.args[0])) or node
    if not isinstance(node, Sum | Product | Power) or not has(node, Matrix):
        return node
    parts = tuple(folded(part) for part in node.args)
    made = _sum(parts) if isinstance(node, Sum) else _product(parts) if isinstance(node, Product) else _power(parts)
    return rebuilt(node, parts) if made is None else made


def _transposed(node: Node) -> Node | None:
    """The transpose of a matrix; a row of numbers in brackets is its own, as a column and a tuple are one answer."""
    if (
        isinstance(node, Collection)
        and node.brackets in ("()", "[]")
        and not any(has(part, Collection, Matrix) for part in node.args)
    ):
        return node
    if not isinstance(node, Matrix):
        return None
    rows, columns = node.shape
    return matrix([[node.args[row * columns + column] for row in range(rows)] for column in range(columns)])


def _determinant(node: Matrix) -> Node | None:
    """The determinant of a small square matrix, along its first row."""
    size = node.rows
    if node.columns != size or size > _MAX_DETERMINANT:
        return None
    if size == 1:
        return node.args[0]
    terms = []
    for column in range(size):
        rows = [[node.args[row * size + k] for k in range(size) if k != column] for row in range(1, size)]
        minor = _determinant(matrix(rows))
        if minor is not None:
            terms.append(mul(num((-1) ** column), node.args[column], minor))
    return add(*terms)


def _sum(parts: tuple[Node, ...]) -> Node | None:
    matrices = [part for part in parts if isinstance(part, Matrix)]
    if len(matrices) < len(parts) or len({part.shape for part in matrices}) > 1:
        return None
    return rebuilt(matrices[0], (add(*entries) for entries in zip(*(part.args for part in matrices), strict=True)))


def _product(parts: tuple[Node, ...]) -> Node | None:
    scalars = [part for part in parts if not isinstance(part, Matrix)]
    if any(has(part, Matrix, Collection, Text, Relation) for part in scalars):
        return None
    made: Matrix | None = None
    for part in parts:
        if isinstance(part, Matrix):
            made = part if made is None else _times(made, part)
            if made is None:
                return None
    if made is None or not scalars:
        return made
    return rebuilt(made, tuple(mul(*scalars, entry) for entry in made.args))


def _times(one: Matrix, other: Matrix) -> Matrix | None:
    rows, inner, columns = one.rows, one.columns, other.columns
    if inner != other.rows or rows * columns * inner > _MAX_ENTRIES:
        return None
    return matrix(
        [
            [
                add(*(mul(one.args[row * inner + k], other.args[k * columns + column]) for k in range(inner)))
                for column in range(columns)
            ]
            for row in range(rows)
        ]
    )


def _power(parts: tuple[Node, ...]) -> Node | None:
    base, exponent = parts
    if not isinstance(base, Matrix) or not isinstance(exponent, Number) or base.rows != base.columns:
        return None
    if exponent.value.denominator != 1 or not 1 <= exponent.value <= _MAX_POWER:
        return None
    made: Matrix | None = base
    for _ in range(int(exponent.value) - 1):
        made = made and _times(made, base)
    return made
