"""Two expressions: the rungs from the exact rational to the symbolic, the cheap ones first."""

from __future__ import annotations

import random
from collections.abc import Iterator
from fractions import Fraction
from functools import lru_cache

from mammoth_eval.graders import deadline
from mammoth_eval.graders.equal import (
    coefficients,
    finite_field,
    floating,
    high_precision,
    rational,
    series,
    sympy_client,
)
from mammoth_eval.graders.equal.numbers import SURD_DIGITS, close, written
from mammoth_eval.graders.parse.nodes import (
    Call,
    Collection,
    Constant,
    Decimal,
    Node,
    Number,
    Power,
    Product,
    Ratio,
    Relation,
    Symbol,
    Text,
    Unreadable,
    has,
    num,
    put,
    rebuilt,
    spelled,
    subtract,
    symbols,
    walk,
)
from mammoth_eval.graders.parse.series import COUNTED
from mammoth_eval.types import Policy, Verdict

_EPSILON = 1e-9
_INSTANCES = range(2, 10)
"""Where sums and their terms are compared; terms that agree at all of these are the same, by construction aside."""
_MAX_NODES = 6_000
"""Larger trees are not sent to the symbolic rung."""


def compare(gold: Node, answer: Node, policy: Policy) -> Verdict:
    """Whether two expressions are equal: exact value, then floating point to reject, then a proof to accept."""
    if gold == answer:
        return Verdict(True, "structure", "the same expression")
    deadline.left()
    exact = _rational(gold, answer, policy)
    if exact is not None:
        return exact
    counted = _by_instances(gold, answer, policy)
    if counted is not None:
        return counted
    gold, answer = series.unified(gold, answer, lambda one, other: _same_part(one, other, policy))
    if gold == answer:
        return Verdict(True, "structure", "equal operators")
    if any(
        isinstance(part, Constant) and part.name in ("oo", "nan", "empty", "Reals")
        for side in (gold, answer)
        for part in walk(side)
    ):
        return Verdict(False, "structure", "not the same constant")
    gold, answer = opaque(gold), opaque(answer)
    probed = _probe(gold, answer, policy)
    if probed is not None:
        return probed
    if _divides_by_zero(gold) != _divides_by_zero(answer):
        return Verdict(False, "structure", "a division by zero on one side")
    if symbols(gold) or symbols(answer):
        sympy_client.warm()
    if finite_field.identical(gold, answer):
        return Verdict(True, "symbolic", "identical in a finite field at random points")
    return _digits(gold, answer) or _proof(gold, answer)


def _rational(gold: Node, answer: Node, policy: Policy) -> Verdict | None:
    """What exact values say; None where one of the two is not rational by its shape."""
    try:
        right = _value(gold)
    except rational.Refused as error:
        if finite_field.identical(gold, answer):
            return Verdict(True, "symbolic", "identical in a finite field at random points")
        return Verdict(False, "rational", f"the gold is {error}", fault=True)
    try:
        own = _value(answer)
    except rational.Refused as error:
        return Verdict(False, "rational", f"the answer is {error}")
    if right is None or own is None:
        return None
    equal = close(written(gold, right), written(answer, own), policy)
    rung = "rational" if right == own or not equal else "numeric"
    return Verdict(equal, rung, "" if equal else "different numbers")


def _same_part(one: Node, other: Node, policy: Policy) -> bool:
    """Whether two parts of sums, integrals or limits are the same."""
    if one == other or any(isinstance(part, Relation | Text | Collection) for part in (one, other)):
        return one == other
    counted = [name for name in symbols(one) | symbols(other) if name.startswith(COUNTED)]
    if len(counted) != 1:
        return compare(one, other, policy).equal
    return all(compare(put(one, counted[0], num(n)), put(other, counted[0], num(n)), policy).equal for n in _INSTANCES)


