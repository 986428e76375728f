"""The process behind the symbolic rung: reads trees as JSON lines, answers ``[zero or not or null, how]``.

Started as ``python -m mammoth_eval.graders.equal.sympy_worker``. It forks a child for each question; the child has
limits on memory and time of its own and is killed at the deadline. sympy is loaded while no question waits, since
many digits answer most of them. Expressions are built from the tree by the constructors named here; nothing is parsed
and nothing evaluated from text.

Order: high precision first (different at 40 digits: not zero), then sympy's own simplifications. An expression that
vanishes to 100 digits at random points (complex ones; many real ones where a function has jumps or corners), and for
which no proof was found, is taken as zero and says so.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

from mammoth_eval.graders import worker
from mammoth_eval.graders.equal import high_precision
from mammoth_eval.graders.parse.lexicon import words

_REAL_POINTS, _REACH = 24, 12.0
"""Where expressions with jumps or corners are tried: so many real points, on both sides of zero."""
_BRANCHING = frozenset({"abs", "floor", "ceil", "sign", "max", "min", "re", "im", "conj", "arg", "mod"})


def main() -> None:
    """Serve until the input ends."""
    high_precision.context()
    worker.serve(decide, _load_sympy)


def _load_sympy() -> None:
    """Load sympy and use it once, so that every child to come finds it ready."""
    import sympy

    sympy.simplify(sympy.sin(sympy.Symbol("x")) ** 2)


def decide(tree: Any) -> Any:
    """Findings in order, the last one counts: ``(zero or not, how)``."""
    names = {part[1] for part in _walk(tree) if part[0] == "sym"}
    branching = any(part[0] == "call" and part[1] in _BRANCHING for part in _walk(tree))
    small = _vanishes(tree, sorted(names), branching=branching)
    if small is False:
        yield False, "not zero at high precision"
        return
    if small:
        yield True, f"zero to {high_precision.DIGITS} digits at random points; no proof"
    import sympy

    table = {name: sympy.Symbol(name, real=True) if branching else sympy.Symbol(name, positive=True) for name in names}
    expression = build(tree, table)
    if expression == 0:
        yield True, "zero as it is built"
        return
    for name, step in _steps():
        if step(expression) == 0:
            yield True, f"zero by {name}"
            return


def _steps() -> list[tuple[str, Callable[[Any], Any]]]:
    import sympy

    return [
        ("expansion", sympy.expand),
        ("common denominators", sympy.ratsimp),
        ("trigonometry", sympy.trigsimp),
        ("radicals", sympy.radsimp),
        ("denesting", lambda expression: sympy.sqrtdenest(sympy.expand(expression))),
        ("simplification", sympy.simplify),
        ("logarithms", lambda expression: sympy.simplify(sympy.expand_log(expression, force=True))),
    ]


def _vanishes(tree: Any, names: list[str], *, branching: bool) -> bool | None:
    """Whether the tree is nothing at high precision wherever it was tried; None where it has no value there."""
    mp, tried = high_precision.context(), 0
    for seed in range(_REAL_POINTS if branching and names else 3 if names else 1):
        source = random.Random(seed)
        if branching:
            point = {name: mp.mpf(source.uniform(-_REACH, _REACH) if seed else 1.3) for name in names}
        else:
            point = {name: mp.mpc(source.uniform(0.4, 2.0), source.uniform(0.1, 0.9) if seed else 0) for name in names}
        size = abs(high_precision.value(tree, point, mp))
        if not mp.isfinite(size):
            continue
        if size > mp.mpf(10) ** -high_precision.DIGITS:
            return False if size > mp.mpf(10) ** -40 or not names else None
        tried += 1
    return True if tried else None


def _walk(tree: Any) -> Any:
    yield tree
    for part in tree[2:]:
        yield from _walk(part)


def build(tree: Any, table: dict[str, Any]) -> Any:
    """The sympy expression of a tree. Raises `ValueError` on what it does not know."""
    import sympy

    kind, value, *rest = tree
    if kind == "num":
        return sympy.Rational(value)
    if kind == "sym":
        return table[value]
    if kind == "const":
        return {"pi": sympy.pi, "e": sympy.E, "i": sympy.I}[value]
    parts = [build(part, table) for part in rest]
    if kind in ("add", "mul"):
        return (sympy.Add if kind == "add" else sympy.Mul)(*parts)
    if kind == "pow":
        return _power(*parts)
    if kind in ("percent", "degree"):
        return parts[0] / 100 if kind == "percent" else parts[0] * sympy.pi / 180
    if kind == "ratio":
        return parts[0] / parts[1]
    return _functions()[value](*parts)


def _power(base: Any, exponent: Any) -> Any:
    """A power; the odd root of a negative real number is the real one, as school books have it."""
    import sympy

    if base.is_Rational and base < 0 and exponent.is_Rational and exponent.q % 2 == 1 and exponent.q > 1:
        return (-1) ** exponent.p * (-base) ** exponent
    if base.is_number and exponent.is_Rational and exponent.q in (3, 5, 7) and base.is_negative:
        return (-1) ** exponent.p * (-base) ** exponent
    if exponent.is_Integer and abs(exponent) > 100_000:
        raise ValueError("a power past the bounds")
    return sympy.Pow(base, exponent)


def _functions() -> dict[str, Callable[..., Any]]:
    import sympy

    names = words(
        """
        sin cos tan cot sec csc asin acos atan acot sinh cosh tanh asinh acosh atanh sech csch coth asec acsc acoth
        asech acsch log factorial factorial2 binomial floor gamma sign re im gcd lcm arg
        """
    )
    table: dict[str, Callable[..., Any]] = {name: getattr(sympy, name) for name in names}
    cis = lambda angle: sympy.cos(angle) + sympy.I * sympy.sin(angle)  # noqa: E731
    return table | {
        "ceil": sympy.ceiling,
        "abs": sympy.Abs,
        "max": sympy.Max,
        "min": sympy.Min,
        "conj": sympy.conjugate,
        "mod": sympy.Mod,
        "cis": cis,
    }


if __name__ == "__main__":
    main()
