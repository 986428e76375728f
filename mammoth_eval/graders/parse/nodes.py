"""The tree that the parser builds: our own nodes, nothing that can run.

| kind | value | args |
|---|---|---|
| num | Fraction | |
| dec | (Fraction, decimal places) as written | |
| sym, const | name; constants are pi, e, i, oo, Reals, empty, nan | |
| text | words | |
| add, mul | | terms, factors |
| pow | | base, exponent |
| call | function name | arguments |
| pm | ``+`` or ``-`` (which sign comes first) | operand |
| rel | operators of the chain | operands |
| seq | brackets: ``()`` ``[]`` ``(]`` ``[)`` ``{}`` ``<>`` or empty for a bare list | items |
| setop | union, intersection, difference | operands |
| setof | | condition |
| matrix | (rows, columns) | entries, row by row |
| quantity | unit as written | operand |
| percent, degree | | operand |
| based | base as text | |
| ratio | | parts |
| congruence | | value or equation, modulus |
| pair | | key, value (of a printed dict) |
"""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from typing import Any, NamedTuple


class Node(NamedTuple):
    """One node; the module's table says what `value` and `args` are for each `kind`."""

    kind: str
    value: Any = None
    args: tuple[Node, ...] = ()


class Unreadable(ValueError):
    """A text that is no answer of the grammar, or passes its bounds."""


def words(text: str) -> tuple[str, ...]:
    """The words of a table written as one text."""
    return tuple(text.split())


ZERO = Node("num", Fraction(0))
ONE = Node("num", Fraction(1))
MINUS_ONE = Node("num", Fraction(-1))
TWO = Node("num", Fraction(2))
HALF = Node("num", Fraction(1, 2))


def num(value: int | Fraction) -> Node:
    """A number node."""
    return Node("num", Fraction(value))


MAX_TERMS = 2_000
"""Of a sum, factors of a product: keeps building them linear in the text."""


def _within(parts: list[Node]) -> None:
    if len(parts) > MAX_TERMS:
        raise Unreadable(f"more than {MAX_TERMS} terms")


def add(*terms: Node) -> Node:
    """A sum, flat."""
    flat: list[Node] = []
    for term in terms:
        flat.extend(term.args if term.kind == "add" else (term,))
    _within(flat)
    return flat[0] if len(flat) == 1 else Node("add", None, tuple(flat))


def mul(*factors: Node) -> Node:
    """A product, flat."""
    flat: list[Node] = []
    for factor in factors:
        flat.extend(factor.args if factor.kind == "mul" else (factor,))
    _within(flat)
    return flat[0] if len(flat) == 1 else Node("mul", None, tuple(flat))


def neg(node: Node) -> Node:
    """The node with its sign changed."""
    if node.kind == "num":
        return Node("num", -node.value)
    if node.kind == "dec":
        return Node("dec", (-node.value[0], node.value[1]))
    return mul(MINUS_ONE, node)


def power(base: Node, exponent: Node) -> Node:
    """A power."""
    return Node("pow", None, (base, exponent))


def divide(above: Node, below: Node) -> Node:
    """A quotient, as a product with a reciprocal."""
    if above.kind == "num" and below.kind == "num" and below.value:
        return Node("num", above.value / below.value)
    return mul(above, power(below, MINUS_ONE))


def subtract(one: Node, other: Node) -> Node:
    """A difference."""
    return add(one, neg(other))


def call(name: str, *args: Node) -> Node:
    """A function applied."""
    return Node("call", name, args)


def walk(node: Node) -> Iterator[Node]:
    """The node and all below it."""
    stack = [node]
    while stack:
        current = stack.pop()
        yield current
        stack.extend(current.args)


def symbols(node: Node) -> frozenset[str]:
    """The names of the variables in the tree."""
    return frozenset(part.value for part in walk(node) if part.kind == "sym")


def put(node: Node, name: str, value: Node) -> Node:
    """The tree with `value` in the place of the variable."""
    if node.kind == "sym":
        return value if node.value == name else node
    return node._replace(args=tuple(put(part, name, value) for part in node.args)) if node.args else node


def has(node: Node, *kinds: str) -> bool:
    """Whether a node of one of the kinds is in the tree."""
    return any(part.kind in kinds for part in walk(node))


def spelled(node: Node) -> str:
    """The tree as a text, the same for equal trees: of a subscript or an exponent what was written."""
    if node.kind == "num":
        return str(node.value)
    if node.args:
        return node.kind + "(" + ",".join(spelled(part) for part in node.args) + ")"
    return str(node.value)
