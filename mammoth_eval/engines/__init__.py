"""Engines by name. Each is a class of its own module, loaded when it is used."""

from __future__ import annotations

from typing import Any

from mammoth_eval import arguments, registry
from mammoth_eval.engines.base import Engine, requests_wanted
from mammoth_eval.errors import UsageError

ENGINES = {
    "vllm": "mammoth_eval.engines.vllm:VllmEngine",
    "openai": "mammoth_eval.engines.openai:OpenAIEngine",
    "transformers": "mammoth_eval.engines.transformers:TransformersEngine",
    "replay": "mammoth_eval.engines.replay:ReplayEngine",
    "scripted": "mammoth_eval.engines.scripted:ScriptedEngine",
}


def make_engine(name: str, model: str, **options: object) -> Engine:
    """The engine `name` for `model` (a hub id, a folder, or what the engine takes for one), not yet started.

    Raises `UsageError` where the name leads to nothing, or to what is not an engine class.
    """
    kind: Any = get(name)
    engine: Engine = kind(arguments.text("model", model), **options)
    return engine


def get(name: str) -> type[Engine]:
    """The class of the engine `name`. Raises as `make_engine`."""
    kind: type[Engine] = registry.load("engine", name, ENGINES)
    wanted = ("__aenter__", "__aexit__", "generate", "describe")
    if not isinstance(kind, type) or not all(hasattr(kind, method) for method in wanted):
        raise UsageError(
            f"engine {name!r} is not an engine class: expected module:Class, a class with {', '.join(wanted)}"
        )
    return kind


__all__ = ["ENGINES", "Engine", "get", "make_engine", "requests_wanted"]
