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
    engines,
    models,
    presets,
    prompts,
    rules,
    store,
)
from mammoth_eval import decoding as decodings
from mammoth_eval.asking import Chosen
from mammoth_eval.benchmarks import Benchmark
from mammoth_eval.decoding import Decoding
from mammoth_eval.errors import UsageError
from mammoth_eval.hub import Pin
from mammoth_eval.presets import Preset
from mammoth_eval.prompts import Prompt
from mammoth_eval.redaction import hidden, without_secrets
from mammoth_eval.rules import Rules
from mammoth_eval.sampling import as_written, check_sampling, sampling_of
from mammoth_eval.sandbox.levels import NAMES as LEVELS
from mammoth_eval.settings import IMPORTED, Settings
from mammoth_eval.store import RunSpec
from mammoth_eval.types import Policy, Problem, Sampling
from mammoth_eval.versions import installed_versions

Asked = tuple[tuple[Benchmark, tuple[Problem, ...]], ...]
"""Benchmarks with those of their problems that are asked."""


@dataclass(frozen=True, slots=True)
class Plan:
    """A run, ready to start."""

    spec: RunSpec
    location: str
    """What the engine is given for the model."""
    problems: Asked
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
    sampling, own = sampling_of(chosen, settings, files)
    _check_settings(settings)
    check_sampling(sampling, chosen.samples)
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
        sampling=as_written(sampling),
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
        rows=_rows(problems),
        own=_own(problems),
    )
    methods = decodings.methods(chosen.decoding)
    warnings = asking.warnings(prompt, files, settings.engine, problems, methods, settings.thinking)
    notes = (*made, *own)
    return Plan(
        spec, model.location, problems, prompt, decode, graders, sampling, sandbox, model, data, notes, warnings
    )


def overridden(preset: Preset, settings: Settings) -> Preset:
    """`preset` with what `settings` say themselves in place of its own."""
    said = {item.name: getattr(settings, item.name, None) for item in fields(Preset)}
    return replace(preset, **{name: value for name, value in said.items() if value is not None})


def _check_settings(settings: Settings) -> None:
    """Raise `UsageError` for problems that are asked for and cannot be had."""
    limit = settings.limit
    if limit is not None and (limit < 0 or (limit > 1 and limit % 1)):
        raise UsageError(f"--limit {limit}: a number of problems, or 0 for all; below 1 a share of them, such as 0.1")
    if settings.data_dir is not None and not settings.data_dir.is_dir():
        raise UsageError(f"--data-dir {settings.data_dir}: no such folder; it holds benchmarks/<name>/<file>")
    if settings.program_seconds is not None and not 0 < settings.program_seconds < math.inf:
        raise UsageError(f"--program-seconds {settings.program_seconds}: expected a number above 0")


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


_LATER_CHOICES = ("parts", "decimal_comma")
"""Of a policy: written only where they are not the default, so that earlier runs stay what they are."""


def _policy(policy: Policy) -> dict[str, Any]:
    """A policy as ``run.json`` holds it."""
    default = Policy()
    unsaid = {name for name in _LATER_CHOICES if getattr(policy, name) == getattr(default, name)}
    return {name: value for name, value in asdict(policy).items() if name not in unsaid}


def _own(problems: Asked) -> tuple[str, ...]:
    """The benchmarks that are a user's TOML."""
    return tuple(benchmark.name for benchmark, _ in problems if not benchmarks.is_shipped(benchmark))


def _rows(problems: Asked) -> dict[str, str]:
    """benchmark -> numbers of its rows."""
    return {benchmark.name: row_numbers(rows) for benchmark, rows in problems}


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
        "policy": _policy(benchmark.policy),
        "exemplars": benchmark.exemplars,
        "source": hidden({**stored, **made}),
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
