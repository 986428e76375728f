"""Equations and inequalities: labels taken off, chains read to their end, both sides compared up to a factor."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import TypeGuard

from mammoth_eval.graders.compare import real_sets
from mammoth_eval.graders.equal import ladder
from mammoth_eval.graders.parse.nodes import (
    MINUS_ONE,
    ZERO,
    Call,
    Collection,
    Decimal,
    Degree,
    Matrix,
    Node,
    Number,
    Power,
    Product,
    Ratio,
    Relation,
    SetOperation,
    Sum,
    Symbol,
    Text,
    has,
    subtract,
    symbols,
    walk,
)
from mammoth_eval.graders.parse.series import NAMES
from mammoth_eval.types import Policy, Verdict

Compare = Callable[[Node, Node, Policy], Verdict]
_OTHER_NAMES = Verdict(False, "structure", "not the same names")
_FLIPPED = {">": "<", ">=": "<="}


def is_one(node: Node) -> bool:
    """Whether the tree is a relation, or a list of them."""
    return isinstance(node, Relation) or (
        isinstance(node, Collection) and bool(node.args) and all(isinstance(part, Relation) for part in node.args)
    )


def compare(gold: Node, answer: Node, policy: Policy, same: Compare) -> Verdict | None:
    """What the relations say of the two; None where they are to be compared as sets of numbers."""
    gold, answer = _rising(gold), _rising(answer)
    if isinstance(gold, Collection) or isinstance(answer, Collection):
        return _lists(gold, answer, policy, same)
    if not (_equation(gold) or _equation(answer)):
        return _inequalities(gold, answer, policy)
    if _inequality(gold) or _inequality(answer):
        return None
    rounded = _rounded(gold, answer), _rounded(answer, gold)
    if rounded != (gold, answer) and same(*rounded, policy).equal:
        return Verdict(True, "numeric", "the decimal beside an exact value")
    if isinstance(gold, Relation):
        if isinstance(answer, Relation):
            return _equations(gold, answer, policy, same)
        named = value(gold, answer)
        return _differ() if named is gold else same(named, answer, policy)
    assert isinstance(answer, Relation)
    named = value(answer, gold)
    return _differ() if named is answer else same(gold, named, policy)


def _rounded(node: Node, other: Node) -> Node:
    r"""The decimal of ``5/14 \approx 0.357`` where the other side is a decimal; the tree itself else."""
    is_rounded = isinstance(other, Decimal) and isinstance(node, Relation) and node.signs[-1] == "~"
    return node.args[-1] if is_rounded else node


def _rising(node: Node) -> Node:
    """A chain of ``>`` read from its other end."""
    if not isinstance(node, Relation) or len(node.signs) < 2 or any(sign not in _FLIPPED for sign in node.signs):
        return node
    return Relation(tuple(_FLIPPED[sign] for sign in reversed(node.signs)), tuple(reversed(node.args)))


def _differ() -> Verdict:
    return Verdict(False, "structure", "an equation against a value")


def _equation(node: Node) -> TypeGuard[Relation]:
    return isinstance(node, Relation) and all(operator in ("=", "~") for operator in node.signs)


def _inequality(node: Node) -> bool:
    return isinstance(node, Relation) and not _equation(node)


def value(node: Relation, other: Node) -> Node:
    """What an equation says when it names a value: the side that is no label, the last exact one of a chain.

    The equation itself else.
    """
    parts = _exact_parts(node)
    constant = not symbols(other)
    if len(parts) == 1:
        return parts[0]
    if label(parts[0], parts[-1], constant=constant):
        return parts[-1]
    if label(parts[-1], parts[0], constant=constant):
        return parts[0]
    if len(parts) > 2 or not any(symbols(part) for part in parts):
        return parts[-1]
    return node


def _exact_parts(node: Relation) -> list[Node]:
    """The sides of a chain up to an approximation; the approximation too where only a label stands before it."""
    parts = [node.args[0]]
    for operator, part in zip(node.signs, node.args[1:], strict=True):
        if operator == "~" and not (len(parts) == 1 and label(parts[0], part, constant=True)):
            break
        parts.append(part)
    return parts


def label(node: Node, against: Node, *, constant: bool) -> bool:
    """Whether the side only names what stands on the other: a letter, a function, letters without digits."""
    if isinstance(node, Symbol | Text):
        return node.name not in symbols(against) if isinstance(node, Symbol) else True
    if isinstance(node, Collection):
        return bool(node.args) and all(isinstance(part, Symbol) for part in node.args)
    if _application(node, against):
        return True
    if isinstance(node, Call) and node.name in NAMES:
        return not has(against, Call)
    if not constant or symbols(against) or not symbols(node):
        return False
    return all(_naming(part) for part in walk(node))


def _naming(node: Node) -> bool:
    """What names are made of: letters, sums, products, quotients and ratios of them, functions of them, no numbers."""
    quotient = isinstance(node, Power) and node.args[1] == MINUS_ONE
    return quotient or isinstance(node, Symbol | Sum | Product | Call | Ratio | Degree) or node == MINUS_ONE


def _application(node: Node, against: Node) -> bool:
    """``f(x)``, ``P(A)``, ``f(2)``: a function's name beside its argument, which names no other variable."""
    if isinstance(node, Call) and len(node.name) == 1:
        return not isinstance(node.args[0], Symbol) or not symbols(against) or node.args[0].name in symbols(against)
    if isinstance(node, Call) and node.name in ("overline", "abs", "norm", "det", "re", "im", "arg", "max", "min"):
        return bool(symbols(node))
    first = node.args[0] if isinstance(node, Product) else node
    named = (
        isinstance(first, Symbol)
        and first.name[:1] in "fghpqFGHPQTSVAauvyrCEDWLRKNMBUIJZ"
        and isinstance(node, Product)
        and len(node.args) == 2
    )
    return named or (
        isinstance(first, Power)
        and isinstance(first.args[0], Symbol)
        and first.args[0].name in "fgh"
        and isinstance(node, Product)
    )