def _by_instances(gold: Node, answer: Node, policy: Policy) -> Verdict | None:
    """Sums up to a variable against other sums or closed forms, at some integers; None for anything else."""
    names = series.counting_names(gold) | series.counting_names(answer)
    if len(names) != 1:
        return None
    name = next(iter(names))
    for count in _INSTANCES:
        try:
            right, own = (series.written_out(side, name, count) for side in (gold, answer))
        except (Unreadable, rational.Refused):
            return None
        if right is None or own is None:
            return None
        if not compare(right, own, policy).equal:
            return Verdict(False, "rational", f"different for {name} = {count}")
    return Verdict(True, "symbolic", f"equal for {name} from {_INSTANCES[0]} to {_INSTANCES[-1]}")


_OF_COMPLEX = frozenset({"re", "im", "conj", "arg"})
"""Of a variable they say nothing: it may be complex."""


def opaque(node: Node) -> Node:
    """The tree with each function that has no rule here as a symbol, named by the function and its arguments."""
    if not node.args:
        return node
    args = tuple(opaque(part) for part in node.args)
    if isinstance(node, Call) and (node.name not in floating.RULES or (node.name in _OF_COMPLEX and symbols(node))):
        return Symbol(f"{node.name}{spelled(Call('', args))}")
    return rebuilt(node, args)


@lru_cache(maxsize=8192)
def _value(node: Node) -> Fraction | None:
    return rational.value(node)


def _probe(gold: Node, answer: Node, policy: Policy) -> Verdict | None:
    """What floating point says: a rejection; an acceptance only beside a decimal; None where it cannot tell."""
    decimal = has(gold, Decimal) or has(answer, Decimal)
    agreed = 0
    valued = [False, False]
    for point in _points(symbols(gold) | symbols(answer)):
        right, own = _at(gold, point), _at(answer, point)
        valued = [valued[0] or right is not None, valued[1] or own is not None]
        if right is None or own is None or _may_be_of_other_branches(right, own, point):
            continue
        distance = abs(right.value - own.value)
        grant = _grant(gold, answer, abs(right.value), policy) if decimal else 0.0
        if distance > max(_EPSILON * 1e-2 * (right.size + own.size), grant) or distance != distance:
            return Verdict(False, "numeric", f"{_short(right.value)} against {_short(own.value)}")
        agreed += 1
    if decimal and agreed:
        return _within_tolerance(gold, answer, policy)
    return Verdict(False, "numeric", "the answer has no value") if valued == [True, False] else None


def _within_tolerance(gold: Node, answer: Node, policy: Policy) -> Verdict:
    """What the tolerance of decimals says of two that agree as a whole: each coefficient has to agree by itself."""
    if not symbols(gold) and not symbols(answer):
        return Verdict(True, "numeric", "within the tolerance of decimals")
    equal = coefficients.equal(gold, answer, lambda one, other: compare(one, other, policy).equal)
    if equal is None:
        equal = coefficients.agree_widely(gold, answer, lambda one, other: _are_close(one, other, policy))
    return Verdict(equal, "numeric", "within the tolerance of decimals" if equal else "coefficients that differ")


def _are_close(right: complex, own: complex, policy: Policy) -> bool:
    """Whether two values of functions are one within the tolerance, with the noise of floating point."""
    tolerance = _EPSILON if policy.decimals == "exact" else max(policy.tolerance, _EPSILON)
    return abs(right - own) <= tolerance * max(abs(right), abs(own))


def _may_be_of_other_branches(
    right: floating.Approximate, own: floating.Approximate, point: dict[str, complex]
) -> bool:
    """Whether a root or a logarithm of a variable below zero is in the values, of which the two may take others."""
    return (right.cut or own.cut) and any(value.real < 0 for value in point.values())


def _divides_by_zero(node: Node) -> bool:
    """Whether a zero that is a plain number is divided by: ``10:00`` or ``1/0``."""
    if isinstance(node, Power) and node.args[0] == num(0) and isinstance(node.args[1], Number):
        return bool(node.args[1].value < 0)
    if isinstance(node, Ratio) and num(0) in node.args[1:]:
        return True
    return any(_divides_by_zero(part) for part in node.args)


def _at(node: Node, point: dict[str, complex]) -> floating.Approximate | None:
    try:
        return floating.evaluate(node, point)
    except floating.Unknown:
        return None


