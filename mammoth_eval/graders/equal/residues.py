"""Arithmetic modulo a prime: primes near 2**61, inverses, square roots, prime factors. Part of the rung `modular`."""

from __future__ import annotations

import math
from fractions import Fraction
from functools import lru_cache

_FIELDS = 48
_TRIAL = 2_000


class Undefined(ArithmeticError):
    """No value in this field at this point."""


class NoRoot(Undefined):
    """A square root that this field does not hold."""


@lru_cache(maxsize=1)
def primes() -> tuple[int, ...]:
    """Primes just below 2**61 that leave 1 by 8 and not 1 by 3, 5, 7.

    Minus one and two are squares there, and each element has one third, one fifth and one seventh root.
    """
    found: list[int] = []
    candidate = 2**61 - 2**61 % 8 + 1 - 8
    while len(found) < _FIELDS:
        if all(candidate % odd != 1 for odd in (3, 5, 7)) and _is_prime(candidate):
            found.append(candidate)
        candidate -= 8
    return tuple(found)


def _is_prime(number: int) -> bool:
    """Miller and Rabin's test, with bases that decide it below 2**64."""
    if any(number % small == 0 for small in (3, 5, 7, 11, 13, 17, 19, 23, 29, 31, 37)):
        return False
    odd, twos = number - 1, 0
    while odd % 2 == 0:
        odd, twos = odd // 2, twos + 1
    for base in (2, 3, 5, 7, 11, 13, 17, 19, 23, 29, 31, 37):
        power = pow(base, odd, number)
        if power in (1, number - 1):
            continue
        for _ in range(twos - 1):
            power = power * power % number
            if power == number - 1:
                break
        else:
            return False
    return True


def inverse(element: int, prime: int) -> int:
    """One over the element. Raises `Undefined`."""
    if element % prime == 0:
        raise Undefined("division by zero")
    return pow(element, -1, prime)


@lru_cache(maxsize=1024)
def factors(number: int) -> tuple[tuple[int, int], ...]:
    """Prime factors with their counts; what trial division leaves counts as one factor."""
    if number.bit_length() > 400:
        raise Undefined("a number past the bounds")
    found: list[tuple[int, int]] = []
    divisor = 2
    while divisor < _TRIAL and divisor * divisor <= number:
        count = 0
        while number % divisor == 0:
            number, count = number // divisor, count + 1
        if count:
            found.append((divisor, count))
        divisor += 1 + (divisor > 2)
    if number > 1:
        whole = math.isqrt(number)
        found.append((whole, 2) if whole * whole == number else (number, 1))
    return tuple(found)


def powers(number: Fraction) -> list[tuple[int, int]]:
    """The primes that a number other than zero is a product of, with their exponents; minus one as the sign."""
    above, below = factors(abs(number.numerator)), factors(number.denominator)
    found = [*above, *((prime, -count) for prime, count in below)]
    return [*found, (-1, 1)] if number < 0 else found


@lru_cache(maxsize=4096)
def square_root(number: int, prime: int) -> int:
    """Tonelli and Shanks: the smaller root of `number` modulo `prime`. Raises `NoRoot`."""
    if number == 0:
        return 0
    if pow(number, (prime - 1) // 2, prime) != 1:
        raise NoRoot(number)
    odd, twos = prime - 1, 0
    while odd % 2 == 0:
        odd, twos = odd // 2, twos + 1
    nonresidue = 2
    while pow(nonresidue, (prime - 1) // 2, prime) != prime - 1:
        nonresidue += 1
    step, root, rest, order = (
        pow(nonresidue, odd, prime),
        pow(number, (odd + 1) // 2, prime),
        pow(number, odd, prime),
        twos,
    )
    while rest != 1:
        index, square = 0, rest
        while square != 1:
            square, index = square * square % prime, index + 1
        factor = pow(step, 1 << (order - index - 1), prime)
        step, root, rest, order = factor * factor % prime, root * factor % prime, rest * factor * factor % prime, index
    return min(root, prime - root)
