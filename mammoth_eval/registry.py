"""Names to code: a registry is a literal dict from a short name to ``module:attribute``, loaded when it is used."""

from __future__ import annotations

import importlib
import importlib.metadata
from collections.abc import Mapping
from typing import Any

from mammoth_eval import arguments
from mammoth_eval.errors import UnknownName, UsageError


def load(kind: str, name: str, table: Mapping[str, str]) -> Any:
    """What `table` holds under `name`; a name with a colon is taken as ``module:attribute`` itself.

    Raises `UnknownName` with the nearest name where there is neither, and `UsageError` where the module that a caller
    named cannot be imported.
    """
    if not isinstance(name, str):
        raise arguments.wrong(kind, name, f"a name ({', '.join(sorted(table))}) or module:attribute")
    path = table.get(name, name)
    module, colon, attribute = path.partition(":")
    if not colon or not all(part.isidentifier() for part in (*module.split("."), attribute)):
        raise UnknownName(kind, name, table)
    try:
        return getattr(importlib.import_module(module), attribute)
    except Exception as error:  # a module of the caller's own raises what it likes
        if path != name:
            raise
        if _is_about(error, module, attribute):
            raise UnknownName(kind, name, table) from error
        raise UsageError(
            f"{kind} {name!r}: the module {module} cannot be imported: {type(error).__name__}: {error}"
        ) from error


def with_entry_points(table: Mapping[str, str], group: str) -> Mapping[str, str]:
    """`table` and what installed packages offer under the entry points ``mammoth_eval.<group>``; ours first."""
    offered = importlib.metadata.entry_points(group=f"mammoth_eval.{group}")
    return {**{point.name: point.value for point in offered}, **table}


def _is_about(error: Exception, module: str, attribute: str) -> bool:
    """Whether the dotted path itself is wrong, rather than something that its module imports."""
    if isinstance(error, ModuleNotFoundError):
        return error.name is not None and (module == error.name or module.startswith(error.name + "."))
    return isinstance(error, AttributeError) and error.name == attribute
