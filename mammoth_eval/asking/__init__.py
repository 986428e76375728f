"""How a model wants to be asked: its files say it, a prompt is chosen by it, and wrong pairs are warned of."""

from __future__ import annotations

from collections.abc import Iterator

from mammoth_eval.asking import choice, length
from mammoth_eval.asking.checks import warnings
from mammoth_eval.asking.choice import AUTO, SEEING, Chosen
from mammoth_eval.asking.model_files import ModelFiles, look


def decide(prompt: str, max_tokens: int | str, files: ModelFiles, engine: str) -> Iterator[Chosen]:
    """What `prompt` and `max_tokens` become where they are ``auto``."""
    if prompt == AUTO:
        yield choice.choose(files, engine)
    if max_tokens == AUTO:
        yield length.choose(files)


__all__ = ["AUTO", "SEEING", "Chosen", "ModelFiles", "decide", "look", "warnings"]
