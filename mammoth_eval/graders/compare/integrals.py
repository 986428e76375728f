r"""Constants of integration: what they are called does not count, and one that is added absorbs what is constant.

``\frac12\sin^2 x + C`` is ``-\frac14\cos 2x + C_1``, and ``y = C_1 e^x + C_2 e^{-x}`` is ``y = A e^{-x} + B e^x``.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
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
    names, others = _constants(right), _constants(own)
    if len(names) != len(others):
        return None
    if _of_general_form(gold, answer, names, others):
        return _renamed(right, names, own, others, policy)
    variable = _variable(right, own)
    if variable is None or not _are_usual(names, others):
        return None
    added = len(names) == 1 and _is_term(right, names[0]) and _is_term(own, others[0])
    equations_both = isinstance(gold, Relation) and isinstance(answer, Relation)
    found = _renamed(right, names, own, others, policy) if len(names) > 1 or equations_both or added else None
    if found or not added:
        return found
    return _absorbed(put(right, names[0], num(0)), put(own, others[0], num(0)), variable, policy)


def _renamed(gold: Node, names: Sequence[str], answer: Node, others: Sequence[str], policy: Policy) -> Verdict | None:
    if not _equal_renamed(gold, names, answer, others, policy):
        return None
    return Verdict(True, "symbolic", "equal up to the names of constants")


def _of_general_form(gold: Node, answer: Node, names: Sequence[str], others: Sequence[str]) -> bool:
    """Whether both are equations for a function of the one variable that is in them or that its name holds."""
    if not isinstance(gold, Relation) or not isinstance(answer, Relation) or not _are_general(names, others):
        return False
    subject, arguments = gold.args[0], (_argument(gold), _argument(answer))
    variables = (symbols(gold) | symbols(answer)) & _VARIABLES - {"y"}
    return len(variables) == 1 and (subject == Symbol("y") or (arguments[0] in variables and len(set(arguments)) == 1))


def _argument(node: Node) -> str | None:
    """The variable of ``f(x) = c``, whose value does not name it."""
    left = node.args[0]
    inner = left.args[-1] if isinstance(left, Product | Call) and len(left.args) <= 2 else None
    return inner.name if isinstance(inner, Symbol) and inner.name in _VARIABLES else None


_FREE = re.compile(r"[CcKk]")
_LETTERS = re.compile(r"[a-dkmnpqA-DKM]|[a-dk]_\d")


def _are_general(names: Sequence[str], others: Sequence[str]) -> bool:
    """Whether equations say a general form in letters of their own (``ax + b``, ``mx + c``).

    Letters in common might be given, so that they would not change places: then the forms are compared as they are.
    A single letter is a free constant only by its name.
    """
    if not 1 <= len(names) <= 3 or not all(map(_LETTERS.fullmatch, (*names, *others))) or set(names) & set(others):
        return False
    return len(names) > 1 or any(map(_FREE.fullmatch, (*names, *others)))


def _variable(one: Node, other: Node) -> str | None:
    """The one variable that both are functions of."""
    variables = symbols(one) & _VARIABLES
    return next(iter(variables)) if len(variables) == 1 and variables == symbols(other) & _VARIABLES else None


def _constants(node: Node) -> list[str]:
    """The names in the tree that are no variables, in order."""
    return sorted(symbols(node) - _VARIABLES)


def _are_usual(names: Sequence[str], others: Sequence[str]) -> bool:
    """Whether both sides have up to three constants, all named as usual, one of them beyond doubt."""
    if not 1 <= len(names) <= 3:
        return False
    usual = _ONE if len(names) == 1 else _SEVERAL
    every = (*names, *others)
    return all(map(usual.fullmatch, every)) and any(map(_CERTAIN.fullmatch, every))


def _equal_renamed(gold: Node, names: Sequence[str], answer: Node, others: Sequence[str], policy: Policy) -> bool:
    """Whether the two are equal with the answer's constants called as the gold's, in some order."""
    for place, name in enumerate(others):
        answer = put(answer, name, Symbol(f"constant {place}"))
    for order in permutations(names):
        renamed = answer
        for place, name in enumerate(order):
            renamed = put(renamed, f"constant {place}", Symbol(name))
        if shapes.compare(gold, renamed, policy).equal:
            return True
    return False


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
