"""The module ``__main__`` of a program: empty, or with ``from sympy import *`` executed in it already.

That statement opens most symbolic programs and binds 900 names, each a page or two that a fork must copy. A tier that has
sympy executes it once; a program whose first statement it is takes that module, and runs with ``pass`` in its place.
"""

from __future__ import annotations

import builtins
import re
import types
from importlib.machinery import BuiltinImporter

STATEMENT = b"from sympy import *"
_FIRST = re.compile(
    rb"((?:[ \t]*(?:#[^\r\n]*)?(?>\r\n|\r|\n))*+)" + re.escape(STATEMENT) + rb"(?=[ \t]*(?:#[^\r\n]*)?(?:[\r\n]|\Z))"
)
_prepared: list[types.ModuleType] = []


def new_main() -> types.ModuleType:
    """An empty ``__main__`` as `python -c` has it."""
    module = types.ModuleType("__main__")
    module.__dict__.update(__loader__=BuiltinImporter, __annotations__={}, __builtins__=builtins)
    return module


def prepare() -> None:
    """Execute the statement once, for all forks to come."""
    module = new_main()
    exec(compile(STATEMENT, "<string>", "exec", dont_inherit=True), module.__dict__)
    _prepared[:] = [module]


def main_for(source: bytes) -> tuple[types.ModuleType, bytes]:
    """The module in which to run `source`, and what is left to run there, each statement at its line.

    ``pass`` keeps what follows from being a docstring or a place for ``from __future__``.
    """
    found = _FIRST.match(source) if _prepared else None
    if found is None:
        return new_main(), source
    rest = source[found.end() :]
    return _prepared[0], found[1] + b"pass".ljust(len(STATEMENT)) + rest