def _grant(gold: Node, answer: Node, size: float, policy: Policy) -> float:
    """How far a decimal may be from what it stands for."""
    if policy.decimals == "exact":
        return 1e-12 * size
    grant = policy.tolerance * size
    for node in (gold, answer):
        if isinstance(node, Decimal):
            places = node.places
            has_digits = abs(node.value) * 10**places >= 10 ** (SURD_DIGITS - 1)
            if has_digits or (policy.decimals == "rounded" and node is gold):
                grant = max(grant, 0.5 * 10.0**-places)
    return grant


def _points(names: frozenset[str]) -> Iterator[dict[str, complex]]:
    """Where the two are probed: once where there are no symbols, else at two positive points and a negative one."""
    if not names:
        yield {}
        return
    for seed, (low, high) in enumerate(((0.4, 1.7), (1.1, 3.1), (-2.3, -0.6))):
        yield {name: complex(random.Random(f"{seed} {name}").uniform(low, high)) for name in sorted(names)}


def _short(value: complex) -> str:
    return f"{value.real:.6g}" if abs(value.imag) < 1e-9 else f"{value:.6g}"


def _digits(gold: Node, answer: Node) -> Verdict | None:
    """Two constants that floating point could not tell apart, to a hundred digits; None where they have no value there.

    Constants of the grammar that are written in a few thousand signs and agree so far are equal, short of a
    constructed exception.
    """
    difference = subtract(gold, answer)
    if symbols(difference) or any(not isinstance(part, sympy_client.KINDS) for part in walk(difference)):
        return None
    zero = high_precision.constant_is_zero(sympy_client.encoded(difference))
    if zero is None:
        return None
    return Verdict(zero, "digits", f"{'equal' if zero else 'different'} at {high_precision.DIGITS} digits")


def _proof(gold: Node, answer: Node) -> Verdict:
    """What the symbolic worker proves within its deadline."""
    difference = subtract(gold, answer)
    if sum(1 for _ in walk(difference)) > _MAX_NODES:
        return Verdict(False, "symbolic", "too large for a proof", fault=True)
    if any(not isinstance(part, sympy_client.KINDS) for part in walk(difference)):
        return Verdict(False, "structure", "not the same expression")
    found = sympy_client.is_zero(difference)
    if found is None:
        return Verdict(False, "symbolic", "not decided within the deadline", fault=True)
    return Verdict(found[0], "symbolic", found[1])


def proportional(gold: Node, answer: Node, policy: Policy, *, positive: bool = False) -> Verdict:
    """Whether the two differ by a constant factor other than zero (`positive`: above zero)."""
    names = symbols(gold) | symbols(answer)
    if has(gold, Decimal) or has(answer, Decimal):
        found = coefficients.proportional(
            gold, answer, lambda one, other: compare(one, other, policy).equal, positive=positive
        )
        if found is not None:
            return Verdict(found, "numeric", "equal coefficients" if found else "coefficients that differ")
    for point in _points(names):
        try:
            right, own = floating.evaluate(gold, point).value, floating.evaluate(answer, point).value
        except floating.Unknown:
            continue
        if abs(own) < 1e-12 or abs(right) < 1e-12:
            continue
        ratio = right / own
        factor = Fraction(ratio.real).limit_denominator(10_000)
        if abs(ratio.imag) > 1e-9 or not ratio.real or (positive and ratio.real < 0):
            return Verdict(False, "numeric", "not proportional")
        if abs(ratio.real - float(factor)) < _EPSILON * abs(ratio.real):
            return compare(gold, Product((num(factor), answer)), policy)
        return _crossed(gold, answer, point, policy)
    return Verdict(False, "numeric", "not proportional")


def _crossed(gold: Node, answer: Node, point: dict[str, complex], policy: Policy) -> Verdict:
    """Whether the two have the factor in common, rational or not, that they have at a rational point near this one."""
    first, second = gold, answer
    for name, value in point.items():
        place = num(Fraction(value.real).limit_denominator(12))
        first, second = put(first, name, place), put(second, name, place)
    if not all(made is not None and abs(made.value) > _EPSILON for made in (_at(first, {}), _at(second, {}))):
        return Verdict(False, "numeric", "not proportional")
    return compare(Product((gold, second)), Product((answer, first)), policy)
