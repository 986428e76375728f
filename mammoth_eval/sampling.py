"""How completions are drawn: as the user says, as the model's makers recommend, or with everything off."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import asdict
from typing import Any

from mammoth_eval import chat_templates, thoughts
from mammoth_eval.asking import Chosen, ModelFiles
from mammoth_eval.errors import UnknownName, UsageError
from mammoth_eval.presets import Preset
from mammoth_eval.settings import GIVEN, MODEL, Settings
from mammoth_eval.types import DRAWN, Sampling

_FROM_THE_START = ("temperature", "top_p", "top_k", "max_tokens", "stop", "seed")


def sampling_of(preset: Preset, settings: Settings, files: ModelFiles) -> tuple[Sampling, tuple[Chosen, ...]]:
    """The sampling of a run, and what was taken of the model, in words.

    What `settings` say counts first, then the model's own values where they are asked for, then those of `preset`,
    then the neutral ones. Raises `UsageError` where a model's own are asked for and its files cannot be read.
    """
    given = {name: value for name in DRAWN if (value := getattr(settings, name)) is not None}
    own, made = _recommended(settings, files)
    sampling = Sampling(
        **{"temperature": preset.temperature, **own, **given},
        max_tokens=int(preset.max_tokens),
        thinking=settings.thinking,
        stop=settings.stop,
        thoughts=preset.thoughts,
        thinking_budget=settings.thinking_budget,
        seed=settings.seed,
    )
    return sampling, made


def _recommended(settings: Settings, files: ModelFiles) -> tuple[Mapping[str, Any], tuple[Chosen, ...]]:
    """The model's own values where they are asked for, and how that is said."""
    if settings.sampling == GIVEN:
        return {}, ()
    if settings.sampling != MODEL:
        raise UnknownName("sampling", settings.sampling, (GIVEN, MODEL))
    if not files.seen:
        raise UsageError(
            f"--sampling model: the files of {settings.model} are not to be seen from here (engine {settings.engine}); "
            "give the values that its makers recommend: --temperature, --top-p, --top-k"
        )
    own = files.sampling
    if not own:
        return {}, (Chosen("sampling", MODEL, "its generation_config.json recommends nothing"),)
    return own, (Chosen("sampling", MODEL, f"{_listed(own.items())}, of its generation_config.json"),)


def _listed(values: Iterable[tuple[str, Any]]) -> str:
    return ", ".join(f"{name} {value:g}" for name, value in values)


def check_sampling(sampling: Sampling, samples: int) -> None:
    """Raise `UsageError` for what no engine can draw, and for `samples` that would all be the same."""
    if samples < 1:
        raise UsageError(f"--samples {samples}: at least 1 is needed")
    if samples > 1 and sampling.temperature == 0:
        raise UsageError(
            f"--samples {samples} with temperature 0 gives {samples} times the same; add --temperature 0.7"
        )
    if sampling.max_tokens < 1:
        raise UsageError(f"--max-tokens {sampling.max_tokens}: at least 1 is needed")
    if not 0 <= sampling.temperature < math.inf:
        raise UsageError(f"--temperature {sampling.temperature}: expected 0 (greedy) or more")
    if sampling.top_k < 0:
        raise UsageError(f"--top-k {sampling.top_k}: expected a number of tokens, or 0 for all")
    if not 0 < sampling.top_p <= 1:
        raise UsageError(f"--top-p {sampling.top_p}: expected a share above 0, up to 1 (all tokens)")
    _check_penalties(sampling)
    _check_thinking(sampling)
    if not all(sampling.stop):
        raise UsageError("--stop '': an empty text would end every completion before it begins")


def _check_penalties(sampling: Sampling) -> None:
    if not 0 <= sampling.min_p < 1:
        raise UsageError(f"--min-p {sampling.min_p}: expected a share from 0 (off), below 1")
    if not 0 < sampling.repetition_penalty < math.inf:
        raise UsageError(f"--repetition-penalty {sampling.repetition_penalty}: expected a factor above 0; 1 is off")
    for name in ("presence_penalty", "frequency_penalty"):
        if not -2 <= (value := getattr(sampling, name)) <= 2:
            raise UsageError(f"--{name.replace('_', '-')} {value}: expected a number from -2 to 2; 0 is off")


def _check_thinking(sampling: Sampling) -> None:
    """Raise `UsageError` for what contradicts itself about thoughts."""
    thoughts.get(sampling.thoughts)
    if sampling.thinking not in chat_templates.CHOICES:
        raise UnknownName("choice of thinking", sampling.thinking, chat_templates.CHOICES)
    if sampling.thinking_budget < 0:
        raise UsageError(f"--thinking-budget {sampling.thinking_budget}: expected tokens, or 0 for no budget")
    if sampling.thinking_budget and sampling.thoughts == thoughts.OFF:
        raise UsageError("--thinking-budget: with --thoughts off there is no thought that could have one")
    if sampling.thinking_budget and sampling.thinking == "off":
        raise UsageError("--thinking-budget: with --thinking off there is no thought that could have one")


def as_written(sampling: Sampling) -> dict[str, Any]:
    """The sampling as ``run.json`` holds it; what came later stands there only where it was asked for."""
    later = {name: value for name, value in asdict(Sampling()).items() if name not in _FROM_THE_START}
    return {name: value for name, value in asdict(sampling).items() if name not in later or value != later[name]}
