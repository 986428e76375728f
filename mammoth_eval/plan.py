"""Settings -> a plan: everything that a run needs, resolved, checked and hashed before an engine starts."""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, fields, replace
from typing import Any

from msgspec import structs

from mammoth_eval import (
    arguments,
    asking,
    benchmarks,
    chat_templates,
    engines,
    models,
    presets,
    prompts,
    rules,
    thoughts,
)
from mammoth_eval import decoding as decodings
from mammoth_eval.asking import Chosen
from mammoth_eval.benchmarks import Benchmark
from mammoth_eval.decoding import Decoding
from mammoth_eval.errors import UnknownName, UsageError
from mammoth_eval.hub import Pin
from mammoth_eval.presets import Preset
from mammoth_eval.prompts import Prompt
from mammoth_eval.redaction import without_secrets
from mammoth_eval.rules import Rules
from mammoth_eval.sandbox.levels import NAMES as LEVELS
from mammoth_eval.settings import IMPORTED, Settings
from mammoth_eval.store import RunSpec
from mammoth_eval.thoughts import OFF
from mammoth_eval.types import Problem, Sampling
from mammoth_eval.versions import installed_versions


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
    chosen: tuple[Chosen, ...] = ()
    """What was left to us (``auto``), and why it is what it is."""
    warnings: tuple[str, ...] = ()
    """Why this prompt may not suit this model or these problems."""

    @property
    def pins(self) -> tuple[Pin, ...]:
        """All that is taken from the hub."""
        return (*self.model.pins, *self.data)

    def notes(self) -> tuple[str, ...]:
        """What a user should read before the run: what was chosen, where a model was looked at, and the warnings."""
        chosen = map(str, self.chosen) if self.spec.engine in asking.SEEING else ()
        return (*chosen, *self.warnings)

    @property
    def size(self) -> int:
        """Problems in all."""
        return sum(len(rows) for _, rows in self.problems)


def make_plan(settings: Settings) -> Plan:
    """Resolve every name, load every row, hash what moves a number. Raises `UsageError` and its kin."""
    preset = presets.get(settings.preset)
    asked = overridden(preset, settings)
    if settings.engine != IMPORTED:
        engines.get(settings.engine)
    arguments.known("sandbox level", settings.sandbox, LEVELS)
    decode = decodings.get(asked.decoding)
    graders = tuple(rules.get(name) for name in dict.fromkeys(asked.graders))
    if asked.prompt != asking.AUTO:
        prompts.get(asked.prompt)  # a name that is none is said before the model is looked for
    model = models.resolve(settings.model, settings.engine, settings.cache_dir, settings.engine_args)
    files = asking.look(model, settings.engine)
    made = tuple(asking.decide(asked.prompt, asked.max_tokens, files, settings.engine))
    chosen = replace(asked, **{setting.name: setting.value for setting in made})  # type: ignore[arg-type]
    prompt = prompts.get(chosen.prompt)
    sampling = Sampling(
        temperature=chosen.temperature,
        top_p=settings.top_p,
        top_k=settings.top_k,
        max_tokens=int(chosen.max_tokens),
        thinking=settings.thinking,
        stop=settings.stop,
        thoughts=chosen.thoughts,
        thinking_budget=settings.thinking_budget,
        seed=settings.seed,
        min_p=settings.min_p,
        repetition_penalty=settings.repetition_penalty,
        presence_penalty=settings.presence_penalty,
        frequency_penalty=settings.frequency_penalty,
    )
    _check(chosen.samples, sampling, settings)
    limit = preset.limit if settings.limit is None else settings.limit or None
    loaded = [_load(name, settings, limit) for name in dict.fromkeys(settings.benchmarks)]
    problems = tuple((benchmark, rows) for benchmark, rows, _ in loaded)
    data = tuple(pinned for _, _, pinned in loaded if pinned)
    seconds = chosen.program_seconds
    sandbox = {"level": settings.sandbox, "seconds": seconds, "wall": preset.waiting * seconds}
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
            **installed_versions(settings.engine, any(benchmark.generator for benchmark, _ in problems)),
            f"rules:{graders[0].name}": graders[0].version,
        },
        preset=settings.preset,
        factors=dict(settings.factors),
        train=dict(model.train),
    )
    methods = decodings.methods(chosen.decoding)
    warnings = asking.warnings(prompt, files, settings.engine, problems, methods, settings.thinking)
    return Plan(spec, model.location, problems, prompt, decode, graders, sampling, sandbox, model, data, made, warnings)


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
    if sampling.top_k < 0:
        raise UsageError(f"--top-k {sampling.top_k}: expected a number of tokens, or 0 for all")
    if not 0 < sampling.top_p <= 1:
        raise UsageError(f"--top-p {sampling.top_p}: expected a share above 0, up to 1 (all tokens)")
    _check_penalties(sampling)
    _check_thinking(sampling)
    if not all(sampling.stop):
        raise UsageError("--stop '': an empty text would end every completion before it begins")
    if settings.program_seconds is not None and not 0 < settings.program_seconds < math.inf:
        raise UsageError(f"--program-seconds {settings.program_seconds}: expected a number above 0")


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
    if sampling.thinking_budget and sampling.thoughts == OFF:
        raise UsageError("--thinking-budget: with --thoughts off there is no thought that could have one")
    if sampling.thinking_budget and sampling.thinking == "off":
        raise UsageError("--thinking-budget: with --thinking off there is no thought that could have one")


def _as_written(sampling: Sampling) -> dict[str, Any]:
    """The sampling as ``run.json`` holds it; what came later stands there only where it was asked for."""
    later = {name: value for name, value in asdict(Sampling()).items() if name not in _FROM_THE_START}
    return {name: value for name, value in asdict(sampling).items() if name not in later or value != later[name]}


_FROM_THE_START = ("temperature", "top_p", "top_k", "max_tokens", "stop", "seed")


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
        trust=benchmarks.Trust(settings.allow_code, settings.allow_http),
    )
    return benchmark, rows, pinned


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
