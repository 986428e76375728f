"""Sums, products, integrals and limits as trees, one form for each.

The bound name does not matter, integer bounds start at zero, factors that the name is not in stand outside; a short sum
or product between integers is written out.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TypeGuard

from mammoth_eval.graders.parse.nodes import (
    ONE,
    ZERO,
    Constant,
    Node,
    Number,
    Product,
    Symbol,
    add,
    call,
    mul,
    num,
    put,
    rebuilt,
    subtract,
    symbols,
    walk,
)

INTEGRALS = frozenset({"int", "iint", "iiint", "oint"})
NAMES = INTEGRALS | {"sum", "prod", "lim"}
SERIES = frozenset({"sum", "prod"})
COUNTED, _RANGING = "#", "@"
"""What the names of bound variables begin with: those that run through the integers, and others."""
_MAX_TERMS = 120
_MAX_NODES = 6_000
"""Of a sum or product that is written out."""


def series(name: str, body: Node, variable: str, low: Node, high: Node) -> Node:
    """A sum or product over the integers from `low` to `high`."""
    if _is_integer(low) and not _is_indexed(body, variable):
        terms = _terms(body, variable, low, high)
        if terms is not None:
            return _joined(name, terms)
        if low.value:
            body = put(body, variable, add(Symbol(variable), low))
            high = high if isinstance(high, Constant) else subtract(high, low)
            low = ZERO
    return bound_over(name, body, variable, (low, high), outside=name == "sum")


def _is_integer(node: Node) -> TypeGuard[Number]:
    return isinstance(node, Number) and node.value.denominator == 1


def _is_indexed(body: Node, variable: str) -> bool:
    """Whether the variable is in an index (``a_k``), where no number can take its place."""
    return any("_" in name and variable in name.partition("_")[2] for name in symbols(body))


def _terms(body: Node, variable: str, low: Number, high: Node) -> list[Node] | None:
    """The terms between two integers; None where they are too many, or the upper bound is no integer."""
    if not _is_integer(high):
        return None
    count = int(high.value - low.value) + 1
    if count > _MAX_TERMS or count * sum(1 for _ in walk(body)) > _MAX_NODES:
        return None
    return [put(body, variable, num(low.value + step)) for step in range(count)]


def _joined(name: str, terms: Sequence[Node]) -> Node:
    """The sum or the product of some terms, which of none is 0 or 1."""
    if name == "sum":
        return add(*terms) if terms else ZERO
    return mul(*terms) if terms else ONE


def bound_over(name: str, body: Node, variable: str, bounds: Sequence[Node], *, outside: bool) -> Node:
    """The operator with its name renamed, so that two names for it make no difference."""
    used = [int(one[1:]) for one in symbols(body) if one[:1] in (COUNTED, _RANGING) and one[1:].isdigit()]
    bound = f"{COUNTED if name in SERIES else _RANGING}{max(used, default=0) + 1}"
    body = _renamed(body, variable, bound)
    factors = body.args if isinstance(body, Product) and outside else (body,)
    inner = [part for part in factors if any(COUNTED in one or _RANGING in one for one in symbols(part))]
    if not outside or not inner:
        return call(name, body, *bounds)
    return mul(*(part for part in factors if part not in inner), call(name, mul(*inner), *bounds))


def _renamed(node: Node, old: str, new: str) -> Node:
    if isinstance(node, Symbol):
        head, mark, index = node.name.partition("_")
        letter = rf"(?<![a-zA-Z]){re.escape(old)}(?![a-zA-Z])"
        return Symbol(new) if node.name == old else Symbol(head + mark + re.sub(letter, new, index))
    return rebuilt(node, tuple(_renamed(part, old, new) for part in node.args)) if node.args else node
