"""Values to many digits, of trees in the worker's JSON form; mpmath is loaded when first used.

A context of its own is used, under a lock: mpmath's shared one belongs to whoever else uses mpmath in this process.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from mammoth_eval.graders import deadline
from mammoth_eval.graders.parse.lexicon import words

DIGITS = 100
"""Agreement to this many digits counts."""
_LARGEST, _LARGEST_EXPONENT = 200, 40
"""Powers of two: what a function may be applied to, and an exponent; beyond, digits cost time without bound."""
_LOCK = threading.Lock()
os.register_at_fork(after_in_child=_LOCK._at_fork_reinit)  # type: ignore[attr-defined]
_NAMES = words(
    """
        sin cos tan cot sec csc asin acos atan acot sinh cosh tanh asinh acosh atanh sech csch coth asec acsc acoth
        asech acsch log factorial binomial floor ceil gamma sign re im conj arg
        """
)


@lru_cache(maxsize=1)
def context() -> Any:
    """The mpmath context of this module, with digits to spare."""
    import mpmath

    made = mpmath.MPContext()
    made.dps = DIGITS + 30
    return made


def constant_is_zero(tree: Any) -> bool | None:
    """Whether a tree without symbols is zero to `DIGITS` digits; None where it has no value here."""
    if not _LOCK.acquire(timeout=min(deadline.left(), threading.TIMEOUT_MAX)):
        raise deadline.Late
    try:
        return _is_zero(tree, context())
    finally:
        _LOCK.release()


def _is_zero(tree: Any, mp: Any) -> bool | None:
    try:
        size = abs(value(tree, {}, mp))
        return bool(size < mp.mpf(10) ** -DIGITS) if mp.isfinite(size) else None
    except (ArithmeticError, LookupError, TypeError, ValueError, mp.NoConvergence):
        return None


def value(tree: Any, point: Mapping[str, Any], mp: Any) -> Any:
    """The value of the tree in the context `mp`. Raises what mpmath raises at poles, `KeyError` for other functions."""
    kind, content, *rest = tree
    if kind == "num":
        above, _, below = content.partition("/")
        return mp.mpf(int(above)) / int(below or 1)
    if kind == "sym":
        return point[content]
    if kind == "const":
        return {"pi": +mp.pi, "e": +mp.e, "i": mp.mpc(0, 1)}[content]
    parts = [value(part, point, mp) for part in rest]
    if kind == "add":
        return mp.fsum(parts)
    if kind == "mul":
        return mp.fprod(parts)
    if kind == "pow":
        return _power(parts[0], parts[1], rest[1], mp)
    if kind == "percent":
        return parts[0] / 100
    if kind == "degree":
        return parts[0] * mp.pi / 180
    if kind == "ratio":
        return parts[0] / parts[1]
    return _applied(content, parts, mp)


def _power(base: Any, exponent: Any, written: Any, mp: Any) -> Any:
    """A power; the odd root of a negative real number is the real one."""
    _bounded(exponent, _LARGEST_EXPONENT, mp)
    if written[0] == "num" and "/" in written[1]:
        above, below = (int(part) for part in written[1].split("/"))
        if below % 2 and abs(mp.im(base)) < mp.mpf(10) ** (10 - mp.dps) and mp.re(base) < 0:
            return (-1) ** above * mp.power(-mp.re(base), exponent)
    return mp.power(base, exponent)


def _bounded(number: Any, largest: int, mp: Any) -> None:
    """Raise `OverflowError` where the number is past its bound."""
    if mp.mag(number) > largest:
        raise OverflowError("a number past the bounds")


def _applied(name: str, parts: list[Any], mp: Any) -> Any:
    deadline.left()
    if name not in ("log", "abs", "sign", "re", "im", "max", "min"):
        for part in parts:
            _bounded(part, _LARGEST, mp)
    if name in _NAMES:
        return getattr(mp, name)(*parts)
    if name == "mod":
        return parts[0] - parts[1] * mp.floor(parts[0] / parts[1])
    others: dict[str, Any] = {"abs": abs, "max": max, "min": min, "factorial2": mp.fac2, "cis": mp.expj}
    return others[name](*parts)