def _equations(gold: Relation, answer: Relation, policy: Policy, same: Compare) -> Verdict:
    right, own = _exact_parts(gold), _exact_parts(answer)
    ends = right[-1], own[-1]
    if len(right) == 1 or len(own) == 1:
        return same(*ends, policy)
    if isinstance(right[0], Collection) and isinstance(own[0], Collection):
        return same(*ends, policy) if right[0] == own[0] else _OTHER_NAMES
    if right[0] == own[0] or _both_functions(right[0], own[0]):
        verdict = same(*ends, policy)
        if verdict.equal:
            return verdict
    return _differences(gold, answer, policy, same)


def _differences(gold: Relation, answer: Relation, policy: Policy, same: Compare) -> Verdict:
    """The ends of each equation less one another, up to a factor; the last ends alone where there is no difference."""
    right, own = _exact_parts(gold), _exact_parts(answer)
    in_words = _holds_words(right[0], own[0])
    if not in_words and not symbols(gold) and not symbols(answer):
        return same(right[-1], own[-1], policy)
    if in_words or any(map(_is_no_expression, (right[0], own[0], right[-1], own[-1]))):
        return same(right[-1], own[-1], policy) if right[0] == own[0] else _OTHER_NAMES
    if (len(right) > 2 or len(own) > 2) and _are_two_letters(right[0], own[0]):
        return _OTHER_NAMES
    return ladder.proportional(subtract(right[0], right[-1]), subtract(own[0], own[-1]), policy)


def _is_no_expression(node: Node) -> bool:
    return isinstance(node, Collection | Text | Matrix | SetOperation)


def _are_two_letters(one: Node, other: Node) -> bool:
    return isinstance(one, Symbol) and isinstance(other, Symbol) and one != other


def _holds_words(*nodes: Node) -> bool:
    """Whether there are words beside other signs in one of the trees."""
    return any(not isinstance(node, Text) and has(node, Text) for node in nodes)


def _both_functions(one: Node, other: Node) -> bool:
    """``y`` and ``f(x)`` name the same thing."""
    pair = (one, other)
    return any(a == Symbol("y") and isinstance(b, Product | Call) and _application(b, b) for a, b in (pair, pair[::-1]))


def _inequalities(gold: Node, answer: Node, policy: Policy) -> Verdict | None:
    """Two inequalities that are no sets of numbers that can be worked out: the same up to a positive factor."""
    if (
        not isinstance(gold, Relation)
        or not isinstance(answer, Relation)
        or (real_sets.read(gold) and real_sets.read(answer))
    ):
        return None
    if len(gold.signs) != 1 or len(answer.signs) != 1 or "in" in (gold.signs[0], answer.signs[0]):
        if gold.signs != answer.signs or len(gold.args) != len(answer.args):
            return Verdict(False, "structure", "not the same relation")
        verdicts = [ladder.compare(a, b, policy) for a, b in zip(gold.args, answer.args, strict=True)]
        return next((verdict for verdict in verdicts if not verdict.equal), verdicts[0])
    (right, first), (own, second) = _upward(gold), _upward(answer)
    if right != own:
        return Verdict(False, "structure", "not the same relation")
    return ladder.proportional(first, second, policy, positive=right != "!=")


def _upward(node: Relation) -> tuple[str, Node]:
    """The relation as ``<`` or ``<=`` and the difference that it holds to be below zero."""
    operator, (left, right) = node.signs[0], node.args
    return (_FLIPPED[operator], subtract(right, left)) if operator in _FLIPPED else (operator, subtract(left, right))


