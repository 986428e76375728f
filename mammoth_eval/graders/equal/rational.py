"""Exact values: the rational number that a tree is; sizes are estimated before anything is computed."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from fractions import Fraction

from mammoth_eval.graders import deadline
from mammoth_eval.graders.parse.nodes import Call, Decimal, Node, Number, Percent, Power, Product, Ratio, Sum

MAX_BITS = 200_000
"""Of a number that is computed."""
MAX_FACTORIAL = 12_000
MAX_BINOMIAL = 5_000


class Refused(ArithmeticError):
    """A value that would pass the bounds; it is not computed."""


def value(node: Node) -> Fraction | None:
    """The rational number that the tree is; None where its shape does not show that it is one. Raises `Refused`."""
    match node:
        case Number() | Decimal():
            return node.value
        case Sum():
            return _fold(node.args, Fraction.__add__, Fraction(0))
        case Product():
            return _fold(node.args, Fraction.__mul__, Fraction(1))
        case Power():
            return _power(node.base, node.exponent)
        case Percent():
            inner = value(node.args[0])
            return None if inner is None else inner / 100
        case Ratio() if len(node.args) == 2:
            above, below = (value(part) for part in node.args)
            return None if above is None or not below else above / below
        case Call():
            return _call(node.name, node.args)
    return None


def _fold(
    parts: Sequence[Node], operation: Callable[[Fraction, Fraction], Fraction], start: Fraction
) -> Fraction | None:
    total = start
    for part in parts:
        one = value(part)
        if one is None:
            return None
        total = operation(total, one)
        check(total)
    return total


def check(number: Fraction) -> Fraction:
    """The number itself. Raises `Refused` where it is larger than `MAX_BITS`."""
    if number.numerator.bit_length() + number.denominator.bit_length() > MAX_BITS:
        raise Refused("a number past the bounds")
    return number


def _power(base_node: Node, exponent_node: Node) -> Fraction | None:
    base, exponent = value(base_node), value(exponent_node)
    if base is None or exponent is None:
        return None
    if base == 0:
        return Fraction(0) if exponent > 0 else None
    if abs(base) == 1 and exponent.denominator == 1:
        return base if exponent.numerator % 2 else Fraction(1)
    bits = (abs(base.numerator).bit_length() + base.denominator.bit_length()) * abs(exponent)
    if bits > MAX_BITS:
        raise Refused("a power past the bounds")
    deadline.left()
    if exponent.denominator == 1:
        return base ** int(exponent)
    root = perfect_root(base, exponent.denominator)
    return None if root is None else root**exponent.numerator


def perfect_root(base: Fraction, index: int) -> Fraction | None:
    """The exact root of a number (of a negative one for an odd index); None where there is none that is rational."""
    if index > 64 or (base < 0 and index % 2 == 0):
        return None
    if base < 0:
        root = perfect_root(-base, index)
        return None if root is None else -root
    above, below = _integer_root(base.numerator, index), _integer_root(base.denominator, index)
    return None if above is None or below is None else Fraction(above, below)


def _integer_root(number: int, index: int) -> int | None:
    if index == 2:
        root = math.isqrt(number)
        return root if root * root == number else None
    low, high = 0, 1 << (number.bit_length() // index + 1)
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if middle**index <= number else (low, middle - 1)
    return low if low**index == number else None


def _call(name: str, args: Sequence[Node]) -> Fraction | None:
    rule = _RULES.get(name)
    if rule is None:
        return None
    deadline.left()
    values = [value(part) for part in args]
    known = [one for one in values if one is not None]
    return rule(known) if len(known) == len(values) and known else None


def _factorial(args: list[Fraction]) -> Fraction | None:
    number = args[0]
    if number.denominator != 1 or number < 0 or len(args) != 1:
        return None
    if number > MAX_FACTORIAL:
        raise Refused("a factorial past the bounds")
    return Fraction(math.factorial(int(number)))


def _double_factorial(args: list[Fraction]) -> Fraction | None:
    number = args[0]
    if number.denominator != 1 or number < 0 or len(args) != 1:
        return None
    if number > MAX_FACTORIAL:
        raise Refused("a factorial past the bounds")
    return Fraction(math.prod(range(int(number), 0, -2)))


def _binomial(args: list[Fraction]) -> Fraction | None:
    if len(args) != 2 or any(number.denominator != 1 or number < 0 for number in args):
        return None
    above, below = (int(number) for number in args)
    if min(below, above - below) > MAX_BINOMIAL or above > 10**9:
        raise Refused("a binomial past the bounds")
    return Fraction(math.comb(above, below))


def _gcd(args: list[Fraction]) -> Fraction:
    """The largest number of which all are multiples; of fractions too."""
    below = math.lcm(*(number.denominator for number in args))
    return Fraction(math.gcd(*(int(number * below) for number in args)), below)


def _lcm(args: list[Fraction]) -> Fraction:
    below = math.lcm(*(number.denominator for number in args))
    return Fraction(math.lcm(*(int(number * below) for number in args)), below)


def _modulo(args: list[Fraction]) -> Fraction | None:
    return args[0] % args[1] if len(args) == 2 and args[1] else None


_RULES: dict[str, Callable[[list[Fraction]], Fraction | None]] = {
    "factorial": _factorial,
    "factorial2": _double_factorial,
    "binomial": _binomial,
    "abs": lambda args: abs(args[0]),
    "floor": lambda args: Fraction(math.floor(args[0])),
    "ceil": lambda args: Fraction(math.ceil(args[0])),
    "max": max,
    "min": min,
    "gcd": _gcd,
    "lcm": _lcm,
    "mod": _modulo,
    "sign": lambda args: Fraction((args[0] > 0) - (args[0] < 0)),
}
