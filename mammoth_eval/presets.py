"""Presets: named starting points for a run; every setting can still be given on its own."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from mammoth_eval import registry
from mammoth_eval.sandbox.limits import Limits

SECONDS = Limits().seconds
WAITING = Limits().wall / SECONDS


@dataclass(frozen=True, slots=True)
class Preset:
    """The settings that a preset decides."""

    decoding: str = "hybrid"
    """Name of the decoding."""
    prompt: str = "auto"
    """Name of the prompt style; ``auto``: the one that the model wants."""
    graders: tuple[str, ...] = ("exact", "mammoth")
    """The first one's rules decide fallbacks, and tables show it."""
    max_tokens: int | Literal["auto"] = 1024
    """New tokens of one completion; ``auto``: what is recommended for the model, as far as its context reaches."""
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
    "deepseek-math": "mammoth_eval.presets:DEEPSEEK_MATH",
    "llemma": "mammoth_eval.presets:LLEMMA",
    "lm-eval": "mammoth_eval.presets:LM_EVAL",
    "mammoth": "mammoth_eval.paper.presets:MAMMOTH",
    "mammoth-sc": "mammoth_eval.paper.presets:MAMMOTH_SC",
    "matharena": "mammoth_eval.presets:MATHARENA",
    "qwen-math": "mammoth_eval.presets:QWEN_MATH",
    "tora": "mammoth_eval.presets:TORA",
}
DEFAULT = Preset()
DEMO = Preset(max_tokens=256, limit=40)
QWEN_MATH = Preset(decoding="cot", prompt="qwen-math", max_tokens=2048)
"""Greedy and 2048 new tokens, as in the evaluation of Qwen2.5-Math."""
DEEPSEEK_MATH = Preset(decoding="cot", prompt="deepseek-math", max_tokens=1024)
"""Greedy and 1024 new tokens, as in the evaluation of DeepSeekMath."""
TORA = Preset(decoding="pot", prompt="tora", max_tokens=1024)
"""Greedy and 1024 new tokens for a call, as in the evaluation of ToRA; of its four calls the first is made."""
LLEMMA = Preset(decoding="cot", prompt="llemma")
"""Greedy, as in the evaluation of Llemma; the limit of new tokens is ours."""
LM_EVAL = Preset(decoding="cot", prompt="lm-eval", max_tokens=256)
"""Greedy and 256 new tokens, the harness's own where a task says nothing, as these two do."""
MATHARENA = Preset(decoding="cot", prompt="matharena", max_tokens="auto", temperature=0.6, samples=4)
"""Four runs of each problem; temperature and new tokens are the model's own there, 0.6 for most open ones."""


def get(name: str) -> Preset:
    """The preset `name`. Raises `UnknownName`."""
    preset: Preset = registry.load("preset", name, PRESETS)
    return preset
