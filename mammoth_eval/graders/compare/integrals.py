r"""Constants of integration: what they are called does not count, and one that is added absorbs what is constant.

``\frac12\sin^2 x + C`` is ``-\frac14\cos 2x + C_1``, and ``y = C_1 e^x + C_2 e^{-x}`` is ``y = A e^{-x} + B e^x``.
"""

from __future__ import annotations

import re
from itertools import permutations

from mammoth_eval.graders.compare import equations, shapes
from mammoth_eval.graders.equal import floating
from mammoth_eval.graders.parse.nodes import (
    Call,
    Node,
    Power,
    Product,
    Relation,
    Sum,
    Symbol,
    neg,
    num,
    put,
    subtract,
    symbols,
)
from mammoth_eval.types import Policy, Verdict

_CERTAIN = re.compile(r"C|[Cc]_\d")
"""A constant by its name; others are only beside one."""
_ONE = re.compile(r"[CcKk]|[CcKk]_\d")
_SEVERAL = re.compile(r"[CcK]_\d|[A-D]")
_VARIABLES = frozenset({"x", "t", "u", "y", "z", "s", "theta", "v", "w", "r"})


def compare(gold: Node, answer: Node, policy: Policy) -> Verdict | None:
    """Whether two functions are one up to their constants; None where they are not, or are none."""
    right, own = _function(gold, answer), _function(answer, gold)
    if right is None or own is None:
        return None
    names, others = (sorted(name for name in symbols(side) if name not in _VARIABLES) for side in (right, own))
    variables = [symbols(side) & _VARIABLES for side in (right, own)]
    if len(variables[0]) != 1 or variables[0] != variables[1] or len(names) != len(others) or not 1 <= len(names) <= 3:
        return None
    usual = _ONE if len(names) == 1 else _SEVERAL
    if not all(map(usual.fullmatch, (*names, *others))) or not any(map(_CERTAIN.fullmatch, (*names, *others))):
        return None
    if (
        len(names) > 1
        or (isinstance(gold, Relation) and isinstance(answer, Relation))
        or (_is_term(right, names[0]) and _is_term(own, others[0]))
    ):
        for order in permutations(names):
            renamed = own
            for place, name in enumerate(others):
                renamed = put(renamed, name, Symbol(f"constant {place}"))
            for place, name in enumerate(order):
                renamed = put(renamed, f"constant {place}", Symbol(name))
            if shapes.compare(right, renamed, policy).equal:
                return Verdict(True, "symbolic", "equal up to the names of constants")
    if len(names) == 1 and _is_term(right, names[0]) and _is_term(own, others[0]):
        return _absorbed(put(right, names[0], num(0)), put(own, others[0], num(0)), next(iter(variables[0])), policy)
    return None


def _function(node: Node, other: Node) -> Node | None:
    """The function that a tree is, or that an equation names; where both are equations they must name the same."""
    if not isinstance(node, Relation):
        return node if isinstance(node, Sum | Product | Power | Call) else None
    value = equations.value(node, other)
    if value is node or (isinstance(other, Relation) and node.args[0] != other.args[0]):
        return None
    return value if not symbols(node.args[0]) & symbols(value) - _VARIABLES else None


def _absorbed(one: Node, other: Node, variable: str, policy: Policy) -> Verdict | None:
    """Whether two functions differ by a real constant: each less its own value at a place."""
    for place in (1, 2):
        ends = [put(side, variable, num(place)) for side in (one, other)]
        apart = floating.real(subtract(*ends))
        if apart is not None and shapes.compare(subtract(one, ends[0]), subtract(other, ends[1]), policy).equal:
            return Verdict(True, "symbolic", "equal up to the constant")
    return None


def _is_term(node: Node, name: str) -> bool:
    """Whether the constant is added, and stands nowhere else."""
    terms = [term for term in node.args if name in symbols(term)] if isinstance(node, Sum) else []
    return len(terms) == 1 and terms[0] in (Symbol(name), neg(Symbol(name)))
