"""Names to code: a registry is a literal dict from a short name to ``module:attribute``, loaded when it is used."""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from typing import Any

from mammoth_eval.errors import UnknownName


def load(kind: str, name: str, table: Mapping[str, str]) -> Any:
    """What `table` holds under `name`; a name with a colon is taken as ``module:attribute`` itself.

    Raises `UnknownName` with the nearest name where there is neither.
    """
    path = table.get(name, name)
    module, colon, attribute = path.partition(":")
    if not colon or not all(part.isidentifier() for part in (*module.split("."), attribute)):
        raise UnknownName(kind, name, table)
    try:
        return getattr(importlib.import_module(module), attribute)
    except (ModuleNotFoundError, AttributeError) as error:
        if path == name and _is_about(error, module, attribute):
            raise UnknownName(kind, name, table) from error
        raise


def _is_about(error: ModuleNotFoundError | AttributeError, module: str, attribute: str) -> bool:
    """Whether the dotted path itself is wrong, rather than something that its module imports."""
    if isinstance(error, ModuleNotFoundError):
        return error.name is not None and (module == error.name or module.startswith(error.name + "."))
    return error.name == attribute