def _lists(gold: Node, answer: Node, policy: Policy, same: Compare) -> Verdict | None:
    """Lists of equations: by name where both name their values; else as tuples, or as lists where the names are one."""
    right, own = _named(gold), _named(answer)
    if right and own and len(right) > 1:
        return _by_name(right, own, policy, same)
    if (
        bool(right) != bool(own)
        and isinstance(gold, Collection)
        and isinstance(answer, Collection)
        and all(map(_equation, (*gold.args, *answer.args)))
    ):
        return matched(gold.args, answer.args, policy, same)
    first, second = _unnamed(gold, _in_order(right, answer)), _unnamed(answer, _in_order(own, gold))
    return None if (first, second) == (gold, answer) else same(first, second, policy)


def matched(gold: Sequence[Node], answer: Sequence[Node], policy: Policy, same: Compare) -> Verdict:
    """The parts in any order, each once; those that are the same tree first, which is soon done."""
    if len(gold) != len(answer):
        return Verdict(False, "structure", f"{len(gold)} parts against {len(answer)}")
    left, rest = list(answer), []
    for right in gold:
        if right in left:
            left.remove(right)
        else:
            rest.append(right)
    fault: Verdict | None = None
    for right in rest:
        for index, own in enumerate(left):
            verdict = same(right, own, policy)
            if verdict.equal:
                del left[index]
                break
            fault = verdict if verdict.fault else fault
        else:
            return fault or Verdict(False, "structure", "a part has no equal")
    return Verdict(True, "structure", "equal parts")


_VALUE_OF_ONE = re.compile(r"(?:x|z|r|lambda)_\d")
"""``x_1`` and ``x_2`` are two values of x; ``a_1`` and ``a_2`` are the first of a sequence."""


def _named(node: Node) -> list[tuple[str, Node]]:
    """Names with their values; empty where the tree is no list of such equations."""
    parts = node.args if isinstance(node, Collection) and node.brackets in ("", "{}", "()", "[]") else (node,)
    if (
        isinstance(node, Relation)
        and node.signs == ("=",)
        and isinstance(node.args[0], Collection)
        and isinstance(node.args[1], Collection)
    ):
        names = [name.name for name in node.args[0].args if isinstance(name, Symbol)]
        return list(zip(names, node.args[1].args, strict=False)) if len(names) == len(node.args[0].args) else []
    named = [(_name(part.args[0]), _exact_parts(part)[-1]) for part in parts if _equation(part)]
    return named if len(named) == len(parts) and all(name for name, _ in named) else []


def _name(node: Node) -> str:
    """The name of a value: a letter, or a function at a number (``d(6)``); empty where the tree is neither."""
    if isinstance(node, Symbol):
        return node.name
    if isinstance(node, Call) and len(node.name) == 1 and isinstance(node.args[0], Number):
        return f"{node.name}({node.args[0].value})"
    if (
        isinstance(node, Product)
        and len(node.args) == 2
        and isinstance(node.args[0], Symbol)
        and isinstance(node.args[1], Number)
    ):
        return f"{node.args[0].name}({node.args[1].value})"
    return ""


def _by_name(right: list[tuple[str, Node]], own: list[tuple[str, Node]], policy: Policy, same: Compare) -> Verdict:
    if sorted(name for name, _ in right) != sorted(name for name, _ in own):
        return _OTHER_NAMES
    distinct = len({name for name, _ in right}) == len(right)
    if not distinct:
        first, second = (Collection("", tuple(one for _, one in side)) for side in (right, own))
        return same(first, second, policy)
    values = dict(own)
    for name, one in right:
        verdict = same(one, values[name], policy)
        if not verdict.equal:
            return verdict
    return Verdict(True, "structure", "equal name by name")


def _in_order(named: list[tuple[str, Node]], other: Node) -> list[tuple[str, Node]]:
    """Values in the order of their names beside a tuple, where the names follow one another (x, y, z or a_1, a_2)."""
    if not isinstance(other, Collection) or other.brackets != "()" or len(named) < 2:
        return named
    ordered = sorted(named, key=lambda one: one[0])
    names = [name for name, _ in ordered]
    follow = all(one[:-1] == two[:-1] and ord(two[-1]) - ord(one[-1]) == 1 for one, two in pairwise(names))
    return ordered if follow else named


def _unnamed(node: Node, named: list[tuple[str, Node]]) -> Node:
    if not named or not isinstance(node, Collection):
        return value(node, ZERO) if _equation(node) else node
    names = [name for name, _ in named]
    alike = (
        len({name[:-1] for name in names if _VALUE_OF_ONE.fullmatch(name)}) == 1 == len({name[:-1] for name in names})
    )
    brackets = "" if alike or len(set(names)) < len(names) else "()"
    return Collection(brackets, tuple(one for _, one in named)) if len(named) > 1 else named[0][1]
