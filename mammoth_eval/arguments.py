"""What callers in Python pass: each check gives the argument as its type, or raises `UsageError` that names it, what it
was, and what it must be.
"""

from __future__ import annotations

import reprlib
from collections.abc import Collection, Iterable, Mapping, Set
from pathlib import Path

from mammoth_eval.errors import UnknownName, UsageError

_SHOWN = reprlib.Repr()
_SHOWN.maxstring = _SHOWN.maxother = _SHOWN.maxlong = 60

_NOT_LISTS = (str, bytes, Mapping, Set)
"""What could be taken for a list and is not: one text, and what has no order."""


def wrong(name: str, value: object, expected: str) -> UsageError:
    """The error for an argument; a long or deep value is shown by its beginning."""
    return UsageError(f"{name} = {_SHOWN.repr(value)}, expected {expected}")


def text(name: str, value: object, *, empty: bool = True) -> str:
    """A text; with `empty` false, one that holds something."""
    if not isinstance(value, str):
        note = "; write numbers as str(number)" if isinstance(value, int | float) else ""
        raise wrong(name, value, f"a text{note}")
    if not (empty or value.strip()):
        raise wrong(name, value, "a text that is not empty")
    return value


def texts(name: str, value: object) -> tuple[str, ...]:
    """Several texts: a list of them, or anything else that holds them in an order."""
    parts = tuple(value) if isinstance(value, Iterable) and not isinstance(value, _NOT_LISTS) else (None,)
    if not all(isinstance(part, str) for part in parts):
        raise wrong(name, value, "a list of texts")
    return parts


def path(name: str, value: object) -> Path:
    """A path, or a text that is one."""
    if not isinstance(value, str | Path):
        raise wrong(name, value, "a path")
    return Path(value)


def flag(name: str, value: object) -> bool:
    """True or False."""
    if not isinstance(value, bool):
        raise wrong(name, value, "True or False")
    return value


def known(kind: str, value: object, names: Collection[str]) -> str:
    """One of `names`, which say what a `kind` may be. Raises `UnknownName` with the nearest for another text."""
    if not isinstance(value, str):
        raise wrong(kind, value, f"one of {', '.join(names)}")
    if value not in names:
        raise UnknownName(kind, value, names)
    return value


def count(name: str, value: object, most: int) -> int:
    """A whole number from 1 to `most`."""
    if not isinstance(value, int) or isinstance(value, bool) or not 1 <= value <= most:
        raise wrong(name, value, f"a whole number from 1 to {most}")
    return value


def seconds(name: str, value: object, most: float) -> float:
    """A time above 0, of at most `most` seconds."""
    number = isinstance(value, int | float) and not isinstance(value, bool)
    if not number or not 0 < value <= most:  # type: ignore[operator]
        raise wrong(name, value, f"seconds above 0, at most {most:g}")
    return value  # type: ignore[return-value]
