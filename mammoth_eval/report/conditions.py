"""How figures came about, so that rows that differ in it are never side by side in silence.

The difference is a footnote.
"""

from __future__ import annotations

import string
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from mammoth_eval import benchmarks, rules
from mammoth_eval.benchmarks import PAPER
from mammoth_eval.report.results import RunSummary
from mammoth_eval.store import RunSpec


@dataclass(frozen=True, slots=True)
class Conditions:
    """What must be the same for two rows to be compared; text, empty where it is not known."""

    prompt: str
    grader: str
    limits: str
    problems: str

    def say(self, names: Sequence[str]) -> str:
        """The conditions `names` in words."""
        values = {name: value for name, value in asdict(self).items() if name in names}
        unknown = [name for name, value in values.items() if not value]
        said = [f"{_WORDS[name]} {value}".strip() for name, value in values.items() if value]
        return "; ".join([*said, f"not known: {', '.join(unknown)}"] if unknown else said)


_WORDS = {"prompt": "prompt", "grader": "graded by", "limits": "", "problems": ""}


@dataclass(frozen=True, slots=True)
class Basis:
    """What the conditions of a run of ours are read from."""

    spec: RunSpec
    grader: str
    sizes: Mapping[str, int]
    """Problems by benchmark."""
    errored: Mapping[str, int]
    """Errored problems by benchmark; those with none may be absent."""
    bounds: Mapping[str, tuple[float, float]] = field(default_factory=dict)
    """By benchmark the accuracy in percent if all errored problems were wrong, and if all were right."""


def basis_of(run: RunSummary) -> Basis:
    """The basis of a run that was summed up."""
    sizes = {summary.benchmark: summary.n for summary in run.summaries}
    errored = {summary.benchmark: summary.outcomes["fault"] for summary in run.summaries}
    bounds = {summary.benchmark: summary.bounds for summary in run.summaries}
    return Basis(run.spec, run.grader, sizes, errored, bounds)


def conditions(runs: Sequence[Basis]) -> tuple[Conditions, ...]:
    """Those of runs of ours, on the nine sets where they have any of them, else on all.

    A prompt's name, or the problems of a set, that mean different things in two of the runs get a word of their hash
    behind them.
    """
    prompts = _ambiguous((run.spec.prompt, run.spec.prompt_hash) for run in runs)
    rows = _ambiguous(
        (_chosen(name, row), row.get("sha256", "")) for run in runs for name, row in run.spec.benchmarks.items()
    )
    return tuple(_conditions(run, prompts, rows) for run in runs)


def _conditions(run: Basis, prompts: set[str], rows: set[str]) -> Conditions:
    spec = run.spec
    prompt = spec.prompt + (f" {spec.prompt_hash[:6]}" if spec.prompt in prompts else "")
    return Conditions(prompt, rules.graded_by(run.grader, spec.rules), _limits(spec), _problems(run, rows))


def _ambiguous(pairs: Iterable[tuple[str, str]]) -> set[str]:
    """The names that stand for several hashes."""
    known: dict[str, set[str]] = {}
    for name, digest in pairs:
        known.setdefault(name, set()).add(digest)
    return {name for name, digests in known.items() if len(digests) > 1}


def _chosen(name: str, row: Mapping[str, Any]) -> str:
    return f"{row.get('covered', row.get('n'))} {name}"


def _limits(spec: RunSpec) -> str:
    sampling = spec.sampling
    if not sampling:
        return ""
    temperature = sampling.get("temperature", 0)
    drawn = "greedy" if not temperature else f"temperature {temperature:g}"
    samples = f", majority of {spec.samples}" if spec.samples > 1 else ""
    tokens = f", {sampling['max_tokens']} new tokens" if sampling.get("max_tokens") else ""
    seconds = spec.sandbox.get("seconds")
    programs = f", programs {seconds:g} s" if seconds and spec.decoding != "cot" else ""
    thinking = f", thinking {sampling['thinking']}" if sampling.get("thinking") else ""
    return drawn + samples + tokens + thinking + programs


def _problems(run: Basis, ambiguous: set[str]) -> str:
    """``whole sets``, or how many of which, how many are errored, and the start of the hash of sets that differ
    elsewhere.
    """
    sizes = {name: n for name, n in run.sizes.items() if name in PAPER} or run.sizes
    behind = "".join(f", {_errored(run, name)}" for name in sizes if run.errored.get(name))
    for name, row in run.spec.benchmarks.items():
        if name in sizes and _chosen(name, row) in ambiguous:
            behind += f", {name} {row.get('sha256', '')[:6]}"
    parts = _parts_of_sets(sizes)
    if len(parts) == len(sizes) and len(set(sizes.values())) == 1:
        return f"{next(iter(sizes.values()))} problems of each set{behind}"
    return (", ".join(parts) or "whole sets") + behind


def _errored(run: Basis, name: str) -> str:
    """How many problems of a set are errored, and between what they leave its accuracy."""
    low, high = run.bounds.get(name, (0.0, 0.0))
    between = f" ({low:.1f} to {high:.1f} % if they were wrong or right)" if name in run.bounds else ""
    return f"{run.errored[name]} errored in {name}{between}"


def _parts_of_sets(sizes: Mapping[str, int]) -> list[str]:
    """``100 of 1319 gsm8k`` for each set that was not asked whole."""
    known = set(benchmarks.names())
    whole = {name: benchmarks.get(name).problems if name in known else None for name in sizes}
    return [f"{n} of {whole[name] or 'unknown many'} {name}" for name, n in sizes.items() if n != whole[name]]


def footnotes(rows: Sequence[Conditions]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """A mark for each row and the notes below the table.

    What is the same in all rows is said once, with no mark; rows that differ have a mark, and its note says how they
    were asked.
    """
    differing = [name for name in _WORDS if len({getattr(row, name) for row in rows}) > 1]
    common = [name for name in _WORDS if name not in differing]
    notes = [f"All rows: {rows[0].say(common)}."] if rows and common else []
    keys = [tuple(getattr(one, name) for name in differing) for one in rows]
    first: dict[tuple[str, ...], Conditions] = {}
    for key, row in zip(keys, rows, strict=True):
        first.setdefault(key, row)
    if len(first) < 2:
        return ("",) * len(rows), tuple(notes)
    marks = {key: f"[{_letter(place)}]" for place, key in enumerate(first)}
    notes += [f"{marks[key]} {row.say(differing)}." for key, row in first.items()]
    return tuple(marks[key] for key in keys), tuple(notes)


def _letter(place: int) -> str:
    """a, b, ..., z, a2, b2, ..."""
    letters = string.ascii_lowercase
    return letters[place % len(letters)] + (str(place // len(letters) + 1) if place >= len(letters) else "")
