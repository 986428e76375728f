"""Sums, products, integrals and limits as trees, one form for each.

The bound name does not matter, integer bounds start at zero, factors that the name is not in stand outside; a short sum
or product between integers is written out.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

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
    indexed = any("_" in one and variable in one.partition("_")[2] for one in symbols(body))
    if isinstance(low, Number) and low.value.denominator == 1 and not indexed:
        if isinstance(high, Number) and high.value.denominator == 1:
            count = int(high.value - low.value) + 1
            if count <= _MAX_TERMS and count * sum(1 for _ in walk(body)) <= _MAX_NODES:
                terms = [put(body, variable, num(low.value + step)) for step in range(count)]
                return (add(*terms) if name == "sum" else mul(*terms)) if terms else (ZERO if name == "sum" else ONE)
        if low.value:
            body = put(body, variable, add(Symbol(variable), low))
            high = high if isinstance(high, Constant) else subtract(high, low)
            low = ZERO
    return bound_over(name, body, variable, (low, high), outside=name == "sum")


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
