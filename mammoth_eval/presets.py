"""Presets: named starting points for a run; every setting can still be given on its own.

`mammoth` follows the paper's released code (TIGER-AI-Lab/MAmmoTH, ``math_eval/``): Alpaca prompt, greedy, 1500 new tokens as in its
README's commands, its program, fallback and option-matching rules, its cleaning and correctness; `mammoth-sc` is its
self-consistency (10 samples at temperature 0.7, majority of cleaned answers).
"""

from __future__ import annotations

from dataclasses import dataclass

from mammoth_eval.errors import UnknownName


@dataclass(frozen=True, slots=True)
class Preset:
    """The settings that a preset decides."""

    decoding: str = "hybrid"
    prompt: str = "alpaca"
    graders: tuple[str, ...] = ("exact", "mammoth")
    """The first one's rules decide fallbacks, and tables show it."""
    max_tokens: int = 1024
    temperature: float = 0.0
    samples: int = 1
    program_seconds: float = 5.0
    """CPU seconds of one program."""
    waiting: float = 2.0
    """For how many times as long it may wait without computing."""
    limit: int | None = None
    """Problems of each benchmark; None: all."""


PRESETS = {
    "default": Preset(),
    "demo": Preset(max_tokens=256, limit=40),
    "mammoth": Preset(decoding="mammoth", graders=("mammoth", "exact"), max_tokens=1500, waiting=1.0),
    "mammoth-sc": Preset(
        decoding="mammoth", graders=("mammoth", "exact"), max_tokens=1500, waiting=1.0, temperature=0.7, samples=10
    ),
}


def get(name: str) -> Preset:
    """The preset `name`. Raises `UnknownName`."""
    if name not in PRESETS:
        raise UnknownName("preset", name, PRESETS)
    return PRESETS[name]
