"""Arithmetic on matrices: sums, differences, multiples, products and small powers of them become the matrix that they are."""

from __future__ import annotations

from mammoth_eval.graders.parse.nodes import Node, add, has, mul, num
from mammoth_eval.graders.parse.tables import matrix

_MAX_ENTRIES = 400
_MAX_POWER = 12
_MAX_DETERMINANT = 4
_TRANSPOSED = frozenset(Node("sym", name) for name in ("T", "top", "intercal"))


def folded(node: Node) -> Node:
    """The tree with what is computed of matrices computed; as it is where the shapes do not fit."""
    if node.kind == "call" and node.value == "det" and node.args[0].kind == "matrix":
        return _determinant(node.args[0]) or node
    if node.kind == "pow" and node.args[1] in _TRANSPOSED:
        return _transposed(folded(node.args[0])) or node
    if node.kind not in ("add", "mul", "pow") or not has(node, "matrix"):
        return node
    parts = tuple(folded(part) for part in node.args)
    made = {"add": _sum, "mul": _product, "pow": _power}[node.kind](parts)
    return node._replace(args=parts) if made is None else made


def _transposed(node: Node) -> Node | None:
    """The transpose of a matrix; a row of numbers in brackets is its own, as a column and a tuple are one answer."""
    if node.kind == "seq" and node.value in ("()", "[]") and not any(has(part, "seq", "matrix") for part in node.args):
        return node
    if node.kind != "matrix":
        return None
    rows, columns = node.value
    return matrix([[node.args[row * columns + column] for row in range(rows)] for column in range(columns)])


def _determinant(node: Node) -> Node | None:
    """The determinant of a small square matrix, along its first row."""
    size = node.value[0]
    if node.value != (size, size) or size > _MAX_DETERMINANT:
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
    if any(part.kind != "matrix" or part.value != parts[0].value for part in parts):
        return None
    return parts[0]._replace(args=tuple(add(*entries) for entries in zip(*(part.args for part in parts), strict=True)))


def _product(parts: tuple[Node, ...]) -> Node | None:
    scalars = [part for part in parts if part.kind != "matrix"]
    if any(has(part, "matrix", "seq", "text", "rel") for part in scalars):
        return None
    made: Node | None = None
    for part in parts:
        if part.kind == "matrix":
            made = part if made is None else _times(made, part)
            if made is None:
                return None
    if made is None or not scalars:
        return made
    return made._replace(args=tuple(mul(*scalars, entry) for entry in made.args))


def _times(one: Node, other: Node) -> Node | None:
    rows, inner, columns = one.value[0], one.value[1], other.value[1]
    if inner != other.value[0] or rows * columns * inner > _MAX_ENTRIES:
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
    if base.kind != "matrix" or exponent.kind != "num" or base.value[0] != base.value[1]:
        return None
    if exponent.value.denominator != 1 or not 1 <= exponent.value <= _MAX_POWER:
        return None
    made: Node | None = base
    for _ in range(int(exponent.value) - 1):
        made = made and _times(made, base)
    return made
