"""Two expressions with decimals in them, coefficient by coefficient.

A tolerance is meant for a number. Granted to the value of ``145 - 1.25x`` as a whole it hides a wrong constant behind a
large slope, so each coefficient has to be equal by itself. What is no polynomial is compared over seven orders of
magnitude, where each of its terms outweighs the others somewhere.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from fractions import Fraction

from mammoth_eval.graders.equal import floating, rational
from mammoth_eval.graders.parse.nodes import (
    ONE,
    Node,
    Number,
    Power,
    Product,
    Sum,
    add,
    mul,
    num,
    symbols,
)

Same = Callable[[Node, Node], bool]
"""Whether two numbers, or two generators, are equal."""
Monomial = tuple[tuple[Node, int], ...]
"""Generators and their exponents: letters, and functions or powers of letters that are no polynomials."""
Polynomial = dict[Monomial, Node]
"""Coefficients, which hold no letters, by their monomial."""
_MAX_TERMS = 60
_MAX_DEGREE = 12


class NoPolynomial(ValueError):
    """More terms or a higher degree than are worked out here."""


def equal(gold: Node, answer: Node, same: Same) -> bool | None:
    """Whether each coefficient equals its partner; None where the two are to be compared by their values."""
    sides = _both(gold, answer, same)
    return None if sides is None else _fits(*sides, Fraction(1), same)


def proportional(gold: Node, answer: Node, same: Same, *, positive: bool) -> bool | None:
    """Whether one factor (above zero if `positive`) makes each coefficient its partner; None as for `equal`."""
    sides = _both(gold, answer, same)
    if sides is None:
        return None
    right, own = sides
    factors = dict.fromkeys(_quotient(right[key], own[key]) for key in right if key in own)
    if None in factors:
        return None
    return any(_fits(right, own, factor, same) for factor in factors if factor and (factor > 0 or not positive))


def _both(gold: Node, answer: Node, same: Same) -> tuple[Polynomial, Polynomial] | None:
    """The two as polynomials in the same letters and functions; None where they are none.

    Of functions that depend on one another other terms may be equal.
    """
    try:
        right = _polynomial(gold)
        own = _aligned(_polynomial(answer), right, same)
    except NoPolynomial:
        return None
    functions = any(part.args for key in right for part, _ in key)
    return None if own is None or (functions and right.keys() != own.keys()) else (right, own)


def agree_widely(gold: Node, answer: Node, close: Callable[[complex, complex], bool]) -> bool:
    """Whether the two have close values wherever both have one, from a thousandth to a thousand."""
    names = sorted(symbols(gold) | symbols(answer))
    seen = 0
    for point in _places(names):
        try:
            right, own = floating.evaluate(gold, point), floating.evaluate(answer, point)
        except floating.Unknown:
            continue
        if max(abs(right.value), abs(own.value)) < 1e-200 or right.cut or own.cut:
            continue
        if not close(right.value, own.value):
            return False
        seen += 1
    return seen > 0


def _places(names: list[str]) -> Iterator[dict[str, complex]]:
    """Places on which each letter is small, usual or large while the others are usual, and all are at once."""
    sizes = [sign * 10.0**power for power in (-3, -1, 1, 3) for sign in (1, -1)]
    usual = {name: complex(0.7 + 0.3 * place) for place, name in enumerate(names)}
    for size in sizes:
        yield {name: complex(size * (1 + 0.1 * place)) for place, name in enumerate(names)}
        for name in names if len(names) > 1 else ():
            yield usual | {name: complex(size)}


def _fits(right: Polynomial, own: Polynomial, factor: Fraction, same: Same) -> bool:
    if right.keys() != own.keys():
        return False
    return all(same(right[key], own[key] if factor == 1 else mul(num(factor), own[key])) for key in right)


def _quotient(above: Node, below: Node) -> Fraction | None:
    """The quotient of two coefficients where both are rational, zero where there is none; None where they are not."""
    values = _rational(above), _rational(below)
    if values[0] is None or values[1] is None:
        return None
    return values[0] / values[1] if values[1] else Fraction(0)


def _rational(node: Node) -> Fraction | None:
    try:
        return rational.value(node)
    except (rational.Refused, ZeroDivisionError):
        return None


def _polynomial(node: Node) -> Polynomial:
    """The terms that the tree expands to, without those that are nought. Raises `NoPolynomial`."""
    return {key: value for key, value in _expanded(node).items() if _rational(value) != 0}


def _expanded(node: Node) -> Polynomial:
    if not symbols(node):
        return {(): node}
    match node:
        case Sum():
            made: Polynomial = {}
            for term in node.args:
                _gather(made, _expanded(term))
            return made
        case Product():
            made = {(): ONE}
            for factor in node.args:
                made = _times(made, _expanded(factor))
            return made
        case Power(args=(base, Number(value=exponent))) if exponent.denominator == 1 and exponent > 0:
            return _raised(base, int(exponent))
        case _:
            return {((node, 1),): ONE}


def _raised(base: Node, exponent: int) -> Polynomial:
    if exponent > _MAX_DEGREE:
        raise NoPolynomial
    factor = _expanded(base)
    if len(factor) == 1:
        ((key, value),) = factor.items()
        return {tuple((part, count * exponent) for part, count in key): _powered(value, exponent)}
    made = factor
    for _ in range(exponent - 1):
        made = _times(made, factor)
    return made


def _powered(value: Node, exponent: int) -> Node:
    return value if value == ONE or exponent == 1 else Power((value, num(exponent)))


def _gather(made: Polynomial, more: Mapping[Monomial, Node]) -> None:
    for key, value in more.items():
        made[key] = add(made[key], value) if key in made else value
    if len(made) > _MAX_TERMS:
        raise NoPolynomial


def _times(one: Polynomial, other: Polynomial) -> Polynomial:
    made: Polynomial = {}
    if len(one) * len(other) > _MAX_TERMS * 4:
        raise NoPolynomial
    for key, value in one.items():
        for more, factor in other.items():
            _gather(made, {_joined(key, more): _product(value, factor)})
    return made


def _product(one: Node, other: Node) -> Node:
    return other if one == ONE else one if other == ONE else mul(one, other)


def _joined(one: Monomial, other: Monomial) -> Monomial:
    counts = dict(one)
    for part, count in other:
        counts[part] = counts.get(part, 0) + count
    return _sorted(counts)


def _sorted(counts: Mapping[Node, int]) -> Monomial:
    return tuple(sorted(counts.items(), key=repr))


def _aligned(own: Polynomial, right: Polynomial, same: Same) -> Polynomial | None:
    """The answer's polynomial with its functions written as the gold's; None where one has no partner."""
    wanted, given = ({part for key in side for part, _ in key if part.args} for side in (right, own))
    left = sorted(wanted - given, key=repr)
    partners: dict[Node, Node] = {}
    for part in sorted(given - wanted, key=repr):
        partner = next((one for one in left if _equal_parts(one, part, same)), None)
        if partner is None:
            return None
        left.remove(partner)
        partners[part] = partner
    if left:
        return None
    made: Polynomial = {}
    for key, value in own.items():
        _gather(made, {_sorted({partners.get(part, part): count for part, count in key}): value})
    return made


def _equal_parts(one: Node, other: Node, same: Same) -> bool:
    """Whether two functions or powers are one, argument by argument."""
    if type(one) is not type(other) or len(one.args) != len(other.args) or not one.args:
        return False
    if one._replace(args=()) != other._replace(args=()):  # type: ignore[arg-type]
        return False
    return all(a == b or same(a, b) for a, b in zip(one.args, other.args, strict=True))
