"""The module ``__main__`` of a program: empty, or with ``from sympy import *`` executed in it already.

That statement opens most symbolic programs and binds 900 names, each a page or two that a fork must copy. A tier that has
sympy executes it once; a program whose first statement it is takes that module, and runs with ``pass`` in its place.
Either module is made before the fork: a fork runs one program.
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
_prepared: dict[bytes, types.ModuleType] = {}
"""The module for each opening statement; for none the empty one."""


def _new_main() -> types.ModuleType:
    """An empty ``__main__`` as `python -c` has it."""
    module = types.ModuleType("__main__")
    module.__dict__.update(__loader__=BuiltinImporter, __annotations__={}, __builtins__=builtins)
    return module


def prepare_sympy() -> None:
    """Make the module with sympy's names, for all forks of a tier."""
    _prepared[STATEMENT] = _new_main()
    exec(compile(STATEMENT, "<string>", "exec", dont_inherit=True), _prepared[STATEMENT].__dict__)


def prepare_empty() -> None:
    """Make the empty module, in a lane: what a tier has made the collector's queries do not show."""
    _prepared[b""] = _new_main()


def main_for(source: bytes) -> tuple[types.ModuleType, bytes]:
    """The module in which to run `source`, and what is left to run there, each statement at its line.

    ``pass`` keeps what follows from being a docstring or a place for ``from __future__``.
    """
    found = _FIRST.match(source) if STATEMENT in _prepared else None
    if found is None:
        return _prepared[b""], source
    rest = source[found.end() :]
    return _prepared[STATEMENT], found[1] + b"pass".ljust(len(STATEMENT)) + rest
