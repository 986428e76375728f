"""Engines by name. Each is a class of its own module, loaded when it is used."""

from __future__ import annotations

from mammoth_eval import registry
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

    Raises `UsageError` where the name leads to nothing, or to what is no engine.
    """
    kind = registry.load("engine", name, ENGINES)
    wanted = ("__aenter__", "__aexit__", "generate", "describe")
    if not isinstance(kind, type) or not all(hasattr(kind, method) for method in wanted):
        raise UsageError(f"engine {name!r} is no engine: expected module:Class, a class with {', '.join(wanted)}")
    engine: Engine = kind(model, **options)
    return engine


__all__ = ["ENGINES", "Engine", "make_engine", "requests_wanted"]
