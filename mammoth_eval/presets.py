"""Presets: named starting points for a run; every setting can still be given on its own."""

from __future__ import annotations

from dataclasses import dataclass

from mammoth_eval import registry
from mammoth_eval.sandbox.limits import Limits

SECONDS = Limits().seconds
WAITING = Limits().wall / SECONDS


@dataclass(frozen=True, slots=True)
class Preset:
    """The settings that a preset decides."""

    decoding: str = "hybrid"
    """Name of the decoding."""
    prompt: str = "alpaca"
    """Name of the prompt style."""
    graders: tuple[str, ...] = ("exact", "mammoth")
    """The first one's rules decide fallbacks, and tables show it."""
    max_tokens: int = 1024
    """New tokens of one completion."""
    temperature: float = 0.0
    """0: greedy."""
    thoughts: str = "auto"
    """How the model marks its thoughts."""
    samples: int = 1
    """Samples per problem."""
    program_seconds: float = SECONDS
    """CPU seconds of one program."""
    waiting: float = WAITING
    """For how many times as long it may wait without computing."""
    limit: int | None = None
    """Problems of each benchmark; None: all."""


PRESETS = {
    "default": "mammoth_eval.presets:DEFAULT",
    "demo": "mammoth_eval.presets:DEMO",
    "mammoth": "mammoth_eval.paper.presets:MAMMOTH",
    "mammoth-sc": "mammoth_eval.paper.presets:MAMMOTH_SC",
}
DEFAULT = Preset()
DEMO = Preset(max_tokens=256, limit=40)


def get(name: str) -> Preset:
    """The preset `name`. Raises `UnknownName`."""
    preset: Preset = registry.load("preset", name, PRESETS)
    return preset
