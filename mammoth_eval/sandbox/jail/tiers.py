"""The tiers of preloaded libraries: what each imports, warms and packs once, so that its forks find it ready.

A fork copies the page tables of its parent, so each program runs in the smallest tier that has what it names.
"""

from __future__ import annotations

import contextlib
import gc
import importlib
import os
import random
import site
import sys
from collections.abc import Iterable
from typing import Any

from . import huge_pages

_SYMPY = ("sympy", "sympy.abc", "mpmath")
_SCIPY = ("numpy", "scipy.optimize", "scipy.integrate", "scipy.stats", "scipy.linalg", "scipy.special")
TIERS: dict[str, tuple[str, ...]] = {
    "plain": (),
    "numpy": ("numpy",),
    "sympy": _SYMPY,
    "scipy": _SCIPY,
    "all": (*_SYMPY, *_SCIPY, "networkx", "pandas"),
}
"""From the smallest process to the largest."""
STANDARD = (
    "math", "cmath", "fractions", "decimal", "itertools", "functools", "collections", "statistics", "random",
    "datetime", "re", "string", "heapq", "bisect", "operator", "typing", "dataclasses", "copy", "calendar", "json",
    "textwrap", "traceback",
)  # fmt: skip

_SYMPY_WARMUP = """
from sympy import *
x, y = symbols('x y')
n = Symbol('n', integer=True, positive=True)
for work in (
    lambda: solve([Eq(2*x + 3*y, 7), Eq(x - y, 1)], (x, y)), lambda: solve(x**2 - 5*x + 6, x),
    lambda: solve(x**3 - 2*x, x), lambda: solve(Eq(x/3 + 2, 7), x), lambda: solveset(x**2 - 2, x),
    lambda: linsolve([x + y - 3, x - y], [x, y]), lambda: integrate(3*x**2 + sin(x), (x, 0, 2)),
    lambda: integrate(x*exp(x), x), lambda: diff(sin(x)*x**2, x), lambda: limit(sin(x)/x, x, 0),
    lambda: series(exp(x), x, 0, 3), lambda: summation(n**2, (n, 1, 10)),
    lambda: factor(expand((x + 1)*(x - 2)*(x + 3))), lambda: simplify((x**2 - 1)/(x - 1)),
    lambda: apart(1/(x**2 - 1), x), lambda: Matrix([[2, 1], [1, 3]]).inv(), lambda: Matrix([[2, 1], [1, 3]]).det(),
    lambda: Matrix([[2, 1], [1, 3]]).eigenvals(), lambda: factorint(360), lambda: divisors(60), lambda: isprime(97),
    lambda: totient(36), lambda: gcd(12, 18), lambda: lcm(4, 6), lambda: binomial(10, 3),
    lambda: Rational(3, 4) + sqrt(8), lambda: N(pi, 20), lambda: nsimplify(0.75), lambda: trigsimp(sin(x)**2),
    lambda: (sqrt(2) + 1).evalf(), lambda: latex(sqrt(x)), lambda: roots(x**2 - 3*x + 2, x),
    lambda: Poly(x**2 + 1, x).all_coeffs(),
):
    str(work())
"""
_NUMPY_WARMUP = """
import numpy as np
np.random.seed(0)
a = np.array([[2.0, 1.0], [1.0, 3.0]])
str((np.linalg.solve(a, np.ones(2)), np.linalg.inv(a), np.linalg.eig(a), np.roots([1, -3, 2])))
str((np.mean(a), np.arange(3) @ np.arange(3)))
"""
SEED = 0
"""Of every random generator that a program finds."""


def load_standard(paths: Iterable[str]) -> None:
    """The standard library's usual modules, and the names that `site` gives to every interpreter."""
    sys.path[:] = paths
    sys.dont_write_bytecode = True
    site.setquit()
    site.sethelper()
    site.setcopyright()
    for name in STANDARD:
        importlib.import_module(name)


def fix_randomness() -> None:
    """Give all sources of random numbers in Python the same start: `os.urandom`, `secrets`, unseeded generators."""
    source, seed_with = random.Random(SEED), random.Random.seed

    def seed(self: random.Random, a: Any = None, version: int = 2) -> None:
        """As before, with a fixed seed where none is given."""
        seed_with(self, SEED if a is None else a, version)

    os.urandom = random._urandom = source.randbytes  # type: ignore[attr-defined]
    os.getrandom = lambda size, flags=0: source.randbytes(size)
    random.Random.seed = seed  # type: ignore[method-assign]
    random.seed = random._inst.seed  # type: ignore[attr-defined]


def load(tier: str) -> None:
    """Import what is installed of a tier and use it once, so that caches are full and late imports done."""
    for name in TIERS[tier]:
        with contextlib.suppress(ImportError):
            importlib.import_module(name)
    for name, program in (("sympy", _SYMPY_WARMUP), ("numpy", _NUMPY_WARMUP)):
        if name in sys.modules:
            exec(compile(program, f"<{name} warm-up>", "exec"), {"__name__": "warmup"})
    random.seed(SEED)  # every program begins where this leaves it


def pack(proc: int | None) -> None:
    """Make forks cheap: no garbage, what is left out of the collector's way, the heap in huge pages."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 20)
    huge_pages.collapse(proc)
