"""Exact confirmation without symbolic algebra: both sides are evaluated in a finite field at random points.

Two rational expressions that agree at random points of a field of 2**61 elements are identical but for a chance below
1e-12 at the degrees that fit the bounds (Schwartz 1980, Zippel 1979). Beyond rational ones:

- square roots of rational numbers are products of the roots of their prime factors, so that they multiply as real
  roots do; the field is chosen so that all that occur exist;
- a power with letters in its exponent is a product of random elements, one for each base and each monomial of the
  exponent, so that the laws of powers hold (``e^{2x}`` is the square of ``e^x``); variables count as positive there,
  as in the last rung;
- sine and cosine are made of such powers of ``e`` and the imaginary unit; logarithms are sums over factors;
- any other function is a random element named by the function and its arguments' values.

What is equal here is equal; what is not may still be.
"""

from __future__ import annotations

import math
import random
from collections.abc import Callable
from fractions import Fraction

from mammoth_eval.graders.equal import rational
from mammoth_eval.graders.equal.residues import NoRoot, Undefined, factors, inverse, powers, primes, square_root
from mammoth_eval.graders.parse.nodes import (
    EULER,
    IMAGINARY,
    PI,
    Call,
    Collection,
    Constant,
    Decimal,
    Degree,
    Node,
    Number,
    Percent,
    PlusMinus,
    Power,
    Product,
    Ratio,
    Sum,
    Symbol,
    Text,
    has,
    mul,
    subtract,
)

MAX_FACTORIAL = 2_000
_POINTS = 2
_PARTS = 720
"""A unit of an exponent is split in so many parts, so that halves, thirds and quarters of it exist."""
_UNORDERED = frozenset({"max", "min", "gcd", "lcm"})
_MAX_STEPS = 60
_ONE = "one"
Linear = dict[tuple[object, bool], Fraction]
"""Monomials of an exponent (value, or `_ONE`; whether the imaginary unit is a factor) with their coefficients."""


def identical(one: Node, other: Node) -> bool:
    """Whether the two are shown to be identical; False says nothing."""
    if has(one, Decimal, Collection, Text, PlusMinus) or has(other, Decimal, Collection, Text, PlusMinus):
        return False
    shown = 0
    for prime in primes():
        try:
            for seed in range(shown, _POINTS):
                field = _Field(prime, seed)
                if field.value(one) != field.value(other):
                    return False
                shown = seed + 1
            return True
        except NoRoot:
            continue
        except (Undefined, RecursionError, rational.Refused):
            return False
    return False


