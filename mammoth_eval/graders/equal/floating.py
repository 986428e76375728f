"""Values in floating point with a bound on their error: enough to reject two expressions, never to accept them."""

from __future__ import annotations

import cmath
import math
from collections.abc import Callable, Mapping, Sequence
from fractions import Fraction
from typing import NamedTuple

from mammoth_eval.graders.parse.nodes import (
    INFINITY,
    Call,
    Constant,
    Decimal,
    Degree,
    Node,
    Number,
    Percent,
    Power,
    Product,
    Ratio,
    Sum,
    Symbol,
    neg,
)


class Approximate(NamedTuple):
    """A complex value and the size of what went into it: the error is about ``1e-14 * size``."""

    value: complex
    size: float
    cut: bool = False
    """A branch was chosen on the way: an even root or a logarithm of a negative number."""


class Unknown(ArithmeticError):
    """No value at this point: a pole, an overflow, a function without a numerical rule."""


_CONSTANTS = {"pi": complex(math.pi), "e": complex(math.e), "i": 1j}
_LARGE = 1e300
_MINUS_INFINITY = neg(INFINITY)


def evaluate(node: Node, point: Mapping[str, complex]) -> Approximate:
    """The value of the tree where its symbols have the values of `point`. Raises `Unknown`."""
    try:
        made = _evaluate(node, point)
    except (OverflowError, ZeroDivisionError, ValueError) as error:
        raise Unknown(str(error)) from error
    if not (abs(made.value) < _LARGE and made.size < _LARGE):
        raise Unknown("overflow")
    return made


def _evaluate(node: Node, point: Mapping[str, complex]) -> Approximate:
    match node:
        case Number() | Decimal():
            return _plain(float(node.value))
        case Symbol():
            return _named(node.name, point)
        case Constant():
            return _named(node.name, _CONSTANTS)
    parts = [_evaluate(part, point) for part in node.args]
    made = _combined(node, parts)
    return made if made.cut or not any(part.cut for part in parts) else made._replace(cut=True)


def _named(name: str, values: Mapping[str, complex]) -> Approximate:
    if name not in values:
        raise Unknown(name)
    return _plain(values[name])


def _combined(node: Node, parts: Sequence[Approximate]) -> Approximate:
    match node:
        case Sum():
            return Approximate(sum(part.value for part in parts), sum(part.size for part in parts))
        case Product():
            sizes = [complex(part.size) for part in parts]
            return Approximate(_product([part.value for part in parts]), abs(_product(sizes)))
        case Power():
            root = _odd_root(node.exponent, parts[0])
            return _power(*parts) if root is None else _real_root(parts[0], root)
        case Percent():
            return Approximate(parts[0].value / 100, parts[0].size / 100)
        case Degree():
            return Approximate(parts[0].value * math.pi / 180, parts[0].size * math.pi / 180)
        case Ratio() if len(parts) == 2:
            return Approximate(parts[0].value / parts[1].value, abs(parts[0].size / parts[1].value))
        case Call():
            return _call(node.name, parts)
    raise Unknown(node.tag)


def _plain(value: complex) -> Approximate:
    return Approximate(complex(value), abs(value))


def _product(values: Sequence[complex]) -> complex:
    return math.prod(values, start=complex(1))


def _power(base: Approximate, exponent: Approximate) -> Approximate:
    if base.value == 0:
        if exponent.value.real <= 0:
            raise Unknown("a power of zero")
        return Approximate(0j, base.size ** min(exponent.value.real, 1.0))
    if exponent.value.imag == 0 and exponent.value.real.is_integer() and abs(exponent.value.real) < 2**31:
        value, cut = base.value ** int(exponent.value.real), False
    else:
        cut = _negative(base)
        value = cmath.exp(exponent.value * cmath.log(base.value))
    spread = 1 + abs(exponent.value) * base.size / abs(base.value) + exponent.size * abs(cmath.log(base.value))
    return Approximate(value, abs(value) * spread, cut)


def _negative(made: Approximate) -> bool:
    return made.value.real < 0 and abs(made.value.imag) <= 1e-12 * made.size


def _odd_root(exponent: Node, base: Approximate) -> Fraction | None:
    """The exponent where school books take the real root: an odd one of a negative real number."""
    if not isinstance(exponent, Number) or exponent.value.denominator % 2 == 0 or exponent.value.denominator == 1:
        return None
    return exponent.value if base.value.real < 0 and abs(base.value.imag) <= 1e-14 * base.size else None


