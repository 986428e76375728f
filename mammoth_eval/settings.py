"""What the user asked for, as the command line, a run file and a caller in Python give it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

from msgspec import Struct, field

from mammoth_eval import (
    arguments,
    config,
)
from mammoth_eval.benchmarks.groups import benchmark_names, listed
from mammoth_eval.errors import UnknownName
from mammoth_eval.resources import cache_folder

GIVEN, MODEL = "given", "model"
"""Choices of `Settings.sampling`."""
IMPORTED = "import"
"""The engine of generations that were imported: none of ours."""


class Settings(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What the user asked for; None takes the preset's value. The same keys are those of a run file (`runfile`)."""

    model: str
    """Hub id or folder; to an engine without weights, the name that its server knows, or a file."""
    benchmarks: tuple[str, ...]
    """Names, TOML files, or the groups paper, ind, ood, generated."""
    limit: int | float | None = None
    """Problems of each benchmark at most, spread over it; below 1: that share of each; 0: all."""
    preset: str = "default"
    """Named settings; what is said beside it overrides it."""
    decoding: str | None = None
    """How a model is asked: cot, pot, hybrid, both, mammoth, or module:attribute."""
    prompt: str | None = None
    """Prompt style, or a .jinja file; auto: the one that the model wants."""
    graders: tuple[str, ...] | None = None
    """Graders; the first one decides fallbacks, and tables show it."""
    samples: int | None = None
    """Samples per problem: majority vote and pass@k."""
    temperature: float | None = None
    """0: greedy."""
    top_p: float | None = None
    """Share of the probability that is sampled from; 1, or None: all."""
    top_k: int | None = None
    """Tokens that are sampled from; 0, or None: all."""
    min_p: float | None = None
    """Least probability of a token that is sampled, as a share of the most probable one's; 0, or None: off."""
    repetition_penalty: float | None = None
    """Factor against tokens that prompt or completion have; 1, or None: off."""
    presence_penalty: float | None = None
    """Taken from the logits of tokens that the completion has; 0, or None: off."""
    frequency_penalty: float | None = None
    """The same for each time that it has them; 0, or None: off."""
    sampling: str = GIVEN
    """Where the values above come from that are None: given (nowhere), or model (its ``generation_config.json``)."""
    max_tokens: int | Literal["auto"] | None = None
    """New tokens of one completion; auto: what is recommended for the model, as far as its context reaches."""
    thinking: str = "auto"
    """Asked of the model's thinking by its chat template's switch: auto (nothing), on, off, low, medium or high."""
    thoughts: str | None = None
    """How the model marks its thoughts: auto, off, or a form such as think, harmony, mistral."""
    thinking_budget: int = 0
    """Tokens of a thought, at most: it is cut there, closed, and the model goes on with the answer; 0: no budget."""
    stop: tuple[str, ...] = ()
    """Texts that end a completion, besides those of the prompt style."""
    seed: int = 0
    """Of the sampling; without meaning where the temperature is 0."""
    engine: str = "vllm"
    """vllm, openai, transformers, replay, scripted, or module:attribute."""
    engine_args: Mapping[str, Any] = field(default_factory=dict)
    """Passed on to the engine: tensor_parallel_size = 2, max_model_len = 4096, ..."""
    sandbox: str = "auto"
    """Level of protection: auto, full, container, seccomp, process."""
    program_seconds: float | None = None
    """CPU seconds of one program."""
    data_dir: Path | None = None
    """Folder with benchmarks/<name>/<file>, looked into before the cache and the network."""
    cache_dir: Path = Path()
    """Where downloads are kept."""
    allow_code: bool = False
    """Benchmark and run files may name functions as module:function, which are imported and called."""
    allow_http: bool = False
    """Benchmark files may name addresses that are not https."""
    factors: Mapping[str, str] = field(default_factory=dict)
    """Facts about the model that ablations group by: subset = "G+M"."""


def settings_of(**asked: Any) -> Settings:
    """Settings by name, as a caller in Python gives them: lists for tuples, texts for paths, groups of benchmarks.

    Raises `UnknownName` for a name that is no setting, with the nearest that is one, and `UsageError` for a value that
    a setting cannot have.
    """
    known = config.keys(Settings)
    for name in asked:
        if name not in known:
            raise UnknownName("setting", name, known)
    asked["model"] = arguments.text("model", asked["model"], empty=False)
    asked["benchmarks"] = benchmark_names(_names("benchmarks", asked["benchmarks"]))
    if asked.get("graders") is not None:
        asked["graders"] = _names("graders", asked["graders"])
    if isinstance(asked.get("stop"), str):
        asked["stop"] = (asked["stop"],)
    asked["cache_dir"] = asked.get("cache_dir") or cache_folder()
    for name, value in asked.items():
        try:
            asked[name] = config.convert(value, known[name].hint)
        except (ValueError, RecursionError) as error:
            raise arguments.wrong(name, value, str(error)) from error
    return Settings(**asked)


def _names(argument: str, names: object) -> tuple[str, ...]:
    """The names that an argument gives, at least one. Raises `UsageError`."""
    given = listed(names if isinstance(names, str) else arguments.texts(argument, names))
    if not given:
        raise arguments.wrong(argument, names, "at least one name")
    return given