class _Field:
    """Arithmetic modulo `prime`; `seed` picks the point."""

    def __init__(self, prime: int, seed: int) -> None:
        self.prime, self.seed = prime, seed

    def element(self, *name: object) -> int:
        """The random element of this name: the same for the same name."""
        return random.Random(repr((self.seed, self.prime, name))).randrange(2, self.prime)

    def value(self, node: Node) -> int:
        """The value of the tree. Raises `Undefined`."""
        prime = self.prime
        match node:
            case Number():
                return self.fraction(node.value)
            case Sum():
                return sum(self.value(part) for part in node.args) % prime
            case Product():
                product = 1
                for part in node.args:
                    product = product * self.value(part) % prime
                return product
            case Power():
                return self.power(node.base, node.exponent)
            case Symbol():
                return pow(self.element("sym", node.name), _PARTS, prime)
            case Constant():
                return self.constant(node.name)
            case Percent():
                return self.value(node.args[0]) * inverse(100, prime) % prime
            case Degree():
                return self.value(node.args[0]) * self.constant("pi") * inverse(180, prime) % prime
            case Ratio() if len(node.args) == 2:
                return self.value(node.args[0]) * inverse(self.value(node.args[1]), prime) % prime
            case Call():
                return self.call(node)
        raise Undefined(node.tag)

    def fraction(self, number: Fraction) -> int:
        """A rational number in the field."""
        return number.numerator * inverse(number.denominator, self.prime) % self.prime

    def constant(self, name: str) -> int:
        """The imaginary unit as a root of minus one; other constants as random elements."""
        if name == "i":
            return self.root(-1)
        if name == "pi":
            return self.element("const", name)
        if name == "e":
            return pow(self.element("unit", "e", _ONE, False), _PARTS, self.prime)
        raise Undefined(name)

    def root(self, number: int) -> int:
        """A square root of an integer, the same one each time. Raises `NoRoot`."""
        return square_root(number % self.prime, self.prime)

    def raised(self, element: int, exponent: int) -> int:
        """An element to an integer power."""
        return pow(inverse(element, self.prime) if exponent < 0 else element, abs(exponent), self.prime)

    def power(self, base: Node, exponent: Node) -> int:
        """A power: by squaring for an integer exponent, by roots for a rational one, else by the laws of powers."""
        number = rational_exponent(exponent)
        if number is not None and number.denominator == 1:
            return self.raised(self.value(base), number.numerator)
        inner = rational_exponent(base)
        if number is not None and number.denominator == 2 and inner is not None and inner:
            return self.raised(self.square_root(inner), number.numerator)
        return self.by_laws(base, {(_ONE, False): number} if number is not None else self.linear(exponent))

    def square_root(self, number: Fraction) -> int:
        """The root of a rational number, as the product of the roots of its factors."""
        root = inverse(number.denominator, self.prime)
        whole = number.numerator * number.denominator
        if whole < 0:
            root, whole = root * self.root(-1) % self.prime, -whole
        for factor, count in factors(whole):
            root = root * pow(factor, count // 2, self.prime) % self.prime
            if count % 2:
                root = root * self.root(factor) % self.prime
        return root

    def linear(self, node: Node) -> Linear:
        """An exponent or an angle as a sum of monomials with rational coefficients."""
        found: Linear = {}
        for term in node.args if isinstance(node, Sum) else (node,):
            coefficient, imaginary = Fraction(1), False
            rest: list[Node] = []
            for factor in _degrees(term):
                number = rational.value(factor)
                if number is not None:
                    coefficient *= number
                elif factor == IMAGINARY:
                    coefficient, imaginary = (-coefficient if imaginary else coefficient), not imaginary
                else:
                    rest.append(factor)
            if len(rest) == 1 and isinstance(rest[0], Sum) and not imaginary:
                for key, value in self.linear(rest[0]).items():
                    found[key] = found.get(key, Fraction(0)) + coefficient * value
                continue
            key = ((_ONE if not rest else "pi" if rest == [PI] else self.value(mul(*rest))), imaginary)
            found[key] = found.get(key, Fraction(0)) + coefficient
        return found

    def by_laws(self, base: Node, exponent: Linear) -> int:
        """A power whose exponent is no integer: products, powers and numbers in the base are taken apart first."""
        if isinstance(base, Product):
            return math.prod(self.by_laws(part, exponent) for part in base.args) % self.prime
        if isinstance(base, Power):
            multiple = self.multiple(exponent, base.args[1])
            if multiple is not None:
                return self.by_laws(base.args[0], multiple)
        if isinstance(base, Number) and base.value:
            return math.prod(self.of_prime(*power, exponent) for power in powers(base.value)) % self.prime
        if base == EULER:
            return self.units("e", None, exponent)
        whole = self.value(base)
        name: object = ("sym", base.name) if isinstance(base, Symbol) else ("base", whole)
        return self.units(name, whole, exponent)

    def multiple(self, exponent: Linear, factor: Node) -> Linear | None:
        """The exponent of a power of a power; None where neither exponent is a rational number."""
        number = rational_exponent(factor)
        if number is not None:
            return {key: value * number for key, value in exponent.items()}
        if set(exponent) != {(_ONE, False)}:
            return None
        outer = exponent[_ONE, False]
        return {key: value * outer for key, value in self.linear(factor).items()}

    def of_prime(self, prime: int, count: int, exponent: Linear) -> int:
        """A prime (or minus one) that was raised to `count`, raised once more."""
        return self.units(("num", prime), prime % self.prime, {key: value * count for key, value in exponent.items()})

    def units(self, base: object, whole: int | None, exponent: Linear) -> int:
        """The base called `base` (its value is `whole`) to a sum of monomials."""
        return math.prod(self.unit(base, whole, key, value) for key, value in exponent.items()) % self.prime

    def unit(self, base: object, whole: int | None, key: tuple[object, bool], exponent: Fraction) -> int:
        """The base called `base` (its value is `whole`) to a multiple of one monomial."""
        if key == (_ONE, False) and whole is not None:
            return self.constant_power(base, whole, exponent)
        parts = exponent * _PARTS
        if key == ("pi", True) and base == "e":
            if (exponent * 2).denominator != 1:
                raise Undefined("a root of unity")
            return self.raised(self.root(-1), int(exponent * 2))
        if parts.denominator != 1:
            return self.element("unit", base, *key, exponent)
        return self.raised(self.element("unit", base, *key), int(parts))

    def constant_power(self, base: object, whole: int, exponent: Fraction) -> int:
        """An element to a rational power: exact where the roots exist in the field; a named element elsewhere."""
        if isinstance(base, tuple) and base[0] == "sym" and (exponent * _PARTS).denominator == 1:
            return self.raised(self.element("sym", base[1]), int(exponent * _PARTS))
        integer = math.floor(exponent)
        made, left = self.raised(whole, integer), exponent - integer
        odd, root = left.denominator, whole
        while odd % 2 == 0:
            odd, root = odd // 2, square_root(root, self.prime)
        if math.gcd(odd, self.prime - 1) != 1:
            return made * self.element("part", whole, left) % self.prime
        return made * pow(root, inverse(odd, self.prime - 1) * left.numerator, self.prime) % self.prime

    def call(self, node: Call) -> int:
        """A function: by its rule where it has one, else a random element named by the arguments' values."""
        if node.name == "factorial" and len(node.args) == 1:
            return self.factorial(node.args[0])
        if node.name == "binomial" and len(node.args) == 2:
            above, below = node.args
            others = self.factorial(below) * self.factorial(subtract(above, below))
            return self.factorial(above) * inverse(others % self.prime, self.prime) % self.prime
        if node.name == "log" and len(node.args) == 1:
            return self.logarithm(node.args[0])
        rule = _WAVES.get(node.name) if len(node.args) == 1 else None
        if rule is not None:
            made = self.wave(node.args[0], rule, circular=not node.name.endswith("h"))
            if made is not None:
                return made
        values = [self.value(part) for part in node.args]
        if node.name in ("max", "min") and len(set(values)) == 1:
            return values[0]
        if node.name == "abs":
            values = [values[0] * values[0] % self.prime]
        return self.element(node.name, *(sorted(values) if node.name in _UNORDERED else values))

    def factorial(self, node: Node) -> int:
        """A factorial: of letters and an integer, by the factors that the integer adds or takes away."""
        linear = self.linear(node)
        steps = linear.pop((_ONE, False), Fraction(0))
        left = {key: value for key, value in linear.items() if value}
        if not left and steps.denominator == 1 and 0 <= steps <= MAX_FACTORIAL:
            return math.factorial(int(steps)) % self.prime
        if not left or steps.denominator != 1 or abs(steps) > _MAX_STEPS:
            return self.element("factorial", self.value(node))
        base = (self.value(node) - int(steps)) % self.prime
        made = self.element("factorial", sorted(left.items(), key=repr))
        for step in range(1, int(steps) + 1):
            made = made * (base + step) % self.prime
        for step in range(int(-steps)):
            made = made * inverse(base - step, self.prime) % self.prime
        return made

    def logarithm(self, node: Node) -> int:
        """A natural logarithm: a sum over the factors of what it is of."""
        if node == EULER:
            return 1
        if isinstance(node, Product):
            return sum(self.logarithm(part) for part in node.args) % self.prime
        if isinstance(node, Power):
            return self.value(node.args[1]) * self.logarithm(node.args[0]) % self.prime
        if isinstance(node, Number) and node.value > 0:
            return sum(count * self.element("log", prime) for prime, count in powers(node.value)) % self.prime
        return self.element("log", self.value(node))

    def wave(self, angle: Node, rule: Rule, *, circular: bool) -> int | None:
        """Sine, cosine and their kin from one power of ``e``; None where the angle does not allow it."""
        linear = self.linear(angle)
        if any(imaginary for _, imaginary in linear):
            return None
        try:
            made = (
                math.prod(self.unit("e", None, (key, circular), value) for (key, _), value in linear.items())
                % self.prime
            )
        except Undefined:
            return None
        back = inverse(made, self.prime)
        half = inverse(2, self.prime)
        unit = self.root(-1) if circular else 1
        sine, cosine = (made - back) * half * inverse(unit, self.prime) % self.prime, (made + back) * half % self.prime
        return rule(sine, cosine, self.prime)


Rule = Callable[[int, int, int], int]
_WAVES: dict[str, Rule] = {
    "sin": lambda sine, cosine, prime: sine,
    "cos": lambda sine, cosine, prime: cosine,
    "tan": lambda sine, cosine, prime: sine * inverse(cosine, prime) % prime,
    "cot": lambda sine, cosine, prime: cosine * inverse(sine, prime) % prime,
    "sec": lambda sine, cosine, prime: inverse(cosine, prime),
    "csc": lambda sine, cosine, prime: inverse(sine, prime),
}
_WAVES |= {f"{name}h": rule for name, rule in _WAVES.items()}


def _degrees(term: Node) -> tuple[Node, ...]:
    """The factors of a term, an angle in degrees as a multiple of pi."""
    parts = term.args if isinstance(term, Product) else (term,)
    spread: list[Node] = []
    for part in parts:
        spread += [part.args[0], Number(Fraction(1, 180)), PI] if isinstance(part, Degree) else [part]
    return tuple(spread)


def rational_exponent(node: Node) -> Fraction | None:
    """The rational number that stands there, literally or as a small sum or product."""
    if isinstance(node, Number):
        return node.value
    if not isinstance(node, Sum | Product) or len(node.args) > 3:
        return None
    values = [part.value for part in node.args if isinstance(part, Number)]
    if len(values) == len(node.args):
        return sum(values, Fraction(0)) if isinstance(node, Sum) else math.prod(values, start=Fraction(1))
    return None