def _real_root(base: Approximate, exponent: Fraction) -> Approximate:
    value = (-base.value.real) ** float(exponent) * (-1) ** exponent.numerator
    return Approximate(complex(value), abs(value) * (1 + base.size / abs(base.value)))


def _call(name: str, parts: Sequence[Approximate]) -> Approximate:
    made = _of_complex(name, parts[0]) if len(parts) == 1 else None
    if made is not None:
        return made
    reals = [part.value.real for part in parts if abs(part.value.imag) <= 1e-12 * part.size]
    if len(reals) == len(parts) and name in _REAL and len(parts) in _ARITY.get(name, (len(parts),)):
        return Approximate(complex(_REAL[name](*reals)), sum(part.size for part in parts) + 1)
    if name in ("factorial", "gamma") and len(reals) == 1 and reals[0] < 150:
        return _plain(math.gamma(reals[0] + (name == "factorial")))
    if name == "binomial" and len(reals) == 2 and max(map(abs, reals)) < 150:
        above, below = reals
        return _plain(math.gamma(above + 1) / (math.gamma(below + 1) * math.gamma(above - below + 1)))
    raise Unknown(name)


def _of_complex(name: str, part: Approximate) -> Approximate | None:
    """A function of one complex number; None for any other."""
    if name in _SMOOTH:
        value = _SMOOTH[name](part.value)
        return Approximate(value, abs(value) + (1 + abs(value) ** 2) * part.size * 4)
    if name == "log":
        value = cmath.log(part.value)
        return Approximate(value, abs(value) + part.size / abs(part.value), _negative(part))
    if name == "abs":
        return Approximate(complex(abs(part.value)), part.size)
    return None


def _modulo(value: float, modulus: float) -> float:
    """The remainder with the modulus's sign; it jumps, so that nothing is said near a jump."""
    steps = value / modulus
    if abs(steps) > _LARGE_STEPS or abs(steps - round(steps)) < 1e-6:
        raise Unknown("a remainder near a jump")
    return value - modulus * math.floor(steps)


_ARITY = {"floor": (1,), "ceil": (1,), "mod": (2,)}
_LARGE_STEPS = 1e6
_SMOOTH: dict[str, Callable[[complex], complex]] = {
    "sin": cmath.sin, "cos": cmath.cos, "tan": cmath.tan, "asin": cmath.asin, "acos": cmath.acos, "atan": cmath.atan,
    "sinh": cmath.sinh, "cosh": cmath.cosh, "tanh": cmath.tanh, "asinh": cmath.asinh, "acosh": cmath.acosh,
    "atanh": cmath.atanh,
    "cot": lambda z: 1 / cmath.tan(z), "sec": lambda z: 1 / cmath.cos(z), "csc": lambda z: 1 / cmath.sin(z),
    "coth": lambda z: 1 / cmath.tanh(z), "sech": lambda z: 1 / cmath.cosh(z), "csch": lambda z: 1 / cmath.sinh(z),
    "asec": lambda z: cmath.acos(1 / z), "acsc": lambda z: cmath.asin(1 / z), "acoth": lambda z: cmath.atanh(1 / z),
    "asech": lambda z: cmath.acosh(1 / z), "acsch": lambda z: cmath.asinh(1 / z), "acot": lambda z: cmath.atan(1 / z),
    "re": lambda z: complex(z.real), "im": lambda z: complex(z.imag),
    "conj": lambda z: z.conjugate(), "arg": lambda z: complex(cmath.phase(z)),
    "cis": lambda z: cmath.cos(z) + 1j * cmath.sin(z),
}  # fmt: skip
_REAL: dict[str, Callable[..., float]] = {
    "max": lambda *values: max(values), "min": lambda *values: min(values), "floor": math.floor,
    "ceil": math.ceil, "mod": _modulo,
}  # fmt: skip


RULES = (
    frozenset(_SMOOTH)
    | frozenset(_REAL)
    | {"log", "abs", "factorial", "gamma", "factorial2", "binomial", "gcd", "lcm", "mod", "sign"}
)
"""Functions that are known here, or to the exact and the symbolic rung."""


def real(node: Node) -> float | None:
    """The real number that a tree without symbols is, about; None where it is none."""
    if node == INFINITY:
        return math.inf
    if node == _MINUS_INFINITY:
        return -math.inf
    try:
        made = evaluate(node, {})
    except Unknown:
        return None
    return made.value.real if abs(made.value.imag) <= 1e-9 * max(made.size, 1e-300) else None
