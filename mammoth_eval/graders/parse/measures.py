"""What units are worth in one another: a factor, and a dimension as exponents of base units."""

from __future__ import annotations

import re
from collections.abc import Iterator
from fractions import Fraction
from typing import NamedTuple

_TABLE = """
m: m=1 in=127/5000 ft=381/1250 yd=1143/1250 mi=201168/125
s: s=1 min=60 h=3600 d=86400 wk=604800
g: g=1 lb=45359237/100000 pound=45359237/100000 oz=45359237/1600000 ton=1000000
money: cent=1/100 dollar=1
m^3: l=1/1000
A: A=1
K: K=1
mol: mol=1
eV: eV=1
s^-1: Hz=1
g m s^-2: N=1000
g m^2 s^-2: J=1000 cal=4184
g m^2 s^-3: W=1000
g m^-1 s^-2: Pa=1000
A s: C=1
g m^2 s^-3 A^-1: V=1000
g m^2 s^-3 A^-2: ohm=1000
g^-1 m^-2 s^4 A^2: F=1/1000
g s^-2 A^-1: T=1000
g m^2 s^-2 A^-2: H=1000
"""
"""A dimension, and the units of it with their worth in its base units."""
_PREFIXED = """
m: n u m c d k
s: n u m
g: u m k
l: m c d
A: n u m k
V: n u m k M
W: n u m k M G
J: m k M G
N: m k M
Pa: h k M G
Hz: k M G T
F: n u m
H: n u m
ohm: m k M G
C: n u m
T: m
K: m
mol: m
cal: k
eV: m k M G T
"""
"""The prefixes that a unit is seen with; capitals and small letters differ."""
_PREFIXES = {
    "n": (-9, "nano"), "u": (-6, "micro"), "m": (-3, "milli"), "c": (-2, "centi"), "d": (-1, "deci"),
    "h": (2, "hecto"), "k": (3, "kilo"), "M": (6, "mega"), "G": (9, "giga"), "T": (12, "tera"),
}  # fmt: skip
_FACTOR = re.compile(r"([a-zA-Z]+)(?:\^(-?\d))?")
Dimension = tuple[tuple[str, int], ...]
"""Base units and their exponents, in order, none of them zero."""


class Worth(NamedTuple):
    """What one of a unit is in base units."""

    dimension: Dimension
    factor: Fraction


def prefixed() -> Iterator[tuple[str, str, str]]:
    """Each unit with a prefix, the unit without it, and the prefix in words."""
    for line in _PREFIXED.strip().splitlines():
        unit, _, prefixes = line.partition(": ")
        for prefix in prefixes.split():
            yield prefix + unit, unit, _PREFIXES[prefix][1]


def worth(unit: str) -> Worth | None:
    """The worth of a canonical phrase (``N m/kg``); None where a part of it is not of the table."""
    above, _, below = unit.partition("/")
    total = Worth((), Fraction(1))
    for part, sign in ((above, 1), (below, -1)):
        for factor in part.split() if part != "1" else ():
            match = _FACTOR.fullmatch(factor)
            found = _WORTH.get(match[1]) if match else None
            if match is None or found is None:
                return None
            total = _times(total, found, sign * int(match[2] or 1))
    return total


def _times(one: Worth, other: Worth, exponent: int) -> Worth:
    exponents = dict(one.dimension)
    for base, count in other.dimension:
        exponents[base] = exponents.get(base, 0) + exponent * count
    dimension = tuple(sorted((base, count) for base, count in exponents.items() if count))
    return Worth(dimension, one.factor * other.factor**exponent)


def _table() -> dict[str, Worth]:
    made: dict[str, Worth] = {}
    for line in _TABLE.strip().splitlines():
        bases, _, entries = line.partition(": ")
        dimension = tuple(sorted((match[1], int(match[2] or 1)) for match in _FACTOR.finditer(bases)))
        for entry in entries.split():
            unit, _, factor = entry.partition("=")
            made[unit] = Worth(dimension, Fraction(factor))
    for name, unit, _ in prefixed():
        exponent = _PREFIXES[name.removesuffix(unit)][0]
        made[name] = Worth(made[unit].dimension, made[unit].factor * Fraction(10) ** exponent)
    return made


_WORTH = _table()
