"""Imports of heavy libraries, with an answer for the two ways in which they break."""

from __future__ import annotations

import importlib
from types import ModuleType
from typing import Any

from mammoth_eval.errors import EngineError
from mammoth_eval.installing import how_to_install, pip


def import_transformers() -> Any:
    """The library `transformers` with its model classes importable.

    Raises `EngineError` with what to install or repair.
    """
    transformers = import_module("transformers", "transformers")
    import_module("transformers.modeling_utils", "transformers")
    return transformers


def import_module(name: str, extra: str) -> ModuleType:
    """The module `name`, which the extra `extra` of this package installs. Raises `EngineError`."""
    try:
        return importlib.import_module(name)
    except (ImportError, RuntimeError, OSError) as error:
        raise EngineError(explain(error, name.partition(".")[0], extra)) from error


def explain(error: BaseException, library: str, extra: str) -> str:
    """What an import that failed with `error` means, and what to do."""
    chain: list[BaseException] = []
    link: BaseException | None = error
    while link is not None and link not in chain:
        chain.append(link)
        link = link.__cause__ or link.__context__
    if any(isinstance(one, ModuleNotFoundError) and one.name == library for one in chain):
        return f"{library} is not installed: {how_to_install(extra)}"
    text = " ".join(str(one) for one in chain)
    for helper in ("torchvision", "torchaudio"):
        if helper in text:
            return (
                f"{library} cannot be imported: the installed {helper} was built for another torch ({chain[-1]}). "
                f"Install the {helper} of the same build as torch, or remove it: {pip('uninstall', helper)}"
            )
    return (
        f"{library} cannot be imported: {type(chain[-1]).__name__}: "
        f"{str(chain[-1]).splitlines()[0] if str(chain[-1]) else ''}"
    )
